"""How well a name with diacritics agrees with the name field of a zone: a score and its reason, never a bare yes or no.

The field is a transliteration (ICAO Doc 9303-3 §6), perhaps truncated (9303-4 §4.2.3, 9303-5 §4.2.3), and people and
offices order and space names in their own ways. What a score is enough for is the relying party's decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chipid.errors import UnsupportedError
from chipid.mrz.check_digits import FILLER, check_alphabet
from chipid.mrz.names import matches_name, transliterate

MAX_NAME = 400
_SIMILAR_FROM = 80  # per cent of the letters


class NameReason(Enum):
    """What was found, from full agreement to none."""

    SAME = "same"
    OTHER_TRANSLITERATION = "other-transliteration"
    OTHER_SPACING = "other-spacing"
    TRUNCATED = "truncated"
    OTHER_ORDER = "other-order"
    WORDS_MISSING = "words-missing"
    SIMILAR = "similar"
    DIFFERENT = "different"
    EMPTY = "empty"
    LETTER_UNKNOWN = "letter-unknown"


# The highest score of each reason; SIMILAR and DIFFERENT are scaled down by the share of letters that agree.
SCORES = {
    NameReason.SAME: 100,
    NameReason.OTHER_TRANSLITERATION: 98,
    NameReason.OTHER_SPACING: 95,
    NameReason.TRUNCATED: 90,
    NameReason.OTHER_ORDER: 85,
    NameReason.WORDS_MISSING: 60,
    NameReason.SIMILAR: 55,
    NameReason.DIFFERENT: 30,
    NameReason.EMPTY: 0,
    NameReason.LETTER_UNKNOWN: 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameComparison:
    """The agreement of two names: 0 (none) to 100, and why."""

    score: int
    reason: NameReason


def compare_name(name: str, field: str) -> NameComparison:
    """Compare ``name`` with the name field of a zone as it stands there, fillers at its end included.

    A name with a letter that has no transliteration is not compared. Raises :class:`MalformedDataError` if ``field``
    is not made of the characters of a zone.
    """
    check_alphabet(field, "the name field")
    try:
        written = transliterate(name[:MAX_NAME])
        reason = _reason(name[:MAX_NAME], written.split(FILLER), field)
    except UnsupportedError:
        reason = NameReason.LETTER_UNKNOWN
        written = ""
    if reason is not None:
        return NameComparison(score=SCORES[reason], reason=reason)
    percent = _agreeing_percent(written.replace(FILLER, ""), field.replace(FILLER, ""))
    reason = NameReason.SIMILAR if percent >= _SIMILAR_FROM else NameReason.DIFFERENT
    return NameComparison(score=SCORES[reason] * percent // 100, reason=reason)


def _reason(name: str, written: list[str], field: str) -> NameReason | None:
    """The best reason that does not depend on how many letters agree."""
    words = [word for word in field.split(FILLER) if word]
    if not words or written == [""]:
        return NameReason.EMPTY
    if written == words:
        return NameReason.SAME
    joined_name, joined_field = "".join(name.split()), "".join(words)
    tests = (
        (NameReason.OTHER_TRANSLITERATION, _is_written(name, words)),
        (NameReason.OTHER_SPACING, _is_written(joined_name.replace("-", ""), [joined_field])),
        (NameReason.TRUNCATED, not field.endswith(FILLER) and _is_truncated(name, joined_name, field)),
        (NameReason.OTHER_ORDER, len(written) == len(words) and _without(words, written) == []),
        (NameReason.WORDS_MISSING, _lacks_words(written, words)),
    )
    return next((reason for reason, holds in tests if holds), None)


def _is_written(name: str, words: list[str]) -> bool:
    """True if ``words`` are all of ``name`` in one of its forms."""
    return matches_name(name, FILLER.join(words) + FILLER)


def _is_truncated(name: str, joined_name: str, field: str) -> bool:
    return matches_name(name, field) or matches_name(joined_name, field.replace(FILLER, ""))


def _without(words: list[str], taken: list[str]) -> list[str]:
    """``words`` without those of ``taken``, each taken once."""
    left = list(words)
    for word in taken:
        if word in left:
            left.remove(word)
    return left


def _lacks_words(written: list[str], words: list[str]) -> bool:
    """True if one name is the other without some words, both ends agreeing in at least two words."""
    shorter, longer = sorted((written, words), key=len)
    rest = iter(longer)
    return 2 <= len(shorter) < len(longer) and all(any(word == other for other in rest) for word in shorter)


def _agreeing_percent(one: str, other: str) -> int:
    """100 less the edit distance in per cent of the longer text."""
    longest = max(len(one), len(other))
    return 100 - _distance(one, other) * 100 // longest if longest else 0


def _distance(one: str, other: str) -> int:
    """How many letters must be changed, added or left out to make ``other`` of ``one``."""
    row = list(range(len(other) + 1))
    for line, letter in enumerate(one, start=1):
        above, row[0] = row[0], line
        for place, found in enumerate(other, start=1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (letter != found))
    return row[-1]
