"""The evidence file: canonical JSON, versioned, strict.

One object, keys sorted, no spaces, bytes as base64, times as RFC 3339 in UTC: the same evidence always gives
the same bytes, so its SHA-256 digest names it. Reading is strict: an unknown version, an unknown or missing
key, or a wrong type raises :class:`chipid.errors.EvidenceError`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime

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
from chipid.evidence.json_reader import ObjectReader, load_json
from chipid.lds.files import FileId

SCHEMA = "chipid.evidence/1"
MAX_SIZE = MAX_CONTENT // 3 * 4 + (1 << 19)  # the files in base64, and room for the rest


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
    root = ObjectReader(load_json(data), "evidence")
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
    if bool(evidence.redacted) != bool(evidence.redacted_from):
        raise EvidenceError("the evidence does not name what it was before files were taken out, or none were")
    files = [record.file for record in evidence.files]
    if len(set(files)) != len(files):
        raise EvidenceError("a file occurs twice in the evidence")
    if encode_evidence(evidence) != data:
        raise EvidenceError("the evidence file is not in its canonical form")
    return evidence


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


def _to_file(entry: ObjectReader) -> FileRecord:
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


def _to_chip_authentication(entry: ObjectReader | None) -> ChipAuthenticationRecord | None:
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


def _to_active_authentication(entry: ObjectReader | None) -> ActiveAuthenticationRecord | None:
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


def _to_mapping(entry: ObjectReader | None) -> MappingRecord | None:
    if entry is None:
        return None
    record = MappingRecord(
        mapping_public_key=entry.data("mapping_public_key"),
        chip_authentication_data=entry.data("chip_authentication_data"),
    )
    entry.end()
    return record


def _to_terminal_authentication(entry: ObjectReader | None) -> TerminalAuthenticationRecord | None:
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


def _to_step(entry: ObjectReader) -> StepRecord:
    step = StepRecord(name=entry.text("name"), milliseconds=entry.number("milliseconds"))
    entry.end()
    return step
