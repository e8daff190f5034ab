"""A trust store and its changes as lines of text, for its owner."""

from __future__ import annotations

from collections.abc import Iterator

from chipid.trust.audit import Audit
from chipid.trust.diff import Difference, Listed
from chipid.trust.draft import ImportReport
from chipid.trust.operations import Listing, Shown
from chipid.trust.records import CertificateRecord, CRLRecord, Provenance
from chipid.trust.removal import RemovalReport


def import_lines(report: ImportReport) -> Iterator[str]:
    """What an import did, and what it refused and why."""
    yield f"certificates added: {len(report.certificates)}, known already: {report.known}"
    yield f"revocation lists added: {len(report.crls)}, lists added: {len(report.lists)}"
    for lineage, count in report.lineages.items():
        yield f"  {lineage.value}: {count}"
    for one in report.refused:
        yield f"refused {one.fingerprint[:16]} {one.subject}: {one.message} [{one.refusal.value}]"


def listing_lines(listing: Listing) -> Iterator[str]:
    """One line for each thing in the store."""
    for certificate in (*listing.certificates, *listing.document_signers):
        yield certificate_line(certificate)
    for crl in listing.crls:
        yield _crl_line(crl)
    for one in listing.lists:
        content = f"{one.entries} entries, {one.signer_subject}"
        yield f"{one.fingerprint[:16]}  {one.country:<3} {one.kind.value:<15} {content}"


def certificate_line(record: CertificateRecord) -> str:
    span = f"{record.not_before:%Y-%m-%d} to {record.not_after:%Y-%m-%d}"
    return f"{record.fingerprint[:16]}  {record.country:<3} {record.role.value:<15} {span}  {record.subject}"


def _crl_line(record: CRLRecord) -> str:
    until = "no end" if record.next_update is None else f"{record.next_update:%Y-%m-%d}"
    span = f"{record.this_update:%Y-%m-%d} to {until}"
    return f"{record.fingerprint[:16]}  {record.country:<3} {'crl':<15} {span}  {record.revoked} revoked"


def shown_lines(shown: Shown) -> Iterator[str]:
    """Everything that is known about one thing, and why it is trusted."""
    record = shown.record
    yield f"SHA-256  {record.fingerprint}"
    if isinstance(record, CertificateRecord):
        yield certificate_line(record)
        yield f"issuer   {record.issuer}"
        yield f"key      {record.key}"
        if record.deviations:
            yield f"noted    {', '.join(record.deviations)}"
        for parent in shown.path[1:]:
            yield f"below    {certificate_line(parent)}"
    for one in record.provenance:
        yield f"from     {_provenance(one)}"


def _provenance(one: Provenance) -> str:
    voucher = "" if one.voucher is None else f", vouched for by {one.voucher[:16]}"
    approved = f", approved by {one.approved_by}" if one.approved_by else ""
    return f"{one.file} ({one.basis.value}{voucher}), {one.imported_at:%Y-%m-%d}{approved}"


def audit_lines(audit: Audit) -> Iterator[str]:
    """Counts, then what stops working and when, the earliest first."""
    yield f"anchors: {audit.anchors} of {audit.countries} countries, document signers: {audit.document_signers}"
    yield f"revocation lists: {audit.crls}, lists: {audit.lists}"
    for lineage, count in audit.by_lineage.items():
        yield f"  {lineage.value}: {count}"
    for one in audit.findings:
        day = "          " if one.date is None else f"{one.date:%Y-%m-%d}"
        yield f"{day}  {one.country:<3} {one.finding.value}: {one.subject}"


def removal_lines(report: RemovalReport) -> Iterator[str]:
    """What was taken out, and what hung on it."""
    for record in report.certificates:
        yield f"removed  {certificate_line(record)}"
    for crl in report.crls:
        yield f"removed  {_crl_line(crl)}"
    for one in report.lists:
        yield f"removed  {one.fingerprint[:16]}  {one.country:<3} {one.kind.value}"


def difference_lines(difference: Difference) -> Iterator[str]:
    """What the second has and the first has not, and the other way round."""
    for sign, entries in (("+", difference.added), ("-", difference.removed)):
        for one in entries:
            yield f"{sign} {_listed(one)}"
    yield f"added: {len(difference.added)}, removed: {len(difference.removed)}, unchanged: {difference.unchanged}"
    yield f"new keys: {len(difference.new_keys)}, lost keys: {len(difference.lost_keys)}"
    if difference.new_countries:
        yield f"new countries: {', '.join(difference.new_countries)}"
    if difference.lost_countries:
        yield f"lost countries: {', '.join(difference.lost_countries)}"


def _listed(one: Listed) -> str:
    return (
        f"{one.fingerprint[:16]}  {one.country:<3} {one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d}  {one.subject}"
    )
