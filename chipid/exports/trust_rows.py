"""Things of a trust store as rows of a table: beginning of the fingerprint, country, kind, dates, and what it is."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from chipid.messages.catalogue import Catalogue
from chipid.trust.records import CertificateRecord, CRLRecord, ListRecord

SHOWN_DIGITS: Final = 16
FEW: Final = 10  # so many are named; of more only how many there are of each country

Record: TypeAlias = CertificateRecord | CRLRecord | ListRecord
Row: TypeAlias = tuple[str, ...]


def say(texts: Catalogue, template: str, /, **values: object) -> str:
    """A text about trust with its places filled."""
    return texts.text("trust", template).format(**values)


def kind_of(record: Record, texts: Catalogue) -> str:
    """What a thing is, in words."""
    if isinstance(record, CertificateRecord):
        return texts.text("kind", record.role.value)
    return texts.text("kind", "crl" if isinstance(record, CRLRecord) else record.kind.value)


def row_of(record: Record, texts: Catalogue) -> Row:
    """The row of a thing."""
    return (
        short(record.fingerprint),
        record.country,
        kind_of(record, texts),
        _dates(record, texts),
        _about(record, texts),
    )


def lines_of(rows: Iterable[Row], *, indent: str = "") -> Iterator[str]:
    """Rows as lines with their columns below each other; one that is empty throughout is left out."""
    table = [tuple(unicodedata.normalize("NFC", cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True) if width)
        yield indent + "  ".join(cells).rstrip()


def few_or_counts(records: Sequence[Record], texts: Catalogue) -> Iterator[str]:
    """Each by its row if they are few, else how many there are of each country."""
    if len(records) <= FEW:
        yield from lines_of((row_of(one, texts) for one in records), indent="  ")
    else:
        yield f"  {counts(one.country for one in records)}"


def counts(countries: Iterable[str]) -> str:
    """How many there are of each country."""
    return ", ".join(f"{country or '??'} {number}" for country, number in sorted(Counter(countries).items()))


def short(fingerprint: str) -> str:
    """The beginning of a fingerprint, by which a thing is found."""
    return fingerprint[:SHOWN_DIGITS]


def day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def span(first: datetime, last: datetime | None, texts: Catalogue) -> str:
    """From one day to another, or without end."""
    return say(texts, "span", first=day(first), last=texts.text("trust", "no-end") if last is None else day(last))


def _dates(record: Record, texts: Catalogue) -> str:
    if isinstance(record, CertificateRecord):
        return span(record.not_before, record.not_after, texts)
    if isinstance(record, CRLRecord):
        return span(record.this_update, record.next_update, texts)
    return texts.text("trust", "undated") if record.signing_time is None else day(record.signing_time)


def _about(record: Record, texts: Catalogue) -> str:
    if isinstance(record, CertificateRecord):
        return record.subject
    if isinstance(record, CRLRecord):
        return f"{say(texts, 'revoked', count=record.revoked)}, {record.issuer}"
    return say(texts, "entries", count=record.entries, signer=record.signer_subject)
