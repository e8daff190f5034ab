"""A trust store and its changes as lines of text, for its owner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from chipid.exports.trust_rows import (
    FEW,
    Record,
    Row,
    day,
    few_or_counts,
    kind_of,
    lines_of,
    row_of,
    say,
    short,
    span,
)
from chipid.messages.catalogue import Catalogue
from chipid.trust.audit import Audit, AuditFinding, Finding
from chipid.trust.details import CertificateDetails
from chipid.trust.diff import Difference, Listed
from chipid.trust.draft import ImportReport, Refused
from chipid.trust.operations import Imports, Listing, Shown
from chipid.trust.records import CertificateRecord, CRLRecord, Ended, Lineage, ListRecord, Provenance
from chipid.trust.removal import RemovalReport


def trust_lines(outcome: object, texts: Catalogue) -> Iterator[str]:
    """What a command of the trust store has to say; ``outcome`` is what it returned."""
    return _TELLERS[type(outcome)](outcome, texts)


def import_lines(imports: Imports, texts: Catalogue) -> Iterator[str]:
    """What became of each file, but for the errors."""
    for one in imports.files:
        yield one.delivery.file
        yield from report_lines(one, texts)


def report_lines(report: ImportReport, texts: Catalogue) -> Iterator[str]:
    """What an import did, and what it refused and why."""
    if report.certificates or report.known or report.is_refused:
        yield say(texts, "certificates-added", added=len(report.certificates), known=report.known)
    if report.lists or report.crls or report.known_lists:
        yield say(texts, "lists-added", crls=len(report.crls), lists=len(report.lists), known=report.known_lists)
    yield from _lineages(report.lineages, texts)
    for records in (report.certificates, report.crls, report.lists):
        yield from few_or_counts(records, texts)
    yield from _refusals(report.refused, texts)
    if report.withdrawn:
        yield texts.text("trust", "no-longer-listed")
        yield from few_or_counts(report.withdrawn, texts)


def _refusals(refused: tuple[Refused, ...], texts: Catalogue) -> Iterator[str]:
    """Each thing that was refused if they are few, else how many there are for each reason."""
    for refusal in dict.fromkeys(one.refusal for one in refused):
        alike = [one for one in refused if one.refusal is refusal]
        reason = f"{texts.text('refusal', refusal.value)} [{refusal.value}]"
        if len(alike) > FEW:
            yield say(texts, "refused", what=len(alike), reason=reason)
            continue
        for one in alike:
            yield say(texts, "refused", what=f"{short(one.fingerprint)} {one.subject}".strip(), reason=reason)


def _lineages(counts: Mapping[Lineage, int], texts: Catalogue) -> Iterator[str]:
    for lineage, count in counts.items():
        if count:
            yield f"  {texts.text('lineage', lineage.value)}: {count}"


def listing_lines(listing: Listing, texts: Catalogue) -> Iterator[str]:
    """A table of all that is in the store, by country."""
    certificates = (*listing.certificates, *listing.document_signers)
    records: tuple[Record, ...] = (*certificates, *listing.crls, *listing.lists)
    if not records:
        word = "empty-store" if listing.country is None else "nothing-of-country"
        yield say(texts, word, country=listing.country)
        yield from _unread_lines(listing, texts)
        return
    heading: Row = ("SHA-256", *(texts.text("trust-row", one) for one in ("country", "kind", "dates", "what")))
    rows = (row_of(one, texts) for one in sorted(records, key=lambda one: one.country))
    yield from lines_of((heading, *rows))
    yield from _unread_lines(listing, texts)


def _unread_lines(listing: Listing, texts: Catalogue) -> Iterator[str]:
    for file in listing.unread:
        yield say(texts, "unread", file=file)


def shown_lines(shown: Shown, texts: Catalogue) -> Iterator[str]:
    """Everything that is known about one thing, and why it is trusted."""
    record = shown.record
    rows = [("SHA-256", record.fingerprint), ("kind", kind_of(record, texts)), ("country", record.country)]
    if isinstance(record, CertificateRecord):
        rows += _certificate_rows(record, texts)
        rows += [] if shown.details is None else _detail_rows(shown.details, texts)
        rows += [("below", f"{one.fingerprint}, {one.subject}") for one in shown.path[1:]]
        rows += [("noted", ", ".join(record.deviations))] if record.deviations else []
    elif isinstance(record, CRLRecord):
        rows += _crl_rows(record, shown, texts)
    else:
        rows += _list_rows(record, shown, texts)
    rows += [("from", provenance_text(one, texts)) for one in record.provenance]
    rows += [] if shown.ended is None else [("until", _ending_text(shown.ended, texts))]
    yield from lines_of((texts.text("trust-row", label), value) for label, value in rows)


def _certificate_rows(record: CertificateRecord, texts: Catalogue) -> Iterator[tuple[str, str]]:
    yield "subject", record.subject
    yield "issuer", record.issuer
    yield "serial", record.serial
    for label, identifier in (("ski", record.ski), ("aki", record.aki)):
        yield label, texts.text("trust", "absent") if identifier is None else identifier
    yield "valid", span(record.not_before, record.not_after, texts)
    if record.lineage is not None:
        yield "lineage", texts.text("lineage", record.lineage.value)
    yield "key-digest", record.key


def _detail_rows(details: CertificateDetails, texts: Catalogue) -> Iterator[tuple[str, str]]:
    yield "algorithm", details.signature_algorithm
    if details.key_kind is None:
        yield "key", texts.text("trust", "not-known")
    else:
        curve = "" if details.curve is None else f", {details.curve}"
        yield "key", say(texts, "key", kind=details.key_kind, bits=details.key_bits) + curve
    yield "signs", span(details.key_used_from, details.key_used_until, texts)
    if details.document_types is not None:
        yield "documents", ", ".join(details.document_types)


def _crl_rows(record: CRLRecord, shown: Shown, texts: Catalogue) -> Iterator[tuple[str, str]]:
    yield "issuer", record.issuer
    yield "signer", _named(record.signer, shown)
    yield "number", texts.text("trust", "absent") if record.number is None else str(int(record.number or "0", 16))
    yield "this-update", day(record.this_update)
    yield "next-update", texts.text("trust", "absent") if record.next_update is None else day(record.next_update)
    yield "entries", say(texts, "revoked", count=record.revoked)


def _list_rows(record: ListRecord, shown: Shown, texts: Catalogue) -> Iterator[tuple[str, str]]:
    yield "signer", f"{record.signer}, {record.signer_subject}"
    yield "csca", texts.text("trust", "signer-accepted") if record.csca is None else _named(record.csca, shown)
    yield "signed", texts.text("trust", "undated") if record.signing_time is None else day(record.signing_time)
    yield "entries", str(record.entries)


def _named(fingerprint: str, shown: Shown) -> str:
    """A certificate by its fingerprint, and its subject if the store has it."""
    subjects = (f", {one.subject}" for one in shown.path if one.fingerprint == fingerprint)
    return fingerprint + next(subjects, "")


def provenance_text(one: Provenance, texts: Catalogue) -> str:
    """One line: the file, by whose word, when, and who approved it."""
    basis = texts.text("basis", one.basis.value)
    if one.voucher is not None:
        basis += f", {say(texts, 'vouched-by', fingerprint=short(one.voucher))}"
    when = f", {day(one.imported_at)}" if one.is_dated else ""
    approved = f", {say(texts, 'approved-by', name=one.approved_by)}" if one.approved_by else ""
    return f"{one.file} ({basis}){when}{approved}"


def _ending_text(ended: Ended, texts: Catalogue) -> str:
    """One line: until when the store held a thing, why no longer, and by whose word."""
    successor = f" ({short(ended.successor)})" if ended.successor else ""
    approved = say(texts, "approved-by", name=ended.ended_by)
    return f"{day(ended.until)}, {texts.text('ending', ended.ending.value)}{successor}, {approved}"


def audit_lines(audit: Audit, texts: Catalogue) -> Iterator[str]:
    """Counts, then what there is to do, then what is good to know, each with the earliest first."""
    yield say(texts, "anchors", anchors=audit.anchors, countries=audit.countries, signers=audit.document_signers)
    yield say(texts, "lists", crls=audit.crls, lists=audit.lists)
    yield from _lineages(audit.by_lineage, texts)
    for word, to_do in (("to-do", True), ("to-know", False)):
        found = [one for one in audit.findings if one.to_do is to_do]
        if found or to_do:
            yield ""
            yield texts.text("trust", word if found else "nothing-to-do")
        for finding in Finding:
            yield from _finding_lines(finding, [one for one in found if one.finding is finding], texts)


def _finding_lines(finding: Finding, found: Sequence[AuditFinding], texts: Catalogue) -> Iterator[str]:
    """What was found, then each certificate or list, or the countries in one line."""
    if not found:
        return
    yield f"  {texts.text('finding', finding.value)}"
    if finding in (Finding.COUNTRY_ABSENT, Finding.CRL_MISSING):
        names = ", ".join(one.country for one in found)
        yield f"    {say(texts, 'countries', count=len(found), names=names)}"
    else:
        yield from lines_of((_finding_row(one) for one in found), indent="    ")


def _finding_row(one: AuditFinding) -> Row:
    return "" if one.date is None else day(one.date), one.country, short(one.fingerprint or ""), one.subject


def removal_lines(report: RemovalReport, texts: Catalogue) -> Iterator[str]:
    """What was taken out, and what hung on it."""
    things = {"certificates": len(report.certificates), "crls": len(report.crls), "lists": len(report.lists)}
    yield say(texts, "would-be-removed" if report.dry_run else "removed", **things)
    if report.wiped:
        yield texts.text("trust", "wiped")
    for records in (report.lists, report.crls, report.certificates):
        yield from few_or_counts(records, texts)


def difference_lines(difference: Difference, texts: Catalogue) -> Iterator[str]:
    """What the second has and the first has not, and the other way round."""
    yield from lines_of(_listed_row("+", one, texts) for one in difference.added)
    yield from lines_of(_listed_row("-", one, texts) for one in difference.removed)
    yield say(
        texts,
        "difference",
        added=len(difference.added),
        removed=len(difference.removed),
        unchanged=difference.unchanged,
    )
    yield say(texts, "keys", new=len(difference.new_keys), lost=len(difference.lost_keys))
    for word, countries in (("new-countries", difference.new_countries), ("lost-countries", difference.lost_countries)):
        if countries:
            yield say(texts, word, countries=", ".join(countries))
    if difference.damaged:
        yield say(texts, "damaged", names=", ".join(map(short, difference.damaged)))


def _listed_row(sign: str, one: Listed, texts: Catalogue) -> Row:
    return f"{sign} {short(one.fingerprint)}", one.country, span(one.not_before, one.not_after, texts), one.subject


_TELLERS: Final[Mapping[type, Callable[[Any, Catalogue], Iterator[str]]]] = {
    Imports: import_lines,
    Listing: listing_lines,
    Shown: shown_lines,
    Audit: audit_lines,
    RemovalReport: removal_lines,
    Difference: difference_lines,
}
