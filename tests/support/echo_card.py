"""A card for tests of the transmission path: it selects anything, reads a pattern and echoes."""

from __future__ import annotations

from functools import reduce

from apdu.command import CommandAPDU
from apdu.errors import CardRemovedError

ECHO = 0xEE
SELECT, READ_BINARY = 0xA4, 0xB0


def make_atr(historical: bytes, *, protocol: int = 1) -> bytes:
    """An ATR of a card that offers T=0, or T=0 and T=1 as contactless cards appear (PC/SC Part 3 §3.1.3.2.3)."""
    interface = b"" if protocol == 0 else b"\x80\x01"
    body = bytes(((0x80 if interface else 0) | len(historical),)) + interface + historical
    check = bytes((reduce(lambda a, b: a ^ b, body),)) if interface else b""
    return b"\x3b" + body + check


EXTENDED_LENGTH_ATR = make_atr(b"\x80\x73\x84\x01\xe0")
SHORT_LENGTH_ATR = make_atr(b"\x80\x73\x84\x01\x80")


class EchoCard:
    """Counts what it hears; ``pull_at`` is the APDU (from 1) at which it leaves the reader."""

    def __init__(self, atr: bytes = EXTENDED_LENGTH_ATR, *, pull_at: int | None = None) -> None:
        self._atr = atr
        self._pull_at = pull_at
        self.heard: list[bytes] = []
        self.resets = 0

    @property
    def atr(self) -> bytes:
        return self._atr

    def reset(self) -> bytes:
        self.resets += 1
        return self._atr

    def transmit(self, apdu: bytes) -> bytes:
        self.heard.append(apdu)
        if len(self.heard) == self._pull_at:
            raise CardRemovedError("pulled")
        command = CommandAPDU.decode(apdu)
        if command.ins == READ_BINARY:
            return _answer(bytes(range(256)) * (command.ne // 256) + bytes(range(command.ne % 256)))
        return _answer(command.data if command.ins == ECHO else b"")


def _answer(data: bytes) -> bytes:
    return data + b"\x90\x00"
