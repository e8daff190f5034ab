import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError
from chipid.lds.face_record import (
    FaceImage,
    ImageFormat,
    build_face_record,
    face_deviations,
    image_format,
    parse_face_record,
)
from tests.support.hostile import assert_survives

JPEG = bytes.fromhex("FFD8FFE000104A46494600") + bytes(20) + bytes.fromhex("FFD9")
RICH = FaceImage(
    image=JPEG,
    width=240,
    height=320,
    face_image_type=2,
    gender=1,
    eye_colour=3,
    hair_colour=0xFF,
    feature_mask=0x000003,
    expression=1,
    pose=b"\x01\x02\x03",
    pose_uncertainty=b"\x04\x05\x06",
    feature_points=(b"\x01\x21" + bytes(6), b"\x01\x22" + bytes(6)),
    colour_space=1,
    source_type=2,
    device_type=0x1234,
    quality=99,
)


@pytest.mark.parametrize(
    ("start", "found"),
    [
        ("FFD8FFE0", ImageFormat.JPEG),
        ("FFD8FFDB", ImageFormat.JPEG),
        ("0000000C6A5020200D0A870A00000014", ImageFormat.JPEG_2000),
        ("FF4FFF51002F", ImageFormat.JPEG_2000_CODESTREAM),
        ("89504E470D0A1A0A", ImageFormat.UNKNOWN),
        ("", ImageFormat.UNKNOWN),
    ],
)
def test_the_format_of_an_image_is_told_by_its_first_bytes(start: str, found: ImageFormat) -> None:
    assert image_format(bytes.fromhex(start)) is found


def test_a_rich_record_is_read_as_it_was_written() -> None:
    plain = FaceImage(image=b"\xff\x4f\xff\x51\x00", image_data_type=1)
    assert parse_face_record(build_face_record([RICH, plain])) == (RICH, plain)


def test_the_fields_stand_where_iso_19794_5_puts_them() -> None:
    record = build_face_record([RICH])
    assert record[:4] == b"FAC\x00"
    assert struct.unpack(">IH", record[8:14]) == (len(record), 1)
    assert struct.unpack(">IH", record[14:20]) == (len(record) - 14, 2)
    assert record[20:34].hex() == "0103ff0000030001010203040506"
    assert record[50:62].hex() == "020000f00140010212340063"
    assert record[62:] == JPEG


@pytest.mark.parametrize("difference", [-8, -1, 1, 8])
def test_a_record_length_that_is_a_little_wrong_is_tolerated(difference: int) -> None:
    record = bytearray(build_face_record([RICH]))
    record[8:12] = (len(record) + difference).to_bytes(4, "big")
    record[14:18] = (len(record) - 14 + difference).to_bytes(4, "big")
    (image,) = parse_face_record(bytes(record))
    assert image == replace(RICH, length_differs=True)
    assert list(face_deviations(image)) == ["face-record-length"]


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"gender": 3}, "face-gender"),
        ({"eye_colour": 8}, "face-eye-colour"),
        ({"hair_colour": 10}, "face-hair-colour"),
        ({"pose": b"\x00\xb5\x00"}, "face-pose"),
        ({"pose_uncertainty": b"\x00\x00\xb6"}, "face-pose-uncertainty"),
        ({"face_image_type": 3}, "face-image-type"),
        ({"image_data_type": 2}, "face-image-data-type"),
    ],
)
def test_a_code_that_the_standard_does_not_know_is_named(changed: dict[str, Any], name: str) -> None:
    image = replace(RICH, **changed)
    assert parse_face_record(build_face_record([image])) == (image,)
    assert list(face_deviations(image)) == [name]


def test_usual_and_unspecified_codes_are_no_deviations() -> None:
    assert not list(face_deviations(RICH))
    assert not list(face_deviations(FaceImage(image=JPEG)))
    assert not list(face_deviations(replace(RICH, gender=0xFF, eye_colour=0xFF, pose=b"\xb4\xb4\xb4")))


def test_data_behind_the_last_image_is_named() -> None:
    record = bytearray(build_face_record([RICH]))
    record[14:18] = (len(record) - 14 - 24).to_bytes(4, "big")
    (image,) = parse_face_record(bytes(record))
    assert image.image == JPEG[:-24]
    assert list(face_deviations(image)) == ["face-record-length"]


@pytest.mark.parametrize("difference", [-1000, -9, 9, 2**31])
def test_a_record_length_that_is_far_off_is_malformed(difference: int) -> None:
    record = bytearray(build_face_record([FaceImage(image=bytes(2000))]))
    record[8:12] = (len(record) + difference).to_bytes(4, "big")
    with pytest.raises(MalformedDataError):
        parse_face_record(bytes(record))


@pytest.mark.parametrize(
    ("place", "value"),
    [(14, "7fffffff"), (14, "00000000"), (18, "ffff"), (12, "0002"), (12, "ffff")],
    ids=["block too long", "block too short", "points", "one image missing", "images"],
)
def test_lengths_inside_the_record_are_bounded(place: int, value: str) -> None:
    record = bytearray(build_face_record([RICH]))
    record[place : place + len(value) // 2] = bytes.fromhex(value)
    with pytest.raises(MalformedDataError):
        parse_face_record(bytes(record))


def test_an_image_of_no_bytes_is_malformed() -> None:
    with pytest.raises(MalformedDataError, match="no bytes"):
        parse_face_record(build_face_record([FaceImage(image=b"")]))


@pytest.mark.parametrize("start", [b"FIR\x00010\x00", b"FAC\x00030\x00"])
def test_another_record_or_version_is_unsupported(start: bytes) -> None:
    with pytest.raises(UnsupportedError):
        parse_face_record(start + build_face_record([RICH])[8:])


def test_the_representation_shows_neither_image_nor_person() -> None:
    shown = repr(RICH)
    assert "ffd8" not in shown.lower()
    assert "gender" not in shown
    assert "width=240" in shown


def test_damaged_records_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_face_record, build_face_record([RICH, RICH]))


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=4), st.integers(0, 2))
def test_any_number_of_images_round_trips(images: list[bytes], points: int) -> None:
    faces = tuple(FaceImage(image=image, feature_points=(bytes(8),) * points) for image in images)
    assert parse_face_record(build_face_record(faces)) == faces
