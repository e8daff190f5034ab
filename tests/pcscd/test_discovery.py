"""Readers, insertion, removal and the service's restart, through pcscd and the virtual reader."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import islice

import pytest

from reader import errors
from reader.discovery import ReaderInfo, list_readers, wait_for_card
from reader.doctor import Severity, check_pcsc
from reader.monitor import ReaderEvent, ReaderEventKind, watch
from reader.pcsc import PCSCTransport, open_reader
from reader.scard import Cancellation
from simulator.pcsc_stack import PCSCStack
from simulator.virtual_reader import VirtualReader
from simulator.vpcd import VPCDError
from tests.support.echo_card import EXTENDED_LENGTH_ATR, EchoCard

pytestmark = pytest.mark.pcscd


@pytest.fixture
def events() -> Iterator[Iterator[ReaderEvent]]:
    """A monitor whose service is tried again quickly."""
    cancellation = Cancellation()
    yield watch(cancellation=cancellation, retry_seconds=0.05)
    cancellation.cancel()


def kinds(events: Iterator[ReaderEvent], count: int) -> list[tuple[ReaderEventKind, str]]:
    return [(event.kind, event.reader) for event in islice(events, count)]


def test_both_slots_are_listed_with_and_without_a_card(stack: PCSCStack, second_slot: VirtualReader) -> None:
    empty, other = stack.readers
    with second_slot.holding(EchoCard()):
        assert list_readers() == (
            ReaderInfo(name=empty, index=0, card_present=False),
            ReaderInfo(name=other, index=1, card_present=True, atr=EXTENDED_LENGTH_ATR),
        )


def test_waiting_without_a_name_finds_the_reader_that_gets_a_card(second_slot: VirtualReader) -> None:
    with second_slot.holding(EchoCard()):
        assert wait_for_card(timeout=5, clock=time.monotonic).name == second_slot.name
        with open_reader(timeout=5, clock=time.monotonic) as transport:
            assert transport.name == second_slot.name


def test_waiting_for_a_card_that_does_not_come_ends_in_time(virtual_reader: VirtualReader) -> None:
    with pytest.raises(errors.NoCardError):
        wait_for_card(virtual_reader.name, timeout=0.05, clock=time.monotonic)


def test_a_wait_without_limit_is_cancelled_from_another_thread(virtual_reader: VirtualReader) -> None:
    cancellation = Cancellation()
    canceller = threading.Thread(target=cancellation.cancel)
    canceller.start()
    with pytest.raises(errors.WaitCancelledError):
        wait_for_card(virtual_reader.name, timeout=None, clock=time.monotonic, cancellation=cancellation)
    canceller.join()


def test_the_monitor_tells_of_insertion_and_removal(
    stack: PCSCStack, virtual_reader: VirtualReader, events: Iterator[ReaderEvent]
) -> None:
    assert kinds(events, 2) == [(ReaderEventKind.READER_ADDED, name) for name in stack.readers]
    with virtual_reader.holding(EchoCard()):
        event = next(events)
        assert event == ReaderEvent(
            kind=ReaderEventKind.CARD_INSERTED, reader=virtual_reader.name, atr=EXTENDED_LENGTH_ATR
        )
    assert kinds(events, 1) == [(ReaderEventKind.CARD_REMOVED, virtual_reader.name)]


def test_the_monitor_outlives_a_restart_of_the_service(stack: PCSCStack, events: Iterator[ReaderEvent]) -> None:
    assert len(kinds(events, 2)) == 2
    stack.stop()
    try:
        gone = kinds(events, 3)
    finally:
        stack.start()
    assert gone == [
        *((ReaderEventKind.READER_REMOVED, name) for name in stack.readers),
        (ReaderEventKind.SERVICE_LOST, ""),
    ]
    assert kinds(events, 3) == [
        (ReaderEventKind.SERVICE_FOUND, ""),
        *((ReaderEventKind.READER_ADDED, name) for name in stack.readers),
    ]


def test_a_service_that_is_down_is_named(stack: PCSCStack) -> None:
    stack.stop()
    try:
        for ask in (list_readers, lambda: PCSCTransport(stack.readers[0])):
            with pytest.raises(errors.ServiceDownError):
                ask()
        assert [finding.code for finding in check_pcsc()] == ["pcsc-service-down"]
    finally:
        stack.start()


def test_a_connection_does_not_survive_the_service_and_says_so(stack: PCSCStack, virtual_reader: VirtualReader) -> None:
    with pytest.raises(VPCDError):  # the bridge loses its reader too
        lose_the_service(stack, virtual_reader)


def lose_the_service(stack: PCSCStack, virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard()):
        transport = PCSCTransport(virtual_reader.name)
        stack.stop()
        try:
            with pytest.raises(errors.ServiceDownError):
                transport.transmit(b"\x00\xb0\x00\x00\x01")
            with pytest.raises(errors.ServiceDownError):
                transport.keep_alive()
            transport.close()
        finally:
            stack.start()


def test_the_doctor_finds_readers_and_the_card(stack: PCSCStack, virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard()):
        findings = list(check_pcsc())
    assert [(finding.severity, finding.code) for finding in findings] == [
        (Severity.OK, "pcsc-service"),
        (Severity.OK, "reader"),
        (Severity.OK, "card"),
        (Severity.OK, "reader"),
        (Severity.WARN, "no-card"),
    ]
    assert all(stack.readers[1] in finding.text for finding in findings[-2:])
