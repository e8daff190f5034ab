"""DG3: fingerprints."""

from __future__ import annotations

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.lds.dg3 import build_dg3, parse_dg3
from chipid.lds.finger_record import WSQ, FingerImage
from tests.support.hostile import assert_survives

LEFT = FingerImage(image=bytes(20), width=5, height=4, position=7, compression=WSQ)
RIGHT = FingerImage(image=bytes(20), width=5, height=4, position=2, compression=WSQ)


def test_what_is_written_is_read_again() -> None:
    dg3 = parse_dg3(build_dg3([LEFT, RIGHT]))
    assert dg3.images == (LEFT, RIGHT)
    assert dg3.deviations == ()


@pytest.mark.parametrize(("position", "subtype"), [(1, 0x05), (2, 0x09), (6, 0x06), (10, 0x16), (0, 0), (13, 0)])
def test_the_subtype_is_that_of_the_finger(position: int, subtype: int) -> None:
    raw = build_dg3([FingerImage(image=b"", position=position)])
    assert tlv.encode(0x82, bytes((subtype,))) in raw


def test_deviations_of_header_and_record_are_named_once() -> None:
    raw = build_dg3([LEFT, RIGHT]).replace(bytes.fromhex("870201018802"), bytes.fromhex("870201ff8802"))
    assert parse_dg3(raw).deviations == ("biometric-format-owner",)


def test_a_file_of_another_group_is_malformed() -> None:
    with pytest.raises(MalformedDataError):
        parse_dg3(b"\x64" + build_dg3([LEFT])[1:])


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(lambda raw: parse_dg3(raw).deviations, build_dg3([LEFT]))
