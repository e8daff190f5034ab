"""A trust store on disk: a manifest, and beside it the bytes that it lists.

    manifest.json            what is in the store; replacing it is what makes a change
    objects/<sha256>.der     what one change brought, one thing after the other; never altered

A change first writes new bytes, then the manifest under another name, and then renames it; each is flushed to the
disk before the next step begins. Whenever it is killed, the manifest in place is the old one or the new one, and all
that it names is there.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chipid.errors import TrustStoreError
from chipid.trust.manifest import MAX_MANIFEST_BYTES, Location, Manifest, decode_manifest, encode_manifest
from chipid.trust.records import Role
from chipid.trust.stored import Blob, Contents, StoredCertificate, StoredCRL, StoredList

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

MANIFEST: Final = "manifest.json"
OBJECTS: Final = "objects"
LOCK: Final = ".lock"
PART: Final = ".part"
MAX_BUNDLE_BYTES: Final = 256 << 20
_FLAGS: Final = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def is_store(directory: Path) -> bool:
    """True if the folder holds a manifest; otherwise it is a plain folder of certificates, or nothing."""
    return (directory / MANIFEST).exists()


def load(directory: Path) -> Contents:
    """Open a store; raises :class:`TrustStoreError`.

    The bytes are compared with their fingerprints when they are used, not here. A store that everybody on the
    machine may write to has no owner and is refused.
    """
    _check_owner(directory)
    manifest, buffers = _read_generation(directory)

    def blob(fingerprint: str, at: Location) -> Blob:
        buffer = buffers[at.bundle]
        if at.offset + at.length > len(buffer):
            raise TrustStoreError(f"the trust store is damaged: {fingerprint} is beyond the end of its file")
        return Blob(digest=fingerprint, buffer=buffer, offset=at.offset, length=at.length)

    certificates = [
        StoredCertificate(record=record, blob=blob(record.fingerprint, at)) for record, at in manifest.certificates
    ]
    return Contents(
        anchors=tuple(one for one in certificates if one.record.role is not Role.DOCUMENT_SIGNER),
        signers=tuple(one for one in certificates if one.record.role is Role.DOCUMENT_SIGNER),
        crls=tuple(StoredCRL(record=record, blob=blob(record.fingerprint, at)) for record, at in manifest.crls),
        lists=tuple(StoredList(record=record, blob=blob(record.fingerprint, at)) for record, at in manifest.lists),
        generation=manifest.generation,
    )


def save(directory: Path, contents: Contents) -> int:
    """Write ``contents`` as the next generation and return its number.

    Raises :class:`TrustStoreError` if the store on disk is not of the generation that ``contents`` came from: then
    somebody else has changed it meanwhile. A folder with other things in it does not become a store.
    """
    try:
        _make_folder(directory)
        with _locked(directory):
            return _write(directory, contents)
    except OSError as error:
        raise TrustStoreError(f"the trust store {directory} cannot be written ({error.strerror})") from error


def _read_generation(directory: Path) -> tuple[Manifest, list[bytes]]:
    """The manifest and the files it names; once more if a writer took them away in between."""
    manifest = decode_manifest(_read(directory / MANIFEST, MAX_MANIFEST_BYTES))
    while True:
        try:
            return manifest, [_read(_bundle_path(directory, digest), MAX_BUNDLE_BYTES) for digest in manifest.bundles]
        except TrustStoreError:
            newer = decode_manifest(_read(directory / MANIFEST, MAX_MANIFEST_BYTES))
            if newer.generation <= manifest.generation:
                raise
            manifest = newer


def _write(directory: Path, contents: Contents) -> int:
    old = decode_manifest(_read(directory / MANIFEST, MAX_MANIFEST_BYTES)) if is_store(directory) else None
    if contents.generation != (0 if old is None else old.generation):
        raise TrustStoreError("the trust store was changed by somebody else meanwhile; nothing was written")
    present = {} if old is None else _places(old)
    missing = list({one.blob.digest: one.blob for one in contents.things() if one.blob.digest not in present}.values())
    if missing:
        bundle = b"".join(blob.read() for blob in missing)
        digest = hashlib.sha256(bundle).hexdigest()
        _write_file(_bundle_path(directory, digest), bundle)
        offset = 0
        for blob in missing:
            present[blob.digest] = (digest, offset, blob.length)
            offset += blob.length
    manifest = _make_manifest(contents, present)
    _write_file(directory / MANIFEST, encode_manifest(manifest))
    _collect_garbage(directory, manifest)
    return manifest.generation


def _make_manifest(contents: Contents, places: dict[str, tuple[str, int, int]]) -> Manifest:
    bundles = tuple(dict.fromkeys(places[one.blob.digest][0] for one in contents.things()))
    numbers = {digest: number for number, digest in enumerate(bundles)}

    def locate(fingerprint: str) -> Location:
        digest, offset, length = places[fingerprint]
        return Location(bundle=numbers[digest], offset=offset, length=length)

    certificates = [one.record for one in (*contents.anchors, *contents.signers)]
    return Manifest(
        generation=contents.generation + 1,
        bundles=bundles,
        certificates=tuple((record, locate(record.fingerprint)) for record in certificates),
        crls=tuple((one.record, locate(one.record.fingerprint)) for one in contents.crls),
        lists=tuple((one.record, locate(one.record.fingerprint)) for one in contents.lists),
    )


def _places(manifest: Manifest) -> dict[str, tuple[str, int, int]]:
    return {
        record.fingerprint: (manifest.bundles[at.bundle], at.offset, at.length) for record, at in manifest.entries()
    }


def _bundle_path(directory: Path, digest: str) -> Path:
    return directory / OBJECTS / f"{digest}.der"


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise TrustStoreError(f"{path} cannot be read ({error.strerror})") from error
    if len(data) > limit:
        raise TrustStoreError(f"{path} is larger than {limit} bytes")
    return data


def _make_folder(directory: Path) -> None:
    if not is_store(directory) and directory.is_dir():
        others = [one.name for one in directory.iterdir() if one.name not in (OBJECTS, LOCK, MANIFEST + PART)]
        if others:
            raise TrustStoreError(f"{directory} holds other files, such as {min(others)}: name a folder of its own")
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    (directory / OBJECTS).mkdir(mode=0o755, exist_ok=True)


def _check_owner(directory: Path) -> None:
    if os.name != "posix":
        return
    for path in (directory, directory / MANIFEST, directory / OBJECTS):
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise TrustStoreError(f"{path} cannot be read ({error.strerror})") from error
        if mode & stat.S_IWOTH:
            raise TrustStoreError(f"{path} may be written by everybody on this machine: it has no owner")


def _write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk before returning."""
    part = path.with_name(path.name + PART)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(part, path)  # noqa: PTH105 - the tests stop the process at each call of os
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Have a renaming on the disk. Windows has no such call and needs none."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _collect_garbage(directory: Path, manifest: Manifest) -> None:
    """Remove what no manifest names any more. What cannot be removed does no harm."""
    wanted = {_bundle_path(directory, digest).name for digest in manifest.bundles}
    for path in (directory / OBJECTS).iterdir():
        if path.name not in wanted and path.name.endswith((".der", PART)):
            try:
                os.unlink(path)  # noqa: PTH108 - as above
            except OSError:
                continue


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One writer at a time. The lock belongs to the process: it is gone when the process is."""
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
