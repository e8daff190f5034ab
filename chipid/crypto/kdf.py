"""Key derivation (ICAO Doc 9303-11 §9.7.1)."""

from __future__ import annotations

import hashlib
from enum import IntEnum

from apdu.ciphers import CipherSuite
from apdu.secure_messaging import SessionKeys


class KeyPurpose(IntEnum):
    """The counter c that separates the keys from one secret."""

    ENCRYPTION = 1
    MAC = 2
    PACE = 3


def derive_key(secret: bytes, purpose: KeyPurpose, suite: CipherSuite) -> bytes:
    """KDF(K, c): H(K ‖ c) cut to the key length of ``suite``; 3DES keys with odd parity.

    3DES and AES-128 use SHA-1, AES-192 and AES-256 SHA-256. ``secret`` is used as it comes: cut K_seed before.
    """
    # SHA-1 is what Doc 9303 prescribes here; the derivation does not rest on its collision resistance.
    digest = hashlib.new(suite.kdf_hash, secret + purpose.to_bytes(4, "big"), usedforsecurity=False).digest()
    key = digest[: suite.key_length]
    return adjust_parity(key) if suite is CipherSuite.TDES else key


def derive_session_keys(secret: bytes, suite: CipherSuite, ssc: int = 0) -> SessionKeys:
    """KS_Enc and KS_MAC from the secret of an access or key agreement protocol, with the counter to start from."""
    return SessionKeys(
        suite=suite,
        ks_enc=derive_key(secret, KeyPurpose.ENCRYPTION, suite),
        ks_mac=derive_key(secret, KeyPurpose.MAC, suite),
        ssc=ssc,
    )


def adjust_parity(key: bytes) -> bytes:
    """Set the lowest bit of every byte so that the byte has an odd number of ones (FIPS 46-3)."""
    return bytes(byte & 0xFE | (byte >> 1).bit_count() & 1 ^ 1 for byte in key)
