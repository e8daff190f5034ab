"""Reading a zone that was typed or optically read, with the usual confusions (O and 0, I and 1, B and 8 …).

Nothing is changed that a check digit does not prove; see :mod:`chipid.mrz.digit_proofs` for what counts as proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apdu.errors import MalformedDataError
from chipid.errors import AccessKeyError, KeyProblem
from chipid.mrz.access_key import AccessKey
from chipid.mrz.digit_proofs import proved_changes
from chipid.mrz.mrz import MRZ, MRZFormat, parse_mrz
from chipid.mrz.typed_lines import Correction, CorrectionKind, TypedZoneError, fit_lines

_KEY_FIELDS = ("document_number", "birth_date", "expiry_date")
_CALLED = {
    "document_number": "document number",
    "birth_date": "date of birth",
    "expiry_date": "date of expiry",
    "optional_data": "optional data",
    "composite": "composite check digit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongDigit:
    """A check digit that disagrees with its field, and where it stands, line and column from 1."""

    field: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"machine readable zone, line {self.line}, column {self.column}, {_CALLED[self.field]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedMRZ:
    """A zone, what was corrected in it (places, never contents), and the check digits that are still wrong."""

    mrz: MRZ
    corrections: tuple[Correction, ...]
    wrong_digits: tuple[WrongDigit, ...]


def correct_mrz(text: str) -> CorrectedMRZ:
    """Read typed lines and correct what the check digits prove.

    Raises :class:`MalformedDataError` for what is no zone, naming line and column of a foreign character. Wrong check
    digits do not raise.
    """
    typed = fit_lines(text)
    changes = proved_changes(typed.format, typed.text)
    letters = list(typed.text)
    for place, character in changes.items():
        letters[place] = character
    mrz = parse_mrz("".join(letters))
    characters = [_correction(typed.format, place) for place in changes]
    return CorrectedMRZ(
        mrz=mrz,
        corrections=tuple(sorted((*typed.corrections, *characters))),
        wrong_digits=tuple(_wrong_digits(mrz)),
    )


def access_key_from_typed_mrz(text: str) -> AccessKey:
    """The access key of typed lines; all digits that enter the key must agree.

    Raises :class:`AccessKeyError`, which names line, column and field and repeats nothing.
    """
    try:
        corrected = correct_mrz(text)
    except TypedZoneError as error:
        raise AccessKeyError(error.message, problem=error.problem, line=error.line, column=error.column) from error
    except MalformedDataError as error:
        raise AccessKeyError(error.message) from error
    for wrong in corrected.wrong_digits:
        if wrong.field in _KEY_FIELDS:
            raise AccessKeyError(
                f"{wrong}: the check digit does not agree",
                problem=KeyProblem.CHECK_DIGIT,
                field=wrong.field.replace("_", "-"),
                line=wrong.line,
                column=wrong.column,
            )
    return AccessKey.from_mrz(corrected.mrz)


def _correction(form: MRZFormat, place: int) -> Correction:
    line, column = divmod(place, form.line_length)
    return Correction(line=line + 1, column=column + 1, kind=CorrectionKind.CHARACTER)


def _wrong_digits(mrz: MRZ) -> Iterator[WrongDigit]:
    for name in mrz.wrong_digits:
        line, column = divmod(mrz.format.places[f"{name}_digit"][0] - 1, mrz.format.line_length)
        yield WrongDigit(field=name, line=line + 1, column=column + 1)
