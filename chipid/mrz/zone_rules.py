"""What the fields of a machine readable zone may hold (ICAO Doc 9303-3 §4, 9303-4 to -6 §4.2).

A zone that breaks these rules can be read all the same, and its check digits may be right: so each breach has a name.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from apdu.errors import MalformedDataError
from chipid.mrz.check_digits import FILLER
from chipid.mrz.dates import resolve_birth_date
from chipid.mrz.mrz import MRZ, MRZFormat

_CARD_CODE: Final = re.compile(r"[ACI][A-UW-Z<]")
_PASSPORT_CODE: Final = re.compile(r"P[A-Z<]")
_STATE: Final = re.compile(r"[A-Z]{3}|D<<")  # Germany alone has fewer than three letters
_SEXES: Final = frozenset("MF<")
_SOME_LEAP_YEAR: Final = date(2099, 12, 31)  # no two-digit year lies behind it: the century does not matter here


def zone_deviations(mrz: MRZ) -> tuple[str, ...]:
    """The breaches; empty for a zone as it should be."""
    cut, text = mrz.format.cut, mrz.text
    codes = (cut(text, "document_code"), cut(text, "issuer"), cut(text, "nationality"), mrz.sex)
    found = _code_deviations(mrz.format, *codes)
    if cut(text, "names")[0] == FILLER:
        found = (*found, "mrz-name-void")
    return found if _is_birth_date(mrz.birth_date) else (*found, "mrz-birth-date")


@lru_cache(maxsize=256)  # the documents of an issue have them in common
def _code_deviations(form: MRZFormat, code: str, issuer: str, nationality: str, sex: str) -> tuple[str, ...]:
    known = _PASSPORT_CODE if form is MRZFormat.TD3 else _CARD_CODE
    rules = (
        ("mrz-document-code", known.fullmatch(code)),
        ("mrz-issuing-state", _STATE.fullmatch(issuer)),
        ("mrz-nationality", _STATE.fullmatch(nationality)),
        ("mrz-sex", sex in _SEXES),
    )
    return tuple(name for name, holds in rules if not holds)


def _is_birth_date(text: str) -> bool:
    """True for a date with or without unknown parts (9303-3 §4.8), in whichever century."""
    try:
        if text.isdigit():
            date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
        else:
            resolve_birth_date(text, reference=_SOME_LEAP_YEAR)
    except (MalformedDataError, ValueError):
        return False
    return True
