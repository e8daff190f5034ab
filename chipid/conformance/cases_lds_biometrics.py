"""Cases of what DG2, DG3 and DG4 hold: LDS_C, G and H of the ICAO standard, LDS_G and LDS_H of BSI TR-03105-3.2.

Templates of ISO/IEC 7816-11 with records of ISO/IEC 19794 or ISO/IEC 39794 (ICAO Doc 9303-10 §4.7.2 to §4.7.4). Fingers
and irises are read after Terminal Authentication, if the chip asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from apdu import tlv
from apdu.errors import ToolkitError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.conformance.case import Case, NotApplicableError
from chipid.conformance.content import Check, content_case, numbered_cases, outer_cases
from chipid.conformance.terminal import ConformanceTerminal
from chipid.lds.dg2 import parse_dg2
from chipid.lds.face_record import FORMAT_IDENTIFIER as FACE_IDENTIFIER
from chipid.lds.face_record import FaceImage, face_deviations, parse_face_record
from chipid.lds.files import FileId

GROUP, INSTANCE, HEADER, COUNT = 0x7F61, 0x7F60, 0xA1, 0x02
OWNER, FORMAT = 0x87, 0x88
RECORD, EXTENSIBLE = 0x5F2E, 0x7F2E
FILLER: Final = 0x53
VERSION_BLOCK, REPRESENTATIONS = 0xA0, 0xA1
FEATURE_POINT: Final = 8


@dataclass(frozen=True, slots=True)
class _Formats:
    """A modality: its formats of both standards, the identifier of old records, the tag of extensible ones."""

    old: bytes
    identifier: bytes
    new: bytes
    block: int


_FACE: Final = _Formats(b"\x00\x08", FACE_IDENTIFIER, b"\x00\x2a", 0x65)
_FINGER: Final = _Formats(b"\x00\x07", b"FIR\x00", b"\x00\x28", 0x64)
_IRIS: Final = _Formats(b"\x00\x09", b"IIR\x00", b"\x00\x2c", 0x66)


# Templates


def _group(content: bytes) -> TLV:
    return tlv.parse_one(content).child(GROUP)


def _instances(content: bytes) -> list[TLV]:
    return [one for one in _group(content).children() if one.tag == INSTANCE]


def _starts_with_group(content: bytes, _: ConformanceTerminal) -> bool:
    """The group template is all there is; one without instances may have a filler beside it, which is random."""
    parts = tlv.parse_one(content).children()
    tags = [one.tag for one in parts]
    return tags == [GROUP] or (tags == [GROUP, FILLER] and not _instances(content))


def _counts_instances(content: bytes, _: ConformanceTerminal) -> bool:
    first = _group(content).children()[0]
    return first.tag == COUNT and first.value == bytes((len(_instances(content)),))


def _holds_instances(content: bytes, _: ConformanceTerminal) -> bool:
    """Nothing but instances follows their number, each in the shortest form."""
    found = _group(content).children()[1:]
    return all(one.tag == INSTANCE and one.raw == tlv.encode(one.tag, one.value) for one in found)


def _all(check: Callable[[TLV], bool], *, needed: bool = True) -> Check:
    """Every instance passes; without one the case does not apply, or fails where one is needed."""

    def run(content: bytes, _: ConformanceTerminal) -> bool:
        found = _instances(content)
        if not found and not needed:
            raise NotApplicableError("the file has no instance")
        return bool(found) and all(check(one) for one in found)

    return run


def _header(instance: TLV, tag: int) -> bytes:
    return instance.child(HEADER).child(tag).value


def _agrees(formats: _Formats) -> Callable[[TLV], bool]:
    """The header and the record are of the same format."""

    def check(instance: TLV) -> bool:
        if _header(instance, FORMAT) == formats.new:
            return instance.child(EXTENSIBLE).child(HEADER).child(formats.block).tag == formats.block
        is_old = _header(instance, FORMAT) == formats.old
        return is_old and instance.child(RECORD).value.startswith(formats.identifier)

    return check


# Records of ISO/IEC 19794-5


def _old_faces(check: Callable[[FaceImage], bool]) -> Check:
    """A check of the images; other formats have other cases."""

    def run(content: bytes, _: ConformanceTerminal) -> bool:
        _require(content, _FACE.old)
        records = (one.child(RECORD).value for one in _instances(content))
        images = [image for record in records for image in parse_face_record(record)]
        return bool(images) and all(check(image) for image in images)

    return run


def _require(content: bytes, wanted: bytes) -> None:
    found = {_header(one, FORMAT) for one in _instances(content)}
    if found != {wanted}:
        raise NotApplicableError("the record is of another format")


def _without(*names: str) -> Callable[[FaceImage], bool]:
    return lambda image: not {*names} & {*face_deviations(image)}


def _has_images(content: bytes, _: ConformanceTerminal) -> bool:
    _require(content, _FACE.old)
    return all(one.images for one in parse_dg2(content).templates)


_INFORMATION: Final = ("face-gender", "face-eye-colour", "face-hair-colour", "face-pose", "face-pose-uncertainty")


def _has_feature_points(image: FaceImage) -> bool:
    return all(len(one) == FEATURE_POINT and one[0] for one in image.feature_points)


def _has_image(image: FaceImage) -> bool:
    return bool(image.image) and _without("face-image-type", "face-image-data-type")(image)


# Records of ISO/IEC 39794


def _new(formats: _Formats, check: Callable[[TLV], bool]) -> Check:
    """A check of the instances of a file whose records are of ISO/IEC 39794."""

    def run(content: bytes, terminal: ConformanceTerminal) -> bool:
        _require(content, formats.new)
        return _all(check)(content, terminal)

    return run


def _block(instance: TLV, formats: _Formats) -> TLV:
    return instance.child(EXTENSIBLE).child(HEADER).child(formats.block)


def _has_version(instance: TLV) -> bool:
    """Generation and year, each a number."""
    parts = _block(instance, _FACE).child(VERSION_BLOCK).children()
    return [one.tag for one in parts][:2] == [0x80, 0x81] and all(_number(one.value) > 0 for one in parts[:2])


def _number(value: bytes) -> int:
    return der.decode_integer(tlv.parse_one(tlv.encode(der.INTEGER, value)))


def _has_representations(instance: TLV) -> bool:
    found = _block(instance, _FACE).child(REPRESENTATIONS).children()
    return bool(found) and all(one.value for one in found)


def _is_der(instance: TLV, formats: _Formats) -> bool:
    """The block is well-formed to its last object."""
    try:
        _walk(_block(instance, formats))
    except ToolkitError:
        return False
    return True


def _walk(found: TLV) -> None:
    if found.is_constructed:
        for one in found.children():
            _walk(one)


def _extensible_cases(
    family: str, first: int, file: FileId, formats: _Formats, more: tuple[tuple[str, Check], ...] = ()
) -> Iterator[Case]:
    checks = (
        ("format of ISO/IEC 39794", _new(formats, lambda one: _header(one, FORMAT) == formats.new)),
        ("extensible record", _new(formats, lambda one: bool(one.child(EXTENSIBLE).value))),
        ("extensible record: its data", _new(formats, lambda one: bool(one.child(EXTENSIBLE).child(HEADER).value))),
        ("extensible record: its block", _new(formats, lambda one: _is_der(one, formats))),
        *more,
    )
    yield from numbered_cases(family, file, first, checks)


def _cases() -> Iterator[Case]:
    face = FileId.DG2
    yield from outer_cases("LDS_C", face)
    checks: tuple[tuple[str, Check], ...] = (
        ("group template", _starts_with_group),
        ("number of instances", _counts_instances),
        ("instances", lambda content, _: bool(_instances(content))),
        ("header template", _all(lambda one: bool(one.child(HEADER).value))),
        ("owner", _all(lambda one: _header(one, OWNER) == b"\x01\x01")),
        ("format", _all(lambda one: _header(one, FORMAT) in (_FACE.old, _FACE.new))),
        ("record", _old_faces(lambda _: True)),
        ("record header and images", _has_images),
        ("facial information", _old_faces(_without(*_INFORMATION))),
        ("feature points", _old_faces(_has_feature_points)),
        ("image information", _old_faces(_has_image)),
    )
    yield from numbered_cases("LDS_C", face, 3, checks)
    blocks = (
        ("version block", _new(_FACE, _has_version)),
        ("representation blocks", _new(_FACE, _has_representations)),
    )
    yield from _extensible_cases("LDS_C", 14, face, _FACE, blocks)
    for family, file, formats in (("G", FileId.DG3, _FINGER), ("H", FileId.DG4, _IRIS)):
        templates: tuple[tuple[str, Check], ...] = (
            ("group template", _starts_with_group),
            ("number of instances", _counts_instances),
            ("instances", _holds_instances),
        )
        yield from numbered_cases(f"B32 LDS_{family}", file, 3, templates)
        extensible = tuple(_extensible_cases(f"LDS_{family}", 12, file, formats))
        yield from extensible[: 3 if family == "G" else 4]
    for case_id, file, formats in (("LDS_E_10", FileId.DG3, _FINGER), ("LDS_G_15", FileId.DG4, _IRIS)):
        yield content_case(case_id, file, "header and record agree", _all(_agrees(formats), needed=False))


CASES: Final = tuple(_cases())
