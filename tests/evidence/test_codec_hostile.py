"""Evidence files that :func:`encode_evidence` would not write: all of them are refused, always in the same way."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.errors import EvidenceError
from chipid.evidence.codec import MAX_SIZE, decode_evidence, encode_evidence, evidence_digest
from chipid.evidence.json_reader import MAX_ENTRIES, MAX_TEXT
from tests.evidence.samples import FULL, SMALL

FULL_FILE = encode_evidence(FULL)
DOCUMENT: Any = json.loads(FULL_FILE)

Path = tuple[str | int, ...]

# What the schema allows; everything that is not here holds a text of a certain form.
FREE_TEXTS = {"reader", "password", "suite", "name"}
NULLABLE = {"oid", "pace_skipped", "parameter_id", "sw", "key_id", "chip_authentication", "active_authentication"}
INTEGERS = {"parameter_id", "sw", "key_id"}
SAMPLES: tuple[object, ...] = (None, True, False, 1, 1.5, "x", [], ["x"], [1], {}, {"x": 1})


def _write(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _refused(document: object) -> None:
    with pytest.raises(EvidenceError):
        decode_evidence(document if isinstance(document, bytes) else _write(document))


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every key and every list entry of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield (*path, key)
        yield from _places(one, (*path, key))


def _at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def _with(path: Path, value: object) -> Any:
    document = copy.deepcopy(DOCUMENT)
    _at(document, path[:-1])[path[-1]] = value
    return document


OMITTABLE = ("chip_authentication_mapping", "terminal_authentication")
PLACES = list(_places(DOCUMENT))
KEYS = [path for path in PLACES if isinstance(path[-1], str)]
OBJECTS: list[Path] = [(), *(path for path in PLACES if isinstance(_at(DOCUMENT, path), dict))]


def _id(path: Path) -> str:
    return ".".join(map(str, path)) or "root"


def test_the_writer_of_these_tests_writes_the_file_itself() -> None:
    assert _write(DOCUMENT) == FULL_FILE


@pytest.mark.parametrize("path", KEYS, ids=_id)
def test_a_missing_key_is_refused(path: Path) -> None:
    document = copy.deepcopy(DOCUMENT)
    del _at(document, path[:-1])[path[-1]]
    if path[0] in OMITTABLE and len(path) == 1:
        assert encode_evidence(decode_evidence(_write(document))) == _write(document)
    else:
        _refused(document)


@pytest.mark.parametrize("path", OBJECTS, ids=_id)
def test_an_unknown_key_is_refused(path: Path) -> None:
    for name in ("", "a", "zzz", "Schema"):
        document = copy.deepcopy(DOCUMENT)
        _at(document, path)[name] = None
        with pytest.raises(EvidenceError, match="unknown keys"):
            decode_evidence(_write(document))


def _is_allowed(path: Path, value: object) -> bool:
    name = path[-1]
    if path[0] == "quirks" and len(path) == 2:
        return isinstance(value, str)
    if value is None:
        return name in NULLABLE
    if type(value) is int:
        return name in INTEGERS
    if type(value) is float:
        return name == "milliseconds"
    if isinstance(value, list):
        return name in ("quirks", "steps", "files", "certificates") and (
            not value or (name == "quirks" and value == ["x"])
        )
    if path[0] == "terminal_authentication" and isinstance(value, str):
        return name in ("terminal", "detail")
    is_free = name in FREE_TEXTS or name in ("oid", "pace_skipped") or path == ("chip_authentication", "protocol")
    return isinstance(value, str) and is_free


@pytest.mark.parametrize("path", PLACES, ids=_id)
def test_a_value_of_another_type_is_refused(path: Path) -> None:
    for value in SAMPLES:
        changed = _write(_with(path, value))
        if _is_allowed(path, value):
            assert encode_evidence(decode_evidence(changed)) == changed
        else:
            _refused(changed)


@pytest.mark.parametrize("document", [None, True, 1, 1.5, "x", [], [DOCUMENT], {}])
def test_a_document_that_is_no_such_object_is_refused(document: object) -> None:
    _refused(document)


@pytest.mark.parametrize(
    "schema", ["", "chipid.evidence", "chipid.evidence/0", "chipid.evidence/2", "chipid.receipt/1"]
)
def test_an_unknown_version_is_refused(schema: str) -> None:
    _refused(_with(("schema",), schema))


def test_an_unknown_version_is_named_as_such_whatever_else_it_holds() -> None:
    with pytest.raises(EvidenceError, match="not of the format"):
        decode_evidence(_write({"schema": "chipid.evidence/2", "new": 1}))


def test_a_file_that_occurs_twice_is_refused() -> None:
    _refused(_with(("files",), [DOCUMENT["files"][0]] * 2))
    _refused(_with(("files",), [*DOCUMENT["files"], {**DOCUMENT["files"][1], "content": ""}]))


@pytest.mark.parametrize("label", ["", "DG0", "DG17", "dg1", "EF.DG1", "DG1 ", "SOD"])
def test_an_unknown_file_is_refused(label: str) -> None:
    _refused(_with(("files", 0, "file"), label))


def test_too_many_entries_are_refused() -> None:
    step = DOCUMENT["steps"][0]
    assert len(decode_evidence(_write(_with(("steps",), [step] * MAX_ENTRIES))).steps) == MAX_ENTRIES
    _refused(_with(("steps",), [step] * (MAX_ENTRIES + 1)))
    _refused(_with(("quirks",), ["x"] * (MAX_ENTRIES + 1)))
    _refused(_with(("files",), [DOCUMENT["files"][0]] * (MAX_ENTRIES + 1)))


def test_an_oversize_file_is_refused_unread() -> None:
    with pytest.raises(EvidenceError, match="at most"):
        decode_evidence(b" " * (MAX_SIZE + 1))


TOO_MUCH = {
    "lists": b"[" + b"[]," * 5000 + b"[]]",
    "objects": b"[" + b"{}," * 5000 + b"{}]",
    "numbers": b"[" + b"0," * 5000 + b"0]",
    "wide text": b'"' + "đ".encode() * 40_000 + b'"',
}


@pytest.mark.parametrize("data", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_file_of_more_things_than_evidence_has_is_refused_unread(data: bytes) -> None:
    with pytest.raises(EvidenceError, match="more than evidence can hold"):
        decode_evidence(data)


@pytest.mark.parametrize("path", [("reader",), ("access", "oid"), ("quirks", 0), ("steps", 0, "name")], ids=_id)
def test_a_text_of_great_length_is_refused(path: Path) -> None:
    longest = _write(_with(path, "x" * MAX_TEXT))
    assert encode_evidence(decode_evidence(longest)) == longest
    with pytest.raises(EvidenceError, match="longer than"):
        decode_evidence(_write(_with(path, "x" * (MAX_TEXT + 1))))


@pytest.mark.parametrize("value", [-1, 0x10000, 10**25, 10**4200])
def test_a_status_word_has_two_bytes(value: int) -> None:
    _refused(_with(("files", 0, "sw"), value))


@pytest.mark.parametrize("value", [-1, 2**64, 10**25])
def test_an_identifier_is_small(value: int) -> None:
    _refused(_with(("access", "parameter_id"), value))
    _refused(_with(("chip_authentication", "key_id"), value))


TIMES = {
    "naive": "2026-01-02T03:04:05.678",
    "naive date": "2026-01-02",
    "offset zero": "2026-01-02T03:04:05.678+00:00",
    "another zone": "2026-01-02T10:04:05.678+07:00",
    "seconds": "2026-01-02T03:04:05Z",
    "microseconds": "2026-01-02T03:04:05.678000Z",
    "small z": "2026-01-02T03:04:05.678z",
    "no separators": "20260102T030405.678Z",
    "blank": "2026-01-02 03:04:05.678Z",
    "month 13": "2026-13-02T03:04:05.678Z",
    "before year 1": "0001-01-01T00:00:00.000+23:59",
    "after year 9999": "9999-12-31T23:59:59.999-23:59",
    "leap second": "2026-01-02T03:04:60.000Z",
    "empty": "",
    "text": "yesterday",
}


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("key", ["started_at", "finished_at"])
def test_a_time_that_is_not_written_in_utc_with_milliseconds_is_refused(key: str, time: str) -> None:
    _refused(_with((key,), time))


CONTENTS = {
    "no padding": "YQ",
    "bits behind the end": "YR==",
    "blank": "YWJj YWJj",
    "newline": "YWJj\nYWJj",
    "URL alphabet": "-_-_",
    "other characters": "Đầu=",
    "padding inside": "YQ==YQ==",
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("path", [("atr",), ("files", 0, "content"), ("active_authentication", "response")], ids=_id)
def test_bytes_that_are_not_canonical_base64_are_refused(path: Path, content: str) -> None:
    _refused(_with(path, content))


NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "5", "812.50", "8.125e2", "1E2", "1" + "0" * 400]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_is_not_finite_or_not_canonical_is_refused(number: str) -> None:
    assert FULL_FILE.count(b"812.5") == 1
    _refused(FULL_FILE.replace(b"812.5", number.encode()))


@pytest.mark.parametrize("number", ["1.0", "1e2", "true", '"1"', "01", "+1", "-", "9" * 5000, "NaN"])
def test_an_integer_of_another_spelling_is_refused(number: str) -> None:
    assert FULL_FILE.count(b'"parameter_id":13') == 1
    _refused(FULL_FILE.replace(b'"parameter_id":13', b'"parameter_id":' + number.encode()))


@pytest.mark.parametrize("escaped", [r"\ud800", r"\udc80x", r"\ud800A"])
@pytest.mark.parametrize("path", [("reader",), ("access", "oid"), ("quirks", 0)], ids=_id)
def test_half_a_surrogate_pair_is_refused(path: Path, escaped: str) -> None:
    _refused(_write(_with(path, "HALF")).replace(b"HALF", escaped.encode()))


SPELLINGS = {
    "spaces": json.dumps(DOCUMENT, sort_keys=True, ensure_ascii=False).encode() + b"\n",
    "indented": json.dumps(DOCUMENT, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n",
    "escaped": json.dumps(DOCUMENT, sort_keys=True, separators=(",", ":")).encode() + b"\n",
    "unsorted": json.dumps(dict(reversed(DOCUMENT.items())), separators=(",", ":"), ensure_ascii=False).encode()
    + b"\n",
    "no newline": FULL_FILE[:-1],
    "two newlines": FULL_FILE + b"\n",
    "carriage return": FULL_FILE[:-1] + b"\r\n",
    "leading blank": b" " + FULL_FILE,
    "byte order mark": b"\xef\xbb\xbf" + FULL_FILE,
    "UTF-16": FULL_FILE.decode().encode("utf-16"),
    "something behind": FULL_FILE + b"{}",
    "a key twice": FULL_FILE.replace(b'"atr":', b'"atr":"","atr":', 1),
    "a file's key twice": FULL_FILE.replace(b'"file":"DG3"', b'"file":"DG2","file":"DG3"', 1),
    "empty": b"",
    "not UTF-8": FULL_FILE.replace("Đ".encode(), b"\xd0\x28"),
    "deeply nested": b"[" * 200_000,
    "deeply nested object": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_another_spelling_of_the_same_document_is_refused(data: bytes) -> None:
    _refused(data)


def test_every_truncation_is_refused() -> None:
    for end in range(len(FULL_FILE)):
        _refused(FULL_FILE[:end])


@pytest.mark.parametrize("data", [FULL_FILE, encode_evidence(SMALL)], ids=["full", "small"])
def test_every_flipped_byte_is_refused_or_gives_other_evidence_of_another_digest(data: bytes) -> None:
    original = decode_evidence(data)
    read = 0
    for place, byte in enumerate(data):
        for mask in (0x01, 0x20, 0x80):
            flipped = data[:place] + bytes((byte ^ mask,)) + data[place + 1 :]
            try:
                other = decode_evidence(flipped)
            except EvidenceError:
                continue
            read += 1
            assert other != original
            assert evidence_digest(other) != evidence_digest(original)
            assert encode_evidence(other) == flipped
    assert read > 0


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("aZ9é", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(PLACES), _json)
def test_any_json_at_any_place_is_refused_or_read_as_written(path: Path, value: object) -> None:
    data = _write(_with(path, value))
    try:
        evidence = decode_evidence(data)
    except EvidenceError:
        return
    assert encode_evidence(evidence) == data


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    _refused(data)


def test_a_refusal_does_not_repeat_what_the_file_holds() -> None:
    for path in set(KEYS) - {("quirks",)}:  # which may hold any text
        for value in (["Nguyễn Văn A"], {"Nguyễn Văn A": 1}):
            with pytest.raises(EvidenceError) as caught:
                decode_evidence(_write(_with(path, value)))
            assert "Nguy" not in str(caught.value)
