"""A terminal written by hand for the tests of the card: the steps of the standard, and nothing of the library's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import SessionKeys, TerminalChannel
from chipid.asn1 import der
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.crypto.mappings import map_generic_ecdh
from chipid.crypto.points import KeyPair, Point, decode_point, encode_point, multiply
from chipid.lds.files import AID_EMRTD
from simulator.card_os import CardOS
from simulator.chip import BACKeys, PACEOffer
from tests.simulator import cards

OK = 0x9000
MAP_SCALAR = 0x1234567890ABCDEF
KEY_SCALAR = 0xFEDCBA0987654321


@dataclass
class PACESteps:
    """Where a PACE under way stands, for tests that leave the path."""

    curve: Curve
    oid: str
    suite: CipherSuite
    s: bytes = b""
    generator: Point = field(default_factory=lambda: Point(0, 0))
    pk_ic: bytes = b""
    pk_ifd: bytes = b""
    keys: SessionKeys | None = None

    def token(self, public_key: bytes) -> bytes:
        assert self.keys is not None
        data = tlv.encode(0x7F49, der.encode_oid(self.oid), tlv.encode(0x86, public_key))
        return MessageAuthentication(self.suite, self.keys.ks_mac).compute(data)


class Terminal:
    """Speaks to a card OS in process, in the clear or through a channel."""

    def __init__(self, card: CardOS) -> None:
        self.card = card
        self.channel: TerminalChannel | None = None

    def raw(self, command: str) -> tuple[str, int]:
        """Send hex, return the data in hex and the status word."""
        response = ResponseAPDU.decode(self.card.process(bytes.fromhex(command)))
        return response.data.hex().upper(), int(response.sw)

    def sw(self, command: str) -> int:
        return self.raw(command)[1]

    def plain(self, command: CommandAPDU) -> ResponseAPDU:
        return ResponseAPDU.decode(self.card.process(command.encode()))

    def secure(self, command: CommandAPDU) -> ResponseAPDU:
        """Send protected; raises :class:`SecureMessagingError` if the answer is not protected."""
        assert self.channel is not None
        return self.channel.unprotect(self.plain(self.channel.protect(command)))

    def secure_hex(self, command: str) -> tuple[str, int]:
        response = self.secure(CommandAPDU.decode(bytes.fromhex(command)))
        return response.data.hex().upper(), int(response.sw)

    def secure_sw(self, command: str) -> int:
        return self.secure_hex(command)[1]

    def select_application(self) -> None:
        assert self.plain(instructions.select_application(AID_EMRTD)).sw == OK

    def bac(
        self, rnd_ifd: bytes = bytes(range(8)), k_ifd: bytes = bytes(range(16)), *, keys: BACKeys | None = None
    ) -> None:
        """Basic Access Control, Doc 9303-11 §4.3.3."""
        self.select_application()
        rnd_ic = self.plain(instructions.get_challenge()).data
        answer = self.plain(instructions.external_authenticate(bac_data(rnd_ifd, rnd_ic, k_ifd, keys), ne=40))
        assert answer.sw == OK
        self.channel = TerminalChannel(bac_session_keys(answer.data, rnd_ifd, rnd_ic, k_ifd, keys))

    def pace_set_at(self, offer: PACEOffer | None = None, password: int = 2, *, parameter: bool = False) -> PACESteps:
        offer = offer or cards.offer()
        data = tlv.encode(0x80, der.oid_value(offer.oid)) + tlv.encode(0x83, bytes((password,)))
        if parameter and offer.parameter_id is not None:
            data += tlv.encode(0x84, bytes((offer.parameter_id,)))
        response = self.plain(instructions.set_at_mutual_authentication(data))
        assert response.sw == OK
        assert isinstance(offer.domain, Curve)
        return PACESteps(curve=offer.domain, oid=offer.oid, suite=offer.suite)

    def pace_nonce(self, steps: PACESteps, secret: bytes = cards.CAN.encode()) -> None:
        answer = self.general_authenticate(b"", last=False)
        k_pi = derive_key(secret, KeyPurpose.PACE, steps.suite)
        steps.s = BlockCipher(steps.suite, k_pi).decrypt(child(answer, 0x80))

    def pace_map(self, steps: PACESteps, scalar: int = MAP_SCALAR) -> None:
        own = KeyPair(steps.curve, scalar)
        data = tlv.encode(0x81, encode_point(steps.curve, own.public))
        answer = self.general_authenticate(data, last=False)
        shared = own.multiply(decode_point(steps.curve, child(answer, 0x82)))
        steps.generator = map_generic_ecdh(steps.curve, steps.s, shared)

    def pace_agree(self, steps: PACESteps, scalar: int = KEY_SCALAR) -> None:
        steps.pk_ifd = encode_point(steps.curve, multiply(steps.curve, scalar, steps.generator))
        answer = self.general_authenticate(tlv.encode(0x83, steps.pk_ifd), last=False)
        steps.pk_ic = child(answer, 0x84)
        k = KeyPair(steps.curve, scalar).shared_secret(decode_point(steps.curve, steps.pk_ic))
        steps.keys = derive_session_keys(k, steps.suite)

    def pace_token(self, steps: PACESteps) -> ResponseAPDU:
        data = tlv.encode(0x85, steps.token(steps.pk_ic))
        return self.plain(instructions.general_authenticate(data, last=True))

    def pace(self, offer: PACEOffer | None = None, *, password: int = 2) -> PACESteps:
        """PACE with Generic Mapping, Doc 9303-11 §4.4.3."""
        secret = cards.CAN.encode() if password == 2 else hashlib.sha1(cards.MRZ_INFORMATION).digest()
        steps = self.pace_set_at(offer, password)
        self.pace_nonce(steps, secret)
        self.pace_map(steps)
        self.pace_agree(steps)
        response = self.pace_token(steps)
        assert response.sw == OK
        assert child(response.data, 0x86) == steps.token(steps.pk_ifd)
        assert steps.keys is not None
        self.channel = TerminalChannel(steps.keys)
        return steps

    def general_authenticate(self, data: bytes, *, last: bool) -> bytes:
        response = self.plain(instructions.general_authenticate(data, last=last))
        assert response.sw == OK
        return response.data


def child(template: bytes, tag: int) -> bytes:
    """The one object of a template 7C."""
    objects = tlv.parse_one(template, 0x7C).children()
    assert [one.tag for one in objects] == [tag]
    return objects[0].value


def bac_data(rnd_ifd: bytes, rnd_ic: bytes, k_ifd: bytes, keys: BACKeys | None = None) -> bytes:
    """E_IFD and M_IFD."""
    keys = keys or cards.bac_keys()
    e_ifd = BlockCipher(CipherSuite.TDES, keys.k_enc).encrypt(rnd_ifd + rnd_ic + k_ifd)
    return e_ifd + MessageAuthentication(CipherSuite.TDES, keys.k_mac).compute(e_ifd)


def bac_session_keys(
    answer: bytes, rnd_ifd: bytes, rnd_ic: bytes, k_ifd: bytes, keys: BACKeys | None = None
) -> SessionKeys:
    keys = keys or cards.bac_keys()
    e_ic, m_ic = answer[:32], answer[32:]
    assert MessageAuthentication(CipherSuite.TDES, keys.k_mac).compute(e_ic) == m_ic
    r = BlockCipher(CipherSuite.TDES, keys.k_enc).decrypt(e_ic)
    assert r[:16] == rnd_ic + rnd_ifd
    seed = bytes(a ^ b for a, b in zip(k_ifd, r[16:], strict=True))
    return derive_session_keys(seed, CipherSuite.TDES, int.from_bytes(rnd_ic[4:] + rnd_ifd[4:], "big"))
