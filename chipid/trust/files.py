"""Certificate files as people have them: DER, or PEM with one or several certificates."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust.errors import unreadable

MAX_FILE_SIZE: Final = 1 << 20
MAX_BLOCKS: Final = 8192
PEM_BEGIN: Final = b"-----BEGIN "
_BLANKS: Final = b" \t\n\r\v\f"
_LABELS: Final = (b"CERTIFICATE", b"X509 CRL", b"CMS", b"PKCS7")


def read_certificate_file(path: Path) -> Iterator[bytes]:
    """The certificates of a file in DER, undecoded. Raises :class:`TrustStoreError` naming the file."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise unreadable(path.name, error) from error
    if len(data) > MAX_FILE_SIZE:
        raise too_large(path.name, MAX_FILE_SIZE)
    if is_pem(data):
        yield from (block for _, block in split_pem(data, path.name))
    else:
        yield data


def split_pem(data: bytes, source: str) -> Iterator[tuple[str, bytes]]:
    """The blocks of a PEM text with their labels (RFC 7468).

    Raises :class:`TrustStoreError` for a block that is damaged or has another label, and after :data:`MAX_BLOCKS`.
    """
    offset = blocks = 0
    while (start := data.find(PEM_BEGIN, offset)) >= 0:
        label = next((one for one in _LABELS if data.startswith(one + b"-----", start + len(PEM_BEGIN))), None)
        if label is None:
            message = f"{source} holds a PEM block that is neither a certificate nor a list"
            raise TrustStoreError(message, StoreProblem.FILE_UNKNOWN, file=source)
        begin = start + len(PEM_BEGIN) + len(label) + 5
        end = data.find(b"-----END " + label + b"-----", begin)
        if end < 0:
            raise damaged(source, "a PEM block has no end")
        blocks += 1
        if blocks > MAX_BLOCKS:
            raise damaged(source, f"there are more than {MAX_BLOCKS} PEM blocks")
        text = data[begin:end].translate(None, _BLANKS)
        try:
            yield label.decode("ascii"), base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise damaged(source, "a PEM block is not Base64") from error
        offset = end


def too_large(source: str, limit: int) -> TrustStoreError:
    """The error for a file above ``limit`` bytes."""
    message = f"{source} is larger than {limit} bytes"
    return TrustStoreError(message, StoreProblem.FILE_TOO_LARGE, file=source, limit=limit)


def damaged(source: str, how: str) -> TrustStoreError:
    """The error for a file whose contents cannot be read."""
    return TrustStoreError(f"{source}: {how}", StoreProblem.FILE_DAMAGED, file=source)


def is_pem(data: bytes) -> bool:
    """True if the data is PEM: DER of a certificate or list begins with 30, which is the digit 0."""
    return not data.startswith(b"0") and PEM_BEGIN in data
