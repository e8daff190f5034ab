"""Cases of what DG11 and DG12 hold: LDS_N of the ICAO standard, and LDS_K_9.

Every element is optional (ICAO Doc 9303-10 §4.7.11 and §4.7.12): a case about one that is not there does not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from apdu import tlv
from apdu.tlv import TLV
from chipid.conformance.case import NotApplicableError
from chipid.conformance.content import Check, content_case, numbered_cases, outer_cases
from chipid.conformance.terminal import ConformanceTerminal
from chipid.lds import dg11
from chipid.lds.details import CONTENT_TEMPLATE, TAG_LIST, decode_date, decode_text
from chipid.lds.face_record import ImageFormat, image_format
from chipid.lds.files import FileId

COUNT: Final = 0x02
DATE_LENGTH: Final = 8


def _objects(content: bytes) -> tuple[TLV, ...]:
    return tlv.parse_one(content).children()


def _element(tag: int, check: Callable[[bytes], bool]) -> Check:
    def run(content: bytes, _: ConformanceTerminal) -> bool:
        found = [one for one in _objects(content) if one.tag == tag]
        if not found:
            raise NotApplicableError("the element is not there")
        return len(found) == 1 and check(found[0].value)

    return run


def _is_text(value: bytes) -> bool:
    return bool(decode_text(value).strip("< "))


def _is_date(value: bytes) -> bool:
    """Eight digits; unknown parts are zeros or fillers."""
    return len(value) == DATE_LENGTH and decode_date(value) is not None


def _is_picture(value: bytes) -> bool:
    return image_format(value) is not ImageFormat.UNKNOWN


def _is_tag_list(content: bytes, _: ConformanceTerminal) -> bool:
    """The first object lists the others; other names are listed as such or by the template around them."""
    first, *others = _objects(content)
    names = {CONTENT_TEMPLATE: dg11.OTHER_NAME}
    present = [names.get(one.tag, one.tag) for one in others]
    return first.tag == TAG_LIST and sorted(names.get(tag, tag) for tag in _tags(first.value)) == sorted(present)


def _tags(value: bytes) -> Iterator[int]:
    """The tags of a tag list, of one byte or two."""
    offset = 0
    while offset < len(value):
        length = 2 if value[offset] & 0x1F == 0x1F else 1
        yield int.from_bytes(value[offset : offset + length], "big")
        offset += length


def _counts_names(value: bytes) -> bool:
    first, *names = tlv.parse_all(value)
    is_counted = first.tag == COUNT and first.value == bytes((len(names),))
    return is_counted and all(one.tag == dg11.OTHER_NAME and _is_text(one.value) for one in names)


_ELEMENTS: Final[tuple[tuple[str, Check], ...]] = (
    ("tag list", _is_tag_list),
    ("name of the holder", _element(dg11.FULL_NAME, _is_text)),
    ("other names", _element(CONTENT_TEMPLATE, _counts_names)),
    ("personal number", _element(dg11.PERSONAL_NUMBER, _is_text)),
    ("date of birth", _element(dg11.BIRTH_DATE, _is_date)),
    ("place of birth", _element(dg11.BIRTH_PLACE, _is_text)),
    ("address", _element(dg11.ADDRESS, _is_text)),
    ("telephone", _element(dg11.TELEPHONE, _is_text)),
    ("profession", _element(dg11.PROFESSION, _is_text)),
    ("title", _element(dg11.TITLE, _is_text)),
    ("personal summary", _element(dg11.SUMMARY, _is_text)),
    ("proof of citizenship", _element(dg11.PROOF_OF_CITIZENSHIP, _is_picture)),
    ("other travel documents", _element(dg11.OTHER_DOCUMENTS, _is_text)),
)


def _tag(file: FileId) -> Check:
    return lambda content, _: content[:1] == bytes((file.tag or 0,))


CASES: Final = (
    content_case("LDS_K_9", FileId.DG11, "tag", _tag(FileId.DG11)),
    *outer_cases("LDS_N", FileId.DG11),
    *numbered_cases("LDS_N", FileId.DG11, 3, _ELEMENTS),
    content_case("LDS_N_16", FileId.DG12, "tag", _tag(FileId.DG12)),
)
