"""A trust store as it was on an earlier day, as far as it remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chipid.trust.records import Provenance
from chipid.trust.store import TrustStore
from chipid.trust.stored import Contents, StoredCertificate, StoredCRL, StoredList


def as_of(store: TrustStore, moment: datetime) -> TrustStore:
    """The store without what came into it after ``moment``.

    What has been taken out since, and a revocation list that a newer one has replaced, do not come back: a store
    keeps no copy of what its owner no longer trusts. A plain folder does not know when something came, and stays.
    """
    contents = store.contents()
    return TrustStore.from_contents(
        Contents(
            anchors=tuple(kept for one in contents.anchors if (kept := _certificate(one, moment)) is not None),
            signers=tuple(kept for one in contents.signers if (kept := _certificate(one, moment)) is not None),
            crls=tuple(one for one in contents.crls if _came_by(one, moment)),
            lists=tuple(one for one in contents.lists if _came_by(one, moment)),
            generation=contents.generation,
        )
    )


def _certificate(one: StoredCertificate, moment: datetime) -> StoredCertificate | None:
    """The certificate with the reasons to trust it that there were; None where there was none yet."""
    reasons = _by(one.record.provenance, moment)
    return replace(one, record=replace(one.record, provenance=reasons)) if reasons else None


def _came_by(one: StoredCRL | StoredList, moment: datetime) -> bool:
    return bool(_by(one.record.provenance, moment))


def _by(provenance: tuple[Provenance, ...], moment: datetime) -> tuple[Provenance, ...]:
    return tuple(one for one in provenance if one.imported_at <= moment)
