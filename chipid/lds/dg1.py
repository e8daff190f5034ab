"""DG1: the machine readable zone (ICAO Doc 9303-10 §4.7.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.mrz.mrz import MRZ, MRZFormat, parse_mrz, parse_zone
from chipid.mrz.zone_rules import zone_deviations

TAG = 0x61
MRZ_OBJECT = 0x5F1F


@dataclass(frozen=True, slots=True, kw_only=True)
class DG1:
    raw: bytes = field(repr=False)
    mrz: MRZ = field(repr=False)

    @property
    def deviations(self) -> tuple[str, ...]:
        """The fields that hold what they may not, by name."""
        return zone_deviations(self.mrz)


def parse_dg1(raw: bytes) -> DG1:
    """Read DG1. Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for a visa."""
    header = _HEADERS.get(len(raw))
    if header is not None and raw.startswith(header):
        value = raw[len(header) :]
    else:
        value = tlv.parse_one(raw, TAG).child(MRZ_OBJECT).value
    if not value.isascii():
        raise MalformedDataError("DG1 holds something else than a machine readable zone")
    return DG1(raw=raw, mrz=parse_zone(value.decode("ascii")))


# What stands before a zone of each format, by the size of the file, where there is nothing else.
_HEADERS = {
    len(file): file[: -form.length]
    for form in MRZFormat
    for file in [tlv.encode(TAG, tlv.encode(MRZ_OBJECT, bytes(form.length)))]
}


def build_dg1(text: str) -> bytes:
    """Write DG1 around a zone of 90, 72 or 88 characters without line breaks."""
    return tlv.encode(TAG, tlv.encode(MRZ_OBJECT, parse_mrz(text).text.encode("ascii")))
