"""From a person and a profile to the keys and files of one chip (ICAO Doc 9303-10 §3 and §4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key
from chipid.crypto.keys import ECPublicKey, PublicKey, RSAPublicKey
from chipid.crypto.points import KeyPair
from chipid.lds.card_access import build_card_access
from chipid.lds.dg1 import build_dg1
from chipid.lds.dg2 import build_dg2
from chipid.lds.dg13 import build_dg13
from chipid.lds.dg14 import build_dg14
from chipid.lds.dg15 import build_dg15
from chipid.lds.ef_com import build_ef_com
from chipid.lds.ef_dir import build_ef_dir
from chipid.lds.files import AID_EMRTD, FileId
from chipid.mrz.access_key import AccessKey
from chipid.mrz.check_digits import FILLER, check_digit
from chipid.mrz.mrz import MRZ, NUMBER_LENGTH, parse_mrz
from simulator.access_rules import (
    OPENED_BY_PACE,
    AccessRule,
    AfterAccess,
    AfterTerminalAuthentication,
    Always,
    PasswordId,
    TerminalRight,
)
from simulator.chip import (
    ActiveAuthenticationKey,
    BACKeys,
    Chip,
    PACEConfiguration,
    RSASigningKey,
    TerminalAuthentication,
)
from simulator.file_system import DedicatedFile, ElementaryFile, FileSystem
from simulator.personalisation.chip_keys import ChipKeys
from simulator.personalisation.people import Person
from simulator.personalisation.portrait import draw_portrait
from simulator.personalisation.profile import CardProfile
from simulator.personalisation.security_options import (
    card_access_infos,
    needs_card_security,
    security_option_infos,
    sign_card_security,
)
from simulator.pki.issuer import IssuingAuthority
from simulator.randomness import SeededEntropy
from simulator.trust_points import references_file

MAX_COMMAND = MAX_RESPONSE = 0xFFFF
FILLER_LENGTH = 32
# Of every simulated card that has them: visibly nobody's.
PIN, PUK = b"111111", b"2222222222"
TRIES = {PasswordId.PIN: 3, PasswordId.PUK: 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class LDSFiles:
    """Contents by file: EF.COM, EF.SOD, the data groups, and EF.CardSecurity where the chip has it."""

    contents: Mapping[FileId, bytes] = field(repr=False)

    def with_content(self, file: FileId, content: bytes) -> LDSFiles:
        """The same files with one exchanged, and nothing signed again."""
        return replace(self, contents={**self.contents, file: content})

    @property
    def groups(self) -> dict[int, bytes]:
        """The data groups by number."""
        return {file.dg_number: content for file, content in self.contents.items() if file.dg_number is not None}


def build_files(
    person: Person, profile: CardProfile, keys: ChipKeys, issuer: IssuingAuthority, *, entropy: SeededEntropy
) -> LDSFiles:
    """Every file of the application, signed on the person's date of issue."""
    groups = build_groups(person, profile, keys, entropy=entropy)
    return sign_groups(groups, profile, issuer, signed_on=person.issue_date)


def build_groups(person: Person, profile: CardProfile, keys: ChipKeys, *, entropy: SeededEntropy) -> dict[int, bytes]:
    """The data groups of the profile by number."""

    def portrait() -> bytes:
        return build_dg2([draw_portrait(person.key, person.sex, profile.portrait).face_image(person.sex)])

    makers: dict[int, Callable[[], bytes]] = {
        1: lambda: build_dg1(person.mrz),
        2: portrait,
        3: lambda: _empty_biometrics(FileId.DG3, entropy.fork("DG3")),
        4: lambda: _empty_biometrics(FileId.DG4, entropy.fork("DG4")),
        13: lambda: build_dg13(person.details),
        14: lambda: build_dg14(security_option_infos(profile, keys)),
        15: lambda: build_dg15(_public_key(keys.active_authentication)),
    }
    return {number: makers[number]() for number in profile.data_groups}


def sign_groups(
    groups: Mapping[int, bytes],
    profile: CardProfile,
    issuer: IssuingAuthority,
    *,
    signed_on: date,
    wrong_hashes: frozenset[int] = frozenset(),
    unsigned: frozenset[int] = frozenset(),
) -> LDSFiles:
    """The groups with EF.COM and EF.SOD over them.

    For faults: ``unsigned`` groups are listed in EF.COM and not in EF.SOD; see ``sign`` of the issuer for
    ``wrong_hashes``.
    """
    signed_at = datetime.combine(signed_on, time(9), tzinfo=UTC)
    version = "1.8" if profile.issuer.security_object_version else "1.7"
    signed = {number: content for number, content in groups.items() if number not in unsigned}
    contents = {
        FileId.COM: build_ef_com(groups, lds_version=version),
        FileId.SOD: issuer.sign(signed, signed_at, wrong_hashes=wrong_hashes),
        **{FileId.data_group(number): content for number, content in groups.items()},
    }
    if needs_card_security(profile) and 14 in groups:
        contents[FileId.CARD_SECURITY] = sign_card_security(groups[14], issuer, signed_at=signed_at)
    return LDSFiles(contents=contents)


def assemble_chip(person: Person, profile: CardProfile, keys: ChipKeys, files: LDSFiles) -> Chip:
    """Put files, keys and access keys into a chip."""
    key = AccessKey.from_mrz(parse_mrz(person.mrz))
    return Chip(
        files=_file_system(profile, keys, files),
        document_number=_checked_number(parse_mrz(person.mrz)),
        bac=_bac_keys(key) if profile.bac else None,
        pace=_pace(person, profile, key),
        chip_authentication=keys.chip_authentication,
        active_authentication=keys.active_authentication,
        terminal_authentication=_terminal_authentication(person, keys),
        extended_length=profile.extended_length,
        select_mf_refused=profile.select_mf_refused,
        end_of_file=profile.end_of_file,
    )


def _pace(person: Person, profile: CardProfile, key: AccessKey) -> PACEConfiguration | None:
    if not profile.pace:
        return None
    passwords = {
        PasswordId.MRZ: key.pace_password,
        PasswordId.CAN: person.personal_number.can.encode("ascii"),
        PasswordId.PIN: PIN,
        PasswordId.PUK: PUK,
    }
    return PACEConfiguration(
        offers=profile.pace,
        passwords={one: passwords[one] for one in profile.passwords},
        tries={one: TRIES[one] for one in profile.passwords if one in TRIES},
    )


def _terminal_authentication(person: Person, keys: ChipKeys) -> TerminalAuthentication | None:
    if keys.terminals is None:
        return None
    return TerminalAuthentication(trust_points=keys.terminals.trust_points, personalised_on=person.issue_date)


def _checked_number(mrz: MRZ) -> bytes:
    """The document number with its check digit (Doc 9303-11 §7.1.2)."""
    number = mrz.document_number.ljust(NUMBER_LENGTH, FILLER)
    return (number + check_digit(number)).encode("ascii")


def _bac_keys(key: AccessKey) -> BACKeys:
    return BACKeys(
        k_enc=derive_key(key.k_seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES),
        k_mac=derive_key(key.k_seed, KeyPurpose.MAC, CipherSuite.TDES),
    )


def _file_system(profile: CardProfile, keys: ChipKeys, files: LDSFiles) -> FileSystem:
    readable, opened = Always(), AfterAccess()
    master = [
        _file(FileId.DIR, build_ef_dir([AID_EMRTD]), readable),
        _file(FileId.ATR_INFO, build_atr_info(extended_length=profile.extended_length), readable),
    ]
    if profile.pace:
        master.append(_file(FileId.CARD_ACCESS, build_card_access(card_access_infos(profile, keys)), readable))
    groups: list[ElementaryFile] = []
    for file, content in files.contents.items():
        one = _file(file, content, _RULES.get(file, opened))
        (master if file.in_mf else groups).append(one)
    if keys.terminals is not None:
        content = references_file(keys.terminals.trust_points)
        groups.append(
            replace(_file(FileId.CVCA, content, opened), live=lambda memory: references_file(memory.trust_points))
        )
    application = DedicatedFile(aid=AID_EMRTD, rule=opened, files=groups)
    return FileSystem(master_file=DedicatedFile(aid=None, files=master), applications=(application,))


_RULES: dict[FileId, AccessRule] = {
    FileId.CARD_SECURITY: OPENED_BY_PACE,
    FileId.DG3: AfterTerminalAuthentication(TerminalRight.READ_FINGERPRINTS),
    FileId.DG4: AfterTerminalAuthentication(TerminalRight.READ_IRISES),
}


def _file(file: FileId, content: bytes, rule: AccessRule) -> ElementaryFile:
    return ElementaryFile(fid=file.fid, sfi=file.sfi, rule=rule, content=content)


def build_atr_info(*, extended_length: bool) -> bytes:
    """EF.ATR/INFO (Doc 9303-10 §3.11.1): card capabilities, and the buffers if APDUs may be long.

    Capabilities: selection by name, by file identifier and short identifier; chaining, extended length (ISO/IEC
    7816-4 §12.1.1.9).
    """
    third = 0x80 | (0x60 if extended_length else 0)  # chaining; extended Lc and Le, with their limits here
    limits = tlv.encode(
        0x7F66,
        tlv.encode(0x02, MAX_COMMAND.to_bytes(2, "big")),
        tlv.encode(0x02, MAX_RESPONSE.to_bytes(2, "big")),
    )
    return tlv.encode(0x47, bytes((0x94, 0x01, third))) + (limits if extended_length else b"")


def _public_key(key: ActiveAuthenticationKey | None) -> PublicKey:
    if key is None:
        raise ValueError("DG15 needs a key of Active Authentication")
    if isinstance(key, RSASigningKey):
        return RSAPublicKey(n=key.p * key.q, e=key.e)
    return ECPublicKey(curve=key.curve, point=KeyPair(key.curve, key.private).public, explicit=True)


def _empty_biometrics(file: FileId, entropy: Entropy) -> bytes:
    """DG3 or DG4 without an instance: no finger or iris is invented; the filler keeps hashes from being all the same.

    ICAO Doc 9303-10 §4.7.3.2.2.
    """
    if file.tag is None:
        raise ValueError(f"{file.label} is no data group")
    group = tlv.encode(0x7F61, tlv.encode(0x02, b"\x00"))
    return tlv.encode(file.tag, group, tlv.encode(0x53, entropy(FILLER_LENGTH)))
