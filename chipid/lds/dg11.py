"""DG11: additional personal details (ICAO Doc 9303-10 §4.7.11)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid.lds.details import DetailObjects, UnknownObject, build_details, encode_date, encode_text
from chipid.mrz.dates import PartialDate

TAG = 0x6B
FULL_NAME = 0x5F0E
OTHER_NAME = 0x5F0F
PERSONAL_NUMBER = 0x5F10
BIRTH_DATE = 0x5F2B
BIRTH_PLACE = 0x5F11
ADDRESS = 0x5F42
TELEPHONE = 0x5F12
PROFESSION = 0x5F13
TITLE = 0x5F14
SUMMARY = 0x5F15
PROOF_OF_CITIZENSHIP = 0x5F16
OTHER_DOCUMENTS = 0x5F17
CUSTODY = 0x5F18

_KNOWN = (
    FULL_NAME,
    OTHER_NAME,
    PERSONAL_NUMBER,
    BIRTH_DATE,
    BIRTH_PLACE,
    ADDRESS,
    TELEPHONE,
    PROFESSION,
    TITLE,
    SUMMARY,
    PROOF_OF_CITIZENSHIP,
    OTHER_DOCUMENTS,
    CUSTODY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDetails:
    """Texts in normal form C with ``<`` between their parts as on the chip; the proof of citizenship is an image."""

    full_name: str | None = field(default=None, repr=False)
    other_names: tuple[str, ...] = field(default=(), repr=False)
    personal_number: str | None = field(default=None, repr=False)
    birth_date: PartialDate | None = field(default=None, repr=False)
    birth_place: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    telephone: str | None = field(default=None, repr=False)
    profession: str | None = field(default=None, repr=False)
    title: str | None = field(default=None, repr=False)
    summary: str | None = field(default=None, repr=False)
    proof_of_citizenship: bytes | None = field(default=None, repr=False)
    other_documents: str | None = field(default=None, repr=False)
    custody: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DG11(PersonalDetails):
    raw: bytes = field(repr=False)
    unknown: tuple[UnknownObject, ...] = ()


def parse_dg11(raw: bytes) -> DG11:
    """Read DG11; every object is optional, unknown ones are kept. Raises :class:`MalformedDataError` children."""
    objects = DetailObjects(raw, TAG)
    return DG11(
        raw=raw,
        full_name=objects.text(FULL_NAME),
        other_names=objects.texts(OTHER_NAME),
        personal_number=objects.text(PERSONAL_NUMBER),
        birth_date=objects.date(BIRTH_DATE),
        birth_place=objects.text(BIRTH_PLACE),
        address=objects.text(ADDRESS),
        telephone=objects.text(TELEPHONE),
        profession=objects.text(PROFESSION),
        title=objects.text(TITLE),
        summary=objects.text(SUMMARY),
        proof_of_citizenship=objects.data(PROOF_OF_CITIZENSHIP),
        other_documents=objects.text(OTHER_DOCUMENTS),
        custody=objects.text(CUSTODY),
        unknown=objects.unknown(_KNOWN),
    )


def build_dg11(details: PersonalDetails) -> bytes:
    """Write DG11 with the details that are there, its date of birth in ASCII."""
    objects = (
        (FULL_NAME, encode_text(details.full_name)),
        (PERSONAL_NUMBER, encode_text(details.personal_number)),
        (BIRTH_DATE, None if details.birth_date is None else encode_date(details.birth_date)),
        (BIRTH_PLACE, encode_text(details.birth_place)),
        (ADDRESS, encode_text(details.address)),
        (TELEPHONE, encode_text(details.telephone)),
        (PROFESSION, encode_text(details.profession)),
        (TITLE, encode_text(details.title)),
        (SUMMARY, encode_text(details.summary)),
        (PROOF_OF_CITIZENSHIP, details.proof_of_citizenship),
        (OTHER_DOCUMENTS, encode_text(details.other_documents)),
        (CUSTODY, encode_text(details.custody)),
    )
    return build_details(TAG, objects, [(OTHER_NAME, name.encode("utf-8")) for name in details.other_names])
