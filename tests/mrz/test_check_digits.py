import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError
from chipid.mrz.check_digits import ALPHABET, check_digit, compare
from tests.support.vectors import example

CASES = [case for case in example("MRZ_check_digits")["cases"] if "data" in case]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["ref"])
def test_check_digit_agrees_with_doc_9303_part_3(case: dict[str, str]) -> None:
    assert check_digit(case["data"]) == case["cd"]


@pytest.mark.parametrize("text", ["a", "Á", " ", "12-3", "１", "\n"])
def test_check_digit_refuses_characters_of_no_zone(text: str) -> None:
    with pytest.raises(MalformedDataError):
        check_digit(text)


@given(st.text(ALPHABET + "<", min_size=1, max_size=60), st.integers(0, 59), st.sampled_from("0123456789"))
def test_check_digit_sees_every_change_of_one_digit(text: str, place: int, other: str) -> None:
    place %= len(text)
    changed = text[:place] + other + text[place + 1 :]
    # Weights 7, 3 and 1 are all prime to 10, so only values that agree modulo 10 hide.
    values = [ALPHABET.index(character) if character != "<" else 0 for character in (text[place], other)]
    assert (check_digit(text) == check_digit(changed)) == (values[0] % 10 == values[1] % 10)


def test_an_empty_field_may_carry_a_filler_only_where_that_is_allowed() -> None:
    assert compare("<<<<", "<", filler_if_empty=True).ok
    assert not compare("<<<<", "<").ok
    assert compare("<<<<", "0").ok
    assert not compare("A<<<", "<", filler_if_empty=True).ok
