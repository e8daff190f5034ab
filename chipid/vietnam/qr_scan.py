"""The text of a scanned QR code before its fields are read: what scanners add and change, and codes of other things.

A scanner that acts as a keyboard ends with a key such as Enter, announces the code type, types the separator of
another keyboard layout, and damages letters with diacritics. All of it is undone where it can be undone with certainty.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import Enum

from chipid.errors import AccessKeyError

MAX_LENGTH = 1024
SEPARATOR = "|"

# What stands for the separator: look-alikes, the control characters of data formats, and what the key for | types on
# other keyboard layouts. Nothing that an address or a date contains.
_SUBSTITUTES = frozenset("¦｜│┃║ǀ∣" + "\t\x1c\x1d\x1e\x1f" + "\\~^;#*$°§µ>")
_LINE_BREAKS = frozenset("\r\n\v\f\u2028\u2029")  # not U+0085: damaged letters contain it
_CONTROLS = frozenset(map(chr, (*range(0x20), 0x7F)))
_EDGES = "".join(_CONTROLS) + " \u200b\ufeff\u2028\u2029"

_BYTE_ORDER_MARKS = ("\ufeff", "ï»¿")
# AIM symbology identifier of a QR code and the ECI designator that may follow it (ISO/IEC 15424, AIM ITS/04-023).
_ANNOUNCEMENT = re.compile(r"\]Q[0-9](?:\\[0-9]{6})?")
_BANK_CODE = re.compile(r"000201[0-9]{2}")  # EMV QR Code §4.1: payload format indicator 01 comes first
_WEB_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,15}:|www\.)", re.IGNORECASE)
_ZONE = re.compile(r"[IAC][A-Z<][A-Z]{3}[A-Z0-9<]{9}|P[A-Z<][A-Z<]{3}")
_NUMBER = re.compile(r"[0-9]{12}")
_DIGITS = re.compile(r"[0-9]*")


class QRProblem(Enum):
    """Why a scan is not the QR code of a card."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    BINARY = "binary"
    BANK_CODE = "bank-code"
    WEB_ADDRESS = "web-address"
    MACHINE_READABLE_ZONE = "machine-readable-zone"
    OTHER_CODE = "other-code"
    TRUNCATED = "truncated"
    FIELD_WRONG = "field-wrong"
    PICTURE_TOO_LARGE = "picture-too-large"
    PICTURE_UNREADABLE = "picture-unreadable"
    NO_CODE = "no-code"


class QRField(Enum):
    """The fields in their order; the value is the name in the texts, ``called`` that in English messages."""

    PERSONAL_NUMBER = "personal-number"
    OLD_NUMBER = "old-number"
    FULL_NAME = "full-name"
    BIRTH_DATE = "birth-date"
    SEX = "sex"
    RESIDENCE = "residence"
    ISSUE_DATE = "issue-date"

    @property
    def called(self) -> str:
        kind, _, rest = self.value.partition("-")
        return f"date of {kind}" if rest == "date" else self.value.replace("-", " ")


class CardQRError(AccessKeyError):
    """A scan cannot be read as the QR code of a card.

    ``column`` is the place in the scan, from 1, where there is one. Nothing of the scan itself is repeated.
    """

    problems = "qr-problem"
    problem: QRProblem

    def __init__(
        self, problem: QRProblem, message: str, *, field: QRField | None = None, column: int | None = None
    ) -> None:
        places = ("QR code", None if column is None else f"column {column}", None if field is None else field.called)
        place = ", ".join(one for one in places if one is not None)
        super().__init__(
            f"{place}: {message}", problem=problem, field=None if field is None else field.value, column=column
        )


class QRDeviation(Enum):
    """What was unusual about a scan that could be read."""

    BYTE_ORDER_MARK = "byte-order-mark"
    CODE_TYPE_ANNOUNCED = "code-type-announced"
    SEPARATOR_SUBSTITUTED = "separator-substituted"
    DATE_SEPARATED = "date-separated"
    ENCODING_REPAIRED = "encoding-repaired"
    LETTERS_DAMAGED = "letters-damaged"
    EXTRA_FIELDS = "extra-fields"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field as it was scanned, and the column of its first character."""

    text: str = field(repr=False)
    column: int

    @property
    def end(self) -> int:
        """The column behind the last character."""
        return self.column + len(self.text)


def is_scan(text: str) -> bool:
    """True if ``text`` is what a scanner types, of a card's code or another; numbers and zones are not."""
    deviations: set[QRDeviation] = set()
    start = _skip_announcements(text, deviations)
    found = text[start:].rstrip(_EDGES)
    separator = _separator_of(found)
    number = found.partition(separator)[0] if separator is not None else ""
    return (
        QRDeviation.CODE_TYPE_ANNOUNCED in deviations
        or separator == SEPARATOR
        or _NUMBER.fullmatch(number.strip(" ")) is not None
        or any(form.match(found) and not _NUMBER.fullmatch(found) for form in (_BANK_CODE, _WEB_ADDRESS))
        or any(one in _CONTROLS and one not in _LINE_BREAKS and one != "\t" for one in found)
    )


def split_scan(scan: str, deviations: set[QRDeviation]) -> list[Cell]:
    """The fields of a scan; adds to ``deviations``. Raises :class:`CardQRError` for what is no card's code."""
    if len(scan) > MAX_LENGTH:
        raise CardQRError(QRProblem.TOO_LONG, f"a scan has at most {MAX_LENGTH} characters")
    start = _skip_announcements(scan, deviations)
    text = scan[start:].rstrip(_EDGES)
    if not text:
        raise CardQRError(QRProblem.EMPTY, "the scan is empty")
    separator = _separator_of(text)
    _refuse_other_codes(text, separator)
    _refuse_controls(text, separator, start)
    if separator not in (None, SEPARATOR):
        deviations.add(QRDeviation.SEPARATOR_SUBSTITUTED)
    cells, column = [], start + 1
    for part in text.split(separator or SEPARATOR):
        lead = len(part) - len(part.lstrip(" "))
        cells.append(Cell(text=part.strip(" "), column=column + lead))
        column += len(part) + 1
    return cells


def _skip_announcements(scan: str, deviations: set[QRDeviation]) -> int:
    """Where the text itself begins."""
    place = 0
    while place < len(scan):
        mark = next((one for one in _BYTE_ORDER_MARKS if scan.startswith(one, place)), "")
        announced = _ANNOUNCEMENT.match(scan, place)
        if mark:
            deviations.add(QRDeviation.BYTE_ORDER_MARK)
            place += len(mark)
        elif announced is not None:
            deviations.add(QRDeviation.CODE_TYPE_ANNOUNCED)
            place = announced.end()
        elif scan[place] in _EDGES:
            place += 1
        else:
            break
    return place


def _separator_of(text: str) -> str | None:
    """The character that ends the leading digits; the printed separator wins wherever it stands."""
    if SEPARATOR in text:
        return SEPARATOR
    digits = _DIGITS.match(text)
    end = 0 if digits is None else digits.end()
    following = text[end:].lstrip(" ")[:1]
    return following if end and following in _SUBSTITUTES else None


def _refuse_other_codes(text: str, separator: str | None) -> None:
    number = "" if separator is None else text.partition(separator)[0].strip(" ")
    if _BANK_CODE.match(text) and not _NUMBER.fullmatch(number):
        raise CardQRError(QRProblem.BANK_CODE, "this is the payment code of a bank, not the code on the card")
    if _WEB_ADDRESS.match(text):
        raise CardQRError(QRProblem.WEB_ADDRESS, "this is a web address or a link, not the code on the card")
    if _ZONE.match(text):
        raise CardQRError(QRProblem.MACHINE_READABLE_ZONE, "this is the machine readable zone, not the QR code")


def _refuse_controls(text: str, separator: str | None, start: int) -> None:
    breaks = [place for place, character in enumerate(text, start=start + 1) if character in _LINE_BREAKS]
    for place, character in enumerate(text, start=start + 1):
        control = character in _CONTROLS and character not in _LINE_BREAKS and character != separator
        if control or unicodedata.category(character) in ("Cs", "Cn", "Co"):
            raise CardQRError(QRProblem.BINARY, "the scan is binary and no text", column=place)
    if breaks:
        raise CardQRError(QRProblem.FIELD_WRONG, "the scan goes on behind a line break", column=breaks[0])
    if separator is None and not (text.isascii() and text.isdigit()):
        raise CardQRError(QRProblem.OTHER_CODE, "this is a code of something else")


def repair_text(text: str, deviations: set[QRDeviation]) -> str:
    """``text`` in normal form C, with UTF-8 that was taken for a Windows code page read again."""
    for page in ("cp1252", "cp1258"):
        repaired = _read_again(text, page)
        if repaired is not None:
            deviations.add(QRDeviation.ENCODING_REPAIRED)
            text = repaired
            break
    if any(character in "?\ufffd" or unicodedata.category(character) == "Cc" for character in text):
        deviations.add(QRDeviation.LETTERS_DAMAGED)
    return unicodedata.normalize("NFC", text)


def _read_again(text: str, page: str) -> str | None:
    """What ``text`` says if each character is one byte of UTF-8, None if it is not."""
    if text.isascii():
        return None
    try:
        # Bytes that the page does not define come through as the control characters of the same number.
        octets = b"".join(bytes((ord(one),)) if unicodedata.category(one) == "Cc" else one.encode(page) for one in text)
        return octets.decode("utf-8")
    except (UnicodeError, ValueError):
        return None
