"""Hostile files of one kind each: what a format lets somebody write to make its reader work."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chipid.evidence.codec import MAX_SIZE, decode_evidence, encode_evidence
from chipid.evidence.evidence import MAX_CONTENT, Evidence, FileOutcome, FileRecord
from chipid.lds.files import FileId
from chipid.toml_table import MAX_HEADER_DOTS
from chipid.toml_table import MAX_SIZE as TOML_SIZE
from chipid.verification.policy_file import parse_policy
from tests.scenarios import readings
from tests.verification import forge

Case = tuple[str, Callable[[bytes], object], bytes]


def cases() -> Iterator[Case]:
    """What it is, who reads it, and the file."""
    for name, data in _evidence_files(readings.evidence_of()):
        yield f"evidence, {name}", decode_evidence, data
    for name, text in _toml_files():
        yield f"policy, {name}", lambda data: parse_policy(data.decode(), "policy.toml"), text.encode()


def _evidence_files(genuine: Evidence) -> Iterator[tuple[str, bytes]]:
    written = encode_evidence(genuine)

    def filled(before: bytes, filling: bytes) -> bytes:
        return written.replace(before, before + filling * ((MAX_SIZE - len(written)) // len(filling)), 1)

    yield "empty lists", filled(b'"quirks":[', b"[],")
    yield "numbers", filled(b'"quirks":[', b"1" * 4000 + b",")
    yield "a long text", filled(b'"reader":"', b"a")
    yield "escapes", filled(b'"reader":"', b"\\u00e9")
    yield "keys", b"{" + b",".join(b'"%x":0' % number for number in range(350_000))
    portrait = FileRecord(file=FileId.DG2, outcome=FileOutcome.READ, content=bytes(MAX_CONTENT))
    largest = encode_evidence(forge.with_record(forge.without_file(genuine, *FileId), portrait))
    yield "the largest group", largest
    yield (
        "the largest group and a wide character",
        largest.replace(b'"reader":"', b'"reader":"' + "\U0001f0a1".encode()),
    )


def _toml_files() -> Iterator[tuple[str, str]]:
    deep = "[" + ".".join("a" * MAX_HEADER_DOTS) + "]\n"
    yield "blanks behind a bracket", 'a = """\n[' + " " * (TOML_SIZE - 20) + '\n"""'
    yield "a dotted key", ".".join("a" * 1000) + " = 1"
    yield "keys below a deep table", deep + "".join(f"k{number}=0\n" for number in range(7000))
    yield "a list", "a = [" + "0," * 8000 + "]"
    yield "a list of nested tables", "a = [" + ("{a=" * 60 + "0" + "}" * 60 + ",") * 130 + "]"
    yield "tables", "[[a]]\n" * 4000
    yield "a number", "a = " + "1" * (TOML_SIZE - 10)
