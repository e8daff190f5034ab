"""Status words: families, counters, meanings."""

from __future__ import annotations

import pytest

from apdu import status
from apdu.status import StatusWord

NAMED = {name: value for name, value in vars(status).items() if isinstance(value, StatusWord)}


def test_every_named_status_word_has_a_meaning_of_its_own() -> None:
    assert len(NAMED) == len(set(NAMED.values()))
    meanings = [sw.meaning for sw in NAMED.values()]
    assert len(meanings) == len(set(meanings))


@pytest.mark.parametrize(
    ("sw", "meaning"),
    [
        (0x9000, "normal processing"),
        (0x6A82, "file or application not found"),
        (0x6988, "incorrect secure messaging data objects"),
        (0x61FA, "250 more bytes available"),
        (0x6100, "256 more bytes available"),
        (0x6C08, "wrong Le, 8 bytes available"),
        (0x6C00, "wrong Le, 256 bytes available"),
        (0x63C2, "verification failed, 2 tries left"),
        (0x63C0, "verification failed, 0 tries left"),
        (0x62F1, "warning, state unchanged"),
        (0x6A99, "wrong parameters P1-P2"),
        (0x1234, "unknown status"),
        (0x9100, "unknown status"),
    ],
)
def test_the_meaning_is_that_of_the_value_and_otherwise_of_the_family(sw: int, meaning: str) -> None:
    assert StatusWord(sw).meaning == meaning


def test_every_status_word_is_at_most_one_of_ok_warning_and_error() -> None:
    for value in range(0x1_0000):
        sw = StatusWord(value)
        assert sw.is_ok is (value == 0x9000)
        assert sw.is_warning is (0x6200 <= value <= 0x63FF)
        assert sw.is_error is (0x6400 <= value <= 0x6FFF)


def test_only_63cx_counts_tries() -> None:
    counted = {value: StatusWord(value).tries_left for value in range(0x1_0000)}
    assert {value: tries for value, tries in counted.items() if tries is not None} == {
        0x63C0 + tries: tries for tries in range(16)
    }


def test_every_status_word_has_a_meaning_with_its_number_filled_in() -> None:
    meanings = {StatusWord(value).meaning for value in range(0x1_0000)}
    assert not any("{" in meaning or not meaning for meaning in meanings)


def test_a_status_word_prints_as_four_hexadecimal_digits_and_counts_as_a_number() -> None:
    sw = StatusWord.from_bytes(b"\x6a\x82", "big")
    assert isinstance(sw, StatusWord)
    assert (str(sw), f"{sw}", repr(sw)) == ("6A82", "6A82", "StatusWord(0x6A82)")
    assert str(StatusWord(0x0009)) == "0009"
    assert sw == 0x6A82
    assert (sw.sw1, sw.sw2) == (0x6A, 0x82)
