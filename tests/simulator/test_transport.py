"""The simulated card as a transport."""

from __future__ import annotations

import pytest

from apdu.errors import CardRemovedError
from apdu.transport import Transport
from simulator.scenarios import build_card
from simulator.transport import SimulatedTransport, build_atr
from tests.simulator import cards

SELECT = bytes.fromhex("00A4040C07A0000002471001")
READ_DG1 = bytes.fromhex("00B0810001")
READ_CARD_ACCESS = bytes.fromhex("00B09C0001")


def test_it_is_a_transport_named_after_its_scenario() -> None:
    transport: Transport = build_card("genuine").transport()
    assert transport.name == "sim:genuine"
    assert transport.extended_length
    assert transport.transmit(SELECT) == b"\x90\x00"


def test_a_chip_without_extended_length_says_so() -> None:
    transport = SimulatedTransport(cards.card(), name="sim:test")
    assert not transport.extended_length
    assert transport.atr[6:-1] == bytes.fromhex("940180")


def test_the_atr_is_well_formed() -> None:
    atr = build_card("genuine").transport().atr
    assert atr[0] == 0x3B
    assert atr[1] >> 4 == 8  # TD1 follows
    assert atr[2:4] == b"\x80\x01"  # TD1: T=0, TD2 follows; TD2: T=1
    historical = atr[4:-1]
    assert len(historical) == atr[1] & 0x0F
    assert historical[0] == 0x80
    assert historical[1] == 0x73
    assert len(historical) == 5
    check = 0
    for byte in atr[1:]:
        check ^= byte
    assert check == 0
    assert build_atr(historical[2:]) == atr


def test_a_reset_drops_the_selection() -> None:
    transport = build_card("genuine").transport()
    transport.transmit(SELECT)
    assert transport.transmit(READ_DG1) == b"\x69\x82"
    assert transport.reset() == transport.atr
    assert transport.transmit(READ_CARD_ACCESS) == b"\x31\x90\x00"


def test_the_card_can_be_torn_out_at_any_command() -> None:
    transport = build_card("genuine").transport(remove_at=3)
    transport.transmit(SELECT)
    transport.reset()
    transport.transmit(SELECT)
    for _ in range(2):
        with pytest.raises(CardRemovedError):
            transport.transmit(SELECT)
    with pytest.raises(CardRemovedError):
        transport.reset()
    assert transport.sent == 3


def test_a_closed_transport_has_no_card() -> None:
    transport = build_card("genuine").transport()
    transport.close()
    transport.close()
    with pytest.raises(CardRemovedError):
        transport.transmit(SELECT)
