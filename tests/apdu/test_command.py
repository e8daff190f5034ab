"""Command APDUs: published bytes, every case and length form, hostile bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.command import MAX_EXTENDED_NC, MAX_EXTENDED_NE, CommandAPDU
from apdu.errors import APDUError
from tests.support.vectors import example

BYTE = st.integers(0, 0xFF)
SHORT_DATA = st.binary(min_size=1, max_size=255)
EXTENDED_DATA = st.integers(1, MAX_EXTENDED_NC).map(bytes) | st.binary(min_size=1, max_size=300)
SHORT_NE = st.integers(1, 256)
EXTENDED_NE = st.integers(1, MAX_EXTENDED_NE)


def command(data: bytes = b"", ne: int = 0, *, extended: bool = False, cla: int = 0) -> CommandAPDU:
    return CommandAPDU(cla=cla, ins=0xA4, p1=0x02, p2=0x0C, data=data, ne=ne, extended=extended)


@pytest.mark.parametrize(
    ("encoded", "data", "ne"),
    [
        ("00A4020C02011E", "011E", 0),
        ("00A4020C", "", 0),
        ("00A4020C04", "", 4),
        ("00A4020C00", "", 256),
        ("00A4020C02011E00", "011E", 256),
    ],
)
def test_the_four_cases_are_written_and_read_in_the_short_form(encoded: str, data: str, ne: int) -> None:
    expected = command(bytes.fromhex(data), ne)
    assert expected.encode().hex().upper() == encoded
    assert CommandAPDU.decode(bytes.fromhex(encoded)) == expected


@pytest.mark.parametrize(
    ("encoded", "data", "ne"),
    [
        ("00A4020C000002011E", "011E", 0),
        ("00A4020C000004", "", 4),
        ("00A4020C000000", "", 65_536),
        ("00A4020C000002011E0100", "011E", 256),
        ("00A4020C000002011E0000", "011E", 65_536),
    ],
)
def test_the_cases_with_a_length_are_written_and_read_in_the_extended_form(encoded: str, data: str, ne: int) -> None:
    expected = command(bytes.fromhex(data), ne, extended=True)
    assert expected.encode().hex().upper() == encoded
    assert CommandAPDU.decode(bytes.fromhex(encoded)) == expected


@pytest.mark.parametrize("name", ["9303-11_D3_bac", "9303-11_G1_pace_gm_ecdh_bp256_aes128"])
def test_published_commands_survive_decoding_and_encoding(name: str) -> None:
    for exchange in example(name)["apdus"]:
        raw = bytes.fromhex(exchange["C"])
        assert CommandAPDU.decode(raw).encode() == raw


@given(cla=BYTE, ins=BYTE, p1=BYTE, p2=BYTE, data=st.just(b"") | SHORT_DATA, ne=st.just(0) | SHORT_NE)
def test_every_short_command_survives_the_round_trip(
    cla: int, ins: int, p1: int, p2: int, data: bytes, ne: int
) -> None:
    written = CommandAPDU(cla=cla, ins=ins, p1=p1, p2=p2, data=data, ne=ne)
    assert not written.needs_extended
    assert len(written.encode()) == 4 + bool(data) + len(data) + bool(ne)
    assert CommandAPDU.decode(written.encode()) == written


@given(data=st.just(b"") | EXTENDED_DATA, ne=st.just(0) | EXTENDED_NE)
def test_every_extended_command_survives_the_round_trip(data: bytes, ne: int) -> None:
    written = command(data, ne, extended=bool(data or ne))
    assert CommandAPDU.decode(written.encode()) == written


@given(data=st.just(b"") | EXTENDED_DATA, ne=st.just(0) | EXTENDED_NE)
def test_the_extended_form_is_taken_exactly_if_it_is_needed(data: bytes, ne: int) -> None:
    written = command(data, ne)
    assert CommandAPDU.decode(written.encode()).extended is (len(data) > 255 or ne > 256)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_that_encodes_alike_or_are_refused(raw: bytes) -> None:
    try:
        decoded = CommandAPDU.decode(raw)
    except APDUError:
        return
    assert decoded.encode() == raw


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "00A402",
        "00A4020C0201",
        "00A4020C01AABBCC",
        "00A4020C00AA",
        "00A4020C00000002",
        "00A4020C000000AABB",
        "00A4020C000002AA",
        "00A4020C000001AABB",
        "00A4020C000001AABBCCDD",
    ],
)
def test_a_command_whose_lengths_do_not_add_up_is_refused(raw: str) -> None:
    with pytest.raises(APDUError):
        CommandAPDU.decode(bytes.fromhex(raw))


@pytest.mark.parametrize("value", [-1, 256])
@pytest.mark.parametrize("place", range(4))
def test_a_header_value_that_does_not_fit_one_byte_is_refused(place: int, value: int) -> None:
    header = [0, 0, 0, 0]
    header[place] = value
    cla, ins, p1, p2 = header
    with pytest.raises(APDUError, match=("CLA", "INS", "P1", "P2")[place]):
        CommandAPDU(cla=cla, ins=ins, p1=p1, p2=p2)


@pytest.mark.parametrize("ne", [-1, MAX_EXTENDED_NE + 1])
def test_an_expected_length_that_no_command_can_say_is_refused(ne: int) -> None:
    with pytest.raises(APDUError):
        command(ne=ne)


def test_a_data_field_that_no_command_can_carry_is_refused() -> None:
    assert command(bytes(MAX_EXTENDED_NC)).needs_extended
    with pytest.raises(APDUError):
        command(bytes(MAX_EXTENDED_NC + 1))


@pytest.mark.parametrize(
    ("cla", "chained", "secure"),
    [
        (0x00, False, False),
        (0x10, True, False),
        (0x0C, False, True),
        (0x1C, True, True),
        (0x08, False, False),  # secure messaging whose header is not authenticated
        (0x04, False, False),
        (0x4C, False, False),  # logical channel 16: these bits are its number (§5.4.1)
        (0x8C, False, False),  # proprietary
        (0x90, False, False),
    ],
)
def test_the_class_byte_tells_chaining_and_secure_messaging(cla: int, chained: bool, secure: bool) -> None:
    assert command(cla=cla).is_chained is chained
    assert command(cla=cla).is_secure is secure


def test_an_odd_instruction_is_recognised() -> None:
    assert CommandAPDU(cla=0, ins=0xB1, p1=0, p2=0).is_odd
    assert not CommandAPDU(cla=0, ins=0xB0, p1=0, p2=0).is_odd


def test_the_text_form_of_a_command_hides_its_data() -> None:
    text = repr(command(bytes.fromhex("C0FFEE")))
    assert "ins=164" in text
    assert "c0ffee" not in text.lower()
    assert "data" not in text
