"""What an import of the library costs, and the walls that need a fresh interpreter to be seen."""

from __future__ import annotations

import subprocess
import sys

import pytest

REPORT = "import sys, {module}; print('\\n'.join(sorted(sys.modules)))"


def loaded_by(module: str) -> set[str]:
    """The modules that a fresh interpreter has after importing ``module``."""
    run = subprocess.run(
        [sys.executable, "-c", REPORT.format(module=module)], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_importing_the_library_loads_no_reader_no_command_line_and_no_session() -> None:
    loaded = loaded_by("chipid")
    unwanted = {"smartcard", "click", "cli", "simulator", "reader", "apdu.session"}
    assert not {name for name in loaded if name in unwanted or name.split(".")[0] in unwanted}


def test_importing_the_readers_room_does_not_load_pyscard() -> None:
    loaded = loaded_by("reader.pcsc, reader.discovery, reader.monitor, reader.doctor")
    assert not {name for name in loaded if name.split(".")[0] in {"smartcard", "chipid", "click", "simulator"}}


@pytest.mark.parametrize("module", ["apdu.session", "chipid.evidence.evidence", "chipid.verification.engine"])
def test_what_runs_on_a_server_loads_no_hardware(module: str) -> None:
    assert not {
        name for name in loaded_by(module) if name.split(".")[0] in {"smartcard", "reader", "simulator", "click"}
    }
