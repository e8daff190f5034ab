"""A chip and a terminal that leave PACE and secure messaging to libeac."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apdu import instructions, status, tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.asn1 import der
from chipid.lds.card_access import build_card_access
from chipid.lds.security_infos import PACEInfo
from tests.interop.libeac import Context, LibEAC
from tests.interop.libeac_messaging import Messaging

REFUSED_TOKEN = StatusWord(0x6300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """``secret`` as libeac takes it: digits, or a whole zone of TD1 without line breaks."""

    kind: int
    secret: bytes


def pace_context(libeac: LibEAC, info: PACEInfo, password: Password, seed: bytes) -> Context:
    context = libeac.context(seed)
    context.init_card_access(build_card_access([info]))
    context.password(password.kind, password.secret)
    return context


class LibEACChip:
    """A transport to a chip with one file, which PACE opens."""

    name = "libeac"
    atr = bytes.fromhex("3B80800101")
    extended_length = True

    def __init__(self, context: Context, info: PACEInfo, file: bytes) -> None:
        self.eac = context
        self.keys: list[str] = []
        self.shared_secret = b""
        self._info = info
        self._file = file
        self._messaging: Messaging | None = None
        self._terminal_key = self._own_key = b""

    def transmit(self, apdu: bytes) -> bytes:
        command = CommandAPDU.decode(apdu)
        if self._messaging is None:
            return self._answer(command).encode()
        opened = self._messaging.open_command(command)
        response = self._answer(opened)
        data = self._messaging.protect_response(response, odd=bool(opened.ins & 1))
        return ResponseAPDU(data=data, sw=response.sw).encode()

    def reset(self) -> bytes:
        self._messaging = None
        return self.atr

    def close(self) -> None:
        """There is nothing to let go of."""

    def _answer(self, command: CommandAPDU) -> ResponseAPDU:
        match command.ins:
            case 0x22:
                mechanism = tlv.find(tlv.parse_all(command.data), 0x80)
                assert mechanism is not None
                assert mechanism.value == der.oid_value(self._info.oid)
                return ResponseAPDU()
            case instructions.GENERAL_AUTHENTICATE:
                return self._pace(tlv.parse_one(command.data, 0x7C).children())
            case 0xB0:
                offset = command.p1 << 8 | command.p2
                return ResponseAPDU(data=self._file[offset : offset + command.ne])
            case _:
                return ResponseAPDU()

    def _pace(self, objects: list[tlv.TLV] | tuple[tlv.TLV, ...]) -> ResponseAPDU:
        if not objects:
            return _template(0x80, self.eac.enc_nonce())
        (one,) = objects
        match one.tag:
            case 0x81:
                own = self.eac.mapping_data()
                self.eac.map_generator(one.value)
                return _template(0x82, own)
            case 0x83:
                self._terminal_key, self._own_key = one.value, self.eac.ephemeral_key()
                self.shared_secret = self.eac.shared_secret(one.value)
                self.keys = self.eac.derive_keys()
                return _template(0x84, self._own_key)
            case _:
                if not self.eac.verify_token(one.value):
                    return ResponseAPDU(sw=REFUSED_TOKEN)
                token = self.eac.token(self._terminal_key)
                self._messaging = Messaging(self.eac, "PACE")
                return _template(0x86, token)


class LibEACTerminal:
    """A terminal on the simulated card: ``send`` takes an encoded command and gives the encoded answer."""

    def __init__(self, context: Context, send: Callable[[bytes], bytes]) -> None:
        self.eac = context
        self.keys: list[str] = []
        self.shared_secret = self.chip_key = self.own_key = b""
        self._send = send
        self._messaging: Messaging | None = None

    def pace(self, info: PACEInfo, password: Password) -> StatusWord:
        """The whole of PACE; the status word of the last step."""
        template = tlv.encode(0x80, der.oid_value(info.oid)) + tlv.encode(0x83, bytes((password.kind,)))
        selected = self._plain(instructions.set_at_mutual_authentication(template))
        assert selected.sw.is_ok or selected.sw.tries_left
        self.eac.dec_nonce(self._step(b"", 0x80))
        # libeac maps onto a key that it must have made before.
        own = self.eac.mapping_data()
        self.eac.map_generator(self._step(tlv.encode(0x81, own), 0x82))
        self.own_key = self.eac.ephemeral_key()
        self.chip_key = self._step(tlv.encode(0x83, self.own_key), 0x84)
        self.shared_secret = self.eac.shared_secret(self.chip_key)
        self.keys = self.eac.derive_keys()
        token = tlv.encode(0x85, self.eac.token(self.chip_key))
        response = self._plain(instructions.general_authenticate(token, last=True))
        if response.sw == status.OK:
            assert self.eac.verify_token(_value(response, 0x86))
            self.start("PACE")
        return response.sw

    def start(self, protocol: str) -> None:
        self._messaging = Messaging(self.eac, protocol)

    def secure(self, command: CommandAPDU) -> ResponseAPDU:
        assert self._messaging is not None
        protected = self._messaging.protect_command(command)
        sent = CommandAPDU(
            cla=protected[0],
            ins=protected[1],
            p1=protected[2],
            p2=protected[3],
            data=protected[4:],
            ne=256 if command.ne <= 256 and not command.extended else 65536,
            extended=command.extended or command.ne > 256 or len(protected) > 259,
        )
        return self._messaging.open_response(ResponseAPDU.decode(self._send(sent.encode())))

    def _step(self, data: bytes, tag: int) -> bytes:
        return _value(self._plain(instructions.general_authenticate(data, last=False)), tag)

    def _plain(self, command: CommandAPDU) -> ResponseAPDU:
        return ResponseAPDU.decode(self._send(command.encode()))


def _template(tag: int, value: bytes) -> ResponseAPDU:
    return ResponseAPDU(data=tlv.encode(0x7C, tlv.encode(tag, value)))


def _value(response: ResponseAPDU, tag: int) -> bytes:
    assert response.sw.is_ok, response.sw
    return tlv.parse_one(tlv.parse_one(response.data, 0x7C).value, tag).value
