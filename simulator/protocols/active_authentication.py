"""The chip's side of Active Authentication (ICAO Doc 9303-11 §6.1): it signs the terminal's challenge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from apdu.command import MAX_SHORT_NE
from apdu.status import INCORRECT_P1P2, INS_NOT_SUPPORTED, WRONG_LENGTH
from chipid.asn1 import der
from chipid.crypto.entropy import Entropy
from chipid.crypto.points import KeyPair, random_scalar
from simulator.calls import Call, Outcome, RefusalError
from simulator.chip import ECSigningKey, RSASigningKey, SignatureEncoding

CHALLENGE_LENGTH = 8

# ISO/IEC 9796-2 trailers: BC stands for SHA-1, the others name their hash function (Doc 9303-11 §6.1.2.2).
TRAILERS: Final[Mapping[str, bytes]] = MappingProxyType(
    {
        "sha1": b"\xbc",
        "sha224": b"\x38\xcc",
        "sha256": b"\x34\xcc",
        "sha384": b"\x36\xcc",
        "sha512": b"\x35\xcc",
    }
)
NAMED_SHA1 = b"\x33\xcc"
HEADER = 0x6A  # partial recovery, no padding of M1


def internal_authenticate(call: Call) -> Outcome:
    """INTERNAL AUTHENTICATE over RND.IFD of eight bytes (§6.1.3); 6700 for another length or a missing Le.

    An Le written as zeros asks for the whole signature: what one short answer cannot carry, protection included, is
    fetched with GET RESPONSE (ISO/IEC 7816-4 §5.3.4).
    """
    command, key = call.command, call.chip.active_authentication
    if key is None:
        raise RefusalError(INS_NOT_SUPPORTED)
    if command.p1 or command.p2:
        raise RefusalError(INCORRECT_P1P2)
    if len(command.data) != CHALLENGE_LENGTH or not command.ne:
        raise RefusalError(WRONG_LENGTH)
    if isinstance(key, RSASigningKey):
        signature = sign_with_recovery(key, command.data, call.entropy)
    else:
        signature = sign_ecdsa(key, command.data, call.entropy)
    if len(signature) > command.ne and command.ne < MAX_SHORT_NE:
        raise RefusalError(WRONG_LENGTH)
    return Outcome(state=call.state.idle(), data=signature)


def sign_with_recovery(key: RSASigningKey, challenge: bytes, entropy: Entropy) -> bytes:
    """ISO/IEC 9796-2 digital signature scheme 1: F = 6A ‖ M1 ‖ H(M1 ‖ RND.IFD) ‖ trailer, and F^d mod n."""
    n = key.p * key.q
    length = (n.bit_length() + 7) // 8
    trailer = NAMED_SHA1 if key.names_sha1 and key.hash_name == "sha1" else TRAILERS[key.hash_name]
    digest_length = hashlib.new(key.hash_name, usedforsecurity=False).digest_size
    m1 = entropy(length - 1 - digest_length - len(trailer))
    digest = hashlib.new(key.hash_name, m1 + challenge, usedforsecurity=False).digest()
    f = int.from_bytes(bytes((HEADER,)) + m1 + digest + trailer, "big")
    return _rsa_private(key, f).to_bytes(length, "big")


def sign_ecdsa(key: ECSigningKey, challenge: bytes, entropy: Entropy) -> bytes:
    """ECDSA over the challenge alone (§6.1.2.3, BSI TR-03111 §4.2.1), written as the key's encoding says."""
    curve = key.curve
    digest = hashlib.new(key.hash_name, challenge, usedforsecurity=False).digest()
    # The leftmost bits of the hash, as many as the order has.
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    r = s = 0
    while not (r and s):
        k = random_scalar(curve, entropy)
        r = KeyPair(curve, k).public.x % curve.n
        s = pow(k, -1, curve.n) * (e + r * key.private) % curve.n
    if key.encoding is SignatureEncoding.DER:
        return der.encode_sequence(der.encode_integer(r), der.encode_integer(s))
    return r.to_bytes(curve.order_length, "big") + s.to_bytes(curve.order_length, "big")


def _rsa_private(key: RSASigningKey, number: int) -> int:
    """number^d mod n by the Chinese remainder theorem."""
    d_p, d_q = pow(key.e, -1, key.p - 1), pow(key.e, -1, key.q - 1)
    m_p, m_q = pow(number % key.p, d_p, key.p), pow(number % key.q, d_q, key.q)
    return m_q + key.q * (pow(key.q, -1, key.p) * (m_p - m_q) % key.p)
