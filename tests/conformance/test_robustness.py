"""Whatever a chip does, each case has a result: random and spoilt answers, cards that are gone, dead or slow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu.errors import CardRemovedError, DeadlineError, TransportError
from chipid.conformance import report
from chipid.conformance.case import Case, CaseResult, Risk, Verdict
from chipid.conformance.catalogue import CASES
from chipid.conformance.runner import SILENT_CASES, examine, run_cases
from chipid.errors import WrongAccessKeyError
from simulator.card_os import CardOS
from simulator.randomness import SeededEntropy
from tests.conformance.chips import KINDS, CardLink, entropy, examined, is_chosen, powered, run

FIRST = [case for case in CASES if case.risk is Risk.NONE][:12]


class SpoilingLink(CardLink):
    """It lets some answers pass and spoils the others: cut, flipped, longer, another status, nothing, noise."""

    def __init__(self, card: CardOS, seed: bytes, one_in: int) -> None:
        super().__init__(card)
        self._entropy = SeededEntropy(seed)
        self._one_in = one_in

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        draw, kind, at, byte = self._entropy(4)
        if draw % self._one_in:
            return answer
        place = at % len(answer)
        match kind % 7:
            case 0:
                return answer[:place]
            case 1:
                return answer[:place] + bytes((answer[place] ^ (byte or 1),)) + answer[place + 1 :]
            case 2:
                return answer[:place] + self._entropy(byte % 32) + answer[place:]
            case 3:
                return answer[:-2] + bytes((byte, at))
            case 4:
                return answer[-2:]
            case 5:
                return self._entropy(byte) + b"\x90\x00"
        return b"\x61" + bytes((byte,))


def _sample(kind: str, seed: bytes, count: int) -> list[Case]:
    chosen = [case for case in CASES if is_chosen(case, kind)]
    draw = SeededEntropy(seed + b"cases")
    return [chosen[int.from_bytes(draw(2), "big") % len(chosen)] for _ in range(count)]


def _hostile(kind: str, seed: bytes, one_in: int, count: int) -> None:
    card, chip = examined(kind)
    cases = _sample(kind, seed, count)
    results = run(SpoilingLink(powered(card.chip), seed, one_in), chip, cases)
    assert [result.id for result in results] == [case.id for case in cases]
    report.to_junit(results)


@settings(max_examples=15)
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.binary(min_size=4, max_size=4), one_in=st.integers(1, 12))
def test_spoilt_answers_stop_no_case(kind: str, seed: bytes, one_in: int) -> None:
    _hostile(kind, seed, one_in, 12)


@pytest.mark.long
@settings(max_examples=200)
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.binary(min_size=4, max_size=4), one_in=st.integers(1, 40))
def test_spoilt_answers_stop_no_case_at_length(kind: str, seed: bytes, one_in: int) -> None:
    _hostile(kind, seed, one_in, 40)


@settings(max_examples=15)
@given(kind=st.sampled_from(sorted(KINDS)), seed=st.binary(min_size=4, max_size=4), one_in=st.integers(1, 12))
def test_a_chip_with_spoilt_answers_can_be_examined(kind: str, seed: bytes, one_in: int) -> None:
    card, chip = examined(kind)
    link = SpoilingLink(powered(card.chip), seed, one_in)
    try:
        found = examine(link, chip.keys, entropy=entropy(), terminals=chip.terminals)
    except WrongAccessKeyError:
        return
    assert found.keys == chip.keys


class RemovedLink(CardLink):
    """The card is taken away at one exchange, and stays away."""

    def __init__(self, card: CardOS, at: int) -> None:
        super().__init__(card)
        self.left = at

    def transmit(self, apdu: bytes) -> bytes:
        self._check()
        self.left -= 1
        return super().transmit(apdu)

    def reset(self) -> bytes:
        self._check()
        return super().reset()

    def _check(self) -> None:
        if self.left <= 0:
            raise CardRemovedError("the card was removed")


@pytest.mark.parametrize("at", [0, 1, 2, 3, 7, 20])
def test_a_removed_card_interrupts_the_case_at_hand_and_all_after_it(at: int) -> None:
    card, chip = examined("bac-aa-rsa")
    results = run(RemovedLink(powered(card.chip), at), chip, FIRST)
    assert [result.id for result in results] == [case.id for case in FIRST]
    interrupted = [result for result in results if result.verdict is Verdict.INTERRUPTED]
    assert interrupted == results[-len(interrupted) :]
    assert interrupted[0].reason == "the card was removed"
    expected = f"the card was removed, in case {interrupted[0].id}"
    assert {result.reason for result in interrupted[1:]} <= {expected}
    assert "interrupted" in report.to_text(results)


def test_an_examination_tells_that_the_card_was_removed() -> None:
    card, chip = examined("eac")
    for at in range(12):
        with pytest.raises(CardRemovedError):
            examine(RemovedLink(powered(card.chip), at), chip.keys, entropy=entropy())


class SlowLink(CardLink):
    """Each answer takes ten seconds."""

    now = 0.0

    def transmit(self, apdu: bytes) -> bytes:
        self.now += 10
        return super().transmit(apdu)


def _within(link: SlowLink, seconds: float, kind: str = "bac-aa-rsa") -> list[CaseResult]:
    _, chip = examined(kind)
    return list(run_cases(FIRST, link, chip, entropy=entropy(), clock=lambda: link.now, deadline=seconds))


def test_a_slow_chip_is_left_alone_once_the_time_is_over() -> None:
    card, chip = examined("bac-aa-rsa")
    link = SlowLink(powered(card.chip))
    results = _within(link, 55)
    assert link.now <= 65
    assert [result.id for result in results] == [case.id for case in FIRST]
    assert results[0].verdict is Verdict.PASSED
    assert results[-1].verdict is Verdict.INTERRUPTED
    assert results[-1].reason.startswith("the time was over, in case ")
    with pytest.raises(DeadlineError):
        examine(link, chip.keys, entropy=entropy(), clock=lambda: link.now, deadline=100)


class DeadLink(CardLink):
    """It gives no answer; the reader says so each time."""

    asked = 0

    def transmit(self, apdu: bytes) -> bytes:
        self.asked += 1
        raise TransportError("no answer")


class DeadReader(DeadLink):
    """Not even a reset works."""

    def reset(self) -> bytes:
        raise TransportError("no answer")


@pytest.mark.parametrize("link", [DeadLink, DeadReader])
def test_a_dead_chip_is_not_asked_for_ever(link: type[DeadLink]) -> None:
    card, chip = examined("cccd-2021")
    dead = link(card)
    results = run(dead, chip, list(CASES))
    assert len(results) == len(CASES)
    assert dead.asked < 4 * SILENT_CASES
    failed = [result for result in results if result.verdict is Verdict.FAILED]
    assert len(failed) == SILENT_CASES
    assert results[-1].verdict is Verdict.INTERRUPTED
    assert results[-1].reason.startswith("the chip gave no answer any more, in case ")
