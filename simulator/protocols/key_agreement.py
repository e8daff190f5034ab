"""Key agreement as the chip does it, over curves and over groups alike (ICAO Doc 9303-11 §9.4.5 and §9.6).

A domain is a set of parameters with the generator in use, which PACE replaces; a key belongs to one domain. Public keys
are bytes here: uncompressed points, or numbers without leading zeros (§9.4.1, §9.4.3). Whatever a terminal's key lacks
raises :class:`MalformedDataError`; a mapping that leads nowhere raises :class:`ProtocolError`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from apdu.ciphers import CipherSuite
from chipid.crypto import dh
from chipid.crypto.domain_parameters import Curve, DHGroup, Point
from chipid.crypto.entropy import Entropy
from chipid.crypto.integrated_mapping import map_integrated_dh, map_integrated_ecdh
from chipid.crypto.mappings import map_generic_dh, map_generic_ecdh
from chipid.crypto.points import KeyPair, decode_point, encode_point, random_scalar
from simulator.chip import DomainParameters


class Key(Protocol):
    """A private key of the chip with its public key."""

    @property
    def secret(self) -> int:
        """The scalar or exponent."""

    @property
    def public(self) -> bytes:
        """The public key over the generator of its domain."""

    def agree(self, peer: bytes) -> bytes:
        """The shared secret as key derivation takes it."""

    def map_generic(self, s: bytes, peer: bytes) -> Domain:
        """The domain whose generator is made of the nonce s and of what was agreed with ``peer`` (§4.4.3.3.1)."""


class Domain(Protocol):
    """Domain parameters with a generator."""

    def draw_key(self, entropy: Entropy) -> Key:
        """A fresh private key."""

    def key(self, secret: int) -> Key:
        """The private key of that number."""

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> Domain:
        """The domain whose generator is made of two nonces (§4.4.3.3.2)."""

    def compress(self, public: bytes) -> bytes:
        """Comp(PK): the x coordinate, or SHA-1 of the number (§7.1.4.1.3 and §7.1.4.2.3)."""


def domain_of(parameters: DomainParameters) -> Domain:
    """The domain with its own generator."""
    if isinstance(parameters, Curve):
        return _CurveDomain(parameters, parameters.generator)
    return _GroupDomain(parameters)


@dataclass(frozen=True, slots=True)
class _CurveDomain:
    curve: Curve
    generator: Point = field(repr=False)

    def draw_key(self, entropy: Entropy) -> Key:
        return _CurveKey(self, random_scalar(self.curve, entropy))

    def key(self, secret: int) -> Key:
        return _CurveKey(self, secret)

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> Domain:
        return _CurveDomain(self.curve, map_integrated_ecdh(self.curve, suite, s, t))

    def compress(self, public: bytes) -> bytes:
        return public[1 : 1 + self.curve.byte_length]


class _CurveKey:
    def __init__(self, domain: _CurveDomain, secret: int) -> None:
        self._domain = domain
        self._pair = KeyPair(domain.curve, secret)
        self.secret = secret

    @cached_property
    def public(self) -> bytes:
        return encode_point(self._domain.curve, self._pair.multiply(self._domain.generator))

    def agree(self, peer: bytes) -> bytes:
        return self._pair.shared_secret(decode_point(self._domain.curve, peer))

    def map_generic(self, s: bytes, peer: bytes) -> Domain:
        curve = self._domain.curve
        return _CurveDomain(curve, map_generic_ecdh(curve, s, self._pair.multiply(decode_point(curve, peer))))


@dataclass(frozen=True, slots=True)
class _GroupDomain:
    group: DHGroup

    def draw_key(self, entropy: Entropy) -> Key:
        return _GroupKey(self.group, dh.random_exponent(self.group, entropy))

    def key(self, secret: int) -> Key:
        return _GroupKey(self.group, secret)

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> Domain:
        return _GroupDomain(replace(self.group, g=map_integrated_dh(self.group, suite, s, t)))

    def compress(self, public: bytes) -> bytes:
        return hashlib.sha1(public, usedforsecurity=False).digest()


class _GroupKey:
    def __init__(self, group: DHGroup, secret: int) -> None:
        self._group = group
        self.secret = secret

    @cached_property
    def public(self) -> bytes:
        y = dh.public_key(self._group, self.secret)
        return y.to_bytes((y.bit_length() + 7) // 8, "big")

    def agree(self, peer: bytes) -> bytes:
        return dh.shared_secret(self._group, self.secret, dh.decode_public_key(self._group, peer))

    def map_generic(self, s: bytes, peer: bytes) -> Domain:
        shared = dh.agree(self._group, self.secret, dh.decode_public_key(self._group, peer))
        return _GroupDomain(replace(self._group, g=map_generic_dh(self._group, s, shared)))
