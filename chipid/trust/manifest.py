"""The manifest of a trust store: the records of all that is in it, as strict JSON.

What a store held before is in a file of its own (:mod:`chipid.trust.past_file`), which the manifest only names: who
opens a store to judge does not read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust import record_codec as codec
from chipid.trust.record_codec import Location, Record
from chipid.trust.records import CertificateRecord, CRLRecord, Distrust, ListRecord
from chipid.trust.strict_json import Fields, decode_document, encode_document, encode_value

FORMAT: Final = "chipid-trust-store"
VERSION: Final = 2

_WHAT: Final = "the manifest of the trust store"
_TOP_FIELDS: Final = frozenset(
    {
        "format",
        "version",
        "generation",
        "past",
        "bundles",
        "provenance",
        "certificates",
        "crls",
        "lists",
        "distrusted",
    }
)
_DISTRUST_FIELDS: Final = frozenset(Distrust.__dataclass_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The records with the place of each; ``bundles`` names the files that hold the bytes, by their digests.

    ``generation`` counts the changes; ``past`` is the digest of the file about what was in the store before, None
    where there is nothing to tell; ``distrusted`` are the keys that the owner has taken out.
    """

    generation: int = 0
    past: str | None = None
    bundles: tuple[str, ...] = ()
    certificates: tuple[tuple[CertificateRecord, Location], ...] = ()
    crls: tuple[tuple[CRLRecord, Location], ...] = ()
    lists: tuple[tuple[ListRecord, Location], ...] = ()
    distrusted: tuple[Distrust, ...] = ()

    def entries(self) -> Iterator[tuple[Record, Location]]:
        """All records."""
        yield from self.certificates
        yield from self.crls
        yield from self.lists


def encode_manifest(manifest: Manifest) -> bytes:
    """The JSON text, the same for the same manifest; raises :class:`TrustStoreError` if it becomes too large."""
    codec.check_bundles(manifest.bundles)
    provenance, numbers = codec.encode_provenance(record for record, _ in manifest.entries())
    document = {
        "format": FORMAT,
        "version": VERSION,
        "generation": manifest.generation,
        "past": manifest.past,
        "bundles": manifest.bundles,
        "provenance": provenance,
        "certificates": [codec.encode_record(*entry, numbers) for entry in manifest.certificates],
        "crls": [codec.encode_record(*entry, numbers) for entry in manifest.crls],
        "lists": [codec.encode_record(*entry, numbers) for entry in manifest.lists],
        "distrusted": [encode_value(one) for one in manifest.distrusted],
    }
    return encode_document(document, _WHAT)


def decode_manifest(data: bytes) -> Manifest:
    """Read a manifest; raises :class:`TrustStoreError` that names the place."""
    fields = decode_document(data, _WHAT, _TOP_FIELDS)
    if fields.take("format", str) != FORMAT or fields.take("version", int) != VERSION:
        raise TrustStoreError("the manifest is not that of a trust store of this version", StoreProblem.OTHER_VERSION)
    bundles = codec.decode_bundles(fields)
    known = codec.decode_provenance(fields)
    manifest = Manifest(
        generation=fields.take("generation", int),
        past=fields.take_optional_digest("past"),
        bundles=bundles,
        certificates=tuple(
            [(one, codec.decode_location(row)) for one, row in codec.decode_certificates(fields, known)]
        ),
        crls=tuple([(one, codec.decode_location(row)) for one, row in codec.decode_crls(fields, known)]),
        lists=tuple([(one, codec.decode_location(row)) for one, row in codec.decode_lists(fields, known)]),
        distrusted=fields.take_all("distrusted", _decode_distrust),
    )
    _check_references(manifest)
    return manifest


def _check_references(manifest: Manifest) -> None:
    if manifest.generation < 0:
        raise TrustStoreError("the manifest has no generation")
    fingerprints = [record.fingerprint for record, _ in manifest.entries()]
    if len(set(fingerprints)) != len(fingerprints):
        raise TrustStoreError("the manifest lists a fingerprint twice")
    if len({one.key for one in manifest.distrusted}) != len(manifest.distrusted):
        raise TrustStoreError("the manifest lists a distrusted key twice")
    codec.check_locations(manifest.entries(), manifest.bundles)


def _decode_distrust(value: object, place: str) -> Distrust:
    row = Fields(value, place, _DISTRUST_FIELDS)
    return Distrust(
        key=row.take_digest("key"),
        fingerprint=row.take_digest("fingerprint"),
        removed_at=row.take_time("removed_at"),
        approved_by=row.take("approved_by", str),
    )
