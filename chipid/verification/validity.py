"""Dates of the document: check 12, and the date of issue that stands in for a missing signing time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from apdu.errors import ToolkitError
from chipid.lds.files import FileId
from chipid.mrz.dates import expiry_date
from chipid.verification.plausibility import ParsedFiles
from chipid.verification.report import Check, CheckResult, Reason, Result


def check_expiry(files: ParsedFiles, now: datetime) -> CheckResult:
    """12. Has the document expired? DG1 decides; DG13 stands in where DG1 was not read.

    A document is valid through the whole of its last day. Cards for life are valid, not expired in 1999.
    """

    def result(outcome: Result, reason: Reason, subject: FileId, detail: str = "") -> CheckResult:
        return CheckResult(
            check=Check.DOCUMENT_EXPIRY, result=outcome, reason=reason, subject=subject.label, detail=detail
        )

    group = FileId.DG1 if files.dg1 is not None else FileId.DG13
    expiry: date | None
    try:
        if files.dg1 is not None:
            expiry = expiry_date(files.dg1.mrz, reference=now.date())
        elif files.dg13 is not None and files.dg13.expiry_date is not None:
            expiry = files.dg13.expiry_date
        elif files.dg13 is not None and files.dg13.never_expires:
            expiry = None
        else:
            return result(Result.INDETERMINATE, Reason.GROUP_NOT_READ, group)
    except ToolkitError:
        return result(Result.INDETERMINATE, Reason.DATE_UNREADABLE, group)
    if expiry is None:
        return result(Result.PASSED, Reason.NO_EXPIRY, group)
    detail = f"expires {expiry:%Y-%m-%d}, judged {now:%Y-%m-%d}"
    if now.date() > expiry:
        return result(Result.FAILED, Reason.DOCUMENT_EXPIRED, group, detail)
    return result(Result.PASSED, Reason.VERIFIED, group, detail)


def issued_at(files: ParsedFiles) -> datetime | None:
    """The date of issue that the document states (DG12, then DG13), as the start of that day in UTC."""
    stated = None
    if files.dg12 is not None:
        stated = files.dg12.issue_date
    if stated is None and files.dg13 is not None:
        stated = files.dg13.issue_date
    return None if stated is None else datetime.combine(stated, time(tzinfo=UTC))
