"""The PC/SC transport through pcscd and the virtual reader."""

from __future__ import annotations

import threading
import time

import pytest

from apdu import instructions
from apdu.command import CommandAPDU
from apdu.errors import CardRemovedError, TransportError
from apdu.session import CardSession
from reader import errors
from reader.discovery import list_readers
from reader.pcsc import PCSCTransport, Protocol, ShareMode, open_reader
from simulator.pcsc_stack import PCSCStack
from simulator.virtual_reader import VirtualReader
from tests.support.echo_card import ECHO, SHORT_LENGTH_ATR, EchoCard, make_atr

pytestmark = pytest.mark.pcscd

SELECT = bytes.fromhex("00A4040C07A0000002471001")
READ_32 = bytes.fromhex("00B0000020")


def echo(data: bytes, *, ne: int) -> bytes:
    return CommandAPDU(cla=0x80, ins=ECHO, p1=0, p2=0, data=data, ne=ne).encode()


def test_connect_tells_name_atr_and_protocol(virtual_reader: VirtualReader) -> None:
    card = EchoCard()
    with virtual_reader.holding(card), open_reader(virtual_reader.name, clock=time.monotonic) as transport:
        assert transport.name == virtual_reader.name
        assert transport.atr == card.atr
        assert transport.protocol is Protocol.T1
        assert transport.extended_length


def test_short_and_extended_commands_arrive_unchanged(virtual_reader: VirtualReader) -> None:
    card = EchoCard()
    long_echo = echo(bytes(range(256)) * 100, ne=30_000)
    commands = [SELECT, READ_32, echo(b"\x5a" * 255, ne=256), long_echo]
    with virtual_reader.holding(card), PCSCTransport(virtual_reader.name) as transport:
        answers = [transport.transmit(command) for command in commands]
        largest = transport.transmit(bytes.fromhex("00B00000 00FDE8"))
    assert card.heard[: len(commands)] == commands
    assert answers[0] == b"\x90\x00"
    assert answers[1] == bytes(range(32)) + b"\x90\x00"
    assert answers[2] == b"\x5a" * 255 + b"\x90\x00"
    assert answers[3] == bytes(range(256)) * 100 + b"\x90\x00"
    assert len(largest) == 65_000 + 2


def test_a_session_runs_over_the_transport(virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard()), PCSCTransport(virtual_reader.name) as transport:
        session = CardSession(transport, clock=time.monotonic)
        assert session.transmit(instructions.read_binary(0, 100)).data == bytes(range(100))


def test_a_card_that_speaks_t0_gets_no_le_beside_its_data(virtual_reader: VirtualReader) -> None:
    card = EchoCard(make_atr(b"", protocol=0))
    with virtual_reader.holding(card), PCSCTransport(virtual_reader.name) as transport:
        assert transport.protocol is Protocol.T0
        assert not transport.extended_length
        transport.transmit(echo(b"\x01\x02\x03", ne=256))
    assert card.heard == [echo(b"\x01\x02\x03", ne=0)]


def test_asking_for_a_protocol_that_the_card_lacks_is_a_mismatch(virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard(make_atr(b"", protocol=0))), pytest.raises(errors.ProtocolMismatchError):
        PCSCTransport(virtual_reader.name, protocol=Protocol.T1)


def test_the_card_says_that_it_takes_short_commands_only(virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard(SHORT_LENGTH_ATR)), PCSCTransport(virtual_reader.name) as transport:
        assert not transport.extended_length


@pytest.mark.parametrize("cold", [False, True])
def test_reset_reaches_the_card_and_the_connection_lives_on(virtual_reader: VirtualReader, *, cold: bool) -> None:
    card = EchoCard()
    with virtual_reader.holding(card), PCSCTransport(virtual_reader.name) as transport:
        before = card.resets
        assert transport.reset(cold=cold) == card.atr
        assert card.resets > before
        assert transport.transmit(SELECT) == b"\x90\x00"


def test_close_resets_the_card_and_may_be_repeated(virtual_reader: VirtualReader) -> None:
    card = EchoCard()
    with virtual_reader.holding(card):
        transport = PCSCTransport(virtual_reader.name)
        before = card.resets
        transport.close()
        transport.close()
        assert card.resets > before
        with pytest.raises(errors.ConnectionClosedError):
            transport.transmit(SELECT)


def test_an_exclusive_connection_keeps_others_out_until_it_is_closed(virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard()):
        with PCSCTransport(virtual_reader.name, share=ShareMode.EXCLUSIVE), pytest.raises(errors.ReaderBusyError):
            PCSCTransport(virtual_reader.name)
        PCSCTransport(virtual_reader.name).close()


def test_a_shared_card_admits_no_exclusive_connection(virtual_reader: VirtualReader) -> None:
    with (
        virtual_reader.holding(EchoCard()),
        PCSCTransport(virtual_reader.name),
        pytest.raises(errors.ReaderBusyError),
    ):
        PCSCTransport(virtual_reader.name, share=ShareMode.EXCLUSIVE)


def test_within_a_transaction_a_second_connection_has_to_wait(virtual_reader: VirtualReader) -> None:
    card = EchoCard()
    with (
        virtual_reader.holding(card),
        PCSCTransport(virtual_reader.name) as first,
        PCSCTransport(virtual_reader.name) as second,
    ):
        other = threading.Thread(target=second.transmit, args=(SELECT,))
        with first.transaction():
            other.start()
            for _ in range(20):
                first.transmit(READ_32)
        other.join()
    assert card.heard == [READ_32] * 20 + [SELECT]


def test_a_reset_by_another_connection_is_told(virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard()), PCSCTransport(virtual_reader.name) as first:
        with PCSCTransport(virtual_reader.name) as second:
            second.reset()
        with pytest.raises(errors.CardResetError):
            first.transmit(SELECT)
        first.reset()
        assert first.transmit(SELECT) == b"\x90\x00"


@pytest.mark.parametrize("apdu", [READ_32, bytes.fromhex("00B00000000400")], ids=["short", "extended"])
def test_a_card_pulled_at_an_apdu_is_a_removed_card(virtual_reader: VirtualReader, apdu: bytes) -> None:
    with virtual_reader.holding(EchoCard(pull_at=2)), PCSCTransport(virtual_reader.name) as transport:
        assert transport.transmit(SELECT) == b"\x90\x00"
        with pytest.raises(CardRemovedError):
            transport.transmit(apdu)
        with pytest.raises(TransportError):
            transport.transmit(apdu)


def test_a_card_taken_while_idle_is_noticed_by_keep_alive(virtual_reader: VirtualReader) -> None:
    with virtual_reader.holding(EchoCard()) as pull, PCSCTransport(virtual_reader.name) as transport:
        transport.keep_alive()
        pull.set()
        virtual_reader.wait_until_empty()
        with pytest.raises(CardRemovedError):
            transport.keep_alive()


def test_a_card_taken_in_a_transaction_does_not_hide_its_error(virtual_reader: VirtualReader) -> None:
    with (
        virtual_reader.holding(EchoCard(pull_at=1)),
        PCSCTransport(virtual_reader.name) as transport,
        pytest.raises(CardRemovedError),
        transport.transaction(),
    ):
        transport.transmit(SELECT)


def test_an_empty_reader_has_no_card_to_connect_to(virtual_reader: VirtualReader) -> None:
    with pytest.raises(errors.NoCardError):
        PCSCTransport(virtual_reader.name)


def test_a_reader_that_is_not_there_is_gone(stack: PCSCStack) -> None:
    assert stack.readers
    with pytest.raises(errors.ReaderGoneError):
        PCSCTransport("no such reader")


def test_two_slots_hold_two_cards_that_do_not_mix(virtual_reader: VirtualReader, second_slot: VirtualReader) -> None:
    one, two = EchoCard(), EchoCard(SHORT_LENGTH_ATR)
    with virtual_reader.holding(one), second_slot.holding(two):
        assert [reader.atr for reader in list_readers()] == [one.atr, two.atr]
        with PCSCTransport(virtual_reader.name) as first, PCSCTransport(second_slot.name) as second:
            first.transmit(SELECT)
            second.transmit(READ_32)
    assert one.heard == [SELECT]
    assert two.heard == [READ_32]
