"""Checks that cannot be made any more because a group that they need was taken out of the evidence.

The group was read, and the check may have failed: nobody shall make a card acceptable by taking out what names another
person, State or type of document. So such a check is open, where one of a group that was never asked for is not made.
Whether the group itself was well-formed is not asked any more: that the State signed its bytes, its digest shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chipid.evidence.evidence import Evidence
from chipid.lds.files import FileId
from chipid.verification.report import Check, CheckResult, Reason, Result

_NEEDED: Final[Mapping[Check, frozenset[FileId]]] = {
    Check.DOCUMENT_TYPE: frozenset({FileId.DG1}),
    Check.MRZ_CHECK_DIGITS: frozenset({FileId.DG1}),
    Check.DG13_AGAINST_DG1: frozenset({FileId.DG1, FileId.DG13}),
    Check.DOCUMENT_EXPIRY: frozenset({FileId.DG1}),
    Check.DATA_PAGE_AGAINST_DG1: frozenset({FileId.DG1}),
}


def mark_redacted(checks: tuple[CheckResult, ...], evidence: Evidence) -> tuple[CheckResult, ...]:
    """``checks`` with those left open that would have been made before groups were taken out."""
    if len(evidence.contents) == len(evidence.by_file):
        return checks  # everything that was asked for is there
    redacted = set(evidence.redacted)
    there = redacted | set(evidence.contents)

    def mark(check: CheckResult) -> CheckResult:
        needed = _NEEDED.get(check.check, frozenset())
        if check.reason is not Reason.GROUP_NOT_READ or needed.isdisjoint(redacted) or not needed <= there:
            return check
        return check._replace(result=Result.INDETERMINATE, reason=Reason.GROUP_REDACTED)

    return tuple(map(mark, checks))
