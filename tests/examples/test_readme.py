"""What the README shows is run: its Python, its commands, and the tables that name them."""

from __future__ import annotations

import io
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import cli

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = [(found[1], found[2]) for found in re.finditer(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)]
PYTHON = [text for language, text in BLOCKS if language == "python"]
# The commands of each block; the other lines are output, which tests/cli/test_documents.py compares.
COMMANDS = [
    [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    for language, text in BLOCKS
    if language == "console"
]
EXIT_CODES = {"0", "1", "2", "3", "4", "5", "6", "7", "70", "130"}


def test_there_is_something_to_run() -> None:
    assert PYTHON
    assert COMMANDS


@pytest.mark.parametrize("example", PYTHON, ids=lambda text: text.splitlines()[0])
@pytest.mark.parametrize(
    ("scenario", "output"),
    [
        ("genuine", "Nguyễn Văn A 001099000001\n"),
        ("tampered-dg13", "group-hash: hash-wrong\n"),
    ],
)
def test_the_library_example_does_what_it_shows(
    desk: Path,
    lay_card: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    example: str,
    scenario: str,
    output: str,
) -> None:
    lay_card(scenario)
    monkeypatch.setattr("sys.stdin", io.StringIO("000001\n"))
    exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == output


@pytest.mark.parametrize("lines", COMMANDS, ids=lambda lines: lines[0])
def test_commands_are_understood_and_end_well_one_after_the_other(
    desk: Path, lay_card: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    lay_card("genuine")
    for line in lines:
        words = shlex.split(line)
        stdin = ""
        if words[0] == "echo":
            stdin, words = words[1], words[words.index("|") + 1 :]
        assert words[0] == "chipid"
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        monkeypatch.setattr(click, "prompt", lambda *_, **__: "000001")
        needed = [word for word in words if word.endswith((".ml", ".cer"))]
        code = cli.run(words[1:])
        assert code == (7 if any(not Path(word).exists() for word in needed) else 0), line


def test_the_table_of_commands_names_those_that_exist() -> None:
    named = set(re.findall(r"^\| `chipid (\w+)", README, re.MULTILINE))
    assert named == set(cli.chipid.commands)


def test_the_table_of_exit_codes_is_that_of_the_help() -> None:
    (row,) = re.findall(r"^\| 0 \|.*$", README, re.MULTILINE)
    assert {cell.strip() for cell in row.strip("|").split("|")} == EXIT_CODES
    assert set(re.findall(r"\b(\d+) [a-z]", cli.chipid.help or "")) == EXIT_CODES
