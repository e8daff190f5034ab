"""Fingerprints and irises through pcscd: a card and its terminal's key from one command, read with another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reader.discovery import wait_for_card
from simulator.scenarios import build_card
from simulator.virtual_reader import VirtualReader

pytestmark = pytest.mark.pcscd

CHIPID = [str(Path(sys.executable).with_name("chipid"))]


def test_a_terminal_reads_fingerprints_from_a_card_on_the_reader(virtual_reader: VirtualReader, tmp_path: Path) -> None:
    trust, terminal = tmp_path / "trust", tmp_path / "terminal"
    simulate = [*CHIPID, "simulate", "run", "genuine", "--chip", "eac", "--port", str(virtual_reader.port)]
    simulate += ["--export-trust", str(trust), "--export-terminal", str(terminal)]
    read = [*CHIPID, "read", "--reader", virtual_reader.name, "--key-stdin", "--trust", str(trust), "--json"]
    read += ["--groups", "DG1,DG3,DG4", "--terminal-key", str(terminal)]
    with subprocess.Popen(simulate, stderr=subprocess.PIPE) as card:
        try:
            wait_for_card(virtual_reader.name, timeout=30, clock=time.monotonic)
            outcome = subprocess.run(read, input=build_card("genuine").can, text=True, capture_output=True, check=False)
        finally:
            card.send_signal(signal.SIGINT)
            assert card.stderr is not None
            card.stderr.read()
    virtual_reader.wait_until_empty()
    assert (outcome.returncode, card.returncode) == (0, 0), outcome.stderr
    assert json.loads(outcome.stdout)["biometrics"]["read"] == ["DG3", "DG4"]
