from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader import capabilities
from tests.support.echo_card import EXTENDED_LENGTH_ATR, make_atr

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


def test_the_atr_of_an_openpgp_card_names_extended_length() -> None:
    # OpenPGP smart card 2.0: six interface bytes and TD1, category 00, card service data, capabilities C00140, status.
    atr = bytes.fromhex("3BDA18FF81B1FE751F030031C573C001400090000C")
    assert capabilities.atr_extended_length(atr) is True


@pytest.mark.parametrize(
    ("historical", "extended"),
    [
        ("80 73 8401E0", True),
        ("80 73 840180", False),
        ("80 31 80 73 8401C0", True),  # another object before the capabilities
        ("00 73 840140 009000", True),
        ("80 72 8401", None),  # capabilities of two bytes say nothing of lengths
        ("80 73 8401", None),  # a length beyond the end
        ("00 73 8401", None),  # taken for the status bytes of category 00
        ("10 73 8401E0", None),  # historical bytes of another category
        ("4A434F5034315632", None),  # a text
        ("", None),
    ],
)
def test_the_card_tells_extended_length_in_its_historical_bytes_or_nothing(
    historical: str, *, extended: bool | None
) -> None:
    for protocol in (0, 1):
        atr = make_atr(bytes.fromhex(historical), protocol=protocol)
        assert capabilities.atr_extended_length(atr) is extended


def test_an_atr_that_is_cut_off_tells_nothing() -> None:
    for end in range(len(EXTENDED_LENGTH_ATR) - 1):
        assert capabilities.atr_extended_length(EXTENDED_LENGTH_ATR[:end]) is None


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
    capabilities.atr_extended_length(data)
