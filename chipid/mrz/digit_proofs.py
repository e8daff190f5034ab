"""Which similar characters were meant, as far as the check digits of a zone prove it.

A check digit has ten values, so one alone proves little. What a place cannot hold, such as a letter in a date, is
changed if the digit of its field agrees afterwards. Of the characters that their place could hold one in a field is
changed, if the composite digit agrees besides. Of several corrections that agree the one with the fewest changes
counts, and none if there are two of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, product
from math import prod

from chipid.mrz.check_digits import ALPHABET, FILLER, compare
from chipid.mrz.mrz import MRZFormat

# What may be printed where a character was read.
CONFUSIONS = {
    "0": "ODQ",
    "1": "IL",
    "2": "Z",
    "5": "S",
    "6": "G",
    "8": "B",
    "B": "8",
    "C": FILLER,
    "D": "0",
    "G": "6",
    "I": "1",
    "K": FILLER,
    "L": "1",
    "O": "0",
    "Q": "0",
    "S": "5",
    "Z": "2",
}
MAX_CHANGES = 1  # of characters that their place could hold, in one field
MAX_COMBINATIONS = 512
# Cards with digits alone in number and optional data: the State and the first letter of the document code.
NUMERIC_CARDS = {("VNM", "I")}

Changes = dict[int, str]  # place in the zone from 0: the character that is meant

_DIGITS = frozenset("0123456789")
_ANY = frozenset(ALPHABET) | {FILLER}
_DATES = ("birth_date", "expiry_date")
_ONLY_DIGITS = ("birth_date_digit", "expiry_date_digit", "composite_digit")
_FIELDS = ("document_number", *_DATES, "optional_data")
_COMPOSITE_DIGIT = "composite_digit"


def proved_changes(form: MRZFormat, text: str) -> Changes:
    """The changes to a zone of this format that its check digits prove, by place from 0."""
    zone = _Zone(form, text)
    fields = [name for name in _FIELDS if zone.has_own_digit(name)]
    solutions = [list(zone.solve_field(name)) for name in fields]
    whole = list(zone.solve_composite(fields, solutions))
    if len(whole) == 1:
        return whole[0]
    proved: Changes = {}
    for found in solutions:
        if len(found) == 1 and found[0].free == 0:
            proved |= found[0].changes
    return proved


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solution:
    """Changes after which a check digit agrees; ``free`` of them replace what its place could hold."""

    changes: Changes = field(repr=False)
    free: int


class _Zone:
    """One zone as it was read, and the search for what was meant."""

    def __init__(self, form: MRZFormat, text: str) -> None:
        self._form = form
        self._text = text
        self._numeric = (text[2:5], text[0]) in NUMERIC_CARDS
        self._names = {place: name for name in form.places for place in self._places(name)}

    def has_own_digit(self, name: str) -> bool:
        """False also for a long number, whose digit stands in the optional data."""
        if f"{name}_digit" not in self._form.places:
            return False
        return name != "document_number" or self._form.cut(self._text, "document_number_digit") != FILLER

    def solve_field(self, name: str) -> Iterator[_Solution]:
        """The smallest corrections after which a field agrees with its own digit."""
        text, digit = self._places(name), self._places(f"{name}_digit")

        def agrees(changes: Changes) -> bool:
            meant = self._read(text, changes)
            if name in _DATES and not _is_date(meant):
                return False
            return compare(meant, self._read(digit, changes), filler_if_empty=name == "optional_data").ok

        return self._smallest([*text, *digit], agrees, MAX_CHANGES)

    def solve_composite(self, fields: list[str], solutions: list[list[_Solution]]) -> Iterator[Changes]:
        """The choices of one solution a field after which the composite digit agrees.

        Places without a digit of their own are changed only from what they cannot hold.
        """
        if prod(map(len, solutions)) > MAX_COMBINATIONS:
            return
        covered = [place for first, last in self._form.composite for place in range(first - 1, last)]
        digit = self._places(_COMPOSITE_DIGIT)
        owned = {place for name in fields for part in (name, f"{name}_digit") for place in self._places(part)}
        rest = [place for place in (*covered, *digit) if place not in owned]
        for choice in product(*solutions):
            chosen = {place: meant for solution in choice for place, meant in solution.changes.items()}

            def agrees(changes: Changes, chosen: Changes = chosen) -> bool:
                both = chosen | changes
                return compare(self._read(covered, both), self._read(digit, both)).ok

            for solution in self._smallest(rest, agrees, 0):
                yield chosen | solution.changes

    def _places(self, name: str) -> range:
        first, last = self._form.places[name]
        return range(first - 1, last)

    def _read(self, places: list[int] | range, changes: Changes) -> str:
        return "".join(changes.get(place, self._text[place]) for place in places)

    def _allowed(self, place: int) -> frozenset[str]:
        """What the format allows at a place under a check digit."""
        name = self._names[place]
        if name in _ONLY_DIGITS:
            return _DIGITS
        return _DIGITS | {FILLER} if self._numeric or name in _DATES or name.endswith("_digit") else _ANY

    def _smallest(self, places: list[int], agrees: Callable[[Changes], bool], max_free: int) -> Iterator[_Solution]:
        """Every correction of ``places`` that agrees and has the fewest free changes."""
        options = {
            place: [meant for meant in CONFUSIONS.get(self._text[place], "") if meant in self._allowed(place)]
            for place in places
        }
        forced = [place for place in places if self._text[place] not in self._allowed(place)]
        free = [place for place in places if place not in forced and options[place]]
        for count in range(max_free + 1):
            found = False
            for chosen in combinations(free, count):
                changed = (*forced, *chosen)
                for meant in product(*(options[place] for place in changed)):
                    changes = dict(zip(changed, meant, strict=True))
                    if self._fillers_are_beside_others(changes) and agrees(changes):
                        found = True
                        yield _Solution(changes=changes, free=count)
            if found:
                return

    def _fillers_are_beside_others(self, changes: Changes) -> bool:
        """A letter that was a filler belonged to a row of them: fillers do not stand inside numbers."""
        fillers = [place for place, meant in changes.items() if meant == FILLER]
        return all(FILLER in self._read(range(max(place - 1, 0), place + 2, 2), changes) for place in fillers)


def _is_date(text: str) -> bool:
    """True if month and day of ``YYMMDD`` are unknown or possible."""
    month, day = text[2:4], text[4:6]
    return all(
        part == FILLER * 2 or (part.isdigit() and 1 <= int(part) <= most) for part, most in ((month, 12), (day, 31))
    )
