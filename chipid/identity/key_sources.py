"""Access keys out of files: a text as somebody would type it, or a picture of a QR code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from chipid.identity.key_input import MAX_INPUT, parse_access_keys, parse_key_candidates
from chipid.mrz.access_key import AccessKey
from chipid.vietnam.key_candidates import KeyCandidate, key_candidates_from_qr
from chipid.vietnam.qr_picture import MAX_BYTES, read_qr_picture


def key_candidates_from_picture(path: Path) -> tuple[KeyCandidate, ...]:
    """The access keys of the QR code in a picture; errors as :func:`read_qr_picture`, and OSError."""
    with path.open("rb") as picture:
        return key_candidates_from_qr(read_qr_picture(picture.read(MAX_BYTES + 1)))


def read_access_keys(
    *, file: Path | None, picture: Path | None, stream: TextIO | None, prompt: Callable[[], str], several: bool = False
) -> tuple[AccessKey, ...]:
    """The keys of the first source that there is, or of what ``prompt`` returns; errors as above.

    The candidates for one card, or, with ``several``, keys of different kinds as :func:`parse_access_keys` takes them.
    """
    if picture is not None:
        found = tuple(one.key for one in key_candidates_from_picture(picture))
        return found[:1] if several else found
    source = prompt if stream is None else lambda: stream.read(MAX_INPUT + 1)
    text = source() if file is None else _text_of(file)
    return parse_access_keys(text) if several else tuple(one.key for one in parse_key_candidates(text))


def _text_of(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(MAX_INPUT + 1)
