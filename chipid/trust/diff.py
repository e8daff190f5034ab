"""What changed between two master lists, or two stores, or a list and a store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chipid.pki.certificate import Certificate, parse_certificate
from chipid.pki.master_list import MasterList
from chipid.trust.description import key_digest
from chipid.trust.store import TrustStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A CSCA certificate in one of the two; ``key`` is the digest of its public key."""

    fingerprint: str
    country: str
    subject: str
    serial: str
    key: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the second has and the first has not, and the other way round.

    ``new_keys`` and ``lost_keys`` are what matters for trust: a certificate can be issued anew for the same key.
    ``new_countries`` and ``lost_countries`` are states with no key at all in the other one.
    """

    added: tuple[Listed, ...]
    removed: tuple[Listed, ...]
    unchanged: int
    new_keys: tuple[Listed, ...]
    lost_keys: tuple[Listed, ...]
    new_countries: tuple[str, ...]
    lost_countries: tuple[str, ...]


def diff(first: TrustStore | MasterList, second: TrustStore | MasterList) -> Difference:
    """Compare the CSCA certificates of both. No signature is verified: comparing trusts nothing."""
    before, after = _listed(first), _listed(second)
    keys_before, keys_after = {one.key for one in before.values()}, {one.key for one in after.values()}
    countries_before, countries_after = _countries(before.values()), _countries(after.values())
    added = [one for fingerprint, one in after.items() if fingerprint not in before]
    removed = [one for fingerprint, one in before.items() if fingerprint not in after]
    return Difference(
        added=_sorted(added),
        removed=_sorted(removed),
        unchanged=len(before) - len(removed),
        new_keys=_sorted({one.key: one for one in added if one.key not in keys_before}.values()),
        lost_keys=_sorted({one.key: one for one in removed if one.key not in keys_after}.values()),
        new_countries=tuple(sorted(countries_after - countries_before)),
        lost_countries=tuple(sorted(countries_before - countries_after)),
    )


def _listed(side: TrustStore | MasterList) -> dict[str, Listed]:
    if isinstance(side, MasterList):
        return {one.fingerprint: one for one in (_describe(parse_certificate(der)) for der in side.certificates)}
    return {
        one.fingerprint: Listed(
            fingerprint=one.fingerprint,
            country=one.record.country,
            subject=one.record.subject,
            serial=one.record.serial,
            key=one.record.key,
            not_before=one.record.not_before,
            not_after=one.record.not_after,
        )
        for one in side.anchors
    }


def _describe(certificate: Certificate) -> Listed:
    return Listed(
        fingerprint=certificate.fingerprint,
        country=certificate.country,
        subject=certificate.subject,
        serial=f"{certificate.serial:x}",
        key=key_digest(certificate),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
    )


def _countries(listed: Iterable[Listed]) -> set[str]:
    return {one.country for one in listed}


def _sorted(listed: Iterable[Listed]) -> tuple[Listed, ...]:
    return tuple(sorted(listed, key=lambda one: (one.country, one.not_before, one.fingerprint)))
