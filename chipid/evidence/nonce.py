"""Binding a reading to somebody's nonce: the challenge of Active Authentication is made from it.

Whoever chose the nonce sees from the evidence that the chip signed after that, not before (ICAO Doc 9303-11 §6.1).
"""

from __future__ import annotations

import hashlib
from hmac import compare_digest
from pathlib import Path
from typing import Final

from chipid.errors import ConfigurationError
from chipid.evidence.evidence import Evidence

MIN_NONCE: Final = 8
MAX_NONCE: Final = 4096
CHALLENGE_LENGTH: Final = 8
_PURPOSE: Final = b"chipid Active Authentication challenge\x00"


def challenge_for(nonce: bytes) -> bytes:
    """The eight bytes that the chip signs for ``nonce``: the first of the SHA-256 of its purpose and the nonce.

    Raises :class:`ConfigurationError` for a nonce that is too short to be one, or too long.
    """
    if not MIN_NONCE <= len(nonce) <= MAX_NONCE:
        raise ConfigurationError(f"a nonce has {MIN_NONCE} to {MAX_NONCE} bytes")
    return hashlib.sha256(_PURPOSE + nonce).digest()[:CHALLENGE_LENGTH]


def read_nonce(path: Path) -> bytes:
    """The nonce in a file, of which no more is read than a nonce may have. Raises OSError, and as above."""
    with path.open("rb") as file:
        nonce = file.read(MAX_NONCE + 1)
    challenge_for(nonce)
    return nonce


def is_bound_to(evidence: Evidence, nonce: bytes) -> bool:
    """True if Active Authentication was run with the challenge for ``nonce``; whether it passed is another question."""
    record = evidence.active_authentication
    return record is not None and compare_digest(record.challenge, challenge_for(nonce))
