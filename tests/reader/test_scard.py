from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from pytest_mock import MockerFixture

from apdu.errors import TransportError
from reader import errors
from reader.scard import Cancellation, Context, ReaderState
from tests.reader.double import ATR, SCardDouble


def test_a_missing_pyscard_is_named(mocker: MockerFixture) -> None:
    mocker.patch.dict(sys.modules, {"smartcard": None})
    with pytest.raises(errors.PyscardMissingError, match="smartcard") as caught:
        Context()
    assert "chipid[pcsc]" in caught.value.hint


def test_an_exception_of_pyscard_does_not_escape(scard: SCardDouble) -> None:
    scard.failing("SCardListReaders", scard.error("no such handle"), OverflowError())
    with Context() as context:
        for _ in range(2):
            with pytest.raises(TransportError, match="SCardListReaders"):
                context.list_readers()


def test_a_context_is_released_once(scard: SCardDouble) -> None:
    with Context() as context:
        assert scard.contexts == 1
        context.release()
    context.cancel()
    assert scard.contexts == 0
    assert scard.calls.count("SCardReleaseContext") == 1
    assert "SCardCancel" not in scard.calls


def test_no_reader_is_an_empty_list(scard: SCardDouble) -> None:
    scard.readers.clear()
    with Context() as context:
        assert context.list_readers() == ()
        assert context.snapshot() == ()


def test_a_snapshot_is_repeated_when_a_reader_leaves_meanwhile(scard: SCardDouble) -> None:
    scard.failing("SCardGetStatusChange", errors.E_UNKNOWN_READER)
    with Context() as context:
        assert [state.reader for state in context.snapshot()] == ["left", "right"]


def test_readers_that_come_and_go_without_end_are_an_error(scard: SCardDouble) -> None:
    scard.failing("SCardGetStatusChange", *[errors.E_UNKNOWN_READER] * 5)
    with Context() as context, pytest.raises(errors.ReaderGoneError):
        context.snapshot()


@pytest.mark.parametrize(
    "watch",
    [
        lambda context: context.snapshot(),
        lambda context: context.wait((), timeout_ms=1),
        lambda context: context.card_left("left", timeout_ms=1),
    ],
)
def test_a_service_that_stops_under_a_watch_is_named(scard: SCardDouble, watch: Callable[[Context], object]) -> None:
    scard.failing("SCardGetStatusChange", 0x8010001E)
    with Context() as context, pytest.raises(errors.ServiceDownError):
        watch(context)


def test_flags_name_cards_and_lost_readers(scard: SCardDouble) -> None:
    scard.readers["left"].insert()
    scard.readers["left"].flags = 0x200
    with Context() as context:
        left, right = context.snapshot()
    assert left.card_present
    assert left.is_mute
    assert (left.atr, left.event_count) == (ATR, 1)
    assert not right.card_present
    assert not right.is_gone
    assert ReaderState(reader="x", flags=0x8).is_gone
    assert ReaderState(reader="x", flags=0x4).is_gone


def test_a_service_without_notification_is_watched_without_it(scard: SCardDouble) -> None:
    scard.while_waiting.append(scard.readers["left"].insert)
    with Context() as context:
        seen = context.snapshot()
        scard.failing("SCardGetStatusChange", errors.E_UNKNOWN_READER)
        assert context.wait(seen, timeout_ms=10)
        scard.failing("SCardGetStatusChange", errors.E_UNKNOWN_READER)
        assert not context.wait((), timeout_ms=10)


def test_a_card_that_leaves_is_noticed_at_once_or_when_the_service_notices(scard: SCardDouble) -> None:
    slot = scard.readers["left"]
    slot.insert()
    with Context() as context:
        scard.while_waiting.append(lambda: None)
        assert not context.card_left("left", timeout_ms=10)
        scard.while_waiting.append(slot.remove)
        assert context.card_left("left", timeout_ms=10)
        assert context.card_left("left", timeout_ms=10)


def test_cancelling_ends_the_wait_of_the_context_it_is_bound_to(scard: SCardDouble) -> None:
    cancellation = Cancellation()
    with Context() as context:
        with cancellation.ends(context):
            cancellation.cancel()
        cancellation.cancel()
    assert cancellation.is_cancelled
    assert scard.calls.count("SCardCancel") == 1
    cancellation.pause(3600)
