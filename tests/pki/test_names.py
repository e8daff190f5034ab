"""Distinguished names: printing, comparing, hostile ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from chipid.asn1 import der, oids
from chipid.pki.names import MAX_NAME_BYTES, parse_name
from tests.pki.builders import name_der


def _name(*attributes: tuple[str, int, bytes]) -> bytes:
    return der.encode_sequence(
        *(
            der.encode_set(der.encode_sequence(der.encode_oid(oid), tlv.encode(tag, value)))
            for oid, tag, value in attributes
        )
    )


def test_a_name_prints_with_short_labels_and_keeps_its_bytes() -> None:
    raw = _name(
        (oids.COUNTRY_NAME, 0x13, b"vn"),
        (oids.ORGANIZATION_NAME, 0x0C, "Bộ Ví dụ".encode()),
        (oids.SERIAL_NUMBER_NAME, 0x13, b"001"),
        ("1.2.3.4", 0x16, b"x"),
    )
    name = parse_name(raw)
    assert str(name) == "C=vn, O=Bộ Ví dụ, serialNumber=001, 1.2.3.4=x"
    assert (name.raw, name.country) == (raw, "VN")


def test_order_case_spaces_and_text_types_do_not_count() -> None:
    one = parse_name(_name((oids.COUNTRY_NAME, 0x13, b"UT"), (oids.COMMON_NAME, 0x13, b"Example  CSCA ")))
    other = parse_name(
        _name((oids.COMMON_NAME, 0x1E, "example csca".encode("utf-16-be")), (oids.COUNTRY_NAME, 0x0C, b"ut"))
    )
    assert one.matches(other)
    assert not one.matches(parse_name(name_der("Example CSCA 2")))
    assert not one.matches(parse_name(_name((oids.COMMON_NAME, 0x13, b"Example CSCA"))))


def test_a_name_of_great_length_is_malformed() -> None:
    longest = _name((oids.COMMON_NAME, 0x0C, b"a" * (MAX_NAME_BYTES - 21)))
    assert len(longest) == MAX_NAME_BYTES
    assert parse_name(longest).matches(parse_name(longest))
    with pytest.raises(MalformedDataError):
        parse_name(_name((oids.COMMON_NAME, 0x0C, b"a" * (MAX_NAME_BYTES - 20))))


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert (
        str(parse_name(_name((oids.COMMON_NAME, 0x0C, b"a\x1b[31m\n"))))
        == "CN=a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"CSCA, C=VN, CN=true", r"CN=CSCA\, C=VN\, CN=true"),
        (b"CSCA" + b" " * 70 + b"+  3 Signer  ok", "CN=CSCA + 3 Signer ok"),
        (b"back\\slash", r"CN=back\\slash"),
    ],
)
def test_a_name_cannot_look_like_more_than_one_or_like_another_line(text: bytes, shown: str) -> None:
    assert str(parse_name(_name((oids.COMMON_NAME, 0x0C, text)))) == shown


def test_bytes_that_do_not_fit_their_text_type_are_replaced() -> None:
    assert (
        parse_name(_name((oids.COMMON_NAME, 0x0C, b"\xff\xfe")))
        .attributes[0][1]
        .startswith("\N{REPLACEMENT CHARACTER}")
    )
    assert parse_name(_name((oids.COMMON_NAME, 0x1E, b"\x00"))).attributes[0][0] == oids.COMMON_NAME


def test_a_name_without_country_has_none() -> None:
    assert parse_name(_name((oids.COMMON_NAME, 0x13, b"x"))).country == ""
    assert str(parse_name(der.encode_sequence())) == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x31\x00",
        _name((oids.COMMON_NAME, 0x02, b"\x01")),
        der.encode_sequence(der.encode_set(der.encode_sequence(der.encode_oid(oids.COMMON_NAME)))),
        _name(*[(oids.COMMON_NAME, 0x13, b"x")] * 65),
    ],
)
def test_what_is_no_name_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_name(raw)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_name_or_a_toolkit_error(data: bytes) -> None:
    for candidate in (data, tlv.encode(0x30, data), name_der("x")[:-8] + data):
        try:
            str(parse_name(candidate))
        except ToolkitError:
            continue
