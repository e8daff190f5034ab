"""Several keys that may be right: one at a time, no more than allowed, and nothing else is swallowed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from apdu.errors import CardRemovedError
from chipid.errors import AccessKeyError, KeyKindError, WrongAccessKeyError, WrongPINError
from chipid.evidence.evidence import AccessProtocol, Evidence
from chipid.inspection import attempts
from chipid.inspection.attempts import read_with_candidates
from chipid.inspection.plan import ReadingPlan
from chipid.inspection.progress import Progress, Step, no_progress
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from simulator.randomness import SeededEntropy
from tests.scenarios import readings

GENUINE = readings.card("genuine")
CAN, MRZ = readings.can_of(GENUINE), readings.mrz_of(GENUINE)
WRONG = AccessKey.from_can("999999")
WRONG_TOO = AccessKey.from_can("999998")
DG1_ONLY = ReadingPlan(data_groups=frozenset({FileId.DG1}), chip_authentication=False, active_authentication=False)


class CountingTransport:
    """A simulated card that counts its resets and the tries that it saw."""

    def __init__(self, scenario: str = "genuine", *, remove_at: int | None = None) -> None:
        self._card = readings.card(scenario).transport(remove_at=remove_at)
        self.resets = 0
        self.sent = 0

    name = property(lambda self: self._card.name)
    atr = property(lambda self: self._card.atr)
    extended_length = property(lambda self: self._card.extended_length)

    def transmit(self, apdu: bytes) -> bytes:
        self.sent += 1
        return self._card.transmit(apdu)

    def reset(self) -> bytes:
        self.resets += 1
        return self._card.reset()

    def close(self) -> None:
        self._card.close()


def read(
    transport: CountingTransport,
    keys: Sequence[AccessKey],
    *,
    tries: int | None = None,
    progress: Progress = no_progress,
) -> Evidence:
    return read_with_candidates(
        transport,
        keys,
        DG1_ONLY,
        entropy=SeededEntropy(b"terminal"),
        clock=readings.TickingClock(),
        now=lambda: readings.NOW,
        tries=tries,
        progress=progress,
    )


def test_the_first_key_that_fits_ends_it() -> None:
    transport = CountingTransport()
    evidence = read(transport, [CAN, WRONG])
    assert evidence.content(FileId.DG1) is not None
    assert transport.resets == 0


@pytest.mark.parametrize("wrong", [1, 2, 3])
def test_a_wrong_key_is_followed_by_a_reset_and_the_next_key(wrong: int) -> None:
    transport = CountingTransport()
    evidence = read(transport, [*[WRONG, WRONG_TOO, WRONG][:wrong], MRZ])
    assert (evidence.access.protocol, evidence.access.password) == (AccessProtocol.PACE, "MRZ")
    assert transport.resets == wrong


def test_a_reading_after_a_wrong_key_is_like_a_reading_at_once() -> None:
    first, second = read(CountingTransport(), [CAN]), read(CountingTransport(), [WRONG, CAN])
    assert {one.file: one.content for one in first.files} == {one.file: one.content for one in second.files}


@pytest.mark.parametrize(("tries", "seen"), [(1, 1), (2, 2), (3, 3), (None, 3)])
def test_the_card_is_asked_as_often_as_allowed_and_no_more(tries: int | None, seen: int) -> None:
    once, transport = CountingTransport(), CountingTransport()
    with pytest.raises(WrongAccessKeyError):
        read(once, [WRONG])
    with pytest.raises(WrongAccessKeyError):
        read(transport, [WRONG, WRONG_TOO, WRONG], tries=tries)
    assert transport.resets == seen - 1
    assert transport.sent == seen * once.sent


def test_a_right_key_beyond_the_allowed_tries_is_not_tried() -> None:
    with pytest.raises(WrongAccessKeyError):
        read(CountingTransport(), [WRONG, CAN], tries=1)


def test_every_try_begins_with_the_first_step() -> None:
    steps: list[Step] = []
    read(CountingTransport(), [WRONG, CAN], progress=lambda event: steps.append(event.step))
    assert steps[:4] == [Step.CARD_ACCESS, Step.ACCESS, Step.CARD_ACCESS, Step.ACCESS]


def test_no_key_is_no_reading() -> None:
    transport = CountingTransport()
    with pytest.raises(AccessKeyError):
        read(transport, [])
    assert (transport.sent, transport.resets) == (0, 0)


def test_a_key_that_the_chip_cannot_be_asked_with_costs_no_try() -> None:
    transport = CountingTransport("pace-removed")
    evidence = read(transport, [CAN, readings.mrz_of(readings.card("pace-removed"))], tries=1)
    assert evidence.access.protocol is AccessProtocol.BAC
    assert transport.resets == 1


def test_a_chip_that_takes_none_of_the_keys_says_which_it_takes() -> None:
    with pytest.raises(KeyKindError) as caught:
        read(CountingTransport("pace-removed"), [CAN, WRONG])
    assert caught.value.exit_code == 2


def test_a_refusal_says_more_than_a_key_that_was_not_tried() -> None:
    wrong = AccessKey.from_mrz_fields("123456789", "900101", "300101")
    with pytest.raises(WrongAccessKeyError):
        read(CountingTransport("pace-removed"), [CAN, wrong])


@pytest.mark.parametrize("place", range(1, 14))
def test_a_card_that_is_taken_away_is_no_wrong_key(place: int) -> None:
    transport = CountingTransport(remove_at=place)
    with pytest.raises(CardRemovedError):
        read(transport, [WRONG, CAN])


def test_a_wrong_pin_which_the_card_counts_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[AccessKey] = []

    def refuse(transport: object, key: AccessKey, *others: object, **options: object) -> Evidence:
        asked.append(key)
        raise WrongPINError("wrong", tries_left=2)

    monkeypatch.setattr(attempts, "read_card", refuse)
    with pytest.raises(WrongPINError):
        read(CountingTransport(), [AccessKey.from_pin("1111"), AccessKey.from_pin("2222")])
    assert len(asked) == 1
