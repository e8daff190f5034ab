"""The bridge to the virtual reader, against vpcd itself."""

from __future__ import annotations

import threading

import pytest

from reader.pcsc import PCSCTransport
from simulator import vpcd
from simulator.virtual_reader import VirtualReader
from tests.support.echo_card import EchoCard

pytestmark = pytest.mark.pcscd


def test_a_card_is_inserted_again_after_its_removal(virtual_reader: VirtualReader) -> None:
    card = EchoCard()
    for _ in range(2):
        with virtual_reader.holding(card), PCSCTransport(virtual_reader.name) as transport:
            assert transport.transmit(b"\x00\xb0\x00\x00\x01") == b"\x00\x90\x00"
    assert len(card.heard) == 2


def test_a_slot_that_holds_a_card_does_not_speak_to_a_second(
    virtual_reader: VirtualReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with virtual_reader.holding(EchoCard()):
        monkeypatch.setattr(vpcd, "SILENT_POLLS", 2)
        with pytest.raises(vpcd.VPCDBusyError):
            vpcd.serve(EchoCard(), port=virtual_reader.port, stop=threading.Event())
