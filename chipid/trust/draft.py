"""A trust store while something is brought into it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chipid.errors import StoreProblem, TrustStoreError
from chipid.pki.certificate import Certificate
from chipid.trust.description import describe, key_digest
from chipid.trust.errors import Refusal, refused
from chipid.trust.records import (
    Basis,
    CertificateRecord,
    CRLRecord,
    Ended,
    Ending,
    Lineage,
    ListRecord,
    Provenance,
    Role,
)
from chipid.trust.series import withdrawn
from chipid.trust.store import TrustStore
from chipid.trust.stored import Blob, Former, Stored, StoredCertificate, StoredCRL, StoredList

MAX_CERTIFICATES: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What the owner hands in: the name of the file, its SHA-256, who approves it, and when."""

    file: str
    file_sha256: str
    approved_by: str
    at: datetime

    @classmethod
    def of(cls, data: bytes, *, file: str, approved_by: str, at: datetime) -> Delivery:
        return cls(file=file, file_sha256=hashlib.sha256(data).hexdigest(), approved_by=approved_by, at=at)

    def provenance(self, basis: Basis, voucher: str | None = None) -> Provenance:
        return Provenance(
            file=self.file,
            file_sha256=self.file_sha256,
            basis=basis,
            voucher=voucher,
            imported_at=self.at,
            approved_by=self.approved_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One thing of a file that did not come into the store."""

    fingerprint: str
    subject: str
    refusal: Refusal
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did. ``known`` counts the certificates that the store held already, ``known_lists`` the lists.

    ``lineages`` counts those of a master list by how they hang together. ``withdrawn`` are those that were in lists
    only, and are in none of the newest any more; they stay. ``approved`` are the fingerprints among those that the
    owner gave of what came in from the file, or was known already.
    """

    delivery: Delivery
    certificates: tuple[CertificateRecord, ...] = ()
    known: int = 0
    known_lists: int = 0
    lists: tuple[ListRecord, ...] = ()
    crls: tuple[CRLRecord, ...] = ()
    refused: tuple[Refused, ...] = ()
    lineages: Mapping[Lineage, int] = field(default_factory=dict)
    withdrawn: tuple[CertificateRecord, ...] = ()
    approved: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """True if there was nothing in the file that could be brought or refused."""
        return not (self.refused or self._has_something)

    @property
    def is_refused(self) -> bool:
        """True if nothing of the file is in the store, neither now nor from before, because all was refused."""
        return bool(self.refused) and not self._has_something

    @property
    def _has_something(self) -> bool:
        return bool(self.certificates or self.known or self.lists or self.crls or self.known_lists)


class Draft:
    """Collects changes to a store; :meth:`store` is the store with them."""

    def __init__(self, store: TrustStore, delivery: Delivery) -> None:
        self.delivery = delivery
        self.refused: list[Refused] = []
        self.lineages: dict[Lineage, int] = {}
        self.added: dict[str, None] = {}
        self.known = self.known_lists = 0
        self.new_lists: list[ListRecord] = []
        self.new_crls: list[CRLRecord] = []
        self.approved: set[str] = set()
        self._wanted: set[str] = set()
        self._before = store
        self._generation = store.generation
        self._certificates = {one.fingerprint: one for one in (*store.anchors, *store.signers)}
        self._crls = {one.record.fingerprint: one for one in store.crls}
        self._lists = {one.record.fingerprint: one for one in store.lists}
        self._distrusted = {one.key: one for one in store.distrusted}
        self._past = store.past
        self._snapshot: TrustStore | None = store

    def store(self) -> TrustStore:
        """The store as it is now, except that document signers may be missing: nothing is looked up under them.

        Building it anew costs time, so it is kept until something else is added.
        """
        if self._snapshot is None:
            rest = TrustStore(generation=self._generation, distrusted=tuple(self._distrusted.values()), past=self._past)
            held: list[Stored] = [*self._certificates.values(), *self._crls.values(), *self._lists.values()]
            self._snapshot = rest.holding(held)
        return self._snapshot

    def finish(self) -> tuple[TrustStore, ImportReport]:
        """The store and what was done to it."""
        self._snapshot = None
        store = self.store()
        report = ImportReport(
            delivery=self.delivery,
            certificates=tuple(self._certificates[fingerprint].record for fingerprint in self.added),
            known=self.known,
            known_lists=self.known_lists,
            lists=tuple(self.new_lists),
            crls=tuple(self.new_crls),
            refused=tuple(self.refused),
            lineages=dict(self.lineages),
            withdrawn=self._withdrawn(store) if self.new_lists else (),
            approved=frozenset(self.approved),
        )
        return store, report

    def _withdrawn(self, store: TrustStore) -> tuple[CertificateRecord, ...]:
        before = {one.fingerprint for one in withdrawn(self._before)}
        return tuple(one for one in withdrawn(store) if one.fingerprint not in before)

    def is_approved(self, certificate: Certificate, approved: Collection[str]) -> bool:
        """True if the owner approves it now, which ends any distrust in its key once it comes in.

        Raises :class:`TrustRefusedError` if not, and the owner has taken its key out of the store.
        """
        if certificate.fingerprint in approved:
            self._wanted.add(certificate.fingerprint)
            return True
        if self.is_distrusted(certificate):
            raise refused(Refusal.DISTRUSTED, certificate, "has a key that the owner has taken out of the store")
        return False

    def is_distrusted(self, certificate: Certificate) -> bool:
        """True if the owner has taken its key out of the store."""
        return bool(self._distrusted) and key_digest(certificate) in self._distrusted

    def add_certificate(
        self,
        certificate: Certificate,
        *,
        role: Role,
        lineage: Lineage | None,
        parent: Certificate | None,
        provenance: tuple[Provenance, ...],
    ) -> None:
        """Add a certificate, or where it came from once more."""
        fingerprint = certificate.fingerprint
        parent_fingerprint = None if parent is None else parent.fingerprint
        found = self._certificates.get(fingerprint)
        if fingerprint in self._wanted:
            self.approved.add(fingerprint)
            if self._distrusted.pop(key_digest(certificate), None) is not None:
                self._snapshot = None
        if role is not Role.DOCUMENT_SIGNER:
            self._snapshot = None
        if found is not None:
            self.known += fingerprint not in self.added
            if found.record.parent is None and parent_fingerprint is not None:
                if fingerprint not in self.added:
                    self._end(found, Ending.ALTERED)
                better = replace(found.record, lineage=lineage, parent=parent_fingerprint)
                found = replace(found, record=better)
            self._certificates[fingerprint] = found.also_from(provenance)
            return
        record = describe(certificate, role=role, lineage=lineage, parent=parent_fingerprint, provenance=provenance)
        self._certificates[fingerprint] = StoredCertificate(record=record, blob=Blob.of(certificate.raw))
        if len(self._certificates) > MAX_CERTIFICATES:
            message = f"a trust store holds at most {MAX_CERTIFICATES} certificates"
            raise TrustStoreError(message, StoreProblem.FULL, limit=MAX_CERTIFICATES)
        self.added[fingerprint] = None

    def knows(self, fingerprint: str) -> bool:
        """True if a certificate or list of this fingerprint is in the store."""
        return fingerprint in self._certificates or fingerprint in self._lists or fingerprint in self._crls

    def add_list(self, record: ListRecord, data: bytes) -> None:
        """Add a signed list."""
        self._snapshot = None
        if record.fingerprint in self._lists:
            self.known_lists += 1
            return
        self._lists[record.fingerprint] = StoredList(record=record, blob=Blob.of(data))
        self.new_lists.append(record)

    def add_crl(self, record: CRLRecord, data: bytes, replaced: StoredCRL | None) -> None:
        """Add a revocation list in place of the one before it."""
        self._snapshot = None
        if replaced is not None:
            del self._crls[replaced.record.fingerprint]
            if replaced.record not in self.new_crls:
                self._end(replaced, Ending.REPLACED, successor=record.fingerprint)
        self._crls[record.fingerprint] = StoredCRL(record=record, blob=Blob.of(data))
        self.new_crls.append(record)

    def _end(self, thing: Stored, ending: Ending, successor: str | None = None) -> None:
        """Keep what was in the store before: how it held until now."""
        ended = Ended(until=self.delivery.at, ending=ending, ended_by=self.delivery.approved_by, successor=successor)
        self._past = self._past.and_also([Former(thing=thing, ended=ended)])

    def refuse(self, data: bytes, subject: str, refusal: Refusal, message: str) -> None:
        """Note what does not come in."""
        fingerprint = hashlib.sha256(data).hexdigest()
        self.refused.append(Refused(fingerprint=fingerprint, subject=subject, refusal=refusal, message=message))
