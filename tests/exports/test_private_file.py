"""Files for their owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chipid.exports.private_file import private_file


def test_a_new_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    with private_file(path) as file:
        file.write(b"\r\n\x1a\x00")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == b"\r\n\x1a\x00"


def test_a_file_that_was_there_is_emptied_and_closed_to_others_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    path.write_bytes(b"longer than what comes")
    path.chmod(0o666)
    with private_file(path) as file:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        file.write(b"new")
    assert path.read_bytes() == b"new"


def test_a_folder_that_is_missing_is_an_error_of_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), private_file(tmp_path / "missing" / "evidence"):
        pass


def test_a_system_without_file_modes_writes_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.fchmod")
    with private_file(tmp_path / "evidence") as file:
        file.write(b"x")
    assert (tmp_path / "evidence").read_bytes() == b"x"
