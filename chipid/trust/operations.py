"""What one does with a trust store, one function for each command: the files are read and the store written here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from apdu.errors import CardError, ToolkitError
from chipid.errors import StoreProblem, TrustStoreError
from chipid.pki.certificate import parse_certificate
from chipid.pki.master_list import MAX_MASTER_LIST_BYTES, MasterList, parse_master_list
from chipid.trust import audit as auditing
from chipid.trust import diff as comparing
from chipid.trust import directory as disk
from chipid.trust import imports, removal
from chipid.trust.approval import Approval, checked_name
from chipid.trust.description import may_issue
from chipid.trust.draft import Delivery, ImportReport
from chipid.trust.errors import TrustRefusedError, unreadable
from chipid.trust.files import damaged, read_certificate_file
from chipid.trust.received import FileKind, digest_of, recognise
from chipid.trust.records import CertificateRecord, CRLRecord, Ended, ListRecord
from chipid.trust.store import TrustStore
from chipid.trust.stored import Contents, StoredCertificate, StoredCRL, StoredList


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The records of a store; ``unread`` are files of a plain folder that were not used."""

    generation: int
    certificates: tuple[CertificateRecord, ...]
    document_signers: tuple[CertificateRecord, ...]
    crls: tuple[CRLRecord, ...]
    lists: tuple[ListRecord, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One thing of a store with its bytes; ``path`` leads from a certificate to where trust in it begins.

    ``ended`` tells of a thing that the store holds no longer until when it did, and why.
    """

    record: CertificateRecord | CRLRecord | ListRecord
    data: bytes
    path: tuple[CertificateRecord, ...]
    ended: Ended | None = None


def import_files(directory: Path, files: Sequence[Path], approval: Approval, at: datetime) -> tuple[ImportReport, ...]:
    """Bring files of any kind into the store in ``directory``, which is made if it is not there: all or none.

    Raises :class:`TrustStoreError` and its children :class:`TrustRefusedError` and :class:`ApprovalError`, the latter
    for a fingerprint that none of the files has; the store is as it was then.
    """

    def change(contents: Contents) -> tuple[Contents, tuple[ImportReport, ...]]:
        store, reports = TrustStore.from_contents(contents), []
        for path in files:
            store, report = _import_file(store, path, approval, at)
            reports.append(report)
        approval.check_all_found(one for report in reports for one in report.approved)
        return store.contents(), tuple(reports)

    return disk.update(directory, change, approved_by=approval.by, at=at)


def _import_file(store: TrustStore, path: Path, approval: Approval, at: datetime) -> tuple[TrustStore, ImportReport]:
    pinned = [der for file in approval.pinned for der in _read_pinned(file)]
    try:
        with path.open("rb") as stream:
            kind, blocks = recognise(stream, path.name)
            digest = digest_of(stream, path.name)
            name = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in path.name)
            delivery = Delivery(file=name, file_sha256=digest, approved_by=approval.by, at=at)
            if kind is not FileKind.LDIF:
                return _import_blocks(store, kind, blocks, delivery, approval, pinned)
            store, report = imports.import_ldif(
                store,
                stream,
                delivery,
                pinned=pinned,
                accepted_signers=approval.list_signers,
                approved=approval.certificates,
            )
    except OSError as error:
        raise unreadable(path.name, error) from error
    except TrustRefusedError as error:
        raise error.of_file(path.name) from error
    except CardError as error:  # what a parser says of a card's bytes is a matter of a file here
        raise damaged(path.name, error.message) from error
    if report.is_empty:
        message = f"there is nothing in {path.name} that could come into a trust store"
        raise TrustStoreError(message, StoreProblem.FILE_WITHOUT_TRUST, file=path.name)
    return store, report


def list_store(directory: Path, *, country: str | None = None) -> Listing:
    """The records of a store, of one state if ``country`` is given."""
    store = TrustStore.from_directory(directory)

    def wanted(record: CertificateRecord | CRLRecord | ListRecord) -> bool:
        return country is None or record.country.upper() == country.upper()

    return Listing(
        generation=store.generation,
        certificates=tuple(one.record for one in store.anchors if wanted(one.record)),
        document_signers=tuple(one.record for one in store.signers if wanted(one.record)),
        crls=tuple(one.record for one in store.crls if wanted(one.record)),
        lists=tuple(one.record for one in store.lists if wanted(one.record)),
        unread=store.unread,
    )


def show(directory: Path, fingerprint: str) -> Shown:
    """The one thing whose fingerprint begins so, or the one that the store held before where it holds none.

    Raises :class:`TrustStoreError` if there is none or several.
    """
    store = TrustStore.from_directory(directory)
    try:
        found = store.one_beginning(fingerprint)
    except TrustStoreError as error:
        former = store.find_former(fingerprint) if error.problem is StoreProblem.FINGERPRINT_UNKNOWN else None
        if former is None:
            raise
        return Shown(record=former.thing.record, data=former.thing.blob.read(), path=(), ended=former.ended)
    return Shown(record=found.record, data=found.blob.read(), path=_path(store, found))


def audit(directory: Path, now: datetime) -> auditing.Audit:
    """The expiry and freshness of a store as of ``now``."""
    return auditing.audit(TrustStore.from_directory(directory), now)


def remove(directory: Path, fingerprint: str, *, by: str, at: datetime, wipe: bool = False) -> removal.RemovalReport:
    """Take something out of a store with all that hangs on it, and forget it if ``wipe``.

    Raises :class:`TrustStoreError`.
    """
    if not disk.holds_store(directory):
        message = f"{directory} is no trust store with a manifest"
        raise TrustStoreError(message, StoreProblem.PLAIN_FOLDER, folder=directory)
    by = checked_name(by)

    def change(contents: Contents) -> tuple[Contents, removal.RemovalReport]:
        store, report = removal.remove(TrustStore.from_contents(contents), fingerprint, by=by, at=at, wipe=wipe)
        return store.contents(), report

    return disk.update(directory, change, approved_by=by, at=at)


def diff(first: Path, second: Path) -> comparing.Difference:
    """What changed from the first to the second; each is a store or a master list file."""
    return comparing.diff(_side(first), _side(second))


def _read_pinned(path: Path) -> Iterator[bytes]:
    """The CSCAs of a file that the owner names beside a list; another kind of file vouches for nothing."""
    for der in read_certificate_file(path):
        try:
            usable = may_issue(parse_certificate(der))
        except ToolkitError:
            usable = False
        if not usable:
            message = f"{path.name}, given with --pinned, is no certificate of a CSCA"
            raise TrustStoreError(message, StoreProblem.PINNED_UNUSABLE, file=path.name)
        yield der


def _side(path: Path) -> TrustStore | MasterList:
    if path.is_dir():
        return TrustStore.from_directory(path)
    try:
        with path.open("rb") as file:
            return parse_master_list(file.read(MAX_MASTER_LIST_BYTES + 1))
    except OSError as error:
        raise unreadable(path.name, error) from error
    except ToolkitError as error:
        raise damaged(path.name, f"it is no master list: {error.message}") from error


def _path(store: TrustStore, found: StoredCertificate | StoredCRL | StoredList) -> tuple[CertificateRecord, ...]:
    if not isinstance(found, StoredCertificate):
        return ()
    by_fingerprint = {one.fingerprint: one.record for one in store.anchors}
    path = [found.record]
    while len(path) <= len(by_fingerprint):
        parent = by_fingerprint.get(path[-1].parent or "")
        if parent is None or parent in path:
            break
        path.append(parent)
    return tuple(path)


def _import_blocks(
    store: TrustStore,
    kind: FileKind,
    blocks: Sequence[bytes],
    delivery: Delivery,
    approval: Approval,
    pinned: Sequence[bytes],
) -> tuple[TrustStore, ImportReport]:
    approved, accepted = approval.certificates, approval.list_signers
    match kind:
        case FileKind.MASTER_LIST:
            return imports.import_master_list(
                store, blocks[0], delivery, pinned=pinned, accepted_signers=accepted, approved=approved
            )
        case FileKind.DEVIATION_LIST:
            return imports.import_deviation_list(store, blocks[0], delivery, accepted_signers=accepted)
        case FileKind.CRL:
            return imports.import_crl(store, blocks[0], delivery)
        case _:
            return imports.import_certificates(store, blocks, delivery, approved=approved)
