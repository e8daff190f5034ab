"""What every test runs under: no way to the machine's own readers, and a count of what went through pcscd."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

from simulator import pcsc_stack

MARKER = "pcscd"
PROPERTY = ("transport", "pcscd")

# A busy machine must not fail a property by being slow.
settings.register_profile("house", settings(), deadline=None)
settings.register_profile("long", settings(), deadline=None, max_examples=2000)
settings.load_profile("house")

_FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    # pcsc-lite reads the variable once in a process: it must point to our own pcscd before any test can ask it.
    folder = pcsc_stack.make_folder()
    config.stash[_FOLDER] = folder
    os.environ[pcsc_stack.SOCKET_VARIABLE] = str(pcsc_stack.socket_in(folder))


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker(MARKER) is not None:
            item.user_properties.append(PROPERTY)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker(MARKER) is not None and (reason := pcsc_stack.missing()) is not None:
        pytest.skip(f"no pcscd of our own: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    through, skipped = 0, Counter[str]()
    for outcome in ("passed", "failed", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            if PROPERTY not in (tuple(pair) for pair in report.user_properties):
                continue
            if outcome != "skipped":
                through += 1
            else:
                skipped[str(report.longrepr[2]).removeprefix("Skipped: ")] += 1
    if not through and not skipped:
        return
    terminalreporter.section("pcscd")
    terminalreporter.line(f"{through} tests went through pcscd and the virtual reader")
    for reason, count in skipped.items():
        terminalreporter.line(f"{count} tests skipped: {reason}")


@pytest.fixture(scope="session")
def pcsc_folder(pytestconfig: pytest.Config) -> Path:
    """The folder whose socket this process will take for pcscd's."""
    return pytestconfig.stash[_FOLDER]
