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
        _check_key(suite, key)
        self._algorithm = _triple_des(key) if suite is CipherSuite.TDES else AES(key)
        self._block_length = suite.block_length
        self._zero_iv = Cipher(self._algorithm, modes.CBC(bytes(suite.block_length)))
        # ECB only ever sees one block at a time, so one context serves for all of them.
        self._ecb: CipherContext = Cipher(self._algorithm, modes.ECB()).encryptor()  # noqa: S305

    def encrypt_block(self, block: bytes) -> bytes:
        """Encrypt exactly one block."""
        if len(block) != self._block_length:
            raise ValueError(f"a block has {self._block_length} bytes, not {len(block)}")
        return self._ecb.update(block)

    def encrypt(self, data: bytes, iv: bytes | None = None) -> bytes:
        """CBC over whole blocks, with a zero IV unless one is given; no padding."""
        return self._cbc(data, iv).encryptor().update(data)

    def decrypt(self, data: bytes, iv: bytes | None = None) -> bytes:
        """The inverse of :meth:`encrypt`."""
        return self._cbc(data, iv).decryptor().update(data)

    def _cbc(self, data: bytes, iv: bytes | None) -> Cipher[modes.CBC]:
        if len(data) % self._block_length:
            raise SecureMessagingError("a cryptogram is not made of whole blocks")
        return self._zero_iv if iv is None else Cipher(self._algorithm, modes.CBC(iv))


class MessageAuthentication:
    """The eight-byte MAC under one key of a suite: retail MAC for 3DES, CMAC (NIST SP 800-38B) cut for AES."""

    def __init__(self, suite: CipherSuite, key: bytes) -> None:
        _check_key(suite, key)
        self._algorithm = RetailMAC(key) if suite is CipherSuite.TDES else CMAC(AES(key))

    def compute(self, message: bytes) -> bytes:
        """The MAC of authentication tokens and BAC cryptograms, which only the retail MAC pads (method 2)."""
        return self.compute_blocks(message if isinstance(self._algorithm, CMAC) else pad(message, 8))

    def compute_blocks(self, message: bytes) -> bytes:
        """The MAC of a message that secure messaging has padded itself (§9.8.6.2, §9.8.7.2)."""
        if isinstance(self._algorithm, RetailMAC):
            return self._algorithm.compute(message)
        running = self._algorithm.copy()
        running.update(message)
        return running.finalize()[:MAC_LENGTH]


class RetailMAC:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES, over whole blocks, under one key of 16 bytes."""

    def __init__(self, key: bytes) -> None:
        _check_key(CipherSuite.TDES, key)
        self._first = Cipher(TripleDES(key[:8] * 3), modes.CBC(bytes(8)))  # K,K,K is single DES
        # Two-key 3DES of the last block is its single DES followed by the output transform.
        self._last: CipherContext = Cipher(_triple_des(key), modes.ECB()).encryptor()  # noqa: S305

    def compute(self, blocks: bytes) -> bytes:
        if not blocks or len(blocks) % 8:
            raise ValueError("the retail MAC takes whole blocks of 8 bytes")
        chained = self._first.encryptor().update(blocks[:-8])[-8:]
        last = int.from_bytes(chained, "big") ^ int.from_bytes(blocks[-8:], "big")
        return self._last.update(last.to_bytes(8, "big"))


def _triple_des(key: bytes) -> TripleDES:
    return TripleDES(key + key[:8])


def _check_key(suite: CipherSuite, key: bytes) -> None:
    if len(key) != suite.key_length:
        raise ValueError(f"{suite.label} takes a key of {suite.key_length} bytes, not {len(key)}")


def verify_mac(expected: bytes, received: bytes, what: str) -> None:
    """Compare two MACs in constant time; raise :class:`SecureMessagingError` if they differ."""
    if not hmac.compare_digest(expected, received):
        raise SecureMessagingError(f"{what}: the checksum is wrong")
