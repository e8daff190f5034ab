"""Reading a file: the commands, files of any length, short pieces, progress."""

from __future__ import annotations

import pytest

from apdu.errors import MalformedDataError, StatusError
from chipid.errors import UnsupportedError
from chipid.lds.files import FileId
from chipid.protocols import read_file
from chipid.protocols.read_file import CVCA_LENGTH, MAX_FILE_LENGTH, FileContent
from tests.protocols.file_card import EF_COM, HEAD, SELECT_COM, FileCard, file_of, read_com
from tests.support.script_card import Exchange, drive, run


def test_a_file_is_selected_its_length_learnt_and_the_rest_read() -> None:
    result = read_com((HEAD, EF_COM[:10] + "9000"), (f"00B00005{len(EF_COM) // 2 - 5:02X}", EF_COM[10:] + "9000"))
    assert result.content.hex().upper() == EF_COM
    assert (result.quirks, result.max_ne) == ((), 256)


def test_by_its_short_identifier_a_file_is_read_without_select() -> None:
    script = read_file.read_by_sfi(FileId.COM, max_ne=256)
    rest = (f"00B00005{len(EF_COM) // 2 - 5:02X}", EF_COM[10:] + "9000")
    assert run(script, ("00B09E0005", EF_COM[:10] + "9000"), rest).content.hex().upper() == EF_COM


def test_a_select_with_a_remark_goes_on() -> None:
    script = read_file.select_and_read(FileId.COM, max_ne=256)
    exchanges: list[Exchange] = [
        ("00A4020C02011E", "6283"),
        (HEAD, EF_COM[:10] + "9000"),
        ("00B0000511", EF_COM[10:] + "9000"),
    ]
    assert run(script, *exchanges).content.hex().upper() == EF_COM


@pytest.mark.parametrize("sw", [0x6A82, 0x6982, 0x6A86, 0x6D00])
def test_a_refused_select_is_a_status_error(sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        run(read_file.select_and_read(FileId.COM, max_ne=256), (SELECT_COM[0], f"{sw:04X}"))
    assert caught.value.sw == sw


@pytest.mark.parametrize("sw", [0x6A82, 0x6982, 0x6986, 0x6700, 0x6B00, 0x6300, 0x6F00])
def test_a_refused_first_read_is_a_status_error(sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        read_com((HEAD, f"{sw:04X}"))
    assert caught.value.sw == sw
    with pytest.raises(StatusError) as caught:
        run(read_file.read_by_sfi(FileId.COM, max_ne=256), ("00B09E0005", f"{sw:04X}"))
    assert caught.value.sw == sw


@pytest.mark.parametrize("length", [2, 3, 4])
@pytest.mark.parametrize("sw", ["9000", "6282"])
def test_a_file_shorter_than_the_first_read_is_complete_with_it(length: int, sw: str) -> None:
    content = file_of(length, FileId.COM).hex()
    assert read_com((HEAD, content + sw)).content.hex() == content


def test_what_a_chip_pads_behind_a_tiny_file_is_cut_off() -> None:
    assert read_com((HEAD, "60010700009000")).content.hex() == "600107"


@pytest.mark.parametrize(
    "length", [5, 6, 129, 131, 258, 260, 261, 0x7FFF, 0x8000, 0x8001, 0x8005, 0x10003, 0x10005, 70_000]
)
@pytest.mark.parametrize("max_ne", [256, 223, 65_536])
def test_files_of_any_length_come_out_whole_and_no_read_crosses_the_end(length: int, max_ne: int) -> None:
    content = file_of(length)
    for script in (
        read_file.select_and_read(FileId.DG2, max_ne=max_ne),
        read_file.read_by_sfi(FileId.DG2, max_ne=max_ne),
    ):
        result = drive(script, FileCard(FileId.DG2, content))
        assert result.content == content
        assert (result.quirks, result.max_ne) == ((), max_ne)


def test_the_last_plain_offset_is_7fff_and_the_odd_instruction_follows() -> None:
    content = file_of(0x8010)
    before: list[Exchange] = [("00A4020C020102", "9000"), (HEAD, content[:5] + b"\x90\x00")]
    before += [("00B00005 00 7FFA", content[5:0x7FFF] + b"\x90\x00")]
    script = read_file.select_and_read(FileId.DG2, max_ne=0x7FFA)
    last_plain: Exchange = ("00B07FFF11", content[0x7FFF:0x8000] + b"\x90\x00")
    first_odd: Exchange = ("00B10000 04 54028000 12", bytes.fromhex("5310") + content[0x8000:] + b"\x90\x00")
    assert run(script, *before, last_plain, first_odd).content == content


@pytest.mark.parametrize(
    ("left", "le", "header"), [(1, "03", "5301"), (127, "81", "537F"), (128, "83", "538180"), (200, "CB", "5381C8")]
)
def test_the_length_asked_of_the_odd_instruction_counts_the_data_object_around(left: int, le: str, header: str) -> None:
    content = file_of(0x8000 + left)
    exchanges: list[Exchange] = [
        ("00A4020C020102", "9000"),
        (HEAD, content[:5] + b"\x90\x00"),
        ("00B00005 00 7FFB", content[5:0x8000] + b"\x90\x00"),
        (f"00B10000 04 54028000 {le}", bytes.fromhex(header) + content[0x8000:] + b"\x90\x00"),
    ]
    assert run(read_file.select_and_read(FileId.DG2, max_ne=0x7FFB), *exchanges).content == content


@pytest.mark.parametrize("sw", ["9000", "6282"])
def test_short_answers_are_joined_at_the_offset_they_reached(sw: str) -> None:
    result = read_com(
        (HEAD, EF_COM[:6] + sw),
        ("00B0000313", EF_COM[6:8] + sw),
        ("00B0000412", EF_COM[8:40] + sw),
        ("00B0001402", EF_COM[40:] + "9000"),
    )
    assert result.content.hex().upper() == EF_COM
    assert result.quirks == ()


def test_pieces_of_one_byte_come_to_an_end() -> None:
    content = file_of(400)
    card = FileCard(FileId.DG2, content, piece=lambda asked: 5 if asked == 5 else 1)
    assert drive(read_file.select_and_read(FileId.DG2, max_ne=256), card).content == content
    assert len(card.reads) < 400


def test_the_longest_file_is_read_and_one_byte_more_is_refused() -> None:
    content = file_of(MAX_FILE_LENGTH)
    card = FileCard(FileId.DG2, content)
    assert drive(read_file.select_and_read(FileId.DG2, max_ne=65_536), card).content == content
    with pytest.raises(MalformedDataError):
        drive(read_file.select_and_read(FileId.DG2, max_ne=65_536), FileCard(FileId.DG2, file_of(MAX_FILE_LENGTH + 1)))


def test_the_authority_references_have_a_fixed_length_and_no_outermost_tag() -> None:
    content = bytes.fromhex("420E") + b"VNCVCAINVENTED" + bytes(20)
    assert len(content) == CVCA_LENGTH
    script = read_file.select_and_read(FileId.CVCA, max_ne=256)
    exchanges: list[Exchange] = [
        ("00A4020C02011C", "9000"),
        (HEAD, content[:5] + b"\x90\x00"),
        ("00B000051F", content[5:] + b"\x90\x00"),
    ]
    assert run(script, *exchanges).content == content


def test_a_file_that_does_not_tell_its_length_is_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        run(
            read_file.select_and_read(FileId.ATR_INFO, max_ne=256), ("00A4020C022F01", "9000"), (HEAD, "47039401809000")
        )
    with pytest.raises(UnsupportedError):
        run(read_file.read_by_sfi(FileId.ATR_INFO, max_ne=256), ("00B0810005", "47039401809000"))


def test_progress_tells_every_step_up_to_the_last_byte() -> None:
    told: list[tuple[int, int]] = []
    card = FileCard(FileId.DG2, file_of(600))
    script = read_file.select_and_read(FileId.DG2, max_ne=256, progress=lambda done, total: told.append((done, total)))
    drive(script, card)
    assert told == [(5, 600), (261, 600), (517, 600), (600, 600)]


def test_progress_of_a_tiny_file_ends_with_its_only_answer() -> None:
    told: list[tuple[int, int]] = []
    script = read_file.read_by_sfi(FileId.COM, max_ne=256, progress=lambda done, total: told.append((done, total)))
    run(script, ("00B09E0005", "6003010203" + "9000"))
    assert told == [(5, 5)]


@pytest.mark.parametrize("file", [file for file in FileId if file.tag is not None], ids=lambda file: file.label)
def test_every_file_with_a_tag_is_addressed_by_both_its_identifiers(file: FileId) -> None:
    content = file_of(50, file)
    assert drive(read_file.select_and_read(file, max_ne=256), FileCard(file, content)).content == content
    assert drive(read_file.read_by_sfi(file, max_ne=256), FileCard(file, content)).content == content


def test_the_content_is_not_shown() -> None:
    result = FileContent(content=b"secret of a person", max_ne=256)
    assert "secret" not in repr(result)
