from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader import capabilities

FEATURES = bytes.fromhex("060442330006 120442330012 200442330020".replace(" ", ""))


def test_features_are_parsed_with_the_one_that_pyscard_drops() -> None:
    assert capabilities.parse_features(FEATURES) == {
        0x06: 0x42330006,
        capabilities.FEATURE_GET_TLV_PROPERTIES: 0x42330012,
        capabilities.FEATURE_EXECUTE_PACE: 0x42330020,
    }


@pytest.mark.parametrize(
    ("properties", "size"),
    [
        ("0A0400000100", 0x10000),
        ("0A0400010000", 0x100),
        ("0B02E6080A0400000100", 0x10000),
        ("0A0400000000", None),
        ("0A020001", None),
        ("0A04000001", None),
        ("", None),
    ],
)
def test_the_reader_tells_its_largest_apdu_or_nothing(properties: str, size: int | None) -> None:
    assert capabilities.parse_max_apdu_data_size(bytes.fromhex(properties)) == size


@pytest.mark.parametrize(
    ("reader_size", "card", "expected"),
    [
        (0x10000, True, True),
        (0x10000, False, False),
        (0x10000, None, True),
        (0x100, True, False),
        (0x100, None, False),
        (None, True, True),
        (None, False, False),
        (None, None, False),
    ],
)
def test_both_have_to_agree_and_silence_of_both_is_no(
    reader_size: int | None, *, card: bool | None, expected: bool
) -> None:
    assert capabilities.supports_extended_length(reader_size=reader_size, card=card) is expected


@given(st.binary(max_size=64))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    capabilities.parse_features(data)
    capabilities.parse_max_apdu_data_size(data)
