"""The evidence file: canonical JSON, versioned, strict.

One object, keys sorted, no spaces, bytes as base64, times as RFC 3339 in UTC: the same evidence always gives
the same bytes, so its SHA-256 digest names it. Reading is strict: an unknown version, an unknown or missing
key, or a wrong type raises :class:`chipid.errors.EvidenceError`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from chipid.errors import EvidenceError
from chipid.evidence.evidence import (
    MAX_CONTENT,
    REDACTABLE,
    AccessProtocol,
    AccessRecord,
    ActiveAuthenticationRecord,
    ChipAuthenticationRecord,
    Evidence,
    FileOutcome,
    FileRecord,
    MappingRecord,
    ProofOutcome,
    StepRecord,
    TerminalAuthenticationRecord,
)
from chipid.lds.files import FileId
from chipid.lds.security_infos import MAX_SMALL_INTEGER

SCHEMA = "chipid.evidence/1"
MAX_ENTRIES = 64
MAX_TEXT = 8192  # characters: the reader's name may hold the path of a recording
MAX_INTEGER_DIGITS = 20
MAX_SIGNS = 4096  # of one kind of punctuation: a few hundred are needed, the others may stand in texts
MAX_NON_ASCII = 1 << 16
MAX_SIZE = MAX_CONTENT // 3 * 4 + (1 << 19)  # the files in base64, and room for the rest
_PUNCTUATION = (b"[", b"{", b",")
_NON_ASCII = bytes(range(0x80, 0x100))

E = TypeVar("E", bound=Enum)


def encode_evidence(evidence: Evidence) -> bytes:
    """Write evidence as its canonical file; times are cut to milliseconds.

    Raises :class:`ValueError` for what no file can hold: a time without zone, a number that is not finite, a text
    that is not Unicode.
    """
    document: dict[str, object] = {
        "schema": SCHEMA,
        "atr": _from_bytes(evidence.atr),
        "reader": evidence.reader,
        "started_at": _from_time(evidence.started_at),
        "finished_at": _from_time(evidence.finished_at),
        "access": {
            "protocol": evidence.access.protocol.value,
            "password": evidence.access.password,
            "suite": evidence.access.suite,
            "oid": evidence.access.oid,
            "parameter_id": evidence.access.parameter_id,
            "pace_skipped": evidence.access.pace_skipped,
        },
        "files": [_from_file(record) for record in evidence.files],
        "chip_authentication": _from_chip_authentication(evidence.chip_authentication),
        "active_authentication": _from_active_authentication(evidence.active_authentication),
        "quirks": list(evidence.quirks),
        "steps": [{"name": step.name, "milliseconds": float(step.milliseconds)} for step in evidence.steps],
    }
    # Few readings have these; without them the key is absent, never null.
    mapping, terminal = evidence.chip_authentication_mapping, evidence.terminal_authentication
    if mapping is not None:
        document["chip_authentication_mapping"] = _from_mapping(mapping)
    if terminal is not None:
        document["terminal_authentication"] = _from_terminal_authentication(terminal)
    if evidence.redacted_from:
        document["redacted_from"] = evidence.redacted_from
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def decode_evidence(data: bytes) -> Evidence:
    """Read an evidence file. Raises :class:`EvidenceError` on anything that :func:`encode_evidence` would not write."""
    if len(data) > MAX_SIZE:
        raise EvidenceError(f"an evidence file has at most {MAX_SIZE} bytes")
    root = _Reader(_load(data), "evidence")
    if root.text("schema") != SCHEMA:
        raise EvidenceError(f"the evidence file is not of the format {SCHEMA}")
    access = root.child("access")
    evidence = Evidence(
        atr=root.data("atr"),
        reader=root.text("reader"),
        started_at=root.time("started_at"),
        finished_at=root.time("finished_at"),
        access=AccessRecord(
            protocol=access.member("protocol", AccessProtocol),
            password=access.text("password"),
            suite=access.text("suite"),
            oid=access.optional_text("oid"),
            parameter_id=access.optional_integer("parameter_id"),
            pace_skipped=access.optional_text("pace_skipped"),
        ),
        files=tuple(_to_file(entry) for entry in root.children("files")),
        chip_authentication=_to_chip_authentication(root.optional_child("chip_authentication")),
        active_authentication=_to_active_authentication(root.optional_child("active_authentication")),
        chip_authentication_mapping=_to_mapping(root.absent_or_child("chip_authentication_mapping")),
        terminal_authentication=_to_terminal_authentication(root.absent_or_child("terminal_authentication")),
        quirks=root.texts("quirks"),
        steps=tuple(_to_step(entry) for entry in root.children("steps")),
        redacted_from=root.absent_or_text("redacted_from"),
    )
    access.end()
    root.end()
    files = [record.file for record in evidence.files]
    if len(set(files)) != len(files):
        raise EvidenceError("a file occurs twice in the evidence")
    if encode_evidence(evidence) != data:
        raise EvidenceError("the evidence file is not in its canonical form")
    return evidence


def _load(data: bytes) -> object:
    """The JSON document, after a look at how many objects and wide texts it would make (50 ms and 64 MB are enough)."""
    if (
        max(map(data.count, _PUNCTUATION)) > MAX_SIGNS
        or len(data) - len(data.translate(None, _NON_ASCII)) > MAX_NON_ASCII
    ):
        raise EvidenceError("the evidence file holds more than evidence can hold")
    try:
        return json.loads(data.decode("utf-8"), parse_int=_parse_integer)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("the evidence file is not JSON") from error


def _parse_integer(text: str) -> int:
    if len(text) > MAX_INTEGER_DIGITS:
        raise ValueError("a number of the evidence is too long")
    return int(text)


def cut_to_milliseconds(time: datetime) -> datetime:
    """Cut a time to the resolution of the file, so that writing and reading it gives the same object."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def evidence_digest(evidence: Evidence) -> str:
    """The SHA-256 digest of the canonical file, in hexadecimal: the name of this evidence."""
    return hashlib.sha256(encode_evidence(evidence)).hexdigest()


def _from_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _from_time(value: datetime) -> str:
    if value.tzinfo is None:  # would be taken for the local time of whatever machine this runs on
        raise ValueError("a time of evidence has no time zone")
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _from_file(record: FileRecord) -> dict[str, object]:
    written: dict[str, object] = {
        "file": record.file.label,
        "outcome": record.outcome.value,
        "content": _from_bytes(record.content),
        "sw": record.sw,
    }
    if record.digest:
        written["digest"] = _from_bytes(record.digest)
    return written


def _from_chip_authentication(record: ChipAuthenticationRecord | None) -> dict[str, object] | None:
    if record is None:
        return None
    return {
        "outcome": record.outcome.value,
        "protocol": record.protocol,
        "public_key": _from_bytes(record.public_key),
        "terminal_public_key": _from_bytes(record.terminal_public_key),
        "key_id": record.key_id,
        "sw": record.sw,
    }


def _from_active_authentication(record: ActiveAuthenticationRecord | None) -> dict[str, object] | None:
    if record is None:
        return None
    return {
        "outcome": record.outcome.value,
        "challenge": _from_bytes(record.challenge),
        "response": _from_bytes(record.response),
        "sw": record.sw,
    }


def _from_mapping(record: MappingRecord) -> dict[str, object]:
    return {
        "mapping_public_key": _from_bytes(record.mapping_public_key),
        "chip_authentication_data": _from_bytes(record.chip_authentication_data),
    }


def _from_terminal_authentication(record: TerminalAuthenticationRecord) -> dict[str, object]:
    return {
        "outcome": record.outcome.value,
        "terminal": record.terminal,
        "rights": _from_bytes(record.rights),
        "certificates": [_from_bytes(one) for one in record.certificates],
        "detail": record.detail,
        "sw": record.sw,
    }


def _to_file(entry: _Reader) -> FileRecord:
    label = entry.text("file")
    file = next((one for one in FileId if one.label == label), None)
    if file is None:
        raise EvidenceError("the evidence names an unknown file")
    record = FileRecord(
        file=file,
        outcome=entry.member("outcome", FileOutcome),
        content=entry.data("content"),
        sw=entry.optional_status("sw"),
        digest=entry.absent_or_data("digest"),
    )
    is_redacted = record.outcome is FileOutcome.REDACTED
    if is_redacted and (file not in REDACTABLE or record.content or not record.digest):
        raise EvidenceError(f"{file.label} was not taken out of the evidence in the way that files are")
    entry.end()
    return record


def _to_chip_authentication(entry: _Reader | None) -> ChipAuthenticationRecord | None:
    if entry is None:
        return None
    record = ChipAuthenticationRecord(
        outcome=entry.member("outcome", ProofOutcome),
        protocol=entry.text("protocol"),
        public_key=entry.data("public_key"),
        terminal_public_key=entry.data("terminal_public_key"),
        key_id=entry.optional_integer("key_id"),
        sw=entry.optional_status("sw"),
    )
    entry.end()
    return record


def _to_active_authentication(entry: _Reader | None) -> ActiveAuthenticationRecord | None:
    if entry is None:
        return None
    record = ActiveAuthenticationRecord(
        outcome=entry.member("outcome", ProofOutcome),
        challenge=entry.data("challenge"),
        response=entry.data("response"),
        sw=entry.optional_status("sw"),
    )
    entry.end()
    return record


def _to_mapping(entry: _Reader | None) -> MappingRecord | None:
    if entry is None:
        return None
    record = MappingRecord(
        mapping_public_key=entry.data("mapping_public_key"),
        chip_authentication_data=entry.data("chip_authentication_data"),
    )
    entry.end()
    return record


def _to_terminal_authentication(entry: _Reader | None) -> TerminalAuthenticationRecord | None:
    if entry is None:
        return None
    record = TerminalAuthenticationRecord(
        outcome=entry.member("outcome", ProofOutcome),
        terminal=entry.text("terminal"),
        rights=entry.data("rights"),
        certificates=entry.datas("certificates"),
        detail=entry.text("detail"),
        sw=entry.optional_status("sw"),
    )
    entry.end()
    return record


def _to_step(entry: _Reader) -> StepRecord:
    step = StepRecord(name=entry.text("name"), milliseconds=entry.number("milliseconds"))
    entry.end()
    return step


class _Reader:
    """One JSON object, read key by key; :meth:`end` refuses keys that nobody asked for."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise EvidenceError(f"{name} is not an object")
        self._value: dict[str, Any] = dict(value)
        self._name = name

    def end(self) -> None:
        if self._value:
            raise EvidenceError(f"{self._name} has {len(self._value)} unknown keys")

    def _take(self, key: str, *kinds: type) -> Any:  # noqa: ANN401 - the JSON boundary
        try:
            value = self._value.pop(key)
        except KeyError:
            raise EvidenceError(f"{self._name} has no {key}") from None
        if type(value) not in kinds:  # bool is an int to isinstance
            raise EvidenceError(f"{key} of {self._name} has the wrong type")
        return value

    def text(self, key: str) -> str:
        return self._text(key, self._take(key, str))

    def optional_text(self, key: str) -> str | None:
        value: str | None = self._take(key, str, type(None))
        return None if value is None else self._text(key, value)

    def absent_or_text(self, key: str) -> str:
        return self.text(key) if key in self._value else ""

    def absent_or_data(self, key: str) -> bytes:
        return self.data(key) if key in self._value else b""

    def optional_integer(self, key: str, maximum: int = MAX_SMALL_INTEGER) -> int | None:
        value: int | None = self._take(key, int, type(None))
        if value is not None and not 0 <= value <= maximum:
            raise EvidenceError(f"{key} of {self._name} is out of range")
        return value

    def optional_status(self, key: str) -> int | None:
        """The status word of an answer."""
        return self.optional_integer(key, 0xFFFF)

    def number(self, key: str) -> float:
        value = float(self._take(key, float))
        if not math.isfinite(value):
            raise EvidenceError(f"{key} of {self._name} is no finite number")
        return value

    def data(self, key: str) -> bytes:
        return self._decode(key, self._take(key, str))

    def datas(self, key: str) -> tuple[bytes, ...]:
        return tuple(self._decode(key, value) for value in self._texts(key))

    def _decode(self, key: str, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise EvidenceError(f"{key} of {self._name} is not base64") from error

    def time(self, key: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(key))
            if value.tzinfo is not None:
                return value.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise EvidenceError(f"{key} of {self._name} is not a time") from error
        raise EvidenceError(f"{key} of {self._name} has no time zone")

    def member(self, key: str, kind: type[E]) -> E:
        try:
            return kind(self.text(key))
        except ValueError:
            raise EvidenceError(f"{key} of {self._name} is unknown") from None

    def _list(self, key: str) -> list[Any]:
        value: list[Any] = self._take(key, list)
        if len(value) > MAX_ENTRIES:
            raise EvidenceError(f"{key} of {self._name} has more than {MAX_ENTRIES} entries")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._text(key, value) for value in self._texts(key))

    def _texts(self, key: str) -> list[str]:
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            raise EvidenceError(f"{key} of {self._name} is not a list of texts")
        return values

    def _text(self, key: str, value: str) -> str:
        if len(value) > MAX_TEXT:
            raise EvidenceError(f"{key} of {self._name} is longer than {MAX_TEXT} characters")
        try:
            value.encode()
        except UnicodeEncodeError:  # JSON can spell half a surrogate pair, UTF-8 cannot
            raise EvidenceError(f"{key} of {self._name} is not Unicode") from None
        return value

    def child(self, key: str) -> _Reader:
        return _Reader(self._take(key, dict), key)

    def optional_child(self, key: str) -> _Reader | None:
        value = self._take(key, dict, type(None))
        return None if value is None else _Reader(value, key)

    def absent_or_child(self, key: str) -> _Reader | None:
        return self.child(key) if key in self._value else None

    def children(self, key: str) -> list[_Reader]:
        return [_Reader(value, f"an entry of {key}") for value in self._list(key)]
