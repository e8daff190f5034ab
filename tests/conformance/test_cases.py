"""Every case of the catalogue against simulated chips of each kind, and against chips that are wrong on purpose."""

from __future__ import annotations

import pytest

from apdu import tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.conformance.case import Case, Risk, Verdict
from chipid.conformance.catalogue import CASES
from chipid.conformance.runner import run_case, run_cases
from chipid.conformance.terminal import ConformanceTerminal
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
    skipped = {result.id for result in results if result.reason.startswith("it tries wrong keys")}
    assert skipped == {case.id for case in wrong}


class PlainErrors(CardLink):
    """It answers errors of the application in the clear."""

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        is_error = answer[-2] in (0x69, 0x6A, 0x6B) and len(answer) > 2
        return answer[-2:] if is_error else answer


class OpenFiles(CardLink):
    """It gives files to whoever asks in the clear."""

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        if apdu[:2] == b"\x00\xb0" and answer == b"\x69\x82":
            return bytes(6) + b"\x90\x00"
        return answer


class ForgivingChecksum(CardLink):
    """It does not mind protected commands without a checksum."""

    def transmit(self, apdu: bytes) -> bytes:
        command = CommandAPDU.decode(apdu)
        if command.is_secure and b"\x8e\x08" not in command.data[-10:]:
            return ResponseAPDU(data=bytes.fromhex("990290008E080000000000000000"), sw=StatusWord(0x9000)).encode()
        return super().transmit(apdu)


class ConstantChallenge(CardLink):
    """Its random source has stopped."""

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[:2] == b"\x00\x84":
            return bytes(8) + b"\x90\x00"
        return super().transmit(apdu)


class LaxTemplates(CardLink):
    """It takes PACE without the chaining bit."""

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[:2] == b"\x00\x86" and b"\x85\x08" not in apdu:
            apdu = b"\x10" + apdu[1:]
        return super().transmit(apdu)


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


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_of_a_chip_stops_the_runner(kind: str) -> None:
    card, chip = examined(kind)
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


@pytest.mark.parametrize(
    ("link", "profile", "found"),
    [
        (PlainErrors, "eac", {"9303-a", "E_3", "I_14", "I_12"}),
        (OpenFiles, "bac-aa-rsa", {"B_19", "B_20", "B_37"}),
        (ForgivingChecksum, "eac", {"C_12", "C_17"}),
        (ConstantChallenge, "bac-aa-rsa", {"C_1"}),
        (LaxTemplates, "eac", {"P_54", "P_55", "P_56"}),
    ],
)
def test_a_defect_is_found(link: type[CardLink], profile: str, found: set[str]) -> None:
    card, chip = examined(profile)
    results = run(link(card), chip, [case for case in CASES if case.id in found])
    assert {result.id for result in results if result.verdict is Verdict.FAILED} == found


def test_a_result_tells_what_was_sent_and_no_data_of_the_card() -> None:
    card, chip = examined("eac")
    built = build_card("genuine", profile="eac")
    case = next(one for one in CASES if one.id == "C_10")
    result = run_case(case, ConformanceTerminal(CardLink(card), chip, entropy()))
    assert result.exchanges[-1].stimulus == "SM 00B0000006"
    assert result.exchanges[-1].answer.endswith("bytes, 9000")
    assert built.can not in repr(result)
    assert built.mrz[5:14] not in repr(result)
