"""DG12: additional document details (ICAO Doc 9303-10 §4.7.12)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid.lds.details import DetailObjects, UnknownObject, build_details, decode_digits, encode_date, encode_text
from chipid.mrz.dates import PartialDate

TAG = 0x6C
ISSUING_AUTHORITY = 0x5F19
ISSUE_DATE = 0x5F26
OTHER_PERSON = 0x5F1A
ENDORSEMENTS = 0x5F1B
TAX_AND_EXIT = 0x5F1C
FRONT_IMAGE = 0x5F1D
REAR_IMAGE = 0x5F1E
PERSONALISATION_TIME = 0x5F55
PERSONALISATION_SYSTEM = 0x5F56

_KNOWN = (
    ISSUING_AUTHORITY,
    ISSUE_DATE,
    OTHER_PERSON,
    ENDORSEMENTS,
    TAX_AND_EXIT,
    FRONT_IMAGE,
    REAR_IMAGE,
    PERSONALISATION_TIME,
    PERSONALISATION_SYSTEM,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDetails:
    """Texts in normal form C; ``personalisation_time`` is ``YYYYMMDDhhmmss`` as printed, without a time zone."""

    issuing_authority: str | None = None
    issue_date: PartialDate | None = field(default=None, repr=False)
    other_persons: tuple[str, ...] = field(default=(), repr=False)
    endorsements: str | None = field(default=None, repr=False)
    tax_and_exit: str | None = field(default=None, repr=False)
    front_image: bytes | None = field(default=None, repr=False)
    rear_image: bytes | None = field(default=None, repr=False)
    personalisation_time: str | None = field(default=None, repr=False)
    personalisation_system: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DG12(DocumentDetails):
    raw: bytes = field(repr=False)
    unknown: tuple[UnknownObject, ...] = ()


def parse_dg12(raw: bytes) -> DG12:
    """Read DG12; every object is optional, unknown ones are kept. Raises :class:`MalformedDataError` children."""
    objects = DetailObjects(raw, TAG)
    time = objects.data(PERSONALISATION_TIME)
    return DG12(
        raw=raw,
        issuing_authority=objects.text(ISSUING_AUTHORITY),
        issue_date=objects.date(ISSUE_DATE),
        other_persons=objects.texts(OTHER_PERSON),
        endorsements=objects.text(ENDORSEMENTS),
        tax_and_exit=objects.text(TAX_AND_EXIT),
        front_image=objects.data(FRONT_IMAGE),
        rear_image=objects.data(REAR_IMAGE),
        personalisation_time=None if time is None else decode_digits(time, 14),
        personalisation_system=objects.text(PERSONALISATION_SYSTEM),
        unknown=objects.unknown(_KNOWN),
    )


def build_dg12(details: DocumentDetails) -> bytes:
    """Write DG12 with the details that are there, its dates in ASCII."""
    objects = (
        (ISSUING_AUTHORITY, encode_text(details.issuing_authority)),
        (ISSUE_DATE, None if details.issue_date is None else encode_date(details.issue_date)),
        (ENDORSEMENTS, encode_text(details.endorsements)),
        (TAX_AND_EXIT, encode_text(details.tax_and_exit)),
        (FRONT_IMAGE, details.front_image),
        (REAR_IMAGE, details.rear_image),
        (PERSONALISATION_TIME, encode_text(details.personalisation_time)),
        (PERSONALISATION_SYSTEM, encode_text(details.personalisation_system)),
    )
    return build_details(TAG, objects, [(OTHER_PERSON, person.encode("utf-8")) for person in details.other_persons])
