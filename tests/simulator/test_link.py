"""Latency and bit rate on a simulated clock."""

from __future__ import annotations

import pytest

from apdu.transport import Transport
from simulator.clock import SimulatedClock
from simulator.link import BIT_RATES, Link, LinkedTransport
from simulator.scenarios import build_card
from tests.scenarios import readings

CARD = build_card("genuine")


def _seconds(link: Link) -> float:
    clock = SimulatedClock()
    transport: Transport = LinkedTransport(CARD.transport(), link, clock=clock)
    evidence = readings.read(transport, CARD.access_key, clock=clock)
    assert evidence == readings.evidence_of("genuine") or evidence.steps
    return clock()


def test_a_faster_link_reads_sooner() -> None:
    times = [_seconds(Link(bit_rate=rate)) for rate in BIT_RATES]
    assert times == sorted(times, reverse=True)
    # Doubling the rate halves the time; at 106 kbit/s a card takes a second and more.
    assert times[0] / times[3] == pytest.approx(8, rel=0.01)
    assert 1 < times[0] < 3


def test_latency_counts_for_every_command() -> None:
    clock = SimulatedClock()
    transport = LinkedTransport(CARD.transport(), Link(latency=0.05, bit_rate=848_000), clock=clock)
    for _ in range(10):
        transport.transmit(bytes.fromhex("00a4040c07a0000002471001"))
    assert clock() == pytest.approx(0.5, rel=0.01)


def test_it_passes_on_everything_else() -> None:
    inner = CARD.transport()
    transport = LinkedTransport(inner, Link(), clock=SimulatedClock())
    assert (transport.name, transport.atr, transport.extended_length) == (inner.name, inner.atr, inner.extended_length)
    assert transport.reset() == inner.atr
    transport.close()
    with pytest.raises(Exception, match="gone"):
        inner.transmit(b"")


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        SimulatedClock().advance(-1)
