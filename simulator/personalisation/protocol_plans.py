"""What a profile says about the protocols of a chip: PACE, Chip, Active and Terminal Authentication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve
from chipid.crypto.integrated_mapping import is_encodable
from chipid.lds.protocols import CHIP_AUTHENTICATION_PROTOCOLS, PACE_PROTOCOLS, KeyAgreement, PACEMapping
from chipid.toml_table import Table
from simulator.access_rules import PasswordId
from simulator.chip import DomainParameters, PACEOffer, SignatureEncoding
from simulator.pki.cv_issuer import CVAlgorithm
from simulator.pki.signing import KeyKind

PASSWORDS: Final[Mapping[str, PasswordId]] = {one.name: one for one in PasswordId}
HASHES: Final[Mapping[str, str]] = {name: name for name in ("sha1", "sha224", "sha256", "sha384", "sha512")}
RSA_SIZES: Final[Mapping[str, int]] = {f"RSA-{bits}": bits for bits in (1024, 1536, 2048, 3072, 4096)}
_PACE: Final[Mapping[str, str]] = {oids.name_of(oid): oid for oid in PACE_PROTOCOLS}
_CHIP_AUTHENTICATION: Final[Mapping[str, str]] = {oids.name_of(oid): oid for oid in CHIP_AUTHENTICATION_PROTOCOLS}
_ENCODINGS: Final[Mapping[str, SignatureEncoding]] = {one.value: one for one in SignatureEncoding}
_TERMINALS_EC: Final[Mapping[str, str]] = {
    "sha224": oids.ID_TA_ECDSA_SHA_224,
    "sha256": oids.ID_TA_ECDSA_SHA_256,
    "sha384": oids.ID_TA_ECDSA_SHA_384,
    "sha512": oids.ID_TA_ECDSA_SHA_512,
}
_TERMINALS_RSA: Final[Mapping[str, str]] = {"sha256": oids.ID_TA_RSA_PSS_SHA_256, "sha512": oids.ID_TA_RSA_PSS_SHA_512}
STANDARDIZED: Final = 31  # the highest identifier that is not for parameters of one's own (Doc 9303-11 §9.5.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationPlan:
    """A key of Chip Authentication to make: its domain, the protocols it serves, its identifier or none.

    QUIRK key-only: ``is_announced`` is false for chips whose DG14 has the key and no ChipAuthenticationInfo.
    """

    domain: DomainParameters
    protocols: tuple[str, ...]
    key_id: int | None
    is_announced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAuthenticationPlan:
    """A key of Active Authentication to make: on a curve, or RSA of so many bits."""

    curve: Curve | None
    bits: int
    hash_name: str
    encoding: SignatureEncoding


def read_pace(table: Table) -> PACEOffer:
    """One way to run PACE; parameters with an identifier above 31 are written out in EF.CardAccess."""
    oid = table.choice("protocol", _PACE)
    protocol = PACE_PROTOCOLS[oid]
    domain = _read_domain(table, protocol.agreement)
    if protocol.mapping is PACEMapping.INTEGRATED and isinstance(domain, Curve) and not is_encodable(domain):
        raise table.error("curve", f"Integrated Mapping does not exist on {domain.name}")
    own = table.optional_number("parameter_id")
    if own is not None and not STANDARDIZED < own <= 0xFF:
        raise table.error("parameter_id", f"own parameters have an identifier from {STANDARDIZED + 1} to 255")
    return PACEOffer(
        oid=oid,
        mapping=protocol.mapping,
        suite=protocol.suite,
        domain=domain,
        parameter_id=domain.parameter_id if own is None else own,
        explicit=own is not None,
    )


def read_chip_authentication(table: Table) -> ChipAuthenticationPlan:
    protocols = table.choices("protocols", _CHIP_AUTHENTICATION)
    agreements = {CHIP_AUTHENTICATION_PROTOCOLS[oid].agreement for oid in protocols}
    if len(agreements) != 1:
        raise table.error("protocols", "protocols over curves, or over groups, are expected")
    return ChipAuthenticationPlan(
        domain=_read_domain(table, agreements.pop()),
        protocols=protocols,
        key_id=table.optional_number("key_id"),
        is_announced=not table.flag("key_only", default=False),
    )


def read_active_authentication(table: Table) -> ActiveAuthenticationPlan:
    key = table.text("key")
    if key not in CURVES and key not in RSA_SIZES:
        raise table.error("key", f"a curve or one of {', '.join(RSA_SIZES)} is expected")
    return ActiveAuthenticationPlan(
        curve=CURVES.get(key),
        bits=RSA_SIZES.get(key, 0),
        hash_name=table.choice("hash", HASHES),
        encoding=table.choice("encoding", _ENCODINGS) if table.has("encoding") else SignatureEncoding.PLAIN,
    )


def read_terminal_authentication(table: Table) -> CVAlgorithm:
    """Keys and algorithm of the CVCA, and of everybody below it."""
    kind = KeyKind.by_name(table.text("key"))
    if kind is None:
        raise table.error("key", "RSA-2048, RSA-3072, RSA-4096 or a curve that OpenSSL signs on is expected")
    return CVAlgorithm(kind=kind, oid=table.choice("hash", _TERMINALS_RSA if kind.curve is None else _TERMINALS_EC))


def _read_domain(table: Table, agreement: KeyAgreement) -> DomainParameters:
    if agreement is KeyAgreement.DH:
        return table.choice("group", DH_GROUPS)
    return table.choice("curve", CURVES)
