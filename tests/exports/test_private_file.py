"""Files for their owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from chipid.evidence.codec import decode_evidence
from chipid.exports.kept import save_evidence
from chipid.exports.private_file import private_file
from tests.scenarios import readings


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


@pytest.mark.skipif(os.name != "posix", reason="there are no named pipes in folders")
def test_what_is_no_file_keeps_its_mode_and_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    pipe.chmod(0o644)
    evidence = readings.evidence_of("genuine")
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(reading, "rb") as end:
        save_evidence(evidence, pipe)
        assert decode_evidence(end.read()) == evidence
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert stat.S_IMODE(pipe.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [pipe]


def test_evidence_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = readings.evidence_of("genuine")
    with pytest.raises(OSError):
        save_evidence(evidence, tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(PermissionError):
        save_evidence(evidence, tmp_path / "evidence")
    assert not list(tmp_path.iterdir())
    assert not list(tmp_path.parent.glob("*.part"))
