"""Fingerprints and irises through pcscd: a card and its terminal's key from one command, read with another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.virtual_reader import VirtualReader
from tests.pcscd.programs import read_simulated

pytestmark = pytest.mark.pcscd


def test_a_terminal_reads_fingerprints_from_a_card_on_the_reader(virtual_reader: VirtualReader, tmp_path: Path) -> None:
    trust, terminal = str(tmp_path / "trust"), str(tmp_path / "terminal")
    shown = read_simulated(
        virtual_reader,
        ["run", "genuine", "--chip", "eac", "--export-trust", trust, "--export-terminal", terminal],
        ["--trust", trust, "--json", "--groups", "DG1,DG3,DG4", "--terminal-key", terminal],
    )
    assert json.loads(shown)["biometrics"]["read"] == ["DG3", "DG4"]
