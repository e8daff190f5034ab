"""The evidence object: what it answers, that it is frozen, and what it does not show."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from chipid.evidence.evidence import AccessProtocol, FileOutcome, ProofOutcome
from chipid.lds.files import FileId
from tests.evidence.samples import FULL


def test_the_record_of_a_file_is_found_by_the_file() -> None:
    record = FULL.record(FileId.DG3)
    assert record is not None
    assert (record.file, record.outcome, record.sw) == (FileId.DG3, FileOutcome.DENIED, 0x6982)


def test_a_file_that_was_not_asked_for_has_no_record_and_no_content() -> None:
    assert FULL.record(FileId.DG2) is None
    assert FULL.content(FileId.DG2) is None


def test_of_a_file_that_is_there_twice_the_first_counts() -> None:
    first = FULL.record(FileId.COM)
    assert first is not None
    twice = replace(FULL, files=(*FULL.files, replace(first, content=b"another")))
    assert twice.record(FileId.COM) is first
    assert twice.content(FileId.COM) == first.content


def test_only_a_file_that_was_read_has_content() -> None:
    assert FULL.content(FileId.COM) == bytes(range(256))
    for file in (FileId.DG3, FileId.DG11, FileId.DG12):
        assert FULL.content(file) is None


def test_files_of_the_same_identifier_are_told_apart() -> None:
    assert FileId.CARD_ACCESS.fid == FileId.CVCA.fid
    assert FULL.content(FileId.CARD_ACCESS) is not None
    assert FULL.content(FileId.CVCA) is None


def test_evidence_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        FULL.reader = "another"  # type: ignore[misc]


def test_no_byte_of_card_data_is_shown() -> None:
    shown = repr(FULL)
    assert "invented" not in shown
    assert r"\x07" not in shown
    for hidden in ("content", "public_key", "challenge", "response"):
        assert f"{hidden}=" not in shown
    assert "FileId.DG3" in shown


def test_the_words_of_the_file_format_are_pinned() -> None:
    assert [one.value for one in FileOutcome] == ["read", "absent", "denied", "failed", "redacted"]
    assert [one.value for one in AccessProtocol] == ["BAC", "PACE", "unknown"]
    assert [one.value for one in ProofOutcome] == ["completed", "failed", "aborted"]
