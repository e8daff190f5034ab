"""Short ways to fill a store in tests."""

from __future__ import annotations

import hashlib
from datetime import datetime

from chipid.trust.draft import Delivery
from chipid.trust.imports import import_certificates
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.issuing import Issued

EMPTY = TrustStore(anchors=())


def delivery(file: str = "file", *, by: str = "Nguyễn Văn A", at: datetime = issuing.NOW) -> Delivery:
    digest = hashlib.sha256(file.encode()).hexdigest()
    return Delivery(file=file, file_sha256=digest, approved_by=by, at=at)


def approve(store: TrustStore, *certificates: Issued) -> TrustStore:
    """The store with certificates that its owner has approved."""
    fingerprints = [one.fingerprint for one in certificates]
    return import_certificates(store, [one.raw for one in certificates], delivery(), approved=fingerprints)[0]


def fingerprints(store: TrustStore) -> set[str]:
    return {one.fingerprint for one in (*store.anchors, *store.signers)}
