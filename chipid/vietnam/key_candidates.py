"""The access keys that can open a card of which only what is printed is known, the likeliest first.

The CAN is the end of the personal number and needs nothing else. The keys of the MRZ need the date of expiry, which
follows from birth and issue by law (:mod:`chipid.vietnam.card_dates`). A caller tries them one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from apdu.errors import MalformedDataError
from chipid.errors import AccessKeyError, KeyProblem
from chipid.mrz.access_key import AccessKey
from chipid.vietnam.card_dates import CardLaw, ExpiryReason, possible_expiries
from chipid.vietnam.personal_number import PersonalNumber
from chipid.vietnam.qr import CardQR

NO_EXPIRY_FIELD = "991231"


class KeyReason(Enum):
    """What a candidate is made of."""

    CAN = "can"  # the last six digits of the personal number
    TYPED = "typed"  # the machine readable zone, as it was typed or read
    EXPIRY_BY_LAW = "expiry-by-law"
    NO_EXPIRY = "no-expiry"  # issued at 58 or later: a card for life
    LEAP_DAY = "leap-day"
    NEIGHBOURING_AGE = "neighbouring-age"
    OTHER_LAW = "other-law"


_REASONS = {
    ExpiryReason.LEAP_DAY: KeyReason.LEAP_DAY,
    ExpiryReason.NEIGHBOURING_AGE: KeyReason.NEIGHBOURING_AGE,
    ExpiryReason.OTHER_LAW: KeyReason.OTHER_LAW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCandidate:
    """An access key and why it may be the right one; ``law`` is the one that gives the date of expiry."""

    key: AccessKey
    reason: KeyReason
    law: CardLaw | None = None


def key_candidates(
    number: PersonalNumber, *, birth_date: date | None = None, issue_date: date | None = None
) -> tuple[KeyCandidate, ...]:
    """The candidates for a card: CAN, then the MRZ keys if both dates are given.

    Raises :class:`AccessKeyError` for dates that no card can have.
    """
    can = KeyCandidate(key=AccessKey.from_can(number.can), reason=KeyReason.CAN)
    if birth_date is None or issue_date is None:
        return (can,)
    return (can, *_mrz_candidates(number, birth_date, issue_date))


def key_candidates_from_qr(qr: CardQR) -> tuple[KeyCandidate, ...]:
    """The candidates for the card with this QR code; only the CAN if the date of birth is not complete."""
    return key_candidates(qr.personal_number, birth_date=qr.birth_date.complete, issue_date=qr.issue_date)


def _mrz_candidates(number: PersonalNumber, birth: date, issued: date) -> Iterator[KeyCandidate]:
    try:
        expiries = possible_expiries(birth, issued)
    except MalformedDataError as error:
        raise AccessKeyError(error.message, problem=KeyProblem.DATES_CONTRADICT, field="issue-date") from error
    for possible in expiries:
        expiry = NO_EXPIRY_FIELD if possible.expiry is None else f"{possible.expiry:%y%m%d}"
        by_law = KeyReason.NO_EXPIRY if possible.expiry is None else KeyReason.EXPIRY_BY_LAW
        yield KeyCandidate(
            key=AccessKey.from_mrz_fields(number.document_number, f"{birth:%y%m%d}", expiry),
            reason=_REASONS.get(possible.reason, by_law),
            law=possible.law,
        )
