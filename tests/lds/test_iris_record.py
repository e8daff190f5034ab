"""The iris image record of ISO/IEC 19794-6:2005."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError
from chipid.lds.iris_record import MONO_JPEG_2000, IrisImage, build_iris_record, iris_deviations, parse_iris_record
from tests.support.hostile import assert_survives

IRIS = IrisImage(image=bytes(24), width=6, height=4, eye=2, image_format=MONO_JPEG_2000, quality=70)
RECORD = build_iris_record(IRIS)


def test_the_header_is_as_the_standard_lays_it_out() -> None:
    assert RECORD[:8] == b"IIR\x00010\x00"
    assert int.from_bytes(RECORD[8:12], "big") == len(RECORD) == 45 + 3 + 11 + 24
    assert (RECORD[14], RECORD[15:17]) == (1, b"\x00\x2d")  # eyes, length of the header


def test_what_is_written_is_read_again() -> None:
    assert parse_iris_record(RECORD) == (IRIS,)


@pytest.mark.parametrize("change", [(0, b"FIS"), (4, b"020")])
def test_another_format_is_unsupported(change: tuple[int, bytes]) -> None:
    place, value = change
    with pytest.raises(UnsupportedError):
        parse_iris_record(RECORD[:place] + value + RECORD[place + len(value) :])


@pytest.mark.parametrize(
    ("place", "value"),
    [(8, "00000001"), (15, "002c"), (14, "00"), (14, "02"), (46, "0002"), (46, "ffff"), (55, "00000019")],
    ids=["record length", "header length", "no eye", "two eyes", "two images", "many images", "image too long"],
)
def test_numbers_and_lengths_must_be_right(place: int, value: str) -> None:
    damaged = bytearray(RECORD)
    damaged[place : place + len(value) // 2] = bytes.fromhex(value)
    with pytest.raises(MalformedDataError):
        parse_iris_record(bytes(damaged))


@pytest.mark.parametrize(
    ("changed", "name"), [({"image_format": 0x0003}, "iris-image-format"), ({"eye": 3}, "iris-eye")]
)
def test_a_code_that_the_standard_does_not_know_is_named(changed: dict[str, Any], name: str) -> None:
    assert not list(iris_deviations(IRIS))
    (image,) = parse_iris_record(build_iris_record(replace(IRIS, **changed)))
    assert list(iris_deviations(image)) == [name]


def test_damaged_records_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_iris_record, RECORD)
