"""The access key of a Vietnamese card from the number that is printed on it."""

from __future__ import annotations

from apdu.errors import MalformedDataError
from chipid.errors import AccessKeyError, KeyProblem
from chipid.mrz.access_key import AccessKey
from chipid.vietnam.personal_number import parse_personal_number


def access_key_from_personal_number(text: str) -> AccessKey:
    """The CAN of a card, which is the end of the personal number; spaces between the digits are allowed.

    Raises :class:`AccessKeyError`, which never quotes the number.
    """
    try:
        number = parse_personal_number("".join(text.split()))
    except MalformedDataError as error:
        raise AccessKeyError(error.message, problem=KeyProblem.DIGIT_COUNT, field="personal-number") from error
    return AccessKey.from_can(number.can)
