"""Access keys out of files: a text as somebody would type it, or a picture of a QR code."""

from __future__ import annotations

from pathlib import Path

from chipid.identity.key_input import MAX_INPUT, parse_key_candidates
from chipid.vietnam.key_candidates import KeyCandidate, key_candidates_from_qr
from chipid.vietnam.qr_picture import MAX_BYTES, read_qr_picture


def key_candidates_from_file(path: Path) -> tuple[KeyCandidate, ...]:
    """The access keys of a text file; errors as :func:`parse_key_candidates`, and OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return parse_key_candidates(file.read(MAX_INPUT + 1))


def key_candidates_from_picture(path: Path) -> tuple[KeyCandidate, ...]:
    """The access keys of the QR code in a picture; errors as :func:`read_qr_picture`, and OSError."""
    with path.open("rb") as picture:
        return key_candidates_from_qr(read_qr_picture(picture.read(MAX_BYTES + 1)))
