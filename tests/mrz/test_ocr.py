"""Typed and optically read zones: what is corrected, and what is left because nothing proves it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError, ToolkitError
from chipid.errors import AccessKeyError
from chipid.mrz.access_key import AccessKey
from chipid.mrz.digit_proofs import CONFUSIONS
from chipid.mrz.mrz import MRZFields, build_td1, parse_mrz
from chipid.mrz.ocr import CorrectedMRZ, access_key_from_typed_mrz, correct_mrz
from chipid.mrz.typed_lines import CorrectionKind

DUMMY = ("IDVNM0990000017001099000001<<8", "9901018M3901016VNM<<<<<<<<<<<4", "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<")
PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")  # 9303-4
FOREIGN = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)  # 9303-5
CHARACTER, FILLER, LENGTH = CorrectionKind.CHARACTER, CorrectionKind.FILLER, CorrectionKind.LENGTH


def misread(lines: tuple[str, ...], *places: tuple[int, int, str]) -> str:
    """The zone with other characters at (line, column), both from 1."""
    rows = [list(line) for line in lines]
    for line, column, character in places:
        rows[line - 1][column - 1] = character
    return "\n".join("".join(row) for row in rows)


def found(text: str) -> tuple[str, list[tuple[int, int, CorrectionKind]], list[str]]:
    corrected = correct_mrz(text)
    places = [(one.line, one.column, one.kind) for one in corrected.corrections]
    return corrected.mrz.text, places, [one.field for one in corrected.wrong_digits]


@pytest.mark.parametrize("lines", [DUMMY, PASSPORT, FOREIGN])
@pytest.mark.parametrize("between", ["\n", "\r\n", " ", "", "\n\n", " \n "])
def test_a_right_zone_stays_as_it_is(lines: tuple[str, ...], between: str) -> None:
    assert found(between.join(lines)) == ("".join(lines), [], [])


@pytest.mark.parametrize(
    "places",
    [
        [(1, 6, "O")],
        [(1, 9, "O"), (1, 10, "D"), (1, 11, "Q")],
        [(1, 14, "I")],
        [(1, 14, "L"), (1, 18, "I"), (2, 3, "O"), (2, 4, "I")],
        [(2, 7, "B")],
        [(2, 6, "I"), (2, 15, "G")],
        [(1, 30, "B")],
        [(1, 28, "K")],
        [(1, 29, "C"), (1, 28, "C")],
        [(line, column, "O") for line, column in [(1, 6), (1, 9), (1, 16), (1, 22), (2, 3), (2, 11)]],
    ],
)
def test_letters_among_the_digits_of_a_vietnamese_card_are_corrected(places: list[tuple[int, int, str]]) -> None:
    expected = [(line, column, CHARACTER) for line, column, _ in sorted(places)]
    assert found(misread(DUMMY, *places)) == ("".join(DUMMY), expected, [])


def test_digits_and_letters_of_a_passport_number_are_corrected_where_it_is_unique() -> None:
    assert found(misread(PASSPORT, (2, 6, "O"))) == ("".join(PASSPORT), [(2, 6, CHARACTER)], [])
    assert found(misread(PASSPORT, (2, 40, "C"))) == ("".join(PASSPORT), [(2, 40, CHARACTER)], [])
    assert found(misread(PASSPORT, (2, 43, "I"), (2, 44, "O"), (2, 18, "I"))) == (
        "".join(PASSPORT),
        [(2, 18, CHARACTER), (2, 43, CHARACTER), (2, 44, CHARACTER)],
        [],
    )


@pytest.mark.parametrize("lines", [PASSPORT, FOREIGN])
def test_one_confusion_anywhere_is_undone_or_left_and_never_made_worse(lines: tuple[str, ...]) -> None:
    for line, row in enumerate(lines, start=1):
        for column, printed in enumerate(row, start=1):
            for read in (one for one, meant in CONFUSIONS.items() if printed in meant):
                text = misread(lines, (line, column, read))
                assert found(text)[0] in ("".join(lines), text.replace("\n", ""))


def test_a_correction_that_is_not_unique_is_not_made() -> None:
    # Two zeroes under the same weight: either may have been the letter.
    number = misread(FOREIGN, (1, 6, "0"), (1, 9, "0"))
    assert found(number)[1:] == ([], ["document_number", "composite"])


def test_letters_that_no_check_digit_tells_apart_stay() -> None:
    fields = MRZFields(
        document_code="I",
        issuer="UTO",
        nationality="UTO",
        document_number="D23145L6",
        birth_date="740812",
        expiry_date="120415",
        sex="F",
        primary_name="Eriksson",
    )
    text = build_td1(fields).replace("L6", "1G")  # G and 6 differ by ten, L and 1 by twenty
    assert found(text) == (text, [], [])


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ((1, 14, "2"), ["document_number", "composite"]),
        ((2, 1, "8"), ["birth_date", "composite"]),
        ((2, 13, "3"), ["expiry_date", "composite"]),
        ((2, 30, "5"), ["composite"]),
        ((1, 20, "3"), ["composite"]),
    ],
)
def test_a_digit_that_was_taken_for_another_is_named_and_left(place: tuple[int, int, str], fields: list[str]) -> None:
    text = misread(DUMMY, place)
    assert found(text) == (text.replace("\n", ""), [], fields)


def test_a_letter_in_a_date_is_corrected_by_its_own_digit_though_the_composite_is_wrong() -> None:
    zone, corrections, wrong = found(misread(DUMMY, (2, 3, "O"), (2, 30, "5")))
    assert zone[32] == "0"
    assert corrections == [(2, 3, CHARACTER)]
    assert wrong == ["composite"]


def test_a_date_is_never_corrected_to_one_that_no_calendar_has() -> None:
    lines = (DUMMY[0], "99O1O18M3901016VNM<<<<<<<<<<<4", DUMMY[2])
    assert found("\n".join(lines))[0] == "".join(DUMMY)
    assert found(misread(DUMMY, (2, 3, "S")))[1] == []


def test_a_name_is_never_corrected() -> None:
    text = misread(DUMMY, (3, 2, "6"), (3, 13, "4"))
    assert found(text) == (text.replace("\n", ""), [], [])


@pytest.mark.parametrize("sign", ["«", "≪", "《"])
def test_a_sign_for_two_fillers_is_two(sign: str) -> None:
    zone, corrections, wrong = found("\n".join(DUMMY).replace("<<", sign))
    assert (zone, wrong) == ("".join(DUMMY), [])
    assert corrections[:4] == [(1, 28, FILLER), (1, 29, FILLER), (2, 19, FILLER), (2, 20, FILLER)]


def test_small_and_wide_letters_are_read() -> None:
    wide = "".join(chr(ord(one) + 0xFEE0) for one in DUMMY[0])
    zone, corrections, wrong = found("\n".join((wide, DUMMY[1].lower(), DUMMY[2].lower())))
    assert (zone, wrong) == ("".join(DUMMY), [])
    assert corrections == [(1, 28, FILLER), (1, 29, FILLER)]


def test_blanks_are_left_out_or_stand_for_fillers_as_the_length_tells() -> None:
    spaced = (DUMMY[0][:5] + " " + DUMMY[0][5:], DUMMY[1].replace("<", " "), DUMMY[2])
    zone, corrections, wrong = found("\n".join(spaced))
    assert (zone, wrong) == ("".join(DUMMY), [])
    assert corrections == [(2, column, FILLER) for column in range(19, 30)]


@pytest.mark.parametrize("names", ["NGUYEN<<VAN<A", "NGUYEN  VAN A", "NGUYEN<<VAN<A".ljust(36, "<")])
def test_the_end_of_the_names_has_the_length_of_the_line(names: str) -> None:
    zone, corrections, wrong = found("\n".join((DUMMY[0], DUMMY[1], names)))
    assert (zone, wrong) == ("".join(DUMMY), [])
    assert (3, 30, LENGTH) in corrections


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (misread(DUMMY, (2, 5, "*")), "line 2, column 5"),
        (misread(DUMMY, (1, 1, "É")), "line 1, column 1"),
        (misread(DUMMY, (3, 7, "\x00")), "line 3, column 7"),
        ("", "no characters"),
        ("\n".join((DUMMY[0], DUMMY[1][:-1], DUMMY[2])), "30 and 29 and 30"),
        ("\n".join(DUMMY[:2]), "30 and 30"),
        ("\n".join((*DUMMY[:2], "A" * 31)), "31"),
        ("A" * 513, "512"),
    ],
)
def test_what_is_no_zone_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(MalformedDataError, match=place):
        correct_mrz(text)


def test_typed_lines_open_the_card() -> None:
    key = access_key_from_typed_mrz(misread(DUMMY, (1, 6, "O"), (2, 4, "I"), (2, 30, "9")))
    assert key == AccessKey.from_mrz(parse_mrz("".join(DUMMY)))


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ((1, 14, "2"), "machine readable zone, line 1, column 15, document number: the check digit does not agree"),
        ((2, 1, "8"), "machine readable zone, line 2, column 7, date of birth: the check digit does not agree"),
        ((2, 13, "3"), "machine readable zone, line 2, column 15, date of expiry: the check digit does not agree"),
        ((2, 5, "*"), "machine readable zone, line 2, column 5: a character that no zone has"),
    ],
)
def test_typed_lines_with_a_wrong_digit_are_refused_by_name(place: tuple[int, int, str], message: str) -> None:
    with pytest.raises(AccessKeyError) as caught:
        access_key_from_typed_mrz(misread(DUMMY, place))
    assert caught.value.message == message


def test_the_representation_shows_places_and_no_contents() -> None:
    text = repr(correct_mrz(misread(DUMMY, (1, 6, "O"))))
    assert "line=1, column=6" in text
    assert "099000001" not in text
    assert "NGUYEN" not in text


LETTERS = [meant for meant in CONFUSIONS if meant.isalpha() and CONFUSIONS[meant].isdigit()]
NUMERIC_PLACES = [(1, c) for c in (*range(6, 28), 30)] + [(2, c) for c in (*range(1, 8), *range(9, 16), 30)]


@given(st.sets(st.sampled_from(NUMERIC_PLACES), max_size=12), st.data())
def test_any_confusions_on_a_vietnamese_card_are_undone(places: set[tuple[int, int]], data: st.DataObject) -> None:
    wrong = []
    for line, column in places:
        similar = [letter for letter in LETTERS if CONFUSIONS[letter] == DUMMY[line - 1][column - 1]]
        if similar:
            wrong.append((line, column, data.draw(st.sampled_from(similar))))
    zone, corrections, digits = found(misread(DUMMY, *wrong))
    assert (zone, digits) == ("".join(DUMMY), [])
    assert [one[:2] for one in corrections] == sorted(one[:2] for one in wrong)


@given(st.text("ABCDKOQSIZ01258<« \n", max_size=100) | st.text(max_size=120))
def test_any_text_is_a_zone_or_refused(text: str) -> None:
    try:
        outcome: CorrectedMRZ | ToolkitError = correct_mrz(text)
    except ToolkitError as error:
        outcome = error
    assert isinstance(outcome, CorrectedMRZ | ToolkitError)


@given(st.text("ABCDKOQSIZ01258<", min_size=88, max_size=90))
def test_the_field_of_every_correction_agrees_with_its_digit(text: str) -> None:
    try:
        corrected = correct_mrz(text)
    except ToolkitError:
        return
    mrz = corrected.mrz
    wrong = {name for digit in corrected.wrong_digits for name in (digit.field, f"{digit.field}_digit")}
    for one in corrected.corrections:
        place = (one.line - 1) * mrz.format.line_length + one.column
        field = next(name for name, (first, last) in mrz.format.places.items() if first <= place <= last)
        assert field not in wrong
