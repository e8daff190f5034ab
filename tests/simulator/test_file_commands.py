"""SELECT and READ BINARY: the A, B, D, E, H, O, Q, S, T and U cases of the public test suites."""

from __future__ import annotations

import pytest

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from chipid.lds.files import FileId
from simulator.access_rules import Always
from simulator.chip import EndOfFile
from tests.simulator import cards
from tests.simulator.terminal import Terminal

PRESENT = [
    one
    for one in FileId
    if not one.in_mf and one not in cards.MISSING and one not in (FileId.CVCA, FileId.DG3, FileId.DG4)
]
APPLICATION = "00A4040C07A0000002471001"
label = lambda one: one.label  # noqa: E731


def _opened(**changes: object) -> Terminal:
    terminal = Terminal(cards.card(**changes))  # type: ignore[arg-type]
    terminal.bac()
    return terminal


@pytest.mark.parametrize("case", ["A_1", "A_2", "A_3"])
def test_the_application_can_be_selected(case: str) -> None:
    changes = {"A_1": {"pace": None}, "A_2": {}, "A_3": {"bac": None}}[case]
    assert Terminal(cards.card(**changes)).raw(APPLICATION) == ("", 0x9000)  # type: ignore[arg-type]


@pytest.mark.parametrize("file", [one for one in FileId if not one.in_mf and one is not FileId.CVCA], ids=label)
def test_files_are_closed_before_access_b_1_to_b_36(file: FileId) -> None:
    terminal = Terminal(cards.card())
    terminal.select_application()
    assert terminal.plain(instructions.select_ef(file.fid)).sw == 0x6982
    response = terminal.plain(instructions.read_binary_sfi(file.sfi, 0, 256))
    assert (response.sw, response.data) == (0x6982, b"")
    response = terminal.plain(instructions.read_binary_odd(0, 256, reference=file.fid))
    assert (response.sw, response.data) == (0x6982, b"")


@pytest.mark.parametrize("file", PRESENT, ids=label)
def test_files_are_selected_and_read_protected_d_1_to_d_22(file: FileId) -> None:
    terminal = _opened()
    assert terminal.secure(instructions.select_ef(file.fid)).sw == 0x9000
    response = terminal.secure(instructions.read_binary(0, 1))
    assert (response.data, response.sw) == (bytes((file.tag or 0,)), 0x9000)


@pytest.mark.parametrize("file", PRESENT, ids=label)
def test_a_short_identifier_reads_and_selects_e_5_to_e_21(file: FileId) -> None:
    terminal = _opened()
    first = terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 6))
    assert (first.data[0], len(first.data)) == (file.tag, 6)
    assert terminal.secure(instructions.read_binary(0, 6)).data == first.data
    assert terminal.secure(instructions.read_binary_odd(2, 5, reference=file.sfi)).data[2:] == first.data[2:5]
    assert terminal.secure(instructions.read_binary_odd(2, 5, reference=file.fid)).data[2:] == first.data[2:5]


@pytest.mark.parametrize(("case", "file"), [("H_1", FileId.DG3), ("H_2", FileId.DG4)])
def test_biometrics_stay_closed_without_terminal_authentication(case: str, file: FileId) -> None:
    terminal = _opened()
    for command in (
        instructions.select_ef(file.fid),
        instructions.read_binary_sfi(file.sfi, 0, 1),
        instructions.read_binary_odd(0, 4, reference=file.sfi),
        instructions.read_binary_odd(0, 4, reference=file.fid),
    ):
        response = terminal.secure(command)
        assert (response.sw, response.data) == (0x6982, b"")


def test_a_missing_group_answers_6a82() -> None:
    terminal = _opened()
    assert terminal.secure_sw("00A4020C02010B") == 0x6A82
    assert terminal.secure_sw("00B08B0001") == 0x6A82
    assert terminal.secure(instructions.read_binary_odd(0, 4, reference=0x010B)).sw == 0x6A82


def test_an_offset_beyond_the_end_is_refused_with_6b00_e_3() -> None:
    terminal = _opened()
    terminal.secure(instructions.select_ef(FileId.COM.fid))
    assert terminal.secure(instructions.read_binary(0x7FFF, 1)).sw == 0x6B00
    assert terminal.secure(instructions.read_binary(len(cards.EF_COM), 1)).sw == 0x6B00
    assert terminal.secure(instructions.read_binary_odd(0x1000000, 4)).sw == 0x6B00


@pytest.mark.parametrize(
    ("rule", "even", "odd"),
    [
        (EndOfFile.WARNING, (cards.EF_COM[20:], 0x6282), (b"\x53\x02" + cards.EF_COM[20:], 0x6282)),
        (EndOfFile.SHORTER, (cards.EF_COM[20:], 0x9000), (b"\x53\x02" + cards.EF_COM[20:], 0x9000)),
        (EndOfFile.WRONG_LENGTH, (b"", 0x6C02), (b"", 0x6C04)),
        (EndOfFile.WRONG_OFFSET, (b"", 0x6B00), (b"", 0x6B00)),
    ],
)
def test_an_expected_length_beyond_the_end_follows_the_profile_e_4(
    rule: EndOfFile, even: tuple[bytes, int], odd: tuple[bytes, int]
) -> None:
    terminal = _opened(end_of_file=rule)
    terminal.secure(instructions.select_ef(FileId.COM.fid))
    response = terminal.secure(instructions.read_binary(20, 0x20))
    assert (response.data, response.sw) == even
    response = terminal.secure(instructions.read_binary_odd(20, 0x20))
    assert (response.data, response.sw) == odd
    # 00 asks for what there is.
    response = terminal.secure(instructions.read_binary(20, 256))
    assert (response.data, response.sw) == (cards.EF_COM[20:], 0x9000)


def test_a_long_file_is_read_to_its_end_across_both_instructions_e_22() -> None:
    terminal = _opened()
    expected = tlv.encode(0x75, cards.LONG_CONTENT)
    terminal.secure(instructions.select_ef(FileId.DG2.fid))
    content = b""
    while len(content) < len(expected):
        missing = len(expected) - len(content)
        if len(content) <= 0x7FFF:
            content += terminal.secure(instructions.read_binary(len(content), min(200, missing))).data
        else:
            answer = terminal.secure(instructions.read_binary_odd(len(content), min(200, missing + 3)))
            content += tlv.parse_one(answer.data, 0x53).value
    assert content == expected


@pytest.mark.parametrize("ne", [3, 4, 0x80, 0x81, 0x82, 0x83, 0x84, 0xFF, 0x100])
def test_the_object_of_an_odd_read_never_exceeds_the_expected_length(ne: int) -> None:
    terminal = Terminal(cards.card())
    long = cards.elementary(FileId.CARD_ACCESS, bytes(5000), Always())
    files = cards.files()
    files.master_file._by_sfi[FileId.CARD_ACCESS.sfi] = long
    terminal = Terminal(cards.card(files=files))
    response = terminal.plain(instructions.read_binary_odd(0, ne, reference=FileId.CARD_ACCESS.sfi))
    assert response.sw == 0x9000
    assert ne - 2 <= len(response.data) <= ne
    tlv.parse_one(response.data, 0x53)


@pytest.mark.parametrize(
    ("case", "commands", "data"),
    [
        ("Q_1", ["00A4020C02011C", "00B0000001"], "31"),
        ("Q_2", ["00B09C0001"], "31"),
        ("Q_3", ["00A4020C02011C", "00B10000045402000003"], "530131"),
        ("Q_4", ["00B1001C045402000003"], "530131"),
        ("T_1", ["00A4020C022F01", "00B0000002"], "4703"),
        ("T_2", ["00B0810001"], "47"),
        ("T_3", ["00A4020C022F01", "00B10000045402000003"], "530147"),
        ("T_4", ["00B10001045402000003"], "530147"),
        ("U_1", ["00A4020C022F00", "00B0000001"], "61"),
        ("U_2", ["00B09E0001"], "61"),
        ("U_3", ["00A4020C022F00", "00B10000045402000003"], "530161"),
        ("U_4", ["00B1001E045402000003"], "530161"),
    ],
)
def test_files_of_the_master_file_are_read_in_the_clear(case: str, commands: list[str], data: str) -> None:
    terminal = Terminal(cards.card())
    *first, last = commands
    assert all(terminal.sw(command) == 0x9000 for command in first)
    assert terminal.raw(last) == (data, 0x9000)


@pytest.mark.parametrize(
    ("case", "commands"),
    [
        ("S_1", ["00A4020C02011D", "00B0000003"]),
        ("S_2", ["00B09D0003"]),
        ("S_3", ["00A4020C02011D", "00B100000354010003"]),
        ("S_4", ["00B1001D0354010003"]),
    ],
)
def test_card_security_is_read_after_pace(case: str, commands: list[str]) -> None:
    terminal = Terminal(cards.card())
    terminal.pace()
    *first, last = commands
    assert all(terminal.secure_sw(command) == 0x9000 for command in first)
    data, sw = terminal.secure_hex(last)
    assert sw == 0x9000
    assert data.startswith("5301" if "B1" in last[:4] else "30")


@pytest.mark.parametrize(
    "command",
    ["00A4020C02011D", "00B09D0001", "00B1001D045402000003", "00B1011D045402000003"],
    ids=["S_5 O_55", "S_6 O_56", "S_8", "B1 with FID"],
)
def test_card_security_is_closed_before_pace(command: str) -> None:
    assert Terminal(cards.card()).raw(command) == ("", 0x6982)


def test_card_security_is_no_file_of_a_session_opened_by_bac() -> None:
    terminal = _opened()
    terminal.secure_sw("00A4000C023F00")
    assert terminal.secure_sw("00B09D0001") == 0x6982


def test_after_pace_a_plain_read_is_refused_o_57() -> None:
    terminal = Terminal(cards.card())
    terminal.pace()
    terminal.secure_sw("00A4020C02011D")
    assert terminal.raw("00B0000000") == ("", 0x6982)


@pytest.mark.parametrize("command", ["00A4000C", "00A4000C023F00", "00A40000023F0000"])
def test_the_master_file_is_selected_or_refused_by_profile(command: str) -> None:
    terminal = Terminal(cards.card())
    terminal.select_application()
    assert terminal.sw(command) == 0x9000
    assert terminal.card.state.df.aid is None
    assert Terminal(cards.card(select_mf_refused=True)).raw(command) == ("", 0x6D00)


@pytest.mark.parametrize(
    ("command", "data"),
    [
        ("00A4020402011C00", "620A80020016820101" + "8302011C"),
        ("00A40200" + "02011C00", "6F0A80020016820101" + "8302011C"),
        ("00A40404" + "07A000000247100100", "620C8201388407A0000002471001"),
        ("00A40404" + "07A0000002471001", ""),
        ("00A40000" + "023F0000", "6F078201388302" + "3F00"),
    ],
)
def test_control_information_is_returned_when_it_is_asked_for(command: str, data: str) -> None:
    answer, sw = Terminal(cards.card()).raw(command)
    assert sw == 0x9000
    assert answer[4:] == data[4:]
    assert answer[:2] == data[:2]


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00A4040C07A0000002471002", 0x6A82),
        ("00A4040C04A0000002", 0x6A82),
        ("00A4040C05A000000247", 0x9000),
        ("00A4040C", 0x6A82),
        ("00A4020C020FFF", 0x6A82),
        ("00A4020C01FF", 0x6A80),
        ("00A4080C02011C", 0x6A86),
        ("00A4021C02011C", 0x6A86),
        ("00A4000C02011C", 0x9000),
        ("00B0000001", 0x6986),
        ("00B1000003540100" + "03", 0x6986),
        ("00B09F0001", 0x6A86),
        ("00B0800001", 0x6A86),
        ("00B0BC0001", 0x6A86),
        ("00B09C00", 0x6700),
        ("00B09C00015400", 0x6700),
        ("00B1001C00", 0x6A80),
        ("00B1001C02540003", 0x6A80),
        ("00B1001C03550100" + "03", 0x6A80),
        ("00B1001C03540100", 0x6700),
        ("00B1001C03540100" + "02", 0x6700),
        ("00B1001C07540500000000" + "0003", 0x6A80),
    ],
)
def test_wrong_parameters_are_refused(command: str, sw: int) -> None:
    assert Terminal(cards.card()).sw(command) == sw


def test_a_failed_select_leaves_the_current_file_alone() -> None:
    terminal = Terminal(cards.card())
    terminal.sw("00A4020C02011C")
    assert terminal.sw("00A4020C020FFF") == 0x6A82
    assert terminal.raw("00B0000001") == ("31", 0x9000)


def test_selecting_an_application_forgets_the_current_file() -> None:
    terminal = Terminal(cards.card())
    terminal.sw("00A4020C02011C")
    terminal.select_application()
    assert terminal.plain(CommandAPDU(cla=0, ins=0xB0, p1=0, p2=0, ne=1)).sw == 0x6986
