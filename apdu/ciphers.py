"""The cipher suites of secure messaging: 3DES and AES, padding method 2, retail MAC and CMAC.

ICAO Doc 9303-11 §9.8.6 and §9.8.7. The only module below ``chipid.crypto`` that touches legacy cryptography:
3DES is here because cards with Basic Access Control speak nothing else.
"""

from __future__ import annotations

import hmac
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from apdu.errors import SecureMessagingError

MAC_LENGTH = 8


class CipherSuite(Enum):
    """A cipher suite by its name in the object identifiers of BSI TR-03110-3 §A.1."""

    TDES = ("3DES-CBC-CBC", 16, 8, "sha1")
    AES_128 = ("AES-CBC-CMAC-128", 16, 16, "sha1")
    AES_192 = ("AES-CBC-CMAC-192", 24, 16, "sha256")
    AES_256 = ("AES-CBC-CMAC-256", 32, 16, "sha256")

    def __init__(self, label: str, key_length: int, block_length: int, kdf_hash: str) -> None:
        self.label = label
        self.key_length = key_length
        self.block_length = block_length
        self.kdf_hash = kdf_hash  # of the key derivation, Doc 9303-11 §9.7.1

    @property
    def strength(self) -> int:
        """The rank among the suites, 3DES lowest: what a terminal prefers is what ranks highest."""
        return list(CipherSuite).index(self)


def pad(data: bytes, block_length: int) -> bytes:
    """Padding method 2 of ISO/IEC 9797-1: ``80`` and zeros up to the next block."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block_length)


def unpad(data: bytes) -> bytes:
    """Remove padding method 2; raise :class:`SecureMessagingError` if there is none."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80"):
        raise SecureMessagingError("decrypted data has no padding")
    return stripped[:-1]


class BlockCipher:
    """Encryption under one key of a suite: CBC for data, single blocks for the IV of AES."""

    def __init__(self, suite: CipherSuite, key: bytes) -> None:
        if len(key) != suite.key_length:
            raise ValueError(f"{suite.label} takes a key of {suite.key_length} bytes, not {len(key)}")
        self._algorithm = TripleDES(key + key[:8]) if suite is CipherSuite.TDES else AES(key)
        self._block_length = suite.block_length
        # ECB only ever sees one block at a time, so one context serves for all of them.
        self._ecb: CipherContext = Cipher(self._algorithm, modes.ECB()).encryptor()  # noqa: S305

    def encrypt_block(self, block: bytes) -> bytes:
        """Encrypt exactly one block."""
        if len(block) != self._block_length:
            raise ValueError(f"a block has {self._block_length} bytes, not {len(block)}")
        return self._ecb.update(block)

    def encrypt(self, data: bytes, iv: bytes | None = None) -> bytes:
        """CBC over whole blocks, with a zero IV unless one is given; no padding."""
        self._check_blocks(data)
        return Cipher(self._algorithm, modes.CBC(iv or bytes(self._block_length))).encryptor().update(data)

    def decrypt(self, data: bytes, iv: bytes | None = None) -> bytes:
        """The inverse of :meth:`encrypt`."""
        self._check_blocks(data)
        return Cipher(self._algorithm, modes.CBC(iv or bytes(self._block_length))).decryptor().update(data)

    def _check_blocks(self, data: bytes) -> None:
        if len(data) % self._block_length:
            raise SecureMessagingError("a cryptogram is not made of whole blocks")


class MessageAuthentication:
    """The eight-byte MAC under one key of a suite.

    3DES: retail MAC, ISO/IEC 9797-1 algorithm 3, always with padding method 2. AES: CMAC (NIST SP 800-38B)
    cut to eight bytes, where secure messaging pads its input first and the authentication token does not.
    """

    def __init__(self, suite: CipherSuite, key: bytes) -> None:
        if len(key) != suite.key_length:
            raise ValueError(f"{suite.label} takes a key of {suite.key_length} bytes, not {len(key)}")
        self._suite = suite
        self._key = key
        self._cmac = None if suite is CipherSuite.TDES else CMAC(AES(key))

    def compute(self, message: bytes) -> bytes:
        """The MAC of a message as it stands: authentication tokens, BAC cryptograms."""
        if self._cmac is None:
            return retail_mac(self._key, pad(message, 8))
        running = self._cmac.copy()
        running.update(message)
        return running.finalize()[:MAC_LENGTH]

    def compute_padded(self, message: bytes) -> bytes:
        """The MAC of a message padded by method 2: secure messaging (§9.8.6.2, §9.8.7.2)."""
        return self.compute(message if self._cmac is None else pad(message, self._suite.block_length))


def retail_mac(key: bytes, blocks: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES over whole blocks and a 16-byte key."""
    if len(key) != 16 or not blocks or len(blocks) % 8:
        raise ValueError("the retail MAC takes a 16-byte key and whole blocks of 8 bytes")
    single = TripleDES(key[:8] * 3)  # K,K,K is single DES
    before = Cipher(single, modes.CBC(bytes(8))).encryptor().update(blocks[:-8])[-8:] or bytes(8)
    last = bytes(a ^ b for a, b in zip(before, blocks[-8:], strict=True))
    # Two-key 3DES of the last block is its single DES followed by the output transform.
    return Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor().update(last)  # noqa: S305


def verify_mac(expected: bytes, received: bytes, what: str) -> None:
    """Compare two MACs in constant time; raise :class:`SecureMessagingError` if they differ."""
    if not hmac.compare_digest(expected, received):
        raise SecureMessagingError(f"{what}: the checksum is wrong")
