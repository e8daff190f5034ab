"""The templates around biometric records, and what their headers say."""

from __future__ import annotations

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.asn1 import der
from chipid.errors import UnsupportedError
from chipid.lds import biometric_templates
from chipid.lds.biometric_templates import Modality, build_templates, header_deviations, parse_templates
from tests.support.hostile import assert_survives, mutations

TAG = 0x63
FILE = build_templates(TAG, Modality.FINGER, [(0x05, b"first"), (0x06, b"second")])


def header(*values: tuple[int, str]) -> bytes:
    return tlv.encode(0xA1, *(tlv.encode(tag, bytes.fromhex(value)) for tag, value in values))


def test_templates_are_read_in_their_order_with_their_headers() -> None:
    first, second = parse_templates(FILE, TAG)
    assert (first.record, second.record) == (b"first", b"second")
    assert first.header == header((0x81, "08"), (0x82, "05"), (0x87, "0101"), (0x88, "0007"))
    assert b"first" not in repr(first).encode()


def test_nobody_s_fingers_and_a_filler_make_no_templates() -> None:
    raw = tlv.encode(TAG, tlv.encode(0x7F61, der.encode_integer(0)), tlv.encode(0x53, bytes(32)))
    assert parse_templates(raw, TAG) == ()


@pytest.mark.parametrize(
    "group",
    [
        b"",
        tlv.encode(0x7F60, tlv.encode(0x5F2E, b"x")),
        der.encode_integer(1),
        der.encode_integer(1) + tlv.encode(0x7F60, header()),
        der.encode_integer(10) + tlv.encode(0x7F60, tlv.encode(0x5F2E, b"x")) * 10,
    ],
    ids=["empty", "no number", "one missing", "no record", "too many"],
)
def test_a_group_that_does_not_hold_what_it_says_is_malformed(group: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_templates(tlv.encode(TAG, tlv.encode(0x7F61, group)), TAG)


def test_a_file_without_a_group_is_malformed() -> None:
    with pytest.raises(MalformedDataError):
        parse_templates(tlv.encode(TAG, tlv.encode(0x53, b"x")), TAG)


def test_records_of_the_younger_standard_are_unsupported() -> None:
    template = tlv.encode(0x7F60, header(), tlv.encode(0x7F2E, tlv.encode(0xA1)))
    with pytest.raises(UnsupportedError):
        parse_templates(tlv.encode(TAG, tlv.encode(0x7F61, der.encode_integer(1), template)), TAG)


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, ()),
        ({0x87: "01FF"}, ("biometric-format-owner",)),
        ({0x87: None}, ("biometric-format-owner",)),
        ({0x88: "0009"}, ("biometric-format-type",)),
        ({0x88: None}, ("biometric-format-type",)),
        ({0x81: "000008"}, ("biometric-type-deprecated",)),
        ({0x81: "02"}, ("biometric-type",)),
        ({0x81: None}, ()),
        ({0x82: "FE"}, ("biometric-subtype",)),
        ({0x82: None}, ("biometric-subtype",)),
        ({0x82: "00"}, ()),
    ],
)
def test_what_a_header_says_wrong_is_named(changed: dict[int, str | None], names: tuple[str, ...]) -> None:
    usual: dict[int, str | None] = {0x81: "08", 0x82: "05", 0x87: "0101", 0x88: "0007"}
    values = [(tag, value) for tag, value in {**usual, **changed}.items() if value is not None]
    assert header_deviations(header(*values), Modality.FINGER) == names


def test_a_face_needs_no_subtype_and_an_iris_is_right_or_left() -> None:
    face = header((0x87, "0101"), (0x88, "0008"))
    assert header_deviations(face, Modality.FACE) == ()
    iris = header((0x82, "03"), (0x87, "0101"), (0x88, "0009"))
    assert header_deviations(iris, Modality.IRIS) == ("biometric-subtype",)


@pytest.mark.parametrize("raw", [b"\xa1\x05\x87", b"\x87\x00", header((0x87, "0101"), (0x87, "0101"))])
def test_a_header_that_is_no_template_is_named(raw: bytes) -> None:
    assert header_deviations(raw, Modality.FACE) == ("biometric-header-malformed",)


def test_damaged_templates_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(
        lambda raw: [header_deviations(one.header, Modality.FINGER) for one in parse_templates(raw, TAG)], FILE
    )


def test_a_single_template_is_cut_out_as_a_walk_through_the_file_finds_it() -> None:
    """Whatever one byte is changed to, and wherever the file ends."""
    usual = build_templates(0x75, Modality.FACE, [(0, bytes(range(256)) * 2)])
    assert biometric_templates._only_template(usual, 0x75) is not None
    cut_out = 0
    for raw in [*mutations(usual), usual + b"\x00", usual + usual]:
        found = biometric_templates._only_template(raw, 0x75)
        if found is not None:
            assert (found,) == biometric_templates._walk(raw, 0x75)
            cut_out += 1
    assert cut_out > 256  # those whose record was changed


@pytest.mark.parametrize("size", [1, 127, 128, 255, 256, 60_000, 70_000])
def test_a_template_of_any_size_is_read(size: int) -> None:
    (found,) = parse_templates(build_templates(TAG, Modality.FINGER, [(5, bytes(size))]), TAG)
    assert found.record == bytes(size)
