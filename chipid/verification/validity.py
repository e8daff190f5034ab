"""Dates of the document: check 18, and the date of issue that stands in for a missing signing time."""

from __future__ import annotations

from datetime import date, datetime

from apdu.errors import MalformedDataError, ToolkitError
from chipid.lds.files import FileId
from chipid.lds.printed_dates import is_no_expiry, parse_printed_date
from chipid.mrz.dates import expiry_date
from chipid.verification.plausibility import ParsedFiles
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result


def check_expiry(files: ParsedFiles, now: datetime) -> CheckResult:
    """18. Has the document expired? DG1 decides; DG13 stands in where DG1 was not read.

    A document is valid through the whole of its last day. Cards for life are valid, not expired in 1999.
    """

    def result(outcome: Result, reason: Reason, facts: Facts = ()) -> CheckResult:
        return CheckResult(Check.DOCUMENT_EXPIRY, outcome, reason, group.label, facts)

    group = FileId.DG1 if files.dg1 is not None else FileId.DG13
    if files.dg1 is None and (files.dg13 is None or files.dg13.expiry_date is None):
        return result(Result.INDETERMINATE, Reason.GROUP_NOT_READ)
    try:
        expiry = _expiry(files, now)
    except ToolkitError:
        return result(Result.INDETERMINATE, Reason.DATE_UNREADABLE)
    if expiry is None:
        return result(Result.PASSED, Reason.NO_EXPIRY)
    judged = (("judged", now.date()),)
    if now.date() > expiry:
        return result(Result.FAILED, Reason.DOCUMENT_EXPIRED, judged)
    return result(Result.PASSED, Reason.VERIFIED, judged)


def _expiry(files: ParsedFiles, now: datetime) -> date | None:
    """The last day of validity, None for a card for life."""
    if files.dg1 is not None:
        return expiry_date(files.dg1.mrz, reference=now.date())
    text = files.dg13.expiry_date if files.dg13 is not None else None
    if text is None:
        raise MalformedDataError("no date of expiry")
    return None if is_no_expiry(text) else parse_printed_date(text)


def issued_on(files: ParsedFiles) -> date | None:
    """The date of issue that the document states (DG12, else DG13)."""
    stated: date | None = None
    if files.dg12 is not None and files.dg12.issue_date is not None:
        stated = files.dg12.issue_date.complete
    if stated is None and files.dg13 is not None and files.dg13.issue_date is not None:
        try:
            stated = parse_printed_date(files.dg13.issue_date)
        except MalformedDataError:
            return None
    return stated
