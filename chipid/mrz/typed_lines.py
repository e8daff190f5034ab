"""Typed or optically read lines made into the lines of a zone: signs for fillers, blanks, and the end of the names.

Only signs that no zone has are replaced here, so nothing is guessed. What remains ambiguous is for
:mod:`chipid.mrz.ocr`, which asks the check digits.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import Enum

from apdu.errors import MalformedDataError
from chipid.errors import KeyProblem
from chipid.mrz.check_digits import ALPHABET, FILLER
from chipid.mrz.mrz import MRZFormat

MAX_INPUT = 512
_FILLER_SIGNS = {"«": 2, "≪": 2, "《": 2, "‹": 1, "〈": 1, "˂": 1, "≺": 1}  # sign: fillers that it stands for
_BLANK = " "


class TypedZoneError(MalformedDataError):
    """Lines cannot be the lines of a zone; ``line`` and ``column`` tell the place, from 1, where there is one."""

    def __init__(
        self, message: str, problem: KeyProblem, *, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.line = line
        self.column = column


class CorrectionKind(Enum):
    """What was corrected."""

    CHARACTER = "character"  # read as a similar one; check digits prove which
    FILLER = "filler"  # another sign or a blank in the place of a filler
    LENGTH = "length"  # fillers at the end of the names added or left out


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Correction:
    """One correction and its place in the corrected zone, line and column from 1."""

    line: int
    column: int
    kind: CorrectionKind = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedZone:
    """The characters of a zone, in its format, and what had to be replaced for that."""

    format: MRZFormat
    text: str = field(repr=False)
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class _Sign:
    """A character and what it was replaced for, None if it came as it is."""

    character: str
    kind: CorrectionKind | None = None


def fit_lines(text: str) -> TypedZone:
    """Fit a text into a zone: one line after the other, separated by line breaks or blanks, or all in one line.

    Raises :class:`TypedZoneError` naming the line and the column, or the lengths, that do not fit.
    """
    if len(text) > MAX_INPUT:
        raise TypedZoneError(f"a machine readable zone has at most {MAX_INPUT} characters typed", KeyProblem.TOO_LONG)
    rows = [row for row in (line.strip() for line in text.splitlines()) if row]
    lines = [_signs(row, number) for number, row in enumerate(rows, start=1)]
    whole = _join(lines)
    for layout in (lines, _split(whole)):
        for form in MRZFormat:
            fitted = _fit(layout, form)
            if fitted is not None:
                return _zone(form, fitted)
    for form in MRZFormat:
        joined = _of_length(whole, form.length)
        if joined is not None and len(lines) == 1:
            return _zone(form, joined)
    lengths = " and ".join(str(len(line)) for line in lines) or "no"
    raise TypedZoneError(
        f"lines of {lengths} characters are no machine readable zone: 3 of 30, 2 of 36 or 2 of 44",
        KeyProblem.LINE_LENGTHS,
    )


def _signs(row: str, line: int) -> list[_Sign]:
    signs: list[_Sign] = []
    for column, typed in enumerate(row, start=1):
        character = unicodedata.normalize("NFKC", typed).upper() if typed not in _FILLER_SIGNS else typed
        if character in _FILLER_SIGNS:
            signs += [_Sign(FILLER, CorrectionKind.FILLER)] * _FILLER_SIGNS[character]
        elif character.isspace():
            signs.append(_Sign(_BLANK))
        elif character in ALPHABET or character == FILLER:
            signs.append(_Sign(character, CorrectionKind.FILLER if character == FILLER != typed else None))
        else:
            raise TypedZoneError(
                f"machine readable zone, line {line}, column {column}: a character that no zone has",
                KeyProblem.CHARACTER,
                line=line,
                column=column,
            )
    return signs


def _join(lines: list[list[_Sign]]) -> list[_Sign]:
    """All lines in one, blanks between them."""
    joined: list[_Sign] = []
    for line in lines:
        joined += [_Sign(_BLANK), *line] if joined else line
    return joined


def _split(whole: list[_Sign]) -> list[list[_Sign]]:
    """The parts between blanks."""
    parts: list[list[_Sign]] = [[]]
    for sign in whole:
        if sign.character != _BLANK:
            parts[-1].append(sign)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _fit(lines: list[list[_Sign]], form: MRZFormat) -> list[_Sign] | None:
    if len(lines) != form.line_count:
        return None
    fitted: list[_Sign] = []
    for number, line in enumerate(lines, start=1):
        found = _of_length(line, form.line_length)
        if found is None and form.places["names"][1] == number * form.line_length:
            found = _with_fillers(line, form.line_length)
        if found is None:
            return None
        fitted += found
    return fitted


def _of_length(line: list[_Sign], length: int) -> list[_Sign] | None:
    """The line without its blanks, or with fillers for them, if one of both has the length."""
    bare = [sign for sign in line if sign.character != _BLANK]
    if len(bare) == length:
        return bare
    filled = _fill_blanks(line)
    return filled if len(filled) == length else None


def _fill_blanks(line: list[_Sign]) -> list[_Sign]:
    return [_Sign(FILLER, CorrectionKind.FILLER) if sign.character == _BLANK else sign for sign in line]


def _with_fillers(line: list[_Sign], length: int) -> list[_Sign] | None:
    """The line that ends with the names, its end filled up or its surplus of fillers left out."""
    filled = _fill_blanks(line)
    if len(filled) < length:
        return filled + [_Sign(FILLER, CorrectionKind.LENGTH)] * (length - len(filled))
    if any(sign.character != FILLER for sign in filled[length - 1 :]):
        return None
    return [*filled[: length - 1], _Sign(FILLER, CorrectionKind.LENGTH)]


def _zone(form: MRZFormat, signs: list[_Sign]) -> TypedZone:
    corrections = [
        Correction(line=place // form.line_length + 1, column=place % form.line_length + 1, kind=sign.kind)
        for place, sign in enumerate(signs)
        if sign.kind is not None
    ]
    return TypedZone(format=form, text="".join(sign.character for sign in signs), corrections=tuple(corrections))
