"""The sample project of ``examples/ci-consumer``, with the built wheel in an environment of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "examples" / "ci-consumer"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
UNREACHABLE = re.compile("NewConnectionError|Max retries exceeded|name resolution")


def run(command: list[str], *, cwd: Path) -> str:
    # What this run sets for its own tests must not reach the one inside.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PCSCLITE", "COV"))
    }
    outcome = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    output = outcome.stdout + outcome.stderr
    if outcome.returncode and UNREACHABLE.search(output):
        pytest.skip("the package index cannot be reached")
    assert outcome.returncode == 0, output
    return output


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel and what the sample's extra ``test`` asks for."""
    folder = tmp_path_factory.mktemp("ci-consumer")
    source = folder / "source"
    shutil.copytree(
        ROOT, source, ignore=shutil.ignore_patterns(".*", "tests", "docs", "benchmarks", "examples", "__pycache__")
    )
    run([*PIP, "wheel", "--no-deps", "-w", str(folder), str(source)], cwd=folder)
    (wheel,) = folder.glob("chipid-*.whl")
    run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], cwd=folder)
    interpreter = folder / "venv" / "bin" / "python"
    shutil.copytree(SAMPLE, folder / "project", ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    install = [*PIP, "--python", str(interpreter), "install"]
    run([*install, str(wheel), "./project[test]"], cwd=folder)
    return interpreter


@pytest.mark.wheel
def test_the_sample_project_is_green_with_the_wheel_in_a_fresh_environment(python: Path) -> None:
    project = python.parents[2] / "project"
    output = run([str(python), "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"], cwd=project)
    assert re.search(r"\b1[0-9] passed", output), output
    assert "failed" not in output


@pytest.mark.wheel
def test_the_base_install_needs_no_pytest(python: Path) -> None:
    requirements = run(
        [str(python), "-c", "import importlib.metadata as m; print(m.requires('chipid'))"], cwd=python.parent
    )
    base = [one for one in re.findall(r"'([^']+)'", requirements) if "extra ==" not in one]
    assert base
    assert not any(one.startswith("pytest") for one in base)


@pytest.mark.wheel
def test_the_wheel_holds_the_data_of_the_simulator(python: Path) -> None:
    program = "from simulator.scenarios import SCENARIOS; print(len(SCENARIOS))"
    assert int(run([str(python), "-c", program], cwd=python.parent)) > 20
