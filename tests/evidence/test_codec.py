"""The evidence file: canonical bytes, round trips, digests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings

from chipid.evidence import codec
from chipid.evidence.codec import decode_evidence, encode_evidence, evidence_digest
from chipid.evidence.evidence import MAX_CONTENT, Evidence, FileRecord, StepRecord
from chipid.evidence.json_reader import MAX_ENTRIES
from chipid.lds.files import FileId
from chipid.protocols.read_file import MAX_FILE_LENGTH
from tests.evidence.samples import FULL, SMALL, evidences

SMALL_FILE = (
    b'{"access":{"oid":null,"pace_skipped":"unsupported","parameter_id":null,"password":"MRZ","protocol":"BAC",'
    b'"suite":"3DES-CBC-CBC"},"active_authentication":null,"atr":"","chip_authentication":null,"files":[],'
    b'"finished_at":"2026-01-02T00:00:00.000Z","quirks":[],"reader":"","schema":"chipid.evidence/1",'
    b'"started_at":"2026-01-02T00:00:00.000Z","steps":[]}\n'
)


def test_the_bytes_of_a_small_file_are_pinned() -> None:
    assert encode_evidence(SMALL) == SMALL_FILE
    assert decode_evidence(SMALL_FILE) == SMALL


def test_a_full_file_has_all_it_was_given() -> None:
    document = json.loads(encode_evidence(FULL))
    assert document["schema"] == codec.SCHEMA
    assert document["reader"] == FULL.reader
    assert document["started_at"] == "2026-01-02T03:04:05.678Z"
    assert document["access"] == {
        "oid": "0.4.0.127.0.7.2.2.4.2.2",
        "pace_skipped": None,
        "parameter_id": 13,
        "password": "CAN",
        "protocol": "PACE",
        "suite": "AES-CBC-CMAC-128",
    }
    assert document["files"][2] == {"content": "", "file": "DG3", "outcome": "denied", "sw": 0x6982}
    assert document["files"][0]["content"] == "aW52ZW50ZWQgQ2FyZEFjY2Vzcw=="
    assert document["chip_authentication"]["key_id"] == 1
    assert document["active_authentication"]["sw"] == 0x6985
    assert document["steps"][0] == {"milliseconds": 812.5, "name": "access"}


def test_vietnamese_text_stands_in_the_file_as_it_is() -> None:
    assert "Đầu đọc".encode() in encode_evidence(FULL)


@pytest.mark.parametrize("evidence", [FULL, SMALL], ids=["full", "small"])
def test_a_written_file_is_read_back_equal(evidence: Evidence) -> None:
    assert decode_evidence(encode_evidence(evidence)) == evidence


@settings(max_examples=30, deadline=None)
@given(evidences)
def test_any_evidence_survives_the_round_trip(evidence: Evidence) -> None:
    data = encode_evidence(evidence)
    decoded = decode_evidence(data)
    assert decoded == evidence
    assert encode_evidence(decoded) == data
    assert evidence_digest(decoded) == evidence_digest(evidence) == hashlib.sha256(data).hexdigest()


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(evidences)
def test_any_evidence_survives_the_round_trip_many_times(evidence: Evidence) -> None:
    assert decode_evidence(encode_evidence(evidence)) == evidence


def test_the_keys_are_sorted_at_every_level_and_nothing_is_spaced() -> None:
    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        assert names == sorted(names)
        return dict(pairs)

    text = encode_evidence(FULL).decode()
    document = json.loads(text, object_pairs_hook=check)
    assert text == json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"


def test_every_field_makes_a_difference_to_the_digest() -> None:
    changes: dict[str, object] = {
        "atr": b"\x3b",
        "reader": "another",
        "started_at": FULL.started_at + timedelta(milliseconds=1),
        "finished_at": FULL.finished_at + timedelta(milliseconds=1),
        "access": replace(FULL.access, password="MRZ"),  # the kind
        "files": FULL.files[1:],
        "chip_authentication": None,
        "active_authentication": None,
        "chip_authentication_mapping": None,
        "terminal_authentication": None,
        "quirks": (),
        "steps": (),
        "redacted_from": "00",
    }
    assert set(changes) == {field.name for field in fields(Evidence) if field.init}
    digests = {evidence_digest(replace(FULL, **{name: value})) for name, value in changes.items()}  # type: ignore[arg-type]
    assert len(digests | {evidence_digest(FULL)}) == len(changes) + 1


def test_times_of_another_zone_are_written_in_utc() -> None:
    hanoi = timezone(timedelta(hours=7))
    evidence = replace(FULL, started_at=FULL.started_at.astimezone(hanoi))
    assert encode_evidence(evidence) == encode_evidence(FULL)
    assert decode_evidence(encode_evidence(evidence)).started_at.utcoffset() == timedelta(0)


def test_whole_milliseconds_are_written_as_they_are_read() -> None:
    evidence = replace(FULL, steps=(StepRecord(name="access", milliseconds=5),))
    assert b'"milliseconds":5.0' in encode_evidence(evidence)
    assert decode_evidence(encode_evidence(evidence)) == evidence


@pytest.mark.parametrize("milliseconds", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_cannot_be_written(milliseconds: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode_evidence(replace(FULL, steps=(StepRecord(name="access", milliseconds=milliseconds),)))


def test_a_time_without_a_zone_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        encode_evidence(replace(FULL, started_at=datetime(2026, 1, 2)))  # noqa: DTZ001


def test_a_text_that_is_not_unicode_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        encode_evidence(replace(FULL, reader="\udc80"))


def test_the_largest_reading_fits_into_a_file() -> None:
    share = MAX_CONTENT // len(FileId)
    records = tuple(replace(FULL.files[0], file=file, content=bytes(share)) for file in FileId)
    reader = "replay:" + "ọ" * 4096  # as long as a path can be
    evidence = replace(FULL, files=records, reader=reader, quirks=("quirk",) * MAX_ENTRIES)
    assert decode_evidence(encode_evidence(evidence)) == evidence
    assert len(FileId) <= MAX_ENTRIES
    assert MAX_FILE_LENGTH < MAX_CONTENT


def test_a_large_file_is_read_back() -> None:
    portrait = FileRecord(file=FileId.DG2, outcome=FULL.files[0].outcome, content=bytes(range(256)) * 4096)
    evidence = replace(FULL, files=(portrait,))
    assert decode_evidence(encode_evidence(evidence)) == evidence
