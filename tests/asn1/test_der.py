"""DER helpers: published bytes, round trips, hostile input."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import TLVError, ToolkitError
from chipid.asn1 import der
from tests.support.vectors import VECTORS


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, "020100"), (127, "02017f"), (128, "02020080"), (256, "02020100"), (-1, "0201ff"), (-128, "020180")],
)
def test_integers_are_written_as_x690_shows_them(number: int, encoded: str) -> None:
    assert der.encode_integer(number).hex() == encoded


@given(st.integers(min_value=-(2**600), max_value=2**600))
def test_every_integer_survives_the_round_trip(number: int) -> None:
    assert der.decode_integer(tlv.parse_one(der.encode_integer(number))) == number


@pytest.mark.parametrize("encoded", ["0200", "02020001", "0202ffff", "040101"])
def test_an_integer_that_is_empty_padded_or_something_else_is_refused(encoded: str) -> None:
    with pytest.raises(TLVError):
        der.decode_integer(tlv.parse_one(bytes.fromhex(encoded)))


@given(st.lists(st.integers(min_value=0, max_value=2**70), max_size=5), st.integers(0, 2), st.integers(0, 39))
def test_every_object_identifier_survives_the_round_trip(rest: list[int], first: int, second: int) -> None:
    oid = ".".join(map(str, (first, second, *rest)))
    assert der.decode_oid(der.oid_value(oid)) == oid
    assert der.oid_of(tlv.parse_one(der.encode_oid(oid))) == oid


def test_the_second_arc_below_two_may_be_large() -> None:
    assert der.oid_value("2.999.3").hex() == "883703"


@pytest.mark.parametrize("oid", ["", "1", "3.1", "1.40", "1.2.-3", "a.b"])
def test_an_impossible_object_identifier_is_refused(oid: str) -> None:
    with pytest.raises(ValueError):
        der.oid_value(oid)


@pytest.mark.parametrize("value", [b"", b"\x80\x01", b"\x2a\x80\x01", b"\x2a\x86", b"\x2a" * 65])
def test_object_identifier_bytes_that_are_empty_padded_truncated_or_too_long_are_refused(value: bytes) -> None:
    with pytest.raises(TLVError):
        der.decode_oid(value)


def test_set_of_is_sorted() -> None:
    assert der.encode_set(b"\x02\x01\x09", b"\x02\x01\x03").hex() == "3106020103020109"


def test_a_boolean_has_one_byte_and_only_zero_is_false() -> None:
    assert der.decode_boolean(tlv.parse_one(b"\x01\x01\xff"))
    assert der.decode_boolean(tlv.parse_one(b"\x01\x01\x01"))
    assert not der.decode_boolean(tlv.parse_one(b"\x01\x01\x00"))
    with pytest.raises(TLVError):
        der.decode_boolean(tlv.parse_one(b"\x01\x02\x00\x00"))


def test_bit_strings_must_hold_whole_bytes() -> None:
    assert der.decode_bit_string(tlv.parse_one(der.encode_bit_string(b"\x01\x02"))) == b"\x01\x02"
    for encoded in ("0300", "03020480"):
        with pytest.raises(TLVError):
            der.decode_bit_string(tlv.parse_one(bytes.fromhex(encoded)))


def test_definite_data_is_returned_as_it_is_even_with_long_length_fields() -> None:
    data = bytes.fromhex("308104" + "04820000")
    assert der.normalise_ber(data) == data
    sod = (VECTORS / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes()
    assert der.normalise_ber(sod) == sod


@pytest.mark.parametrize(
    ("ber", "definite"),
    [
        ("30800000", "3000"),
        ("3080020101a080020102000002010300" + "00", "300b020101a003020102020103"),
        ("248004020102040103" + "0000", "0403010203"),
        ("2407" + "04020102" + "040103", "0403010203"),
        ("2480" + "2480" + "040101" + "0000" + "040102" + "0000", "04020102"),
        ("a080" + "2480" + "0401aa" + "0000" + "0000", "a0030401aa"),
    ],
)
def test_indefinite_lengths_and_pieces_are_written_in_definite_form(ber: str, definite: str) -> None:
    assert der.normalise_ber(bytes.fromhex(ber)).hex() == definite


@pytest.mark.parametrize(
    "ber",
    ["3080", "30800000ff", "0480010000", "23800301000000", "2480020101" + "0000", "308004", "3003040101" + "00", "00"],
)
def test_unfinished_mixed_or_surplus_ber_is_refused(ber: str) -> None:
    with pytest.raises(TLVError):
        der.normalise_ber(bytes.fromhex(ber))


def _indefinite(data: bytes) -> bytes:
    """``data`` with every constructed length written as an indefinite one."""
    out = b""
    for one in tlv.parse_all(data):
        if one.is_constructed:
            out += tlv.encode_tag(one.tag) + b"\x80" + _indefinite(one.value) + b"\x00\x00"
        else:
            out += one.raw
    return out


def test_a_signed_object_in_indefinite_form_comes_back_byte_for_byte() -> None:
    sod = (VECTORS / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes()
    content = tlv.parse_one(sod, 0x77).value
    assert der.normalise_ber(_indefinite(content)) == content


@given(st.binary(max_size=60))
def test_normalising_any_bytes_gives_definite_data_or_a_toolkit_error(data: bytes) -> None:
    try:
        normalised = der.normalise_ber(data)
    except ToolkitError:
        return
    tlv.parse_one(normalised)
    assert der.normalise_ber(normalised) == normalised


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x30\x80" * 30_000,
        b"\x24\x80" * 30_000 + b"\x00\x00" * 30_000,
        tlv.encode(0x30, b"\x05\x00" * 32_000),
        b"\x30\x80" + b"\x05\x00" * 32_000 + b"\x00\x00",
    ],
)
def test_deep_or_rich_ber_is_refused(hostile: bytes) -> None:
    with pytest.raises(TLVError):
        der.normalise_ber(hostile)


def test_a_huge_object_identifier_is_refused() -> None:
    with pytest.raises(TLVError):
        der.decode_oid(b"\xff" * 65_000 + b"\x01")
