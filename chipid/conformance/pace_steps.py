"""PACE one step at a time, so that a test can leave the path (ICAO Doc 9303-11 §4.4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.errors import TLVError
from apdu.secure_messaging import SessionKeys
from chipid.asn1 import der
from chipid.conformance.case import DeviationError
from chipid.conformance.chip_under_test import PACEVariant
from chipid.crypto import dh
from chipid.crypto.domain_parameters import Curve, DHGroup, Point
from chipid.crypto.entropy import Entropy
from chipid.crypto.integrated_mapping import map_integrated_dh, map_integrated_ecdh, nonce_length
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.crypto.mappings import map_generic_dh, map_generic_ecdh
from chipid.crypto.points import KeyPair, decode_point, encode_point, random_scalar
from chipid.lds.protocols import PACEMapping


@dataclass
class PACESteps:
    """The terminal's values of one run; each method makes the next data object, or takes the chip's answer."""

    variant: PACEVariant
    password: bytes = field(repr=False)
    entropy: Entropy = field(repr=False)
    s: bytes = field(default=b"", repr=False)
    map_secret: int = field(default=0, repr=False)
    key_secret: int = field(default=0, repr=False)
    generator: Point | int = field(default=0, repr=False)
    t: bytes = b""
    pk_ifd: bytes = b""
    pk_ic: bytes = b""
    mapping_ic: bytes = b""
    keys: SessionKeys | None = field(default=None, repr=False)

    def take_nonce(self, answer: bytes) -> None:
        suite = self.variant.protocol.suite
        k_pi = derive_key(self.password, KeyPurpose.PACE, suite)
        self.s = BlockCipher(suite, k_pi).decrypt(_child(answer, 0x80))
        is_integrated = self.variant.protocol.mapping is PACEMapping.INTEGRATED
        if not self.s or (is_integrated and len(self.s) != nonce_length(suite)):
            raise DeviationError(f"a nonce of {len(self.s)} bytes")

    def mapping_data(self) -> bytes:
        """The content of DO'81'."""
        if self.variant.protocol.mapping is PACEMapping.INTEGRATED:
            self.t = self.entropy(self.variant.protocol.suite.key_length)
            return self.t
        self.map_secret = self.map_secret or draw(self.variant.domain, self.entropy)
        return public_key(self.variant.domain, self.map_secret, None)

    def take_mapping(self, answer: bytes) -> None:
        domain, suite = self.variant.domain, self.variant.protocol.suite
        mapping_data = self.mapping_ic = _child(answer, 0x82)
        if self.t:
            self.generator = (
                map_integrated_ecdh(domain, suite, self.s, self.t)
                if isinstance(domain, Curve)
                else map_integrated_dh(domain, suite, self.s, self.t)
            )
        elif isinstance(domain, Curve):
            shared = KeyPair(domain, self.map_secret).multiply(decode_point(domain, mapping_data))
            self.generator = map_generic_ecdh(domain, self.s, shared)
        else:
            h = dh.agree(domain, self.map_secret, dh.decode_public_key(domain, mapping_data))
            self.generator = map_generic_dh(domain, self.s, h)

    def ephemeral_key(self) -> bytes:
        """The content of DO'83'."""
        self.key_secret = self.key_secret or draw(self.variant.domain, self.entropy)
        self.pk_ifd = public_key(self.variant.domain, self.key_secret, self.generator)
        return self.pk_ifd

    def take_key(self, answer: bytes) -> None:
        domain = self.variant.domain
        self.pk_ic = _child(answer, 0x84)
        if isinstance(domain, Curve):
            k = KeyPair(domain, self.key_secret).shared_secret(decode_point(domain, self.pk_ic))
        else:
            k = dh.shared_secret(domain, self.key_secret, dh.decode_public_key(domain, self.pk_ic))
        self.keys = derive_session_keys(k, self.variant.protocol.suite)

    def compressed_key(self) -> bytes:
        """Comp(PK_IC): the x-coordinate, or SHA-1 of the number (§9.1.1)."""
        domain = self.variant.domain
        if isinstance(domain, Curve):
            return self.pk_ic[1 : 1 + domain.byte_length]
        return hashlib.sha1(self.pk_ic, usedforsecurity=False).digest()

    def token(self) -> bytes:
        """The content of DO'85'."""
        return self.token_over(self.public_key_object(self.pk_ic))

    def token_command(self) -> CommandAPDU:
        """The last step."""
        return instructions.general_authenticate(tlv.encode(0x85, self.token()), last=True)

    def public_key_object(self, public: bytes) -> bytes:
        tag = 0x86 if isinstance(self.variant.domain, Curve) else 0x84
        return tlv.encode(0x7F49, der.encode_oid(self.variant.oid), tlv.encode(tag, public))

    def token_over(self, data: bytes) -> bytes:
        if self.keys is None:
            raise ValueError("there are no keys yet")
        return MessageAuthentication(self.keys.suite, self.keys.ks_mac).compute(data)

    def take_token(self, answer: bytes) -> dict[int, bytes]:
        """The objects of the last answer; the chip's token must be right."""
        objects = _objects(answer)
        if objects.get(0x86) != self.token_over(self.public_key_object(self.pk_ifd)):
            raise DeviationError("the authentication token of the chip is wrong")
        return objects


def draw(domain: Curve | DHGroup, entropy: Entropy) -> int:
    """A private key."""
    return random_scalar(domain, entropy) if isinstance(domain, Curve) else dh.random_exponent(domain, entropy)


def public_key(domain: Curve | DHGroup, secret: int, generator: Point | int | None) -> bytes:
    """The public key over a generator, as it goes into a data object: points whole, numbers without leading zeros."""
    if isinstance(domain, Curve):
        pair = KeyPair(domain, secret)
        point = pair.multiply(generator) if isinstance(generator, Point) else pair.public
        return encode_point(domain, point)
    base = generator if isinstance(generator, int) and generator else domain.g
    y = pow(base, secret, domain.p)
    return y.to_bytes((y.bit_length() + 7) // 8, "big")


def _child(answer: bytes, tag: int) -> bytes:
    objects = _objects(answer)
    if set(objects) != {tag}:
        raise DeviationError(f"the answer does not hold data object {tag:X} alone")
    return objects[tag]


def _objects(answer: bytes) -> dict[int, bytes]:
    try:
        return {one.tag: one.value for one in tlv.parse_one(answer, 0x7C).children()}
    except TLVError as error:
        raise DeviationError("the answer is no dynamic authentication template") from error
