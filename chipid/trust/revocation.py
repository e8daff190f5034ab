"""What the revocation lists of a state say of a certificate (ICAO Doc 9303-12 §7.2, RFC 5280 §6.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chipid.asn1.times import later
from chipid.pki.certificate import Certificate
from chipid.pki.crl import CRL, Revocation, RevocationReason
from chipid.trust.records import CRLRecord
from chipid.trust.stored import StoredCertificate, StoredCRL

# Doc 9303-12 §4.4 has a list at least every 90 days; that holds where a list does not say when the next one comes.
LONGEST_INTERVAL: Final = timedelta(days=90)


class CRLState(StrEnum):
    """GOOD: a fresh list does not name it. STALE: only outdated lists do not. MISSING: there is no list."""

    GOOD = "good"
    REVOKED = "revoked"
    STALE = "stale"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class CRLStatus:
    """The answer and the list that it is from; time and reason where the certificate is revoked."""

    state: CRLState
    crl: CRLRecord | None = None
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one list says of a certificate, whenever one asks.

    ``is_own`` tells that the list bears the name or the key identifier of the certificate's issuer; ``entry`` is None
    where the list does not name the certificate.
    """

    crl: CRLRecord
    is_own: bool
    entry: Revocation | None


def crl_statements(
    crls: Iterable[StoredCRL], certificate: Certificate, issuers: Collection[StoredCertificate] = ()
) -> tuple[Statement, ...]:
    """What each list of the certificate's state says of it, in the order in which they speak.

    One list speaks for all names and keys of a state. Where there are several, the ones that bear the name or key
    identifier of the certificate's issuer speak first, and the newer before the older. ``issuers`` are the certificates
    of the key that issued it, as far as they are known: their state counts, whatever the certificate calls its own, and
    what that key signed is its issuer's list.
    """
    countries = {certificate.issuer_name.country or certificate.country, *(one.record.country for one in issuers)}
    signers = {one.fingerprint for one in issuers}
    found = (
        Statement(
            crl=one.record,
            is_own=one.record.signer in signers or _is_of_issuer(one.crl, certificate),
            entry=one.crl.find(certificate.serial),
        )
        for one in crls
        if one.record.country in countries
    )
    return tuple(sorted(found, key=lambda one: (one.is_own, one.crl.this_update, one.crl.fingerprint), reverse=True))


def crl_status(statements: Sequence[Statement], certificate: Certificate, at: datetime) -> CRLStatus:
    """The status of ``certificate`` as of ``at``, by the ``statements`` about it.

    The worst that any list of the state says holds: one that names the certificate counts however old it is, whatever
    younger lists of other keys say; one that does not name it counts while it is fresh. So in a state whose CSCAs
    number their certificates separately, a number may be revoked that was meant for another certificate; the owner
    can then take that list out.
    """
    if not statements:
        return CRLStatus(state=CRLState.MISSING)
    for one in statements:
        revoked = _revocation(one, certificate, at)
        if revoked is not None:
            return revoked
    fresh = next((one.crl for one in statements if at <= expires_at(one.crl)), None)
    if fresh is not None:
        return CRLStatus(state=CRLState.GOOD, crl=fresh)
    return CRLStatus(state=CRLState.STALE, crl=statements[0].crl)


def turning_points(statements: Iterable[Statement]) -> Iterator[datetime]:
    """Every moment that :func:`crl_status` compares the time with: between two of them its answer is the same."""
    for one in statements:
        yield one.crl.this_update
        yield expires_at(one.crl)
        if one.entry is not None and one.entry.revoked_at is not None:
            yield one.entry.revoked_at


def expires_at(record: CRLRecord) -> datetime:
    """Until when a list is fresh."""
    return record.next_update or later(record.this_update, LONGEST_INTERVAL)


def _is_of_issuer(crl: CRL, certificate: Certificate) -> bool:
    same_key = crl.aki is not None and crl.aki == certificate.aki
    return same_key or crl.issuer_name.matches(certificate.issuer_name)


def _revocation(statement: Statement, certificate: Certificate, at: datetime) -> CRLStatus | None:
    """A revocation that was in force at ``at``: dated by then, or in a list that was out by then.

    What a list of another name revoked before the certificate existed is another certificate of that number.
    """
    entry = statement.entry
    if entry is None:
        return None
    if entry.revoked_at is not None:
        if entry.revoked_at > at and statement.crl.this_update > at:
            return None
        if not statement.is_own and entry.revoked_at < certificate.not_before:
            return None
    return CRLStatus(state=CRLState.REVOKED, crl=statement.crl, revoked_at=entry.revoked_at, reason=entry.reason)
