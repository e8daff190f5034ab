"""Certificate architectures: which certificates an issuing state has, in which order, and what is wrong with them.

Data in ``architectures.toml``. Days are counted from the day of issue of the first document, so that an architecture
fits any date. What is not said comes from the card profile (keys, algorithms) and from ICAO Doc 9303-12 §4.1
(validity).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from chipid.errors import ConfigurationError
from chipid.toml_table import Table
from simulator.packaged import load_packaged
from simulator.pki.certificates import Authority, Period
from simulator.pki.deviations import Deviation
from simulator.pki.signing import KeyKind

FILE = "architectures.toml"
PLAIN = "plain"
_HASHES: Final[Mapping[str, str]] = {name: name for name in ("sha1", "sha224", "sha256", "sha384", "sha512")}
_PARAMETERS: Final = {"named": False, "explicit": True}
_DEVIATIONS: Final[Mapping[str, Deviation]] = {one.value: one for one in Deviation}

SIMULATED_AUTHORITY = Authority(
    country="VN",
    mrz_country="VNM",
    organization="Simulated Issuing Authority",
    crl_uri="https://crl.simulated.invalid/VNM.crl",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """From the first to the last day, counted from the day of issue."""

    first: int
    last: int

    def around(self, day: date) -> Period:
        return Period(first=day + timedelta(days=self.first), last=day + timedelta(days=self.last))


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """Key and signature of one certificate's holder; None is what the card profile says."""

    key: KeyKind | None = None
    hash_name: str | None = None
    pss: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CSCAPlan:
    """One key of the country signing CA with its self-signed certificate."""

    name: str
    common_name: str
    number: int
    algorithms: Algorithms
    validity: Days | None
    key_use: Days | None
    deviations: frozenset[Deviation]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPlan:
    """A certificate of the key ``new`` that the key ``old`` signed (Doc 9303-12 §4.1.1)."""

    name: str
    old: str
    new: str
    validity: Days | None
    deviations: frozenset[Deviation]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerPlan:
    """A document signer under ``issued_by``; ``is_revoked`` puts it on the CRL."""

    name: str
    issued_by: str
    algorithms: Algorithms
    validity: Days | None
    document_types: tuple[str, ...]
    is_revoked: bool
    deviations: frozenset[Deviation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The certificates of one issuing state. The first signer signs; ``trusted`` is what a relying party holds."""

    name: str
    description: str
    authority: Authority
    cscas: tuple[CSCAPlan, ...]
    links: tuple[LinkPlan, ...]
    signers: tuple[SignerPlan, ...]
    trusted: tuple[str, ...]
    group_hash: str | None


@cache
def load_architectures() -> dict[str, Architecture]:
    """The architectures that come with the simulator, by name. Raises :class:`ConfigurationError`."""
    return read_architectures(load_packaged(FILE, package=__package__))


def find_architecture(name: str) -> Architecture:
    """The architecture of that name; raises :class:`ConfigurationError` with those that exist."""
    known = load_architectures()
    if name not in known:
        raise ConfigurationError(f"there is no certificate architecture {name!r}; there are {', '.join(known)}")
    return known[name]


def read_architectures(file: Table) -> dict[str, Architecture]:
    """The architectures of an open file. Raises :class:`ConfigurationError` naming file and key."""
    found = file.read_named("architecture", _read_architecture)
    file.close()
    return found


def _read_architecture(table: Table) -> Architecture:
    name, description = table.text("name"), table.text("description")
    authority = SIMULATED_AUTHORITY
    if table.has("state"):
        with table.table("state") as state:
            authority = Authority(
                country=state.text("country"),
                mrz_country=state.text("mrz_country"),
                organization=state.text("organization"),
                crl_uri=f"https://crl.simulated.invalid/{state.text('crl')}",
            )
    cscas = {one.name: one for one in (_read_csca(csca) for csca in table.tables("csca"))}
    links = {one.name: one for one in (_read_link(link, cscas) for link in table.tables("link"))}
    signers = {one.name: one for one in (_read_signer(signer, cscas) for signer in table.tables("signer"))}
    if not signers:
        raise table.error("signer", "at least one document signer is needed")
    trusted = table.texts("trusted")
    for one in trusted:
        if one not in cscas and one not in links:
            raise table.error("trusted", f"there is no CSCA or link {one!r}")
    return Architecture(
        name=name,
        description=description,
        authority=authority,
        cscas=tuple(cscas.values()),
        links=tuple(links.values()),
        signers=tuple(signers.values()),
        trusted=trusted,
        group_hash=table.choice("group_hash", _HASHES) if table.has("group_hash") else None,
    )


def _read_csca(table: Table) -> CSCAPlan:
    return CSCAPlan(
        name=table.text("name"),
        common_name=table.optional_text("common_name") or "Simulated CSCA",
        number=table.number("number") if table.has("number") else 1,
        algorithms=_read_algorithms(table),
        validity=_read_days(table, "validity"),
        key_use=_read_days(table, "key_use"),
        deviations=_read_deviations(table),
    )


def _read_link(table: Table, cscas: Mapping[str, CSCAPlan]) -> LinkPlan:
    names = {name: name for name in cscas}
    return LinkPlan(
        name=table.text("name"),
        old=table.choice("old", names),
        new=table.choice("new", names),
        validity=_read_days(table, "validity"),
        deviations=_read_deviations(table),
    )


def _read_signer(table: Table, cscas: Mapping[str, CSCAPlan]) -> SignerPlan:
    return SignerPlan(
        name=table.text("name"),
        issued_by=table.choice("issued_by", {name: name for name in cscas}),
        algorithms=_read_algorithms(table),
        validity=_read_days(table, "validity"),
        document_types=table.texts("document_types") if table.has("document_types") else ("ID",),
        is_revoked=table.flag("revoked", default=False),
        deviations=_read_deviations(table),
    )


def _read_algorithms(table: Table) -> Algorithms:
    key = None
    if table.has("key"):
        explicit = table.choice("parameters", _PARAMETERS) if table.has("parameters") else True
        exponent = table.number("exponent") if table.has("exponent") else None
        key = KeyKind.by_name(table.text("key"), explicit=explicit, exponent=exponent)
        if key is None:
            raise table.error(
                "key", "RSA-1024, RSA-2048, RSA-3072, RSA-4096 or a curve that OpenSSL signs on is expected"
            )
    return Algorithms(
        key=key,
        hash_name=table.choice("hash", _HASHES) if table.has("hash") else None,
        pss=table.flag("pss") if table.has("pss") else None,
    )


def _read_days(table: Table, key: str) -> Days | None:
    if not table.has(key):
        return None
    days = table.numbers(key)
    if len(days) != 2 or days[0] > days[1]:
        raise table.error(key, "two numbers of days from the day of issue are expected, the earlier first")
    return Days(first=days[0], last=days[1])


def _read_deviations(table: Table) -> frozenset[Deviation]:
    return frozenset(table.choices("deviations", _DEVIATIONS)) if table.has("deviations") else frozenset()
