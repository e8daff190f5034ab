"""Evidence that is kept in files: groups taken out of it and put back, every file readable by its owner alone.

A folder with the files of a chip, as other programs leave them, is evidence too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chipid.errors import ConfigurationError, EvidenceError, UnsupportedError
from chipid.evidence.codec import MAX_SIZE, decode_evidence, encode_evidence, evidence_digest
from chipid.evidence.evidence import Evidence
from chipid.evidence.loose_files import evidence_of_files
from chipid.evidence.redaction import redact, restore
from chipid.exports.private_file import private_file
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.messages.catalogue import Catalogue

SUFFIX: Final = ".bin"
MAX_FILE_BYTES: Final = 1 << 20  # no more is read of a chip either


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was written: the groups that changed, the digest of the evidence, and of that which it came from."""

    groups: tuple[FileId, ...]
    digest: str
    redacted_from: str


def load_evidence(path: Path) -> Evidence:
    """The evidence of a file, or of a folder with the files of a chip (:func:`load_files`).

    Raises :class:`EvidenceError` for a damaged one, OSError for one that is not there.
    """
    if path.is_dir():
        return evidence_of_files(load_files(path), source=path.name)
    with path.open("rb") as file:
        return decode_evidence(file.read(MAX_SIZE + 1))


def load_files(folder: Path) -> dict[FileId, bytes]:
    """The files of a chip in ``folder``, each under its name: ``EF.SOD``, ``EF_SOD.bin``, ``Datagroup1.bin``.

    Other files are not looked at. Raises :class:`EvidenceError` without an EF.SOD, for two of one name, and for a file
    longer than any that is read of a chip.
    """
    found: dict[FileId, bytes] = {}
    for path in sorted(folder.iterdir()):
        file = _FILES.get(_PUNCTUATION.sub("", path.name.removesuffix(SUFFIX)).lower())
        if file is None or not path.is_file():
            continue
        if file in found:
            raise EvidenceError(f"{path.name}: {file.label} is in the folder twice")
        with path.open("rb") as stream:
            found[file] = stream.read(MAX_FILE_BYTES + 1)
        if len(found[file]) > MAX_FILE_BYTES:
            raise EvidenceError(f"{path.name} has more than {MAX_FILE_BYTES} bytes")
    if FileId.SOD not in found:
        raise EvidenceError("there is no EF.SOD in the folder: without it nothing says who made the others")
    return found


_PUNCTUATION = re.compile(r"[^0-9A-Za-z]")
_FILES: Final = {
    name: file
    for file in FileId
    for label in [_PUNCTUATION.sub("", file.label).lower()]
    for name in (label, label.removeprefix("ef"), label.replace("dg", "datagroup"))
}


def save_evidence(evidence: Evidence, path: Path) -> None:
    """Write evidence whole or not at all, so that it can take the place of the file that it came from.

    What is there and is no file, such as a device, is written to and never replaced. Raises OSError.
    """
    content = encode_evidence(evidence)
    if path.exists() and not path.is_file():
        with private_file(path) as file:
            file.write(content)
        return
    part = path.with_name(path.name + ".part")
    try:
        with private_file(part) as file:
            file.write(content)
        os.replace(part, path)  # noqa: PTH105 - one word for it on every system
    except BaseException:  # what is half written is somebody's data all the same
        part.unlink(missing_ok=True)
        raise


def redact_file(source: Path, output: Path, groups: Collection[FileId], separate: Path | None) -> Kept:
    """Take ``groups`` out of the evidence in ``source`` and write the rest to ``output``.

    Into the folder ``separate``, if one is given, goes what was taken out, a file a group, before anything else is
    written. Raises :class:`EvidenceError` for a file that is no group of the holder's data.
    """
    evidence = load_evidence(source)
    rest = redact(evidence, groups)
    changed = tuple(group for group in DATA_GROUPS if rest.record(group) != evidence.record(group))
    if separate is not None:
        separate.mkdir(mode=0o700, parents=True, exist_ok=True)
        for group in changed:
            with private_file(separate / f"{group.label}{SUFFIX}") as file:
                file.write(evidence.content(group) or b"")
    save_evidence(rest, output)
    return Kept(groups=changed, digest=evidence_digest(rest), redacted_from=rest.redacted_from)


def restore_file(source: Path, output: Path, groups: Collection[Path]) -> Kept:
    """Put ``groups``, files that are called like what they hold (``DG2.bin``), back into the evidence in ``source``.

    Raises :class:`EvidenceError` unless each is what was taken out.
    """
    evidence = load_evidence(source)
    files = {_group_of(path): path for path in groups}
    for group, path in files.items():
        with path.open("rb") as file:
            evidence = restore(evidence, group, file.read(MAX_SIZE + 1))
    save_evidence(evidence, output)
    return Kept(groups=tuple(files), digest=evidence_digest(evidence), redacted_from=evidence.redacted_from)


def _group_of(path: Path) -> FileId:
    try:
        return FileId.by_label(path.stem.upper())
    except UnsupportedError as error:
        raise ConfigurationError(f"{path.name} is not called like a data group, such as DG2{SUFFIX}") from error


def kept_lines(kept: Kept, word: str, texts: Catalogue) -> Iterator[str]:
    """What was done, by the word for it, and how the evidence is called now and was before."""
    yield f"{texts.text('word', word)}: {', '.join(one.label for one in kept.groups) or '-'}"
    yield f"{texts.text('word', 'evidence')}: SHA-256 {kept.digest}"
    if kept.redacted_from:
        yield f"{texts.text('word', 'evidence-before')}: SHA-256 {kept.redacted_from}"
