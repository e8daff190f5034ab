"""Command builders, against the bytes that the standards and the conformance suites print."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apdu import instructions
from apdu.command import CommandAPDU
from tests.support.vectors import example

AID = bytes.fromhex("A0000002471001")


@pytest.mark.parametrize(
    ("built", "encoded"),
    [
        (instructions.select_mf(), "00A4000C023F00"),
        (instructions.select_application(AID), "00A4040C07A0000002471001"),
        (instructions.select_ef(0x011E), "00A4020C02011E"),
        (instructions.read_binary(0, 4), "00B0000004"),
        (instructions.read_binary(4, 18), "00B0000412"),
        (instructions.read_binary(0x7FFF, 256), "00B07FFF00"),
        (instructions.read_binary(0, 65_536), "00B00000000000"),
        (instructions.read_binary_sfi(0x1E, 0, 6), "00B09E0006"),
        (instructions.read_binary_sfi(1, 255, 256), "00B081FF00"),
        (instructions.read_binary_odd(0, 6, reference=0x1E), "00B1001E0354010006"),
        (instructions.read_binary_odd(0, 256, reference=0x011C), "00B1011C0354010000"),
        (instructions.read_binary_odd(0x8000, 0xE0), "00B100000454028000E0"),
        (instructions.read_binary_odd(0x01_0000, 0xE0), "00B1000005540301" + "0000E0"),
        (instructions.get_challenge(), "0084000008"),
        (instructions.internal_authenticate(bytes.fromhex("5566778811223344")), "0088000008556677881122334400"),
        (instructions.external_authenticate(b"\xaa\xbb"), "0082000002AABB"),
        (instructions.set_at_mutual_authentication(b"\x83\x01\x01"), "0022C1A403830101"),
        (instructions.set_at_internal_authentication(b"\x84\x01\x01"), "002241A403840101"),
        (instructions.set_at_external_authentication(b"\x83\x01\x41"), "002281A403830141"),
        (instructions.set_kat(b"\x91\x01\x01"), "002241A603910101"),
        (instructions.set_dst(b"\x83\x01\x41"), "002281B603830141"),
        (instructions.verify_certificate(b"\x7f\x4e\x00"), "002A00BE037F4E00"),
    ],
)
def test_builders_write_the_bytes_of_the_standard(built: CommandAPDU, encoded: str) -> None:
    assert built.encode().hex().upper() == encoded


def test_mutual_authenticate_is_the_one_of_the_published_example() -> None:
    bac = example("9303-11_D3_bac")
    built = instructions.external_authenticate(bytes.fromhex(bac["E_IFD"] + bac["M_IFD"]), ne=40)
    assert built.encode().hex().upper() == bac["apdus"][1]["C"]


def test_pace_commands_are_those_of_the_published_example() -> None:
    pace = example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
    steps = [
        instructions.set_at_mutual_authentication(bytes.fromhex("800A04007F00070202040202830101")),
        instructions.general_authenticate(b"", last=False),
        instructions.general_authenticate(bytes.fromhex("814104" + pace["map"]["PK_IFD"]), last=False),
        instructions.general_authenticate(bytes.fromhex("834104" + pace["ka"]["PK_IFD"]), last=False),
        instructions.general_authenticate(bytes.fromhex("8508" + pace["T_IFD"]), last=True),
    ]
    assert [step.encode().hex().upper() for step in steps] == [exchange["C"] for exchange in pace["apdus"]]


def test_general_authenticate_asks_for_an_answer_as_long_as_its_data() -> None:
    assert instructions.general_authenticate(bytes(252), last=True).ne == 256
    assert instructions.general_authenticate(bytes(253), last=True).ne == 65_536


@pytest.mark.parametrize(
    "build",
    [
        lambda: instructions.read_binary(-1, 1),
        lambda: instructions.read_binary(0x8000, 1),
        lambda: instructions.read_binary_sfi(0, 0, 1),
        lambda: instructions.read_binary_sfi(31, 0, 1),
        lambda: instructions.read_binary_sfi(1, 256, 1),
        lambda: instructions.read_binary_sfi(1, -1, 1),
        lambda: instructions.read_binary_odd(-1, 1),
        lambda: instructions.read_binary_odd(0, 1, reference=0x1_0000),
        lambda: instructions.read_binary_odd(0, 1, reference=-1),
    ],
)
def test_an_address_that_the_command_cannot_carry_is_refused(build: Callable[[], CommandAPDU]) -> None:
    with pytest.raises(ValueError):
        build()
