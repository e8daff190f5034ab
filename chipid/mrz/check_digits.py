"""Check digits of the machine readable zone (ICAO Doc 9303-3 §4.9)."""

from __future__ import annotations

from typing import NamedTuple

from apdu.errors import MalformedDataError

FILLER = "<"
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_DIGITS = ALPHABET[:10]
_CHARACTERS = f"{ALPHABET}{FILLER}".encode()
_VALUES = bytes.maketrans(_CHARACTERS, bytes((*range(len(ALPHABET)), 0)))


class CheckDigit(NamedTuple):
    """One check digit: what it must be, what is there, and whether both agree."""

    expected: str
    found: str
    ok: bool


def check_alphabet(text: str, what: str) -> None:
    """Raise :class:`MalformedDataError` unless ``text`` is made of A-Z, 0-9 and ``<`` alone."""
    if text.encode("ascii", "replace").translate(None, _CHARACTERS):  # is something left without these?
        raise MalformedDataError(f"{what} has a character that no machine readable zone has")


def check_digit(text: str) -> str:
    """The check digit of ``text``: weights 7, 3, 1, sum modulo 10.

    Raises :class:`MalformedDataError` for a character outside A-Z, 0-9 and ``<``.
    """
    return weigh(digit_values(text))


def digit_values(text: str) -> bytes:
    """The number that each character of ``text`` counts as; raises as :func:`check_digit`."""
    check_alphabet(text, "the text below a check digit")
    return text.encode("ascii").translate(_VALUES)


def weigh(values: bytes) -> str:
    """The check digit of what counts as ``values``."""
    return _DIGITS[(7 * sum(values[::3]) + 3 * sum(values[1::3]) + sum(values[2::3])) % 10]


def compare(text: str, found: str, *, filler_if_empty: bool = False) -> CheckDigit:
    """Compare the digit that is there with the one that ``text`` asks for.

    With ``filler_if_empty`` an empty field may carry ``<`` for its digit 0, as the optional data of TD3 does
    (ICAO Doc 9303-4 §4.2.2.2).
    """
    expected = check_digit(text)
    is_filler = filler_if_empty and found == FILLER and not text.strip(FILLER)
    return CheckDigit(expected, found, found == expected or is_filler)
