"""The examples run, and say what they promise."""

from __future__ import annotations

import io
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("scenario", "code", "output"),
    [
        ("genuine", 0, "accepted\nNguyễn Văn A 001099000001\n"),
        ("cloned", 1, "rejected\n"),
        ("unknown-issuer", 1, "undecided\n"),
    ],
)
def test_the_desk_of_a_bank_knows_whose_card_it_is(
    desk: Path,
    lay_card: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    scenario: str,
    code: int,
    output: str,
) -> None:
    lay_card(scenario)
    monkeypatch.setattr("sys.stdin", io.StringIO("000001\n"))
    monkeypatch.setattr("sys.argv", ["bank_desk.py", "trust"])
    if scenario == "unknown-issuer":
        (desk / "trust" / "csca-0.cer").unlink()
    with pytest.raises(SystemExit) as ending:
        runpy.run_path(str(EXAMPLES / "bank_desk.py"), run_name="__main__")
    assert ending.value.code == code
    assert capsys.readouterr().out == output


def test_the_demonstration_judges_every_card_as_it_deserves() -> None:
    ending = subprocess.run([sys.executable, str(EXAMPLES / "demo.py")], capture_output=True, check=False)
    assert ending.returncode == 0, ending.stderr.decode()
    output = ending.stdout.decode("utf-8")
    assert output.count("ACCEPTED") == 1
    assert output.count("REJECTED") == 2
    assert "Nguyễn Văn A" in output
