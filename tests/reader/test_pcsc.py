from __future__ import annotations

import pytest

from apdu.errors import CardRemovedError, DeadlineError, TransportError
from reader import errors
from reader.pcsc import PCSCTransport, Protocol, ShareMode, open_reader
from tests.reader.double import ATR, GET_FEATURES, GET_PROPERTIES, SCardDouble
from tests.support.echo_card import SHORT_LENGTH_ATR, make_atr

SHORT = bytes.fromhex("00B0000010")
EXTENDED = bytes.fromhex("00B00000000400")
FEATURES = bytes.fromhex("120442330012")


@pytest.fixture
def card(scard: SCardDouble) -> SCardDouble:
    """A card on the left reader."""
    scard.readers["left"].insert()
    return scard


def connect(*, short_only: set[str] | None = None) -> PCSCTransport:
    return PCSCTransport("left", short_only=set() if short_only is None else short_only)


def test_commands_and_answers_pass_with_the_protocol_in_use(card: SCardDouble) -> None:
    card.readers["left"].answers.extend([b"\x01\x90\x00", b"\x69\x82"])
    with connect() as transport:
        assert (transport.name, transport.atr, transport.protocol) == ("left", ATR, Protocol.T1)
        assert transport.transmit(SHORT) == b"\x01\x90\x00"
        assert transport.transmit(SHORT) == b"\x69\x82"
    assert card.sent == [(2, SHORT), (2, SHORT)]
    assert (card.contexts, card.connected) == (0, None)
    assert card.dispositions == [1]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errors.E_NO_SMARTCARD, errors.NoCardError),
        (errors.E_SHARING_VIOLATION, errors.ReaderBusyError),
        (errors.W_REMOVED_CARD, CardRemovedError),
        (0x80100066, errors.CardMuteError),
        (0x80100067, errors.CardMuteError),
        (0x8010000F, errors.ProtocolMismatchError),
        (errors.E_UNKNOWN_READER, errors.ReaderGoneError),
        (errors.E_NO_SERVICE, errors.ServiceDownError),
        (0x80100001, TransportError),
    ],
)
def test_a_failed_connection_is_named_and_leaves_nothing_open(
    card: SCardDouble, code: int, kind: type[TransportError]
) -> None:
    card.failing("SCardConnect", code)
    with pytest.raises(kind) as caught:
        connect()
    assert type(caught.value) is kind
    assert card.contexts == 0


def test_a_connection_in_the_moment_the_card_leaves_is_no_connection(scard: SCardDouble) -> None:
    with pytest.raises(errors.NoCardError):
        connect()
    assert (scard.contexts, scard.connected) == (0, None)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errors.W_REMOVED_CARD, CardRemovedError),
        (errors.E_NO_SMARTCARD, CardRemovedError),
        (errors.W_RESET_CARD, errors.CardResetError),
        (errors.E_READER_UNAVAILABLE, errors.ReaderGoneError),
        (errors.E_SHARING_VIOLATION, errors.ReaderBusyError),
        (errors.E_INVALID_HANDLE, errors.ServiceDownError),
        (errors.E_TIMEOUT, DeadlineError),
        (0x80100067, errors.CardMuteError),
        (0x80100001, TransportError),
    ],
)
def test_a_failed_exchange_is_named(card: SCardDouble, code: int, kind: type[TransportError]) -> None:
    card.readers["left"].answers.append(code)
    with connect() as transport, pytest.raises(TransportError) as caught:
        transport.transmit(SHORT)
    assert type(caught.value) is kind


def test_no_error_of_an_exchange_holds_the_bytes_of_the_command(card: SCardDouble) -> None:
    card.readers["left"].answers.append(errors.E_NOT_TRANSACTED)
    card.while_waiting.append(lambda: None)
    secret = bytes.fromhex("0082000008DEADBEEF00000000")
    with connect() as transport, pytest.raises(TransportError) as caught:
        transport.transmit(secret)
    assert "deadbeef" not in str(caught.value).lower()


@pytest.mark.parametrize("answer", [errors.E_NOT_TRANSACTED, errors.F_COMM_ERROR, b"", b"\x90"])
@pytest.mark.parametrize("apdu", [SHORT, EXTENDED])
def test_an_exchange_that_fails_because_the_card_left_is_a_removal(
    card: SCardDouble, answer: int | bytes, apdu: bytes
) -> None:
    slot, short_only = card.readers["left"], set[str]()
    slot.answers.append(answer)
    card.while_waiting.append(slot.remove)
    with connect(short_only=short_only) as transport, pytest.raises(CardRemovedError):
        transport.transmit(apdu)
    assert not short_only


@pytest.mark.parametrize("answer", [errors.E_NOT_TRANSACTED, errors.F_COMM_ERROR, errors.E_INSUFFICIENT_BUFFER])
def test_an_exchange_that_fails_with_the_card_in_place_is_a_transport_error(card: SCardDouble, answer: int) -> None:
    card.readers["left"].answers.append(answer)
    card.while_waiting.append(lambda: None)
    with connect() as transport, pytest.raises(TransportError, match="exchange failed") as caught:
        transport.transmit(SHORT)
    assert type(caught.value) is TransportError


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errors.E_UNKNOWN_READER, errors.ReaderGoneError), (0x8010001E, errors.ServiceDownError)],
)
def test_an_exchange_that_fails_because_reader_or_service_left_says_so(
    card: SCardDouble, code: int, kind: type[TransportError]
) -> None:
    card.readers["left"].answers.append(errors.E_NOT_TRANSACTED)
    card.failing("SCardGetStatusChange", code)
    with connect() as transport, pytest.raises(kind):
        transport.transmit(SHORT)


def test_an_exchange_with_a_reader_that_is_not_available_any_more_says_so(card: SCardDouble) -> None:
    card.readers["left"].answers.append(errors.E_NOT_TRANSACTED)
    card.readers["left"].flags = 0x8
    with connect() as transport, pytest.raises(errors.ReaderGoneError):
        transport.transmit(SHORT)


@pytest.mark.parametrize("code", [errors.E_NOT_TRANSACTED, errors.E_INSUFFICIENT_BUFFER])
def test_a_reader_that_fails_an_extended_command_is_remembered_as_short_only(card: SCardDouble, code: int) -> None:
    short_only: set[str] = set()
    card.readers["left"].answers.append(code)
    card.while_waiting.append(lambda: None)
    with connect(short_only=short_only) as transport:
        told = [transport.extended_length]
        with pytest.raises(errors.ExtendedLengthError):
            transport.transmit(EXTENDED)
        told.append(transport.extended_length)
    assert told == [True, False]
    assert short_only == {"left"}
    with connect(short_only=short_only) as transport:
        assert not transport.extended_length


@pytest.mark.parametrize(
    ("features", "properties", "atr", "extended"),
    [
        (FEATURES, "0A0400000100", ATR, True),
        (FEATURES, "0A0400010000", ATR, False),  # the reader passes 256 bytes
        (FEATURES, "0A0400000100", SHORT_LENGTH_ATR, False),
        (FEATURES, "0A0400000100", make_atr(b""), True),  # the card is silent
        (FEATURES, "", ATR, True),
        (b"", "", ATR, True),
        (b"", "", make_atr(b""), False),
        (b"\x12\xff", "", ATR, True),  # damaged
    ],
)
def test_reader_and_card_tell_whether_extended_commands_pass(
    scard: SCardDouble, features: bytes, properties: str, atr: bytes, *, extended: bool
) -> None:
    slot = scard.readers["left"]
    slot.insert(atr)
    slot.controls = {GET_FEATURES: features, GET_PROPERTIES: bytes.fromhex(properties)}
    with connect() as transport:
        assert transport.extended_length is extended


@pytest.mark.parametrize(
    ("apdu", "framed"),
    [
        ("00A4040C", "00A4040C"),
        ("00B0000010", "00B0000010"),
        ("00A4040C023F00", "00A4040C023F00"),
        ("00A40400023F0000", "00A40400023F00"),  # case 4: no Le
        ("00B00000000400", "00B00000000400"),
    ],
)
def test_for_t0_only_the_le_of_case_4_is_left_out(card: SCardDouble, apdu: str, framed: str) -> None:
    card.readers["left"].protocol = 1
    card.readers["left"].answers.append(b"\x90\x00")
    with connect() as transport:
        assert not transport.extended_length
        transport.transmit(bytes.fromhex(apdu))
    assert card.sent == [(1, bytes.fromhex(framed))]


def test_reset_reads_the_atr_and_the_protocol_again(card: SCardDouble) -> None:
    with connect() as transport:
        card.readers["left"].atr = SHORT_LENGTH_ATR
        card.readers["left"].protocol = 1
        assert transport.reset() == transport.atr == SHORT_LENGTH_ATR
        assert transport.protocol is Protocol.T0
        transport.reset(cold=True)
    assert card.dispositions == [1, 2, 1]


def test_a_reset_without_a_card_is_a_named_error(card: SCardDouble) -> None:
    card.failing("SCardReconnect", errors.W_REMOVED_CARD)
    with connect() as transport, pytest.raises(CardRemovedError):
        transport.reset()


def test_a_transaction_is_ended_even_when_the_card_has_left(card: SCardDouble) -> None:
    card.readers["left"].answers.append(errors.W_REMOVED_CARD)
    card.failing("SCardEndTransaction", errors.W_REMOVED_CARD)
    with connect() as transport, pytest.raises(CardRemovedError), transport.transaction():
        transport.transmit(SHORT)
    assert card.calls.count("SCardEndTransaction") == 1


def test_closing_within_a_transaction_ends_it(card: SCardDouble) -> None:
    with connect() as transport, transport.transaction():
        transport.close()
    assert "SCardEndTransaction" not in card.calls  # the service does it when the card is let go


def test_a_transaction_that_is_refused_is_not_entered(card: SCardDouble) -> None:
    card.failing("SCardBeginTransaction", errors.E_SHARING_VIOLATION)
    with connect() as transport, pytest.raises(errors.ReaderBusyError), transport.transaction():
        raise AssertionError
    assert "SCardEndTransaction" not in card.calls


def test_keeping_alive_tells_what_became_of_the_card(card: SCardDouble) -> None:
    with connect() as transport:
        transport.keep_alive()
        card.failing("SCardStatus", errors.W_RESET_CARD)
        with pytest.raises(errors.CardResetError):
            transport.keep_alive()


def test_after_close_everything_is_refused_and_close_does_nothing(card: SCardDouble) -> None:
    transport = connect()
    transport.close()
    transport.close()
    assert card.calls.count("SCardDisconnect") == 1
    for use in (lambda: transport.transmit(SHORT), transport.reset, transport.keep_alive):
        with pytest.raises(errors.ConnectionClosedError):
            use()
    with pytest.raises(errors.ConnectionClosedError), transport.transaction():
        raise AssertionError


def test_open_reader_chooses_and_connects(card: SCardDouble) -> None:
    card.readers["right"].insert(SHORT_LENGTH_ATR)
    with open_reader("RIGHT", clock=lambda: 0.0, share=ShareMode.EXCLUSIVE) as transport:
        assert transport.name == "right"
    with pytest.raises(errors.ReaderAmbiguousError):
        open_reader(clock=lambda: 0.0)


def test_open_reader_waits_for_the_card(scard: SCardDouble) -> None:
    scard.while_waiting.append(scard.readers["left"].insert)
    with open_reader("left", clock=lambda: 0.0, timeout=5) as transport:
        assert transport.atr == ATR
