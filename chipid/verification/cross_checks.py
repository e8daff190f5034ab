"""Do the two groups that name the holder speak of one person? Checks 16 and 17, for Vietnamese cards.

A card assembled from the groups of two people fails at the hashes, unless whoever signs was deceived or mixed them up
himself. These checks catch that, and name the field that differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from apdu.errors import MalformedDataError
from chipid.lds.dg1 import DG1
from chipid.lds.dg13 import DG13
from chipid.lds.printed_dates import is_no_expiry, parse_printed_date
from chipid.mrz.dates import expiry_date, resolve_birth_date
from chipid.mrz.mrz import MRZ
from chipid.mrz.name_comparison import compare_name
from chipid.verification.report import Check, CheckResult, Reason, Result
from chipid.vietnam.card_dates import possible_expiries
from chipid.vietnam.card_mrz import read_card_number
from chipid.vietnam.personal_number import PersonalNumber, parse_personal_number

# Below the first, names are of two people; below the second, a person should look.
_DIFFERENT_BELOW = 40
_SAME_FROM = 85

PORTRAIT = 2  # the number of the data group
FACELESS_BELOW = 6

_Outcome = tuple[str, Result, Reason, str]


def check_identity(
    dg1: DG1 | None, dg13: DG13 | None, signed_groups: frozenset[int], *, today: date
) -> tuple[CheckResult, ...]:
    """16. The fields of DG13 against those of DG1, one check a field; 17. their plausibility, which never fails.

    ``signed_groups`` are the numbers of the groups that the SOD lists.
    """
    if dg1 is None or dg13 is None:
        nothing = CheckResult(check=Check.DG13_AGAINST_DG1, result=Result.NOT_APPLICABLE, reason=Reason.GROUP_NOT_READ)
        return (nothing,)
    compared = [
        CheckResult(check=Check.DG13_AGAINST_DG1, subject=subject, result=result, reason=reason, detail=detail)
        for subject, result, reason, detail in _compare(dg1.mrz, dg13, today)
    ]
    plausible = [
        CheckResult(check=Check.PLAUSIBILITY, subject=subject, result=result, reason=reason, detail=detail)
        for subject, result, reason, detail in _weigh(dg1.mrz, dg13, signed_groups, today)
    ]
    return (*compared, *plausible)


def _compare(mrz: MRZ, dg13: DG13, today: date) -> Iterator[_Outcome]:
    number = _number(dg13)
    if number is not None:
        yield _same("personal-number", _number_of_zone(mrz), number.digits)
        yield _same("document-number", mrz.document_number, number.document_number)
    elif dg13.personal_number is not None:
        yield "personal-number", Result.FAILED, Reason.FIELD_MALFORMED, ""
    if dg13.full_name is not None:
        found = compare_name(dg13.full_name, mrz.format.cut(mrz.text, "names"))
        detail = f"{found.score} of 100, {found.reason.value}"
        if found.score >= _SAME_FROM:
            yield "full-name", Result.PASSED, Reason.VERIFIED, detail
        elif found.score < _DIFFERENT_BELOW:
            yield "full-name", Result.FAILED, Reason.FIELDS_DIFFER, detail
        else:
            yield "full-name", Result.INDETERMINATE, Reason.NAMES_UNCLEAR, detail
    if dg13.birth_date is not None:
        yield _same_date("birth-date", dg13.birth_date, _birth_date(mrz, today))
    if dg13.sex is not None:
        words = {"nam": "M", "nữ": "F"}
        yield _same("sex", mrz.sex, words.get(dg13.sex.casefold()))
    if dg13.expiry_date is not None:
        yield _compare_expiry(mrz, dg13.expiry_date, today)


def _compare_expiry(mrz: MRZ, printed: str, today: date) -> _Outcome:
    try:
        expiry = expiry_date(mrz, reference=today)
    except MalformedDataError:
        return "expiry-date", Result.INDETERMINATE, Reason.DATE_UNREADABLE, ""
    if is_no_expiry(printed) or expiry is None:
        same = is_no_expiry(printed) and expiry is None
        outcome = (Result.PASSED, Reason.VERIFIED) if same else (Result.FAILED, Reason.FIELDS_DIFFER)
        return "expiry-date", *outcome, ""
    return _same_date("expiry-date", printed, expiry)


def _weigh(mrz: MRZ, dg13: DG13, signed_groups: frozenset[int], today: date) -> Iterator[_Outcome]:
    """What is likely but not certain: numbers are re-established, offices count days in their own way."""
    number = _number(dg13)
    birth = _birth_date(mrz, today)
    if number is not None:
        yield _likely("number-sex", mrz.sex == number.sex)
        if birth is not None:
            yield _likely("number-birth-year", birth.year == number.birth_year)
    issued = _printed(dg13.issue_date)
    if birth is not None:
        # Cards of children under six bear no face (Circular 16/2024/TT-BCA).
        yield _likely("portrait-present", PORTRAIT in signed_groups or _age(birth, issued or today) < FACELESS_BELOW)
    if birth is not None and issued is not None:
        try:
            expiry = expiry_date(mrz, reference=today)
            yield _likely("expiry-by-law", expiry in {one.expiry for one in possible_expiries(birth, issued)})
        except MalformedDataError:
            yield "expiry-by-law", Result.INDETERMINATE, Reason.DATE_UNREADABLE, ""


def _number_of_zone(mrz: MRZ) -> str | None:
    try:
        return read_card_number(mrz).personal_number.digits
    except MalformedDataError:
        return None


def _age(birth: date, on: date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _number(dg13: DG13) -> PersonalNumber | None:
    try:
        return None if dg13.personal_number is None else parse_personal_number(dg13.personal_number)
    except MalformedDataError:
        return None


def _birth_date(mrz: MRZ, today: date) -> date | None:
    try:
        return resolve_birth_date(mrz.birth_date, reference=today).complete
    except MalformedDataError:
        return None


def _printed(text: str | None) -> date | None:
    try:
        return None if text is None else parse_printed_date(text)
    except MalformedDataError:
        return None


def _same(subject: str, zone: str | None, national: str | None) -> _Outcome:
    if zone is None or national is None:
        return subject, Result.INDETERMINATE, Reason.FIELD_MALFORMED, ""
    same = zone == national
    return subject, Result.PASSED if same else Result.FAILED, Reason.VERIFIED if same else Reason.FIELDS_DIFFER, ""


def _same_date(subject: str, printed: str, zone: date | None) -> _Outcome:
    """The century of a date of birth is concluded from today, so only what the zone writes is compared."""
    national = _printed(printed)
    if national is None or zone is None:
        return subject, Result.INDETERMINATE, Reason.DATE_UNREADABLE, ""
    same = f"{national:%y%m%d}" == f"{zone:%y%m%d}"
    return subject, Result.PASSED if same else Result.FAILED, Reason.VERIFIED if same else Reason.FIELDS_DIFFER, ""


def _likely(subject: str, holds: bool) -> _Outcome:  # noqa: FBT001 - reads as a sentence
    if holds:
        return subject, Result.PASSED, Reason.VERIFIED, ""
    return subject, Result.INDETERMINATE, Reason.IMPLAUSIBLE, ""
