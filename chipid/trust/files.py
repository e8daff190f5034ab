"""Files as people have them: DER, or PEM with one or several certificates; and what is in them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from apdu import tlv
from apdu.errors import ToolkitError
from chipid.asn1 import der, oids
from chipid.errors import TrustStoreError

MAX_FILE_SIZE: Final = 1 << 20
PEM_BEGIN: Final = b"-----BEGIN "
_DEVIATION_LIST: Final = der.encode_oid(oids.ICAO_DEVIATION_LIST)
_LABELS: Final = (b"CERTIFICATE", b"X509 CRL", b"CMS", b"PKCS7")


def read_certificate_file(path: Path) -> Iterator[bytes]:
    """The certificates of a file in DER, undecoded. Raises :class:`TrustStoreError` naming the file."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise TrustStoreError(f"{path.name} cannot be read ({error.strerror})") from error
    if len(data) > MAX_FILE_SIZE:
        raise TrustStoreError(f"{path.name} is larger than {MAX_FILE_SIZE} bytes")
    if is_pem(data):
        yield from (block for _, block in split_pem(data, path.name))
    else:
        yield data


def split_pem(data: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    """The blocks of a PEM text with their labels (RFC 7468).

    Raises :class:`TrustStoreError` for a block that is damaged or has another label.
    """
    offset = 0
    while (start := data.find(PEM_BEGIN, offset)) >= 0:
        label = next((one for one in _LABELS if data.startswith(one + b"-----", start + len(PEM_BEGIN))), None)
        if label is None:
            raise TrustStoreError(f"{source} holds a PEM block that is neither a certificate nor a list")
        begin = start + len(PEM_BEGIN) + len(label) + 5
        end = data.find(b"-----END " + label + b"-----", begin)
        if end < 0:
            raise TrustStoreError(f"{source} holds a PEM block without an end")
        text = b"".join(data[begin:end].split())
        try:
            yield label.decode("ascii"), base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise TrustStoreError(f"{source} holds a damaged PEM block") from error
        offset = end


def is_pem(data: bytes) -> bool:
    """True if the data is PEM: DER of a certificate or list begins with 30, which is the digit 0."""
    return not data.startswith(b"0") and PEM_BEGIN in data


class FileKind(StrEnum):
    """What an imported file is, by its content."""

    CERTIFICATES = "certificates"
    CRL = "crl"
    MASTER_LIST = "master-list"
    DEVIATION_LIST = "deviation-list"
    LDIF = "ldif"


def kind_of(data: bytes, name: str) -> FileKind:
    """What a thing in DER is, by its shape: CMS begins with an object identifier, a CRL has a time where a certificate
    has a name. Raises :class:`TrustStoreError` naming the file."""
    try:
        first = _first_inside(data)
        if first.tag == der.OBJECT_IDENTIFIER:
            return FileKind.DEVIATION_LIST if _DEVIATION_LIST in data[:256] else FileKind.MASTER_LIST
        fields = first.children()
        start = 1 if fields and fields[0].tag == der.INTEGER else 0
        is_crl = len(fields) > start + 2 and fields[start + 2].tag in (der.UTC_TIME, der.GENERALIZED_TIME)
    except ToolkitError as error:
        raise TrustStoreError(f"{name} is neither a certificate, a CRL, a list nor an LDIF file") from error
    return FileKind.CRL if is_crl else FileKind.CERTIFICATES


def _first_inside(data: bytes) -> tlv.TLV:
    """The first element of the outermost SEQUENCE, whose length may be indefinite as CMS has it."""
    start = 2 if data[1:2] == b"\x80" else tlv.read_header(data)[1]
    return tlv.parse_first(data, start)[0]
