from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.atr import states_extended_length
from tests.support.echo_card import EXTENDED_LENGTH_ATR, make_atr


def test_the_atr_of_an_openpgp_card_names_extended_length() -> None:
    # OpenPGP smart card 2.0: six interface bytes and TD1, category 00, card service data, capabilities C00140, status.
    atr = bytes.fromhex("3BDA18FF81B1FE751F030031C573C001400090000C")
    assert states_extended_length(atr) is True


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
        assert states_extended_length(atr) is extended


def test_an_atr_that_is_cut_off_tells_nothing() -> None:
    for end in range(len(EXTENDED_LENGTH_ATR) - 1):
        assert states_extended_length(EXTENDED_LENGTH_ATR[:end]) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    states_extended_length(data)
