"""Response APDUs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import APDUError, StatusError
from apdu.response import ResponseAPDU
from apdu.status import END_OF_FILE, FILE_NOT_FOUND, OK, StatusWord


@given(st.binary(max_size=300), st.integers(0, 0xFFFF).map(StatusWord))
def test_every_response_survives_the_round_trip(data: bytes, sw: StatusWord) -> None:
    response = ResponseAPDU(data=data, sw=sw)
    assert ResponseAPDU.decode(response.encode()) == response
    assert response.encode() == data + bytes((sw.sw1, sw.sw2))


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_a_response_without_a_status_word_is_refused(raw: bytes) -> None:
    with pytest.raises(APDUError):
        ResponseAPDU.decode(raw)


def test_a_response_is_refused_once_it_is_longer_than_an_apdu_can_be() -> None:
    assert len(ResponseAPDU.decode(bytes(65_536) + b"\x90\x00").data) == 65_536
    with pytest.raises(APDUError):
        ResponseAPDU.decode(bytes(65_537) + b"\x90\x00")


def test_the_data_of_an_expected_answer_is_returned() -> None:
    assert ResponseAPDU(data=b"\x60").expect_ok("READ BINARY") == b"\x60"
    assert ResponseAPDU(data=b"\x60", sw=END_OF_FILE).expect("READ BINARY", OK, END_OF_FILE) == b"\x60"


def test_an_unexpected_status_word_is_raised_with_the_operation_and_its_meaning() -> None:
    with pytest.raises(StatusError, match=r"SELECT EF\.COM.*6A82.*not found") as caught:
        ResponseAPDU(sw=FILE_NOT_FOUND).expect_ok("SELECT EF.COM")
    assert caught.value.sw == 0x6A82
    assert caught.value.operation == "SELECT EF.COM"


def test_a_warning_is_not_ok() -> None:
    with pytest.raises(StatusError):
        ResponseAPDU(data=b"\x60", sw=END_OF_FILE).expect_ok("READ BINARY")


def test_the_text_form_of_a_response_hides_its_data() -> None:
    text = repr(ResponseAPDU(data=bytes.fromhex("C0FFEE"), sw=OK))
    assert text == "ResponseAPDU(sw=StatusWord(0x9000))"
