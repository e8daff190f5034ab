"""How a case of the content of a file is made: it reads the file anew and looks at one thing.

Whatever the parsers of the library refuse is a deviation too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from apdu import tlv
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.cases_eac_files import has_terminal_authentication
from chipid.conformance.terminal import ConformanceTerminal
from chipid.conformance.terminal_steps import TerminalSteps
from chipid.lds.files import FileId

Check = Callable[[bytes, ConformanceTerminal], bool]
LOCKED: Final = (FileId.DG3, FileId.DG4)
MANDATORY: Final = (FileId.SOD, FileId.DG1, FileId.DG2)


def content_case(case_id: str, file: FileId, what: str, check: Check) -> Case:
    """A case that passes if the check is true of the file."""
    return Case(id=case_id, purpose=f"{file.label}: {what}", script=_script(file, check))


def is_framed(file: FileId) -> Check:
    """Tag and length of the file are right."""
    return lambda content, terminal: content[:1] == bytes((file.tag or 0,)) and _is_whole(content, terminal)


def _script(file: FileId, check: Check) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        if file is FileId.CARD_SECURITY:
            terminal.pace()
        elif file in LOCKED and has_terminal_authentication(terminal):
            steps = TerminalSteps.begin(terminal)
            steps.chain()
            steps.authenticate()
        elif file is not FileId.CARD_ACCESS:
            terminal.open()
        content = terminal.file(file)
        if not content and file in MANDATORY:
            raise DeviationError("a file that every chip has cannot be read")
        if not content:
            raise NotApplicableError("the file is not there, or closed to this terminal")
        try:
            is_right = check(content, terminal)
        except (ValueError, IndexError):  # an object is missing that the check goes by
            is_right = False
        if not is_right:
            raise DeviationError("the file does not hold what it must")

    return run


def numbered_cases(family: str, file: FileId, first: int, checks: tuple[tuple[str, Check], ...]) -> Iterator[Case]:
    """Cases of one file, numbered from ``first``."""
    for number, (what, check) in enumerate(checks, start=first):
        yield content_case(f"{family}_{number}", file, what, check)


def outer_cases(family: str, file: FileId) -> Iterator[Case]:
    """The first two of a family: the tag of the file, and its length."""
    yield content_case(f"{family}_1", file, "tag", lambda content, _: content[:1] == bytes((file.tag or 0,)))
    yield content_case(f"{family}_2", file, "length", _is_whole)


def _is_whole(content: bytes, _: ConformanceTerminal) -> bool:
    """The length of the file is the one it says, in its shortest form."""
    found = tlv.parse_one(content)
    return found.raw == tlv.encode(found.tag, found.value)
