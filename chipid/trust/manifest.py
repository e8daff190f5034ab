"""The manifest of a trust store: the records of all that is in it, as strict JSON.

A field that is missing, unknown, repeated or of another type is refused by its place: a manifest is written by this
toolkit, and what it does not understand it must not trust.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from chipid.errors import TrustStoreError
from chipid.trust.records import (
    Basis,
    CertificateRecord,
    CRLRecord,
    Lineage,
    ListKind,
    ListRecord,
    Provenance,
    Role,
)

FORMAT: Final = "chipid-trust-store"
VERSION: Final = 1
MAX_MANIFEST_BYTES: Final = 256 << 20
MAX_BUNDLES: Final = 10_000

E = TypeVar("E", bound=Enum)
T = TypeVar("T")
Record: TypeAlias = CertificateRecord | CRLRecord | ListRecord
_TOP_FIELDS: Final = frozenset(
    {"format", "version", "generation", "bundles", "provenance", "certificates", "crls", "lists"}
)
_FIELDS: Final[Mapping[type, frozenset[str]]] = {
    Provenance: frozenset(Provenance.__dataclass_fields__),
    **{kind: frozenset({*kind.__dataclass_fields__, "at"}) for kind in (CertificateRecord, CRLRecord, ListRecord)},
}
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_HEX: Final = re.compile(r"-?[0-9a-f]{0,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where the bytes of a thing are: which bundle, from where, how many."""

    bundle: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The records with the place of each; ``bundles`` names the files that hold the bytes, by their digests."""

    generation: int
    bundles: tuple[str, ...]
    certificates: tuple[tuple[CertificateRecord, Location], ...]
    crls: tuple[tuple[CRLRecord, Location], ...]
    lists: tuple[tuple[ListRecord, Location], ...]

    def entries(self) -> Iterator[tuple[Record, Location]]:
        """All of them."""
        yield from self.certificates
        yield from self.crls
        yield from self.lists


def encode_manifest(manifest: Manifest) -> bytes:
    """The JSON text, the same for the same manifest."""
    distinct = dict.fromkeys(one for record, _ in manifest.entries() for one in record.provenance)
    numbers = {one: number for number, one in enumerate(distinct)}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "generation": manifest.generation,
        "bundles": manifest.bundles,
        "provenance": [_encode_value(one) for one in distinct],
        "certificates": [_encode_record(*entry, numbers) for entry in manifest.certificates],
        "crls": [_encode_record(*entry, numbers) for entry in manifest.crls],
        "lists": [_encode_record(*entry, numbers) for entry in manifest.lists],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def decode_manifest(data: bytes) -> Manifest:
    """Read a manifest; raises :class:`TrustStoreError` that names the place."""
    if len(data) > MAX_MANIFEST_BYTES:
        raise TrustStoreError(f"the manifest of the trust store has {len(data)} bytes")
    try:
        document = json.loads(data, object_pairs_hook=_without_repetition, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise TrustStoreError("the manifest of the trust store is no JSON") from error
    fields = _Fields(document, "the manifest", _TOP_FIELDS)
    if fields.take("format", str) != FORMAT or fields.take("version", int) != VERSION:
        raise TrustStoreError("the manifest is not that of a trust store of this version")
    bundles = fields.take_all("bundles", _as_digest)
    if len(bundles) > MAX_BUNDLES:
        raise TrustStoreError(f"the manifest names {len(bundles)} files")
    known = fields.take_all("provenance", _decode_provenance)
    manifest = Manifest(
        generation=fields.take("generation", int),
        bundles=bundles,
        certificates=fields.take_all("certificates", partial(_decode_certificate, known)),
        crls=fields.take_all("crls", partial(_decode_crl, known)),
        lists=fields.take_all("lists", partial(_decode_list, known)),
    )
    _check_references(manifest)
    return manifest


def _check_references(manifest: Manifest) -> None:
    if manifest.generation < 1:
        raise TrustStoreError("the manifest has no generation")
    fingerprints = [record.fingerprint for record, _ in manifest.entries()]
    if len(set(fingerprints)) != len(fingerprints):
        raise TrustStoreError("the manifest lists a fingerprint twice")
    for record, location in manifest.entries():
        if location.bundle >= len(manifest.bundles) or location.length < 1:
            raise TrustStoreError(f"the manifest gives no place for {record.fingerprint}")


def _encode_record(record: Record, location: Location, numbers: Mapping[Provenance, int]) -> dict[str, Any]:
    encoded = {name: _encode_value(getattr(record, name)) for name in record.__dataclass_fields__}
    encoded["provenance"] = [numbers[one] for one in record.provenance]
    return {**encoded, "at": [location.bundle, location.offset, location.length]}


def _encode_value(value: Any) -> Any:  # noqa: ANN401 - every field of a record
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_encode_value(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: _encode_value(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


class _Fields:
    """The fields of one JSON object, which are exactly those expected."""

    __slots__ = ("_place", "_values")

    def __init__(self, value: object, place: str, names: frozenset[str]) -> None:
        if not isinstance(value, dict):
            raise TrustStoreError(f"{place} is not an object")
        if value.keys() != names:
            missing, unknown = sorted(names - value.keys()), sorted(value.keys() - names)
            raise TrustStoreError(f"{place} lacks the fields {missing} or has the unknown fields {unknown}"[:300])
        self._values: dict[str, Any] = value
        self._place = place

    def take(self, name: str, kind: type[T]) -> T:
        value = self._values[name]
        if type(value) is not kind:
            raise self._error(name)
        return value

    def take_optional(self, name: str, kind: type[T]) -> T | None:
        value = self._values[name]
        if value is not None and type(value) is not kind:
            raise self._error(name)
        return value

    def take_digest(self, name: str) -> str:
        return _as_digest(self._values[name], f"{self._place}.{name}")

    def take_optional_digest(self, name: str) -> str | None:
        value = self._values[name]
        return None if value is None else _as_digest(value, f"{self._place}.{name}")

    def take_hex(self, name: str) -> str:
        value = self.take_optional_hex(name)
        if value is None:
            raise self._error(name)
        return value

    def take_optional_hex(self, name: str) -> str | None:
        value = self.take_optional(name, str)
        if value is not None and not _HEX.fullmatch(value):
            raise self._error(name)
        return value

    def take_enum(self, name: str, kind: type[E]) -> E:
        try:
            return kind(self._values[name])
        except ValueError as error:
            raise self._error(name) from error

    def take_optional_enum(self, name: str, kind: type[E]) -> E | None:
        return None if self._values[name] is None else self.take_enum(name, kind)

    def take_time(self, name: str) -> datetime:
        moment = self.take_optional_time(name)
        if moment is None:
            raise self._error(name)
        return moment

    def take_optional_time(self, name: str) -> datetime | None:
        text = self.take_optional(name, str)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise self._error(name) from error
        if moment.tzinfo is None:
            raise self._error(name)
        return moment

    def take_all(self, name: str, decode: Callable[[Any, str], T]) -> tuple[T, ...]:
        values = self.take(name, list)
        return tuple([decode(one, f"{name}[{position}]") for position, one in enumerate(values)])

    def take_references(self, name: str, known: Sequence[T]) -> tuple[T, ...]:
        """Members of a table by their numbers; at least one, none twice."""
        numbers = self.take(name, list)
        if not numbers or len(set(map(str, numbers))) != len(numbers):
            raise self._error(name)
        if any(type(one) is not int or not 0 <= one < len(known) for one in numbers):
            raise self._error(name)
        return tuple([known[one] for one in numbers])

    def take_location(self) -> Location:
        numbers = self.take("at", list)
        if len(numbers) != 3 or any(type(one) is not int or one < 0 for one in numbers):
            raise self._error("at")
        return Location(bundle=numbers[0], offset=numbers[1], length=numbers[2])

    def _error(self, name: str) -> TrustStoreError:
        return TrustStoreError(f"{self._place}: the field {name!r} has a wrong value")


def _decode_certificate(known: Sequence[Provenance], value: object, place: str) -> tuple[CertificateRecord, Location]:
    fields = _Fields(value, place, _FIELDS[CertificateRecord])
    record = CertificateRecord(
        fingerprint=fields.take_digest("fingerprint"),
        role=fields.take_enum("role", Role),
        country=fields.take("country", str),
        subject=fields.take("subject", str),
        issuer=fields.take("issuer", str),
        serial=fields.take_hex("serial"),
        ski=fields.take_optional_hex("ski"),
        aki=fields.take_optional_hex("aki"),
        key=fields.take_digest("key"),
        not_before=fields.take_time("not_before"),
        not_after=fields.take_time("not_after"),
        lineage=fields.take_optional_enum("lineage", Lineage),
        parent=fields.take_optional_digest("parent"),
        deviations=fields.take_all("deviations", _as_text),
        provenance=fields.take_references("provenance", known),
    )
    return record, fields.take_location()


def _decode_crl(known: Sequence[Provenance], value: object, place: str) -> tuple[CRLRecord, Location]:
    fields = _Fields(value, place, _FIELDS[CRLRecord])
    record = CRLRecord(
        fingerprint=fields.take_digest("fingerprint"),
        country=fields.take("country", str),
        issuer=fields.take("issuer", str),
        number=fields.take_optional_hex("number"),
        this_update=fields.take_time("this_update"),
        next_update=fields.take_optional_time("next_update"),
        revoked=fields.take("revoked", int),
        signer=fields.take_digest("signer"),
        provenance=fields.take_references("provenance", known),
    )
    return record, fields.take_location()


def _decode_list(known: Sequence[Provenance], value: object, place: str) -> tuple[ListRecord, Location]:
    fields = _Fields(value, place, _FIELDS[ListRecord])
    record = ListRecord(
        fingerprint=fields.take_digest("fingerprint"),
        kind=fields.take_enum("kind", ListKind),
        country=fields.take("country", str),
        signer=fields.take_digest("signer"),
        signer_subject=fields.take("signer_subject", str),
        csca=fields.take_optional_digest("csca"),
        signing_time=fields.take_optional_time("signing_time"),
        entries=fields.take("entries", int),
        provenance=fields.take_references("provenance", known),
    )
    return record, fields.take_location()


def _decode_provenance(value: object, place: str) -> Provenance:
    fields = _Fields(value, place, _FIELDS[Provenance])
    return Provenance(
        file=fields.take("file", str),
        file_sha256=fields.take_digest("file_sha256"),
        basis=fields.take_enum("basis", Basis),
        voucher=fields.take_optional_digest("voucher"),
        imported_at=fields.take_time("imported_at"),
        approved_by=fields.take("approved_by", str),
    )


def _as_digest(value: object, place: str) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise TrustStoreError(f"{place} is no fingerprint")
    return value


def _as_text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise TrustStoreError(f"{place} is no text")
    return value


def _without_repetition(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise TrustStoreError("the manifest of the trust store has a field twice")
    return values


def _no_constant(name: str) -> float:
    raise TrustStoreError(f"the manifest of the trust store has the value {name}")
