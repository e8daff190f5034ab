"""The QR code on the cards of 2021 and 2024, as a scanner types it.

Seven fields with ``|`` between them: personal number, old number, name, date of birth, sex, residence, date of issue.
Cards of 2024 may add more, whose order is not established: they are kept as they come. The code is unsigned: it opens
the chip and proves nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from apdu.errors import MalformedDataError
from chipid.mrz.dates import PartialDate, partial_date
from chipid.vietnam.personal_number import LENGTH, PersonalNumber, parse_personal_number
from chipid.vietnam.qr_scan import CardQRError, Cell, QRDeviation, QRField, QRProblem, repair_text, split_scan

MAX_EXTRA_FIELDS = 16
MAX_NAME = 120
MAX_RESIDENCE = 400
YEARS = range(1850, 2400)
_OLD_NUMBER_LENGTHS = (0, 9, LENGTH)
_DATE = re.compile(r"([0-9]{2})([/.-]?)([0-9]{2})\2([0-9]{4})")
_YEAR = re.compile(r"[0-9]{4}")
# Sex by the letters a-z that are left of the word: a scanner may lose the letter with the marks, or type its keys.
_SEX = {"nam": "M", "nu": "F", "n": "F", "nuw": "F", "nuwx": "F"}
_MAX_SEX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CardQR:
    """What the code says. ``sex`` is ``M`` or ``F``; ``extra`` holds the fields behind the seventh.

    Name and residence may have lost letters in the scanner: see ``deviations``.
    """

    personal_number: PersonalNumber = field(repr=False)
    old_number: str | None = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: PartialDate = field(repr=False)
    sex: str = field(repr=False)
    residence: str = field(repr=False)
    issue_date: date = field(repr=False)
    extra: tuple[str, ...] = field(repr=False)
    text: str = field(repr=False)
    deviations: tuple[QRDeviation, ...]


def parse_card_qr(scan: str | bytes) -> CardQR:
    """Read a scan: text as a keyboard types it, or the bytes of the code (UTF-8).

    Raises :class:`CardQRError`, which names the field and the column and repeats nothing of the scan.
    """
    text = scan if isinstance(scan, str) else scan.decode("utf-8", errors="replace")
    deviations: set[QRDeviation] = set()
    cells = split_scan(text, deviations)
    number = _personal_number(cells[0])
    fields = _by_field(cells)
    birth_date = _birth_date(fields[QRField.BIRTH_DATE], deviations)
    issue_date = _issue_date(fields[QRField.ISSUE_DATE], deviations, is_last=len(cells) == len(QRField))
    if birth_date.complete is not None and issue_date < birth_date.complete:
        raise _wrong(QRField.ISSUE_DATE, fields[QRField.ISSUE_DATE], "it lies before the date of birth")
    return CardQR(
        personal_number=number,
        old_number=_old_number(fields[QRField.OLD_NUMBER]),
        full_name=_text(QRField.FULL_NAME, fields[QRField.FULL_NAME], MAX_NAME, deviations),
        birth_date=birth_date,
        sex=_sex(fields[QRField.SEX], deviations),
        residence=_text(QRField.RESIDENCE, fields[QRField.RESIDENCE], MAX_RESIDENCE, deviations),
        issue_date=issue_date,
        extra=_extra(cells[len(QRField) :], deviations),
        text=text,
        deviations=tuple(one for one in QRDeviation if one in deviations),
    )


def _by_field(cells: list[Cell]) -> dict[QRField, Cell]:
    names = list(QRField)
    if len(cells) < len(names):
        last = cells[-1]
        raise CardQRError(QRProblem.TRUNCATED, "the scan ends here", field=names[len(cells) - 1], column=last.end)
    return dict(zip(names, cells, strict=False))


def _wrong(name: QRField, cell: Cell, message: str, *, column: int | None = None) -> CardQRError:
    place = cell.column if column is None else column
    return CardQRError(QRProblem.FIELD_WRONG, message, field=name, column=place)


def _foreign_to_digits(text: str) -> int | None:
    """The place of the first character that is no digit 0-9."""
    return next((place for place, one in enumerate(text) if not (one.isascii() and one.isdigit())), None)


def _personal_number(cell: Cell) -> PersonalNumber:
    name = QRField.PERSONAL_NUMBER
    if not any(one.isdigit() for one in cell.text):
        raise CardQRError(QRProblem.OTHER_CODE, "this is a code of something else")
    foreign = _foreign_to_digits(cell.text)
    if foreign is not None:
        raise _wrong(name, cell, "it has a character that is no digit", column=cell.column + foreign)
    try:
        return parse_personal_number(cell.text)
    except MalformedDataError as error:
        raise _wrong(name, cell, f"{LENGTH} digits are expected, {len(cell.text)} are there") from error


def _old_number(cell: Cell) -> str | None:
    foreign = _foreign_to_digits(cell.text)
    if foreign is not None:
        raise _wrong(QRField.OLD_NUMBER, cell, "it has a character that is no digit", column=cell.column + foreign)
    if len(cell.text) not in _OLD_NUMBER_LENGTHS:
        raise _wrong(QRField.OLD_NUMBER, cell, f"9 or 12 digits or none are expected, {len(cell.text)} are there")
    return cell.text or None


def _text(name: QRField, cell: Cell, limit: int, deviations: set[QRDeviation]) -> str:
    if len(cell.text) > limit:
        raise _wrong(name, cell, f"it has more than {limit} characters")
    if not cell.text and name is QRField.FULL_NAME:
        raise _wrong(name, cell, "it is empty")
    return repair_text(cell.text, deviations)


def _sex(cell: Cell, deviations: set[QRDeviation]) -> str:
    text = repair_text(cell.text[: _MAX_SEX + 1], deviations)
    letters = "".join(one for one in unicodedata.normalize("NFD", text).casefold() if one.isascii() and one.isalpha())
    if len(cell.text) > _MAX_SEX or letters not in _SEX:
        raise _wrong(QRField.SEX, cell, "it is neither Nam nor Nữ")
    return _SEX[letters]


def _birth_date(cell: Cell, deviations: set[QRDeviation]) -> PartialDate:
    """The date of birth; a year alone, or 00 for the day or the month, is an unknown part."""
    if _YEAR.fullmatch(cell.text):
        return _calendar(QRField.BIRTH_DATE, cell, int(cell.text), None, None)
    year, month, day = _parts(QRField.BIRTH_DATE, cell, deviations)
    return _calendar(QRField.BIRTH_DATE, cell, year, month or None, day or None)


def _issue_date(cell: Cell, deviations: set[QRDeviation], *, is_last: bool) -> date:
    name = QRField.ISSUE_DATE
    digits = re.sub(r"[/.-]", "", cell.text)
    if is_last and len(digits) < 8 and _foreign_to_digits(digits) is None:
        raise CardQRError(QRProblem.TRUNCATED, "the scan ends here", field=name, column=cell.end)
    found = _calendar(name, cell, *_parts(name, cell, deviations)).complete
    if found is None:
        raise _wrong(name, cell, "it has no day or no month")
    return found


def _parts(name: QRField, cell: Cell, deviations: set[QRDeviation]) -> tuple[int, int, int]:
    match = _DATE.fullmatch(cell.text)
    if match is None:
        raise _wrong(name, cell, "a date ddMMyyyy or dd/MM/yyyy is expected")
    if match[2]:
        deviations.add(QRDeviation.DATE_SEPARATED)
    return int(match[4]), int(match[3]), int(match[1])


def _calendar(name: QRField, cell: Cell, year: int, month: int | None, day: int | None) -> PartialDate:
    try:
        found = partial_date(year, month, day)
    except MalformedDataError as error:
        raise _wrong(name, cell, "the calendar has no such date") from error
    if year not in YEARS:
        raise _wrong(name, cell, "the year is out of range")
    return found


def _extra(cells: list[Cell], deviations: set[QRDeviation]) -> tuple[str, ...]:
    if not cells:
        return ()
    if len(cells) > MAX_EXTRA_FIELDS:
        raise CardQRError(QRProblem.FIELD_WRONG, "there are too many fields", column=cells[MAX_EXTRA_FIELDS].column)
    deviations.add(QRDeviation.EXTRA_FIELDS)
    return tuple(repair_text(cell.text, deviations) for cell in cells)
