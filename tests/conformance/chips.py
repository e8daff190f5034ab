"""The simulated chips that the cases are put to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.asn1 import oids
from chipid.conformance.case import Case, CaseResult, Risk
from chipid.conformance.catalogue import CASES
from chipid.conformance.chip_under_test import ChipUnderTest
from chipid.conformance.runner import examine, run_cases
from chipid.conformance.terminal import Link
from chipid.crypto import dh
from chipid.crypto.domain_parameters import DH_GROUPS
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key
from chipid.crypto.keys import DHPublicKey, encode_public_key
from chipid.lds.dg11 import PersonalDetails, build_dg11
from chipid.lds.dg12 import DocumentDetails, build_dg12
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.ef_com import build_ef_com
from chipid.lds.files import AID_EMRTD, DATA_GROUPS, FileId
from chipid.lds.printed_dates import parse_partial_date
from chipid.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.mrz.mrz import parse_mrz
from simulator.access_rules import AfterAccess, PasswordId
from simulator.card_os import CardOS
from simulator.chip import BACKeys, Chip, ChipAuthenticationKey, PACEConfiguration
from simulator.file_system import DedicatedFile, FileSystem
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card
from tests.conformance import terminals as terminals_of
from tests.simulator import cards

DH_PRIVATE = 0xD1FF1E4E11A0
# Each kind of chip with the families of cases that it is put to.
KINDS: dict[str, tuple[str, ...]] = {
    "full": (
        *("A_", "B_", "O_", "D_", "E_", "Q_", "S_", "T_", "U_", "9303", "C_", "J-", "P_", "I_", "R_2", "R_3", "R_4"),
        *("R_7", "B33", "X_SM", "X_ACC", "X_PIN"),
    ),
    "deactivated": ("B33 P_19",),
    "bac-ca-3des-brainpoolP256r1": ("A_", "B_", "C_", "J-", "I_", "X_SM"),
    "eac": (
        "A_",
        "I_",
        "B33",
        "P_1",
        "P_2",
        "P_73",
        "P_74",
        "LDS_",
        "B32",
        "E_22",
        "X_RND_7",
        "X_EF",
        "X_TA",
        "X_LDS_2",
    ),
    "eac-dh-rsa": (
        *(
            "I_",
            "B33 I_",
            "B33 H_",
            "B33 K_13",
            "B32 J_1",
            "B32 J_3",
            "B32 J_40",
            "B32 J_5",
            "B32 K_1",
            "B32 L_13",
            "B32 M_",
        ),
        *("B32 N_", "X_TA_1"),
    ),
    "rich": ("LDS_C_", "LDS_E_10", "LDS_G_", "LDS_H_", "LDS_K_9", "LDS_N_", "B32 LDS_G", "B32 LDS_H"),
    "bac-aa-rsa": ("R_", "C_", "J-", "LDS_", "X_RND", "X_ACC", "X_EF", "X_LDS", "X_SES"),
    "cccd-2021": ("R_", "LDS_", "X_LDS", "X_SES", "X_RND", "X_WR"),
    "pace-cam-aes256-brainpoolP384r1": ("S_", "P_1", "P_2", "P_78", "O_55", "O_56", "I_15", "LDS_", "X_LDS"),
    "pace-im-aes256-brainpoolP256r1": ("P_1", "P_2", "P_5", "X_ACC"),
    "pace-dh-gm-3des-group2": ("B33 H_35", "P_1", "P_2", "P_4", "P_29", "P_5", "X_ACC"),
}
DESCRIPTIONS: dict[str, str] = {
    "full": "every data group with invented content, PIN and PUK, made by hand",
    "deactivated": "the same with its PIN deactivated",
    "rich": "profile `eac` with records of ISO/IEC 39794, DG11 and DG12",
    "eac-dh-rsa": "profile `eac` with a PIN, Chip Authentication over Diffie-Hellman, and terminals that sign with RSA",
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
    if card.chip.pace is None:
        return (mrz,)
    passwords = card.chip.pace.passwords
    counted = ((PasswordId.PIN, AccessKey.from_pin), (PasswordId.PUK, AccessKey.from_puk))
    others = (make(passwords[one].decode()) for one, make in counted if one in passwords)
    return (mrz, AccessKey.from_can(card.can), *others)


def entropy() -> Entropy:
    return SeededEntropy(b"conformance")


PIN, PUK = AccessKey.from_pin("135790"), AccessKey.from_puk("0246802468")


def with_pin(configuration: PACEConfiguration) -> PACEConfiguration:
    """The same passwords, and a PIN and a PUK."""
    passwords = {**configuration.passwords, PasswordId.PIN: PIN.secret, PasswordId.PUK: PUK.secret}
    return replace(configuration, passwords=passwords, tries={PasswordId.PIN: 3, PasswordId.PUK: 10})


def _full_chip(pace: PACEConfiguration) -> tuple[CardOS, tuple[AccessKey, ...]]:
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
    return cards.card(files=files, bac=bac, pace=pace), (key, AccessKey.from_can(cards.CAN), PIN, PUK)


HAND_MADE: dict[str, Callable[[], tuple[CardOS, tuple[AccessKey, ...]]]] = {
    "full": lambda: _full_chip(with_pin(cards.pace_configuration())),
    "deactivated": lambda: _full_chip(
        replace(with_pin(cards.pace_configuration()), deactivated=frozenset({PasswordId.PIN}))
    ),
}


def with_files(chip: Chip, contents: Mapping[FileId, bytes]) -> Chip:
    """The same chip with other contents of files of its application; new files are open after access."""
    (application,) = chip.files.applications
    known = {one.fid for one in application.files}
    by_fid = {file.fid: content for file, content in contents.items()}
    files = [replace(one, content=by_fid.get(one.fid, one.content)) for one in application.files]
    files += [
        cards.elementary(file, content, AfterAccess()) for file, content in contents.items() if file.fid not in known
    ]
    changed = DedicatedFile(aid=application.aid, rule=application.rule, files=tuple(files))
    return replace(chip, files=FileSystem(master_file=chip.files.master_file, applications=(changed,)))


def content_of(chip: Chip, file: FileId) -> bytes:
    (application,) = chip.files.applications
    return next(one.content for one in application.files if one.fid == file.fid)


def _extensible(file: FileId, biometric_type: int, form: bytes, block: int) -> bytes:
    """A data group with one instance in the frame of ISO/IEC 39794: version 3 of 2019, and one representation."""
    version = tlv.encode(0xA0, bytes.fromhex("800103 810207E3"))
    representations = tlv.encode(0xA1, tlv.encode(0x30, bytes.fromhex("800101")))
    record = tlv.encode(0x7F2E, tlv.encode(0xA1, tlv.encode(block, version, representations)))
    objects = ((0x81, bytes((biometric_type,))), (0x87, b"\x01\x01"), (0x88, form))
    header = tlv.encode(0xA1, *(tlv.encode(tag, value) for tag, value in objects))
    instance = tlv.encode(0x7F60, header, record)
    return tlv.encode(file.tag or 0, tlv.encode(0x7F61, b"\x02\x01\x01", instance))


def _rich(chip: Chip) -> Chip:
    details = PersonalDetails(
        full_name="NGUYEN<<VAN<A",
        other_names=("ANH<A", "BA<A"),
        personal_number="001099000001",
        birth_date=parse_partial_date("01/01/1999"),
        birth_place="NOI<SINH<A",
        address="SO<1<DUONG<A",
        telephone="000",
        profession="NGHE<A",
        title="ONG",
        summary="KHONG<CO",
        proof_of_citizenship=b"\xff\xd8\xff\xe0",
        other_documents="C00000001",
    )
    contents = {
        FileId.DG2: _extensible(FileId.DG2, 0x02, b"\x00\x2a", 0x65),
        FileId.DG3: _extensible(FileId.DG3, 0x08, b"\x00\x28", 0x64),
        FileId.DG4: _extensible(FileId.DG4, 0x10, b"\x00\x2c", 0x66),
        FileId.DG11: build_dg11(details),
        FileId.DG12: build_dg12(DocumentDetails(issuing_authority="CO<QUAN<A")),
    }
    return with_files(chip, contents)


def _over_dh(chip: Chip) -> Chip:
    """The same chip with a key of Chip Authentication in a small group, for 3DES and AES."""
    group = DH_GROUPS["modp1024-160"]
    suites = {
        oids.ID_CA_DH_AES_CBC_CMAC_128: CipherSuite.AES_128,
        oids.ID_CA_DH_3DES_CBC_CBC: CipherSuite.TDES,
    }
    key = ChipAuthenticationKey(key_id=None, domain=group, private=DH_PRIVATE, suites=suites)
    public = DHPublicKey(group=group, y=dh.public_key(group, DH_PRIVATE))
    others = (
        one
        for one in parse_dg14(content_of(chip, FileId.DG14)).security_infos.infos
        if not isinstance(one, ChipAuthenticationInfo | ChipAuthenticationPublicKeyInfo)
    )
    infos = [ChipAuthenticationInfo(oid=oid, version=1, key_id=None) for oid in suites]
    key_info = ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_DH, spki=encode_public_key(public), key_id=None)
    changed = with_files(chip, {FileId.DG14: build_dg14([*others, *infos, key_info])})
    pace = None if chip.pace is None else with_pin(chip.pace)
    return replace(changed, chip_authentication=(key,), pace=pace)


def is_chosen(case: Case, kind: str) -> bool:
    """True if the case is put to chips of this kind."""
    return case.id.startswith(KINDS[kind])


def run(link: Link, chip: ChipUnderTest, cases: list[Case]) -> list[CaseResult]:
    """The results of these cases, those with wrong keys too."""
    return list(run_cases(cases, link, chip, entropy=entropy(), risks=tuple(Risk)))


@cache
def examined(kind: str) -> tuple[CardOS, ChipUnderTest]:
    """A chip of this kind that was never used, and what the runner finds out about it."""
    if kind in HAND_MADE:
        card, keys = HAND_MADE[kind]()
        return card, examine(CardLink(card), keys, entropy=entropy())
    built = build_card("genuine", profile="eac" if kind in ("eac-dh-rsa", "rich") else kind)
    personalised, terminals, keys = built.chip, None, access_keys(built)
    if personalised.terminal_authentication is not None:
        oid, other = terminals_of.ECDSA, oids.ID_TA_RSA_PSS_SHA_256
        if kind == "eac-dh-rsa":
            oid, other, personalised = other, oid, _over_dh(personalised)
            keys = (*keys, PIN, PUK)
        if kind == "rich":
            personalised = _rich(personalised)
        personalised = trusting(personalised, oid)
        terminals = terminals_of.credentials(oid, migrates_to=other)
    card = powered(personalised)
    return card, examine(CardLink(card), keys, entropy=entropy(), terminals=terminals)


def trusting(chip: Chip, oid: str) -> Chip:
    """The same chip with a trust point of the tests, which signs with this algorithm."""
    return replace(chip, terminal_authentication=terminals_of.trusting(oid))


def powered(chip: Chip) -> CardOS:
    """The chip as it left personalisation."""
    return CardOS(chip, entropy=SeededEntropy(b"powered"))


@cache
def outcomes(kind: str) -> dict[str, CaseResult]:
    """What the cases of its families find on a chip of this kind."""
    card, chip = examined(kind)
    chosen = [case for case in CASES if is_chosen(case, kind)]
    return {result.id: result for result in run(CardLink(powered(card.chip)), chip, chosen)}
