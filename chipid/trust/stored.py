"""Things in a trust store: the record of each, and its bytes, decoded when first asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

from apdu.errors import ToolkitError
from chipid.crypto.keys import ECPublicKey, encode_public_key
from chipid.errors import TrustStoreError
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.pki.crl import CRL, parse_crl
from chipid.pki.deviation_list import DeviationList, parse_deviation_list
from chipid.pki.extensions import KeyUsage
from chipid.pki.master_list import MasterList, parse_master_list
from chipid.trust.records import (
    CertificateRecord,
    CRLRecord,
    Distrust,
    Ended,
    Lineage,
    ListRecord,
    Provenance,
    Role,
)

CACHED_CERTIFICATES: Final = 4096
CACHED_LISTS: Final = 256
CACHED_DEVIATION_LISTS: Final = 32

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Bytes inside a buffer, named by their SHA-256, which is compared when they are read."""

    digest: str
    buffer: bytes = field(repr=False, compare=False)
    offset: int = field(default=0, compare=False)
    length: int = field(default=-1, compare=False)

    @classmethod
    def of(cls, data: bytes) -> Blob:
        return cls(digest=hashlib.sha256(data).hexdigest(), buffer=data, length=len(data))

    def read(self) -> bytes:
        """The bytes; raises :class:`TrustStoreError` if they are not those that were stored."""
        data = self.buffer[self.offset : self.offset + self.length]
        if hashlib.sha256(data).hexdigest() != self.digest:
            raise TrustStoreError(f"the trust store is damaged: {self.digest} does not hold what its name says")
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate of the store."""

    record: CertificateRecord
    blob: Blob = field(repr=False)

    @property
    def certificate(self) -> Certificate:
        """The decoded certificate; raises :class:`TrustStoreError` if the store is damaged."""
        return _certificate(self.blob)

    @property
    def fingerprint(self) -> str:
        return self.record.fingerprint

    @property
    def source(self) -> str:
        """The file that first brought it."""
        return self.record.provenance[0].file

    def also_from(self, provenance: tuple[Provenance, ...]) -> StoredCertificate:
        """The same certificate, brought once more; what is known already is not repeated."""
        known = {(one.file_sha256, one.basis, one.voucher) for one in self.record.provenance}
        added = tuple(one for one in provenance if (one.file_sha256, one.basis, one.voucher) not in known)
        merged = (*self.record.provenance, *added)
        return replace(self, record=replace(self.record, provenance=merged)) if added else self


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCRL:
    """A revocation list of the store."""

    record: CRLRecord
    blob: Blob = field(repr=False)

    @property
    def crl(self) -> CRL:
        return _crl(self.blob)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredList:
    """A signed list of the store."""

    record: ListRecord
    blob: Blob = field(repr=False)

    @property
    def master_list(self) -> MasterList:
        return _decode(self.blob, parse_master_list, "master list")

    @property
    def deviation_list(self) -> DeviationList:
        return _deviation_list(self.blob)


Stored: TypeAlias = StoredCertificate | StoredCRL | StoredList


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A thing as a store held it before."""

    thing: Stored
    ended: Ended


class Past:
    """What a store held before, the older of two records of one thing first; it is read when first asked for."""

    __slots__ = ("_added", "_read")

    def __init__(self, read: Callable[[], tuple[Former, ...]] = tuple, added: tuple[Former, ...] = ()) -> None:
        self._read = read
        self._added = added

    def things(self) -> tuple[Former, ...]:
        """All of it. Raises :class:`TrustStoreError` if it cannot be read."""
        return (*self._read(), *self._added)

    def and_also(self, added: Iterable[Former]) -> Past:
        """This past and what has ended since."""
        return Past(self._read, (*self._added, *added))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that is in a store; ``generation`` counts how often it was written."""

    anchors: tuple[StoredCertificate, ...] = ()
    signers: tuple[StoredCertificate, ...] = ()
    crls: tuple[StoredCRL, ...] = ()
    lists: tuple[StoredList, ...] = ()
    generation: int = 0
    distrusted: tuple[Distrust, ...] = ()
    past: Past = field(default_factory=Past, repr=False, compare=False)

    def things(self) -> Iterator[Stored]:
        """Everything, in the order of the manifest."""
        yield from self.anchors
        yield from self.signers
        yield from self.crls
        yield from self.lists


def describe(
    certificate: Certificate,
    *,
    role: Role,
    lineage: Lineage | None,
    parent: str | None,
    provenance: tuple[Provenance, ...],
) -> CertificateRecord:
    """The record of a certificate; ``parent`` is the fingerprint of the one whose key signed it."""
    return CertificateRecord(
        fingerprint=certificate.fingerprint,
        role=role,
        country=certificate.country,
        subject=certificate.subject,
        issuer=certificate.issuer,
        serial=f"{certificate.serial:x}",
        ski=None if certificate.ski is None else certificate.ski.hex(),
        aki=None if certificate.aki is None else certificate.aki.hex(),
        key=key_digest(certificate),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        lineage=lineage,
        parent=parent,
        deviations=certificate.deviations,
        provenance=provenance,
    )


def key_digest(certificate: Certificate) -> str:
    """SHA-256 of the public key, the same however its curve is written; of the bytes where it cannot be loaded."""
    try:
        key = certificate.public_key
    except ToolkitError:
        return hashlib.sha256(certificate.spki).hexdigest()
    named = replace(key, explicit=False) if isinstance(key, ECPublicKey) else key
    return hashlib.sha256(encode_public_key(named)).hexdigest()


def may_issue(certificate: Certificate) -> bool:
    """True unless the certificate says that its key is not for signing certificates.

    Real CSCA certificates, links above all, lack one of the two marks; none of them lacks both.
    """
    constraints, usage = certificate.basic_constraints, certificate.key_usage
    if constraints is None and usage is None:
        return certificate.extended_key_usage is None
    marked = constraints is not None and constraints.is_issuer
    return marked or (usage is not None and KeyUsage.KEY_CERT_SIGN in usage)


@lru_cache(maxsize=CACHED_CERTIFICATES)
def _certificate(blob: Blob) -> Certificate:
    return _decode(blob, parse_certificate, "certificate")


@lru_cache(maxsize=CACHED_LISTS)
def _crl(blob: Blob) -> CRL:
    return _decode(blob, parse_crl, "revocation list")


@lru_cache(maxsize=CACHED_DEVIATION_LISTS)
def _deviation_list(blob: Blob) -> DeviationList:
    return _decode(blob, parse_deviation_list, "deviation list")


def _decode(blob: Blob, parse: Callable[[bytes], T], kind: str) -> T:
    data = blob.read()
    try:
        return parse(data)
    except ToolkitError as error:
        raise TrustStoreError(f"the trust store is damaged: {blob.digest} is no {kind}: {error.message}") from error
