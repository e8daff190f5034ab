"""What the owner of a trust store says beside the files: who approves a change, and what by its fingerprint."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chipid.errors import StoreProblem
from chipid.trust.errors import ApprovalError

MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approves a change, and by fingerprint (SHA-256, hexadecimal, as people copy it) what.

    ``certificates`` are CSCAs to be trusted, ``list_signers`` certificates whose lists are believed, ``pinned``
    files with CSCAs that a list's signer may come from without being imported themselves. Raises
    :class:`ApprovalError` for a name that is none and for what is no fingerprint.
    """

    by: str
    certificates: Collection[str] = ()
    list_signers: Collection[str] = ()
    pinned: Sequence[Path] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "by", checked_name(self.by))
        object.__setattr__(self, "certificates", frozenset(map(_fingerprint, self.certificates)))
        object.__setattr__(self, "list_signers", frozenset(map(_fingerprint, self.list_signers)))

    def check_all_found(self, found: Iterable[str]) -> None:
        """Raises :class:`ApprovalError` for a fingerprint that was given and is not among those ``found``.

        Whoever mistypes one, or approves what is refused for another reason, would otherwise believe to have approved
        something.
        """
        missing = sorted({*self.certificates, *self.list_signers} - set(found))
        if missing:
            message = (
                f"no certificate with the fingerprint {missing[0]} could come in from the files: nothing was imported"
            )
            raise ApprovalError(message, StoreProblem.FINGERPRINT_NOT_FOUND, wanted=missing[0])


def checked_name(name: str) -> str:
    """The name of who approves, without blanks around it; raises :class:`ApprovalError` if it names nobody."""
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        message = f"who approves must be named in 1 to {MAX_NAME} characters that can be printed"
        raise ApprovalError(message, StoreProblem.APPROVER_UNNAMED, limit=MAX_NAME)
    return name


def _fingerprint(text: str) -> str:
    """A fingerprint as people copy it, with colons, spaces and capitals."""
    digits = text.replace(":", "").replace(" ", "").strip().lower()
    if len(digits) != 64 or not all(digit in "0123456789abcdef" for digit in digits):
        message = "a fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits"
        raise ApprovalError(message, StoreProblem.FINGERPRINT_MALFORMED)
    return digits
