"""What a person types to open a chip, in any of the forms that a desk uses."""

from __future__ import annotations

import re

from apdu.errors import MalformedDataError
from chipid.errors import AccessKeyError
from chipid.mrz.access_key import CAN_LENGTH, AccessKey
from chipid.mrz.mrz import parse_mrz
from chipid.vietnam.access_key import access_key_from_personal_number

PERSONAL_NUMBER_LENGTH = 12
MAX_INPUT = 256
_SEPARATORS = re.compile(r"[\s,;]+")


def parse_access_key(text: str) -> AccessKey:
    """Make an access key from six digits (CAN), twelve (personal number), or the machine readable zone.

    The zone is given whole, line by line, or as its three fields: document number, date of birth and date of
    expiry (``YYMMDD``), with blanks or commas between. Raises :class:`AccessKeyError`, which repeats nothing of
    what was typed.
    """
    if len(text) > MAX_INPUT:
        raise AccessKeyError(f"an access key has at most {MAX_INPUT} characters")
    parts = [part for part in _SEPARATORS.split(text.strip().upper()) if part]
    if len(parts) == 1 and parts[0].isdigit():
        if len(parts[0]) == CAN_LENGTH:
            return AccessKey.from_can(parts[0])
        if len(parts[0]) == PERSONAL_NUMBER_LENGTH:
            return access_key_from_personal_number(parts[0])
        raise AccessKeyError(f"an access key of digits has {CAN_LENGTH} or {PERSONAL_NUMBER_LENGTH} of them")
    if len(parts) == 3 and all(len(part) == 6 for part in parts[1:]):
        return AccessKey.from_mrz_fields(*parts)
    try:
        mrz = parse_mrz("".join(parts))
    except MalformedDataError as error:
        raise AccessKeyError("this is no CAN, no personal number and no machine readable zone") from error
    return AccessKey.from_mrz(mrz)
