"""Taking trust away, with all that hung on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chipid.errors import TrustStoreError
from chipid.trust.records import Basis, CertificateRecord, CRLRecord, Lineage, ListRecord, Provenance
from chipid.trust.store import TrustStore
from chipid.trust.stored import Contents, StoredCertificate, StoredCRL, StoredList


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalReport:
    """Everything that left the store."""

    certificates: tuple[CertificateRecord, ...]
    crls: tuple[CRLRecord, ...]
    lists: tuple[ListRecord, ...]


def remove(store: TrustStore, fingerprint: str) -> tuple[TrustStore, RemovalReport]:
    """Remove the one thing whose fingerprint begins so, and what nothing else speaks for then.

    A CSCA goes with every certificate of the same key, since trust is in keys; with it go the links, document
    signers and CRLs that it signed and the lists that it vouched for. A list goes with the certificates that only
    it brought. Raises :class:`TrustStoreError` if the beginning fits nothing or more than one thing.
    """
    found = store.find(fingerprint)
    if found is None:
        raise TrustStoreError("no fingerprint in the trust store begins so, or more than one does")
    gone = {found.record.fingerprint}
    if isinstance(found, StoredCertificate):
        gone.update(one.fingerprint for one in store.anchors if one.record.key == found.record.key)
    before = store.contents()
    kept = _without(before, gone)
    while True:
        # What is gone no longer speaks for anything; what nothing speaks for goes too, until nothing changes.
        orphaned = {one.record.fingerprint for one in kept.things() if not _vouched(one, gone)}
        if not orphaned:
            break
        gone |= orphaned
        kept = _without(kept, gone)
    kept = replace(
        kept, anchors=_relinked(kept.anchors, gone, kept.anchors), signers=_relinked(kept.signers, gone, kept.anchors)
    )
    report = RemovalReport(
        certificates=tuple(one.record for one in (*before.anchors, *before.signers) if one.record.fingerprint in gone),
        crls=tuple(one.record for one in before.crls if one.record.fingerprint in gone),
        lists=tuple(one.record for one in before.lists if one.record.fingerprint in gone),
    )
    return TrustStore.from_contents(kept), report


def _without(contents: Contents, gone: set[str]) -> Contents:
    return Contents(
        anchors=tuple(one for one in contents.anchors if one.record.fingerprint not in gone),
        signers=tuple(one for one in contents.signers if one.record.fingerprint not in gone),
        crls=tuple(one for one in contents.crls if one.record.fingerprint not in gone),
        lists=tuple(one for one in contents.lists if one.record.fingerprint not in gone),
        generation=contents.generation,
    )


def _vouched(one: StoredCertificate | StoredCRL | StoredList, gone: set[str]) -> bool:
    if isinstance(one, StoredCRL):
        return one.record.signer not in gone
    if isinstance(one, StoredList):
        return one.record.csca not in gone
    return bool(_remaining(one.record.provenance, gone))


def _remaining(provenance: Iterable[Provenance], gone: set[str]) -> tuple[Provenance, ...]:
    return tuple(one for one in provenance if one.basis is Basis.OWNER or one.voucher not in gone)


def _relinked(
    certificates: Iterable[StoredCertificate], gone: set[str], anchors: Iterable[StoredCertificate]
) -> tuple[StoredCertificate, ...]:
    """Without the provenance that is gone, and without parents that are gone."""
    present = {one.fingerprint for one in anchors}
    found = []
    for one in certificates:
        record = replace(one.record, provenance=_remaining(one.record.provenance, gone))
        if record.parent is not None and record.parent not in present:
            record = replace(record, parent=None, lineage=Lineage.PARENT_ABSENT)
        found.append(replace(one, record=record) if record != one.record else one)
    return tuple(found)
