"""What a later check of the same evidence can prove, and what is only the word of the terminal that read the card."""

from __future__ import annotations

from enum import Enum
from typing import Final

from chipid.lds.files import FileId
from chipid.verification.report import CheckResult, Reason, Result


class Proof(Enum):
    """RE_VERIFIABLE: whoever has the evidence finds it again, and nobody without the signer's key can make it up.

    WITNESSED: the evidence says so, and whoever keeps the evidence could have written it.
    """

    RE_VERIFIABLE = "re-verifiable"
    WITNESSED = "witnessed"


# Protocols whose secrets died with the session (ICAO Doc 9303-11 §4.4.3.5, §6.2), and files that no state signs.
_WITNESSED_CHECKS: Final = frozenset(
    {
        "access-protocol",
        "com-against-sod",
        "card-access-against-dg14",
        "chip-authentication",
        "chip-authentication-mapping",
        "terminal-authentication",
        "data-page-against-dg1",
    }
)
_UNSIGNED_FILES: Final = frozenset(file.label for file in (FileId.COM, FileId.ATR_INFO, FileId.CVCA))
# What the card did not give, which no bytes can show.
_WITNESSED_REASONS: Final = frozenset(
    {
        Reason.SOD_MISSING,
        Reason.GROUP_MISSING,
        Reason.GROUP_LOCKED,
        Reason.FILE_UNREADABLE,
        Reason.CHIP_PROOF_ABORTED,
        Reason.CHIP_PROOF_MISSING,
    }
)


def proof_of(result: CheckResult) -> Proof | None:
    """What stands behind one result; None where the check does not apply and so says nothing.

    Active Authentication is re-verifiable: its challenge and signature are in the evidence. That the challenge was
    fresh is as good as the caller's nonce that went into it.
    """
    if result.result is Result.NOT_APPLICABLE:
        return None
    if (
        result.subject in _UNSIGNED_FILES
        or result.check.label in _WITNESSED_CHECKS
        or result.reason in _WITNESSED_REASONS
    ):
        return Proof.WITNESSED
    return Proof.RE_VERIFIABLE
