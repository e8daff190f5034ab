"""Key agreement over curves and over groups, behind one face (ICAO Doc 9303-11 §4.4.1, §6.2 and §9.5).

Every public key of the chip is checked before it is used: on the curve or in the subgroup, and not our own sent back.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Protocol

from apdu.ciphers import CipherSuite
from apdu.errors import MalformedDataError
from chipid.crypto import dh, integrated_mapping, mappings, points
from chipid.crypto.domain_parameters import Curve, DHGroup, Point
from chipid.crypto.entropy import Entropy
from chipid.crypto.points import KeyPair
from chipid.errors import ProtocolError

EC_POINT = 0x86
DH_NUMBER = 0x84


class EphemeralKey(Protocol):
    """A key pair of the terminal for one exchange; ``public`` is what the chip is sent."""

    @property
    def public(self) -> bytes: ...

    def shared_secret(self, peer: bytes) -> bytes:
        """What is agreed on with the chip's public key; :class:`ProtocolError` if that key cannot be."""
        ...

    def map_generic(self, s: bytes, peer: bytes) -> Generator:
        """The generator of Generic Mapping from the nonce and the chip's mapping key; errors likewise."""
        ...


class Generator(Protocol):
    """Domain parameters with the generator in use. ``key_tag`` is that of public keys in their data object."""

    @property
    def key_tag(self) -> int: ...

    def draw(self, entropy: Entropy) -> EphemeralKey: ...

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> Generator:
        """The generator of Integrated Mapping from both nonces."""
        ...


def standard_generator(domain: Curve | DHGroup) -> Generator:
    """The domain parameters with the generator that belongs to them."""
    return CurveGenerator(domain) if isinstance(domain, Curve) else GroupGenerator(domain)


def compress_public_key(domain: Curve | DHGroup, public: bytes) -> bytes:
    """Comp(PK): the x coordinate of an encoded point, SHA-1 of a number (§7.1.4.1.3 and §7.1.4.2.3)."""
    if isinstance(domain, Curve):
        return public[1 : 1 + domain.byte_length]
    return hashlib.sha1(public, usedforsecurity=False).digest()


class CurveGenerator:
    """A point of a curve; None for the one that belongs to the curve, which is faster."""

    key_tag = EC_POINT

    def __init__(self, curve: Curve, point: Point | None = None) -> None:
        self._curve = curve
        self._point = point

    def draw(self, entropy: Entropy) -> CurveKey:
        pair = KeyPair(self._curve, points.random_scalar(self._curve, entropy))
        public = pair.public if self._point is None else pair.multiply(self._point)
        return CurveKey(self._curve, pair, public)

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> CurveGenerator:
        return CurveGenerator(self._curve, integrated_mapping.map_integrated_ecdh(self._curve, suite, s, t))


class CurveKey:
    """A scalar and its multiple of the generator in use."""

    def __init__(self, curve: Curve, pair: KeyPair, public: Point) -> None:
        self._curve = curve
        self._pair = pair
        self.public = points.encode_point(curve, public)

    def shared_secret(self, peer: bytes) -> bytes:
        return self._pair.shared_secret(self._decode(peer))

    def map_generic(self, s: bytes, peer: bytes) -> CurveGenerator:
        shared = self._pair.multiply(self._decode(peer))
        return CurveGenerator(self._curve, mappings.map_generic_ecdh(self._curve, s, shared))

    def _decode(self, peer: bytes) -> Point:
        if peer == self.public:
            raise ProtocolError("the chip returned the terminal's own public key")
        try:
            return points.decode_point(self._curve, peer)
        except MalformedDataError as error:
            raise ProtocolError(f"a public key of the chip is no point of {self._curve.name}") from error


class GroupGenerator:
    """A group with the generator in use as its g."""

    key_tag = DH_NUMBER

    def __init__(self, group: DHGroup) -> None:
        self._group = group

    def draw(self, entropy: Entropy) -> GroupKey:
        return GroupKey(self._group, dh.random_exponent(self._group, entropy))

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> GroupGenerator:
        return GroupGenerator(replace(self._group, g=integrated_mapping.map_integrated_dh(self._group, suite, s, t)))


class GroupKey:
    """An exponent and its power of the generator in use."""

    def __init__(self, group: DHGroup, exponent: int) -> None:
        self._group = group
        self._exponent = exponent
        self._y = dh.public_key(group, exponent)
        self.public = dh.encode_public_key(self._y)

    def shared_secret(self, peer: bytes) -> bytes:
        return self._agree(peer).to_bytes(self._group.byte_length, "big")

    def map_generic(self, s: bytes, peer: bytes) -> GroupGenerator:
        return GroupGenerator(replace(self._group, g=mappings.map_generic_dh(self._group, s, self._agree(peer))))

    def _agree(self, peer: bytes) -> int:
        if int.from_bytes(peer, "big") == self._y:
            raise ProtocolError("the chip returned the terminal's own public key")
        try:
            return dh.agree(self._group, self._exponent, dh.decode_public_key(self._group, peer))
        except MalformedDataError as error:
            raise ProtocolError("a public key of the chip is no number of its group") from error
