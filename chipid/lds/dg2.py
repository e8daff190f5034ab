"""DG2: the portrait in its biometric templates (ICAO Doc 9303-10 §4.7.2, ISO/IEC 7816-11 and ISO/IEC 19794-5:2005).

The record inside each template is read by :mod:`chipid.lds.face_record`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.errors import UnsupportedError
from chipid.lds.face_record import FaceImage, build_face_record, parse_face_record

TAG = 0x75
GROUP_TEMPLATE = 0x7F61
INFORMATION_TEMPLATE = 0x7F60
HEADER_TEMPLATE = 0xA1
DATA_BLOCK = 0x5F2E
EXTENSIBLE_DATA_BLOCK = 0x7F2E  # ISO/IEC 39794
MAX_TEMPLATES = 9

# Biometric type face, no subtype, owner ISO/IEC JTC 1/SC 37, format ISO/IEC 19794-5.
_HEADER = b"".join(
    tlv.encode(tag, bytes.fromhex(value)) for tag, value in ((0x81, "02"), (0x82, "00"), (0x87, "0101"), (0x88, "0008"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTemplate:
    """One biometric information template: its header as it came, and the images of its record."""

    header: bytes = field(repr=False)
    record: bytes = field(repr=False)
    images: tuple[FaceImage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DG2:
    raw: bytes = field(repr=False)
    templates: tuple[FaceTemplate, ...]

    @property
    def images(self) -> tuple[FaceImage, ...]:
        """The images of all templates; the first is the displayed portrait."""
        return tuple(image for template in self.templates for image in template.images)


def parse_dg2(raw: bytes) -> DG2:
    """Read DG2 with any number of templates from none to nine.

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for an ISO/IEC 39794 or other record.
    """
    group = tlv.parse_one(raw, TAG).child(GROUP_TEMPLATE)
    declared = der.decode_integer(group.child(der.INTEGER))
    templates = [one for one in group.children() if one.tag == INFORMATION_TEMPLATE]
    if declared != len(templates) or declared > MAX_TEMPLATES:
        raise MalformedDataError("DG2 holds another number of templates than it says")
    return DG2(raw=raw, templates=tuple(_parse_template(one) for one in templates))


def _parse_template(template: TLV) -> FaceTemplate:
    children = template.children()
    header = tlv.find(children, HEADER_TEMPLATE)
    block = tlv.find(children, DATA_BLOCK)
    if block is None:
        if tlv.find(children, EXTENSIBLE_DATA_BLOCK) is not None:
            raise UnsupportedError("DG2 holds an ISO/IEC 39794 record")
        raise MalformedDataError("a template of DG2 holds no biometric data")
    return FaceTemplate(
        header=b"" if header is None else header.raw,
        record=block.value,
        images=parse_face_record(block.value),
    )


def build_dg2(images: Sequence[FaceImage]) -> bytes:
    """Write DG2 with one template for each image."""
    templates = (
        tlv.encode(
            INFORMATION_TEMPLATE,
            tlv.encode(HEADER_TEMPLATE, _HEADER),
            tlv.encode(DATA_BLOCK, build_face_record([image])),
        )
        for image in images
    )
    return tlv.encode(TAG, tlv.encode(GROUP_TEMPLATE, der.encode_integer(len(images)), *templates))
