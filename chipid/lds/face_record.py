"""The face image record of ISO/IEC 19794-5:2005 §5, big endian: header, and for each image information and data."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError

FORMAT_IDENTIFIER = b"FAC\x00"
VERSION = b"010\x00"
MAX_IMAGES = 16
# QUIRK face-record-length: chips of several States are off by up to eight bytes in their record lengths.
LENGTH_TOLERANCE = 8

_RECORD_HEADER = struct.Struct(">4s4sIH")
_FACIAL_INFORMATION = struct.Struct(">IHBBB3sH3s3s")
_IMAGE_INFORMATION = struct.Struct(">BBHHBBHH")
_FEATURE_POINT_LENGTH = 8


class ImageFormat(Enum):
    """What the image data is, by its first bytes; the value is the media type."""

    JPEG = "image/jpeg"
    JPEG_2000 = "image/jp2"
    JPEG_2000_CODESTREAM = "image/j2c"
    UNKNOWN = "application/octet-stream"


_MAGIC = (
    (b"\xff\xd8\xff", ImageFormat.JPEG),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", ImageFormat.JPEG_2000),
    (b"\xff\x4f\xff\x51", ImageFormat.JPEG_2000_CODESTREAM),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceImage:
    """One image with the information of the record; numbers as the standard codes them, 0 for unspecified.

    ``face_image_type``: 0 basic, 1 full frontal, 2 token. ``image_data_type``: 0 JPEG, 1 JPEG 2000 as declared; what
    the data is says :attr:`format`. ``pose`` and ``pose_uncertainty`` are yaw, pitch and roll. ``length_differs`` tells
    that the record or the image is a little longer or shorter than it says.
    """

    image: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    face_image_type: int = 1
    image_data_type: int = 0
    gender: int = field(default=0, repr=False)
    eye_colour: int = field(default=0, repr=False)
    hair_colour: int = field(default=0, repr=False)
    feature_mask: int = field(default=0, repr=False)
    expression: int = field(default=0, repr=False)
    pose: bytes = field(default=bytes(3), repr=False)
    pose_uncertainty: bytes = field(default=bytes(3), repr=False)
    feature_points: tuple[bytes, ...] = field(default=(), repr=False)
    colour_space: int = 0
    source_type: int = 0
    device_type: int = 0
    quality: int = 0
    length_differs: bool = False

    @property
    def format(self) -> ImageFormat:
        return image_format(self.image)


def image_format(data: bytes) -> ImageFormat:
    """Recognise JPEG, JPEG 2000 (JP2) and the raw JPEG 2000 codestream by their first bytes."""
    return next((found for magic, found in _MAGIC if data.startswith(magic)), ImageFormat.UNKNOWN)


class _Place(NamedTuple):
    """Where an image and its feature points stand in a record, and its two blocks of information, unpacked."""

    facial: tuple[int, int, int, int, int, bytes, int, bytes, bytes]
    information: tuple[int, int, int, int, int, int, int, int]
    points: int
    start: int
    end: int
    length_differs: bool


def parse_face_record(record: bytes) -> tuple[FaceImage, ...]:
    """Read all images of a record.

    Its declared length may differ from the real one by :data:`LENGTH_TOLERANCE`; the last image then ends where the
    record ends. Raises :class:`MalformedDataError`, and :class:`UnsupportedError` for another format or version.
    """
    return tuple(_image(record, place) for place in _places(record))


def _places(record: bytes) -> list[_Place]:
    """Every image of a record, checked and not yet cut out."""
    if len(record) < _RECORD_HEADER.size:
        raise MalformedDataError("a face record is shorter than its header")
    identifier, version, length, count = _RECORD_HEADER.unpack_from(record)
    if identifier != FORMAT_IDENTIFIER or version != VERSION:
        raise UnsupportedError("a biometric record is not ISO/IEC 19794-5 of 2005")
    if abs(length - len(record)) > LENGTH_TOLERANCE:
        raise MalformedDataError("a face record is longer or shorter than it says")
    if count > MAX_IMAGES:
        raise MalformedDataError(f"a face record has more than {MAX_IMAGES} images")
    places: list[_Place] = []
    offset = _RECORD_HEADER.size
    for number in range(1, count + 1):
        places.append(_place(record, offset, is_last=number == count))
        offset = places[-1].end
    if places and not length == offset == len(record):
        places[-1] = places[-1]._replace(length_differs=True)
    return places


def _place(record: bytes, offset: int, *, is_last: bool) -> _Place:
    """The image whose information begins at ``offset``."""
    size = len(record)
    points = offset + _FACIAL_INFORMATION.size
    if points > size:
        raise MalformedDataError("a face record has no room for the information of an image")
    facial = _FACIAL_INFORMATION.unpack_from(record, offset)
    information = points + facial[1] * _FEATURE_POINT_LENGTH
    start = information + _IMAGE_INFORMATION.size
    if start > size:
        raise MalformedDataError("the feature points of a face do not fit into the record")
    end = declared = offset + facial[0]
    if is_last and abs(end - size) <= LENGTH_TOLERANCE:
        end = size
    if not start <= end <= size:
        raise MalformedDataError("an image does not fit into its face record")
    if start == end:
        raise MalformedDataError("an image of a face record has no bytes")
    return _Place(facial, _IMAGE_INFORMATION.unpack_from(record, information), points, start, end, end != declared)


def _image(record: bytes, place: _Place) -> FaceImage:
    _, points, gender, eyes, hair, mask, expression, pose, uncertainty = place.facial
    kind, data_type, width, height, colour, source, device, quality = place.information
    starts = range(place.points, place.points + points * _FEATURE_POINT_LENGTH, _FEATURE_POINT_LENGTH)
    return FaceImage(
        image=record[place.start : place.end],
        width=width,
        height=height,
        face_image_type=kind,
        image_data_type=data_type,
        gender=gender,
        eye_colour=eyes,
        hair_colour=hair,
        feature_mask=int.from_bytes(mask, "big"),
        expression=expression,
        pose=pose,
        pose_uncertainty=uncertainty,
        feature_points=tuple(record[start : start + _FEATURE_POINT_LENGTH] for start in starts),
        colour_space=colour,
        source_type=source,
        device_type=device,
        quality=quality,
        length_differs=place.length_differs,
    )


# The codes that ISO/IEC 19794-5:2005 §5.5 and §5.7 define.
_GENDERS = frozenset({0, 1, 2, 0xFF})
_EYE_COLOURS = frozenset({*range(8), 0xFF})
_HAIR_COLOURS = frozenset({*range(10), 0xFF})
_FACE_IMAGE_TYPES = frozenset({0, 1, 2})
_IMAGE_DATA_TYPES = frozenset({0, 1})
_MAX_POSE, _MAX_POSE_UNCERTAINTY = 180, 181


def face_deviations(face: FaceImage) -> Iterator[str]:
    """What the record codes otherwise than the standard allows: it disturbs nobody who shows the picture."""
    colours = (face.gender, face.eye_colour, face.hair_colour)
    poses, types = (face.pose, face.pose_uncertainty), (face.face_image_type, face.image_data_type)
    return _deviations(face.length_differs, colours, poses, types)


def face_record_deviations(record: bytes) -> list[str]:
    """The deviations of every image of a record, as they follow each other, without making any of the images.

    Raises as :func:`parse_face_record`.
    """
    names: list[str] = []
    for place in _places(record):
        facial = place.facial
        names += _deviations(place.length_differs, facial[2:5], facial[7:], place.information[:2])
    return names


def _deviations(
    length_differs: bool,  # noqa: FBT001 - one of what is told of an image
    colours: tuple[int, int, int],
    poses: tuple[bytes, bytes],
    types: tuple[int, int],
) -> Iterator[str]:
    (gender, eyes, hair), (pose, uncertainty), (kind, data_type) = colours, poses, types
    if length_differs:
        yield "face-record-length"
    if gender not in _GENDERS:
        yield "face-gender"
    if eyes not in _EYE_COLOURS:
        yield "face-eye-colour"
    if hair not in _HAIR_COLOURS:
        yield "face-hair-colour"
    if max(pose) > _MAX_POSE:
        yield "face-pose"
    if max(uncertainty) > _MAX_POSE_UNCERTAINTY:
        yield "face-pose-uncertainty"
    if kind not in _FACE_IMAGE_TYPES:
        yield "face-image-type"
    if data_type not in _IMAGE_DATA_TYPES:
        yield "face-image-data-type"


def build_face_record(images: Sequence[FaceImage]) -> bytes:
    """Write a record of one or more images."""
    blocks = b"".join(_build_image(image) for image in images)
    length = _RECORD_HEADER.size + len(blocks)
    return _RECORD_HEADER.pack(FORMAT_IDENTIFIER, VERSION, length, len(images)) + blocks


def _build_image(face: FaceImage) -> bytes:
    points = b"".join(face.feature_points)
    length = _FACIAL_INFORMATION.size + len(points) + _IMAGE_INFORMATION.size + len(face.image)
    information = _FACIAL_INFORMATION.pack(
        length,
        len(face.feature_points),
        face.gender,
        face.eye_colour,
        face.hair_colour,
        face.feature_mask.to_bytes(3, "big"),
        face.expression,
        face.pose,
        face.pose_uncertainty,
    )
    image_information = _IMAGE_INFORMATION.pack(
        face.face_image_type,
        face.image_data_type,
        face.width,
        face.height,
        face.colour_space,
        face.source_type,
        face.device_type,
        face.quality,
    )
    return information + points + image_information + face.image
