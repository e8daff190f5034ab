"""The private pcscd, once for all tests that go through it, and the slots of its virtual reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.pcsc_stack import PCSCStack
from simulator.virtual_reader import VirtualReader


@pytest.fixture(scope="session")
def stack(pcsc_folder: Path) -> Iterator[PCSCStack]:
    """A pcscd of our own that runs; a test that stops it starts it again."""
    with PCSCStack(pcsc_folder) as running:
        yield running


@pytest.fixture
def virtual_reader(stack: PCSCStack) -> VirtualReader:
    """The first slot, empty."""
    return VirtualReader(name=stack.readers[0], port=stack.ports[0])


@pytest.fixture
def second_slot(stack: PCSCStack) -> VirtualReader:
    """The second slot, empty."""
    return VirtualReader(name=stack.readers[1], port=stack.ports[1])
