"""As many more invented citizens as are asked for: the same for the same seed, and visibly of nobody.

Their given names count them ("Số Một Hai" is number 12), their addresses are single letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from chipid.errors import ConfigurationError
from chipid.vietnam.card_dates import age_of_exchange, birthdays, law_in_force
from chipid.vietnam.personal_number import parse_personal_number
from chipid.vietnam.provinces import PROVINCES
from simulator.personalisation.people import Person, find_person
from simulator.randomness import SeededEntropy

MAX_POPULATION: Final = 1_000_000  # a personal number counts with six digits
KEY_PREFIX: Final = "citizen-"
POPULATION_SEED: Final = b"chipid citizens"
FIRST_BIRTH, LAST_BIRTH = date(1940, 1, 1), date(2016, 12, 31)
FIRST_ISSUE, LAST_ISSUE = date(2021, 3, 1), date(2024, 12, 1)  # while the simulated CSCA's key is in use

_SURNAMES: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
_MIDDLE: Final = {"M": "Văn", "F": "Thị"}
_DIGITS: Final = ("Không", "Một", "Hai", "Ba", "Bốn", "Năm", "Sáu", "Bảy", "Tám", "Chín")
_LETTERS: Final = "ABCDEGHIKLMNOPQRSTUVXY"
_MARKS: Final = ("Nốt ruồi C:1cm trên cằm", "Sẹo C:2cm dưới cánh mũi phải", "Không")
_RELIGIONS: Final = ("Không", "Phật giáo", "Công giáo")


def find_citizen(key: str) -> Person:
    """One of the named people by key, or the invented one behind ``citizen-`` and a number.

    Raises :class:`ConfigurationError`.
    """
    number = key.removeprefix(KEY_PREFIX)
    if key.startswith(KEY_PREFIX) and number.isascii() and number.isdigit() and len(number) < len(str(MAX_POPULATION)):
        return invent_person(int(number), seed=POPULATION_SEED)
    return find_person(key)


def invent_people(count: int, *, seed: bytes) -> Iterator[Person]:
    """``count`` different people. Raises :class:`ConfigurationError` for more than a million."""
    if not 0 <= count <= MAX_POPULATION:
        raise ConfigurationError(f"between none and {MAX_POPULATION} people can be invented")
    return (invent_person(number, seed=seed) for number in range(count))


def invent_person(number: int, *, seed: bytes) -> Person:
    """The person of that number, whatever others were invented before; his key is ``citizen-`` and the number."""
    if not 0 <= number < MAX_POPULATION:
        raise ConfigurationError(f"people are numbered from 0 to {MAX_POPULATION - 1}")
    dice = _Dice(SeededEntropy(seed).fork(f"person {number}"))
    sex = dice.pick(("M", "F"))
    birth = dice.day(FIRST_BIRTH, LAST_BIRTH)
    province = dice.pick(tuple(PROVINCES))
    century_and_sex = 2 * (birth.year // 100 - 19) + (sex == "F")
    digits = f"{province}{century_and_sex}{birth.year % 100:02}{number:06}"
    issued = dice.day(FIRST_ISSUE, LAST_ISSUE)
    place = f"Phường {dice.letter()}, {PROVINCES[province]}"
    surname = dice.pick(_SURNAMES)
    return Person(
        key=f"{KEY_PREFIX}{number}",
        personal_number=parse_personal_number(digits),
        full_name=f"{surname} {_MIDDLE[sex]} Số {' '.join(_DIGITS[int(digit)] for digit in str(number))}",
        birth_date=birth,
        sex=sex,
        nationality="Việt Nam",
        ethnicity="Kinh",
        religion=dice.pick(_RELIGIONS),
        origin=f"Xã {dice.letter()}, {PROVINCES[province]}",
        residence=f"Số {1 + dice.below(99)}, Đường {dice.letter()}, {place}",
        marks=dice.pick(_MARKS),
        issue_date=issued,
        expiry_date=_expiry(birth, issued),
        father=f"{surname} Văn {dice.letter()}",
        mother=f"{dice.pick(_SURNAMES)} Thị {dice.letter()}",
    )


def _expiry(birth: date, issued: date) -> date | None:
    """The day on which the law has the card exchanged, None for a card for life."""
    age = age_of_exchange(birth, issued, law_in_force(issued))
    return None if age is None else birthdays(birth, age)[0]


class _Dice:
    """Choices from a random source, evenly enough for invented people."""

    def __init__(self, entropy: SeededEntropy) -> None:
        self._entropy = entropy

    def below(self, limit: int) -> int:
        return int.from_bytes(self._entropy(8), "big") % limit

    def pick(self, choices: tuple[str, ...]) -> str:
        return choices[self.below(len(choices))]

    def letter(self) -> str:
        return self.pick(tuple(_LETTERS))

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.below((last - first).days + 1))
