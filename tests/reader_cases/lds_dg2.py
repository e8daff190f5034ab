"""LDS_C: DG2, the face."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from apdu import tlv
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.lds.biometric_templates import DATA_BLOCK, HEADER_TEMPLATE
from chipid.lds.dg2 import build_dg2, parse_dg2
from chipid.lds.face_record import ImageFormat
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.damage import inspect_group, relengthened, retagged, rewritten
from tests.reader_cases.documents import issue, profile
from tests.reader_cases.inspection import inspect

MALFORMED = "group-format/group-malformed"
REFUSED = "group-format/deviation-refused"
# Numbers of the first points of ISO/IEC 14496-2, which say nothing here: nobody looks at them.
POINT = bytes.fromhex("0121000100020000")


def inspect_face(**changes: Any) -> Outcome:
    """Inspect a document whose face has other codes."""
    return inspect_group(2, lambda raw: build_dg2([replace(parse_dg2(raw).images[0], **changes)]))


def inspect_record(place: int, value: bytes) -> Outcome:
    """Inspect a document with other bytes in the face record."""

    def change(block: TLV) -> bytes:
        return tlv.encode(DATA_BLOCK, block.value[:place] + value + block.value[place + len(value) :])

    return inspect_group(2, lambda raw: rewritten(raw, DATA_BLOCK, change))


def inspect_header(tag: int, value: str) -> Outcome:
    """Inspect a document with another object in the header of the face, or without it where ``value`` is empty."""
    changed = tlv.encode(tag, bytes.fromhex(value)) if value else b""

    def change(header: TLV) -> bytes:
        return tlv.encode(HEADER_TEMPLATE, *(changed if one.tag == tag else one.raw for one in header.children()))

    return inspect_group(2, lambda raw: rewritten(raw, HEADER_TEMPLATE, change))


@reader_case("LDS_C_01", Demand.PASS)
def jpeg_2000() -> Outcome:
    """A portrait in JPEG 2000, full frontal."""
    return inspect(issue(profile(portrait=ImageFormat.JPEG_2000)))


@reader_case("LDS_C_02", Demand.PASS)
def jpeg() -> Outcome:
    """A portrait in JPEG, full frontal."""
    return inspect(issue())


@reader_case("LDS_C_03", Demand.PASS)
def feature_points() -> Outcome:
    """A portrait in JPEG 2000 with feature points."""

    def with_points(groups: dict[int, bytes]) -> dict[int, bytes]:
        (image,) = parse_dg2(groups[2]).images
        return {**groups, 2: build_dg2([replace(image, feature_points=(POINT, POINT, POINT))])}

    return inspect(issue(profile(portrait=ImageFormat.JPEG_2000), groups=with_points))


@reader_case("LDS_C_04", Demand.FAIL, found="group-hash/group-malformed")
def another_tag() -> Outcome:
    """Tag 76 instead of 75."""
    return inspect_group(2, lambda raw: retagged(raw, 0x76))


@reader_case("LDS_C_05", Demand.FAIL, found=MALFORMED)
def length_too_small() -> Outcome:
    """Length of tag 75 too small."""
    return inspect_group(2, lambda raw: relengthened(raw, -1))


@reader_case("LDS_C_06", Demand.FAIL, found="group-hash/file-unreadable")
def length_too_big() -> Outcome:
    """Length of tag 75 too big."""
    return inspect_group(2, lambda raw: relengthened(raw, 1))


@reader_case("LDS_C_07", Demand.FAIL, found=MALFORMED)
def no_number() -> Outcome:
    """No number of instances."""
    return inspect_group(2, lambda raw: rewritten(raw, der.INTEGER, lambda _: b""))


@reader_case("LDS_C_08", Demand.FAIL, found=REFUSED)
def format_owner() -> Outcome:
    """A format owner that is not allowed."""
    return inspect_header(0x87, "01FF")


@reader_case("LDS_C_09", Demand.FAIL, found=REFUSED)
def no_format_owner() -> Outcome:
    """No format owner."""
    return inspect_header(0x87, "")


@reader_case("LDS_C_10", Demand.FAIL, found=REFUSED)
def format_type() -> Outcome:
    """A format type that is not allowed."""
    return inspect_header(0x88, "0009")


@reader_case("LDS_C_11", Demand.FAIL, found=REFUSED)
def no_format_type() -> Outcome:
    """No format type."""
    return inspect_header(0x88, "")


@reader_case(
    "LDS_C_12",
    Demand.PASS,
    found="biometric-type-deprecated",
    note="The warning is a deviation that the report names and that `strict` lets pass. That the deprecated type is "
    "the one of three bytes is our reading.",
)
def deprecated_type() -> Outcome:
    """A biometric type in a form that is no longer used."""
    return inspect_header(0x81, "000002")


@reader_case("LDS_C_13", Demand.FAIL, found=REFUSED)
def biometric_type() -> Outcome:
    """A biometric type that is not the face."""
    return inspect_header(0x81, "08")


@reader_case("LDS_C_14", Demand.FAIL, found="group-format/unsupported")
def format_identifier() -> Outcome:
    """Another format identifier in the record."""
    return inspect_record(0, b"FAB\x00")


@reader_case("LDS_C_15", Demand.FAIL, found="group-format/unsupported")
def record_version() -> Outcome:
    """Another version number in the record."""
    return inspect_record(4, b"999\x00")


@reader_case("LDS_C_16", Demand.FAIL, found=f"{MALFORMED} or {REFUSED}")
def length_without_points() -> tuple[Outcome, ...]:
    """The length of the face's data leaves its feature points out: three of them, and one."""
    return tuple(_inspect_uncounted(count) for count in (3, 1))


def _inspect_uncounted(count: int) -> Outcome:
    def change(raw: bytes) -> bytes:
        (image,) = parse_dg2(raw).images
        (template,) = parse_dg2(build_dg2([replace(image, feature_points=(POINT,) * count)])).templates
        stated = int.from_bytes(template.record[14:18], "big") - len(POINT) * count
        record = template.record[:14] + stated.to_bytes(4, "big") + template.record[18:]
        return rewritten(raw, DATA_BLOCK, lambda _: tlv.encode(DATA_BLOCK, record))

    return inspect_group(2, change)


@reader_case("LDS_C_17", Demand.FAIL, found=REFUSED)
def gender() -> Outcome:
    """A gender that is not coded so."""
    return inspect_face(gender=3)


@reader_case("LDS_C_18", Demand.FAIL, found=REFUSED)
def eye_colour() -> Outcome:
    """A colour of the eyes that is not coded so."""
    return inspect_face(eye_colour=0xFE)


@reader_case("LDS_C_19", Demand.FAIL, found=REFUSED)
def hair_colour() -> Outcome:
    """A colour of the hair that is not coded so."""
    return inspect_face(hair_colour=0xFE)


@reader_case("LDS_C_20", Demand.FAIL, found=REFUSED)
def yaw() -> Outcome:
    """An angle of yaw that cannot be."""
    return inspect_face(pose=b"\xff\x00\x00")


@reader_case("LDS_C_21", Demand.FAIL, found=REFUSED)
def pitch() -> Outcome:
    """An angle of pitch that cannot be."""
    return inspect_face(pose=b"\x00\xff\x00")


@reader_case("LDS_C_22", Demand.FAIL, found=REFUSED)
def roll() -> Outcome:
    """An angle of roll that cannot be."""
    return inspect_face(pose=b"\x00\x00\xff")


@reader_case("LDS_C_23", Demand.FAIL, found=REFUSED)
def yaw_uncertainty() -> Outcome:
    """An uncertainty of yaw that cannot be."""
    return inspect_face(pose_uncertainty=b"\xff\x00\x00")


@reader_case("LDS_C_24", Demand.FAIL, found=REFUSED)
def pitch_uncertainty() -> Outcome:
    """An uncertainty of pitch that cannot be."""
    return inspect_face(pose_uncertainty=b"\x00\xff\x00")


@reader_case("LDS_C_25", Demand.FAIL, found=REFUSED)
def roll_uncertainty() -> Outcome:
    """An uncertainty of roll that cannot be."""
    return inspect_face(pose_uncertainty=b"\x00\x00\xff")


@reader_case("LDS_C_26", Demand.FAIL, found=REFUSED)
def face_image_type() -> Outcome:
    """A type of face image that is not coded so."""
    return inspect_face(face_image_type=0xFF)


@reader_case("LDS_C_27", Demand.FAIL, found=REFUSED)
def image_data_type() -> Outcome:
    """A type of image data that is not coded so."""
    return inspect_face(image_data_type=0xFF)


@reader_case("LDS_C_28", Demand.FAIL, found=MALFORMED)
def no_image() -> Outcome:
    """No biometric data."""
    return inspect_group(2, lambda raw: rewritten(raw, DATA_BLOCK, lambda _: b""))
