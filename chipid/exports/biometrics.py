"""What a reading says of fingerprints and irises: whether the card let this terminal read them, and what was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from apdu.errors import ToolkitError
from chipid.evidence.evidence import Evidence, FileOutcome, ProofOutcome, TerminalProblem
from chipid.lds.files import FileId
from chipid.messages.catalogue import Catalogue
from chipid.pki.chat import CHAT, InspectionRight
from chipid.pki.cv_certificate import parse_cv_certificate

REFUSED: Final = "refused"  # the problem where the chip refused a step
_GROUPS: Final = {FileId.DG3: InspectionRight.READ_DG3, FileId.DG4: InspectionRight.READ_DG4}
_PROBLEMS: Final = {one.value for one in TerminalProblem}


@dataclass(frozen=True, slots=True, kw_only=True)
class BiometricAccess:
    """``may_read`` is what the terminal's certificates allow, ``read`` what the reading fetched.

    ``problem`` is the value of a :class:`TerminalProblem` or ``refused``, for which ``step`` and ``sw`` tell more;
    None where the card let the terminal in.
    """

    terminal: str
    may_read: tuple[FileId, ...] = ()
    read: tuple[FileId, ...] = ()
    problem: str | None = None
    step: str | None = None
    sw: int | None = None


def biometric_access(evidence: Evidence) -> BiometricAccess | None:
    """What became of Terminal Authentication; None if the reading did not run it."""
    record = evidence.terminal_authentication
    if record is None:
        return None
    if record.outcome is not ProofOutcome.COMPLETED:
        is_step = record.detail not in _PROBLEMS
        return BiometricAccess(
            terminal=record.terminal,
            problem=REFUSED if is_step else record.detail,
            step=record.detail if is_step and record.detail else None,
            sw=record.sw,
        )
    kept = {one.file for one in evidence.files if one.outcome in (FileOutcome.READ, FileOutcome.REDACTED)}
    return BiometricAccess(
        terminal=record.terminal,
        may_read=_allowed(record.rights, record.certificates),
        read=tuple(group for group in _GROUPS if group in kept),
    )


def biometric_lines(evidence: Evidence, texts: Catalogue) -> Iterator[str]:
    """The same in words, for a report."""
    access = biometric_access(evidence)
    if access is None:
        return
    if access.problem is not None:
        reason = texts.text("terminal-problem", access.problem)
        if access.sw is not None:
            reason += f" ({access.step}, {access.sw:04X})" if access.step else f" ({access.sw:04X})"
        yield texts.text("word", "biometrics-refused").format(terminal=access.terminal, reason=reason)
        return
    allowed = _named(access.may_read, texts)
    yield texts.text("word", "biometrics-allowed").format(terminal=access.terminal, groups=allowed)
    yield f"  {texts.text('word', 'biometrics-read')}: {_named(access.read, texts)}"


def _named(groups: tuple[FileId, ...], texts: Catalogue) -> str:
    words = {FileId.DG3: texts.text("word", "fingerprints"), FileId.DG4: texts.text("word", "irises")}
    return ", ".join(f"{words[group]} [{group.label}]" for group in groups) or texts.text("word", "none-of-them")


def _allowed(rights: bytes, certificates: tuple[bytes, ...]) -> tuple[FileId, ...]:
    """The groups that the rights open; what other kinds of terminals may do says another table."""
    try:
        chat = CHAT(oid=parse_cv_certificate(certificates[-1]).chat.oid, rights=rights)
    except (ToolkitError, IndexError):
        return ()
    return tuple(group for group, right in _GROUPS.items() if chat.allows(right))
