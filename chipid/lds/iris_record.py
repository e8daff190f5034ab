"""The iris image record of ISO/IEC 19794-6:2005 §6, big endian: a header, then for each eye its images."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError

FORMAT_IDENTIFIER = b"IIR\x00"
VERSION = b"010\x00"
MAX_IMAGES = 16
MONO_RAW, MONO_JPEG_2000 = 0x0002, 0x000E

_RECORD_HEADER = struct.Struct(">4s4sIHBHHHHHHBB16s")
_EYE_HEADER = struct.Struct(">BH")
_IMAGE_HEADER = struct.Struct(">HBhHI")

_IMAGE_FORMATS = frozenset(range(0x0002, 0x0012, 2))  # raw, JPEG, JPEG-LS, JPEG 2000, each grey or in colour
_EYES = frozenset({0, 1, 2})


@dataclass(frozen=True, slots=True, kw_only=True)
class IrisImage:
    """One image of an eye; numbers as the standard codes them.

    ``eye``: 0 undefined, 1 right, 2 left. ``image_format`` is that of the record: 2 grey and raw, 14 grey JPEG 2000.
    """

    image: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    eye: int = field(default=0, repr=False)
    image_format: int = MONO_RAW
    quality: int = 0


def parse_iris_record(record: bytes) -> tuple[IrisImage, ...]:
    """Read all images of a record.

    Raises :class:`MalformedDataError`, and :class:`UnsupportedError` for another format or version.
    """
    if len(record) < _RECORD_HEADER.size:
        raise MalformedDataError("an iris record is shorter than its header")
    identifier, version, length, _, eyes, header_length, _, _, image_format, width, height, _, _, _ = (
        _RECORD_HEADER.unpack_from(record)
    )
    if identifier != FORMAT_IDENTIFIER or version != VERSION:
        raise UnsupportedError("a biometric record is not ISO/IEC 19794-6 of 2005")
    if length != len(record) or header_length != _RECORD_HEADER.size:
        raise MalformedDataError("an iris record is longer or shorter than it says")
    images: list[IrisImage] = []
    offset = _RECORD_HEADER.size
    for _ in range(eyes):
        eye, count, offset = _parse_eye(record, offset, MAX_IMAGES - len(images))
        for _ in range(count):
            data, quality, offset = _parse_image(record, offset)
            images.append(
                IrisImage(image=data, width=width, height=height, eye=eye, image_format=image_format, quality=quality)
            )
    if offset != len(record):
        raise MalformedDataError("an iris record has data behind its images")
    return tuple(images)


def _parse_eye(record: bytes, offset: int, most: int) -> tuple[int, int, int]:
    """Which eye, its number of images, and the offset of the first one."""
    end = offset + _EYE_HEADER.size
    if end > len(record):
        raise MalformedDataError("an iris record has no room for the header of an eye")
    eye, count = _EYE_HEADER.unpack_from(record, offset)
    if count > most:
        raise MalformedDataError(f"an iris record has more than {MAX_IMAGES} images")
    return eye, count, end


def _parse_image(record: bytes, offset: int) -> tuple[bytes, int, int]:
    """The data of an image, its quality, and the offset behind it."""
    start = offset + _IMAGE_HEADER.size
    if start > len(record):
        raise MalformedDataError("an iris record has no room for the header of an image")
    _, quality, _, _, size = _IMAGE_HEADER.unpack_from(record, offset)
    end = start + size
    if end > len(record):
        raise MalformedDataError("an image does not fit into its iris record")
    return record[start:end], quality, end


def iris_deviations(image: IrisImage) -> Iterator[str]:
    """What the record codes otherwise than the standard allows."""
    if image.image_format not in _IMAGE_FORMATS:
        yield "iris-image-format"
    if image.eye not in _EYES:
        yield "iris-eye"


def build_iris_record(image: IrisImage) -> bytes:
    """Write a record of one image, 8 bits a point, device and orientation left undefined."""
    block = _EYE_HEADER.pack(image.eye, 1) + _IMAGE_HEADER.pack(1, image.quality, 0, 0, len(image.image)) + image.image
    header = _RECORD_HEADER.pack(
        FORMAT_IDENTIFIER,
        VERSION,
        _RECORD_HEADER.size + len(block),
        0,
        1,
        _RECORD_HEADER.size,
        0,
        0,
        image.image_format,
        image.width,
        image.height,
        8,
        0,
        bytes(16),
    )
    return header + block
