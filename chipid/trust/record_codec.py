"""The records of a trust store as JSON: tables of certificates, revocation lists and signed lists.

Provenance is written once in a table of its own, since a list gives the same to hundreds of certificates; records name
its rows by their numbers. Each record tells in ``at`` where its bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from chipid.errors import StoreProblem, TrustStoreError
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
from chipid.trust.strict_json import Fields, as_digest, as_text, encode_value

MAX_BUNDLES: Final = 10_000

Record: TypeAlias = CertificateRecord | CRLRecord | ListRecord
R = TypeVar("R", CertificateRecord, CRLRecord, ListRecord)
Rows: TypeAlias = tuple[tuple[R, Fields], ...]
_PROVENANCE_FIELDS: Final = frozenset(Provenance.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where the bytes of a thing are: which bundle, from where, how many."""

    bundle: int
    offset: int
    length: int


def encode_provenance(records: Iterable[Record]) -> tuple[list[Any], Mapping[Provenance, int]]:
    """The table of all provenance of ``records``, and the number of each row."""
    distinct = dict.fromkeys(one for record in records for one in record.provenance)
    return [encode_value(one) for one in distinct], {one: number for number, one in enumerate(distinct)}


def encode_record(record: Record, location: Location, numbers: Mapping[Provenance, int]) -> dict[str, Any]:
    """One row of a table."""
    encoded = {name: encode_value(getattr(record, name)) for name in record.__dataclass_fields__}
    encoded["provenance"] = [numbers[one] for one in record.provenance]
    return {**encoded, "at": [location.bundle, location.offset, location.length]}


def decode_provenance(fields: Fields) -> tuple[Provenance, ...]:
    """The table of provenance."""
    return fields.take_all("provenance", _read_provenance)


def decode_certificates(fields: Fields, known: Sequence[Provenance], *more: str) -> Rows[CertificateRecord]:
    """The certificates; each row has the fields named in ``more`` besides."""
    return _decode_table(fields, "certificates", CertificateRecord.__dataclass_fields__, _read_certificate, known, more)


def decode_crls(fields: Fields, known: Sequence[Provenance], *more: str) -> Rows[CRLRecord]:
    """The revocation lists."""
    return _decode_table(fields, "crls", CRLRecord.__dataclass_fields__, _read_crl, known, more)


def decode_lists(fields: Fields, known: Sequence[Provenance], *more: str) -> Rows[ListRecord]:
    """The signed lists."""
    return _decode_table(fields, "lists", ListRecord.__dataclass_fields__, _read_list, known, more)


def decode_location(row: Fields) -> Location:
    """Where the bytes of the row's thing are."""
    numbers = row.take("at", list)
    if len(numbers) != 3 or any(type(one) is not int or one < 0 for one in numbers):
        raise row.error("at")
    return Location(bundle=numbers[0], offset=numbers[1], length=numbers[2])


def decode_bundles(fields: Fields) -> tuple[str, ...]:
    """The names of the files that hold the bytes."""
    bundles = fields.take_all("bundles", as_digest)
    check_bundles(bundles)
    return bundles


def check_bundles(bundles: Sequence[str]) -> None:
    """Raises :class:`TrustStoreError` for more files than a store may have."""
    if len(bundles) > MAX_BUNDLES:
        message = f"a trust store of {len(bundles)} files, and it may have {MAX_BUNDLES}"
        raise TrustStoreError(message, StoreProblem.FILES_FULL, limit=MAX_BUNDLES)


def check_locations(entries: Iterable[tuple[Record, Location]], bundles: Sequence[str]) -> None:
    """Raises :class:`TrustStoreError` for a record whose bytes are nowhere."""
    for record, location in entries:
        if location.bundle >= len(bundles) or location.length < 1:
            raise TrustStoreError(f"the trust store gives no place for {record.fingerprint}")


def _decode_table(
    fields: Fields,
    name: str,
    names: Iterable[str],
    read: Callable[[Fields, Sequence[Provenance]], R],
    known: Sequence[Provenance],
    more: Iterable[str],
) -> Rows[R]:
    expected = frozenset({*names, "at", *more})

    def decode(value: object, place: str) -> tuple[R, Fields]:
        row = Fields(value, place, expected)
        return read(row, known), row

    return fields.take_all(name, decode)


def _read_certificate(row: Fields, known: Sequence[Provenance]) -> CertificateRecord:
    return CertificateRecord(
        fingerprint=row.take_digest("fingerprint"),
        role=row.take_enum("role", Role),
        country=row.take("country", str),
        subject=row.take("subject", str),
        issuer=row.take("issuer", str),
        serial=row.take_hex("serial"),
        ski=row.take_optional_hex("ski"),
        aki=row.take_optional_hex("aki"),
        key=row.take_digest("key"),
        not_before=row.take_time("not_before"),
        not_after=row.take_time("not_after"),
        lineage=row.take_optional_enum("lineage", Lineage),
        parent=row.take_optional_digest("parent"),
        deviations=row.take_all("deviations", as_text),
        provenance=row.take_references("provenance", known),
    )


def _read_crl(row: Fields, known: Sequence[Provenance]) -> CRLRecord:
    return CRLRecord(
        fingerprint=row.take_digest("fingerprint"),
        country=row.take("country", str),
        issuer=row.take("issuer", str),
        number=row.take_optional_hex("number"),
        this_update=row.take_time("this_update"),
        next_update=row.take_optional_time("next_update"),
        revoked=row.take("revoked", int),
        signer=row.take_digest("signer"),
        provenance=row.take_references("provenance", known),
    )


def _read_list(row: Fields, known: Sequence[Provenance]) -> ListRecord:
    return ListRecord(
        fingerprint=row.take_digest("fingerprint"),
        kind=row.take_enum("kind", ListKind),
        country=row.take("country", str),
        signer=row.take_digest("signer"),
        signer_subject=row.take("signer_subject", str),
        csca=row.take_optional_digest("csca"),
        csca_key=row.take_optional_digest("csca_key"),
        signing_time=row.take_optional_time("signing_time"),
        entries=row.take("entries", int),
        provenance=row.take_references("provenance", known),
    )


def _read_provenance(value: object, place: str) -> Provenance:
    row = Fields(value, place, _PROVENANCE_FIELDS)
    return Provenance(
        file=row.take("file", str),
        file_sha256=row.take_digest("file_sha256"),
        basis=row.take_enum("basis", Basis),
        voucher=row.take_optional_digest("voucher"),
        imported_at=row.take_time("imported_at"),
        approved_by=row.take("approved_by", str),
    )
