"""BER-TLV: round trips, bounds, every truncation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import TLVError
from apdu.tlv import TLV

ONE_BYTE_TAG = st.integers(0, 0xFF).filter(lambda tag: tag & 0x1F != 0x1F)
LEADING = st.integers(0, 7).map(lambda bits: bits << 5 | 0x1F)
TWO_BYTE_TAG = st.builds(lambda first, second: first << 8 | second, LEADING, st.integers(0, 0x7F))
THREE_BYTE_TAG = st.builds(
    lambda first, second, third: first << 16 | second << 8 | third,
    LEADING,
    st.integers(0x81, 0xFF),
    st.integers(0, 0x7F),
)
TAG = ONE_BYTE_TAG | TWO_BYTE_TAG | THREE_BYTE_TAG
VALUE = st.binary(max_size=40) | st.sampled_from([127, 128, 255, 256, 65_535, 65_536]).map(bytes)


@given(TAG, VALUE)
def test_every_data_object_survives_the_round_trip(tag: int, value: bytes) -> None:
    raw = tlv.encode(tag, value)
    assert tlv.parse_one(raw, tag) == TLV(tag=tag, value=value, raw=raw)
    assert tlv.read_header(raw) == (tag, len(raw) - len(value), len(value))


@given(TAG, st.binary(max_size=140))
def test_every_truncation_of_a_data_object_is_refused(tag: int, value: bytes) -> None:
    raw = tlv.encode(tag, value)
    for length in range(len(raw)):
        with pytest.raises(TLVError):
            tlv.parse_one(raw[:length])


@given(st.lists(st.tuples(TAG, st.binary(max_size=20)), max_size=8), st.binary(max_size=3))
def test_a_sequence_of_data_objects_is_read_in_order_at_any_offset(
    pairs: list[tuple[int, bytes]], before: bytes
) -> None:
    raw = b"".join(tlv.encode(tag, value) for tag, value in pairs)
    assert [(one.tag, one.value) for one in tlv.parse_all(raw)] == pairs
    assert b"".join(one.raw for one in tlv.parse_all(raw)) == raw
    if pairs:
        first, end = tlv.parse_first(before + raw, len(before))
        assert (first.tag, first.value) == pairs[0]
        assert end == len(before) + len(first.raw)


@given(st.binary(max_size=80))
def test_any_bytes_are_data_objects_that_fill_them_or_are_refused(data: bytes) -> None:
    try:
        found = tlv.parse_all(data)
    except TLVError:
        return
    assert b"".join(one.raw for one in found) == data
    tlv.check_nesting(b"".join(one.raw for one in found if not one.is_constructed))


@given(st.binary(max_size=80))
def test_walking_any_bytes_ends_or_is_refused(data: bytes) -> None:
    try:
        tlv.check_nesting(data)
    except TLVError:
        return
    assert b"".join(one.raw for one in tlv.parse_all(data)) == data


@pytest.mark.parametrize(
    ("raw", "tag", "length"),
    [
        ("6014", 0x60, 20),
        ("7F4900", 0x7F49, 0),
        ("5F0E0A", 0x5F0E, 10),  # ISO/IEC 7816-6 writes this number below 31 in two bytes
        ("7F8149820100", 0x7F8149, 256),
        ("758225E8", 0x75, 0x25E8),
        ("04818000", 0x04, 0x80),
        ("048201", 0x04, None),
        ("0483FFFFFF", 0x04, 0xFFFFFF),
    ],
)
def test_a_header_is_read_without_its_value(raw: str, tag: int, length: int | None) -> None:
    data = bytes.fromhex(raw)
    if length is None:
        with pytest.raises(TLVError, match="truncated length"):
            tlv.read_header(data)
    else:
        assert tlv.read_header(data)[::2] == (tag, length)


@pytest.mark.parametrize("raw", ["048101AA", "04820001AA", "0483000001AA"])
def test_a_length_written_with_more_bytes_than_needed_is_read(raw: str) -> None:
    assert tlv.parse_one(bytes.fromhex(raw)).value == b"\xaa"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "missing its tag"),
        ("04", "no length"),
        ("30800000", "indefinite"),
        ("0484000000010A", "oversized"),
        ("04FF", "oversized"),
        ("7F", "truncated"),
        ("7F81", "truncated"),
        ("7F81818100", "longer than three"),
        ("7F800100", "padding"),
        ("0402AA", "says 2 bytes, 1 are there"),
        ("040100AA", "follow"),
    ],
)
def test_malformed_bytes_are_refused_with_their_reason(raw: str, reason: str) -> None:
    with pytest.raises(TLVError, match=reason):
        tlv.parse_one(bytes.fromhex(raw))


def test_a_tag_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(TLVError, match="60 expected, 61 found"):
        tlv.parse_one(b"\x61\x00", 0x60)


@pytest.mark.parametrize("tag", [0x1F, 0x7F, 0x7F80, 0x7F8180, 0x7F818101, 0x0401, 0x10000])
def test_a_number_that_is_no_tag_is_not_written(tag: int) -> None:
    with pytest.raises(TLVError):
        tlv.encode(tag)


def test_a_value_too_long_for_three_length_bytes_is_not_written() -> None:
    assert tlv.encode_length(0xFFFFFF).hex() == "83ffffff"
    with pytest.raises(TLVError):
        tlv.encode_length(0x1000000)


@pytest.mark.parametrize(("length", "encoded"), [(0, "00"), (127, "7f"), (128, "8180"), (256, "820100")])
def test_lengths_are_written_as_short_as_possible(length: int, encoded: str) -> None:
    assert tlv.encode_length(length).hex() == encoded


def test_children_are_found_by_their_tag() -> None:
    parent = tlv.parse_one(tlv.encode(0x7C, tlv.encode(0x80, b"\x01"), tlv.encode(0x81, b"\x02")))
    assert [one.tag for one in parent.children()] == [0x80, 0x81]
    assert parent.child(0x81).value == b"\x02"
    assert tlv.find(parent.children(), 0x82) is None


def test_a_child_that_is_missing_or_repeated_is_refused() -> None:
    parent = tlv.parse_one(tlv.encode(0x7C, tlv.encode(0x80), tlv.encode(0x80)))
    with pytest.raises(TLVError, match="82 is missing in 7C"):
        parent.child(0x82)
    with pytest.raises(TLVError, match="80 occurs 2 times"):
        parent.child(0x80)


def test_a_primitive_data_object_has_no_children() -> None:
    with pytest.raises(TLVError, match="primitive"):
        tlv.parse_one(tlv.encode(0x5F1F, tlv.encode(0x80))).children()


def test_the_number_of_data_objects_is_bounded() -> None:
    assert len(tlv.parse_all(tlv.encode(0x04) * tlv.MAX_OBJECTS)) == tlv.MAX_OBJECTS
    with pytest.raises(TLVError, match="more than 4096"):
        tlv.parse_all(tlv.encode(0x04) * (tlv.MAX_OBJECTS + 1))


def nested(depth: int) -> bytes:
    raw = b""
    for _ in range(depth):
        raw = tlv.encode(0x30, raw)
    return raw


def test_nesting_is_bounded_by_depth() -> None:
    tlv.check_nesting(nested(tlv.MAX_DEPTH) + nested(2))
    with pytest.raises(TLVError, match="deeper than 16"):
        tlv.check_nesting(nested(tlv.MAX_DEPTH + 1))


def test_nesting_is_bounded_by_the_number_of_objects() -> None:
    tlv.check_nesting(tlv.encode(0x30, tlv.encode(0x04) * 9), max_objects=10)
    with pytest.raises(TLVError, match="more than 10"):
        tlv.check_nesting(tlv.encode(0x30, tlv.encode(0x04) * 10), max_objects=10)
    tlv.check_nesting(tlv.encode(0x30, tlv.encode(0xA5, tlv.encode(0x04) * 100)), max_objects=2, opaque=0xA5)


@pytest.mark.parametrize("raw", ["30020402AAAA", "300104AA", "3001300004", "30037F4905AABBCCDDEE"])
def test_a_data_object_that_reaches_out_of_its_template_is_refused(raw: str) -> None:
    with pytest.raises(TLVError):
        tlv.check_nesting(bytes.fromhex(raw))


def test_the_text_form_of_a_data_object_hides_its_value() -> None:
    assert repr(tlv.parse_one(b"\x5a\x02\xc0\xde")) == "TLV(tag=90)"
