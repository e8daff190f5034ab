"""Both slots of the virtual reader with a card of its own each."""

from __future__ import annotations

import threading
import time

import pytest

from reader.discovery import wait_for_card
from reader.pcsc import PCSCTransport
from simulator.scenarios import build_card
from simulator.slots import serve_slots
from simulator.virtual_reader import VirtualReader
from tests.scenarios import readings

pytestmark = pytest.mark.pcscd


def test_two_cards_lie_in_two_slots_and_do_not_mix(virtual_reader: VirtualReader, second_slot: VirtualReader) -> None:
    cards = [build_card("genuine", person=key) for key in ("nguyen-van-a", "tran-thi-b")]
    stop = threading.Event()
    options = {"port": virtual_reader.port, "stop": stop}
    server = threading.Thread(target=serve_slots, args=([one.transport() for one in cards],), kwargs=options)
    server.start()
    try:
        for slot in (virtual_reader, second_slot):
            wait_for_card(slot.name, timeout=30, clock=time.monotonic)
        for slot, card in zip((virtual_reader, second_slot), cards, strict=True):
            with PCSCTransport(slot.name) as transport:
                evidence = readings.read(transport, card.access_key)
            assert evidence.files == readings.read(card.transport(), card.access_key).files
    finally:
        stop.set()
        server.join()
    for slot in (virtual_reader, second_slot):
        slot.wait_until_empty()
