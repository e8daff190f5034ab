"""UTCTime and GeneralizedTime (RFC 5280 §4.1.2.5)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der

LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)

# Seconds and zone may be missing or the zone an offset where RFC 5280 wants seconds and Z: certificates have it.
_TIME: Final = re.compile(rb"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:Z|([+-])(\d{2})(\d{2}))?")
_STRICT_UTC_TIME: Final = re.compile(rb"\d{12}Z")  # as almost all are, and every signing time
_FRACTION: Final = re.compile(rb"(?<=\d{14})[.,]\d{1,9}(?=Z$)")


def decode_time(found: TLV) -> datetime:
    """The moment in a UTCTime or GeneralizedTime, in UTC; years of two digits are 1950 to 2049.

    Raises :class:`MalformedDataError`.
    """
    if found.tag == der.UTC_TIME and _STRICT_UTC_TIME.fullmatch(found.value):
        return _decode_strict(found.value.decode("ascii"))
    match = _TIME.fullmatch(found.value)
    year_digits = {der.UTC_TIME: 2, der.GENERALIZED_TIME: 4}.get(found.tag)
    if match is None or len(match[1]) != year_digits:
        raise MalformedDataError("a time is not written as UTCTime or GeneralizedTime")
    year, month, day, hour, minute, second = map(int, match.groups(b"0")[:6])
    if year_digits == 2:
        year += 1900 if year >= 50 else 2000
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if match[7] is None:
            return moment
        offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
        return moment + offset if match[7] == b"-" else moment - offset
    except (ValueError, OverflowError) as error:
        raise MalformedDataError("a time names no moment") from error


def _decode_strict(text: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{'19' if text >= '5' else '20'}{text[:6]}T{text[6:]}")
    except ValueError as error:
        raise MalformedDataError("a time names no moment") from error


def decode_fractional_time(found: TLV) -> datetime:
    """As :func:`decode_time`, with fractions of a second, which ITU-T X.680 §46 lets a GeneralizedTime have.

    They are left away. RFC 5280 forbids them in certificates and CRLs; signed lists of the field have them.
    """
    return decode_time(found._replace(value=_FRACTION.sub(b"", found.value)))


def later(moment: datetime, span: timedelta) -> datetime:
    """``moment``, which is aware, and ``span`` beyond it, or :data:`LAST_MOMENT` where there is no such time.

    Certificates without an end say 99991231235959Z (RFC 5280 §4.1.2.5), and to that Python adds nothing.
    """
    return moment + span if span < LAST_MOMENT - moment else LAST_MOMENT


def is_strict_time(found: TLV) -> bool:
    """True if the time is written as RFC 5280 wants it: with seconds and Z, and in UTCTime up to 2049."""
    length = 13 if found.tag == der.UTC_TIME else 15
    is_late_enough = found.tag == der.UTC_TIME or found.value[:4] >= b"2050"
    return len(found.value) == length and found.value.endswith(b"Z") and is_late_enough


def encode_time(moment: datetime) -> bytes:
    """UTCTime from 1950 to 2049, GeneralizedTime otherwise, with seconds and Z; ``moment`` must be aware."""
    utc = moment.astimezone(UTC)
    if 1950 <= utc.year <= 2049:
        return tlv.encode(der.UTC_TIME, f"{utc:%y%m%d%H%M%SZ}".encode())
    return tlv.encode(der.GENERALIZED_TIME, f"{utc.year:04}{utc:%m%d%H%M%SZ}".encode())
