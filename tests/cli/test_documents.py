"""What the documents show is what the commands do."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import cli
from chipid.lds.dg13 import DG13Deviation
from chipid.mrz.name_comparison import SCORES, NameReason
from chipid.profiles.library import shipped_profiles
from chipid.profiles.profile import parse_profile
from chipid.vietnam.key_candidates import KeyReason
from tests.cli.desk import Desk, make_desk

ROOT = Path(cli.__file__).parent
DOCUMENTS = ("README.md", "docs/vietnam.md")
# These need files of before, or never end.
NOT_RUN = ("--trust trust", "--store trust", "simulate", "sim:card", "evidence redact", "evidence restore")


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def shown_commands() -> Iterator[tuple[str, str, list[str]]]:
    """Each command with the lines that are shown below it."""
    for document in DOCUMENTS:
        for block in blocks(document, "console"):
            for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, *lines = part.rstrip("\n").split("\n")
                if not any(one in command for one in NOT_RUN):
                    yield document, command, lines


@pytest.mark.parametrize(("document", "command", "lines"), list(shown_commands()))
def test_a_shown_command_prints_the_shown_lines_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    document: str,
    command: str,
    lines: list[str],
) -> None:
    desk: Desk = make_desk(monkeypatch, capsys)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    place = words.index("chipid")
    piped = place > 0
    assert not piped or (words[0], words[place - 1], place) == ("echo", "|", 3)
    ending = desk(*words[place + 1 :], stdin=f"{words[1]}\n" if piped else "")
    printed = iter([*ending.out.splitlines(), *ending.err.splitlines()])
    for line in lines:
        assert any(line == one for one in printed), f"{document}: {line}"
    assert ending.code in (0, 1, 2)


def test_there_are_commands_to_run() -> None:
    assert {document for document, _, _ in shown_commands()} == set(DOCUMENTS)
    assert len(list(shown_commands())) >= 8


def test_the_claims_shown_for_a_service_are_all_that_it_gets() -> None:
    for document, command, lines in shown_commands():
        found = re.search(r"--profile ([a-z-]+)", command)
        if found is not None:
            claims = [line for line in lines if re.search(r"\[DG\d+\]$", line)]
            assert len(claims) == len(shipped_profiles()[found[1]].card().claims), document


def test_the_profile_in_the_document_is_one() -> None:
    (shown,) = blocks("docs/vietnam.md", "toml")
    profile = parse_profile(shown.encode(), "library-card.toml")
    assert profile.card().claims == ("full_name", "birth_date")


def test_the_tables_of_the_document_are_complete() -> None:
    text = (ROOT / "docs/vietnam.md").read_text(encoding="utf-8")
    named = [
        *shipped_profiles(),
        *(one.value for one in DG13Deviation),
        *(one.value for one in KeyReason if one is not KeyReason.TYPED),
    ]
    assert [one for one in named if f"`{one}`" not in text] == []
    for reason, score in SCORES.items():
        if reason not in (NameReason.EMPTY, NameReason.LETTER_UNKNOWN):
            assert f"| {score} | `{reason.value}` |" in text
