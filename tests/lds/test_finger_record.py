"""The finger image record of ISO/IEC 19794-4:2005."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError
from chipid.lds.finger_record import WSQ, FingerImage, build_finger_record, finger_deviations, parse_finger_record
from tests.support.hostile import assert_survives

FINGER = FingerImage(image=b"\xff\xa0" + bytes(20), width=300, height=400, position=2, compression=WSQ, quality=80)
RECORD = build_finger_record([FINGER, replace(FINGER, position=7)])


def test_the_header_is_as_the_standard_lays_it_out() -> None:
    assert RECORD[:8] == b"FIR\x00010\x00"
    assert int.from_bytes(RECORD[8:14], "big") == len(RECORD)
    assert (RECORD[18], RECORD[28], RECORD[29]) == (2, 8, WSQ)  # fingers, bits a point, compression
    assert int.from_bytes(RECORD[32:36], "big") == 14 + 22


def test_what_is_written_is_read_again() -> None:
    assert parse_finger_record(RECORD) == (FINGER, replace(FINGER, position=7))
    assert "ffa0" not in repr(parse_finger_record(RECORD))


@pytest.mark.parametrize("change", [(0, b"PIR"), (4, b"020")])
def test_another_format_is_unsupported(change: tuple[int, bytes]) -> None:
    place, value = change
    with pytest.raises(UnsupportedError):
        parse_finger_record(RECORD[:place] + value + RECORD[place + len(value) :])


@pytest.mark.parametrize(
    ("place", "value"),
    [(8, "000000000001"), (18, "01"), (18, "03"), (32, "0000000d"), (32, "00001000")],
    ids=["record length", "fewer fingers", "more fingers", "view too short", "view too long"],
)
def test_numbers_and_lengths_must_be_right(place: int, value: str) -> None:
    damaged = bytearray(RECORD)
    damaged[place : place + len(value) // 2] = bytes.fromhex(value)
    with pytest.raises(MalformedDataError):
        parse_finger_record(bytes(damaged))


def test_views_are_bounded() -> None:
    with pytest.raises(MalformedDataError):
        parse_finger_record(build_finger_record([replace(FINGER, image=b"")] * 17))


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"compression": 6}, "finger-compression"),
        ({"position": 11}, "finger-position"),
        ({"impression": 7}, "finger-impression"),
    ],
)
def test_a_code_that_the_standard_does_not_know_is_named(changed: dict[str, Any], name: str) -> None:
    assert not list(finger_deviations(FINGER))
    (view,) = parse_finger_record(build_finger_record([replace(FINGER, **changed)]))
    assert list(finger_deviations(view)) == [name]


def test_damaged_records_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_finger_record, RECORD)
