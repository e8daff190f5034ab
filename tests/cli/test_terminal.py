"""``--terminal-key``: fingerprints and irises from the command line, with the terminal that the simulator writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

import cli
from chipid.evidence.codec import decode_evidence
from chipid.lds.files import FileId
from tests.cli.conftest import Run


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a card whose fingerprints and irises are behind Terminal Authentication."""
    folder = tmp_path_factory.mktemp("cards") / "card"
    assert cli.run(["simulate", "issue", str(folder), "--chip", "eac"]) == 0
    return folder


@pytest.fixture
def read(run: Run, issued: Path) -> Run:
    def read(*arguments: str | Path, key: str = "CAN 000001") -> Any:
        return run("read", "--reader", f"sim:{issued}", "--key-stdin", *arguments, stdin=key)

    return read


def test_a_terminal_reads_what_a_desk_without_one_does_not(read: Run, issued: Path, tmp_path: Path) -> None:
    without = read()
    assert without.code == 0
    assert "Fingerprints" not in without.out
    assert re.search("Data is unchanged: DG3 .*not read", without.out)
    ending = read("--terminal-key", issued / "terminal", "--save", tmp_path / "kept")
    assert ending.code == 0, ending.err
    assert "the card lets this terminal (VNSIMIS00001) read fingerprints [DG3], irises [DG4]" in ending.out
    assert re.search("Data is unchanged: DG3 +ok", ending.out)
    evidence = decode_evidence((tmp_path / "kept").read_bytes())
    assert evidence.content(FileId.DG3) is not None
    assert evidence.content(FileId.DG4) is not None


def test_json_says_which_rights_opened_what(read: Run, issued: Path) -> None:
    ending = read("--terminal-key", issued / "terminal", "--json", "--groups", "DG1,DG3")
    assert ending.code == 0
    assert json.loads(ending.out)["biometrics"] == {
        "terminal": "VNSIMIS00001",
        "may_read": ["DG3", "DG4"],
        "read": ["DG3"],
        "problem": None,
        "step": None,
        "status": None,
    }
    assert json.loads(read("--json").out)["biometrics"] is None


def test_another_terminal_is_not_let_in_and_the_rest_is_read(
    read: Run, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("simulate", "issue", tmp_path / "other", "--chip", "eac", "--seed", "other").code == 0
    ending = read("--terminal-key", tmp_path / "other" / "terminal")
    assert ending.code == 0
    assert "does not let this terminal (VNSIMIS00001) read them: it refused a step (PSO:Verify" in ending.out


def test_the_passphrase_comes_from_a_prompt(
    read: Run, issued: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = load_pem_private_key((issued / "terminal" / "terminal.pem").read_bytes(), None)
    encrypted = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"invented"))
    (tmp_path / "terminal.pem").write_bytes(encrypted)
    for file in (issued / "terminal").glob("*.cvcert"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    asked: list[str] = []

    def prompt(text: str, **options: Any) -> str:
        assert options["hide_input"]
        asked.append(text)
        return "invented" if len(asked) == 1 else "wrong"

    monkeypatch.setattr("cli.click.prompt", prompt)
    assert read("--terminal-key", tmp_path / "terminal.pem").code == 0
    ending = read("--terminal-key", tmp_path)
    assert (ending.code, "[terminal-key]" in ending.err) == (7, True)
    assert asked == ["Passphrase of the terminal's key"] * 2
    assert "invented" not in ending.err + ending.out


def test_a_key_that_others_can_read_is_remarked_upon(read: Run, issued: Path, tmp_path: Path) -> None:
    for file in (issued / "terminal").glob("terminal.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "terminal.pem").chmod(0o644)
    ending = read("--terminal-key", tmp_path)
    assert "note: others can read the file of the terminal's key" in ending.err
    assert "do not lead to anybody it trusts" in ending.out  # the verifier's certificate is not there
    (tmp_path / "terminal.pem").chmod(0o600)
    assert "others" not in read("--terminal-key", tmp_path).err


@pytest.mark.parametrize("arguments", [["--groups", "DG1,DG13"], ["--profile", "hospital-check-in"]])
def test_a_terminal_key_goes_with_a_reading_that_wants_what_it_opens(
    read: Run, issued: Path, arguments: list[str]
) -> None:
    ending = read("--terminal-key", issued / "terminal", *arguments)
    assert (ending.code, "--terminal-key opens DG3 and DG4" in ending.err) == (2, True)


@pytest.mark.parametrize("path", ["nothing", ".", "card.toml"])
def test_what_is_no_terminal_key_is_a_configuration_error(read: Run, issued: Path, path: str) -> None:
    assert read("--terminal-key", issued / path).code == 7


def test_the_terminal_of_a_running_card_is_written_beside_its_issuer(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("simulator.slots.serve_until_interrupted", lambda cards, **_: None)
    folder = tmp_path / "terminal"
    assert run("simulate", "run", "genuine", "--chip", "eac", "--export-terminal", folder).code == 0
    assert {file.name for file in folder.iterdir()} >= {"terminal.pem", "terminal.cvcert", "verifier.cvcert"}
    ending = run("simulate", "run", "genuine", "--export-terminal", folder)
    assert (ending.code, "--chip eac has it" in ending.err) == (7, True)


@pytest.mark.parametrize(
    ("key", "code", "told"),
    [
        ("PIN 111111", 0, "(PIN, AES-CBC-CMAC-128)"),
        ("puk: 2222 2222 22", 0, "(PUK, AES-CBC-CMAC-128)"),
        ("000001", 0, "(CAN, AES-CBC-CMAC-128)"),
        ("PIN 111112", 5, "error: the chip refused the PIN (PACE) [wrong-pin]"),
        ("PIN 11", 2, "[access-key-invalid]"),
    ],
)
def test_a_card_with_pin_and_puk_opens_with_them(run: Run, tmp_path: Path, key: str, code: int, told: str) -> None:
    assert run("simulate", "issue", tmp_path / "card", "--chip", "eid-pin").code == 0
    ending = run("read", "--reader", f"sim:{tmp_path / 'card'}", "--key-stdin", stdin=key)
    assert ending.code == code
    assert told in ending.out + ending.err
