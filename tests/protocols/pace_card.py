"""The chip's side of PACE with Generic Mapping, as short as Doc 9303-11 §4.4 allows: one session, no refusals."""

from __future__ import annotations

import hashlib

from apdu import tlv
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from chipid.asn1 import der, oids
from chipid.crypto import points
from chipid.crypto.domain_parameters import Curve
from chipid.lds.security_infos import PACEInfo

OIDS = {
    CipherSuite.TDES: oids.ID_PACE_ECDH_GM_3DES_CBC_CBC,
    CipherSuite.AES_128: oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128,
    CipherSuite.AES_192: oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_192,
    CipherSuite.AES_256: oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_256,
}


def pace_info(curve: Curve, suite: CipherSuite) -> PACEInfo:
    return PACEInfo(oid=OIDS[suite], parameter_id=curve.parameter_id)


def derive(secret: bytes, counter: int, suite: CipherSuite) -> bytes:
    """KDF of §9.7.1, without parity: DES does not look at it."""
    name = "sha1" if suite in (CipherSuite.TDES, CipherSuite.AES_128) else "sha256"
    return hashlib.new(name, secret + bytes((0, 0, 0, counter))).digest()[: suite.key_length]


class PACECard:
    """Answers the five commands of one run. ``password`` is f(π): SHA-1 of the MRZ information, or the CAN."""

    def __init__(
        self, curve: Curve, suite: CipherSuite, *, password: bytes, reference: int, s: bytes, scalars: tuple[int, int]
    ) -> None:
        self._curve = curve
        self._suite = suite
        self._password = password
        self._reference = reference
        self._s = s
        self._map_scalar, self._key_scalar = scalars
        self._steps = iter((self._set_at, self._give_nonce, self._map_nonce, self._agree, self._prove))
        self.pk_ic = b""
        self.k = b""

    def __call__(self, command: CommandAPDU) -> ResponseAPDU:
        return ResponseAPDU(data=next(self._steps)(command))

    def _set_at(self, command: CommandAPDU) -> bytes:
        assert command.header == bytes.fromhex("0022C1A4")
        oid = tlv.encode(0x80, der.oid_value(OIDS[self._suite]))
        parameters = tlv.encode(0x84, bytes((self._curve.parameter_id,)))
        assert command.data == oid + tlv.encode(0x83, bytes((self._reference,))) + parameters
        assert command.ne == 0
        return b""

    def _give_nonce(self, command: CommandAPDU) -> bytes:
        assert command.header + command.data == bytes.fromhex("10860000 7C00")
        cipher = BlockCipher(self._suite, derive(self._password, 3, self._suite))
        return tlv.encode(0x7C, tlv.encode(0x80, cipher.encrypt(self._s)))

    def _map_nonce(self, command: CommandAPDU) -> bytes:
        curve = self._curve
        terminal = self._point(command, 0x81)
        shared = points.multiply(curve, self._map_scalar, terminal)
        mapped = points.multiply(curve, int.from_bytes(self._s, "big") % curve.n, curve.generator)
        self._generator = points.add(curve, mapped, shared)
        own = points.multiply(curve, self._map_scalar, curve.generator)
        return tlv.encode(0x7C, tlv.encode(0x82, points.encode_point(curve, own)))

    def _agree(self, command: CommandAPDU) -> bytes:
        curve = self._curve
        terminal = self._point(command, 0x83)
        self._pk_ifd = points.encode_point(curve, terminal)
        self.pk_ic = points.encode_point(curve, points.multiply(curve, self._key_scalar, self._generator))
        x = points.multiply(curve, self._key_scalar, terminal).x
        self.k = x.to_bytes(curve.byte_length, "big")
        return tlv.encode(0x7C, tlv.encode(0x84, self.pk_ic))

    def _prove(self, command: CommandAPDU) -> bytes:
        assert command.header == bytes.fromhex("00860000")
        assert command.data == tlv.encode(0x7C, tlv.encode(0x85, self._token(self.pk_ic)))
        return tlv.encode(0x7C, tlv.encode(0x86, self._token(self._pk_ifd)))

    def _point(self, command: CommandAPDU, tag: int) -> points.Point:
        assert command.header == bytes.fromhex("10860000")
        found = tlv.parse_one(tlv.parse_one(command.data, 0x7C).value, tag)
        return points.decode_point(self._curve, found.value)

    def _token(self, public_key: bytes) -> bytes:
        data = tlv.encode(0x7F49, der.encode_oid(OIDS[self._suite]), tlv.encode(0x86, public_key))
        return MessageAuthentication(self._suite, derive(self.k, 2, self._suite)).compute(data)
