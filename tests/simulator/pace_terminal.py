"""The terminal's side of PACE for every mapping over curves and groups, written by hand for the tests of the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, MessageAuthentication, unpad
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import SessionKeys, TerminalChannel
from chipid.asn1 import der
from chipid.crypto.domain_parameters import Curve, DHGroup, Point
from chipid.crypto.integrated_mapping import map_integrated_dh, map_integrated_ecdh
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.crypto.mappings import map_generic_ecdh
from chipid.crypto.points import KeyPair, decode_point, encode_point, multiply
from chipid.lds.protocols import PACEMapping
from simulator.chip import PACEOffer
from tests.simulator.terminal import KEY_SCALAR, MAP_SCALAR, Terminal

NONCE_T = bytes(range(32))
Send = Callable[[bytes, bool], ResponseAPDU]


@dataclass
class Run:
    """One PACE of a terminal; ``data`` are the objects of the last answer by tag."""

    offer: PACEOffer
    keys: SessionKeys
    pk_ifd: bytes
    pk_ic: bytes
    pk_map_ic: bytes
    data: dict[int, bytes]


@dataclass
class PACETerminal:
    """Runs PACE step by step through ``terminal``, inside its session if there is one and ``inside`` says so."""

    terminal: Terminal
    offer: PACEOffer
    password: int = 2
    secret: bytes = b"123456"
    name_parameters: bool = False
    extra: bytes = b""
    inside: bool = False
    map_secret: int = MAP_SCALAR
    key_secret: int = KEY_SCALAR
    statuses: list[int] = field(default_factory=list)

    def select(self) -> int:
        data = tlv.encode(0x80, der.oid_value(self.offer.oid)) + tlv.encode(0x83, bytes((self.password,)))
        if self.name_parameters and self.offer.parameter_id is not None:
            data += tlv.encode(0x84, bytes((self.offer.parameter_id,)))
        command = instructions.set_at_mutual_authentication(data + self.extra)
        return int(self._transmit(command).sw)

    def step(self, data: bytes, *, last: bool = False) -> ResponseAPDU:
        response = self._transmit(instructions.general_authenticate(data, last=last))
        self.statuses.append(int(response.sw))
        return response

    def nonce(self) -> bytes:
        answer = _objects(self.step(b""))
        k_pi = derive_key(self.secret, KeyPurpose.PACE, self.offer.suite)
        return BlockCipher(self.offer.suite, k_pi).decrypt(answer[0x80])

    def run(self) -> Run:
        """All steps after MSE:Set AT; the token of the card is checked."""
        s = self.nonce()
        if self.offer.mapping is PACEMapping.INTEGRATED:
            t = NONCE_T[: self.offer.suite.key_length]
            answer = _objects(self.step(tlv.encode(0x81, t)))
            assert answer == {0x82: b""}
            pk_map_ic = b""
        else:
            own = self._public(self.offer.domain, self.map_secret, None)
            pk_map_ic = _objects(self.step(tlv.encode(0x81, own)))[0x82]
            t = b""
        generator = self._map(s, t, pk_map_ic)
        pk_ifd = self._public(self.offer.domain, self.key_secret, generator)
        pk_ic = _objects(self.step(tlv.encode(0x83, pk_ifd)))[0x84]
        keys = derive_session_keys(self._agree(pk_ic), self.offer.suite)
        response = self.step(tlv.encode(0x85, self.token(keys, pk_ic)), last=True)
        data = _objects(response) if response.data else {}
        if response.sw == 0x9000:
            assert data[0x86] == self.token(keys, pk_ifd)
            self.terminal.channel = TerminalChannel(keys)
        return Run(offer=self.offer, keys=keys, pk_ifd=pk_ifd, pk_ic=pk_ic, pk_map_ic=pk_map_ic, data=data)

    def open(self) -> Run:
        """PACE from its beginning to secure messaging."""
        assert self.select() in range(0x63C1, 0x63CF) or self.select() == 0x9000
        run = self.run()
        assert self.statuses[-1] == 0x9000
        return run

    def token(self, keys: SessionKeys, public_key: bytes) -> bytes:
        tag = 0x86 if isinstance(self.offer.domain, Curve) else 0x84
        data = tlv.encode(0x7F49, der.encode_oid(self.offer.oid), tlv.encode(tag, public_key))
        return MessageAuthentication(keys.suite, keys.ks_mac).compute(data)

    def _transmit(self, command: CommandAPDU) -> ResponseAPDU:
        return self.terminal.secure(command) if self.inside else self.terminal.plain(command)

    def _public(self, domain: Curve | DHGroup, secret: int, generator: Point | int | None) -> bytes:
        if isinstance(domain, Curve):
            assert not isinstance(generator, int)
            return encode_point(domain, multiply(domain, secret, generator or domain.generator))
        assert not isinstance(generator, Point)
        y = pow(generator or domain.g, secret, domain.p)
        return y.to_bytes((y.bit_length() + 7) // 8, "big")

    def _map(self, s: bytes, t: bytes, pk_map_ic: bytes) -> Point | int:
        domain, suite = self.offer.domain, self.offer.suite
        if isinstance(domain, Curve):
            if t:
                return map_integrated_ecdh(domain, suite, s, t)
            shared = KeyPair(domain, self.map_secret).multiply(decode_point(domain, pk_map_ic))
            return map_generic_ecdh(domain, s, shared)
        if t:
            return map_integrated_dh(domain, suite, s, t)
        h = pow(int.from_bytes(pk_map_ic, "big"), self.map_secret, domain.p)
        return pow(domain.g, int.from_bytes(s, "big"), domain.p) * h % domain.p

    def _agree(self, pk_ic: bytes) -> bytes:
        domain = self.offer.domain
        if isinstance(domain, Curve):
            return KeyPair(domain, self.key_secret).shared_secret(decode_point(domain, pk_ic))
        return pow(int.from_bytes(pk_ic, "big"), self.key_secret, domain.p).to_bytes(domain.byte_length, "big")


def chip_authentication_data(run: Run) -> int:
    """CA_IC out of DO'8A' (Doc 9303-11 §4.4.3.5)."""
    cipher = BlockCipher(run.keys.suite, run.keys.ks_enc)
    padded = cipher.decrypt(run.data[0x8A], cipher.encrypt_block(b"\xff" * 16))
    return int.from_bytes(unpad(padded), "big")


def _objects(response: ResponseAPDU) -> dict[int, bytes]:
    assert response.sw == 0x9000, response.sw
    return {one.tag: one.value for one in tlv.parse_one(response.data, 0x7C).children()}
