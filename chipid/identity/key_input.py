"""What a person types or scans to open a chip, in any of the forms that a desk uses."""

from __future__ import annotations

import re

from chipid.errors import AccessKeyError, KeyProblem, UnsupportedError
from chipid.mrz.access_key import CAN_LENGTH, AccessKey, AccessKeyKind
from chipid.mrz.ocr import access_key_from_typed_mrz
from chipid.vietnam.access_key import access_key_from_personal_number
from chipid.vietnam.key_candidates import KeyCandidate, KeyReason, key_candidates_from_qr
from chipid.vietnam.qr import parse_card_qr
from chipid.vietnam.qr_scan import is_scan

PERSONAL_NUMBER_LENGTH = 12
DATE_LENGTH = 6
MAX_INPUT = 1024
_SEPARATORS = re.compile(r"[\s,;]+")
_EMPTY_LINE = re.compile(r"\n[^\S\n]*\n")
# Six digits are a CAN; a number of another kind, which looks the same, has its name before it.
_NAMED = re.compile(r"\s*(CAN|PIN|PUK)\s*[:=]?\s*([0-9][0-9\s,;]*)", re.ASCII | re.IGNORECASE)
_NUMBERS = {"CAN": AccessKey.from_can, "PIN": AccessKey.from_pin, "PUK": AccessKey.from_puk}


def parse_access_key(text: str) -> AccessKey:
    """The likeliest access key in what was typed; see :func:`parse_key_candidates`."""
    return parse_key_candidates(text)[0].key


def parse_access_keys(text: str) -> tuple[AccessKey, ...]:
    """The likeliest access key in each part of ``text``, where empty lines separate the parts.

    One key of a kind: the first. Errors as :func:`parse_key_candidates`.
    """
    parts = [part for part in _EMPTY_LINE.split(text.replace("\r\n", "\n")) if part.strip()]
    keys: dict[AccessKeyKind, AccessKey] = {}
    for key in map(parse_access_key, parts or [text]):
        keys.setdefault(key.kind, key)
    return tuple(keys.values())


def parse_key_candidates(text: str) -> tuple[KeyCandidate, ...]:
    """Make access keys from six digits (CAN), twelve (personal number), a scanned QR code, or the MRZ.

    A PIN or PUK has that word before its digits, as a CAN may have: ``PIN 111111``. Blanks between digits are allowed.
    The zone is given whole, line by line, or as its three fields: document number, date of birth and date of expiry
    (``YYMMDD``), with blanks or commas between. A QR code gives several candidates, the likeliest first; everything
    else gives one. Raises :class:`AccessKeyError`, which repeats nothing of it.
    """
    if len(text) > MAX_INPUT:
        raise AccessKeyError(f"an access key has at most {MAX_INPUT} characters", problem=KeyProblem.TOO_LONG)
    parts = [part for part in _SEPARATORS.split(text.strip().upper()) if part]
    if not parts:
        raise AccessKeyError("nothing was given as the access key", problem=KeyProblem.EMPTY)
    named = _NAMED.fullmatch(text)
    if named is not None:
        kind, digits = named[1].upper(), _SEPARATORS.sub("", named[2])
        reason = KeyReason.CAN if kind == "CAN" else KeyReason.TYPED
        return (KeyCandidate(key=_NUMBERS[kind](digits), reason=reason),)
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
