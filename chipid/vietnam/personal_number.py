"""The personal number (số định danh cá nhân) ``PPP G YY RRRRRR`` (Law 26/2023/QH15 art. 12).

Place of birth registration, century and sex, birth year, serial. There is no check digit in it, and a number may be
re-established, so a difference to other data is a warning at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu.errors import MalformedDataError
from chipid.vietnam.provinces import PROVINCES

LENGTH = 12
FIRST_CENTURY = 1900


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalNumber:
    """A number of twelve digits; make it with :func:`parse_personal_number`."""

    digits: str = field(repr=False)

    @property
    def province_code(self) -> str:
        return self.digits[:3]

    @property
    def province(self) -> str | None:
        """The name of the province, None for a code of another country or an unknown one."""
        return PROVINCES.get(self.province_code)

    @property
    def century(self) -> int:
        """The first year of the century of birth: 1900, 2000 …"""
        return FIRST_CENTURY + int(self.digits[3]) // 2 * 100

    @property
    def sex(self) -> str:
        """``M`` or ``F``, as the MRZ writes it."""
        return "F" if int(self.digits[3]) % 2 else "M"

    @property
    def birth_year(self) -> int:
        return self.century + int(self.digits[4:6])

    @property
    def document_number(self) -> str:
        """The last nine digits, which are the document number of the MRZ."""
        return self.digits[3:]

    @property
    def can(self) -> str:
        """The last six digits, which are the Card Access Number."""
        return self.digits[6:]


def parse_personal_number(text: str) -> PersonalNumber:
    """Read twelve digits. Raises :class:`MalformedDataError`, which never quotes them."""
    if len(text) != LENGTH or not (text.isascii() and text.isdigit()):
        raise MalformedDataError("personal number: twelve digits are expected")
    return PersonalNumber(digits=text)
