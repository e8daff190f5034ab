"""What is wrong with a store, and what will stop working when: damage, expiry and freshness."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chipid.trust.integrity import Damage, find_damage
from chipid.trust.records import Basis, CertificateRecord, Lineage, ListKind, ListRecord
from chipid.trust.revocation import expires_at
from chipid.trust.series import withdrawn
from chipid.trust.store import TrustStore

LOOK_AHEAD: Final = timedelta(days=90)
OLD_LIST: Final = timedelta(days=180)


class Finding(StrEnum):
    """What an audit can find, as stable codes."""

    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_EXPIRES = "certificate-expires"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    COUNTRY_EXPIRES = "country-expires"
    PARENT_ABSENT = "parent-absent"
    CRL_STALE = "crl-stale"
    CRL_EXPIRES = "crl-expires"
    CRL_MISSING = "crl-missing"
    LIST_OLD = "list-old"
    WITHDRAWN = "withdrawn"
    BYTES_DAMAGED = "bytes-damaged"
    MANIFEST_WRONG = "manifest-wrong"
    FILE_UNREAD = "file-unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """One finding: what it is about, and the date that matters, None where there is none."""

    finding: Finding
    country: str
    subject: str
    fingerprint: str | None
    date: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The state of a store at a moment: counts, and findings ordered by date."""

    at: datetime
    generation: int
    anchors: int
    countries: int
    document_signers: int
    crls: int
    lists: int
    by_basis: Mapping[Basis, int]
    by_lineage: Mapping[Lineage, int]
    findings: tuple[AuditFinding, ...]


def audit(store: TrustStore, now: datetime, *, look_ahead: timedelta = LOOK_AHEAD) -> Audit:
    """Look at everything in the store as of ``now``, bytes and signatures included."""
    records = [one.record for one in store.anchors]
    findings = [
        *_certificate_findings(records, now, now + look_ahead),
        *_country_findings(records, now + look_ahead),
        *_crl_findings(store, now, now + look_ahead),
        *_list_findings(store, now),
        *(_about(one, Finding.WITHDRAWN, None) for one in withdrawn(store)),
        *map(_damage_finding, find_damage(store)),
        *map(_unread_finding, store.unread),
    ]
    by_basis = dict.fromkeys(Basis, 0)
    by_lineage = dict.fromkeys(Lineage, 0)
    for record in records:
        by_basis[record.provenance[0].basis] += 1
        if record.lineage is not None:
            by_lineage[record.lineage] += 1
    return Audit(
        at=now,
        generation=store.generation,
        anchors=len(records),
        countries=len({one.country for one in records}),
        document_signers=len(store.signers),
        crls=len(store.crls),
        lists=len(store.lists),
        by_basis=by_basis,
        by_lineage=by_lineage,
        findings=tuple(sorted(findings, key=lambda one: (one.date is None, one.date or now))),
    )


def _certificate_findings(records: list[CertificateRecord], now: datetime, horizon: datetime) -> Iterator[AuditFinding]:
    for record in records:
        if record.not_before > now:
            yield _about(record, Finding.CERTIFICATE_NOT_YET_VALID, record.not_before)
        if record.not_after < now:
            yield _about(record, Finding.CERTIFICATE_EXPIRED, record.not_after)
        elif record.not_after <= horizon:
            yield _about(record, Finding.CERTIFICATE_EXPIRES, record.not_after)
        if record.lineage is Lineage.PARENT_ABSENT:
            yield _about(record, Finding.PARENT_ABSENT, None)


def _country_findings(records: list[CertificateRecord], horizon: datetime) -> Iterator[AuditFinding]:
    """States whose last certificate ends within the time looked at: their documents will be undecided then."""
    last: dict[str, CertificateRecord] = {}
    for record in records:
        if record.country not in last or record.not_after > last[record.country].not_after:
            last[record.country] = record
    for record in last.values():
        if record.not_after <= horizon:
            yield _about(record, Finding.COUNTRY_EXPIRES, record.not_after)


def _crl_findings(store: TrustStore, now: datetime, horizon: datetime) -> Iterator[AuditFinding]:
    for stored in store.crls:
        end = expires_at(stored.record)
        if end <= horizon:
            yield AuditFinding(
                finding=Finding.CRL_STALE if end < now else Finding.CRL_EXPIRES,
                country=stored.record.country,
                subject=stored.record.issuer,
                fingerprint=stored.record.fingerprint,
                date=end,
            )
    covered = {one.record.country for one in store.crls}
    for country in sorted({one.record.country for one in store.anchors} - covered):
        yield AuditFinding(finding=Finding.CRL_MISSING, country=country, subject="", fingerprint=None, date=None)


def _list_findings(store: TrustStore, now: datetime) -> Iterator[AuditFinding]:
    for stored in store.lists:
        record = stored.record
        signed = record.signing_time
        if record.kind is ListKind.MASTER_LIST and signed is not None and signed + OLD_LIST < now:
            yield AuditFinding(
                finding=Finding.LIST_OLD,
                country=record.country,
                subject=record.signer_subject,
                fingerprint=record.fingerprint,
                date=signed,
            )


def _unread_finding(name: str) -> AuditFinding:
    return AuditFinding(finding=Finding.FILE_UNREAD, country="", subject=name, fingerprint=None, date=None)


def _damage_finding(damage: Damage) -> AuditFinding:
    record = damage.record
    name = record.signer_subject if isinstance(record, ListRecord) else record.issuer
    subject = record.subject if isinstance(record, CertificateRecord) else name
    return AuditFinding(
        finding=Finding.MANIFEST_WRONG if damage.fields else Finding.BYTES_DAMAGED,
        country=record.country,
        subject=f"{subject} ({', '.join(damage.fields)})" if damage.fields else subject,
        fingerprint=record.fingerprint,
        date=None,
    )


def _about(record: CertificateRecord, finding: Finding, date: datetime | None) -> AuditFinding:
    return AuditFinding(
        finding=finding, country=record.country, subject=record.subject, fingerprint=record.fingerprint, date=date
    )
