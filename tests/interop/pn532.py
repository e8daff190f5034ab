"""The part of a PN532 that libnfc needs to reach a contactless card, behind a serial line that is a pseudo terminal.

NXP UM0701-02: frames in §6.2, commands in §7. Cards lie on the reader from the start; there is one, of ISO/IEC 14443-4
type A.
"""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum

ACK = bytes.fromhex("0000FF00FF00")
START = bytes.fromhex("0000FF")
FROM_HOST, TO_HOST = 0xD4, 0xD5
FIRMWARE = bytes.fromhex("32010607")
# Target 1: SENS_RES, SEL_RES with ISO/IEC 14443-4, a random identifier, and an ATS that allows frames of 256 bytes.
TARGET = bytes.fromhex("0101 0004 20 04 08112233 0578807002")
NO_TARGET = b"\x00"
DONE = b"\x00"

TYPE_A = 0x00


class Command(IntEnum):
    """Those that have more to say than that they are done (§7)."""

    DIAGNOSE = 0x00
    FIRMWARE_VERSION = 0x02
    READ_REGISTER = 0x06
    EXCHANGE = 0x40
    DESELECT = 0x44
    LIST_TARGETS = 0x4A
    RELEASE = 0x52


Card = Callable[[bytes], bytes]


@contextmanager
def serial_reader(card: Card) -> Iterator[str]:
    """A reader with ``card`` on it for the length of a block; yields the name of its serial line."""
    master, slave = os.openpty()
    tty.setraw(slave)
    thread = threading.Thread(target=_serve, args=(master, card), daemon=True)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        os.close(slave)  # the last one to close it: reading from the master fails
        thread.join()
        os.close(master)


def _serve(line: int, card: Card) -> None:
    received = b""
    while True:
        try:
            received += os.read(line, 4096)
        except OSError:
            return
        while (found := _take(received)) is not None:
            command, received = found
            if command:
                os.write(line, ACK + _frame(bytes((command[0] + 1,)) + _answer(command[0], command[1:], card)))


def _take(received: bytes) -> tuple[bytes, bytes] | None:
    """The first command, empty for an acknowledgement, and the bytes after its frame; None if there is no whole one."""
    start = received.find(START)
    if start < 0 or len(received) < start + 6:
        return None
    rest = received[start + 3 :]
    if rest[:2] == b"\x00\xff":
        return b"", rest[3:]
    length, header = (int.from_bytes(rest[2:4], "big"), 5) if rest[:2] == b"\xff\xff" else (rest[0], 2)
    if len(rest) < header + length + 2:
        return None
    data = rest[header : header + length]
    assert data[0] == FROM_HOST
    assert sum(rest[header : header + length + 1]) % 256 == 0
    return data[1:], rest[header + length + 2 :]


def _frame(answer: bytes) -> bytes:
    data = bytes((TO_HOST,)) + answer
    length = len(data)
    if length < 256:
        header = bytes((length, -length % 256))
    else:
        header = b"\xff\xff" + length.to_bytes(2, "big") + bytes((-sum(length.to_bytes(2, "big")) % 256,))
    return START + header + data + bytes((-sum(data) % 256, 0))


def _answer(command: int, parameters: bytes, card: Card) -> bytes:
    match command:
        case Command.DIAGNOSE:
            return parameters  # the test of the line is an echo
        case Command.FIRMWARE_VERSION:
            return FIRMWARE
        case Command.READ_REGISTER:
            return bytes(len(parameters) // 2)
        case Command.LIST_TARGETS:
            return TARGET if parameters[1] == TYPE_A else NO_TARGET
        case Command.EXCHANGE:
            return DONE + card(parameters[1:])
        case Command.DESELECT | Command.RELEASE:
            return DONE
        case _:
            return b""  # configuration, registers, power
