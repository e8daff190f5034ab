"""The chip's side of PACE, as short as Doc 9303-11 §4.4 allows: one session, no refusals, every mapping."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from apdu import tlv
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication, pad
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from chipid.asn1 import der
from chipid.crypto import points
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.integrated_mapping import map_integrated_dh, map_integrated_ecdh
from chipid.lds.protocols import PACE_PROTOCOLS, KeyAgreement, PACEMapping
from chipid.lds.security_infos import PACEInfo
from chipid.protocols.pace_choice import PACEChoice

STATIC_KEY = 0x1234567


def pace_info(domain: Curve | DHGroup, suite: CipherSuite, mapping: PACEMapping = PACEMapping.GENERIC) -> PACEInfo:
    agreement = KeyAgreement.ECDH if isinstance(domain, Curve) else KeyAgreement.DH
    for oid, protocol in PACE_PROTOCOLS.items():
        if (protocol.mapping, protocol.agreement, protocol.suite) == (mapping, agreement, suite):
            return PACEInfo(oid=oid, parameter_id=domain.parameter_id)
    raise AssertionError("there is no such protocol")


def pace_choice(domain: Curve | DHGroup, suite: CipherSuite, mapping: PACEMapping = PACEMapping.GENERIC) -> PACEChoice:
    return PACEChoice(info=pace_info(domain, suite, mapping), domain=domain)


def derive(secret: bytes, counter: int, suite: CipherSuite) -> bytes:
    """KDF of §9.7.1, without parity: DES does not look at it."""
    name = "sha1" if suite in (CipherSuite.TDES, CipherSuite.AES_128) else "sha256"
    return hashlib.new(name, secret + bytes((0, 0, 0, counter))).digest()[: suite.key_length]


class PACECard:
    """Answers the five commands of one run. ``password`` is f(π): SHA-1 of the MRZ information, or the digits."""

    def __init__(
        self,
        domain: Curve | DHGroup,
        suite: CipherSuite,
        *,
        password: bytes,
        reference: int,
        s: bytes,
        scalars: tuple[int, int],
        mapping: PACEMapping = PACEMapping.GENERIC,
    ) -> None:
        self._arithmetic = _CurveArithmetic(domain) if isinstance(domain, Curve) else _GroupArithmetic(domain)
        self._info = pace_info(domain, suite, mapping)
        self._suite = suite
        self._mapping = mapping
        self._password = password
        self._reference = reference
        self._s = s
        self._map_scalar, self._key_scalar = scalars
        self._steps = iter((self._set_at, self._give_nonce, self._map_nonce, self._agree, self._prove))
        self.pk_map_ic = self.pk_ic = self.k = b""

    def __call__(self, command: CommandAPDU) -> ResponseAPDU:
        return ResponseAPDU(data=next(self._steps)(command))

    def _set_at(self, command: CommandAPDU) -> bytes:
        assert command.header == bytes.fromhex("0022C1A4")
        oid = tlv.encode(0x80, der.oid_value(self._info.oid))
        assert self._info.parameter_id is not None
        parameters = tlv.encode(0x84, bytes((self._info.parameter_id,)))
        assert command.data == oid + tlv.encode(0x83, bytes((self._reference,))) + parameters
        assert command.ne == 0
        return b""

    def _give_nonce(self, command: CommandAPDU) -> bytes:
        assert command.header + command.data == bytes.fromhex("10860000 7C00")
        cipher = BlockCipher(self._suite, derive(self._password, 3, self._suite))
        return tlv.encode(0x7C, tlv.encode(0x80, cipher.encrypt(self._s)))

    def _map_nonce(self, command: CommandAPDU) -> bytes:
        data = self._value(command, 0x81)
        if self._mapping is PACEMapping.INTEGRATED:
            assert len(data) == self._suite.key_length
            self._arithmetic.map_integrated(self._suite, self._s, data)
            return bytes.fromhex("7C028200")
        self.pk_map_ic = self._arithmetic.power(self._map_scalar)
        self._arithmetic.map_generic(self._s, self._map_scalar, data)
        return tlv.encode(0x7C, tlv.encode(0x82, self.pk_map_ic))

    def _agree(self, command: CommandAPDU) -> bytes:
        self._pk_ifd = self._value(command, 0x83)
        self.pk_ic = self._arithmetic.power(self._key_scalar)
        self.k = self._arithmetic.agree(self._key_scalar, self._pk_ifd)
        return tlv.encode(0x7C, tlv.encode(0x84, self.pk_ic))

    def _prove(self, command: CommandAPDU) -> bytes:
        assert command.header == bytes.fromhex("00860000")
        assert command.data == tlv.encode(0x7C, tlv.encode(0x85, self._token(self.pk_ic)))
        answer = tlv.encode(0x86, self._token(self._pk_ifd))
        if self._mapping is PACEMapping.CHIP_AUTHENTICATION:
            answer += tlv.encode(0x8A, self._chip_authentication_data())
        return tlv.encode(0x7C, answer)

    def _chip_authentication_data(self) -> bytes:
        assert isinstance(self._arithmetic, _CurveArithmetic)
        curve = self._arithmetic.curve
        ca_ic = pow(STATIC_KEY, -1, curve.n) * self._map_scalar % curve.n
        cipher = BlockCipher(self._suite, derive(self.k, 1, self._suite))
        padded = pad(ca_ic.to_bytes(curve.order_length, "big"), 16)
        return cipher.encrypt(padded, cipher.encrypt_block(b"\xff" * 16))

    def _value(self, command: CommandAPDU, tag: int) -> bytes:
        assert command.header == bytes.fromhex("10860000")
        return tlv.parse_one(tlv.parse_one(command.data, 0x7C).value, tag).value

    def _token(self, public_key: bytes) -> bytes:
        key = tlv.encode(self._arithmetic.tag, public_key)
        data = tlv.encode(0x7F49, der.encode_oid(self._info.oid), key)
        return MessageAuthentication(self._suite, derive(self.k, 2, self._suite)).compute(data)


class _CurveArithmetic:
    tag = 0x86

    def __init__(self, curve: Curve) -> None:
        self.curve = curve
        self._generator = curve.generator

    def power(self, scalar: int) -> bytes:
        return points.encode_point(self.curve, points.multiply(self.curve, scalar, self._generator))

    def agree(self, scalar: int, peer: bytes) -> bytes:
        x = points.multiply(self.curve, scalar, points.decode_point(self.curve, peer)).x
        return x.to_bytes(self.curve.byte_length, "big")

    def map_generic(self, s: bytes, scalar: int, peer: bytes) -> None:
        shared = points.multiply(self.curve, scalar, points.decode_point(self.curve, peer))
        factor = int.from_bytes(s, "big") % self.curve.n
        if factor:
            shared = points.add(self.curve, points.multiply(self.curve, factor, self._generator), shared)
        self._generator = shared

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> None:
        self._generator = map_integrated_ecdh(self.curve, suite, s, t)


class _GroupArithmetic:
    tag = 0x84

    def __init__(self, group: DHGroup) -> None:
        self._group = group

    def power(self, scalar: int) -> bytes:
        return self._encode(pow(self._group.g, scalar, self._group.p))

    def agree(self, scalar: int, peer: bytes) -> bytes:
        return self._encode(pow(int.from_bytes(peer, "big"), scalar, self._group.p))

    def map_generic(self, s: bytes, scalar: int, peer: bytes) -> None:
        shared = int.from_bytes(self.agree(scalar, peer), "big")
        mapped = pow(self._group.g, int.from_bytes(s, "big"), self._group.p) * shared % self._group.p
        self._group = replace(self._group, g=mapped)

    def map_integrated(self, suite: CipherSuite, s: bytes, t: bytes) -> None:
        self._group = replace(self._group, g=map_integrated_dh(self._group, suite, s, t))

    def _encode(self, number: int) -> bytes:
        return number.to_bytes(self._group.byte_length, "big")
