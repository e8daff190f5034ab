"""What the revocation lists of a state say of a certificate (ICAO Doc 9303-12 §7.2, RFC 5280 §6.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chipid.pki.certificate import Certificate
from chipid.pki.crl import CRL, RevocationReason
from chipid.trust.records import CRLRecord
from chipid.trust.stored import StoredCRL

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


def crl_status(crls: Iterable[StoredCRL], certificate: Certificate, at: datetime) -> CRLStatus:
    """The status of ``certificate`` as of ``at``.

    One list speaks for all names and keys of a state. Where there are several, the ones that bear the name or key
    identifier of the certificate's issuer speak first, and any newer one after them: some states have two CSCAs that
    count their certificates separately. A list that names the certificate counts however old it is; one that does
    not name it counts while it is fresh.
    """
    country = certificate.issuer_name.country or certificate.country
    lists = sorted(
        (one for one in crls if one.record.country == country),
        key=lambda one: (_is_of_issuer(one.crl, certificate), one.record.this_update),
        reverse=True,
    )
    if not lists:
        return CRLStatus(state=CRLState.MISSING)
    fresh = next((one for one in lists if at <= expires_at(one.record)), None)
    for one in lists:
        is_own = _is_of_issuer(one.crl, certificate)
        if is_own or fresh is None or one.record.this_update >= fresh.record.this_update:
            revoked = _revocation(one, certificate, at, is_own=is_own)
            if revoked is not None:
                return revoked
    if fresh is not None:
        return CRLStatus(state=CRLState.GOOD, crl=fresh.record)
    return CRLStatus(state=CRLState.STALE, crl=lists[0].record)


def expires_at(record: CRLRecord) -> datetime:
    """Until when a list is fresh."""
    return record.next_update or record.this_update + LONGEST_INTERVAL


def _is_of_issuer(crl: CRL, certificate: Certificate) -> bool:
    same_key = crl.aki is not None and crl.aki == certificate.aki
    return same_key or crl.issuer_name.matches(certificate.issuer_name)


def _revocation(stored: StoredCRL, certificate: Certificate, at: datetime, *, is_own: bool) -> CRLStatus | None:
    """A revocation that was in force at ``at``: dated by then, or in a list that was out by then.

    What a list of another name revoked before the certificate existed is another certificate of that number.
    """
    found = stored.crl.find(certificate.serial)
    if found is None:
        return None
    if found.revoked_at is not None:
        if found.revoked_at > at and stored.record.this_update > at:
            return None
        if not is_own and found.revoked_at < certificate.not_before:
            return None
    return CRLStatus(state=CRLState.REVOKED, crl=stored.record, revoked_at=found.revoked_at, reason=found.reason)
