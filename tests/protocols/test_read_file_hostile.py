"""Reading a file from a chip that limits its answers or lies about a length."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu.command import CommandAPDU
from apdu.errors import MalformedDataError, StatusError, TLVError
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.lds.files import FileId
from chipid.protocols import read_file
from chipid.protocols.read_file import QUIRK_SHORT_READS
from tests.protocols.file_card import EF_COM, HEAD, FileCard, file_of, read_com
from tests.support.script_card import Exchange, drive, run


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "5300",
        "538100",
        "5410" + "00" * 16,
        "5310" + "00" * 15,
        "5301AA00",
        "538001AA0000",
        "AABB",
    ],
)
def test_an_odd_answer_that_is_no_data_object_with_bytes_is_malformed(answer: str) -> None:
    content = file_of(0x8010)
    before: list[Exchange] = [("00A4020C020102", "9000"), (HEAD, content[:5] + b"\x90\x00")]
    before += [("00B00005 00 7FFB", content[5:0x8000] + b"\x90\x00")]
    script = read_file.select_and_read(FileId.DG2, max_ne=0x7FFB)
    with pytest.raises(MalformedDataError):
        run(script, *before, ("00B10000 04 54028000 12", answer + "9000"))


LIES = {
    "another tag": ("610A000000", MalformedDataError),
    "a tag of two bytes": ("7F61030000", MalformedDataError),
    "indefinite length": ("6080000000", TLVError),
    "length of four bytes": ("6084000000", TLVError),
    "reserved length": ("60FF000000", TLVError),
    "beyond the bound": ("60830FFFFC", MalformedDataError),
    "far beyond the bound": ("6083FFFFFF", MalformedDataError),
    "no length": ("60", TLVError),
    "cut length": ("608210", TLVError),
    "nothing": ("", TLVError),
    "zeros": ("0000000000", MalformedDataError),
    "erased": ("FFFFFFFFFF", TLVError),
}


@pytest.mark.parametrize(("head", "error"), LIES.values(), ids=LIES)
@pytest.mark.parametrize("sw", ["9000", "6282"])
def test_a_first_answer_that_cannot_be_is_malformed_and_nothing_more_is_read(
    head: str, error: type[MalformedDataError], sw: str
) -> None:
    with pytest.raises(error):
        read_com((HEAD, head + sw))


@pytest.mark.parametrize("head", [EF_COM[:12], EF_COM])
def test_a_first_answer_longer_than_asked_for_is_malformed(head: str) -> None:
    with pytest.raises(MalformedDataError):
        read_com((HEAD, head + "9000"))


def test_a_later_answer_longer_than_asked_for_is_malformed_even_within_the_file() -> None:
    content = file_of(0x200, FileId.COM)
    with pytest.raises(MalformedDataError):
        read_com((HEAD, content[:5] + b"\x90\x00"), ("00B0000580", content[5:0x86] + b"\x90\x00"), max_ne=0x80)
    with pytest.raises(MalformedDataError):
        read_com((HEAD, EF_COM[:10] + "9000"), ("00B0000511", EF_COM[10:] + "009000"))


def test_a_success_without_data_is_malformed() -> None:
    with pytest.raises(MalformedDataError):
        read_com((HEAD, EF_COM[:10] + "9000"), ("00B0000511", "9000"))


REFUSALS = [StatusWord(sw) for sw in (0x6700, 0x6A86, 0x6B00, 0x6282, 0x6F00)]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
@pytest.mark.parametrize(("most", "expected"), [(0xE0, 0xE0), (0xDF, 0xC0), (0xC0, 0xC0), (0x80, 0x80), (0x40, 0x40)])
def test_a_chip_that_refuses_long_reads_is_asked_for_less_and_the_quirk_recorded(
    refusal: StatusWord, most: int, expected: int
) -> None:
    content = file_of(0x8400)
    card = FileCard(FileId.DG2, content, most=most, refusal=refusal)
    result = drive(read_file.select_and_read(FileId.DG2, max_ne=256), card)
    assert result.content == content
    assert result.quirks == (QUIRK_SHORT_READS,)
    assert result.max_ne == expected


def test_a_refused_odd_read_is_tried_with_less_too() -> None:
    content = file_of(0x8000 + 300)
    card = FileCard(FileId.DG2, content, most=0x90)
    assert drive(read_file.select_and_read(FileId.DG2, max_ne=256), card).content == content


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_chip_that_refuses_even_the_shortest_read_ends_the_reading(refusal: StatusWord) -> None:
    content = file_of(1000, FileId.COM)
    reads: list[Exchange] = [(f"00B00005{ne:02X}", f"{refusal}") for ne in (0x00, 0xE0, 0xC0, 0x80, 0x40)]
    with pytest.raises(StatusError) as caught:
        read_com((HEAD, content[:5] + b"\x90\x00"), *reads)
    assert caught.value.sw == refusal


@pytest.mark.parametrize("sw", [0x6982, 0x6988, 0x6A82, 0x6D00, 0x6281, 0x6300, 0x63C1])
def test_another_refusal_in_the_middle_is_a_status_error_at_once(sw: int) -> None:
    content = file_of(1000, FileId.COM)
    with pytest.raises(StatusError) as caught:
        read_com((HEAD, content[:5] + b"\x90\x00"), ("00B0000500", f"{sw:04X}"))
    assert caught.value.sw == sw


def test_data_beside_another_status_word_is_not_taken() -> None:
    with pytest.raises(StatusError):
        read_com((HEAD, EF_COM[:10] + "9000"), ("00B0000511", EF_COM[10:] + "6281"))
    with pytest.raises(StatusError):
        read_com((HEAD, EF_COM[:10] + "6281"))


@pytest.mark.parametrize("end", ["6282", "6B00"])
@pytest.mark.parametrize("missing", [1, 100, 600])
def test_a_file_shorter_than_its_header_says_is_a_status_error(end: str, missing: int) -> None:
    content = file_of(1000, FileId.COM)
    there = content[: 1000 - missing]

    def card_reads() -> list[Exchange]:
        """Whole pieces while they last, what is left with 6282, then ``end`` for every size that is tried."""
        exchanges: list[Exchange] = [(HEAD, content[:5] + b"\x90\x00")]
        offset = 5
        while offset < len(there):
            ne = min(256, 1000 - offset)
            piece = there[offset : offset + ne]
            sw = b"\x90\x00" if len(piece) == ne else b"\x62\x82"
            exchanges.append((f"00B0{offset:04X}{ne & 0xFF:02X}", piece + sw))
            offset += len(piece)
        ne = min(256, 1000 - offset)
        tried = [ne, *(step for step in (0xE0, 0xC0, 0x80, 0x40) if step < ne)]
        return exchanges + [(f"00B0{offset:04X}{one & 0xFF:02X}", end) for one in tried]

    with pytest.raises(StatusError) as caught:
        read_com(*card_reads())
    assert caught.value.sw == int(end, 16)


lengths = st.integers(2, 3000) | st.integers(0x7FF0, 0x8210)


@settings(max_examples=60, deadline=None)
@given(
    length=lengths.filter(lambda length: length not in (130, 259)),
    max_ne=st.integers(0x40, 300) | st.just(65_536),
    most=st.integers(0x48, 300),
    give=st.integers(5, 300),
    refusal=st.sampled_from(REFUSALS),
)
def test_whatever_a_chip_limits_the_file_comes_out_whole(
    length: int, max_ne: int, most: int, give: int, refusal: StatusWord
) -> None:
    content = file_of(length)
    card = FileCard(FileId.DG2, content, most=most, refusal=refusal, piece=lambda asked: min(asked, give))
    result = drive(read_file.select_and_read(FileId.DG2, max_ne=max_ne), card)
    assert result.content == content
    assert (result.quirks == ()) == (result.max_ne == max_ne)


ANSWERS = st.tuples(st.binary(max_size=40), st.sampled_from([0x9000, 0x6282, 0x6700, 0x6B00, 0x6F00, 0x6982]))


@settings(max_examples=200, deadline=None)
@given(st.integers(6, 200).filter(lambda length: length != 130), st.lists(ANSWERS, max_size=12))
def test_a_chip_that_answers_anything_ends_the_reading_with_an_error_or_the_length_it_stated(
    length: int, answers: list[tuple[bytes, int]]
) -> None:
    head = file_of(length, FileId.COM)
    script = read_file.select_and_read(FileId.COM, max_ne=256)
    played = iter([b"\x90\x00", head[:5] + b"\x90\x00", *(data + sw.to_bytes(2, "big") for data, sw in answers)])
    commands = 0

    def card(_: CommandAPDU) -> ResponseAPDU:
        nonlocal commands
        commands += 1
        return ResponseAPDU.decode(next(played, b"\x6f\x00"))

    with suppress(StatusError, MalformedDataError):
        assert len(drive(script, card).content) == length
    assert commands <= 2 + len(answers) + 5  # the sizes that are tried
