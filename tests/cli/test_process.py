"""The program as a process of its own: what only a shell sees."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import issuing
from tests.support.issuing import Form

ROOT = Path(__file__).resolve().parents[2]
READ = ("read", "--reader", "sim:genuine", "--key-stdin")


def start(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, check=False, env={**os.environ, **environment}
    )


def test_a_genuine_card_is_accepted() -> None:
    ending = start(*READ, stdin=b"000001\n")
    assert ending.returncode == 0
    assert ending.stdout.startswith(b"ACCEPTED\n")


def test_names_are_written_in_utf_8_whatever_the_locale() -> None:
    ending = start(*READ, "--groups", "DG1,DG13", stdin=b"000001", PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert ending.returncode == 0
    assert "Nguyễn Văn A" in ending.stdout.decode("utf-8")


def test_a_key_that_is_no_text_is_no_key() -> None:
    ending = start(*READ, stdin=b"\xff\xfe00001\n")
    assert ending.returncode == 2
    assert b"[access-key-invalid]" in ending.stderr
    assert b"Traceback" not in ending.stderr


def test_a_prompt_without_anybody_to_ask_is_an_interruption() -> None:
    ending = subprocess.run(
        [sys.executable, "-m", "cli", "read", "--reader", "sim:genuine"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        start_new_session=True,  # without a terminal to fall back to
    )
    assert ending.returncode == 130
    assert b"[interrupted]" in ending.stderr
    assert b".py" not in ending.stderr


def test_an_answer_whose_reader_has_left_has_neither_verdict() -> None:
    """Click ends a broken pipe with 1, which would read as rejected; and 0 would read as accepted."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "cli", *READ]
    with os.fdopen(writing, "wb") as closed:
        ending = subprocess.run(command, cwd=ROOT, input=b"000001", stdout=closed, stderr=subprocess.PIPE, check=False)
    assert ending.returncode == 7
    assert b"Traceback" not in ending.stderr
    assert b"Exception ignored" not in ending.stderr


def leave_early(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run a command whose reader has left."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        command = [sys.executable, "-m", "cli", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, stdout=closed, stderr=subprocess.PIPE, check=False)


def test_an_answer_that_is_no_verdict_may_be_read_in_part(tmp_path: Path) -> None:
    csca = issuing.csca("VN", form=Form(not_after=datetime(2025, 1, 1, tzinfo=UTC)))
    (tmp_path / "a.cer").write_bytes(csca.raw)
    store = ("--store", tmp_path / "store")
    approved = ("--approved-by", "A", "--approve", csca.fingerprint)
    commands: dict[tuple[str | Path, ...], int] = {
        ("profiles",): 0,
        ("simulate", "list"): 0,
        ("trust", "import", tmp_path / "a.cer", *store, *approved): 0,
        ("trust", "list", *store): 0,
        ("trust", "list", "--json", *store): 0,
        ("trust", "audit", *store): 1,  # which is what it found
        ("trust", "remove", csca.fingerprint, *store, "--approved-by", "A"): 0,
    }
    for arguments, code in commands.items():
        ending = leave_early(*arguments)
        assert (ending.returncode, ending.stderr) == (code, b""), arguments
    assert start("trust", "list", "--store", str(tmp_path / "store")).stdout == b"The store is empty.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_answer_that_finds_no_room_has_no_verdict() -> None:
    with Path("/dev/full").open("wb") as full:
        ending = subprocess.run(
            [sys.executable, "-m", "cli", *READ],
            cwd=ROOT,
            input=b"000001",
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert ending.returncode == 7
    assert b"Traceback" not in ending.stderr


@pytest.mark.skipif(os.name != "posix", reason="a shell that closes streams")
@pytest.mark.parametrize(
    ("closed", "code", "told"), [("<&-", 2, b"[access-key-invalid]"), (">&-", 0, b""), ("2>&-", 0, b"")]
)
def test_a_stream_that_was_closed_leads_nowhere(closed: str, code: int, told: bytes) -> None:
    command = ["sh", "-c", f'exec "$0" "$@" {closed}', sys.executable, "-m", "cli", *READ]
    ending = subprocess.run(command, cwd=ROOT, input=b"000001\n", capture_output=True, check=False)
    assert ending.returncode == code
    assert told in ending.stderr
    assert b"internal-error" not in ending.stderr


@pytest.mark.parametrize("group", ["simulate", "trust", "evidence"])
def test_a_group_of_commands_alone_is_an_error_of_two_lines(group: str) -> None:
    ending = start(group)
    assert ending.returncode == 2
    assert ending.stderr.decode().splitlines()[0] == "error: Missing command. [usage]"
    assert len(ending.stderr.splitlines()) == 2
