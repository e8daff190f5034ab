"""What the owner of a store has to do, today or soon, and what is good to know: a preview of expiry and freshness.

An expired CSCA certificate stops nothing: what it signed in its time still verifies (check 4). Documents stop being
accepted where a State signs with a key that the store lacks, or where its revocation lists are out of date.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chipid.asn1.times import later
from chipid.trust.details import signing_period
from chipid.trust.integrity import Damage, find_damage
from chipid.trust.records import UNDATED, Basis, CertificateRecord, CRLRecord, Lineage, ListKind, ListRecord
from chipid.trust.revocation import expires_at
from chipid.trust.series import withdrawn
from chipid.trust.store import TrustStore
from chipid.trust.stored import StoredCertificate
from chipid.trust.views import of_countries

LOOK_AHEAD: Final = timedelta(days=90)
OLD_LIST: Final = timedelta(days=180)


class Finding(StrEnum):
    """What an audit can find, as stable codes."""

    COUNTRY_ABSENT = "country-absent"
    KEY_OVER = "key-over"
    KEY_ENDS = "key-ends"
    CRL_STALE = "crl-stale"
    CRL_EXPIRES = "crl-expires"
    LIST_OLD = "list-old"
    BYTES_DAMAGED = "bytes-damaged"
    MANIFEST_WRONG = "manifest-wrong"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_EXPIRES = "certificate-expires"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    PARENT_ABSENT = "parent-absent"
    CRL_LEFT_BEHIND = "crl-left-behind"
    CRL_MISSING = "crl-missing"
    WITHDRAWN = "withdrawn"
    FILE_UNREAD = "file-unread"


# What keeps cards from being accepted today or soon, unless the owner does something about it.
_TO_DO: Final = frozenset(
    {
        Finding.COUNTRY_ABSENT,
        Finding.KEY_OVER,
        Finding.KEY_ENDS,
        Finding.CRL_STALE,
        Finding.CRL_EXPIRES,
        Finding.LIST_OLD,
        Finding.BYTES_DAMAGED,
        Finding.MANIFEST_WRONG,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """One finding: what it is about, and the date that matters, None where there is none.

    ``to_do`` tells that cards are not accepted because of it, today or soon.
    """

    finding: Finding
    country: str
    subject: str
    fingerprint: str | None
    date: datetime | None
    to_do: bool


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

    @property
    def is_in_order(self) -> bool:
        """True if there is nothing to do."""
        return not any(one.to_do for one in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Anchor:
    """A certificate and the moment at which its key ceases to sign."""

    record: CertificateRecord
    end: datetime


def audit(
    store: TrustStore, now: datetime, *, look_ahead: timedelta = LOOK_AHEAD, countries: Collection[str] = ()
) -> Audit:
    """Look at everything in the store as of ``now`` and at what comes within ``look_ahead``.

    Bytes and signatures are looked at too. ``countries`` are the codes of the States that the owner needs, all of the
    store if there are none. Raises :class:`TrustStoreError` if the store cannot be read.
    """
    whole = store
    if countries:
        store = of_countries(store, countries, with_lists=True)
    damage = tuple(find_damage(store))
    bad = {one.record.fingerprint for one in damage}
    anchors = [_Anchor(record=one.record, end=_end(one, bad)) for one in store.anchors]
    held = {one.record.fingerprint for one in anchors}
    horizon = later(now, look_ahead)
    findings = [
        *_absent(anchors, countries),
        *_key_findings(anchors, now, horizon),
        *_certificate_findings(anchors, now, horizon),
        *_crl_findings(anchors, [one.record for one in store.crls], now, horizon),
        *_list_findings(store, now),
        *(_about(one, Finding.WITHDRAWN, None) for one in withdrawn(whole) if one.fingerprint in held),
        *map(_damage_finding, damage),
        *(_finding(Finding.FILE_UNREAD, "", name) for name in store.unread),
    ]
    by_basis = dict.fromkeys(Basis, 0)
    by_lineage = dict.fromkeys(Lineage, 0)
    for one in anchors:
        by_basis[one.record.provenance[0].basis] += 1
        if one.record.lineage is not None:
            by_lineage[one.record.lineage] += 1
    return Audit(
        at=now,
        generation=store.generation,
        anchors=len(anchors),
        countries=len({one.record.country for one in anchors}),
        document_signers=len(store.signers),
        crls=len(store.crls),
        lists=len(store.lists),
        by_basis=by_basis,
        by_lineage=by_lineage,
        findings=tuple(sorted(findings, key=lambda one: (one.date is None, one.date or now, one.country))),
    )


def _absent(anchors: Sequence[_Anchor], countries: Collection[str]) -> Iterator[AuditFinding]:
    for country in sorted(set(countries) - {one.record.country.upper() for one in anchors}):
        yield _finding(Finding.COUNTRY_ABSENT, country)


def _key_findings(anchors: Sequence[_Anchor], now: datetime, horizon: datetime) -> Iterator[AuditFinding]:
    """Keys that end with none to follow: what their State signs later is undecided (Doc 9303-12 §4.1).

    The last one of each State, and, since a State may have a CSCA of its own for each kind of document, the last one
    of each name among those that the owner has approved.
    """
    own = [one for one in anchors if any(reason.basis is Basis.OWNER for reason in one.record.provenance)]
    approved = {(one.record.country, _line(one.record)) for one in own}
    last: dict[tuple[str, str], _Anchor] = {}
    for one in anchors:
        line = (one.record.country, _line(one.record))
        for place in ((one.record.country, ""), *([line] if line in approved else ())):
            if place not in last or one.end > last[place].end:
                last[place] = one
    for one in {one.record.fingerprint: one for one in last.values()}.values():
        if one.end <= horizon:
            yield _about(one.record, Finding.KEY_OVER if one.end < now else Finding.KEY_ENDS, one.end)


def _line(record: CertificateRecord) -> str:
    """The name of a CSCA without its numbers, which States count up from key to key."""
    parts = (part for part in record.subject.casefold().split(", ") if not part.startswith("serialnumber="))
    return ", ".join(sorted(re.sub(r"\d+", "", part).strip() for part in parts))


def _certificate_findings(anchors: Sequence[_Anchor], now: datetime, horizon: datetime) -> Iterator[AuditFinding]:
    for record in (one.record for one in anchors):
        if record.not_before > now:
            yield _about(record, Finding.CERTIFICATE_NOT_YET_VALID, record.not_before)
        if record.not_after < now:
            yield _about(record, Finding.CERTIFICATE_EXPIRED, record.not_after)
        elif record.not_after <= horizon:
            yield _about(record, Finding.CERTIFICATE_EXPIRES, record.not_after)
        if record.lineage is Lineage.PARENT_ABSENT:
            yield _about(record, Finding.PARENT_ABSENT, None)


def _crl_findings(
    anchors: Sequence[_Anchor], crls: Sequence[CRLRecord], now: datetime, horizon: datetime
) -> Iterator[AuditFinding]:
    """Lists out of date, today or soon; the last one of an old key stays so, and newer ones stand for it."""
    over = {one.record.fingerprint for one in anchors if one.end < now}
    latest: dict[str, datetime] = {}
    for crl in crls:
        latest[crl.country] = max(expires_at(crl), latest.get(crl.country, UNDATED))
    for crl in crls:
        end = expires_at(crl)
        if end > horizon:
            continue
        finding = Finding.CRL_STALE if end < now else Finding.CRL_EXPIRES
        if crl.signer in over and latest[crl.country] >= now and latest[crl.country] > end:
            finding = Finding.CRL_LEFT_BEHIND
        yield _finding(finding, crl.country, crl.issuer, crl.fingerprint, end)
    for country in sorted({one.record.country for one in anchors} - set(latest)):
        yield _finding(Finding.CRL_MISSING, country)


def _list_findings(store: TrustStore, now: datetime) -> Iterator[AuditFinding]:
    """Master lists that are old, unless a newer one of the same State is there."""
    newest: dict[str, datetime] = {}
    lists = [one.record for one in store.lists if one.record.kind is ListKind.MASTER_LIST]
    for record in lists:
        newest[record.country] = max(record.signing_time or UNDATED, newest.get(record.country, UNDATED))
    for record in lists:
        signed = record.signing_time
        if signed is not None and later(signed, OLD_LIST) < now and signed == newest[record.country]:
            yield _finding(Finding.LIST_OLD, record.country, record.signer_subject, record.fingerprint, signed)


def _end(stored: StoredCertificate, bad: Collection[str]) -> datetime:
    """When the key ceases to sign; of bytes that are bad, what the manifest says of the certificate."""
    return stored.record.not_after if stored.fingerprint in bad else signing_period(stored.certificate)[1]


def _damage_finding(damage: Damage) -> AuditFinding:
    record = damage.record
    name = record.signer_subject if isinstance(record, ListRecord) else record.issuer
    subject = record.subject if isinstance(record, CertificateRecord) else name
    if not damage.fields:
        return _finding(Finding.BYTES_DAMAGED, record.country, subject, record.fingerprint)
    wrong = f"{subject} ({', '.join(damage.fields)})"
    return _finding(Finding.MANIFEST_WRONG, record.country, wrong, record.fingerprint)


def _about(record: CertificateRecord, finding: Finding, date: datetime | None) -> AuditFinding:
    return _finding(finding, record.country, record.subject, record.fingerprint, date)


def _finding(
    finding: Finding, country: str, subject: str = "", fingerprint: str | None = None, date: datetime | None = None
) -> AuditFinding:
    return AuditFinding(
        finding=finding,
        country=country,
        subject=subject,
        fingerprint=fingerprint,
        date=date,
        to_do=finding in _TO_DO,
    )
