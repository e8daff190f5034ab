"""DG4: irises."""

from __future__ import annotations

import pytest

from apdu.errors import MalformedDataError
from chipid.lds.dg4 import build_dg4, parse_dg4
from chipid.lds.iris_record import IrisImage
from tests.support.hostile import assert_survives

RIGHT, LEFT = (IrisImage(image=bytes(24), width=6, height=4, eye=eye) for eye in (1, 2))


def test_what_is_written_is_read_again() -> None:
    dg4 = parse_dg4(build_dg4([RIGHT, LEFT]))
    assert dg4.images == (RIGHT, LEFT)
    assert dg4.deviations == ()


def test_deviations_of_header_and_record_are_named_once() -> None:
    raw = build_dg4([RIGHT, LEFT]).replace(bytes.fromhex("8101108201"), bytes.fromhex("8101028201"))
    assert parse_dg4(raw).deviations == ("biometric-type",)


def test_a_file_of_another_group_is_malformed() -> None:
    with pytest.raises(MalformedDataError):
        parse_dg4(b"\x77" + build_dg4([RIGHT])[1:])


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(lambda raw: parse_dg4(raw).deviations, build_dg4([RIGHT]))
