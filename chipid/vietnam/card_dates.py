"""When a card expires: the ages at which the law wants it exchanged.

Law 59/2014/QH13 art. 21 and Law 26/2023/QH15 art. 21: a card ends with the birthday at the next of these ages, and one
issued within the two years before such a birthday already counts for the age after it. From the last age on a card is
for life. How offices count on the very day, and for people born on 29 February, is not published: the neighbouring
dates are possible too, and each says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from apdu.errors import MalformedDataError

EARLY_YEARS = 2
EDGE = timedelta(days=1)  # how far from the day that decides the neighbouring age stays possible


class CardLaw(Enum):
    """A law on the card: its number, the day it came into force, and its ages of exchange."""

    LAW_2014 = ("59/2014/QH13", date(2016, 1, 1), (25, 40, 60))
    LAW_2023 = ("26/2023/QH15", date(2024, 7, 1), (14, 25, 40, 60))

    def __init__(self, number: str, in_force: date, ages: tuple[int, ...]) -> None:
        self.number = number
        self.in_force = in_force
        self.ages = ages


class ExpiryReason(Enum):
    """Why a date of expiry is possible."""

    BY_LAW = "by-law"
    LEAP_DAY = "leap-day"  # born on 29 February: 1 March instead of 28 February
    NEIGHBOURING_AGE = "neighbouring-age"  # issued on a day that decides between two ages
    OTHER_LAW = "other-law"  # by the ages of the law that was not in force


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleExpiry:
    """A date of expiry, None for a card for life, and the age of exchange that it belongs to."""

    expiry: date | None = field(repr=False)
    age: int | None = field(repr=False)
    law: CardLaw
    reason: ExpiryReason


def law_in_force(issued: date) -> CardLaw:
    """The law under which a card of this date of issue was made."""
    return CardLaw.LAW_2023 if issued >= CardLaw.LAW_2023.in_force else CardLaw.LAW_2014


def birthdays(birth: date, age: int) -> tuple[date, ...]:
    """The birthday at ``age``; for 29 February in a common year 28 February and 1 March, in this order.

    Raises :class:`MalformedDataError` beyond the calendar.
    """
    try:
        return (birth.replace(year=birth.year + age),)
    except ValueError as error:
        if birth.year + age > date.max.year:
            raise MalformedDataError("a date lies beyond the calendar") from error
        return date(birth.year + age, 2, 28), date(birth.year + age, 3, 1)


def age_of_exchange(birth: date, issued: date, law: CardLaw) -> int | None:
    """The age at which a card issued on this day ends, None for a card for life.

    Raises :class:`MalformedDataError` if the issue lies before the birth.
    """
    if issued < birth:
        raise MalformedDataError("the date of issue lies before the date of birth")
    return next((age for age in law.ages if issued < birthdays(birth, age - EARLY_YEARS)[0]), None)


def possible_expiries(birth: date, issued: date) -> tuple[PossibleExpiry, ...]:
    """Every date of expiry that a card can have, the likeliest first, each date once.

    Raises :class:`MalformedDataError` for dates that no card can have.
    """
    found: dict[date | None, PossibleExpiry] = {}
    for possible in _possible(birth, issued):
        found.setdefault(possible.expiry, possible)
    return tuple(found.values())


def is_possible_expiry(birth: date, issued: date, expiry: date | None) -> bool:
    """True if a card with these dates can expire on that day, or never where it is None. It raises nothing."""
    try:
        return any(possible.expiry == expiry for possible in _possible(birth, issued))
    except MalformedDataError:
        return False  # issued before birth, or in no calendar


def _possible(birth: date, issued: date) -> Iterator[PossibleExpiry]:
    law = law_in_force(issued)
    yield from _by_law(birth, issued, law)
    yield from _as_other_law(birth, issued, next(one for one in CardLaw if one is not law))


def _by_law(birth: date, issued: date, law: CardLaw) -> Iterator[PossibleExpiry]:
    age = age_of_exchange(birth, issued, law)
    yield from _dates(birth, age, law, ExpiryReason.BY_LAW)
    for neighbour in _neighbours(birth, issued, law):
        if neighbour != age:
            yield from _dates(birth, neighbour, law, ExpiryReason.NEIGHBOURING_AGE)


def _as_other_law(birth: date, issued: date, law: CardLaw) -> Iterator[PossibleExpiry]:
    yield from _dates(birth, age_of_exchange(birth, issued, law), law, ExpiryReason.OTHER_LAW)


def _dates(birth: date, age: int | None, law: CardLaw, reason: ExpiryReason) -> Iterator[PossibleExpiry]:
    if age is None:
        yield PossibleExpiry(expiry=None, age=None, law=law, reason=reason)
        return
    first, *others = birthdays(birth, age)
    yield PossibleExpiry(expiry=first, age=age, law=law, reason=reason)
    for other in others:
        yield PossibleExpiry(expiry=other, age=age, law=law, reason=ExpiryReason.LEAP_DAY)


def _neighbours(birth: date, issued: date, law: CardLaw) -> Iterator[int | None]:
    """The ages on both sides of each day of decision that is at most :data:`EDGE` away."""
    for age, following in zip(law.ages, (*law.ages[1:], None), strict=True):
        if any(abs(issued - edge) <= EDGE for edge in birthdays(birth, age - EARLY_YEARS)):
            yield age
            yield following
