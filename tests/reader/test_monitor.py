from __future__ import annotations

from collections.abc import Iterator

import pytest

from reader import errors
from reader.monitor import ReaderEvent, ReaderEventKind, watch
from reader.scard import Cancellation
from tests.reader.double import ATR, SCardDouble, Slot

ADDED, REMOVED = ReaderEventKind.READER_ADDED, ReaderEventKind.READER_REMOVED
INSERTED, TAKEN = ReaderEventKind.CARD_INSERTED, ReaderEventKind.CARD_REMOVED
LOST, FOUND = ReaderEventKind.SERVICE_LOST, ReaderEventKind.SERVICE_FOUND


def told(scard: SCardDouble, *happenings: object) -> list[ReaderEvent]:
    """All events while ``happenings`` happen one by one, then the monitor is cancelled."""
    cancellation = Cancellation()
    scard.while_waiting.extend([*happenings, cancellation.cancel])  # type: ignore[list-item]
    events = list(watch(cancellation=cancellation, retry_seconds=0))
    assert not scard.while_waiting
    assert scard.contexts == 0
    return events


def brief(events: list[ReaderEvent]) -> list[tuple[ReaderEventKind, str]]:
    return [(event.kind, event.reader) for event in events]


def test_what_is_there_at_the_start_is_told_first(scard: SCardDouble) -> None:
    scard.readers["left"].insert()
    assert told(scard) == [
        ReaderEvent(kind=ADDED, reader="left"),
        ReaderEvent(kind=INSERTED, reader="left", atr=ATR),
        ReaderEvent(kind=ADDED, reader="right"),
    ]


def test_insertion_and_removal_are_told_once(scard: SCardDouble) -> None:
    slot = scard.readers["right"]
    events = told(scard, slot.insert, lambda: None, slot.remove)
    assert brief(events[2:]) == [(INSERTED, "right"), (TAKEN, "right")]


def test_a_card_swapped_between_two_looks_is_a_removal_and_an_insertion(scard: SCardDouble) -> None:
    slot = scard.readers["left"]
    slot.insert()

    def swap() -> None:
        slot.remove()
        slot.insert(b"\x3b\x00")

    events = told(scard, swap)
    assert events[3:] == [
        ReaderEvent(kind=TAKEN, reader="left"),
        ReaderEvent(kind=INSERTED, reader="left", atr=b"\x3b\x00"),
    ]


def test_a_card_that_is_used_by_somebody_is_no_event(scard: SCardDouble) -> None:
    slot = scard.readers["left"]
    slot.insert()
    assert len(told(scard, lambda: setattr(slot, "flags", 0x100))) == 3


def test_a_mute_card_is_marked(scard: SCardDouble) -> None:
    scard.readers["left"].insert()
    scard.readers["left"].flags = 0x200
    assert told(scard)[1].is_mute


def test_readers_come_and_go_and_take_their_cards_along(scard: SCardDouble) -> None:
    scard.readers["left"].insert()
    events = told(scard, lambda: scard.readers.pop("left"), lambda: scard.readers.update(new=Slot(atr=ATR)))
    assert brief(events[3:]) == [(TAKEN, "left"), (REMOVED, "left"), (ADDED, "new"), (INSERTED, "new")]


def test_a_service_that_stops_takes_everything_along_and_is_tried_again(scard: SCardDouble) -> None:
    scard.readers["left"].insert()

    def stop() -> None:
        scard.failing("SCardListReaders", 0x8010001E)
        scard.failing("SCardEstablishContext", errors.E_NO_SERVICE, errors.E_NO_SERVICE)
        scard.readers["right"].insert()  # ends the wait

    events = told(scard, stop)
    assert brief(events[3:]) == [
        (TAKEN, "left"),
        (REMOVED, "left"),
        (REMOVED, "right"),
        (LOST, ""),
        (FOUND, ""),
        (ADDED, "left"),
        (INSERTED, "left"),
        (ADDED, "right"),
        (INSERTED, "right"),
    ]


def test_a_service_that_is_down_at_the_start_is_waited_for(scard: SCardDouble) -> None:
    scard.failing("SCardEstablishContext", errors.E_NO_SERVICE)
    assert brief(told(scard))[:2] == [(LOST, ""), (FOUND, "")]


@pytest.mark.parametrize("code", [0x8010006A, 0x80100027])
def test_what_waiting_does_not_mend_is_raised(scard: SCardDouble, code: int) -> None:
    scard.failing("SCardEstablishContext", code)
    with pytest.raises(errors.PermissionDeniedError):
        next(watch(cancellation=Cancellation()))


def test_a_monitor_that_is_dropped_releases_its_context(scard: SCardDouble) -> None:
    events: Iterator[ReaderEvent] = watch(cancellation=Cancellation())
    next(events)
    assert scard.contexts == 1
    events.close()  # type: ignore[attr-defined]
    assert scard.contexts == 0
