"""Files as somebody hands them in: what each is, by its content and not by its name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, Final

from apdu import tlv
from apdu.errors import ToolkitError
from chipid.asn1 import der, oids
from chipid.errors import StoreProblem, TrustStoreError
from chipid.pki.deviation_list import MAX_DEVIATION_LIST_BYTES
from chipid.pki.ldif import PKDKind, read_pkd
from chipid.pki.master_list import MAX_MASTER_LIST_BYTES, parse_master_list
from chipid.trust.files import is_pem, split_pem, too_large

MAX_IMPORT_BYTES: Final = max(MAX_MASTER_LIST_BYTES, MAX_DEVIATION_LIST_BYTES)
MAX_LDIF_BYTES: Final = 1 << 30
_HASH_CHUNK: Final = 1 << 20
_DEVIATION_LIST: Final = der.encode_oid(oids.ICAO_DEVIATION_LIST)
_BEGINNING: Final = 1 << 16
_LDIF_BEGINNINGS: Final = (b"dn:", b"version:")


class FileKind(StrEnum):
    """What a file is, in the order in which one needs the other."""

    CERTIFICATES = "certificates"
    MASTER_LIST = "master-list"
    LDIF = "ldif"
    CRL = "crl"
    DEVIATION_LIST = "deviation-list"


def recognise(stream: BinaryIO, name: str) -> tuple[FileKind, tuple[bytes, ...]]:
    """What a file is, and its contents in DER: those of a PEM file must be of one kind. An LDIF is left unread.

    Raises :class:`TrustStoreError` with the name of the file.
    """
    data = stream.read(MAX_IMPORT_BYTES + 1)
    if not data:
        raise TrustStoreError(f"{name} is empty", StoreProblem.FILE_EMPTY, file=name)
    if _is_ldif(data):
        return FileKind.LDIF, ()
    if len(data) > MAX_IMPORT_BYTES:
        raise too_large(name, MAX_IMPORT_BYTES)
    blocks = tuple(block for _, block in split_pem(data, name)) if is_pem(data) else (data,)
    kinds = {kind_of(block, name) for block in blocks}
    if len(kinds) != 1 or (kinds != {FileKind.CERTIFICATES} and len(blocks) > 1):
        raise TrustStoreError(f"{name} holds several things at once", StoreProblem.FILE_MIXED, file=name)
    return kinds.pop(), blocks


def certificates_in(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The certificates of a file in DER, those of its master lists among them; nothing is verified.

    Raises :class:`TrustStoreError` for a file that holds none, :class:`MalformedDataError` for a damaged one.
    """
    kind, blocks = recognise(stream, name)
    match kind:
        case FileKind.CERTIFICATES:
            yield from blocks
        case FileKind.MASTER_LIST:
            yield from parse_master_list(blocks[0]).certificates
        case FileKind.LDIF:
            stream.seek(0)
            for found in read_pkd(stream):
                if found.kind is PKDKind.CERTIFICATE:
                    yield found.data
                elif found.kind is PKDKind.MASTER_LIST:
                    yield from parse_master_list(found.data).certificates
        case _:
            message = f"{name} holds no certificates that could be compared"
            raise TrustStoreError(message, StoreProblem.FILE_NOT_COMPARABLE, file=name)


def digest_of(stream: BinaryIO, name: str) -> str:
    """The SHA-256 of a whole file in hexadecimal; raises :class:`TrustStoreError` if it is too large."""
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while chunk := stream.read(_HASH_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > MAX_LDIF_BYTES:
            raise too_large(name, MAX_LDIF_BYTES)
    return digest.hexdigest()


def _is_ldif(data: bytes) -> bool:
    """True if the first line that is no comment is one that an LDIF file begins with (RFC 2849)."""
    lines = (line for line in data[:_BEGINNING].splitlines() if line.strip() and not line.startswith((b"#", b" ")))
    return next(lines, b"").lower().startswith(_LDIF_BEGINNINGS)


def kind_of(data: bytes, name: str) -> FileKind:
    """What a thing in DER is, by its shape: CMS begins with an object identifier, a CRL has a time where a certificate
    has a name. Raises :class:`TrustStoreError` with the name of the file."""
    try:
        first = _first_inside(data)
        if first.tag == der.OBJECT_IDENTIFIER:
            return FileKind.DEVIATION_LIST if _DEVIATION_LIST in data[:256] else FileKind.MASTER_LIST
        fields = first.children()
        start = 1 if fields and fields[0].tag == der.INTEGER else 0
        is_crl = len(fields) > start + 2 and fields[start + 2].tag in (der.UTC_TIME, der.GENERALIZED_TIME)
    except ToolkitError as error:
        kinds = "certificate, revocation list, master list, deviation list nor LDIF"
        raise TrustStoreError(f"{name} is neither {kinds}", StoreProblem.FILE_UNKNOWN, file=name) from error
    return FileKind.CRL if is_crl else FileKind.CERTIFICATES


def _first_inside(data: bytes) -> tlv.TLV:
    """The first element of the outermost SEQUENCE, whose length may be indefinite as CMS has it."""
    start = 2 if data[1:2] == b"\x80" else tlv.read_header(data)[1]
    return tlv.parse_first(data, start)[0]
