"""Taking data groups out of evidence that is kept: what remains is still evidence, and verifies as before.

The state signed a hash of every group (ICAO Doc 9303-10 §4.6.2.3), so a group can be left out without touching the
proof of the others. Its digest stays: the group can be put back later and compared. A digest hides only what cannot
be guessed, and EF.SOD holds it anyway: a portrait is gone, a date of birth beside a known name is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace

from apdu.errors import ToolkitError
from chipid.errors import EvidenceError
from chipid.evidence.codec import evidence_digest
from chipid.evidence.evidence import REDACTABLE, Evidence, FileOutcome, FileRecord
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import FileId


def redact(evidence: Evidence, groups: Collection[FileId]) -> Evidence:
    """The same evidence without the content of ``groups``; those that were not read stay as they are.

    Raises :class:`EvidenceError` for a file that the rest needs, as only data groups with the holder's data can go, and
    if there was nothing to take out.
    ``redacted_from`` names the evidence as it was first.
    """
    kept = [file.label for file in groups if file not in REDACTABLE]
    if kept:
        raise EvidenceError(f"{', '.join(sorted(kept))} cannot be taken out of evidence")
    hash_name = _hash_name(evidence)
    files = tuple(_redacted(one, hash_name) if one.file in groups else one for one in evidence.files)
    if files == evidence.files:
        raise EvidenceError("none of these groups is in the evidence: nothing was taken out")
    return replace(evidence, files=files, redacted_from=evidence.redacted_from or evidence_digest(evidence))


def restore(evidence: Evidence, file: FileId, content: bytes) -> Evidence:
    """Put back what was taken out. Raises :class:`EvidenceError` unless ``content`` has the digest that was left.

    With everything back, the evidence is what it was, and bears its old name.
    """
    record = evidence.record(file)
    if record is None or record.outcome is not FileOutcome.REDACTED:
        raise EvidenceError(f"{file.label} was not taken out of this evidence")
    if hashlib.new(_hash_name(evidence), content).digest() != record.digest:
        raise EvidenceError(f"this is not the {file.label} that was taken out")
    restored = replace(record, outcome=FileOutcome.READ, content=content, digest=b"")
    files = tuple(restored if one is record else one for one in evidence.files)
    complete = all(one.outcome is not FileOutcome.REDACTED for one in files)
    return replace(evidence, files=files, redacted_from="" if complete else evidence.redacted_from)


def _redacted(record: FileRecord, hash_name: str) -> FileRecord:
    if record.outcome is not FileOutcome.READ:
        return record
    digest = hashlib.new(hash_name, record.content).digest()
    return replace(record, outcome=FileOutcome.REDACTED, content=b"", digest=digest)


def _hash_name(evidence: Evidence) -> str:
    """The hash function of EF.SOD, so that a digest can be compared with what was signed; else SHA-256."""
    content = evidence.content(FileId.SOD)
    try:
        return "sha256" if content is None else parse_sod(content).hash_algorithm
    except ToolkitError:
        return "sha256"
