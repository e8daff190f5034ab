"""The bridge against a hand-written virtual reader; tests/pcscd has it against the real one."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from simulator import vpcd
from tests.support.echo_card import EchoCard

SELECT = bytes.fromhex("00A4040C023F00")


class Reader:
    """The virtual reader's side: listens, takes one card, asks it."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._card: socket.socket | None = None

    def accept(self) -> None:
        self.eject()
        self._card, _ = self._listening.accept()
        self._card.settimeout(10)

    def send(self, raw: bytes) -> None:
        assert self._card is not None
        self._card.sendall(raw)

    def ask(self, payload: bytes) -> None:
        self.send(len(payload).to_bytes(2, "big") + payload)

    def hear(self) -> bytes:
        """The next message, empty if the card has closed the connection."""
        return self._read(int.from_bytes(self._read(2), "big"))

    def _read(self, count: int) -> bytes:
        assert self._card is not None
        received = b""
        try:
            while len(received) < count and (part := self._card.recv(count - len(received))):
                received += part
        except OSError:  # closed with something unread, or by ourselves
            return b""
        return received

    def eject(self) -> None:
        if self._card is not None:
            self._card.close()

    def crash(self) -> None:
        """Leave as a process that is killed with something unread does: by a TCP reset."""
        assert self._card is not None
        self._card.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._card.close()

    def close(self) -> None:
        self.eject()
        self._listening.close()


def serve(card: EchoCard, reader: Reader, *sent: bytes) -> None:
    """Serve ``card`` while the reader, in a thread, sends and then waits for the end or, told b"", leaves."""

    def talk() -> None:
        reader.accept()
        for raw in sent:
            if not raw:
                reader.eject()
                return
            reader.send(raw)
        while reader.hear():
            pass

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        vpcd.serve(card, port=reader.port, stop=threading.Event())
    finally:
        thread.join()


@pytest.fixture
def reader() -> Iterator[Reader]:
    double = Reader()
    yield double
    double.close()


def test_control_codes_and_apdus_reach_the_card(reader: Reader) -> None:
    card = EchoCard()
    with vpcd.inserted(card, port=reader.port):
        reader.accept()
        reader.ask(b"\x04")
        assert reader.hear() == card.atr
        for control in (b"\x01", b"\x02", b"\x00"):
            reader.ask(control)
        reader.ask(SELECT)
        assert reader.hear() == b"\x90\x00"
    assert card.resets == 2
    assert card.heard == [SELECT]


def test_a_message_in_pieces_is_put_together_and_two_at_once_are_taken_apart(reader: Reader) -> None:
    card = EchoCard()
    with vpcd.inserted(card, port=reader.port):
        reader.accept()
        for byte in b"\x00\x07" + SELECT:
            reader.send(bytes((byte,)))
        assert reader.hear() == b"\x90\x00"
        reader.send((b"\x00\x07" + SELECT) * 2 + b"\x00\x01\x04")
        assert [reader.hear() for _ in range(3)] == [b"\x90\x00", b"\x90\x00", card.atr]
    assert card.heard == [SELECT] * 3


def test_the_largest_message_passes_and_a_larger_answer_is_refused(reader: Reader) -> None:
    with vpcd.inserted(EchoCard(), port=reader.port):
        reader.accept()
        reader.ask(bytes.fromhex("00B0000000FFFD"))
        assert len(reader.hear()) == 0xFFFF
    with pytest.raises(vpcd.VPCDError, match="does not fit"):
        serve(EchoCard(), reader, bytes.fromhex("0007 00B00000000000"))


def test_stopping_removes_the_card_also_in_the_middle_of_a_message(reader: Reader) -> None:
    with vpcd.inserted(EchoCard(), port=reader.port) as stop:
        reader.accept()
        reader.send(b"\x00\x07\x00")
        stop.set()
        assert reader.hear() == b""


def test_stopping_ends_a_card_that_was_never_spoken_to(reader: Reader) -> None:
    stop = threading.Event()
    stop.set()
    vpcd.serve(EchoCard(), port=reader.port, stop=stop)


def test_a_card_that_is_pulled_closes_the_connection_without_an_error(reader: Reader) -> None:
    serve(EchoCard(pull_at=2), reader, (b"\x00\x07" + SELECT) * 2)


@pytest.mark.parametrize("raw", [b"\x00\x00", b"\x00\x01\x03", b"\x00\x01\xff"])
def test_a_message_that_is_none_ends_the_bridge_with_an_error(reader: Reader, raw: bytes) -> None:
    with pytest.raises(vpcd.VPCDError) as caught:
        serve(EchoCard(), reader, raw)
    assert caught.value.code == "vpcd-lost"


@pytest.mark.parametrize("before", [(), (b"\x00\x01\x04",), (b"\x00",), (b"\x00\x07\x00",)])
def test_a_reader_that_goes_away_is_an_error(reader: Reader, before: tuple[bytes, ...]) -> None:
    with pytest.raises(vpcd.VPCDError):
        serve(EchoCard(), reader, *before, b"")


def test_a_reader_that_crashes_during_a_command_is_an_error(reader: Reader) -> None:
    class Witness(EchoCard):
        def transmit(self, apdu: bytes) -> bytes:
            reader.crash()
            return super().transmit(apdu)

    card = Witness()
    with pytest.raises(vpcd.VPCDError, match="broke"):
        serve(card, reader, b"\x00\x07" + SELECT)
    assert card.heard == [SELECT]


def test_no_virtual_reader_is_an_error_with_a_way_out(reader: Reader) -> None:
    reader.close()
    with pytest.raises(vpcd.VPCDUnreachableError) as caught:
        vpcd.serve(EchoCard(), port=reader.port, stop=threading.Event())
    assert (caught.value.code, caught.value.exit_code) == ("vpcd-unreachable", 4)
    assert "vsmartcard-vpcd" in caught.value.hint


def test_a_port_that_cannot_be_is_an_error_too() -> None:
    with pytest.raises(vpcd.VPCDUnreachableError):
        vpcd.serve(EchoCard(), port=70_000, stop=threading.Event())


def test_a_slot_that_never_speaks_is_taken(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vpcd, "SILENT_POLLS", 2)
    with pytest.raises(vpcd.VPCDBusyError):
        vpcd.serve(EchoCard(), port=reader.port, stop=threading.Event())


def test_a_defect_of_the_card_is_not_hidden(reader: Reader) -> None:
    class Defective(EchoCard):
        def transmit(self, apdu: bytes) -> bytes:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        serve(Defective(), reader, b"\x00\x07" + SELECT)
    with pytest.raises(ZeroDivisionError), vpcd.inserted(Defective(), port=reader.port):
        ask_once(reader)


def ask_once(reader: Reader) -> None:
    reader.accept()
    reader.ask(SELECT)
    assert reader.hear() == b""
