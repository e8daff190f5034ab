"""Several cards at once, without a reader; with one it is tested in tests/pcscd."""

from __future__ import annotations

import socket
import threading

import pytest

from chipid.errors import ConfigurationError
from simulator.scenarios import build_card
from simulator.slots import serve_slots
from simulator.vpcd import VPCDUnreachableError


@pytest.mark.parametrize("count", [0, 3])
def test_there_are_two_slots(count: int) -> None:
    with pytest.raises(ConfigurationError, match="2 slots"):
        serve_slots([build_card("genuine").transport()] * count, stop=threading.Event())


def test_an_unreachable_reader_is_told_to_the_caller_and_stops_the_others() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = threading.Event()
    with pytest.raises(VPCDUnreachableError):
        serve_slots([build_card("genuine").transport()], port=port, stop=stop)
    assert stop.is_set()
