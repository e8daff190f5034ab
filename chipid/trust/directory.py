"""A trust store on disk: a manifest, and beside it the bytes that it lists.

    manifest.json            what is in the store; replacing it is what makes a change
    objects/<sha256>.der     what one change brought, or many did, one thing after the other; never altered
    objects/<sha256>.json    what the store held before, until when and why; read only by who asks for it

A change first writes new bytes, then the manifest under another name, and then renames it; each is flushed to the
disk before the next step begins. Whenever it is killed, the manifest in place is the old one or the new one, and all
that it names is there. Bytes without a manifest are a store that lost it, and are left alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust.bundles import MAX_BUNDLE_BYTES, Numbering, Place, bundle_path, keep_bytes, places_in
from chipid.trust.errors import ManifestMissingError, StoreDamagedError, not_written
from chipid.trust.manifest import Manifest, decode_manifest, encode_manifest
from chipid.trust.past_file import PastFile, decode_past, encode_past
from chipid.trust.record_codec import Location, Record
from chipid.trust.records import CertificateRecord, Change, CRLRecord, Role
from chipid.trust.safe_files import PART, check_owner, locked, read_bounded, write_whole
from chipid.trust.stored import Before, Blob, Contents, Former, Past, Stored, StoredCertificate, StoredCRL, StoredList
from chipid.trust.strict_json import MAX_JSON_BYTES

MANIFEST: Final = "manifest.json"
OBJECTS: Final = "objects"
LOCK: Final = ".lock"
_SUFFIXES: Final = (".der", ".json", PART)

T = TypeVar("T")


def holds_store(directory: Path) -> bool:
    """True if the folder holds a manifest; otherwise it is a plain folder of certificates, or nothing.

    Raises :class:`ManifestMissingError` for the bytes of a store without the manifest that names them.
    """
    if (directory / MANIFEST).exists():
        return True
    if (directory / OBJECTS).is_dir():
        raise ManifestMissingError(directory)
    return False


def load(directory: Path) -> Contents:
    """Open a store; raises :class:`TrustStoreError`.

    The bytes are compared with their fingerprints when they are used, not here. A store that everybody on the
    machine may write to has no owner and is refused.
    """
    begun = directory / OBJECTS  # is not there yet when the manifest of an empty store is
    check_owner((directory, directory / MANIFEST, *([begun] if begun.exists() else ())))
    manifest, buffers = _read_generation(directory)
    certificates = [
        StoredCertificate(record=record, blob=_blob(record, at, buffers)) for record, at in manifest.certificates
    ]
    return Contents(
        anchors=tuple(one for one in certificates if one.record.role is not Role.DOCUMENT_SIGNER),
        signers=tuple(one for one in certificates if one.record.role is Role.DOCUMENT_SIGNER),
        crls=tuple(StoredCRL(record=record, blob=_blob(record, at, buffers)) for record, at in manifest.crls),
        lists=tuple(StoredList(record=record, blob=_blob(record, at, buffers)) for record, at in manifest.lists),
        generation=manifest.generation,
        distrusted=manifest.distrusted,
        past=Past(cache(lambda: _read_before(directory, manifest))),
    )


def save(directory: Path, contents: Contents) -> int:
    """Write ``contents`` as the next generation and return its number.

    Raises :class:`TrustStoreError` if the store on disk is not of the generation that ``contents`` came from: then
    somebody else has changed it meanwhile. A folder with other things in it does not become a store.
    """
    try:
        _make_folder(directory)
        with locked(directory / LOCK):
            if contents.generation != _generation(directory):
                message = "the trust store was changed by somebody else meanwhile; nothing was written"
                raise TrustStoreError(message, StoreProblem.CHANGED_MEANWHILE)
            return _write(directory, contents)
    except OSError as error:
        raise not_written(directory, error) from error


def update(directory: Path, change: Callable[[Contents], tuple[Contents, T]], *, approved_by: str, at: datetime) -> T:
    """Write what ``change`` makes of the store as its next generation, and return what else it tells.

    ``change`` is called again, with the store locked, if somebody else has changed the store meanwhile, also where it
    raised a :class:`TrustStoreError`. Where it raises then nothing is written, and no folder made. Raises
    :class:`TrustStoreError` besides.
    """
    contents = load(directory) if holds_store(directory) else Contents()
    try:
        changed, told = change(contents)
    except TrustStoreError:
        if _generation(directory) == contents.generation:
            raise
    try:
        _make_folder(directory)
        with locked(directory / LOCK):
            if _generation(directory) != contents.generation:
                changed, told = change(load(directory))
            made = Change(generation=changed.generation + 1, at=at, approved_by=approved_by)
            _write(directory, changed, made)
    except OSError as error:
        raise not_written(directory, error) from error
    return told


def _generation(directory: Path) -> int:
    return _read_manifest(directory).generation if holds_store(directory) else 0


def _read_manifest(directory: Path) -> Manifest:
    return decode_manifest(read_bounded(directory / MANIFEST, MAX_JSON_BYTES))


def _read_bundles(directory: Path, bundles: Iterable[str]) -> list[bytes]:
    return [read_bounded(bundle_path(directory / OBJECTS, digest), MAX_BUNDLE_BYTES) for digest in bundles]


def _read_generation(directory: Path) -> tuple[Manifest, list[bytes]]:
    """The manifest and the files it names; once more if a writer took them away in between."""
    manifest = _read_manifest(directory)
    while True:
        try:
            return manifest, _read_bundles(directory, manifest.bundles)
        except TrustStoreError:
            newer = _read_manifest(directory)
            if newer.generation <= manifest.generation:
                raise
            manifest = newer


def _read_past(directory: Path, manifest: Manifest) -> PastFile:
    if manifest.past is None:
        return PastFile()
    data = read_bounded(_past_path(directory, manifest.past), MAX_JSON_BYTES)
    if hashlib.sha256(data).hexdigest() != manifest.past:
        raise StoreDamagedError(f"the trust store is damaged: {manifest.past} does not hold what its name says")
    return decode_past(data)


def _read_before(directory: Path, manifest: Manifest) -> Before:
    try:
        past = _read_past(directory, manifest)
        buffers = _read_bundles(directory, past.bundles)
    except TrustStoreError as error:
        if _read_manifest(directory).past == manifest.past:
            raise
        message = "the trust store was changed since it was opened, and what it held before then is gone"
        raise TrustStoreError(message, StoreProblem.CHANGED_MEANWHILE) from error
    things = tuple(
        Former(thing=_stored(record, _blob(record, at, buffers)), ended=ended) for record, at, ended in past.entries
    )
    return Before(things=things, changes=past.changes)


def _stored(record: Record, blob: Blob) -> Stored:
    if isinstance(record, CertificateRecord):
        return StoredCertificate(record=record, blob=blob)
    if isinstance(record, CRLRecord):
        return StoredCRL(record=record, blob=blob)
    return StoredList(record=record, blob=blob)


def _blob(record: Record, at: Location, buffers: list[bytes]) -> Blob:
    buffer = buffers[at.bundle]
    if at.offset + at.length > len(buffer):
        raise StoreDamagedError(f"the trust store is damaged: {record.fingerprint} is beyond the end of its file")
    return Blob(digest=record.fingerprint, buffer=buffer, offset=at.offset, length=at.length)


def _write(directory: Path, contents: Contents, *change: Change) -> int:
    if not holds_store(directory):
        # First the manifest of an empty store: bytes without a manifest would look like one that was lost.
        write_whole(directory / MANIFEST, encode_manifest(Manifest()))
    (directory / OBJECTS).mkdir(mode=0o755, exist_ok=True)
    former = contents.past.things()
    old = _read_manifest(directory)
    old_past = _read_past(directory, old)
    on_disk = places_in(old, old_past)
    places = keep_bytes(
        directory / OBJECTS,
        {one.blob.digest: one.blob for one in contents.things()},
        {one.thing.blob.digest: one.thing.blob for one in former},
        on_disk,
    )
    past = _make_past(former, places, (*contents.past.changes(), *change))
    if past is not None:
        text = encode_past(past)
        decode_past(text)
        digest = hashlib.sha256(text).hexdigest()
        write_whole(_past_path(directory, digest), text)
    manifest = _make_manifest(contents, places, None if past is None else digest)
    written = encode_manifest(manifest)
    decode_manifest(written)  # a store that could not be opened again is not written
    write_whole(directory / MANIFEST, written)
    wanted = {*manifest.bundles, *(() if past is None else past.bundles), manifest.past}
    if on_disk.keys() <= places.keys() and _is_remembered(old_past, past):
        wanted.update((*old_past.bundles, old.past))  # for who opened the store a moment ago
    _collect_garbage(directory, wanted)
    return manifest.generation


def _is_remembered(old: PastFile, new: PastFile | None) -> bool:
    remembered = {(record, ended) for record, _, ended in (new or PastFile()).entries}
    return all((record, ended) in remembered for record, _, ended in old.entries)


def _make_past(former: Iterable[Former], places: Mapping[str, Place], changes: tuple[Change, ...]) -> PastFile | None:
    bundles = Numbering(places)
    entries = tuple((one.thing.record, bundles.locate(one.thing.record), one.ended) for one in former)
    return PastFile(bundles=bundles.names(), entries=entries, changes=changes) if entries or changes else None


def _make_manifest(contents: Contents, places: Mapping[str, Place], past: str | None) -> Manifest:
    bundles = Numbering(places)
    certificates = [one.record for one in (*contents.anchors, *contents.signers)]
    return Manifest(
        generation=contents.generation + 1,
        past=past,
        certificates=tuple((record, bundles.locate(record)) for record in certificates),
        crls=tuple((one.record, bundles.locate(one.record)) for one in contents.crls),
        lists=tuple((one.record, bundles.locate(one.record)) for one in contents.lists),
        bundles=bundles.names(),  # after the records, which number them
        distrusted=contents.distrusted,
    )


def _past_path(directory: Path, digest: str) -> Path:
    return directory / OBJECTS / f"{digest}.json"


def _make_folder(directory: Path) -> None:
    if not holds_store(directory) and directory.is_dir():
        own = (LOCK, MANIFEST + PART, MANIFEST, OBJECTS)  # somebody else may begin the store just now
        others = [one.name for one in directory.iterdir() if one.name not in own]
        if others:
            message = f"{directory} is no trust store and holds other files, such as {min(others)}"
            raise TrustStoreError(message, StoreProblem.FOREIGN_FILES, folder=directory, file=min(others))
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)


def _collect_garbage(directory: Path, wanted: Collection[str | None]) -> None:
    """Remove what is not named. What cannot be removed does no harm."""
    for path in (directory / OBJECTS).iterdir():
        if path.stem not in wanted and path.name.endswith(_SUFFIXES):
            try:
                os.unlink(path)  # noqa: PTH108 - the tests stop the process at each call of os
            except OSError:
                continue
