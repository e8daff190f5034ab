"""Dates as Vietnamese cards print them and DG13 repeats them: ``dd/MM/yyyy``, or words for "no expiry"."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from apdu.errors import MalformedDataError
from chipid.mrz.dates import PartialDate, partial_date

_FORM = re.compile(r"(\d{2})[/.-](\d{2})[/.-](\d{4})", re.ASCII)
_PARTIAL_FORM = re.compile(r"(?:(?:(\d{2})[/.-])?(\d{2})[/.-])?(\d{4})", re.ASCII)
# The first is what cards are known to print; the others mean the same.
_NO_EXPIRY = frozenset({"không thời hạn", "vô thời hạn", "không xác định thời hạn"})


def parse_printed_date(text: str) -> date:
    """Read ``dd/MM/yyyy`` (or with ``-`` or ``.``). Raises :class:`MalformedDataError` for anything else."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise MalformedDataError("a printed date is not of the form dd/MM/yyyy")
    day, month, year = (int(part) for part in match.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        raise MalformedDataError("a printed date does not exist in the calendar") from error


def parse_partial_date(text: str) -> PartialDate:
    """Read a date whose day or month may be unknown: ``00/MM/yyyy``, ``00/00/yyyy``, ``MM/yyyy`` or ``yyyy``.

    Raises :class:`MalformedDataError` for anything else.
    """
    match = _PARTIAL_FORM.fullmatch(text.strip())
    if match is None:
        raise MalformedDataError("a printed date has neither dd/MM/yyyy nor a year")
    day, month, year = (None if part is None else int(part) for part in match.groups())
    return partial_date(year, month or None, day or None)


def is_no_expiry(text: str) -> bool:
    """True if words stand where the date of expiry would: the card is for life."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split()) in _NO_EXPIRY
