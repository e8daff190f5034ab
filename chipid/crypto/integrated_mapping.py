"""Integrated Mapping of PACE: a generator straight from two nonces (ICAO Doc 9303-11 §4.4.3.3.2 and Appendix B).

Python's own numbers do the arithmetic, which does not run in constant time: somebody who can measure this process
precisely learns about the nonce s, which lives for one run of PACE.
"""

from __future__ import annotations

from typing import Final

from apdu.ciphers import BlockCipher, CipherSuite
from chipid.crypto.domain_parameters import Curve, DHGroup, Point
from chipid.errors import ProtocolError, UnsupportedError

SURPLUS_BITS: Final = 64  # so that the reduction modulo p is all but uniform

# c0 makes the next key, c1 the output. AES-192 takes the constants of l = 256 whole and cuts the keys.
_CONSTANTS: Final = {
    16: (
        bytes.fromhex("A668892A7C41E3CA739F40B057D85904"),
        bytes.fromhex("A4E136AC725F738B01C1F60217C188AD"),
    ),
    32: (
        bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
        bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
    ),
}


def nonce_length(suite: CipherSuite) -> int:
    """The bytes of the chip's nonce s: the key length, filled up to whole blocks. The terminal's t is a key long."""
    return -(-suite.key_length // suite.block_length) * suite.block_length


def pseudo_random(suite: CipherSuite, s: bytes, t: bytes, bits: int) -> bytes:
    """R(s, t): as many blocks of :func:`nonce_length` as hold the ``bits`` of p and 64 more (Figure 2).

    Raises :class:`ValueError` if a nonce has another length than the suite wants.
    """
    length = nonce_length(suite)
    if len(s) != length or len(t) != suite.key_length:
        raise ValueError(f"nonces of {len(s)} and {len(t)} bytes do not belong to {suite.label}")
    c0, c1 = _CONSTANTS[length]
    key = BlockCipher(suite, t).encrypt(s)[: suite.key_length]
    blocks: list[bytes] = []
    while 8 * length * len(blocks) < bits + SURPLUS_BITS:
        cipher = BlockCipher(suite, key)
        blocks.append(cipher.encrypt(c1))
        key = cipher.encrypt(c0)[: suite.key_length]
    return b"".join(blocks)


def pseudo_random_element(suite: CipherSuite, s: bytes, t: bytes, p: int) -> int:
    """R_p(s, t): the pseudo-random string as a number modulo p."""
    return int.from_bytes(pseudo_random(suite, s, t, p.bit_length()), "big") % p


def is_encodable(curve: Curve) -> bool:
    """True if numbers can be encoded as points of the curve: p ≡ 3 mod 4, which excludes secp224r1."""
    return curve.p % 4 == 3


def encode_element(curve: Curve, t: int) -> Point:
    """f_G: the number t as a point of the curve (Appendix B.2; the cofactor of all our curves is 1).

    Raises :class:`UnsupportedError` for a curve with p ≡ 1 mod 4, :class:`ProtocolError` for 0, 1 and p - 1, which
    the formula does not cover and a nonce does not hit.
    """
    a, b, p = curve.a, curve.b, curve.p
    if not is_encodable(curve):
        raise UnsupportedError(f"Integrated Mapping is not defined for {curve.name}")
    alpha = -t * t % p
    denominator = (alpha + alpha * alpha) % p
    if denominator == 0:
        raise ProtocolError("a number has no encoding as a point")
    x2 = -b * (1 + denominator) * pow(a * denominator, -1, p) % p
    x3 = alpha * x2 % p
    h2 = (x2 * x2 * x2 + a * x2 + b) % p
    u = pow(t, 3, p) * h2
    # Exactly one of h2 and h3 is a square; A is the inverse root of h2 if that one is.
    root = pow(h2, p - 1 - (p + 1) // 4, p)
    if root * root * h2 % p == 1:
        return Point(x2, root * h2 % p)
    return Point(x3, root * u % p)


def map_integrated_ecdh(curve: Curve, suite: CipherSuite, s: bytes, t: bytes) -> Point:
    """The new generator f_G(R_p(s, t)) for the chip's nonce s and the terminal's t; errors as of its parts."""
    return encode_element(curve, pseudo_random_element(suite, s, t, curve.p))


def map_integrated_dh(group: DHGroup, suite: CipherSuite, s: bytes, t: bytes) -> int:
    """The new generator R_p(s, t)^((p-1)/q).

    Raises :class:`UnsupportedError` if q is not known, :class:`ProtocolError` if that is no generator.
    """
    if group.q is None:
        raise UnsupportedError("Integrated Mapping needs a group whose order is known")
    generator = pow(pseudo_random_element(suite, s, t, group.p), (group.p - 1) // group.q, group.p)
    if generator in (0, 1):
        raise ProtocolError("the mapped number is no generator")
    return generator
