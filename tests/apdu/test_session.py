"""The session: chaining, GET RESPONSE, 6Cxx, secure messaging, deadline, and how scripts are run."""

from __future__ import annotations

import pytest

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.errors import (
    APDUError,
    CardError,
    CardRemovedError,
    DeadlineError,
    SecureMessagingError,
    StatusError,
    ToolkitError,
)
from apdu.response import ResponseAPDU
from apdu.script import CardScript
from apdu.secure_messaging import SessionKeys, TerminalChannel
from apdu.session import MAX_GET_RESPONSE, CardSession
from apdu.transport import Transport
from tests.apdu.doubles import ManualClock, ScriptedTransport, SecureCard, conversation
from tests.support.echo_card import EXTENDED_LENGTH_ATR

SUITES = tuple(CipherSuite)
READ = "00B0000004"
READ_4 = instructions.read_binary(0, 4)


def session_keys(suite: CipherSuite = CipherSuite.AES_128) -> SessionKeys:
    return SessionKeys(suite=suite, ks_enc=bytes(range(suite.key_length)), ks_mac=bytes(range(9, 9 + suite.key_length)))


def open_session(transport: Transport, keys: SessionKeys | None = None) -> CardSession:
    session = CardSession(transport, clock=ManualClock())
    if keys is not None:
        session.start_secure_messaging(keys)
    return session


# In the clear


def test_a_command_and_its_answer_pass_as_they_are() -> None:
    with conversation((READ, "60145F01 9000")) as transport:
        assert open_session(transport).transmit(READ_4) == ResponseAPDU(data=bytes.fromhex("60145F01"))


def test_an_answer_without_a_status_word_is_refused() -> None:
    with conversation((READ, "90")) as transport, pytest.raises(APDUError):
        open_session(transport).transmit(READ_4)


def test_data_too_long_for_a_short_command_is_sent_as_a_chain() -> None:
    data = bytes(range(250)) * 3
    first, second, last = data[:255].hex(), data[255:510].hex(), data[510:].hex()
    with conversation(
        (f"102A00BE FF {first}", "9000"),
        (f"102A00BE FF {second}", "9000"),
        (f"002A00BE F0 {last}", "9000"),
    ) as transport:
        assert open_session(transport).transmit(instructions.verify_certificate(data)).sw == 0x9000


def test_only_the_last_command_of_a_chain_asks_for_an_answer() -> None:
    command = CommandAPDU(cla=0, ins=0x86, p1=0, p2=0, data=bytes(256), ne=256)
    with conversation((f"10860000 FF {bytes(255).hex()}", "9000"), ("00860000 01 00 00", "7C00 9000")) as transport:
        assert open_session(transport).transmit(command).data == b"\x7c\x00"


def test_a_chain_ends_at_the_first_command_that_is_refused() -> None:
    with conversation((f"102A00BE FF {bytes(255).hex()}", "6884")) as transport:
        assert open_session(transport).transmit(instructions.verify_certificate(bytes(600))).sw == 0x6884


def test_data_of_exactly_one_short_command_is_not_chained() -> None:
    with conversation((f"002A00BE FF {bytes(255).hex()}", "9000")) as transport:
        open_session(transport).transmit(instructions.verify_certificate(bytes(255)))


def test_a_step_of_a_protocol_that_is_chained_by_itself_stays_so() -> None:
    with conversation(("10860000 02 7C00 00", "7C00 9000")) as transport:
        open_session(transport).transmit(instructions.general_authenticate(b"", last=False))


def test_a_short_session_asks_for_no_more_than_a_short_answer() -> None:
    with conversation(("00B0000000", "9000"), ("00B0000004", "9000")) as transport:
        session = open_session(transport)
        session.transmit(instructions.read_binary(0, 65_536))
        session.transmit(CommandAPDU(cla=0, ins=0xB0, p1=0, p2=0, ne=4, extended=True))


def test_an_extended_session_sends_long_data_in_one_command() -> None:
    data = bytes(600)
    with conversation(
        (f"002A00BE 000258 {data.hex()}", "9000"),
        ("00B00000 000200", "9000"),
        ("00B0000000", "9000"),
        extended_length=True,
    ) as transport:
        session = open_session(transport)
        session.transmit(instructions.verify_certificate(data))
        session.transmit(instructions.read_binary(0, 512))
        session.transmit(instructions.read_binary(0, 256))


def test_61xx_is_followed_by_get_response_until_all_is_there() -> None:
    with conversation(
        ("00880000 01AA 00", "0102 6103"),
        ("00C0000003", "0304 6102"),
        ("00C0000002", "0506 9000"),
    ) as transport:
        response = open_session(transport).transmit(instructions.internal_authenticate(b"\xaa"))
        assert response.encode().hex() == "0102030405069000"


def test_6100_asks_for_256_bytes() -> None:
    with conversation((READ, "6100"), ("00C0000000", f"{bytes(256).hex()} 9000")) as transport:
        assert len(open_session(transport).transmit(READ_4).data) == 256


def test_get_response_with_a_wrong_length_is_repeated_with_the_right_one() -> None:
    with conversation((READ, "6110"), ("00C0000010", "6C04"), ("00C0000004", "01020304 9000")) as transport:
        assert open_session(transport).transmit(READ_4).data == bytes.fromhex("01020304")


def test_get_response_that_ends_in_an_error_returns_that_error() -> None:
    with conversation((READ, "01 6110"), ("00C0000010", "6F00")) as transport:
        assert open_session(transport).transmit(READ_4).encode().hex() == "016f00"


class EndlessTransport(ScriptedTransport):
    """Announces more data for ever."""

    def __init__(self, answer: str) -> None:
        super().__init__([])
        self._answer = bytes.fromhex(answer)
        self.count = 0

    def transmit(self, apdu: bytes) -> bytes:
        self.count += 1
        return self._answer


@pytest.mark.parametrize(
    ("answer", "rounds"), [("6101", MAX_GET_RESPONSE), ("00" * 256 + "6100", 256), ("00" * 257 + "6100", 256)]
)
def test_61xx_without_end_is_given_up(answer: str, rounds: int) -> None:
    transport = EndlessTransport(answer)
    with pytest.raises(CardError, match="without end"):
        open_session(transport).transmit(READ_4)
    assert transport.count <= 1 + rounds


def test_61xx_without_end_kills_a_secure_session() -> None:
    session = open_session(EndlessTransport("6101"), session_keys())
    with pytest.raises(CardError, match="without end"):
        session.transmit(READ_4)
    assert not session.is_secure
    with pytest.raises(SecureMessagingError, match="has ended"):
        session.transmit(READ_4)


def test_6cxx_is_followed_by_the_command_with_that_length() -> None:
    with conversation(("00B0000000", "6C10"), ("00B0000010", f"{bytes(16).hex()} 9000")) as transport:
        assert len(open_session(transport).transmit(instructions.read_binary(0, 256)).data) == 16


def test_6c00_means_256_bytes() -> None:
    with conversation((READ, "6C00"), ("00B0000000", "9000")) as transport:
        open_session(transport).transmit(READ_4)


def test_a_second_6cxx_is_returned_as_it_is() -> None:
    with conversation((READ, "6C03"), ("00B0000003", "6C02")) as transport:
        assert open_session(transport).transmit(READ_4).sw == 0x6C02


def test_6cxx_with_data_is_an_answer_and_not_a_request() -> None:
    with conversation((READ, "01 6C01")) as transport:
        assert open_session(transport).transmit(READ_4).encode().hex() == "016c01"


# The deadline


def test_no_command_is_sent_after_the_deadline() -> None:
    clock = ManualClock()
    with conversation((READ, "9000"), (READ, "9000")) as transport:
        session = CardSession(transport, clock=clock, deadline=clock.now + 5)
        session.transmit(READ_4)
        clock.now += 5
        session.transmit(READ_4)
        clock.now += 0.001
        with pytest.raises(DeadlineError):
            session.transmit(READ_4)


def test_the_deadline_holds_inside_a_long_answer() -> None:
    clock = ManualClock()

    class SlowTransport(EndlessTransport):
        def transmit(self, apdu: bytes) -> bytes:
            clock.now += 1
            return super().transmit(apdu)

    transport = SlowTransport("6101")
    with pytest.raises(DeadlineError):
        CardSession(transport, clock=clock, deadline=clock.now + 3.5).transmit(READ_4)
    assert transport.count == 4


def test_a_deadline_in_a_secure_session_ends_it() -> None:
    clock = ManualClock()
    with conversation() as transport:
        session = CardSession(transport, clock=clock, deadline=clock.now - 1)
        session.start_secure_messaging(session_keys())
        with pytest.raises(DeadlineError):
            session.transmit(READ_4)
        assert not session.is_secure


# Secure messaging


@pytest.mark.parametrize("suite", SUITES)
def test_commands_of_a_secure_session_are_protected_and_answers_opened(suite: CipherSuite) -> None:
    card = SecureCard(session_keys(suite), ("00A4020C02011E", "9000"), (READ, "60145F01 9000"))
    session = open_session(card, session_keys(suite))
    assert session.is_secure
    assert session.transmit(instructions.select_ef(0x011E)).sw == 0x9000
    assert session.transmit(READ_4).data == bytes.fromhex("60145F01")
    assert all(command.is_secure for command in card.commands)
    assert not card.rest


def test_a_refusal_inside_secure_messaging_leaves_the_session_alive() -> None:
    card = SecureCard(session_keys(), ("00A4020C020FFF", "6A82"), (READ, "6982"), (READ, "01 9000"))
    session = open_session(card, session_keys())
    assert session.transmit(instructions.select_ef(0x0FFF)).sw == 0x6A82
    assert session.transmit(READ_4).sw == 0x6982
    assert session.transmit(READ_4).data == b"\x01"


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("extended_length", [False, True])
def test_the_largest_ne_of_a_session_fits_one_answer_and_one_byte_more_does_not(
    suite: CipherSuite, extended_length: bool
) -> None:
    transport = ScriptedTransport([], extended_length=extended_length)
    session = open_session(transport)
    session.announce_buffer(65_538)
    limit = 65_536 if extended_length else 256
    assert session.max_ne == limit
    session.start_secure_messaging(session_keys(suite))
    assert (
        session.max_ne
        == {
            (8, False): 231,
            (16, False): 223,
            (8, True): 65_511,
            (16, True): 65_503,
        }[suite.block_length, extended_length]
    )

    def protected_length(ne: int) -> int:
        card = SecureCard(session_keys(suite), ("", ""))
        return len(card._channel.protect(ResponseAPDU(data=bytes(ne)), odd=False).data)

    assert protected_length(session.max_ne) <= limit < protected_length(session.max_ne + 1)


@pytest.mark.parametrize(
    ("size", "max_ne"),
    [(None, 256), (0, 256), (258, 256), (259, 257), (1000, 998), (65_538, 65_536), (1 << 32, 65_536)],
)
def test_reads_are_as_long_as_the_buffer_that_the_card_announces(size: int | None, max_ne: int) -> None:
    transport = ScriptedTransport([], extended_length=True)
    transport.atr = EXTENDED_LENGTH_ATR  # says only that the card knows the form
    session = open_session(transport)
    if size is not None:
        session.announce_buffer(size)
    assert session.max_ne == max_ne


@pytest.mark.parametrize("suite", SUITES)
def test_a_secure_session_uses_the_extended_form_where_the_protected_answer_needs_it(suite: CipherSuite) -> None:
    session = open_session(ScriptedTransport([]), session_keys(suite))
    fitting = session.max_ne
    card = SecureCard(
        session_keys(suite),
        (f"00B00000 {fitting:02X}", "9000"),
        (f"00B00000 00{fitting + 1:04X}", "9000"),
        ("00880000 000001 AA 0100", f"{bytes(256).hex()} 9000"),
        ("00B00000 000101", "9000"),
        extended_length=True,
    )
    session = open_session(card, session_keys(suite))
    session.transmit(instructions.read_binary(0, fitting))
    session.transmit(instructions.read_binary(0, fitting + 1))
    assert len(session.transmit(instructions.internal_authenticate(b"\xaa", ne=256)).data) == 256
    session.transmit(instructions.read_binary(0, 257))
    assert [command.extended for command in card.commands] == [False, True, True, True]
    assert [command.ne for command in card.commands] == [256, 65_536, 65_536, 65_536]


def test_general_authenticate_stays_short_in_a_secure_session_unless_its_data_is_long() -> None:
    point, number = bytes(65), bytes(256)
    card = SecureCard(
        session_keys(),
        (f"00860000 45 7C438041 {point.hex()} 00", "7C00 9000"),
        (f"00860000 000108 7C82010480820100 {number.hex()} 0000", "7C00 9000"),
        extended_length=True,
    )
    session = open_session(card, session_keys())
    for value in (point, number):
        session.transmit(instructions.general_authenticate(tlv.encode(0x80, value), last=True))
    assert [command.extended for command in card.commands] == [False, True]


@pytest.mark.parametrize("suite", SUITES)
def test_a_secure_chain_protects_every_command_and_fits_short_ones(suite: CipherSuite) -> None:
    size = 231 if suite is CipherSuite.TDES else 223
    data = bytes(n % 251 for n in range(2 * size + 7))
    parts = [data[:size], data[size : 2 * size], data[2 * size :]]
    card = SecureCard(
        session_keys(suite),
        (f"102A00BE {size:02X} {parts[0].hex()}", "9000"),
        (f"102A00BE {size:02X} {parts[1].hex()}", "9000"),
        (f"002A00BE 07 {parts[2].hex()}", "9000"),
    )
    session = open_session(card, session_keys(suite))
    session.transmit(instructions.verify_certificate(data))
    assert not card.rest
    assert [command.cla for command in card.commands] == [0x1C, 0x1C, 0x0C]
    assert all(not command.needs_extended for command in card.commands)


def test_get_response_and_6cxx_carry_a_protected_answer_and_leave_the_counter_alone() -> None:
    keys = session_keys()
    command = TerminalChannel(keys).protect(READ_4)
    card = SecureCard(keys, (READ, "60145F01 9000"))
    answer = card.transmit(command.encode())[:-2].hex()
    shorter = command.encode()[:-1] + b"\x1d"
    with conversation(
        (command.encode().hex(), "6C1D"),
        (shorter.hex(), f"{answer[:20]} 6113"),
        ("00C0000013", f"{answer[20:]} 9000"),
    ) as transport:
        assert open_session(transport, keys).transmit(READ_4).data == bytes.fromhex("60145F01")


@pytest.mark.parametrize("sw", [0x6982, 0x6987, 0x6988, 0x6700, 0x9000])
def test_a_plain_status_word_inside_a_session_is_a_secure_messaging_error_with_that_status(sw: int) -> None:
    command = TerminalChannel(session_keys()).protect(READ_4)
    with conversation((command.encode().hex(), f"{sw:04X}")) as transport:
        session = open_session(transport, session_keys())
        with pytest.raises(SecureMessagingError) as caught:
            session.transmit(READ_4)
        assert caught.value.sw == sw
        assert not session.is_secure


@pytest.mark.parametrize(
    "answer",
    [
        "6982",
        "60145F01 9000",
        "99029000 8E080000000000000000 9000",
        "90",
        CardRemovedError("gone"),
        ToolkitError("of any kind"),
        KeyboardInterrupt(),
    ],
    ids=["plain status", "plain data", "wrong checksum", "no status", "card removed", "other error", "interrupt"],
)
def test_no_plain_command_leaves_a_session_that_died(answer: str | BaseException) -> None:
    command = TerminalChannel(session_keys()).protect(READ_4)
    with conversation((command.encode().hex(), answer)) as transport:  # and no other command
        session = open_session(transport, session_keys())
        with pytest.raises((ToolkitError, KeyboardInterrupt)):
            session.transmit(READ_4)
        assert not session.is_secure
        for _ in range(2):
            with pytest.raises(SecureMessagingError, match="has ended"):
                session.transmit(READ_4)


def test_a_chain_that_dies_in_the_middle_sends_nothing_more() -> None:
    certificate = instructions.verify_certificate(bytes(600))
    part = CommandAPDU(cla=0x10, ins=0x2A, p1=0, p2=0xBE, data=bytes(223))
    command = TerminalChannel(session_keys()).protect(part)
    with conversation((command.encode().hex(), "6987")) as transport, pytest.raises(SecureMessagingError):
        open_session(transport, session_keys()).transmit(certificate)


def test_a_session_speaks_in_the_clear_again_only_when_told_to() -> None:
    with conversation((READ, "6982"), (READ, "6982")) as transport:
        session = open_session(transport, session_keys())
        session.end_secure_messaging()
        assert not session.is_secure
        assert session.transmit(READ_4).sw == 0x6982
        session.start_secure_messaging(session_keys())
        session.reset()
        assert transport.resets == 1
        assert session.transmit(READ_4).sw == 0x6982


def test_a_reset_that_fails_does_not_open_the_session() -> None:
    with conversation() as transport:
        transport.reset_error = CardRemovedError("gone")
        session = open_session(transport, session_keys())
        with pytest.raises(CardRemovedError):
            session.reset()
        assert not session.is_secure
        with pytest.raises(SecureMessagingError, match="has ended"):
            session.transmit(READ_4)


def test_a_plain_session_can_be_reset() -> None:
    with conversation((READ, "9000")) as transport:
        session = open_session(transport)
        session.reset()
        session.transmit(READ_4)


def test_new_keys_replace_the_old_ones_and_begin_their_own_count() -> None:
    old, new = session_keys(CipherSuite.TDES), session_keys(CipherSuite.AES_256)
    session = open_session(SecureCard(old, (READ, "01 9000")), old)
    session.transmit(READ_4)
    replaced = session._channel
    card = SecureCard(new, (READ, "02 9000"))
    session._transport = card
    session.start_secure_messaging(new)
    assert replaced is not None
    assert not replaced.is_alive
    assert session.transmit(READ_4).data == b"\x02"
    assert session.is_secure


# Scripts


def read_twice() -> CardScript[bytes]:
    first = (yield READ_4).expect_ok("READ BINARY")
    second = (yield READ_4).expect_ok("READ BINARY")
    return first + second


def test_a_script_is_run_to_its_end_and_returns_its_result() -> None:
    with conversation((READ, "01 9000"), (READ, "02 9000")) as transport:
        assert open_session(transport).run(read_twice()) == b"\x01\x02"


def test_a_script_without_commands_returns_its_result() -> None:
    def nothing() -> CardScript[int]:
        yield from ()
        return 7

    with conversation() as transport:
        assert open_session(transport).run(nothing()) == 7


def test_a_script_composed_of_scripts_runs_as_one() -> None:
    def four() -> CardScript[bytes]:
        return (yield from read_twice()) + (yield from read_twice())

    with conversation(*[(READ, f"0{n} 9000") for n in range(4)]) as transport:
        assert open_session(transport).run(four()) == bytes(range(4))


def test_a_status_error_that_the_script_lets_pass_reaches_the_caller_and_closes_the_script() -> None:
    script = read_twice()
    with conversation((READ, "6A82")) as transport, pytest.raises(StatusError):
        open_session(transport).run(script)
    with pytest.raises(StopIteration):
        next(script)


def test_a_script_may_catch_its_status_error_and_go_on() -> None:
    def tolerant() -> CardScript[str]:
        try:
            (yield READ_4).expect_ok("READ BINARY")
        except StatusError as error:
            (yield instructions.get_challenge()).expect_ok("GET CHALLENGE")
            return f"{error.sw:04X}"
        return "read"

    with conversation((READ, "6982"), ("0084000008", f"{bytes(8).hex()} 9000")) as transport:
        assert open_session(transport).run(tolerant()) == "6982"


def test_a_script_may_catch_a_secure_messaging_error_at_its_yield_and_return() -> None:
    def tolerant() -> CardScript[int]:
        try:
            yield READ_4
        except SecureMessagingError as error:
            return error.sw
        return 0

    command = TerminalChannel(session_keys()).protect(READ_4)
    with conversation((command.encode().hex(), "6988")) as transport:
        assert open_session(transport, session_keys()).run(tolerant()) == 0x6988


def test_a_script_that_goes_on_after_its_session_died_sends_nothing() -> None:
    seen: list[str] = []

    def stubborn() -> CardScript[None]:
        for _ in range(3):
            try:
                yield READ_4
            except SecureMessagingError as error:
                seen.append(error.message)

    command = TerminalChannel(session_keys()).protect(READ_4)
    with conversation((command.encode().hex(), "6982")) as transport:
        open_session(transport, session_keys()).run(stubborn())
    assert seen == [
        "the card left secure messaging with 6982 (security status not satisfied)",
        "the secure session has ended",
        "the secure session has ended",
    ]


def test_a_transport_error_is_raised_inside_the_script() -> None:
    closed: list[str] = []

    def careful() -> CardScript[None]:
        try:
            yield READ_4
        finally:
            closed.append("yes")

    with conversation((READ, CardRemovedError("gone"))) as transport, pytest.raises(CardRemovedError):
        open_session(transport).run(careful())
    assert closed == ["yes"]


def test_an_error_that_is_not_ours_closes_the_script_without_being_thrown_into_it() -> None:
    seen: list[str] = []

    def greedy() -> CardScript[None]:
        try:
            yield READ_4
        except GeneratorExit:
            seen.append("closed")
            raise
        except BaseException:
            seen.append("thrown")
            raise

    with conversation((READ, KeyboardInterrupt())) as transport, pytest.raises(KeyboardInterrupt):
        open_session(transport).run(greedy())
    assert seen == ["closed"]


def test_a_script_that_fails_by_itself_is_closed() -> None:
    def failing() -> CardScript[None]:
        yield READ_4
        raise CardError("what the card said makes no sense")

    script = failing()
    with conversation((READ, "9000")) as transport, pytest.raises(CardError, match="no sense"):
        open_session(transport).run(script)
    with pytest.raises(StopIteration):
        next(script)
