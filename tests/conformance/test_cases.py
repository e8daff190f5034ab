"""Every case of the catalogue against simulated chips of each kind."""

from __future__ import annotations

from contextlib import suppress

import pytest

from apdu import tlv
from chipid.conformance.case import Case, Risk, Verdict
from chipid.conformance.catalogue import CASES
from chipid.conformance.runner import examine, run_case, run_cases
from chipid.conformance.terminal import ConformanceTerminal
from chipid.errors import WrongAccessKeyError
from chipid.lds.files import FileId
from simulator.card_os import CardOS
from simulator.randomness import SeededEntropy
from simulator.scenarios import build_card
from tests.conformance.chips import KINDS, CardLink, entropy, examined, outcomes, run


def test_the_identifiers_are_unique() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_simulated_chips_pass(case: Case) -> None:
    results = [outcomes(kind)[case.id] for kind in KINDS if case.id in outcomes(kind)]
    assert [result.reason for result in results if result.verdict is Verdict.FAILED] == []
    assert Verdict.PASSED in {result.verdict for result in results}


def test_cases_with_wrong_keys_run_on_request_only() -> None:
    card, chip = examined("eac")
    wrong = [case for case in CASES if case.risk is Risk.WRONG_KEY]
    results = run_cases([*wrong, CASES[0]], CardLink(card), chip, entropy=entropy())
    skipped = {result.id for result in results if result.reason.startswith("its risk was not asked for")}
    assert skipped == {case.id for case in wrong}


class Noise(CardLink):
    """It answers anything with anything."""

    def __init__(self, card: CardOS, seed: bytes = b"noise") -> None:
        super().__init__(card)
        self._entropy = SeededEntropy(seed)

    def transmit(self, apdu: bytes) -> bytes:
        length, kind = self._entropy(2)
        noise = self._entropy(length % 80)
        if kind & 3 == 0:
            return noise
        if kind & 3 == 1:
            noise = tlv.encode(0x7C, tlv.encode(0x80 | kind & 0x0F, noise))
        return noise + b"\x90\x00"


@pytest.mark.parametrize("kind", ["full", "eac-dh-rsa", "bac-aa-rsa"])
def test_no_answer_of_a_chip_stops_the_runner(kind: str) -> None:
    card, chip = examined(kind)
    with suppress(WrongAccessKeyError):
        assert examine(Noise(card), chip.keys, entropy=entropy()).files <= set(FileId)
    results = run(Noise(card), chip, list(CASES))
    assert len(results) == len(CASES)
    assert Verdict.FAILED in {result.verdict for result in results}


def test_content_that_is_not_what_it_should_be_is_found() -> None:
    """The chip with every data group has invented content in them."""
    card, chip = examined("full")
    lds = [case for case in CASES if case.id.startswith("LDS_")]
    failed = {
        one.id for one in run_cases(lds, CardLink(card), chip, entropy=entropy()) if one.verdict is Verdict.FAILED
    }
    assert {"LDS_B_3", "LDS_B_14", "LDS_C_3", "LDS_D_3", "LDS_E_3", "LDS_J_3", "LDS_K_1"} <= failed
    assert "LDS_B_1" not in failed


def test_a_result_tells_what_was_sent_and_no_data_of_the_card() -> None:
    card, chip = examined("eac")
    built = build_card("genuine", profile="eac")
    case = next(one for one in CASES if one.id == "C_10")
    result = run_case(case, ConformanceTerminal(CardLink(card), chip, entropy()))
    assert result.exchanges[-1].stimulus == "SM 00B0000006"
    assert result.exchanges[-1].answer.endswith("bytes, 9000")
    assert built.can not in repr(result)
    assert built.mrz[5:14] not in repr(result)
