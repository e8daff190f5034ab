"""Signatures with message recovery, ISO/IEC 9796-2 digital signature scheme 1 (ICAO Doc 9303-11 §6.1.2.2).

RSA Active Authentication signs M = M1 ‖ challenge, where M1 is random and comes back inside the signature.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

from apdu.errors import MalformedDataError
from chipid.crypto.digests import digest
from chipid.crypto.keys import RSAPublicKey
from chipid.errors import SignatureError, UnsupportedError

IMPLICIT_TRAILER: Final = 0xBC  # the hash function is not named: SHA-1
EXPLICIT_TRAILER: Final = 0xCC

# The byte before CC names the hash function (ISO/IEC 10118). 33 is no longer allowed, and seen in the field.
_HASH_NAMES: Final[Mapping[int, str]] = {
    0x33: "sha1",
    0x34: "sha256",
    0x35: "sha512",
    0x36: "sha384",
    0x38: "sha224",
}

# First byte: 01, then 1 if a part of the message is not recovered, then 1; the low nibble ends or goes on padding.
_PARTIAL_RECOVERY: Final = 0x6A
_PARTIAL_RECOVERY_PADDED: Final = 0x6B
_TOTAL_RECOVERY: Final = frozenset({0x4A, 0x4B})


def verify_recoverable_signature(key: RSAPublicKey, signature: bytes, challenge: bytes) -> str:
    """Verify an answer to INTERNAL AUTHENTICATE and return the name of the hash function that it uses.

    Both ways of writing the signature are accepted: s and min(s, n - s). Raises :class:`MalformedDataError` for an
    answer of a wrong length, which shows nothing; :class:`SignatureError` for a wrong one; :class:`UnsupportedError`
    for a hash function that is not known.
    """
    if len(signature) != key.byte_length:
        raise MalformedDataError(f"a signature of {len(signature)} bytes under a key of {key.byte_length}")
    recovered = _recover(key, int.from_bytes(signature, "big"))
    m1_start = _skip_header(recovered)
    hash_name, trailer_length = _read_trailer(recovered)
    m1_end = len(recovered) - trailer_length - len(digest(hash_name, b""))
    if m1_end < m1_start:
        raise SignatureError("the recovered block has no room for its hash value")
    expected = digest(hash_name, recovered[m1_start:m1_end] + challenge)
    if not hmac.compare_digest(expected, recovered[m1_end : len(recovered) - trailer_length]):
        raise SignatureError("the hash value in the recovered block is wrong")
    return hash_name


def _recover(key: RSAPublicKey, s: int) -> bytes:
    """The block F that was signed: s^e or n - s^e, whichever ends in the nibble C."""
    if s >= key.n:
        raise SignatureError("a signature is not below the modulus")
    block = pow(s, key.e, key.n)
    if block & 0x0F != 0x0C:
        block = key.n - block
    if block & 0x0F != 0x0C:
        raise SignatureError("the recovered block does not end like one")
    return block.to_bytes(key.byte_length, "big")


def _skip_header(block: bytes) -> int:
    """Where M1 begins."""
    if block[0] == _PARTIAL_RECOVERY:
        return 1
    if block[0] in _TOTAL_RECOVERY:
        raise SignatureError("the signature does not cover the challenge")
    if block[0] != _PARTIAL_RECOVERY_PADDED:
        raise SignatureError("the recovered block does not begin like one")
    position = 1
    while position < len(block) and block[position] == 0xBB:
        position += 1
    if position == len(block) or block[position] != 0xBA:
        raise SignatureError("the padding of the recovered block does not end")
    return position + 1


def _read_trailer(block: bytes) -> tuple[str, int]:
    """The name of the hash function and the length of the trailer."""
    if block[-1] == IMPLICIT_TRAILER:
        return "sha1", 1
    if block[-1] != EXPLICIT_TRAILER:
        raise SignatureError("the recovered block has no trailer")
    hash_name = _HASH_NAMES.get(block[-2])
    if hash_name is None:
        raise UnsupportedError(f"trailer {block[-2]:02X}CC names no hash function that is supported")
    return hash_name, 2
