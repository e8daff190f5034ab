"""From a person and a profile to the keys and files of one chip (ICAO Doc 9303-10 §3 and §4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.asn1 import oids
from chipid.crypto import dh
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key
from chipid.crypto.keys import DHPublicKey, ECPublicKey, PublicKey, RSAPublicKey, encode_public_key
from chipid.crypto.points import KeyPair, random_scalar
from chipid.lds.card_access import build_card_access
from chipid.lds.dg1 import build_dg1
from chipid.lds.dg2 import build_dg2
from chipid.lds.dg13 import build_dg13
from chipid.lds.dg14 import build_dg14
from chipid.lds.dg15 import build_dg15
from chipid.lds.ef_com import build_ef_com
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.protocols import CHIP_AUTHENTICATION_PROTOCOLS
from chipid.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PACEInfo,
    SecurityInfo,
    TerminalAuthenticationInfo,
)
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import parse_mrz
from simulator.access_rules import (
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
    ChipAuthenticationKey,
    ECSigningKey,
    PACEConfiguration,
    RSASigningKey,
)
from simulator.file_system import DedicatedFile, ElementaryFile, FileSystem
from simulator.personalisation.people import Person
from simulator.personalisation.portrait import draw_portrait
from simulator.personalisation.profile import CardProfile
from simulator.pki.issuer import IssuingAuthority
from simulator.randomness import SeededEntropy
from simulator.rsa import PUBLIC_EXPONENT, generate_primes

MAX_COMMAND = MAX_RESPONSE = 0xFFFF
FILLER_LENGTH = 32
_PLAIN_SIGNATURES = {
    "sha1": oids.ECDSA_PLAIN_SHA1,
    "sha224": oids.ECDSA_PLAIN_SHA224,
    "sha256": oids.ECDSA_PLAIN_SHA256,
    "sha384": oids.ECDSA_PLAIN_SHA384,
    "sha512": oids.ECDSA_PLAIN_SHA512,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipKeys:
    """The private keys that prove a chip to be the one that was personalised."""

    chip_authentication: tuple[ChipAuthenticationKey, ...]
    active_authentication: ActiveAuthenticationKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LDSFiles:
    """Contents of the application by file: EF.COM, EF.SOD, the data groups."""

    contents: Mapping[FileId, bytes] = field(repr=False)

    def with_content(self, file: FileId, content: bytes) -> LDSFiles:
        """The same files with one exchanged, and nothing signed again."""
        return replace(self, contents={**self.contents, file: content})

    @property
    def groups(self) -> dict[int, bytes]:
        """The data groups by number."""
        return {file.dg_number: content for file, content in self.contents.items() if file.dg_number is not None}


def generate_chip_keys(profile: CardProfile, entropy: SeededEntropy) -> ChipKeys:
    """Draw the keys that the profile asks for."""
    keys = tuple(
        ChipAuthenticationKey(
            key_id=plan.key_id,
            domain=plan.curve,
            private=random_scalar(plan.curve, entropy.fork(f"chip authentication {number}")),
            suites={oid: CHIP_AUTHENTICATION_PROTOCOLS[oid].suite for oid in plan.protocols},
        )
        for number, plan in enumerate(profile.chip_authentication)
    )
    return ChipKeys(
        chip_authentication=keys,
        active_authentication=_active_authentication_key(profile, entropy.fork("active authentication")),
    )


def _active_authentication_key(profile: CardProfile, entropy: Entropy) -> ActiveAuthenticationKey | None:
    plan = profile.active_authentication
    if plan is None:
        return None
    if plan.curve is None:
        p, q = generate_primes(plan.bits, entropy)
        return RSASigningKey(p=p, q=q, e=PUBLIC_EXPONENT, hash_name=plan.hash_name)
    private = random_scalar(plan.curve, entropy)
    return ECSigningKey(curve=plan.curve, private=private, hash_name=plan.hash_name, encoding=plan.encoding)


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
        3: lambda: _empty_fingerprints(entropy.fork("DG3")),
        13: lambda: build_dg13(person.details),
        14: lambda: build_dg14(_security_options(profile, keys)),
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
    return LDSFiles(contents=contents)


def assemble_chip(person: Person, profile: CardProfile, keys: ChipKeys, files: LDSFiles) -> Chip:
    """Put files, keys and access keys into a chip."""
    key = AccessKey.from_mrz(parse_mrz(person.mrz))
    passwords = {PasswordId.MRZ: key.pace_password, PasswordId.CAN: person.personal_number.can.encode("ascii")}
    offered = {one: passwords[one] for one in profile.passwords}
    return Chip(
        files=_file_system(profile, keys, files),
        bac=_bac_keys(key) if profile.bac else None,
        pace=PACEConfiguration(offers=profile.pace, passwords=offered) if profile.pace else None,
        chip_authentication=keys.chip_authentication,
        active_authentication=keys.active_authentication,
        extended_length=profile.extended_length,
        select_mf_refused=profile.select_mf_refused,
        end_of_file=profile.end_of_file,
    )


def _bac_keys(key: AccessKey) -> BACKeys:
    return BACKeys(
        k_enc=derive_key(key.k_seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES),
        k_mac=derive_key(key.k_seed, KeyPurpose.MAC, CipherSuite.TDES),
    )


def _file_system(profile: CardProfile, keys: ChipKeys, files: LDSFiles) -> FileSystem:
    readable = Always()
    master = [
        _file(FileId.DIR, tlv.encode(0x61, tlv.encode(0x4F, AID_EMRTD)), readable),
        _file(FileId.ATR_INFO, build_atr_info(extended_length=profile.extended_length), readable),
    ]
    if profile.pace:
        master.append(_file(FileId.CARD_ACCESS, build_card_access(_card_access(profile, keys)), readable))
    opened = AfterAccess()
    application = DedicatedFile(
        aid=AID_EMRTD,
        rule=opened,
        files=[_file(file, content, _RULES.get(file, opened)) for file, content in files.contents.items()],
    )
    return FileSystem(master_file=DedicatedFile(aid=None, files=master), applications=(application,))


_RULES: dict[FileId, AccessRule] = {FileId.DG3: AfterTerminalAuthentication(TerminalRight.READ_FINGERPRINTS)}


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


def _card_access(profile: CardProfile, keys: ChipKeys) -> list[SecurityInfo]:
    pace: list[SecurityInfo] = [PACEInfo(oid=one.oid, parameter_id=one.parameter_id) for one in profile.pace]
    return [*pace, *_protocols(profile, keys)] if profile.card_access_repeats_all else pace


def _protocols(profile: CardProfile, keys: ChipKeys) -> list[SecurityInfo]:
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(oid=oid, key_id=key.key_id) for key in keys.chip_authentication for oid in key.suites
    ]
    return [*infos, TerminalAuthenticationInfo()] if profile.terminal_authentication else infos


def _security_options(profile: CardProfile, keys: ChipKeys) -> list[SecurityInfo]:
    """DG14: Chip Authentication with its keys, the signed copy of EF.CardAccess, ECDSA of Active Authentication."""
    infos: list[SecurityInfo] = [PACEInfo(oid=one.oid, parameter_id=one.parameter_id) for one in profile.pace]
    infos += _protocols(profile, keys)
    infos += [_chip_authentication_key_info(key) for key in keys.chip_authentication]
    signing = keys.active_authentication
    if isinstance(signing, ECSigningKey):
        infos.append(ActiveAuthenticationInfo(signature_algorithm=_PLAIN_SIGNATURES[signing.hash_name]))
    return infos


def _chip_authentication_key_info(key: ChipAuthenticationKey) -> SecurityInfo:
    public: PublicKey
    if isinstance(key.domain, Curve):
        point = KeyPair(key.domain, key.private).public
        oid, public = oids.ID_PK_ECDH, ECPublicKey(curve=key.domain, point=point, explicit=True)
    else:
        oid, public = oids.ID_PK_DH, DHPublicKey(group=key.domain, y=dh.public_key(key.domain, key.private))
    return ChipAuthenticationPublicKeyInfo(oid=oid, spki=encode_public_key(public), key_id=key.key_id)


def _public_key(key: ActiveAuthenticationKey | None) -> PublicKey:
    if key is None:
        raise ValueError("DG15 needs a key of Active Authentication")
    if isinstance(key, RSASigningKey):
        return RSAPublicKey(n=key.p * key.q, e=key.e)
    return ECPublicKey(curve=key.curve, point=KeyPair(key.curve, key.private).public, explicit=True)


def _empty_fingerprints(entropy: Entropy) -> bytes:
    """DG3 without an instance: no finger is invented; the filler keeps its hash from being the same on every card.

    ICAO Doc 9303-10 §4.7.3.2.2.
    """
    group = tlv.encode(0x7F61, tlv.encode(0x02, b"\x00"))
    return tlv.encode(0x63, group, tlv.encode(0x53, entropy(FILLER_LENGTH)))
