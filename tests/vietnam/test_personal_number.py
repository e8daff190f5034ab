import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError
from chipid.errors import AccessKeyError
from chipid.mrz.access_key import AccessKeyKind
from chipid.vietnam.access_key import access_key_from_personal_number
from chipid.vietnam.personal_number import parse_personal_number
from chipid.vietnam.provinces import PROVINCES

DUMMY = "001099000001"
WRONG = ["", "00109900000", "0010990000011", "00109900000a", "٠٠١٠٩٩٠٠٠٠٠١", "001099 00001", "-01099000001"]


def test_the_dummy_number_tells_its_parts() -> None:
    number = parse_personal_number(DUMMY)
    assert (number.province_code, number.province) == ("001", "Hà Nội")
    assert (number.century, number.sex, number.birth_year) == (1900, "M", 1999)
    assert (number.document_number, number.can) == ("099000001", "000001")


@pytest.mark.parametrize(
    ("digit", "century", "sex"),
    [("0", 1900, "M"), ("1", 1900, "F"), ("2", 2000, "M"), ("3", 2000, "F"), ("5", 2100, "F"), ("9", 2300, "F")],
)
def test_the_fourth_digit_tells_century_and_sex(digit: str, century: int, sex: str) -> None:
    number = parse_personal_number(f"079{digit}01000001")
    assert (number.century, number.sex, number.birth_year) == (century, sex, century + 1)
    assert number.province == "TP. Hồ Chí Minh"


def test_a_code_of_another_country_has_no_province() -> None:
    assert parse_personal_number("100099000001").province is None


def test_there_are_sixty_three_provinces_with_codes_of_three_digits() -> None:
    assert len(PROVINCES) == 63
    assert len(set(PROVINCES.values())) == 63
    assert all(len(code) == 3 and code.isdigit() for code in PROVINCES)
    assert list(PROVINCES) == sorted(PROVINCES)


@pytest.mark.parametrize("text", WRONG)
def test_anything_but_twelve_digits_is_malformed_and_never_quoted(text: str) -> None:
    with pytest.raises(MalformedDataError) as caught:
        parse_personal_number(text)
    assert not text or text not in str(caught.value)


def test_the_representation_hides_the_number() -> None:
    assert "000001" not in repr(parse_personal_number(DUMMY))


@pytest.mark.parametrize("text", [DUMMY, "001 099 000 001", f" {DUMMY}\n"])
def test_the_access_key_is_the_can_at_the_end_of_the_number(text: str) -> None:
    key = access_key_from_personal_number(text)
    assert (key.kind, key.secret) == (AccessKeyKind.CAN, b"000001")


@pytest.mark.parametrize("text", [wrong for wrong in WRONG if " " not in wrong])
def test_a_wrong_number_is_no_access_key(text: str) -> None:
    with pytest.raises(AccessKeyError) as caught:
        access_key_from_personal_number(text)
    assert not text or text not in str(caught.value)


@given(st.text("0123456789", min_size=12, max_size=12))
def test_every_number_of_twelve_digits_is_read(text: str) -> None:
    number = parse_personal_number(text)
    assert number.province_code + text[3] + f"{number.birth_year % 100:02}" + number.can == text
