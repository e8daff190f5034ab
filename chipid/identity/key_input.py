"""What a person types or scans to open a chip, in any of the forms that a desk uses."""

from __future__ import annotations

import re

from chipid.errors import AccessKeyError, UnsupportedError
from chipid.mrz.access_key import CAN_LENGTH, AccessKey
from chipid.mrz.ocr import access_key_from_typed_mrz
from chipid.vietnam.access_key import access_key_from_personal_number
from chipid.vietnam.key_candidates import KeyCandidate, KeyReason, key_candidates_from_qr
from chipid.vietnam.qr import parse_card_qr

PERSONAL_NUMBER_LENGTH = 12
MAX_INPUT = 1024
_SEPARATORS = re.compile(r"[\s,;]+")
_QR_SEPARATOR = "|"


def parse_access_key(text: str) -> AccessKey:
    """The likeliest access key in what was typed; see :func:`parse_key_candidates`."""
    return parse_key_candidates(text)[0].key


def parse_key_candidates(text: str) -> tuple[KeyCandidate, ...]:
    """Make access keys from six digits (CAN), twelve (personal number), a scanned QR code, or the MRZ.

    The zone is given whole, line by line, or as its three fields: document number, date of birth and date of
    expiry (``YYMMDD``), with blanks or commas between. A QR code gives several candidates, the likeliest first;
    everything else gives one. Raises :class:`AccessKeyError`, which repeats nothing of what was typed.
    """
    if len(text) > MAX_INPUT:
        raise AccessKeyError(f"an access key has at most {MAX_INPUT} characters")
    if _QR_SEPARATOR in text:
        return key_candidates_from_qr(parse_card_qr(text))
    parts = [part for part in _SEPARATORS.split(text.strip().upper()) if part]
    if len(parts) == 1 and parts[0].isdigit():
        return (KeyCandidate(key=_from_digits(parts[0]), reason=KeyReason.CAN),)
    if len(parts) == 3 and all(len(part) == 6 for part in parts[1:]):
        return (KeyCandidate(key=AccessKey.from_mrz_fields(*parts), reason=KeyReason.TYPED),)
    if all(part.isdigit() for part in parts) and len("".join(parts)) in (CAN_LENGTH, PERSONAL_NUMBER_LENGTH):
        # Digits in groups, as cards print long numbers.
        return (KeyCandidate(key=_from_digits("".join(parts)), reason=KeyReason.CAN),)
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
    raise AccessKeyError(f"an access key of digits has {CAN_LENGTH} or {PERSONAL_NUMBER_LENGTH} of them")
