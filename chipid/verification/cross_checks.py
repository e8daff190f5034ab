"""Do the two groups that name the holder speak of one person? Checks 16 and 17, for Vietnamese cards.

A card assembled from the groups of two people fails at the hashes, unless whoever signs was deceived or mixed them up
himself. These checks catch that, and name the field that differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from apdu.errors import MalformedDataError
from chipid.lds.dg1 import DG1
from chipid.lds.dg13 import DG13
from chipid.lds.printed_dates import is_no_expiry, parse_partial_date, parse_printed_date
from chipid.mrz.dates import PartialDate, expiry_date, resolve_birth_date
from chipid.mrz.mrz import MRZ
from chipid.mrz.name_comparison import NameReason, compare_name
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result
from chipid.vietnam.card_dates import is_possible_expiry
from chipid.vietnam.card_mrz import is_vietnamese_card, read_card_number
from chipid.vietnam.personal_number import PersonalNumber, parse_personal_number

# Below the first, names are of two people; below the second, a person should look.
_DIFFERENT_BELOW = 40
_SAME_FROM = 85
# What could not be compared is neither the same nor different.
_NOT_COMPARED = {NameReason.EMPTY: Reason.FIELD_MALFORMED, NameReason.LETTER_UNKNOWN: Reason.UNSUPPORTED}
_SEXES = {"nam": "M", "nữ": "F"}

PORTRAIT = 2  # the number of the data group
FACELESS_BELOW = 6

_Outcome = tuple[str, Result, Reason, Facts]


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
        CheckResult(Check.DG13_AGAINST_DG1, result, reason, subject, facts)
        for subject, result, reason, facts in _compare(dg1.mrz, dg13, today)
    ]
    plausible = [
        CheckResult(Check.PLAUSIBILITY, result, reason, subject, facts)
        for subject, result, reason, facts in _weigh(dg1.mrz, dg13, signed_groups, today)
    ]
    return (*compared, *plausible)


def _compare(mrz: MRZ, dg13: DG13, today: date) -> Iterator[_Outcome]:
    if is_vietnamese_card(mrz) and dg13.personal_number is not None:
        yield from _compare_numbers(mrz, dg13)
    if dg13.full_name is not None:
        yield _compare_names(dg13.full_name, mrz.format.cut(mrz.text, "names"))
    if dg13.birth_date is not None:
        yield _compare_births(mrz, dg13, today)
    if dg13.sex is not None:
        yield _same("sex", mrz.sex if mrz.sex in _SEXES.values() else None, _SEXES.get(dg13.sex.strip().casefold()))
    if dg13.expiry_date is not None:
        yield _compare_expiries(mrz, dg13.expiry_date, today)


def _compare_numbers(mrz: MRZ, dg13: DG13) -> Iterator[_Outcome]:
    number = _number(dg13)
    if number is None:
        yield "personal-number", Result.FAILED, Reason.FIELD_MALFORMED, ()
        return
    yield _same("personal-number", _number_of_zone(mrz), number.digits)
    yield _same("document-number", mrz.document_number, number.document_number)


def _compare_names(name: str, field: str) -> _Outcome:
    """The facts are the reason of the comparison and its score, 0 to 100."""
    found = compare_name(name, field)
    facts = (("agreement", found.reason.value), ("score", found.score))
    if found.reason in _NOT_COMPARED:
        return "full-name", Result.INDETERMINATE, _NOT_COMPARED[found.reason], facts
    if found.score >= _SAME_FROM:
        return "full-name", Result.PASSED, Reason.VERIFIED, facts
    if found.score < _DIFFERENT_BELOW:
        return "full-name", Result.FAILED, Reason.FIELDS_DIFFER, facts
    return "full-name", Result.INDETERMINATE, Reason.NAMES_UNCLEAR, facts


def _compare_births(mrz: MRZ, dg13: DG13, today: date) -> _Outcome:
    """Parts that one of both does not know are not compared, but without a year there is nothing to compare."""
    national, zone = _printed_birth(dg13), _birth_of_zone(mrz, today)
    if national is None or zone is None or national.year is None or zone.year is None:
        return "birth-date", Result.INDETERMINATE, Reason.DATE_UNREADABLE, ()
    # The century of the zone is concluded from today, so only what the zone writes is compared.
    same = national.year % 100 == zone.year % 100 and replace(national, year=zone.year).agrees_with(zone)
    return _told("birth-date", same=same)


def _compare_expiries(mrz: MRZ, printed: str, today: date) -> _Outcome:
    national = _printed(printed)
    try:
        zone = expiry_date(mrz, reference=today)
    except MalformedDataError:
        return "expiry-date", Result.INDETERMINATE, Reason.DATE_UNREADABLE, ()
    if national is not None:
        # Of a card for life the zone carries a date all the same, and that may be printed. The century is concluded.
        return _told("expiry-date", same=f"{national:%y%m%d}" == mrz.expiry_date)
    if is_no_expiry(printed):
        return _told("expiry-date", same=zone is None)
    return "expiry-date", Result.INDETERMINATE, Reason.DATE_UNREADABLE, ()


def _weigh(mrz: MRZ, dg13: DG13, signed_groups: frozenset[int], today: date) -> Iterator[_Outcome]:
    """What is likely but not certain: numbers are re-established, offices count days in their own way."""
    number, birth = _number(dg13), _birth(mrz, dg13, today)
    if number is not None:
        yield _likely("number-sex", mrz.sex == number.sex)
        if birth is not None and birth.year is not None:
            yield _likely("number-birth-year", birth.year == number.birth_year)
    born, issued = None if birth is None else birth.complete, _printed(dg13.issue_date)
    if born is None:
        return
    # Cards of children under six bear no face (Circular 16/2024/TT-BCA).
    yield _likely("portrait-present", PORTRAIT in signed_groups or _age(born, issued or today) < FACELESS_BELOW)
    if issued is not None and is_vietnamese_card(mrz):
        yield _weigh_expiry(mrz, born, issued, today)


def _weigh_expiry(mrz: MRZ, born: date, issued: date, today: date) -> _Outcome:
    try:
        expiry = expiry_date(mrz, reference=today)
    except MalformedDataError:
        return "expiry-by-law", Result.INDETERMINATE, Reason.DATE_UNREADABLE, ()
    return _likely("expiry-by-law", is_possible_expiry(born, issued, expiry))


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


def _birth(mrz: MRZ, dg13: DG13, today: date) -> PartialDate | None:
    """The date of birth with its century: DG13 writes it, of the zone it is concluded."""
    return _printed_birth(dg13) or _birth_of_zone(mrz, today)


def _printed_birth(dg13: DG13) -> PartialDate | None:
    try:
        return None if dg13.birth_date is None else parse_partial_date(dg13.birth_date)
    except MalformedDataError:
        return None


def _birth_of_zone(mrz: MRZ, today: date) -> PartialDate | None:
    try:
        return resolve_birth_date(mrz.birth_date, reference=today)
    except MalformedDataError:
        return None


def _printed(text: str | None) -> date | None:
    try:
        return None if text is None else parse_printed_date(text)
    except MalformedDataError:
        return None


def _same(subject: str, zone: str | None, national: str | None) -> _Outcome:
    if zone is None or national is None:
        return subject, Result.INDETERMINATE, Reason.FIELD_MALFORMED, ()
    return _told(subject, same=zone == national)


def _told(subject: str, *, same: bool) -> _Outcome:
    return subject, Result.PASSED if same else Result.FAILED, Reason.VERIFIED if same else Reason.FIELDS_DIFFER, ()


def _likely(subject: str, holds: bool) -> _Outcome:  # noqa: FBT001 - reads as a sentence
    if holds:
        return subject, Result.PASSED, Reason.VERIFIED, ()
    return subject, Result.INDETERMINATE, Reason.IMPLAUSIBLE, ()
