"""Dates of the machine readable zone: two-digit years and unknown parts (ICAO Doc 9303-3 §4.8).

A century is not printed, so it is resolved against a reference date that the caller gives.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from apdu.errors import MalformedDataError
from chipid.mrz.mrz import MRZ

UNKNOWN = "<<"
MAX_YEARS_AHEAD = 50  # an expiry date further ahead belongs to the century before

# Cards for life: the State, the first letter of the document code, and the date that is printed instead of none.
NO_EXPIRY = {("VNM", "I", "991231")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A date whose parts may be unknown (None)."""

    year: int | None = field(repr=False)
    month: int | None = field(repr=False)
    day: int | None = field(repr=False)

    @property
    def complete(self) -> date | None:
        """The calendar date, None if a part is unknown."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    def agrees_with(self, other: PartialDate) -> bool:
        """True if no part that both dates know differs."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)


def partial_date(year: int | None, month: int | None, day: int | None) -> PartialDate:
    """A checked date; raises :class:`MalformedDataError` for one that no calendar has."""
    # 2000 is a leap year and all months have a first day, so unknown parts never make a date impossible.
    _date(2000 if year is None else year, 1 if month is None else month, 1 if day is None else day)
    return PartialDate(year=year, month=month, day=day)


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise MalformedDataError("a date does not exist in the calendar") from error


def resolve_birth_date(text: str, *, reference: date) -> PartialDate:
    """The date of birth of a ``YYMMDD`` field: the latest one that is not after ``reference``.

    Raises :class:`MalformedDataError` if the field holds no date.
    """
    year, month, day = _parts(text)
    if year is None:
        return partial_date(None, month, day)
    year += reference.year // 100 * 100
    if (year, month or 1, day or 1) > (reference.year, reference.month, reference.day):
        year -= 100
    return partial_date(year, month, day)


def resolve_expiry_date(text: str, *, reference: date) -> date:
    """The date of expiry of a ``YYMMDD`` field: less than 50 years after ``reference`` or at most 50 before.

    Raises :class:`MalformedDataError` if the field holds no complete date. See :func:`expiry_date` for cards
    without an expiry.
    """
    year, month, day = _parts(text)
    if year is None:
        raise MalformedDataError("the date of expiry has no year")
    first = reference.year - MAX_YEARS_AHEAD
    year = first + (year - first) % 100
    if month is None or day is None:
        partial_date(year, month, day)
        raise MalformedDataError("the date of expiry is not complete")
    return _date(year, month, day)


def expiry_date(mrz: MRZ, *, reference: date) -> date | None:
    """The date of expiry of a document, None for one that never expires.

    Vietnamese cards issued at 58 or later carry ``991231``. Raises :class:`MalformedDataError` if the field holds
    no date: that is not "never".
    """
    if (mrz.issuer, mrz.document_code[:1], mrz.expiry_date) in NO_EXPIRY:
        return None
    return resolve_expiry_date(mrz.expiry_date, reference=reference)


def _parts(text: str) -> tuple[int | None, int | None, int | None]:
    if len(text) == 6 and text.isascii() and text.isdigit():
        return int(text[:2]), int(text[2:4]), int(text[4:])
    parts = (text[:2], text[2:4], text[4:])
    if len(text) != 6 or not all(part == UNKNOWN or (part.isascii() and part.isdigit()) for part in parts):
        raise MalformedDataError("a date field does not hold YYMMDD")
    year, month, day = (None if part == UNKNOWN else int(part) for part in parts)
    return year, month, day
