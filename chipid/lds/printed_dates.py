"""Dates as Vietnamese cards print them and DG13 repeats them: ``dd/MM/yyyy``, or words for "no expiry"."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from apdu.errors import MalformedDataError

_FORM = re.compile(r"(\d{2})[/.-](\d{2})[/.-](\d{4})", re.ASCII)
_NO_EXPIRY = "không thời hạn"


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


def is_no_expiry(text: str) -> bool:
    """True if the words stand where the date of expiry would: the card is for life."""
    return unicodedata.normalize("NFC", text).strip().casefold() == _NO_EXPIRY
