"""Every case of the catalogue against simulated chips of each kind, and against chips that are wrong on purpose."""

from __future__ import annotations

from functools import cache

import pytest

from apdu import tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.conformance.case import Case, CaseResult, Risk, Verdict
from chipid.conformance.catalogue import CASES
from chipid.conformance.chip_under_test import ChipUnderTest
from chipid.conformance.runner import examine, run_case, run_cases
from chipid.conformance.terminal import ConformanceTerminal
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key
from chipid.lds.ef_com import build_ef_com
from chipid.lds.files import AID_EMRTD, DATA_GROUPS, FileId
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.mrz.mrz import parse_mrz
from simulator.access_rules import AfterAccess
from simulator.card_os import CardOS
from simulator.chip import BACKeys
from simulator.file_system import DedicatedFile, FileSystem
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card
from tests.simulator import cards

# Each kind of chip with the families of cases that it is put to. The first has every data group, with invented content.
KINDS: dict[str, str] = {
    "full": "A_ B_ O_ D_ E_ Q_ S_ T_ U_ 9303 C_ J- P_ I_ R_ B33",
    "bac-ca-3des-brainpoolP256r1": "A_ B_ C_ J- I_",
    "eac": "A_ I_ B33 P_1 P_2 P_73 P_74 LDS_ B32",
    "bac-aa-rsa": "R_ C_ J- LDS_",
    "pace-cam-aes256-brainpoolP384r1": "S_ P_1 P_2 P_78 O_55 O_56 LDS_",
    "pace-im-aes256-brainpoolP256r1": "P_1 P_2 P_5",
    "pace-dh-gm-3des-group2": "P_1 P_2 P_4 P_29 P_5",
}


class CardLink:
    """A simulated card as the runner sees it."""

    def __init__(self, card: CardOS) -> None:
        self.card = card

    def transmit(self, apdu: bytes) -> bytes:
        return self.card.process(apdu)

    def reset(self) -> bytes:
        self.card.reset()
        return b"\x3b\x80\x80\x01\x01"


def _keys(card: SimulatedCard) -> tuple[AccessKey, AccessKey | None]:
    can = AccessKey.from_can(card.can) if card.chip.pace is not None else None
    return AccessKey.from_mrz(parse_mrz(card.mrz)), can


def _entropy() -> Entropy:
    return SeededEntropy(b"conformance")


def _full_chip() -> tuple[CardOS, AccessKey, AccessKey]:
    """A chip with every data group, open after access."""
    groups = (cards.elementary(file, tlv.encode(file.tag or 0, b"invented"), AfterAccess()) for file in DATA_GROUPS)
    com = build_ef_com(range(1, 17))
    application = DedicatedFile(
        aid=AID_EMRTD,
        rule=AfterAccess(),
        files=(
            cards.elementary(FileId.COM, com, AfterAccess()),
            cards.elementary(FileId.SOD, tlv.encode(0x77, b"invented"), AfterAccess()),
            *groups,
        ),
    )
    files = FileSystem(master_file=cards.files().master_file, applications=(application,))
    key = AccessKey(kind=AccessKeyKind.MRZ, secret=cards.MRZ_INFORMATION)
    bac = BACKeys(
        k_enc=derive_key(key.k_seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES),
        k_mac=derive_key(key.k_seed, KeyPurpose.MAC, CipherSuite.TDES),
    )
    return cards.card(files=files, bac=bac), key, AccessKey.from_can(cards.CAN)


@cache
def _examined(kind: str) -> tuple[CardOS, ChipUnderTest]:
    if kind == "full":
        card, mrz, can = _full_chip()
        return card, examine(CardLink(card), mrz=mrz, can=can, entropy=_entropy())
    built = build_card("genuine", profile=kind)
    known_mrz, known_can = _keys(built)
    card = built.start()
    return card, examine(CardLink(card), mrz=known_mrz, can=known_can, entropy=_entropy())


@cache
def _outcomes(kind: str) -> dict[str, CaseResult]:
    card, chip = _examined(kind)
    chosen = [case for case in CASES if case.id.startswith(tuple(KINDS[kind].split()))]
    results = run_cases(chosen, CardLink(card), chip, entropy=_entropy(), with_wrong_keys=True)
    return {result.id: result for result in results}


def test_the_identifiers_are_unique() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_simulated_chips_pass(case: Case) -> None:
    results = [_outcomes(kind)[case.id] for kind in KINDS if case.id in _outcomes(kind)]
    assert [result.reason for result in results if result.verdict is Verdict.FAILED] == []
    assert Verdict.PASSED in {result.verdict for result in results}


def test_cases_with_wrong_keys_run_on_request_only() -> None:
    card, chip = _examined("eac")
    wrong = [case for case in CASES if case.risk is Risk.WRONG_KEY]
    results = run_cases([*wrong, CASES[0]], CardLink(card), chip, entropy=_entropy())
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
    card, chip = _examined(kind)
    results = list(run_cases(CASES, Noise(card), chip, entropy=_entropy(), with_wrong_keys=True))
    assert len(results) == len(CASES)
    assert Verdict.FAILED in {result.verdict for result in results}


def test_content_that_is_not_what_it_should_be_is_found() -> None:
    """The chip with every data group has invented content in them."""
    card, chip = _examined("full")
    lds = [case for case in CASES if case.id.startswith("LDS_")]
    failed = {
        one.id for one in run_cases(lds, CardLink(card), chip, entropy=_entropy()) if one.verdict is Verdict.FAILED
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
    card, chip = _examined(profile)
    results = run_cases(
        [case for case in CASES if case.id in found], link(card), chip, entropy=_entropy(), with_wrong_keys=True
    )
    assert {result.id for result in results if result.verdict is Verdict.FAILED} == found


def test_a_result_tells_what_was_sent_and_no_data_of_the_card() -> None:
    card, chip = _examined("eac")
    built = build_card("genuine", profile="eac")
    case = next(one for one in CASES if one.id == "C_10")
    result = run_case(case, ConformanceTerminal(CardLink(card), chip, _entropy()))
    assert result.exchanges[-1].stimulus == "SM 00B0000006"
    assert result.exchanges[-1].answer.endswith("bytes, 9000")
    assert built.can not in repr(result)
    assert built.mrz[5:14] not in repr(result)
