"""The bridge from a software card to the virtual reader of vsmartcard (``vsmartcard-vpcd``).

The virtual reader is a driver of pcscd that listens on a TCP port, one for each slot; the card connects to
it. Messages are a length of two bytes, big endian, and the payload; a payload of one byte is a control code.
To pcscd a connection is an inserted card and its end a removed one.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Protocol

from apdu.errors import CardRemovedError, ToolkitError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 35963
MAX_MESSAGE = 0xFFFF

STOP_POLL_SECONDS = 0.05
CONNECT_SECONDS = 5.0
SEND_SECONDS = 5.0
SILENT_POLLS = 200  # ten seconds; pcscd asks an inserted card for its ATR several times a second


class SoftwareCard(Protocol):
    """What the bridge needs of a card. Raising CardRemovedError in ``transmit`` pulls the card."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one encoded command APDU."""

    def reset(self) -> bytes:
        """Drop all state, as at power-on, and return the ATR."""


class Control(IntEnum):
    """Control codes of the virtual reader."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    GET_ATR = 4


class VPCDError(ToolkitError):
    """The virtual reader broke off, or does not speak as it should."""

    code = "vpcd-lost"
    exit_code = 4
    hint = "Look whether pcscd still runs, then insert the simulated card again."


class VPCDUnreachableError(VPCDError):
    """No virtual reader listens at the address."""

    code = "vpcd-unreachable"
    hint = (
        "Install and start the virtual reader (Debian: sudo apt install pcscd vsmartcard-vpcd; "
        "sudo systemctl restart pcscd), or give the port of its slot."
    )


class VPCDBusyError(VPCDError):
    """The virtual reader took the connection but never speaks: another card lies in this slot."""

    code = "vpcd-slot-taken"
    hint = "Remove the other simulated card, or use the second slot (port 35964)."


def serve(card: SoftwareCard, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT, stop: threading.Event) -> None:
    """Lay ``card`` on the virtual reader and let it answer until ``stop`` is set or the card is pulled.

    Returns when it has left the reader; call again to insert it again, but not before pcscd has noticed that it
    left (it looks every 0.4 s): a card that comes earlier is taken for the old one. Raises
    :class:`VPCDUnreachableError`, :class:`VPCDBusyError`, :class:`VPCDError` if the reader goes away, and
    whatever the card raises besides CardRemovedError.
    """
    with _connect(host, port) as link:
        if not _is_accepted(link, stop):
            return
        while (message := _receive(link, stop)) is not None:
            try:
                answer = _answer(card, message)
            except CardRemovedError:
                return
            if answer is not None:
                _send(link, answer)


@contextmanager
def inserted(card: SoftwareCard, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Iterator[threading.Event]:
    """Serve ``card`` from a thread within this block; yields the event that removes it before the end.

    An error of the bridge or of the card is raised at the end of the block.
    """
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            serve(card, host=host, port=port, stop=stop)
        except BaseException as error:  # noqa: BLE001  handed to the thread that owns the block
            failures.append(error)

    thread = threading.Thread(target=run, name=f"vpcd:{port}", daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]


def _connect(host: str, port: int) -> socket.socket:
    try:
        link = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    except (OSError, OverflowError) as error:
        raise VPCDUnreachableError(f"no virtual reader listens at {host} port {port}") from error
    link.settimeout(STOP_POLL_SECONDS)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _acknowledge_at_once(link)
    return link


def _is_accepted(link: socket.socket, stop: threading.Event) -> bool:
    """Wait for the reader's first word; a slot that holds another card leaves the connection in its queue."""
    for _ in range(SILENT_POLLS):
        if stop.is_set():
            return False
        try:
            link.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            continue
        except OSError as error:
            raise VPCDError("the connection to the virtual reader broke") from error
        return True
    raise VPCDBusyError("the virtual reader does not speak to this card")


def _acknowledge_at_once(link: socket.socket) -> None:
    """Without this, Linux delays the acknowledgement and each APDU takes 44 ms; the kernel forgets it again."""
    if sys.platform == "linux":
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _answer(card: SoftwareCard, message: bytes) -> bytes | None:
    if len(message) > 1:
        return card.transmit(message)
    match message[0]:
        case Control.GET_ATR:
            return card.atr
        case Control.POWER_ON | Control.RESET:
            card.reset()
            return None
        case Control.POWER_OFF:
            return None  # what the card forgets without power it forgets at the next power-on
        case code:
            raise VPCDError(f"the virtual reader sent the unknown control code {code}")


def _receive(link: socket.socket, stop: threading.Event) -> bytes | None:
    """The next message, or None once ``stop`` is set."""
    header = _receive_exactly(link, 2, stop)
    if header is None:
        return None
    length = int.from_bytes(header, "big")
    if length == 0:
        raise VPCDError("the virtual reader sent an empty message")
    return _receive_exactly(link, length, stop)


def _receive_exactly(link: socket.socket, count: int, stop: threading.Event) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        if stop.is_set():
            return None
        try:
            part = link.recv(count - len(received))
            _acknowledge_at_once(link)
        except TimeoutError:
            continue
        except OSError as error:
            raise VPCDError("the connection to the virtual reader broke") from error
        if not part:
            raise VPCDError("the virtual reader closed the connection")
        received += part
    return bytes(received)


def _send(link: socket.socket, answer: bytes) -> None:
    if not 0 < len(answer) <= MAX_MESSAGE:
        raise VPCDError(f"an answer of {len(answer)} bytes does not fit a message of the virtual reader")
    try:
        link.settimeout(SEND_SECONDS)
        link.sendall(len(answer).to_bytes(2, "big") + answer)
        link.settimeout(STOP_POLL_SECONDS)
    except OSError as error:
        raise VPCDError("the connection to the virtual reader broke") from error
