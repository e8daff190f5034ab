"""The simulated chips that the cases are put to."""

from __future__ import annotations

from functools import cache

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.conformance.case import Case, CaseResult, Risk
from chipid.conformance.catalogue import CASES
from chipid.conformance.chip_under_test import ChipUnderTest
from chipid.conformance.runner import examine, run_cases
from chipid.conformance.terminal import Link
from chipid.conformance.terminal_certificates import Signer, TerminalCredentials
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
from simulator.personalisation.terminal_pki import VALIDITY, TerminalPKI
from simulator.pki.cv_issuer import CVHolder
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card
from tests.simulator import cards

# Each kind of chip with the families of cases that it is put to. The first has every data group, with invented content.
KINDS: dict[str, str] = {
    "full": "A_ B_ O_ D_ E_ Q_ S_ T_ U_ 9303 C_ J- P_ I_ R_2 R_3 R_4 R_7 B33",
    "bac-ca-3des-brainpoolP256r1": "A_ B_ C_ J- I_",
    "eac": "A_ I_ B33 P_1 P_2 P_73 P_74 LDS_ B32 E_22",
    "bac-aa-rsa": "R_ C_ J- LDS_",
    "cccd-2021": "R_ LDS_",
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


def access_keys(card: SimulatedCard) -> tuple[AccessKey, ...]:
    """Every key that opens the card."""
    mrz = AccessKey.from_mrz(parse_mrz(card.mrz))
    return (mrz,) if card.chip.pace is None else (mrz, AccessKey.from_can(card.can))


def entropy() -> Entropy:
    return SeededEntropy(b"conformance")


def _credentials(known: TerminalPKI) -> TerminalCredentials:
    def signer(holder: CVHolder) -> Signer:
        key = holder.key
        return Signer(
            reference=holder.reference, public_key=key.public, sign=lambda data: key.sign(data, SeededEntropy(data))
        )

    return TerminalCredentials(
        cvca=signer(known.cvca),
        verifier=signer(known.verifier),
        terminal=signer(known.terminal),
        first=VALIDITY.first,
        last=VALIDITY.last,
    )


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


def is_chosen(case: Case, kind: str) -> bool:
    """True if the case is put to chips of this kind."""
    return case.id.startswith(tuple(KINDS[kind].split()))


def run(link: Link, chip: ChipUnderTest, cases: list[Case]) -> list[CaseResult]:
    """The results of these cases, those with wrong keys too."""
    return list(run_cases(cases, link, chip, entropy=entropy(), risks=tuple(Risk)))


@cache
def examined(kind: str) -> tuple[CardOS, ChipUnderTest]:
    """A chip of this kind, and what the runner finds out about it."""
    if kind == "full":
        card, mrz, can = _full_chip()
        return card, examine(CardLink(card), (mrz, can), entropy=entropy())
    built = build_card("genuine", profile=kind)
    card = built.start()
    terminals = None if built.terminals is None else _credentials(built.terminals)
    return card, examine(CardLink(card), access_keys(built), entropy=entropy(), terminals=terminals)


@cache
def outcomes(kind: str) -> dict[str, CaseResult]:
    """What the cases of its families find on a chip of this kind."""
    card, chip = examined(kind)
    chosen = [case for case in CASES if is_chosen(case, kind)]
    return {result.id: result for result in run(CardLink(card), chip, chosen)}
