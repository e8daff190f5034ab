"""What a person types or scans to open a chip, in any of the forms that a desk uses."""

from __future__ import annotations

import re

from chipid.errors import AccessKeyError, KeyProblem, UnsupportedError
from chipid.mrz.access_key import CAN_LENGTH, AccessKey
from chipid.mrz.ocr import access_key_from_typed_mrz
from chipid.vietnam.access_key import access_key_from_personal_number
from chipid.vietnam.key_candidates import KeyCandidate, KeyReason, key_candidates_from_qr
from chipid.vietnam.qr import parse_card_qr
from chipid.vietnam.qr_scan import is_scan

PERSONAL_NUMBER_LENGTH = 12
DATE_LENGTH = 6
MAX_INPUT = 1024
_SEPARATORS = re.compile(r"[\s,;]+")


def parse_access_key(text: str) -> AccessKey:
    """The likeliest access key in what was typed; see :func:`parse_key_candidates`."""
    return parse_key_candidates(text)[0].key


def parse_key_candidates(text: str) -> tuple[KeyCandidate, ...]:
    """Make access keys from six digits (CAN), twelve (personal number), a scanned QR code, or the MRZ.

    Blanks between digits are allowed. The zone is given whole, line by line, or as its three fields: document number,
    date of birth and date of expiry (``YYMMDD``), with blanks or commas between. A QR code gives several candidates,
    the likeliest first; everything else gives one. Raises :class:`AccessKeyError`, which repeats nothing of it.
    """
    if len(text) > MAX_INPUT:
        raise AccessKeyError(f"an access key has at most {MAX_INPUT} characters", problem=KeyProblem.TOO_LONG)
    parts = [part for part in _SEPARATORS.split(text.strip().upper()) if part]
    if not parts:
        raise AccessKeyError("nothing was given as the access key", problem=KeyProblem.EMPTY)
    if len(parts) == 3 and all(len(part) == DATE_LENGTH for part in parts[1:]):
        return (KeyCandidate(key=AccessKey.from_mrz_fields(*parts), reason=KeyReason.TYPED),)
    if is_scan(text):
        return key_candidates_from_qr(parse_card_qr(text))
    digits = "".join(parts)
    if digits.isdigit():
        return (KeyCandidate(key=_from_digits(digits), reason=KeyReason.CAN),)
    try:
        key = access_key_from_typed_mrz(text)
    except UnsupportedError as error:  # the zone of a visa, which opens nothing
        raise AccessKeyError(error.message) from error
    return (KeyCandidate(key=key, reason=KeyReason.TYPED),)


def _from_digits(digits: str) -> AccessKey:
    if len(digits) == CAN_LENGTH:
        return AccessKey.from_can(digits)
    if len(digits) == PERSONAL_NUMBER_LENGTH:
        return access_key_from_personal_number(digits)
    raise AccessKeyError(
        f"an access key of digits has {CAN_LENGTH} or {PERSONAL_NUMBER_LENGTH} of them", problem=KeyProblem.DIGIT_COUNT
    )
