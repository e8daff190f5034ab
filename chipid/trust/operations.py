"""What one does with a trust store, one function for each command: the files are read and the store written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from apdu.errors import CardError, ToolkitError
from chipid.errors import StoreProblem, TrustStoreError
from chipid.pki.certificate import parse_certificate
from chipid.trust import audit as auditing
from chipid.trust import diff as comparing
from chipid.trust import directory as disk
from chipid.trust import imports, removal
from chipid.trust.approval import Approval, checked_name
from chipid.trust.description import may_issue
from chipid.trust.details import CertificateDetails, certificate_details
from chipid.trust.draft import Delivery, ImportReport
from chipid.trust.errors import TrustRefusedError, unreadable
from chipid.trust.files import damaged, read_certificate_file
from chipid.trust.received import FileKind, certificates_in, digest_of, recognise
from chipid.trust.records import UNDATED, CertificateRecord, CRLRecord, Ended, ListRecord
from chipid.trust.store import TrustStore
from chipid.trust.stored import Contents, Stored, StoredCertificate, StoredList
from chipid.trust.views import of_countries, with_lineages

R = TypeVar("R", CertificateRecord, CRLRecord, ListRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What an import did with each file; if there is an ``error``, what it refused, and nothing came in."""

    files: tuple[ImportReport, ...]
    error: TrustRefusedError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The records of a store, by country and age; of one state only if ``country`` is its code.

    ``unread`` are files of a plain folder that were not used.
    """

    generation: int
    country: str | None
    certificates: tuple[CertificateRecord, ...]
    document_signers: tuple[CertificateRecord, ...]
    crls: tuple[CRLRecord, ...]
    lists: tuple[ListRecord, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One thing of a store with its bytes.

    ``path`` leads from a certificate to where trust in it begins; for a list it is the CSCA whose key signed it, or its
    signer's certificate, as far as the store has it. ``details`` are those of a certificate. ``ended`` tells of a thing
    that the store holds no longer until when it did, and why.
    """

    record: CertificateRecord | CRLRecord | ListRecord
    data: bytes = field(repr=False)
    path: tuple[CertificateRecord, ...]
    details: CertificateDetails | None
    ended: Ended | None = None


def import_files(directory: Path, paths: Sequence[Path], approval: Approval, at: datetime) -> Imports:
    """Bring files of any kind into the store in ``directory``, which is made if it is not there: all or none.

    The files may be in any order, though one needs another. A file of which everything was refused is an error too, and
    what was refused is told. Raises :class:`TrustStoreError` and its children :class:`TrustRefusedError` and
    :class:`ApprovalError`, the latter for a fingerprint that none of the files has; the store is as it was then.
    """
    ordered = sorted(dict.fromkeys(paths), key=lambda path: list(FileKind).index(_kind_of_file(path)))

    def change(contents: Contents) -> tuple[Contents, Imports]:
        store, reports = _import_in_turn(TrustStore.from_contents(contents), ordered, approval, at)
        approval.check_all_found(one for report in reports.values() for one in report.approved)
        return store.contents(), Imports(files=tuple(reports[path] for path in dict.fromkeys(paths)))

    try:
        return disk.update(directory, change, approved_by=approval.by, at=at)
    except _AllRefusedError as error:
        return Imports(files=(error.report,), error=error)


class _AllRefusedError(TrustRefusedError):
    """Everything in a file was refused; the reason is that of most of it."""

    def __init__(self, report: ImportReport) -> None:
        ((refusal, _),) = Counter(one.refusal for one in report.refused).most_common(1)
        file = report.delivery.file
        super().__init__(refusal, f"{file}: everything in it was refused, {len(report.refused)} in all", file=file)
        self.report = report


def _import_in_turn(
    store: TrustStore, paths: Sequence[Path], approval: Approval, at: datetime
) -> tuple[TrustStore, Mapping[Path, ImportReport]]:
    """Bring the files one after the other; what is refused is tried again after the others, as long as that helps."""
    reports: dict[Path, ImportReport] = {}
    pending = paths
    while pending:
        refused: dict[Path, TrustRefusedError] = {}
        for path in pending:
            try:
                store, reports[path] = _import_file(store, path, approval, at)
            except TrustRefusedError as error:
                refused[path] = error
        if len(refused) == len(pending):
            raise next(iter(refused.values()))
        pending = list(refused)
    return store, reports


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
    if report.is_refused:
        raise _AllRefusedError(report)
    return store, report


def list_store(directory: Path, *, country: str | None = None) -> Listing:
    """The records of a store, of one state if ``country`` is given."""
    store = _open(directory)
    if country is not None:
        store = of_countries(store, {country.upper()}, with_lists=False)
    return Listing(
        generation=store.generation,
        country=country,
        certificates=_by_age((one.record for one in store.anchors), lambda one: one.not_before),
        document_signers=_by_age((one.record for one in store.signers), lambda one: one.not_before),
        crls=_by_age((one.record for one in store.crls), lambda one: one.this_update),
        lists=_by_age((one.record for one in store.lists), lambda one: one.signing_time or UNDATED),
        unread=store.unread,
    )


def show(directory: Path, fingerprint: str) -> Shown:
    """The one thing whose fingerprint begins so, or the one that the store held before where it holds none.

    Raises :class:`TrustStoreError` if there is none or several.
    """
    store = _open(directory)
    ended = None
    try:
        found = store.one_beginning(fingerprint)
        path = _path(store, found)
    except TrustStoreError as error:
        former = store.find_former(fingerprint) if error.problem is StoreProblem.FINGERPRINT_UNKNOWN else None
        if former is None:
            raise
        found, path, ended = former.thing, (), former.ended
    details = certificate_details(found.certificate) if isinstance(found, StoredCertificate) else None
    return Shown(record=found.record, data=found.blob.read(), path=path, details=details, ended=ended)


def audit(
    directory: Path, now: datetime, *, look_ahead: timedelta = auditing.LOOK_AHEAD, countries: Collection[str] = ()
) -> auditing.Audit:
    """The expiry and freshness of a store as of ``now``, of some states only if ``countries`` has their codes."""
    wanted = frozenset(one.upper() for one in countries)
    return auditing.audit(_open(directory), now, look_ahead=look_ahead, countries=wanted)


def remove(
    directory: Path, fingerprint: str, *, by: str, at: datetime, wipe: bool = False, dry_run: bool = False
) -> removal.RemovalReport:
    """Take something out of a store with all that hangs on it, and forget it if ``wipe``; or only tell what goes.

    Raises :class:`TrustStoreError`.
    """
    if not disk.holds_store(directory):
        message = f"{directory} is no trust store with a manifest"
        raise TrustStoreError(message, StoreProblem.PLAIN_FOLDER, folder=directory)
    by = checked_name(by)

    def change(contents: Contents) -> tuple[Contents, removal.RemovalReport]:
        store, report = removal.remove(TrustStore.from_contents(contents), fingerprint, by=by, at=at, wipe=wipe)
        return store.contents(), report

    if dry_run:
        return replace(change(disk.load(directory))[1], dry_run=True)
    return disk.update(directory, change, approved_by=by, at=at)


def diff(first: Path, second: Path) -> comparing.Difference:
    """What changed from the first to the second; each is a store, or a file with CSCA certificates as for an import.

    Raises :class:`TrustStoreError`. No signature is verified.
    """
    return comparing.diff(_side(first), _side(second))


def _open(directory: Path) -> TrustStore:
    """The store in ``directory``; the certificates of a plain folder are told apart by who signed them."""
    store = TrustStore.from_directory(directory)
    return store if disk.holds_store(directory) else with_lineages(store)


def _by_age(records: Iterable[R], begin: Callable[[R], datetime]) -> tuple[R, ...]:
    return tuple(sorted(records, key=lambda one: (one.country, begin(one), one.fingerprint)))


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


def _side(path: Path) -> comparing.Side:
    if path.is_dir():
        return comparing.Side.of_store(TrustStore.from_directory(path))
    try:
        with path.open("rb") as stream:
            return comparing.Side.of_certificates(certificates_in(stream, path.name))
    except OSError as error:
        raise unreadable(path.name, error) from error
    except CardError as error:
        raise damaged(path.name, error.message) from error


def _path(store: TrustStore, found: Stored) -> tuple[CertificateRecord, ...]:
    by_fingerprint = {one.fingerprint: one.record for one in store.anchors}
    if not isinstance(found, StoredCertificate):
        vouchers = (found.record.signer, found.record.csca if isinstance(found, StoredList) else None)
        return tuple(by_fingerprint[one] for one in vouchers if one in by_fingerprint)
    path = [found.record]
    while len(path) <= len(by_fingerprint):
        parent = by_fingerprint.get(path[-1].parent or "")
        if parent is None or parent in path:
            break
        path.append(parent)
    return tuple(path)


def _kind_of_file(path: Path) -> FileKind:
    try:
        with path.open("rb") as stream:
            return recognise(stream, path.name)[0]
    except OSError as error:
        raise unreadable(path.name, error) from error


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
