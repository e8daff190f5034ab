"""Known-bad chips are put before the runner, and their defects are found by the cases that are about them."""

from __future__ import annotations

from functools import cache

import pytest

from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.conformance.case import Verdict
from chipid.conformance.catalogue import CASES
from chipid.conformance.runner import examine
from chipid.errors import WrongAccessKeyError
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from simulator.randomness import SeededEntropy
from tests.conformance.chips import CardLink, entropy, examined, powered, run
from tests.conformance.defects import DEFECTS, Defect


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


@cache
def _of_the_right_chip(profile: str) -> dict[str, Verdict]:
    """What the cases of all defects of this profile find on the chip without any."""
    good, chip = examined(profile)
    wanted = {case_id for defect in DEFECTS if defect.profile == profile for case_id in defect.found}
    results = run(CardLink(powered(good.chip)), chip, [case for case in CASES if case.id in wanted])
    return {result.id: result.verdict for result in results}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_found(defect: Defect) -> None:
    good, chip = examined(defect.profile)
    link = CardLink(defect.make(good.chip, entropy=SeededEntropy(b"bad")))
    chosen = [case for case in CASES if case.id in defect.found]
    failed = {result.id for result in run(link, chip, chosen) if result.verdict is Verdict.FAILED}
    assert failed == defect.found
    assert {_of_the_right_chip(defect.profile)[case.id] for case in chosen} == {Verdict.PASSED}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_bad_chip_can_be_examined(defect: Defect) -> None:
    good, chip = examined(defect.profile)
    link = CardLink(defect.make(good.chip, entropy=SeededEntropy(b"bad")))
    found = examine(link, chip.keys[:1], entropy=entropy())
    assert found.pace == chip.pace
    assert found.files <= chip.files | {FileId.DG3, FileId.DG4}  # a defect may open more


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
def test_a_defect_of_the_link_is_found(link: type[CardLink], profile: str, found: set[str]) -> None:
    card, chip = examined(profile)
    results = run(link(powered(card.chip)), chip, [case for case in CASES if case.id in found])
    assert {result.id for result in results if result.verdict is Verdict.FAILED} == found


def test_a_wrong_access_key_is_told_from_a_bad_chip() -> None:
    good, chip = examined("cccd-2021")
    with pytest.raises(WrongAccessKeyError):
        examine(CardLink(good), (AccessKey.from_can("999999"),), entropy=entropy())
    assert examine(OpenFiles(good), chip.keys, entropy=entropy()).files == chip.files
