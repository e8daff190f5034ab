"""Card profiles: what a product can do and how it behaves, as TOML files in ``profiles/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.lds.face_record import ImageFormat
from chipid.lds.protocols import CHIP_AUTHENTICATION_PROTOCOLS, PACE_PROTOCOLS, KeyAgreement, PACEMapping
from chipid.toml_table import Table
from simulator.access_rules import PasswordId
from simulator.chip import EndOfFile, PACEOffer, SignatureEncoding
from simulator.packaged import load_packaged
from simulator.pki.issuer import IssuerPlan
from simulator.pki.signing import KeyKind

_PACE: Final[Mapping[str, str]] = {
    oids.name_of(oid): oid
    for oid, protocol in PACE_PROTOCOLS.items()
    if protocol.agreement is KeyAgreement.ECDH and protocol.mapping is PACEMapping.GENERIC
}
_CHIP_AUTHENTICATION: Final[Mapping[str, str]] = {
    oids.name_of(oid): oid
    for oid, protocol in CHIP_AUTHENTICATION_PROTOCOLS.items()
    if protocol.agreement is KeyAgreement.ECDH
}
_PASSWORDS: Final[Mapping[str, PasswordId]] = {"MRZ": PasswordId.MRZ, "CAN": PasswordId.CAN}
_END_OF_FILE: Final[Mapping[str, EndOfFile]] = {one.value: one for one in EndOfFile}
_ENCODINGS: Final[Mapping[str, SignatureEncoding]] = {one.value: one for one in SignatureEncoding}
_PORTRAITS: Final[Mapping[str, ImageFormat]] = {"JPEG": ImageFormat.JPEG, "JPEG 2000": ImageFormat.JPEG_2000}
_HASHES: Final[Mapping[str, str]] = {name: name for name in ("sha1", "sha224", "sha256", "sha384", "sha512")}
_ISSUER_HASHES: Final[Mapping[str, str]] = {name: name for name in _HASHES if name != "sha1"}
_PARAMETERS: Final = {"named": False, "explicit": True}
SUPPORTED_GROUPS: Final = frozenset({1, 2, 3, 13, 14, 15})
RSA_SIZES: Final[Mapping[str, int]] = {f"RSA-{bits}": bits for bits in (1024, 1536, 2048, 3072)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationPlan:
    """A key of Chip Authentication to make: its curve, the protocols it serves, its identifier or none."""

    curve: Curve
    protocols: tuple[str, ...]
    key_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAuthenticationPlan:
    """A key of Active Authentication to make: on a curve, or RSA of so many bits."""

    curve: Curve | None
    bits: int
    hash_name: str
    encoding: SignatureEncoding


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile:
    """One product. ``card_access_repeats_all`` puts more than PACE into EF.CardAccess, as some products do."""

    name: str
    description: str
    data_groups: tuple[int, ...]
    portrait: ImageFormat
    bac: bool
    passwords: tuple[PasswordId, ...]
    pace: tuple[PACEOffer, ...]
    chip_authentication: tuple[ChipAuthenticationPlan, ...]
    active_authentication: ActiveAuthenticationPlan | None
    terminal_authentication: bool
    card_access_repeats_all: bool
    extended_length: bool
    select_mf_refused: bool
    end_of_file: EndOfFile
    issuer: IssuerPlan


@cache
def load_profile(name: str) -> CardProfile:
    """The profile of that name. Raises :class:`ConfigurationError` naming file and key."""
    return read_profile(load_packaged(f"profiles/{name}.toml", package=__package__), name)


def read_profile(file: Table, name: str) -> CardProfile:
    """Read an open profile. Raises :class:`ConfigurationError` naming file and key."""
    description = file.text("description")
    with file.table("files") as files:
        data_groups = files.numbers("data_groups")
        if not {1, 2} <= set(data_groups) <= SUPPORTED_GROUPS:
            raise files.error("data_groups", "1 and 2 are needed; 3, 13, 14 and 15 are possible besides")
        portrait = files.choice("portrait", _PORTRAITS)
        repeats_all = files.flag("card_access_repeats_all", default=False)
    with file.table("behaviour") as behaviour:
        extended_length = behaviour.flag("extended_length", default=False)
        select_mf_refused = behaviour.flag("select_mf_refused", default=False)
        end_of_file = behaviour.choice("end_of_file", _END_OF_FILE)
    with file.table("access") as access:
        bac = access.flag("bac", default=False)
        terminal_authentication = access.flag("terminal_authentication", default=False)
        passwords = access.choices("passwords", _PASSWORDS)
        pace = tuple(_read_pace(table) for table in access.tables("pace"))
    chip_authentication = tuple(_read_chip_authentication(table) for table in file.tables("chip_authentication"))
    profile = CardProfile(
        name=name,
        description=description,
        data_groups=tuple(sorted(data_groups)),
        portrait=portrait,
        bac=bac,
        passwords=passwords,
        pace=pace,
        chip_authentication=chip_authentication,
        active_authentication=_read_active_authentication(file),
        terminal_authentication=terminal_authentication,
        card_access_repeats_all=repeats_all,
        extended_length=extended_length,
        select_mf_refused=select_mf_refused,
        end_of_file=end_of_file,
        issuer=_read_issuer(file),
    )
    if (14 in data_groups) != bool(chip_authentication or pace or terminal_authentication):
        raise file.error("files.data_groups", "14 belongs to PACE, Chip and Terminal Authentication, and they to 14")
    if (15 in data_groups) != (profile.active_authentication is not None):
        raise file.error("files.data_groups", "15 belongs to Active Authentication, and it to 15")
    file.close()
    return profile


def _read_pace(table: Table) -> PACEOffer:
    oid = table.choice("protocol", _PACE)
    curve = table.choice("curve", CURVES)
    protocol = PACE_PROTOCOLS[oid]
    return PACEOffer(
        oid=oid, mapping=protocol.mapping, suite=protocol.suite, domain=curve, parameter_id=curve.parameter_id
    )


def _read_chip_authentication(table: Table) -> ChipAuthenticationPlan:
    return ChipAuthenticationPlan(
        curve=table.choice("curve", CURVES),
        protocols=table.choices("protocols", _CHIP_AUTHENTICATION),
        key_id=table.number("key_id") if table.has("key_id") else None,
    )


def _read_active_authentication(file: Table) -> ActiveAuthenticationPlan | None:
    if not file.has("active_authentication"):
        return None
    with file.table("active_authentication") as table:
        key = table.text("key")
        if key not in CURVES and key not in RSA_SIZES:
            raise table.error("key", f"a curve or one of {', '.join(RSA_SIZES)} is expected")
        return ActiveAuthenticationPlan(
            curve=CURVES.get(key),
            bits=RSA_SIZES.get(key, 0),
            hash_name=table.choice("hash", _HASHES),
            encoding=table.choice("encoding", _ENCODINGS) if table.has("encoding") else SignatureEncoding.PLAIN,
        )


def _read_issuer(file: Table) -> IssuerPlan:
    with file.table("issuer") as table:
        explicit = table.choice("parameters", _PARAMETERS)
        return IssuerPlan(
            csca_key=_read_key(table, "csca_key", explicit=explicit),
            csca_hash=table.choice("csca_hash", _ISSUER_HASHES),
            signer_key=_read_key(table, "signer_key", explicit=explicit),
            signer_hash=table.choice("signer_hash", _ISSUER_HASHES),
            group_hash=table.choice("group_hash", _ISSUER_HASHES),
            pss=table.flag("pss", default=False),
            security_object_version=table.choice("security_object", {"v0": 0, "v1": 1}),
        )


def _read_key(table: Table, key: str, *, explicit: bool) -> KeyKind:
    kind = KeyKind.by_name(table.text(key), explicit=explicit)
    if kind is None:
        raise table.error(key, "RSA-2048, RSA-3072, RSA-4096 or a curve that OpenSSL signs on is expected")
    return kind
