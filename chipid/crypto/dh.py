"""Finite-field Diffie-Hellman (ICAO Doc 9303-11 §9.5.1, NIST SP 800-56A §5.7.1.1).

OpenSSL has announced that it will give these groups up, hence Python's own ``pow``, which does not run in constant
time: somebody who can measure this process precisely learns about the exponents, which live for one reading.
A group with another generator, as PACE maps it, is the group with ``g`` replaced.
"""

from __future__ import annotations

from apdu.errors import MalformedDataError
from chipid.crypto.domain_parameters import DHGroup
from chipid.crypto.entropy import Entropy, random_below


def random_exponent(group: DHGroup, entropy: Entropy) -> int:
    """A private key, uniform in [1, q - 1], or below p - 1 where q is not known."""
    return random_below(group.q or group.p - 1, entropy)


def public_key(group: DHGroup, exponent: int) -> int:
    """g^exponent mod p."""
    return pow(group.g, exponent, group.p)


def encode_public_key(y: int) -> bytes:
    """A public key as an unsigned number without leading zeros (Doc 9303-11 §9.4.1 and §9.4.3)."""
    return y.to_bytes((y.bit_length() + 7) // 8, "big")


def decode_public_key(group: DHGroup, data: bytes) -> int:
    """Read and check a public key; leading zeros up to the length of p, which some chips send, are tolerated."""
    if not 1 <= len(data) <= group.byte_length:
        raise MalformedDataError(f"a Diffie-Hellman public key of {len(data)} bytes")
    y = int.from_bytes(data, "big")
    check_public_key(group, y)
    return y


def check_public_key(group: DHGroup, y: int) -> None:
    """Refuse a public key outside [2, p - 2] or outside the subgroup of order q, where q is known."""
    if not 2 <= y <= group.p - 2 or (group.q is not None and pow(y, group.q, group.p) != 1):
        raise MalformedDataError("a Diffie-Hellman public key is not in its group")


def agree(group: DHGroup, exponent: int, y: int) -> int:
    """The shared number y^exponent mod p, after checking y."""
    check_public_key(group, y)
    return pow(y, exponent, group.p)


def shared_secret(group: DHGroup, exponent: int, y: int) -> bytes:
    """The shared number, as long as p."""
    return agree(group, exponent, y).to_bytes(group.byte_length, "big")
