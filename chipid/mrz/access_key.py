"""The access key: what a person types or scans to open the chip.

BAC and PACE with the MRZ use the key information of the zone (ICAO Doc 9303-11 §4.3.2, §4.4.4.1), PACE with the CAN
the six printed digits. Cards that are not travel documents only may know a PIN and a PUK too, which the card counts
the tries of (BSI TR-03110-2 §2.3).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum

from apdu.errors import MalformedDataError
from chipid.errors import AccessKeyError, KeyProblem
from chipid.mrz.check_digits import FILLER, check_alphabet, check_digit
from chipid.mrz.mrz import MRZ, NUMBER_LENGTH

CAN_LENGTH = 6
PIN_LENGTHS = range(4, 13)
MAX_NUMBER_LENGTH = 23  # TD1: nine characters, then up to fourteen before their digit in the optional data
K_SEED_LENGTH = 16


class AccessKeyKind(Enum):
    """Where the key comes from; the value is the password reference of PACE (ICAO Doc 9303-11 §4.4.4.1)."""

    MRZ = 1
    CAN = 2
    PIN = 3
    PUK = 4

    @property
    def is_blocking(self) -> bool:
        """True if the card counts wrong tries and blocks the password in the end."""
        return self in (AccessKeyKind.PIN, AccessKeyKind.PUK)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """An access key: the MRZ information or the digits of a number, in ASCII."""

    kind: AccessKeyKind
    secret: bytes = field(repr=False)

    @classmethod
    def from_can(cls, can: str) -> AccessKey:
        """The key of the Card Access Number, six digits. Raises :class:`AccessKeyError`."""
        if len(can) != CAN_LENGTH or not (can.isascii() and can.isdigit()):
            raise AccessKeyError("a card access number has six digits", problem=KeyProblem.DIGIT_COUNT)
        return cls(kind=AccessKeyKind.CAN, secret=can.encode("ascii"))

    @classmethod
    def from_pin(cls, pin: str) -> AccessKey:
        """The key of a PIN, four to twelve digits. Raises :class:`AccessKeyError`."""
        return cls(kind=AccessKeyKind.PIN, secret=_digits(pin, "PIN"))

    @classmethod
    def from_puk(cls, puk: str) -> AccessKey:
        """The key of a PUK, four to twelve digits. Raises :class:`AccessKeyError`."""
        return cls(kind=AccessKeyKind.PUK, secret=_digits(puk, "PUK"))

    @classmethod
    def from_mrz_fields(cls, document_number: str, birth_date: str, expiry_date: str) -> AccessKey:
        """The key of the three fields; dates are ``YYMMDD`` with ``<`` for unknown parts of the date of birth.

        A number of more than nine characters enters whole, a shorter one is filled up; the check digits are computed
        (ICAO Doc 9303-11 §4.3.2, Appendix D.2). Raises :class:`AccessKeyError`.
        """
        number = document_number.rstrip(FILLER)
        if not 1 <= len(number) <= MAX_NUMBER_LENGTH:
            raise AccessKeyError(
                f"a document number has 1 to {MAX_NUMBER_LENGTH} characters",
                problem=KeyProblem.NUMBER_LENGTH,
                field="document-number",
            )
        try:
            check_alphabet(number, "the document number")
        except MalformedDataError as error:
            raise AccessKeyError(
                "a document number has capital letters A-Z, digits and fillers only",
                problem=KeyProblem.CHARACTER,
                field="document-number",
            ) from error
        _check_date(birth_date, "date of birth", "birth-date")
        _check_date(expiry_date, "date of expiry", "expiry-date")
        parts = (number.ljust(NUMBER_LENGTH, FILLER), birth_date, expiry_date)
        information = "".join(part + check_digit(part) for part in parts)
        return cls(kind=AccessKeyKind.MRZ, secret=information.encode("ascii"))

    @classmethod
    def from_mrz(cls, mrz: MRZ) -> AccessKey:
        """The key of a parsed zone. Raises :class:`AccessKeyError` if its number or dates cannot be used."""
        return cls.from_mrz_fields(mrz.document_number, mrz.birth_date, mrz.expiry_date)

    @property
    def k_seed(self) -> bytes:
        """K_seed of Basic Access Control: 16 bytes of SHA-1 over the MRZ information (ICAO Doc 9303-11 §4.3.2).

        Raises :class:`AccessKeyError` for a number, which does not open Basic Access Control.
        """
        if self.kind is not AccessKeyKind.MRZ:
            raise AccessKeyError(f"Basic Access Control takes the fields of the MRZ, not a {self.kind.name}")
        return self._digest()[:K_SEED_LENGTH]

    @property
    def pace_password(self) -> bytes:
        """f(π), the input of the key derivation of PACE: SHA-1 for the MRZ, the digits of a number (§9.7.3)."""
        return self._digest() if self.kind is AccessKeyKind.MRZ else self.secret

    def _digest(self) -> bytes:
        return hashlib.sha1(self.secret, usedforsecurity=False).digest()


def _digits(text: str, what: str) -> bytes:
    if len(text) not in PIN_LENGTHS or not (text.isascii() and text.isdigit()):
        raise AccessKeyError(f"a {what} has {PIN_LENGTHS.start} to {PIN_LENGTHS.stop - 1} digits")
    return text.encode("ascii")


def _check_date(text: str, what: str, field: str) -> None:
    if len(text) != 6 or not set(text) <= set("0123456789<"):
        raise AccessKeyError(f"the {what} has six digits YYMMDD", problem=KeyProblem.NOT_A_DATE, field=field)
    month, day = text[2:4], text[4:6]
    if month.isdigit() and not 1 <= int(month) <= 12:
        raise AccessKeyError(f"the {what} has an impossible month", problem=KeyProblem.MONTH, field=field)
    if day.isdigit() and not 1 <= int(day) <= 31:
        raise AccessKeyError(f"the {what} has an impossible day", problem=KeyProblem.DAY, field=field)
