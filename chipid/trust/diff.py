"""What changed between two stores, files with CSCA certificates, or one of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from apdu.errors import ToolkitError
from chipid.pki.certificate import parse_certificate
from chipid.trust.description import describe, may_issue
from chipid.trust.records import CertificateRecord, Role
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
class Side:
    """The CSCA certificates of one of the two by their fingerprints, and the fingerprints of what is damaged."""

    listed: Mapping[str, Listed]
    damaged: tuple[str, ...] = ()

    @classmethod
    def of_store(cls, store: TrustStore) -> Side:
        return cls(listed={one.fingerprint: _listed(one.record) for one in store.anchors})

    @classmethod
    def of_certificates(cls, certificates: Iterable[bytes]) -> Side:
        """Of certificates in DER; those that are not of a CSCA are left out."""
        listed: dict[str, Listed] = {}
        damaged: dict[str, None] = {}
        for der in certificates:
            try:
                certificate = parse_certificate(der)
            except ToolkitError:
                damaged[hashlib.sha256(der).hexdigest()] = None
                continue
            if may_issue(certificate):
                record = describe(certificate, role=Role.CSCA, lineage=None, parent=None, provenance=())
                listed[record.fingerprint] = _listed(record)
        return cls(listed=listed, damaged=tuple(damaged))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the second has and the first has not, and the other way round.

    ``new_keys`` and ``lost_keys`` are what matters for trust: a certificate can be issued anew for the same key.
    ``new_countries`` and ``lost_countries`` are states with no key at all in the other one. ``damaged`` are the
    fingerprints of what cannot be read in either, and was not compared.
    """

    added: tuple[Listed, ...]
    removed: tuple[Listed, ...]
    unchanged: int
    new_keys: tuple[Listed, ...]
    lost_keys: tuple[Listed, ...]
    new_countries: tuple[str, ...]
    lost_countries: tuple[str, ...]
    damaged: tuple[str, ...]


def diff(first: Side, second: Side) -> Difference:
    """Compare the CSCA certificates of both. No signature is verified: comparing trusts nothing."""
    before, after = first.listed, second.listed
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
        damaged=tuple(dict.fromkeys((*first.damaged, *second.damaged))),
    )


def _listed(record: CertificateRecord) -> Listed:
    return Listed(
        fingerprint=record.fingerprint,
        country=record.country,
        subject=record.subject,
        serial=record.serial,
        key=record.key,
        not_before=record.not_before,
        not_after=record.not_after,
    )


def _countries(listed: Iterable[Listed]) -> set[str]:
    return {one.country for one in listed}


def _sorted(listed: Iterable[Listed]) -> tuple[Listed, ...]:
    return tuple(sorted(listed, key=lambda one: (one.country, one.not_before, one.fingerprint)))
