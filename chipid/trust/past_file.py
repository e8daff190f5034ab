"""What a trust store held before, as strict JSON: the records as they were, and until when, why and by whose word; and
when the store was changed.

The file stands beside the bytes and is named by its digest, so that it changes with the manifest or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust import record_codec as codec
from chipid.trust.record_codec import Location, Record
from chipid.trust.records import CertificateRecord, Change, CRLRecord, Ended, Ending
from chipid.trust.strict_json import Fields, decode_document, encode_document, encode_value

FORMAT: Final = "chipid-trust-past"
VERSION: Final = 1
MAX_FORMER: Final = 200_000
MAX_CHANGES: Final = 200_000

Entry: TypeAlias = tuple[Record, Location, Ended]
_WHAT: Final = "the past of the trust store"
_TABLES: Final = ("certificates", "crls", "lists", "changes")
_TOP_FIELDS: Final = frozenset({"format", "version", "bundles", "provenance", *_TABLES})
_CHANGE_FIELDS: Final = frozenset(Change.__dataclass_fields__)
_ENDED_FIELDS: Final = tuple(Ended.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFile:
    """The former records with the places of their bytes, those of one thing from the oldest to the newest.

    ``changes`` are all that were made to the store, or the last of them where there are very many.
    """

    bundles: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    changes: tuple[Change, ...] = ()


def encode_past(past: PastFile) -> bytes:
    """The JSON text; raises :class:`TrustStoreError` if it becomes too large."""
    codec.check_bundles(past.bundles)
    if len(past.entries) > MAX_FORMER:
        message = f"the trust store remembers {MAX_FORMER} things that it held before, which is all it may: wipe some"
        raise TrustStoreError(message, StoreProblem.PAST_FULL, limit=MAX_FORMER)
    provenance, numbers = codec.encode_provenance(record for record, _, _ in past.entries)
    tables: dict[str, list[Any]] = {name: [] for name in _TABLES}
    for record, location, ended in past.entries:
        row = {**codec.encode_record(record, location, numbers), **encode_value(ended)}
        tables[_table_of(record)].append(row)
    tables["changes"] = [encode_value(one) for one in past.changes[-MAX_CHANGES:]]
    document = {"format": FORMAT, "version": VERSION, "bundles": past.bundles, "provenance": provenance, **tables}
    return encode_document(document, _WHAT)


def decode_past(data: bytes) -> PastFile:
    """Read such a file; raises :class:`TrustStoreError` that names the place."""
    fields = decode_document(data, _WHAT, _TOP_FIELDS)
    if fields.take("format", str) != FORMAT or fields.take("version", int) != VERSION:
        raise TrustStoreError("the past of the trust store is not of this version", StoreProblem.OTHER_VERSION)
    bundles = codec.decode_bundles(fields)
    known = codec.decode_provenance(fields)
    entries = (
        *_with_end(codec.decode_certificates(fields, known, *_ENDED_FIELDS)),
        *_with_end(codec.decode_crls(fields, known, *_ENDED_FIELDS)),
        *_with_end(codec.decode_lists(fields, known, *_ENDED_FIELDS)),
    )
    codec.check_locations(((record, location) for record, location, _ in entries), bundles)
    return PastFile(bundles=bundles, entries=entries, changes=fields.take_all("changes", _decode_change))


def _decode_change(value: object, place: str) -> Change:
    row = Fields(value, place, _CHANGE_FIELDS)
    return Change(
        generation=row.take("generation", int),
        at=row.take_time("at"),
        approved_by=row.take("approved_by", str),
    )


def _with_end(rows: Iterable[tuple[Record, Fields]]) -> Iterator[Entry]:
    for record, row in rows:
        ended = Ended(
            until=row.take_time("until"),
            ending=row.take_enum("ending", Ending),
            ended_by=row.take("ended_by", str),
            successor=row.take_optional_digest("successor"),
        )
        yield record, codec.decode_location(row), ended


def _table_of(record: Record) -> str:
    if isinstance(record, CertificateRecord):
        return "certificates"
    return "crls" if isinstance(record, CRLRecord) else "lists"
