"""Faults on the way to the card, and what a reading makes of each."""

from __future__ import annotations

import pytest

from apdu.errors import APDUError, CardRemovedError, SecureMessagingError, ToolkitError, TransportError
from apdu.transport import Transport
from chipid.errors import ConfigurationError
from chipid.toml_table import parse_table
from chipid.verification.report import Verdict
from simulator.clock import SimulatedClock
from simulator.faults import Fault, FaultKind, FaultyTransport, read_faults
from simulator.scenarios import build_card
from tests.scenarios import readings

CARD = build_card("genuine")
SELECT = bytes.fromhex("00a4040c07a0000002471001")
READ = bytes.fromhex("00b09c0000")
SECURED = 14  # READ BINARY of EF.SOD inside secure messaging


def _transport(*faults: Fault, seed: bytes = b"faults", clock: SimulatedClock | None = None) -> FaultyTransport:
    return FaultyTransport(CARD.transport(), faults, seed=seed, clock=clock)


def _read(transport: Transport) -> Verdict:
    evidence = readings.read(transport, CARD.access_key)
    return readings.judged(evidence, readings.trust_of(CARD)).verdict


def test_without_faults_nothing_changes() -> None:
    transport: Transport = _transport()
    plain = CARD.transport()
    assert (transport.name, transport.atr, transport.extended_length) == (plain.name, plain.atr, plain.extended_length)
    assert transport.transmit(READ) == plain.transmit(READ)
    assert transport.reset() == plain.atr
    assert _read(_transport()) is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("kind", "error"), [(FaultKind.CARD_TORN_OUT, CardRemovedError), (FaultKind.READER_GONE, TransportError)]
)
@pytest.mark.parametrize("place", [{"at_apdu": 1}, {"at_apdu": SECURED}, {"at_byte": 5000}])
def test_a_lost_card_or_reader_ends_the_reading_and_stays_lost(
    kind: FaultKind, error: type[TransportError], place: dict[str, int]
) -> None:
    transport = _transport(Fault(kind=kind, **place))
    with pytest.raises(error) as caught:
        _read(transport)
    assert isinstance(caught.value, CardRemovedError) is (kind is FaultKind.CARD_TORN_OUT)
    with pytest.raises(error):
        transport.reset()
    with pytest.raises(error):
        transport.transmit(SELECT)


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATED, FaultKind.BIT_FLIPPED])
def test_what_the_way_changes_inside_secure_messaging_is_noticed(kind: FaultKind) -> None:
    with pytest.raises((SecureMessagingError, APDUError)):
        _read(_transport(Fault(kind=kind, at_byte=5000)))


def test_a_command_that_arrives_twice_breaks_secure_messaging() -> None:
    with pytest.raises(SecureMessagingError):
        _read(_transport(Fault(kind=FaultKind.DUPLICATED, at_apdu=SECURED)))


def test_a_command_that_arrives_twice_in_the_clear_does_no_harm() -> None:
    assert _read(_transport(Fault(kind=FaultKind.DUPLICATED, at_apdu=1))) is Verdict.ACCEPTED


def test_a_wrong_status_in_the_clear_ends_the_session() -> None:
    with pytest.raises(SecureMessagingError) as caught:
        _read(_transport(Fault(kind=FaultKind.WRONG_STATUS, at_apdu=SECURED, status=0x6F01)))
    assert caught.value.sw == 0x6F01


def test_a_card_that_loses_power_has_forgotten_the_session() -> None:
    with pytest.raises(SecureMessagingError):
        _read(_transport(Fault(kind=FaultKind.RESET, at_apdu=SECURED)))


def test_a_reset_before_anything_was_said_is_not_noticed() -> None:
    assert _read(_transport(Fault(kind=FaultKind.RESET, at_apdu=1))) is Verdict.ACCEPTED


def test_a_late_answer_takes_its_time_on_the_simulated_clock() -> None:
    clock = SimulatedClock()
    transport = _transport(Fault(kind=FaultKind.DELAYED, at_apdu=2, seconds=7.5), clock=clock)
    transport.transmit(SELECT)
    assert clock() == 0
    transport.transmit(SELECT)
    assert clock() == 7.5


def test_a_slow_card_meets_the_deadline_of_the_reading() -> None:
    clock = SimulatedClock()
    transport = _transport(Fault(kind=FaultKind.DELAYED, at_apdu=SECURED, seconds=61), clock=clock)
    with pytest.raises(ToolkitError) as caught:
        readings.read(transport, CARD.access_key, clock=clock, deadline=60)
    assert caught.value.code == "deadline-exceeded"


def test_a_truncated_answer_ends_before_the_byte_that_is_named() -> None:
    whole = CARD.transport().transmit(READ)
    assert _transport(Fault(kind=FaultKind.TRUNCATED, at_byte=10)).transmit(READ) == whole[:10]
    assert _transport(Fault(kind=FaultKind.TRUNCATED, at_apdu=1)).transmit(READ) == b""


def test_one_bit_of_the_byte_that_is_named_flips() -> None:
    whole = CARD.transport().transmit(READ)
    flipped = _transport(Fault(kind=FaultKind.BIT_FLIPPED, at_byte=10)).transmit(READ)
    differing = [place for place, pair in enumerate(zip(whole, flipped, strict=True)) if len(set(pair)) == 2]
    assert differing == [10]
    assert (whole[10] ^ flipped[10]).bit_count() == 1


def test_a_seed_decides_where_chance_strikes() -> None:
    def struck(seed: bytes) -> list[int]:
        transport = _transport(Fault(kind=FaultKind.WRONG_STATUS, per_mille=300), seed=seed)
        return [number for number in range(100) if transport.transmit(READ) == b"\x6f\x00"]

    assert struck(b"one") == struck(b"one")
    assert struck(b"one") != struck(b"two")
    assert 10 < len(struck(b"one")) < 60


@pytest.mark.parametrize("seed", range(8))
def test_whatever_chance_does_the_reading_ends_with_an_error_of_ours_or_is_right(seed: int) -> None:
    faults = [Fault(kind=FaultKind.BIT_FLIPPED, per_mille=30), Fault(kind=FaultKind.WRONG_STATUS, per_mille=10)]
    try:
        verdict = _read(_transport(*faults, seed=bytes((seed,))))
    except ToolkitError:
        return
    assert verdict in Verdict


def test_faults_are_read_from_toml() -> None:
    text = """
[[fault]]
kind = "card-torn-out"
at_apdu = 12
[[fault]]
kind = "delayed"
per_mille = 5
milliseconds = 250
[[fault]]
kind = "wrong-status"
at_byte = 100
status = 0x6982
"""
    torn, delayed, status = read_faults(parse_table(text, "faults.toml"))
    assert (torn.kind, torn.at_apdu) == (FaultKind.CARD_TORN_OUT, 12)
    assert (delayed.per_mille, delayed.seconds) == (5, 0.25)
    assert (status.at_byte, status.status) == (100, 0x6982)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[fault]]\nkind = "fire"\nat_apdu = 1', r"faults.toml line 2: fault\[1\].kind: one of"),
        ('[[fault]]\nkind = "reset"', "exactly one of"),
        ('[[fault]]\nkind = "reset"\nat_apdu = 1\nat_byte = 1', "exactly one of"),
        ('[[fault]]\nkind = "reset"\nat_apdu = 0', "never strike"),
        ('[[fault]]\nkind = "reset"\nper_mille = 1001', "never strike"),
        ('[[fault]]\nkind = "reset"\nat_apdu = 1\nhow = 2', r"line 4: fault\[1\].how: this key is unknown"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        read_faults(parse_table(text, "faults.toml"))


def test_a_delay_needs_a_clock() -> None:
    with pytest.raises(ConfigurationError, match="clock"):
        _transport(Fault(kind=FaultKind.DELAYED, at_apdu=1))
