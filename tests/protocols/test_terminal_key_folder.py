"""A terminal's key and its certificates in a folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding

from chipid.errors import TerminalKeyError
from chipid.protocols.terminal_key_folder import MAX_FILE, is_readable_by_others, read_terminal_key
from tests.protocols.test_terminal_key import CERTIFICATES, FILES, TERMINAL, key_file


def nobody() -> str:
    raise AssertionError("nothing is asked for")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A key, its certificates in two files, and a file that has nothing to do with them."""
    (tmp_path / "terminal.pem").write_bytes(FILES["PEM"])
    (tmp_path / "terminal.cvcert").write_bytes(CERTIFICATES[2])
    (tmp_path / "authorities.CVCERT").write_bytes(CERTIFICATES[0] + CERTIFICATES[1])
    (tmp_path / "notes.txt").write_text("nothing")
    return tmp_path


@pytest.mark.parametrize("name", ["", "terminal.pem"], ids=["the folder", "the key's file"])
def test_a_folder_or_the_key_in_it_is_named(folder: Path, name: str) -> None:
    key = read_terminal_key(folder / name, passphrase=nobody)
    assert key.certificate.raw == CERTIFICATES[2]
    assert {one.raw for one in key.certificates} == {CERTIFICATES[0], CERTIFICATES[1]}


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER], ids=["PEM", "DER"])
def test_the_passphrase_is_asked_for_where_the_key_is_encrypted(folder: Path, encoding: Encoding) -> None:
    encrypted = key_file(TERMINAL, encoding, BestAvailableEncryption("Ảo 1".encode()))
    (folder / "terminal.pem").write_bytes(encrypted)
    assert read_terminal_key(folder, passphrase=lambda: "Ảo 1").certificate.raw == CERTIFICATES[2]
    for wrong in ("Ảo 2", ""):
        with pytest.raises(TerminalKeyError):
            read_terminal_key(folder, passphrase=partial(str, wrong))


def test_two_keys_or_none_are_refused(folder: Path) -> None:
    (folder / "other.key").write_bytes(FILES["PEM"])
    with pytest.raises(TerminalKeyError, match="2 files"):
        read_terminal_key(folder, passphrase=nobody)
    assert read_terminal_key(folder / "terminal.pem", passphrase=nobody).certificate.raw == CERTIFICATES[2]
    for name in ("other.key", "terminal.pem"):
        (folder / name).unlink()
    with pytest.raises(TerminalKeyError, match="0 files"):
        read_terminal_key(folder, passphrase=nobody)


@pytest.mark.parametrize("content", [b"", b"no key", bytes(MAX_FILE + 1), b"-----BEGIN PRIVATE KEY-----"])
def test_what_is_no_key_is_refused(folder: Path, content: bytes) -> None:
    (folder / "terminal.pem").write_bytes(content)
    with pytest.raises(TerminalKeyError):
        read_terminal_key(folder, passphrase=nobody)


@pytest.mark.parametrize("content", [b"", b"text", CERTIFICATES[2][:-1], CERTIFICATES[0] * 70, bytes(MAX_FILE + 1)])
def test_what_is_no_certificate_is_refused(folder: Path, content: bytes) -> None:
    (folder / "terminal.cvcert").write_bytes(content)
    with pytest.raises(TerminalKeyError):
        read_terminal_key(folder, passphrase=nobody)


def test_what_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        read_terminal_key(tmp_path / "nothing.pem", passphrase=nobody)


def test_a_key_that_others_may_read_is_told(folder: Path) -> None:
    for mode, told in ((0o600, False), (0o400, False), (0o640, True), (0o644, True)):
        (folder / "terminal.pem").chmod(mode)
        assert is_readable_by_others(folder) is told
