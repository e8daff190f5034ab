"""libeac behind a pipe: a process of its own calls the library, so that neither a crash nor a licence leaves it.

Started by ``tests.interop.libeac`` and importing nothing of ours. Standard input: one JSON list a line, a number of a
context, a name out of :class:`Context` and arguments, bytes as hexadecimal text. Standard output: one JSON list a line,
``["ok", result]`` or ``["refused", what]`` where libeac returned an error.

Every random byte of libeac comes from a seed that the caller sets, so that a run can be repeated.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import sys
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char, c_int, c_size_t, c_ubyte, c_ulong, c_void_p
from typing import Any

BUFFER_CALLS = (
    "BUF_MEM_create_init",
    "PACE_STEP1_enc_nonce",
    "PACE_STEP3A_generate_mapping_data",
    "PACE_STEP3B_generate_ephemeral_key",
    "PACE_STEP3D_compute_authentication_token",
    "EAC_Comp",
    "EAC_add_iso_pad",
    "EAC_remove_iso_pad",
    "EAC_encrypt",
    "EAC_decrypt",
    "EAC_authenticate",
    "CA_STEP2_get_eph_pubkey",
    "TA_STEP3_generate_ephemeral_key",
    "TA_STEP4_get_nonce",
    "TA_STEP5_sign",
)
IDS = {"PACE": 0, "CA": 1, "TA": 2, "EAC": 3}


class Buffer(Structure):
    """BUF_MEM of OpenSSL."""

    _fields_ = (("length", c_size_t), ("data", POINTER(c_char)), ("max", c_size_t), ("flags", c_ulong))


class KeyAgreement(Structure):
    """KA_CTX."""

    _fields_ = (
        *((name, c_void_p) for name in ("md", "md_engine", "cmac_ctx", "cipher", "cipher_engine", "iv")),
        *((name, c_int) for name in ("mac_keylen", "enc_keylen")),
        *((name, c_void_p) for name in ("generate_key", "compute_key", "key")),
        *((name, POINTER(Buffer)) for name in ("shared_secret", "k_enc", "k_mac")),
    )


class PACE(Structure):
    """PACE_CTX."""

    _fields_ = (
        ("protocol", c_int),
        ("version", c_ubyte),
        ("id", c_int),
        *((name, c_void_p) for name in ("map_generate_key", "map_compute_key", "static_key")),
        ("ka_ctx", POINTER(KeyAgreement)),
        *((name, POINTER(Buffer)) for name in ("nonce", "my_eph_pubkey")),
    )


class ChipAuthentication(Structure):
    """CA_CTX."""

    _fields_ = (
        ("version", c_ubyte),
        *((name, c_int) for name in ("protocol", "id", "flags")),
        ("ka_ctx", POINTER(KeyAgreement)),
    )


class EAC(Structure):
    """EAC_CTX."""

    _fields_ = (
        ("tr_version", c_int),
        *((name, c_void_p) for name in ("bn_ctx", "md_ctx", "cipher_ctx")),
        ("pace_ctx", POINTER(PACE)),
        *((name, c_void_p) for name in ("pace_ctxs", "ri_ctx", "ri_ctxs", "ta_ctx")),
        ("ca_ctx", POINTER(ChipAuthentication)),
        *((name, c_void_p) for name in ("ca_ctxs", "key_ctx", "ssc")),
    )


RANDOM_BYTES = CFUNCTYPE(c_int, POINTER(c_ubyte), c_int)
RANDOM_STATUS = CFUNCTYPE(c_int)


class RandomMethod(Structure):
    """RAND_METHOD of OpenSSL."""

    _fields_ = (
        ("seed", c_void_p),
        ("bytes", RANDOM_BYTES),
        ("cleanup", c_void_p),
        ("add", c_void_p),
        ("pseudorand", RANDOM_BYTES),
        ("status", RANDOM_STATUS),
    )


class RefusedError(Exception):
    """libeac returned an error."""


class SeededRandomness:
    """Stands in for OpenSSL's random source: SHA-256 of the seed and a counter."""

    def __init__(self, crypto: ctypes.CDLL) -> None:
        self.seed = b""
        self._count = 0
        self._bytes = RANDOM_BYTES(self._draw)
        self._method = RandomMethod(bytes=self._bytes, pseudorand=self._bytes, status=RANDOM_STATUS(lambda: 1))
        crypto.RAND_set_rand_method(byref(self._method))

    def restart(self, seed: bytes) -> None:
        self.seed, self._count = seed, 0

    def _draw(self, target: Any, count: int) -> int:
        drawn = b""
        while len(drawn) < count:
            drawn += hashlib.sha256(self.seed + self._count.to_bytes(8, "big")).digest()
            self._count += 1
        ctypes.memmove(target, drawn, count)
        return 1


class Library:
    """The functions that are called, with their types."""

    def __init__(self, path: str, crypto_path: str) -> None:
        self.crypto = ctypes.CDLL(crypto_path)
        self.eac = ctypes.CDLL(path)
        self.randomness = SeededRandomness(self.crypto)
        for name in BUFFER_CALLS:
            getattr(self.eac, name).restype = POINTER(Buffer)
        self.eac.EAC_CTX_new.restype = POINTER(EAC)
        self.eac.PACE_SEC_new.restype = c_void_p
        self.eac.EAC_init()

    def buffer(self, data: bytes) -> Any:
        return self.eac.BUF_MEM_create_init(data, c_size_t(len(data)))


class Context:
    """One EAC_CTX; the methods are the functions of libeac in the order of the protocols."""

    def __init__(self, library: Library) -> None:
        self._eac = library.eac
        self._library = library
        self._ctx = library.eac.EAC_CTX_new()
        self._secret: c_void_p | None = None

    def seed(self, seed: bytes) -> None:
        self._library.randomness.restart(seed)

    # PACE
    def init_card_access(self, content: bytes) -> None:
        self._check(self._eac.EAC_CTX_init_ef_cardaccess(content, c_size_t(len(content)), self._ctx))

    def password(self, kind: int, secret: bytes) -> None:
        self._secret = c_void_p(self._eac.PACE_SEC_new(secret, c_size_t(len(secret)), kind))
        self._check(self._secret.value)

    def enc_nonce(self) -> bytes:
        return self._bytes(self._eac.PACE_STEP1_enc_nonce(self._ctx, self._secret))

    def dec_nonce(self, z: bytes) -> None:
        self._check(self._eac.PACE_STEP2_dec_nonce(self._ctx, self._secret, self._library.buffer(z)))

    def mapping_data(self) -> bytes:
        return self._bytes(self._eac.PACE_STEP3A_generate_mapping_data(self._ctx))

    def map_generator(self, data: bytes) -> None:
        self._check(self._eac.PACE_STEP3A_map_generator(self._ctx, self._library.buffer(data)))

    def ephemeral_key(self) -> bytes:
        return self._bytes(self._eac.PACE_STEP3B_generate_ephemeral_key(self._ctx))

    def shared_secret(self, public: bytes) -> bytes:
        """K, as libeac goes on to hash it."""
        self._check(self._eac.PACE_STEP3B_compute_shared_secret(self._ctx, self._library.buffer(public)))
        return self._bytes(self._pace.ka_ctx.contents.shared_secret)

    def derive_keys(self) -> list[str]:
        self._check(self._eac.PACE_STEP3C_derive_keys(self._ctx))
        return self._keys(self._pace.ka_ctx)

    def token(self, public: bytes) -> bytes:
        return self._bytes(self._eac.PACE_STEP3D_compute_authentication_token(self._ctx, self._library.buffer(public)))

    def verify_token(self, token: bytes) -> bool:
        return bool(self._eac.PACE_STEP3D_verify_authentication_token(self._ctx, self._library.buffer(token)) == 1)

    # Secure messaging
    def start_messaging(self, protocol: str) -> None:
        self._check(self._eac.EAC_CTX_set_encryption_ctx(self._ctx, IDS[protocol]))

    def count(self) -> None:
        self._check(self._eac.EAC_increment_ssc(self._ctx))

    def set_counter(self, value: int) -> None:
        self._check(self._eac.EAC_set_ssc(self._ctx, c_ulong(value)))

    def pad(self, data: bytes) -> bytes:
        return self._bytes(self._eac.EAC_add_iso_pad(self._ctx, self._library.buffer(data)))

    def unpad(self, data: bytes) -> bytes:
        return self._bytes(self._eac.EAC_remove_iso_pad(self._library.buffer(data)))

    def encrypt(self, data: bytes) -> bytes:
        return self._bytes(self._eac.EAC_encrypt(self._ctx, self._library.buffer(data)))

    def decrypt(self, data: bytes) -> bytes:
        return self._bytes(self._eac.EAC_decrypt(self._ctx, self._library.buffer(data)))

    def authenticate(self, data: bytes) -> bytes:
        return self._bytes(self._eac.EAC_authenticate(self._ctx, self._library.buffer(data)))

    # Chip Authentication
    def init_chip_authentication(self, oid: str, parameter_id: int) -> None:
        self._check(self._eac.EAC_CTX_init_ca(self._ctx, self._eac.EAC_OBJ_txt2nid(oid.encode()), parameter_id))

    def static_key(self, private: bytes, public: bytes) -> None:
        sizes = c_size_t(len(private)), c_size_t(len(public))
        self._check(self._eac.CA_set_key(self._ctx, private, sizes[0], public, sizes[1]))

    def agree_with_chip(self, public: bytes) -> bytes:
        """K of Chip Authentication."""
        self._check(self._eac.CA_STEP4_compute_shared_secret(self._ctx, self._library.buffer(public)))
        return self._bytes(self._chip_authentication.ka_ctx.contents.shared_secret)

    def derive_version_1_keys(self) -> list[str]:
        """Keys without the nonce of version 2."""
        agreement, digest = self._chip_authentication.ka_ctx, c_void_p(self._ctx.contents.md_ctx)
        self._check(self._eac.KA_CTX_derive_keys(agreement, None, digest))
        return self._keys(agreement)

    def compress(self, protocol: str, public: bytes) -> bytes:
        return self._bytes(self._eac.EAC_Comp(self._ctx, IDS[protocol], self._library.buffer(public)))

    # Terminal Authentication
    def init_terminal_authentication(self, private: bytes, anchor: bytes) -> None:
        sizes = c_size_t(len(private)), c_size_t(len(anchor))
        self._check(self._eac.EAC_CTX_init_ta(self._ctx, private or None, sizes[0], anchor, sizes[1]))

    def ignore_dates(self) -> None:
        self._eac.TA_disable_checks(self._ctx)

    def import_certificate(self, raw: bytes) -> bool:
        return bool(self._eac.TA_STEP2_import_certificate(self._ctx, raw, c_size_t(len(raw))) == 1)

    def chip_key_for_terminal(self) -> bytes:
        """The compressed ephemeral key; the key itself is that of Chip Authentication."""
        return self._bytes(self._eac.TA_STEP3_generate_ephemeral_key(self._ctx))

    def ephemeral_chip_authentication_key(self) -> bytes:
        return self._bytes(self._eac.CA_STEP2_get_eph_pubkey(self._ctx))

    def draw_challenge(self) -> bytes:
        return self._bytes(self._eac.TA_STEP4_get_nonce(self._ctx))

    def set_challenge(self, challenge: bytes) -> None:
        self._check(self._eac.TA_STEP4_set_nonce(self._ctx, self._library.buffer(challenge)))

    def sign(self, compressed_terminal_key: bytes, id_ic: bytes) -> bytes:
        make = self._library.buffer
        return self._bytes(self._eac.TA_STEP5_sign(self._ctx, make(compressed_terminal_key), make(id_ic), None))

    def verify(self, compressed_terminal_key: bytes, id_ic: bytes, signature: bytes) -> bool:
        make = self._library.buffer
        arguments = make(compressed_terminal_key), make(id_ic), None, make(signature)
        return bool(self._eac.TA_STEP6_verify(self._ctx, *arguments) == 1)

    @property
    def _pace(self) -> PACE:
        found: PACE = self._ctx.contents.pace_ctx.contents
        return found

    @property
    def _chip_authentication(self) -> ChipAuthentication:
        found: ChipAuthentication = self._ctx.contents.ca_ctx.contents
        return found

    def _keys(self, agreement: Any) -> list[str]:
        return [self._bytes(one).hex() for one in (agreement.contents.k_enc, agreement.contents.k_mac)]

    def _check(self, result: int | None) -> None:
        if not result or result < 0:
            raise RefusedError

    def _bytes(self, found: Any) -> bytes:
        if not found:
            raise RefusedError
        return ctypes.string_at(found.contents.data, found.contents.length)


def _argument(value: Any) -> Any:
    return bytes.fromhex(value[4:]) if isinstance(value, str) and value.startswith("hex:") else value


def main() -> None:
    library = Library(*sys.argv[1:3])
    contexts: dict[int, Context] = {}
    for line in sys.stdin:
        number, name, *arguments = json.loads(line)
        context = contexts.get(number)
        if context is None:
            context = contexts[number] = Context(library)
        try:
            result = getattr(context, name)(*map(_argument, arguments))
        except RefusedError:
            answer: list[Any] = ["refused", name]
        else:
            answer = ["ok", "hex:" + result.hex() if isinstance(result, bytes) else result]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
