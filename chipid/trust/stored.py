"""Things in a trust store: the record of each, and its bytes, decoded when first asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Self, TypeAlias, TypeVar

from apdu.errors import ToolkitError
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.pki.crl import CRL, parse_crl
from chipid.pki.deviation_list import DeviationList, parse_deviation_list
from chipid.pki.master_list import MasterList, parse_master_list
from chipid.trust.description import describe, describe_crl, describe_list, mismatches, role_of
from chipid.trust.errors import StoreDamagedError
from chipid.trust.list_signer import verify_list_signature
from chipid.trust.records import (
    CertificateRecord,
    Change,
    CRLRecord,
    Distrust,
    Ended,
    ListKind,
    ListRecord,
    Provenance,
    Role,
)

CACHED_CERTIFICATES: Final = 4096
CACHED_LISTS: Final = 256
CACHED_DEVIATION_LISTS: Final = 32

R = TypeVar("R", CertificateRecord, CRLRecord, ListRecord)
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

    def is_whole(self) -> bool:
        """True if the bytes are those that were stored."""
        return hashlib.sha256(self._data()).hexdigest() == self.digest

    def read(self) -> bytes:
        """The bytes; raises :class:`TrustStoreError` if they are not those that were stored."""
        if not self.is_whole():
            raise StoreDamagedError(f"the trust store is damaged: {self.digest} does not hold what its name says")
        return self._data()

    def _data(self) -> bytes:
        return self.buffer[self.offset : self.offset + self.length]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate of the store."""

    record: CertificateRecord
    blob: Blob = field(repr=False)

    @property
    def certificate(self) -> Certificate:
        """The decoded certificate; raises :class:`TrustStoreError` if the store is damaged."""
        certificate, as_read = _certificate(self.blob)
        _check(self.record, as_read)
        return certificate

    def wrong_fields(self) -> tuple[str, ...]:
        """The fields in which the record says something else than the bytes, which are read anew for it.

        Raises :class:`StoreDamagedError` if the bytes are bad.
        """
        _, as_read = _certificate.__wrapped__(self.blob)
        noted = () if self.record.deviations == as_read.deviations else ("deviations",)
        return mismatches(self.record, as_read) + noted

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
        """The decoded list; raises :class:`TrustStoreError` if the store is damaged."""
        crl, as_read = _crl(self.blob)
        _check(self.record, as_read)
        return crl

    def wrong_fields(self) -> tuple[str, ...]:
        """As :meth:`StoredCertificate.wrong_fields`."""
        return mismatches(self.record, _crl.__wrapped__(self.blob)[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredList:
    """A signed list of the store."""

    record: ListRecord
    blob: Blob = field(repr=False)

    @property
    def master_list(self) -> MasterList:
        """The decoded list; raises :class:`TrustStoreError` if the store is damaged."""
        parsed, as_read = _master_list(self.blob)
        _check(self.record, as_read)
        return parsed

    @property
    def deviation_list(self) -> DeviationList:
        """The decoded list; raises :class:`TrustStoreError` if the store is damaged."""
        parsed, as_read = _deviation_list(self.blob)
        _check(self.record, as_read)
        return parsed

    def wrong_fields(self) -> tuple[str, ...]:
        """As :meth:`StoredCertificate.wrong_fields`."""
        if self.record.kind is ListKind.DEVIATION_LIST:
            return mismatches(self.record, _deviation_list.__wrapped__(self.blob)[1])
        return mismatches(self.record, _master_list(self.blob)[1])


Stored: TypeAlias = StoredCertificate | StoredCRL | StoredList


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A thing as a store held it before."""

    thing: Stored
    ended: Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a store held before, the older of two records of one thing first, and when it was changed."""

    things: tuple[Former, ...] = ()
    changes: tuple[Change, ...] = ()


class Past:
    """What a store held before; it is read when first asked for. Its methods raise :class:`TrustStoreError`."""

    __slots__ = ("_added", "_read")

    def __init__(self, read: Callable[[], Before] = Before, added: tuple[Former, ...] = ()) -> None:
        self._read = read
        self._added = added

    def things(self) -> tuple[Former, ...]:
        """Everything that ceased to hold."""
        return (*self._read().things, *self._added)

    def changes(self) -> tuple[Change, ...]:
        """Every change that was written."""
        return self._read().changes

    def and_also(self, added: Iterable[Former]) -> Past:
        """This past and what has ended since."""
        return Past(self._read, (*self._added, *added))

    def changed(self, change: Callable[[Stored], Stored | None]) -> Past:
        """This past with what ``change`` makes of each thing; what it makes None of is forgotten."""
        kept = tuple(replace(one, thing=thing) for one in self.things() if (thing := change(one.thing)) is not None)
        before = replace(self._read(), things=kept)
        return Past(lambda: before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that is in a store; ``generation`` counts how often it was written.

    ``unread`` are the files of a plain folder that were not used.
    """

    anchors: tuple[StoredCertificate, ...] = ()
    signers: tuple[StoredCertificate, ...] = ()
    crls: tuple[StoredCRL, ...] = ()
    lists: tuple[StoredList, ...] = ()
    generation: int = 0
    distrusted: tuple[Distrust, ...] = ()
    past: Past = field(default_factory=Past, repr=False, compare=False)
    unread: tuple[str, ...] = field(default=(), compare=False)

    def things(self) -> Iterator[Stored]:
        """Everything, in the order of the manifest."""
        yield from self.anchors
        yield from self.signers
        yield from self.crls
        yield from self.lists

    def holding(self, things: Iterable[Stored]) -> Self:
        """The same store with these things in place of all that it holds."""
        held = tuple(things)
        certificates = [one for one in held if isinstance(one, StoredCertificate)]
        return replace(
            self,
            anchors=tuple(one for one in certificates if one.record.role is not Role.DOCUMENT_SIGNER),
            signers=tuple(one for one in certificates if one.record.role is Role.DOCUMENT_SIGNER),
            crls=tuple(one for one in held if isinstance(one, StoredCRL)),
            lists=tuple(one for one in held if isinstance(one, StoredList)),
        )


@lru_cache(maxsize=CACHED_CERTIFICATES)
def _certificate(blob: Blob) -> tuple[Certificate, CertificateRecord]:
    certificate = _decode(blob, parse_certificate, "certificate")
    role = role_of(certificate)
    return certificate, describe(certificate, role=role, lineage=None, parent=None, provenance=())


@lru_cache(maxsize=CACHED_LISTS)
def _crl(blob: Blob) -> tuple[CRL, CRLRecord]:
    crl = _decode(blob, parse_crl, "revocation list")
    return crl, describe_crl(crl, signer="", provenance=())


@lru_cache(maxsize=CACHED_DEVIATION_LISTS)
def _deviation_list(blob: Blob) -> tuple[DeviationList, ListRecord]:
    parsed = _decode(blob, parse_deviation_list, "deviation list")
    return parsed, _describe_signed(parsed, blob)


def _master_list(blob: Blob) -> tuple[MasterList, ListRecord]:
    parsed = _decode(blob, parse_master_list, "master list")
    return parsed, _describe_signed(parsed, blob)


def _describe_signed(parsed: MasterList | DeviationList, blob: Blob) -> ListRecord:
    signer = _decode(blob, lambda _: verify_list_signature(parsed.signed), "list that its signer signed")
    return describe_list(parsed, signer, csca=None, provenance=())


def _decode(blob: Blob, parse: Callable[[bytes], T], kind: str) -> T:
    data = blob.read()
    try:
        return parse(data)
    except ToolkitError as error:
        raise StoreDamagedError(f"the trust store is damaged: {blob.digest} is no {kind}: {error.message}") from error


def _check(record: R, as_read: R) -> None:
    """Raises :class:`StoreDamagedError` if the record was changed after the thing came in."""
    wrong = mismatches(record, as_read)
    if wrong:
        names = ", ".join(wrong)
        raise StoreDamagedError(f"the trust store is damaged: of {record.fingerprint} it tells another {names}")
