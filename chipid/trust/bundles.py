"""The bytes of a trust store in files: what one change brought, or many did, one thing after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust.manifest import Manifest
from chipid.trust.past_file import PastFile
from chipid.trust.record_codec import Location, Record
from chipid.trust.safe_files import write_whole
from chipid.trust.stored import Blob

MAX_BUNDLE_BYTES: Final = 256 << 20
MANY_BUNDLES: Final = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Where bytes are: the digest that names the bundle, from where, how many."""

    bundle: str
    offset: int
    length: int


def keep_bytes(
    objects: Path, held: Mapping[str, Blob], former: Mapping[str, Blob], on_disk: Mapping[str, Place]
) -> dict[str, Place]:
    """Have the bytes of what a store holds and held before on the disk, and tell where.

    What shares a file with unwanted bytes is written anew, and so is what lies in very many files. No file is left
    then that has bytes which nothing places in it: they would outlive a wipe.
    """
    wanted = {**former, **held}
    new = sum(blob.length for digest, blob in wanted.items() if digest not in on_disk)
    if new > MAX_BUNDLE_BYTES:
        message = f"a change of {new} bytes; a trust store takes {MAX_BUNDLE_BYTES} at once"
        raise TrustStoreError(message, StoreProblem.CHANGE_TOO_LARGE, limit=MAX_BUNDLE_BYTES)
    spoiled = {place.bundle for digest, place in on_disk.items() if digest not in wanted}
    places = {digest: place for digest, place in on_disk.items() if place.bundle not in spoiled}
    crowd = _crowd(places, held)
    crowd -= {at.bundle for digest, at in places.items() if at.bundle in crowd and not wanted[digest].is_whole()}
    places = {digest: place for digest, place in places.items() if place.bundle not in crowd}
    for group in (held, {digest: blob for digest, blob in former.items() if digest not in held}):
        places.update(_write_bundles(objects, [blob for digest, blob in group.items() if digest not in places]))
    return places


def _crowd(places: Mapping[str, Place], held: Collection[str]) -> set[str]:
    """The files to be merged: those of what is held, and those of what was, where either are too many."""
    of_held = {place.bundle for digest, place in places.items() if digest in held}
    of_former = {place.bundle for digest, place in places.items() if digest not in held}
    return {one for files in (of_held, of_former) if len(files) > MANY_BUNDLES for one in files}


def _write_bundles(objects: Path, blobs: Iterable[Blob]) -> dict[str, Place]:
    """Write bytes one after the other, into another file where one would become too large."""
    bundles: list[list[Blob]] = []
    size = 0
    for blob in blobs:
        if not bundles or size + blob.length > MAX_BUNDLE_BYTES:
            bundles.append([])
            size = 0
        bundles[-1].append(blob)
        size += blob.length
    places: dict[str, Place] = {}
    for bundle in bundles:
        data = b"".join(blob.read() for blob in bundle)
        name = hashlib.sha256(data).hexdigest()
        write_whole(bundle_path(objects, name), data)
        offset = 0
        for blob in bundle:
            places[blob.digest] = Place(name, offset, blob.length)
            offset += blob.length
    return places


def places_in(manifest: Manifest, past: PastFile) -> dict[str, Place]:
    """Where the bytes of everything are."""
    tables = ((past.bundles, [(record, at) for record, at, _ in past.entries]), (manifest.bundles, manifest.entries()))
    return {
        record.fingerprint: Place(bundles[at.bundle], at.offset, at.length)
        for bundles, entries in tables
        for record, at in entries
    }


class Numbering:
    """Numbers the files that a table of records needs."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self._places = places
        self._numbers: dict[str, int] = {}

    def locate(self, record: Record) -> Location:
        place = self._places[record.fingerprint]
        number = self._numbers.setdefault(place.bundle, len(self._numbers))
        return Location(bundle=number, offset=place.offset, length=place.length)

    def names(self) -> tuple[str, ...]:
        return tuple(self._numbers)


def bundle_path(objects: Path, digest: str) -> Path:
    """The file of that digest."""
    return objects / f"{digest}.der"
