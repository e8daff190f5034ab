"""Two programs at one reader: ``chipid simulate`` puts a card on it, ``chipid read`` reads it there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from reader.discovery import wait_for_card
from simulator.scenarios import build_card
from simulator.virtual_reader import VirtualReader

CHIPID = str(Path(sys.executable).with_name("chipid"))


def read_simulated(reader: VirtualReader, simulate: list[str], read: list[str]) -> str:
    """What ``chipid read`` with the options ``read`` prints about the card that ``chipid simulate`` makes.

    Both must end without complaint.
    """
    simulating = [CHIPID, "simulate", *simulate, "--port", str(reader.port)]
    reading = [CHIPID, "read", "--reader", reader.name, "--key-stdin", *read]
    with subprocess.Popen(simulating, stderr=subprocess.PIPE) as card:
        try:
            wait_for_card(reader.name, timeout=30, clock=time.monotonic)
            can = build_card("genuine").can
            outcome = subprocess.run(reading, input=can, text=True, capture_output=True, check=False)
        finally:
            card.send_signal(signal.SIGINT)
            assert card.stderr is not None
            card.stderr.read()
    reader.wait_until_empty()
    assert (outcome.returncode, card.returncode) == (0, 0), outcome.stderr
    return outcome.stdout
