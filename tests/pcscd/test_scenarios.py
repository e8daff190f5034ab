"""The simulated cards are read and judged through pcscd as they are in process."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from apdu.errors import CardRemovedError
from reader.pcsc import PCSCTransport
from simulator.scenarios import build_card
from simulator.virtual_reader import VirtualReader
from tests.pcscd.programs import CHIPID, read_simulated
from tests.scenarios import readings
from tests.scenarios.expected import assert_deserved

pytestmark = pytest.mark.pcscd

# One of each way to end, and what is special on the line: a long portrait, a chip without PACE.
THROUGH_PCSCD = ("genuine", "cloned", "tampered-dg13", "unknown-issuer", "expired-card", "pace-removed", "huge-dg2")


@pytest.mark.parametrize("scenario", THROUGH_PCSCD)
def test_a_scenario_read_through_pcscd_gets_its_verdict(virtual_reader: VirtualReader, scenario: str) -> None:
    card = build_card(scenario)
    with (
        virtual_reader.holding(card.transport()),
        PCSCTransport(virtual_reader.name) as transport,
        transport.transaction(),
    ):
        evidence = readings.read(transport, card.access_key)
    assert evidence.reader == virtual_reader.name
    assert replace(evidence, reader=f"sim:{scenario}") == readings.evidence_of(scenario)
    assert_deserved(card.scenario, readings.judged(evidence, readings.trust_of(card)))


@pytest.mark.parametrize("remove_at", [1, 5, 20])
def test_a_card_that_leaves_during_a_reading_is_a_removed_card(virtual_reader: VirtualReader, remove_at: int) -> None:
    card = build_card("genuine")
    with (
        virtual_reader.holding(card.transport(remove_at=remove_at)),
        PCSCTransport(virtual_reader.name) as transport,
        pytest.raises(CardRemovedError),
    ):
        readings.read(transport, readings.can_of(card))


def test_the_program_puts_a_card_on_the_reader_and_reads_it_there(
    virtual_reader: VirtualReader, tmp_path: Path
) -> None:
    trust = str(tmp_path / "trust")
    shown = read_simulated(virtual_reader, ["genuine", "--export-trust", trust], ["--trust", trust, "--groups", "DG1"])
    assert shown.startswith("ACCEPTED")


def test_the_program_without_a_card_ends_with_4(virtual_reader: VirtualReader) -> None:
    read = [CHIPID, "read", "--reader", virtual_reader.name, "--key-stdin", "--timeout", "1"]
    outcome = subprocess.run(read, input="123456", text=True, capture_output=True, check=False)
    assert outcome.returncode == 4
    assert outcome.stdout == ""
    assert "[no-card]" in outcome.stderr
