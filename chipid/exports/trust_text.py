"""A trust store and its changes as lines of text, for its owner."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime

from chipid.messages.catalogue import Catalogue
from chipid.trust.audit import Audit
from chipid.trust.diff import Difference, Listed
from chipid.trust.draft import ImportReport
from chipid.trust.operations import Listing, Shown
from chipid.trust.records import CertificateRecord, CRLRecord, Provenance
from chipid.trust.removal import RemovalReport

_LABEL_WIDTH = 8


def import_lines(report: ImportReport, texts: Catalogue) -> Iterator[str]:
    """What an import did, what it refused and why, and what lists hold no longer."""
    yield report.delivery.file
    yield _say(texts, "certificates-added", added=len(report.certificates), known=report.known)
    yield _say(texts, "lists-added", crls=len(report.crls), lists=len(report.lists))
    for lineage, count in report.lineages.items():
        yield f"  {texts.text('lineage', lineage.value)}: {count}"
    for one in report.refused:
        reason = texts.text("refusal", one.refusal.value)
        yield _say(
            texts,
            "refused",
            fingerprint=one.fingerprint[:16],
            subject=one.subject,
            reason=reason,
            code=one.refusal.value,
        )
    for record in report.withdrawn:
        yield _say(texts, "no-longer-listed", certificate=certificate_line(record, texts))


def listing_lines(listing: Listing, texts: Catalogue) -> Iterator[str]:
    """One line for each thing in the store, and for each file of a plain folder that is not used."""
    for certificate in (*listing.certificates, *listing.document_signers):
        yield certificate_line(certificate, texts)
    for crl in listing.crls:
        yield _crl_line(crl, texts)
    for one in listing.lists:
        content = _say(texts, "entries", count=one.entries, signer=one.signer_subject)
        yield f"{one.fingerprint[:16]}  {one.country:<3} {one.kind.value:<15} {content}"
    for file in listing.unread:
        yield _say(texts, "unread", file=file)


def certificate_line(record: CertificateRecord, texts: Catalogue) -> str:
    span = _span(record.not_before, record.not_after, texts)
    return f"{record.fingerprint[:16]}  {record.country:<3} {record.role.value:<15} {span}  {record.subject}"


def _crl_line(record: CRLRecord, texts: Catalogue) -> str:
    span = _span(record.this_update, record.next_update, texts)
    revoked = _say(texts, "revoked", count=record.revoked)
    return f"{record.fingerprint[:16]}  {record.country:<3} {'crl':<15} {span}  {revoked}"


def shown_lines(shown: Shown, texts: Catalogue) -> Iterator[str]:
    """Everything that is known about one thing, and why it is trusted."""

    def row(label: str, value: str) -> str:
        label = unicodedata.normalize("NFC", label)
        return f"{label:<{_LABEL_WIDTH}} {value}"

    record = shown.record
    yield row("SHA-256", record.fingerprint)
    if isinstance(record, CertificateRecord):
        yield certificate_line(record, texts)
        yield row(texts.text("trust", "issuer"), record.issuer)
        yield row(texts.text("trust", "key"), record.key)
        if record.deviations:
            yield row(texts.text("trust", "noted"), ", ".join(record.deviations))
        for parent in shown.path[1:]:
            yield row(texts.text("trust", "below"), certificate_line(parent, texts))
    for one in record.provenance:
        yield row(texts.text("trust", "from"), provenance_text(one, texts))
    if shown.ended is not None:
        why = texts.text("ending", shown.ended.ending.value)
        by = _say(texts, "approved-by", name=shown.ended.ended_by)
        successor = f" ({shown.ended.successor[:16]})" if shown.ended.successor else ""
        yield row(texts.text("trust", "until"), f"{shown.ended.until:%Y-%m-%d}, {why}{successor}, {by}")


def provenance_text(one: Provenance, texts: Catalogue) -> str:
    """One line: the file, by whose word, when, and who approved it."""
    basis = texts.text("basis", one.basis.value)
    if one.voucher is not None:
        basis += f", {_say(texts, 'vouched-by', fingerprint=one.voucher[:16])}"
    approved = f", {_say(texts, 'approved-by', name=one.approved_by)}" if one.approved_by else ""
    return f"{one.file} ({basis}), {one.imported_at:%Y-%m-%d}{approved}"


def audit_lines(audit: Audit, texts: Catalogue) -> Iterator[str]:
    """Counts, then what stops working and when, the earliest first."""
    yield _say(texts, "anchors", anchors=audit.anchors, countries=audit.countries, signers=audit.document_signers)
    yield _say(texts, "lists", crls=audit.crls, lists=audit.lists)
    for lineage, count in audit.by_lineage.items():
        yield f"  {texts.text('lineage', lineage.value)}: {count}"
    for one in audit.findings:
        day = "          " if one.date is None else f"{one.date:%Y-%m-%d}"
        about = f": {one.subject}" if one.subject else ""
        yield f"{day}  {one.country:<3} {texts.text('finding', one.finding.value)}{about}"


def removal_lines(report: RemovalReport, texts: Catalogue) -> Iterator[str]:
    """What was taken out, and what hung on it."""
    removed = texts.text("trust", "wiped" if report.wiped else "removed")
    for record in report.certificates:
        yield f"{removed}  {certificate_line(record, texts)}"
    for crl in report.crls:
        yield f"{removed}  {_crl_line(crl, texts)}"
    for one in report.lists:
        yield f"{removed}  {one.fingerprint[:16]}  {one.country:<3} {one.kind.value}"


def difference_lines(difference: Difference, texts: Catalogue) -> Iterator[str]:
    """What the second has and the first has not, and the other way round."""
    for sign, entries in (("+", difference.added), ("-", difference.removed)):
        for one in entries:
            yield f"{sign} {_listed(one, texts)}"
    yield _say(
        texts,
        "difference",
        added=len(difference.added),
        removed=len(difference.removed),
        unchanged=difference.unchanged,
    )
    yield _say(texts, "keys", new=len(difference.new_keys), lost=len(difference.lost_keys))
    for word, countries in (("new-countries", difference.new_countries), ("lost-countries", difference.lost_countries)):
        if countries:
            yield _say(texts, word, countries=", ".join(countries))


def _listed(one: Listed, texts: Catalogue) -> str:
    return f"{one.fingerprint[:16]}  {one.country:<3} {_span(one.not_before, one.not_after, texts)}  {one.subject}"


def _span(first: datetime, last: datetime | None, texts: Catalogue) -> str:
    end = texts.text("trust", "no-end") if last is None else f"{last:%Y-%m-%d}"
    return _say(texts, "span", first=f"{first:%Y-%m-%d}", last=end)


def _say(texts: Catalogue, template: str, /, **values: object) -> str:
    return texts.text("trust", template).format(**values)
