"""A trust store as it was on an earlier day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from chipid.trust.records import Basis, Provenance
from chipid.trust.store import TrustStore
from chipid.trust.stored import Stored, StoredCertificate


def as_of(store: TrustStore, moment: datetime) -> TrustStore:
    """What the store held at ``moment``: imported by then, and not yet replaced or taken out.

    Each thing has the reasons that there were for it then, and the store the generation that it had. What its owner
    has wiped for good does not come back, nor what only that spoke for then. A plain folder does not know when
    something came, and stays. Raises :class:`TrustStoreError` if the store is damaged.
    """
    held: dict[str, Stored] = {one.record.fingerprint: one for one in store.things()}
    ends: dict[str, datetime] = {}
    for former in store.past.things():
        fingerprint, until = former.thing.record.fingerprint, former.ended.until
        if moment < until and (fingerprint not in ends or until < ends[fingerprint]):
            held[fingerprint], ends[fingerprint] = former.thing, until
    things = [kept for one in held.values() if (kept := _by(one, moment)) is not None]
    generation = max((one.generation for one in store.past.changes() if one.at <= moment), default=0)
    return TrustStore(generation=generation, as_of=moment).holding(_vouched(things))


def _by(one: Stored, moment: datetime) -> Stored | None:
    """The thing with the reasons to believe it that there were by ``moment``; None where there was none yet."""
    if not isinstance(one, StoredCertificate):
        return one if _reasons(one.record.provenance, moment) else None
    reasons = _reasons(one.record.provenance, moment)
    return replace(one, record=replace(one.record, provenance=reasons)) if reasons else None


def _reasons(provenance: tuple[Provenance, ...], moment: datetime) -> tuple[Provenance, ...]:
    return tuple(one for one in provenance if one.imported_at <= moment)


def _vouched(things: Iterable[Stored]) -> list[Stored]:
    """The things without the certificates that nothing among them speaks for: what did was wiped since."""
    left = {one.record.fingerprint: one for one in things}
    speaking = {name for name, one in left.items() if not isinstance(one, StoredCertificate)}
    while True:
        more = {
            name
            for name, one in left.items()
            if name not in speaking
            and any(why.basis is Basis.OWNER or why.voucher in speaking for why in one.record.provenance)
        }
        if not more:
            return [one for name, one in left.items() if name in speaking]
        speaking |= more
