"""A trust store as it was on an earlier day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chipid.trust.records import Provenance, Role
from chipid.trust.store import TrustStore
from chipid.trust.stored import Contents, Stored, StoredCertificate, StoredCRL, StoredList


def as_of(store: TrustStore, moment: datetime) -> TrustStore:
    """What the store held at ``moment``: imported by then, and not yet replaced or taken out.

    Each thing has the reasons that there were for it then, and the store the generation that it had. What its owner
    has wiped for good does not come back. A plain folder does not know when something came, and stays. Raises
    :class:`TrustStoreError` if the store is damaged.
    """
    contents = store.contents()
    held: dict[str, Stored] = {one.record.fingerprint: one for one in contents.things()}
    ends: dict[str, datetime] = {}
    for former in contents.past.things():
        fingerprint, until = former.thing.record.fingerprint, former.ended.until
        if moment < until and (fingerprint not in ends or until < ends[fingerprint]):
            held[fingerprint], ends[fingerprint] = former.thing, until
    things = [kept for one in held.values() if (kept := _by(one, moment)) is not None]
    certificates = [one for one in things if isinstance(one, StoredCertificate)]
    then = TrustStore.from_contents(
        Contents(
            anchors=tuple(one for one in certificates if one.record.role is not Role.DOCUMENT_SIGNER),
            signers=tuple(one for one in certificates if one.record.role is Role.DOCUMENT_SIGNER),
            crls=tuple(one for one in things if isinstance(one, StoredCRL)),
            lists=tuple(one for one in things if isinstance(one, StoredList)),
            generation=max((one.generation for one in contents.past.changes() if one.at <= moment), default=0),
        )
    )
    return replace(then, as_of=moment)


def _by(one: Stored, moment: datetime) -> Stored | None:
    """The thing with the reasons to believe it that there were by ``moment``; None where there was none yet."""
    if not isinstance(one, StoredCertificate):
        return one if _reasons(one.record.provenance, moment) else None
    reasons = _reasons(one.record.provenance, moment)
    return replace(one, record=replace(one.record, provenance=reasons)) if reasons else None


def _reasons(provenance: tuple[Provenance, ...], moment: datetime) -> tuple[Provenance, ...]:
    return tuple(one for one in provenance if one.imported_at <= moment)
