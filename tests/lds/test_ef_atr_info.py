import pytest

from apdu.errors import MalformedDataError
from chipid.lds.ef_atr_info import build_ef_atr_info, parse_ef_atr_info
from tests.support.hostile import assert_survives


def test_chaining_and_the_sizes_of_the_buffers_are_read() -> None:
    found = parse_ef_atr_info(bytes.fromhex("4703940160" + "7F6608" + "02020800" + "02020FFF"))
    assert found.capabilities == bytes.fromhex("940160")
    assert (found.max_command, found.max_response) == (0x0800, 0x0FFF)
    assert (found.has_command_chaining, found.has_extended_length, found.announces_buffers) == (False, True, True)


@pytest.mark.parametrize(("command", "response"), [(256, 256), (0xFFFF, 0x10000), (0x8000, 0x80)])
def test_sizes_are_unsigned_and_of_two_or_three_bytes(command: int, response: int) -> None:
    raw = build_ef_atr_info(chaining=True, max_command=command, max_response=response)
    found = parse_ef_atr_info(raw)
    assert (found.raw, found.max_command, found.max_response) == (raw, command, response)
    assert found.has_command_chaining
    assert found.has_extended_length


def test_a_card_without_extended_length_says_nothing_of_buffers() -> None:
    found = parse_ef_atr_info(build_ef_atr_info(chaining=False))
    assert (found.max_command, found.max_response) == (None, None)
    assert (found.has_command_chaining, found.has_extended_length, found.announces_buffers) == (False,) * 3


def test_other_objects_padding_and_short_capabilities_are_tolerated() -> None:
    raw = bytes.fromhex("430180 4601AA 470180 0000")
    found = parse_ef_atr_info(raw)
    assert found.capabilities == b"\x80"
    assert not found.has_extended_length
    assert parse_ef_atr_info(b"").capabilities is None


@pytest.mark.parametrize(
    "text",
    [
        "4700",
        "470400000000",
        "470100470100",
        "7F660402020800",  # LDS_K_03: one size only
        "7F660C020208000202080002020800",
        "7F6608040208000402FFFF",
        "7F660402000200",
        "47030000600001",
        "02",
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDataError):
        parse_ef_atr_info(bytes.fromhex(text))


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_ef_atr_info, build_ef_atr_info(chaining=True, max_command=2048, max_response=65536))


def test_sizes_that_are_announced_and_missing_are_named() -> None:
    complete = build_ef_atr_info(chaining=True, max_command=1000, max_response=1000)
    assert parse_ef_atr_info(complete).deviations == ()
    assert parse_ef_atr_info(complete[:5]).deviations == ("buffer-sizes-missing",)
    assert parse_ef_atr_info(build_ef_atr_info(chaining=True)).deviations == ()
