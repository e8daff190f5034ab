"""Secure messaging whose ciphers and checksums libeac makes; here data objects are taken apart and put together."""

from __future__ import annotations

from dataclasses import replace

from apdu import tlv
from apdu.command import SECURE_MESSAGING, CommandAPDU
from apdu.response import ResponseAPDU
from tests.interop.libeac import Context

DATA, DATA_ODD, LE, STATUS, CHECKSUM = 0x87, 0x85, 0x97, 0x99, 0x8E


class Messaging:
    """Both ends of a session under the keys of a context: each message counts, in its order."""

    def __init__(self, context: Context, protocol: str, *, counter: int = 0) -> None:
        self._eac = context
        context.start_messaging(protocol)
        if counter:
            context.set_counter(counter)

    def protect_command(self, command: CommandAPDU) -> bytes:
        """Header and data objects of the protected command."""
        self._eac.count()
        header = bytes((command.cla | SECURE_MESSAGING, command.ins, command.p1, command.p2))
        objects = self._encrypt(command.data, odd=bool(command.ins & 1))
        if command.ne:
            is_long = command.extended or command.ne > 256
            objects += tlv.encode(LE, (command.ne % (65536 if is_long else 256)).to_bytes(2 if is_long else 1, "big"))
        return header + objects + self._checksum(objects, header)

    def open_command(self, command: CommandAPDU) -> CommandAPDU:
        self._eac.count()
        found = {one.tag: one for one in tlv.parse_all(command.data)}
        checksum = found.pop(CHECKSUM)
        body = command.data[: -len(checksum.raw)]
        assert checksum.raw == self._checksum(body, command.header)
        le = found[LE].value if LE in found else b""
        return replace(
            command,
            cla=command.cla & ~SECURE_MESSAGING,
            data=self._decrypt(found),
            ne=(int.from_bytes(le, "big") or 1 << 8 * len(le)) if le else 0,
        )

    def protect_response(self, response: ResponseAPDU, *, odd: bool = False) -> bytes:
        """The data field of the protected answer."""
        self._eac.count()
        objects = self._encrypt(response.data, odd=odd) + tlv.encode(STATUS, response.sw.to_bytes(2, "big"))
        return objects + self._checksum(objects)

    def open_response(self, response: ResponseAPDU) -> ResponseAPDU:
        self._eac.count()
        found = {one.tag: one for one in tlv.parse_all(response.data)}
        checksum = found.pop(CHECKSUM)
        assert checksum.raw == self._checksum(response.data[: -len(checksum.raw)])
        assert found[STATUS].value == response.sw.to_bytes(2, "big")
        return ResponseAPDU(data=self._decrypt(found), sw=response.sw)

    def _encrypt(self, data: bytes, *, odd: bool) -> bytes:
        if not data:
            return b""
        cryptogram = self._eac.encrypt(self._eac.pad(data))
        return tlv.encode(DATA_ODD, cryptogram) if odd else tlv.encode(DATA, b"\x01", cryptogram)

    def _decrypt(self, found: dict[int, tlv.TLV]) -> bytes:
        if DATA_ODD in found:
            cryptogram = found[DATA_ODD].value
        elif DATA in found:
            assert found[DATA].value[0] == 1
            cryptogram = found[DATA].value[1:]
        else:
            return b""
        plain: bytes = self._eac.unpad(self._eac.decrypt(cryptogram))
        return plain

    def _checksum(self, objects: bytes, header: bytes = b"") -> bytes:
        padded = b"".join(self._eac.pad(one) for one in (header, objects) if one)
        return tlv.encode(CHECKSUM, self._eac.authenticate(padded))
