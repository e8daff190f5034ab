"""Contents that differ from card to card within the standard: sparse or foreign DG13, long portraits, BER lengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from apdu import tlv
from chipid.asn1 import der
from chipid.lds import dg11
from chipid.lds.details import build_details
from chipid.lds.dg2 import build_dg2, parse_dg2
from chipid.lds.dg13 import CitizenDetails, build_dg13
from simulator.personalisation.people import Person
from simulator.personalisation.population import find_citizen
from simulator.recipe import DG13Form, Recipe

SOD_TAG: Final = 0x77
_CONSTRUCTED: Final = 0x20
_OCTET_PIECE: Final = 1000
# A segment of a JPEG that readers skip (ISO/IEC 10918-1 §B.2.4.5).
_COMMENT: Final = b"\xff\xfe"
_START: Final = 2
_MAX_COMMENT: Final = 0xFFFF - 2


def adapt_groups(groups: Mapping[int, bytes], recipe: Recipe, person: Person) -> dict[int, bytes]:
    """The groups as the recipe wants them, before they are signed."""
    adapted = dict(groups)
    if recipe.details_of is not None and 13 in adapted:
        adapted[13] = build_dg13(find_citizen(recipe.details_of).details)
    elif recipe.details is DG13Form.SPARSE and 13 in adapted:
        adapted[13] = build_dg13(sparse_details(person.details))
    if recipe.binary_dates:
        adapted[11] = _details_with_binary_date(person)
    if recipe.portrait_bytes is not None and 2 in adapted:
        adapted[2] = _lengthen_portrait(adapted[2], recipe.portrait_bytes)
    return adapted


def sparse_details(details: CitizenDetails) -> CitizenDetails:
    """What a card of 2024 says at least: number, name, birth, sex, nationality, and the dates of the card."""
    return CitizenDetails(
        personal_number=details.personal_number,
        full_name=details.full_name,
        birth_date=details.birth_date,
        sex=details.sex,
        nationality=details.nationality,
        issue_date=details.issue_date,
        expiry_date=details.expiry_date,
    )


def _details_with_binary_date(person: Person) -> bytes:
    """DG11 whose date of birth has four bytes of digits in BCD, where Doc 9303-10 §4.7.11 wants eight characters."""
    objects = (
        (dg11.FULL_NAME, person.full_name.encode()),
        (dg11.PERSONAL_NUMBER, person.personal_number.digits.encode()),
        (dg11.BIRTH_DATE, bytes.fromhex(f"{person.birth_date:%Y%m%d}")),
    )
    return build_details(dg11.TAG, objects, ())


def _lengthen_portrait(dg2: bytes, size: int) -> bytes:
    """DG2 whose picture has ``size`` bytes: comments after the start of the image, which change nothing to be seen."""
    (image,) = parse_dg2(dg2).images
    missing = size - len(image.image)
    if image.image[:_START] != b"\xff\xd8" or missing < len(_COMMENT) + 2:
        return dg2
    comments = bytearray()
    while missing >= len(_COMMENT) + 2:
        filler = min(missing - len(_COMMENT) - 2, _MAX_COMMENT)
        if 0 < missing - filler - len(_COMMENT) - 2 < len(_COMMENT) + 2:
            filler -= len(_COMMENT) + 2  # room for one more comment
        comments += _COMMENT + (filler + 2).to_bytes(2, "big") + bytes(filler)
        missing -= filler + len(_COMMENT) + 2
    longer = image.image[:_START] + bytes(comments) + image.image[_START:]
    return build_dg2([replace(image, image=longer)])


def write_indefinite(sod: bytes) -> bytes:
    """EF.SOD with indefinite lengths around everything but what is signed, and the content in pieces (X.690 §8.1.3).

    The LDS tag 77 keeps its definite length; certificates and signed attributes keep the bytes that were signed.
    """
    return tlv.encode(SOD_TAG, _content_info(tlv.parse_one(sod, SOD_TAG).value))


def _content_info(content_info: bytes) -> bytes:
    content_type, content = der.parse_sequence(content_info)
    signed_data = tlv.parse_one(content.value, der.SEQUENCE)
    return _indefinite(der.SEQUENCE, content_type.raw, _indefinite(0xA0, _signed_data(signed_data.value)))


def _signed_data(value: bytes) -> bytes:
    version, digests, encapsulated, *rest = tlv.parse_all(value)
    content_type, content = encapsulated.children()
    octets = tlv.parse_one(content.value, der.OCTET_STRING).value
    pieces = [octets[start : start + _OCTET_PIECE] for start in range(0, len(octets), _OCTET_PIECE)]
    in_pieces = _indefinite(der.OCTET_STRING | _CONSTRUCTED, *(der.encode_octet_string(one) for one in pieces))
    again = _indefinite(der.SEQUENCE, content_type.raw, _indefinite(0xA0, in_pieces))
    return _indefinite(der.SEQUENCE, version.raw, digests.raw, again, *(one.raw for one in rest))


def _indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + b"\x00\x00"
