"""The results of our checks in the vocabulary of BSI TR-03135-1 (version 2.5), where it has one.

The guideline numbers its checks by section and knows the results successful, failed, undetermined, not supported and
aborted (§5.6), and a set of its own for the hash of a data group (Table 5.42). It has no word for checks 5, 7, 8, 10,
12, 15 to 17, 20 and 21. Nor for 4: its §5.6.4.3.4 wants certificates valid on the day of checking, ours on that of
signing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chipid.verification.report import CheckResult, Reason, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelineResult:
    """The section of the guideline that describes the check, and its word for the result."""

    section: str
    result: str


_SECTIONS: Final = {
    "access-protocol": "5.6.3.1",
    "sod-signature": "5.6.4.2.2",
    "signer-chain": "5.6.4.3.3",
    "signer-revocation": "5.6.4.3.5",
    "group-hash": "5.6.4.4.2",
    "com-against-sod": "5.6.4.4.1",
    "chip-authentication": "5.6.4.1.2",
    "active-authentication": "5.6.4.1.1",
    "chip-authentication-mapping": "5.6.4.1.3",
    "document-expiry": "5.7.1",
}
# Our check of the chain asks two questions of the guideline; the reason tells which one is answered.
_SECTION_BY_REASON: Final = {
    Reason.ISSUER_OF_ANOTHER_STATE: "5.6.4.5",
    Reason.ISSUING_STATE_UNKNOWN: "5.6.4.5",
}
_WORDS: Final = {
    Result.PASSED: "successful",
    Result.FAILED: "failed",
    Result.INDETERMINATE: "undetermined",
    Result.NOT_APPLICABLE: "not supported",
}
_WORDS_BY_REASON: Final = {
    Reason.CHIP_PROOF_ABORTED: "aborted",
    Reason.COM_MISSING: "not supported",
}
# Table 5.42: of a group that was not read, the guideline says that it is there.
_GROUP_WORDS: Final = {
    Reason.VERIFIED: "identical",
    Reason.HASH_WRONG: "not identical",
    Reason.KNOWN_DEVIATION: "not identical",
    Reason.GROUP_NOT_READ: "present",
    Reason.GROUP_LOCKED: "present",
    Reason.GROUP_REDACTED: "present",
    Reason.FILE_UNREADABLE: "aborted",
    Reason.GROUP_MISSING: "not present",
    Reason.GROUP_MALFORMED: "non conformance",
    Reason.GROUP_NOT_IN_SOD: "non conformance",
}


def guideline_result(result: CheckResult) -> GuidelineResult | None:
    """How the guideline would log ``result``; None where it describes no such check."""
    section = _SECTION_BY_REASON.get(result.reason) or _SECTIONS.get(result.check.label)
    if section is None:
        return None
    words = _GROUP_WORDS if result.check.label == "group-hash" else _WORDS_BY_REASON
    return GuidelineResult(section=section, result=words.get(result.reason) or _WORDS[result.result])
