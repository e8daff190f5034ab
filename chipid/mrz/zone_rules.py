"""What the fields of a machine readable zone may hold (ICAO Doc 9303-3 §4, 9303-4 to -6 §4.2).

A zone that breaks these rules can be read all the same, and its check digits may be right: so each breach has a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
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
    """The breaches in the order of the fields; empty for a zone as it should be."""
    return tuple(_deviations(mrz))


def _deviations(mrz: MRZ) -> Iterator[str]:
    def cut(name: str) -> str:
        return mrz.format.cut(mrz.text, name)

    code = _PASSPORT_CODE if mrz.format is MRZFormat.TD3 else _CARD_CODE
    if not code.fullmatch(cut("document_code")):
        yield "mrz-document-code"
    if not _STATE.fullmatch(cut("issuer")):
        yield "mrz-issuing-state"
    if cut("names").startswith(FILLER):
        yield "mrz-name-void"
    if not _STATE.fullmatch(cut("nationality")):
        yield "mrz-nationality"
    if not _is_birth_date(mrz.birth_date):
        yield "mrz-birth-date"
    if mrz.sex not in _SEXES:
        yield "mrz-sex"


def _is_birth_date(text: str) -> bool:
    """True for a date with or without unknown parts (9303-3 §4.8)."""
    try:
        resolve_birth_date(text, reference=_SOME_LEAP_YEAR)
    except MalformedDataError:
        return False
    return True
