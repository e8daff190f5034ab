import pytest

from apdu.errors import MalformedDataError
from chipid.mrz.mrz import parse_mrz
from chipid.vietnam.card_mrz import is_vietnamese_card, optional_data, read_card_number
from chipid.vietnam.personal_number import parse_personal_number

DUMMY = "IDVNM0990000017001099000001<<8" + "9901018M3901016VNM<<<<<<<<<<<4" + "NGUYEN<<VAN<A".ljust(30, "<")


def test_the_dummy_card_carries_the_whole_number_with_its_digit() -> None:
    found = read_card_number(parse_mrz(DUMMY))
    assert found.personal_number == parse_personal_number("001099000001")
    assert found.check_digit == ("8", "8", True)
    assert found.matches_document_number


def test_the_optional_data_of_the_dummy_is_written_again() -> None:
    assert optional_data(parse_personal_number("001099000001")) == "001099000001<<8"


@pytest.mark.parametrize("digit", ["7", "<"])
def test_a_wrong_or_missing_national_digit_is_a_result(digit: str) -> None:
    found = read_card_number(parse_mrz(DUMMY[:29] + digit + DUMMY[30:]))
    assert found.check_digit == ("8", digit, False)


def test_another_document_number_is_a_result() -> None:
    assert not read_card_number(parse_mrz(DUMMY.replace("0990000017", "0990000024", 1))).matches_document_number


@pytest.mark.parametrize("text", [DUMMY.replace("IDVNM", "IDUTO"), DUMMY.replace("001099000001<<8", "<" * 15)])
def test_a_zone_without_a_personal_number_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDataError):
        read_card_number(parse_mrz(text))


def test_a_passport_is_no_vietnamese_card() -> None:
    assert not is_vietnamese_card(parse_mrz("P<VNM".ljust(44, "<") + "C00000001".ljust(44, "<")))
