"""The command line in process: arguments and standard input in, exit code and both outputs out."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import cli
from tests.scenarios import readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The last two lines of stderr: what is wrong, and what to do."""
        return "\n".join(self.err.splitlines()[-2:])


Run = Callable[..., Ending]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command with a text on its standard input."""

    def run(*arguments: str | Path, stdin: str = "") -> Ending:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = cli.run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ending(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def read(run: Run) -> Run:
    """Read a simulated card with its own CAN, unless another key is given."""

    def read(scenario: str, *arguments: str | Path, key: str | None = None) -> Ending:
        typed = readings.card(scenario).can if key is None else key
        return run("read", "--reader", f"sim:{scenario}", "--key-stdin", *arguments, stdin=typed)

    return read


@pytest.fixture
def trust_folder(tmp_path: Path) -> Path:
    """A folder with the certificates that vouch for the genuine card."""
    folder = tmp_path / "trust"
    folder.mkdir()
    for number, certificate in enumerate(readings.card("genuine").trust_anchors):
        (folder / f"csca-{number}.cer").write_bytes(certificate)
    return folder
