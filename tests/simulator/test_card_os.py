"""Secure messaging, classes, instructions and lengths: what the card OS itself decides."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from simulator.access_rules import AccessStatus
from simulator.card_os import CardOS
from simulator.state import Situation
from simulator.transitions import TRANSITIONS, Instruction
from tests.simulator import cards
from tests.simulator.terminal import Terminal

SELECT_COM = instructions.select_ef(0x011E)
READ_COM = "00B09E0006"
COM = cards.EF_COM[:6].hex().upper()


def _bac() -> Terminal:
    terminal = Terminal(cards.card())
    terminal.bac()
    return terminal


def _protect(terminal: Terminal, command: CommandAPDU) -> CommandAPDU:
    assert terminal.channel is not None
    return terminal.channel.protect(command)


def _without(command: CommandAPDU, tag: int) -> CommandAPDU:
    data = b"".join(one.raw for one in tlv.parse_all(command.data) if one.tag != tag)
    return CommandAPDU(cla=command.cla, ins=command.ins, p1=command.p1, p2=command.p2, data=data, ne=command.ne)


def _flipped(command: CommandAPDU) -> CommandAPDU:
    data = command.data[:-1] + bytes((command.data[-1] ^ 1,))
    return CommandAPDU(cla=command.cla, ins=command.ins, p1=command.p1, p2=command.p2, data=data, ne=command.ne)


def _is_dead(terminal: Terminal) -> bool:
    """True if a correct command with the old keys is refused in the clear."""
    for _ in range(3):  # whether the card has counted the wrong command or not
        response = terminal.plain(_protect(terminal, instructions.read_binary_sfi(0x1E, 0, 6)))
        if response.data or response.sw == 0x9000:
            return False
    return terminal.card.state.terminal.status is AccessStatus.NONE


def test_a_protected_command_with_short_identifier_is_answered_protected_c_8() -> None:
    assert _bac().secure_hex(READ_COM) == (COM, 0x9000)


def test_an_odd_instruction_is_answered_in_do_85_c_9() -> None:
    terminal = _bac()
    protected = _protect(terminal, instructions.read_binary_odd(0, 6, reference=0x1E))
    raw = terminal.plain(protected)
    assert tlv.parse_all(raw.data)[0].tag == 0x85
    assert terminal.channel is not None
    assert terminal.channel.unprotect(raw).data == bytes.fromhex("5304") + cards.EF_COM[:4]


@pytest.mark.parametrize(("case", "odd"), [("C_10", False), ("C_11", True)])
def test_a_selected_file_is_read_by_both_instructions(case: str, odd: bool) -> None:
    terminal = _bac()
    assert terminal.secure(SELECT_COM).sw == 0x9000
    command = instructions.read_binary_odd(0, 6) if odd else instructions.read_binary(0, 6)
    assert terminal.secure(command).data.endswith(cards.EF_COM[:4] if odd else cards.EF_COM[:6])


@pytest.mark.parametrize(
    ("case", "command"), [("C_12", SELECT_COM), ("C_17", instructions.read_binary_sfi(0x1E, 0, 6))]
)
def test_a_missing_checksum_is_6987_in_the_clear_and_ends_the_session(case: str, command: CommandAPDU) -> None:
    terminal = _bac()
    response = terminal.plain(_without(_protect(terminal, command), 0x8E))
    assert (response.sw, response.data) == (0x6987, b"")
    assert _is_dead(terminal)


@pytest.mark.parametrize(
    ("case", "command"), [("C_13", SELECT_COM), ("C_18", instructions.read_binary_sfi(0x1E, 0, 6))]
)
def test_a_wrong_checksum_is_6988_in_the_clear_and_ends_the_session(case: str, command: CommandAPDU) -> None:
    terminal = _bac()
    response = terminal.plain(_flipped(_protect(terminal, command)))
    assert (response.sw, response.data) == (0x6988, b"")
    assert _is_dead(terminal)


def test_a_wrong_counter_is_6988_and_ends_the_session_c_14() -> None:
    terminal = _bac()
    _protect(terminal, SELECT_COM)
    response = terminal.plain(_protect(terminal, SELECT_COM))
    assert (response.sw, response.data) == (0x6988, b"")
    assert _is_dead(terminal)


@pytest.mark.parametrize(
    ("case", "command", "sw"),
    [
        ("C_16", "00A4020C02011E", 0x6982),
        ("J-3", "00A4040C07A0000002471001", 0x9000),
        ("B_37", "00B0000000", 0x6982),
        ("garbage", "00B0", 0x6700),
        ("no such class", "80B09E0001", 0x6E00),
        ("I_5", "8C2241A4", 0x6E00),
    ],
)
def test_a_plain_command_inside_a_session_is_answered_plain_and_ends_it(case: str, command: str, sw: int) -> None:
    terminal = _bac()
    terminal.secure_hex(READ_COM)
    assert terminal.raw(command) == ("", sw)
    assert _is_dead(terminal)


def test_a_plain_select_after_pace_ends_the_session_p_3() -> None:
    terminal = Terminal(cards.card())
    terminal.pace()
    assert terminal.raw("00A4040C07A0000002471001") == ("", 0x9000)
    assert _is_dead(terminal)


def test_a_removed_cryptogram_is_refused_and_ends_the_session_p_80() -> None:
    terminal = Terminal(cards.card())
    terminal.pace()
    protected = _protect(terminal, instructions.select_application(bytes.fromhex("A0000002471001")))
    assert terminal.plain(_without(protected, 0x87)).sw == 0x6988
    assert _is_dead(terminal)


def test_an_application_error_is_answered_protected_and_the_session_goes_on_9303_a() -> None:
    terminal = _bac()
    assert terminal.secure_sw("00A4020C020FFF") == 0x6A82
    assert terminal.secure_sw("00A4020C020103") == 0x6982
    assert terminal.secure_hex(READ_COM) == (COM, 0x9000)


@pytest.mark.parametrize(
    ("command", "sw"),
    [("00B0FF0001", 0x6A86), ("00CA000000", 0x6D00), ("0022FFFF", 0x6A86), ("10A4020C02011E", 0x6884)],
)
def test_refusals_inside_a_session_stay_inside(command: str, sw: int) -> None:
    terminal = _bac()
    assert terminal.secure_sw(command) == sw
    assert terminal.secure_hex(READ_COM) == (COM, 0x9000)


def test_a_superfluous_expected_length_is_refused_inside_and_the_session_goes_on_b33_i_7() -> None:
    terminal = _bac()
    assert terminal.secure(CommandAPDU(cla=0, ins=0x22, p1=0x41, p2=0xA4, data=b"\x80\x00", ne=256)).sw == 0x6A80
    assert terminal.secure_hex(READ_COM) == (COM, 0x9000)


def test_a_protected_command_without_a_session_is_refused() -> None:
    terminal = _bac()
    terminal.card.reset()
    assert terminal.plain(_protect(terminal, SELECT_COM)).sw == 0x6987


@pytest.mark.parametrize("command", ["FF00000000", "FFCA000000", "FF", "FFB09E000100112233"])
def test_pseudo_commands_of_a_reader_are_refused_and_leave_the_session_alone(command: str) -> None:
    terminal = _bac()
    assert terminal.raw(command) == ("", 0x6E00)
    assert terminal.secure_hex(READ_COM) == (COM, 0x9000)


@pytest.mark.parametrize("cla", ["01", "03", "04", "08", "20", "40", "80", "84", "8C", "C0", "FE"])
def test_other_classes_are_refused(cla: str) -> None:
    assert Terminal(cards.card()).sw(f"{cla}A4040C07A0000002471001") == 0x6E00


@pytest.mark.parametrize("ins", ["00", "0E", "20", "2A", "2C", "44", "70", "B2", "C0", "CA", "CB", "D6", "E2"])
def test_unknown_instructions_are_refused(ins: str) -> None:
    assert Terminal(cards.card()).sw(f"00{ins}000000") == 0x6D00


def test_chaining_is_for_general_authenticate_only() -> None:
    assert Terminal(cards.card()).sw("10A4040C07A0000002471001") == 0x6884
    assert Terminal(cards.card()).sw("10860000027C0000") == 0x6985


@pytest.mark.parametrize(
    "command", ["", "00", "00A404", "00A4040C05A000", "00B000000001", "00A4040C07A000000247100100FF"]
)
def test_a_malformed_command_is_answered_with_6700(command: str) -> None:
    assert Terminal(cards.card()).sw(command) == 0x6700


def test_extended_length_is_refused_unless_the_chip_offers_it_9303_ext() -> None:
    read = "00B09C00000100"
    assert Terminal(cards.card()).sw(read) == 0x6700
    assert Terminal(cards.card(extended_length=True)).raw(read) == (cards.EF_CARD_ACCESS.hex().upper(), 0x9000)


def test_extended_length_is_always_allowed_for_general_authenticate() -> None:
    terminal = Terminal(cards.card())
    terminal.pace_set_at()
    data, sw = terminal.raw("108600000000027C000100")
    assert (len(data), sw) == (40, 0x9000)


def test_a_session_inside_extended_length_reads_long_pieces() -> None:
    terminal = Terminal(cards.card(extended_length=True))
    terminal.bac()
    response = terminal.secure(CommandAPDU(cla=0, ins=0xB0, p1=0x82, p2=0, ne=4000, extended=True))
    assert (len(response.data), response.sw) == (4000, 0x9000)


@pytest.mark.parametrize(("open_", "longest"), [("bac", 231), ("pace", 223)])
def test_a_protected_answer_is_cut_to_the_short_form(open_: str, longest: int) -> None:
    terminal = Terminal(cards.card())
    getattr(terminal, open_)()
    terminal.secure_sw("00A4040C07A0000002471001")
    for ne in (longest, longest + 1, 256):
        protected = _protect(terminal, CommandAPDU(cla=0, ins=0xB0, p1=0x82, p2=0, ne=ne))
        raw = terminal.plain(protected)
        assert len(raw.data) <= 256
        assert terminal.channel is not None
        response = terminal.channel.unprotect(raw)
        assert (len(response.data), response.sw) == (longest, 0x9000)


def test_the_counter_rolls_over() -> None:
    """Of eight bytes, and random at its start after Basic Access Control: one session in many millions meets it."""
    rnd_ic = "01020304FFFFFFFF"
    card = CardOS(cards.chip(), entropy=cards.ScriptedEntropy([rnd_ic, "00" * 16]))
    terminal = Terminal(card)
    terminal.bac(rnd_ifd=bytes.fromhex("05060708FFFFFFFA"))
    for _ in range(6):
        assert terminal.secure_hex(READ_COM) == (COM, 0x9000)


def test_a_reset_forgets_everything() -> None:
    terminal = _bac()
    terminal.secure(SELECT_COM)
    terminal.card.reset()
    assert terminal.raw("00B0000001") == ("", 0x6986)
    assert terminal.card.state.df.aid is None
    assert terminal.card.state.situation is Situation.OPEN


def test_every_instruction_stands_in_the_table() -> None:
    assert {instruction for instruction, _ in TRANSITIONS} == set(Instruction)


@given(st.binary(max_size=300))
@settings(max_examples=120, deadline=None)
def test_whatever_the_bytes_are_there_is_a_response(raw: bytes) -> None:
    terminal = _bac()
    response = ResponseAPDU.decode(terminal.card.process(raw))
    assert response.sw == 0x9000 or not response.data or response.sw == 0x6282


_HEADERS = st.sampled_from(
    [
        bytes.fromhex(header)
        for header in ("00A4020C", "00B09E00", "00B1001E", "0022C1A4", "002241A4", "10860000", "00860000")
    ]
)


@given(st.lists(st.tuples(_HEADERS, st.binary(min_size=1, max_size=80)), max_size=8), st.booleans())
@settings(max_examples=50, deadline=None)
def test_no_order_of_commands_opens_a_protected_file(commands: list[tuple[bytes, bytes]], open_first: bool) -> None:
    terminal = Terminal(cards.card())
    if open_first:
        terminal.pace()
    for header, data in commands:
        terminal.card.process(header + bytes((len(data),)) + data + b"\x00")
    terminal.card.process(bytes.fromhex("00A4040C07A0000002471001"))
    assert terminal.raw("00B0810001") == ("", 0x6982)
