from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from reader import errors
from reader.discovery import ReaderInfo, choose_reader, list_readers, wait_for_card
from reader.scard import Cancellation
from tests.reader.double import ATR, SCardDouble, Slot

ACR = ReaderInfo(name="ACS ACR1252 Dual Reader [PICC] 00 00", index=0, card_present=False)
SAM = ReaderInfo(name="ACS ACR1252 Dual Reader [SAM] 00 01", index=1, card_present=False)
OMNIKEY = ReaderInfo(name="HID OMNIKEY 5422 00 02", index=2, card_present=True)
READERS = (ACR, SAM, OMNIKEY)


def clock(step: float = 1.0) -> Callable[[], float]:
    ticks = count()
    return lambda: next(ticks) * step


def test_readers_are_listed_with_their_cards(scard: SCardDouble) -> None:
    scard.readers["right"].insert()
    assert list_readers() == (
        ReaderInfo(name="left", index=0, card_present=False),
        ReaderInfo(name="right", index=1, card_present=True, atr=ATR),
    )
    assert scard.contexts == 0


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ACR.name, ACR),
        (1, SAM),
        ("1", SAM),
        ("omnikey", OMNIKEY),
        ("PICC", ACR),
        ("00 01", SAM),
        (None, OMNIKEY),  # the only one with a card
    ],
)
def test_a_reader_is_chosen_by_name_part_number_or_card(wanted: str | int | None, found: ReaderInfo) -> None:
    assert choose_reader(READERS, wanted) is found


def test_a_whole_name_wins_over_a_part_and_over_a_number() -> None:
    named = (ReaderInfo(name="1", index=0, card_present=False), ReaderInfo(name="11", index=1, card_present=False))
    assert choose_reader(named, "1") is named[0]


def test_the_only_reader_needs_no_name() -> None:
    assert choose_reader([ACR]) is ACR


@pytest.mark.parametrize("wanted", ["nothing", 3, "3", -1, "9" * 5000, "³"])
def test_a_reader_that_is_not_there_is_not_found(wanted: str | int) -> None:
    with pytest.raises(errors.ReaderNotFoundError):
        choose_reader(READERS, wanted)


@pytest.mark.parametrize("wanted", ["ACS", "00", ""])
def test_a_part_of_several_names_is_ambiguous_and_lists_them(wanted: str) -> None:
    with pytest.raises(errors.ReaderAmbiguousError, match="PICC"):
        choose_reader(READERS, wanted)


@pytest.mark.parametrize("readers", [(ACR, SAM), (OMNIKEY, OMNIKEY)])
def test_without_a_name_several_readers_are_ambiguous(readers: tuple[ReaderInfo, ...]) -> None:
    with pytest.raises(errors.ReaderAmbiguousError):
        choose_reader(readers)


def test_without_readers_there_is_nothing_to_choose() -> None:
    with pytest.raises(errors.NoReaderError):
        choose_reader((), "ACS")


def test_a_card_that_is_there_needs_no_waiting(scard: SCardDouble) -> None:
    scard.readers["right"].insert()
    assert wait_for_card(timeout=0, clock=clock()).name == "right"


def test_a_card_is_waited_for_and_a_card_elsewhere_does_not_count(scard: SCardDouble) -> None:
    scard.while_waiting.extend([scard.readers["right"].insert, scard.readers["left"].insert])
    assert wait_for_card("left", timeout=None, clock=clock()).name == "left"
    assert not scard.while_waiting


def test_a_reader_that_is_plugged_in_while_waiting_counts(scard: SCardDouble) -> None:
    scard.readers.clear()
    scard.while_waiting.append(lambda: scard.readers.update(new=Slot(atr=ATR)))
    assert wait_for_card("new", timeout=None, clock=clock()).name == "new"


def test_waiting_ends_with_the_time(scard: SCardDouble) -> None:
    scard.while_waiting.extend([lambda: None] * 3)
    with pytest.raises(errors.NoCardError):
        wait_for_card("left", timeout=2, clock=clock(0.6))
    assert scard.contexts == 0


def test_when_the_time_is_over_a_missing_reader_is_said_to_be_missing(scard: SCardDouble) -> None:
    with pytest.raises(errors.ReaderNotFoundError):
        wait_for_card("middle", timeout=0, clock=clock())
    scard.readers.clear()
    with pytest.raises(errors.NoReaderError):
        wait_for_card(timeout=0, clock=clock())


def test_two_cards_without_a_name_are_ambiguous(scard: SCardDouble) -> None:
    for slot in scard.readers.values():
        slot.insert()
    with pytest.raises(errors.ReaderAmbiguousError):
        wait_for_card(timeout=0, clock=clock())


def test_a_cancelled_wait_says_so_at_once(scard: SCardDouble) -> None:
    cancellation = Cancellation()
    scard.while_waiting.append(cancellation.cancel)
    with pytest.raises(errors.WaitCancelledError):
        wait_for_card(timeout=None, clock=clock(), cancellation=cancellation)
    assert "SCardCancel" in scard.calls


def test_where_the_service_cannot_watch_the_wait_pauses_instead(scard: SCardDouble) -> None:
    scard.readers.clear()
    cancellation = Cancellation()
    cancellation.pause = lambda seconds: scard.readers.update(new=Slot(atr=ATR))  # type: ignore[method-assign]
    scard.failing("SCardGetStatusChange", errors.E_UNKNOWN_READER)
    assert wait_for_card(timeout=None, clock=clock(), cancellation=cancellation).name == "new"
