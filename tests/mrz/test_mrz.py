import string
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError, ToolkitError
from chipid.errors import UnsupportedError
from chipid.mrz.mrz import MRZFields, MRZFormat, build_td1, build_td2, build_td3, parse_mrz
from tests.support.vectors import example

VIETNAMESE = "IDVNM0990000017001099000001<<8\n9901018M3901016VNM<<<<<<<<<<<4\nNGUYEN<<VAN<A<<<<<<<<<<<<<<<<<"
ZONES = [case for case in example("MRZ_check_digits")["cases"] if "lines" in case]
KEY_ZONES = example("9303-11_D2_mrz_information")["cases"]

BUILDERS = {MRZFormat.TD1: build_td1, MRZFormat.TD2: build_td2, MRZFormat.TD3: build_td3}


@pytest.mark.parametrize("case", ZONES, ids=lambda case: case["ref"])
def test_published_zones_have_right_check_digits(case: dict[str, Any]) -> None:
    mrz = parse_mrz("\n".join(case["lines"]))
    assert mrz.wrong_digits == ()
    assert list(mrz.lines) == case["lines"]
    assert mrz.format.name == case["what"][:3]
    if "document_number" in case:
        assert mrz.document_number == case["document_number"]
        assert mrz.check_digits["document_number"].found == case["cd"]


@pytest.mark.parametrize("case", KEY_ZONES, ids=["TD2 long", "TD2", "TD1 long", "TD1"])
def test_zones_of_doc_9303_part_11_appendix_d_2_give_their_fields(case: dict[str, Any]) -> None:
    mrz = parse_mrz("".join(case["mrz"]))
    assert mrz.document_number == case["document_number"].rstrip("<")
    assert (mrz.birth_date, mrz.expiry_date) == (case["dob"], case["doe"])
    digits = mrz.check_digits
    assert [digits[name].found for name in ("document_number", "birth_date", "expiry_date")] == [
        case["doc_cd"],
        case["dob_cd"],
        case["doe_cd"],
    ]
    # Two of the printed composite digits are errata: a wrong digit is a result.
    assert digits["composite"] == (case["composite_computed"], case["composite_printed"], case["composite_ok"])


def test_the_passport_of_doc_9303_part_4_gives_all_its_fields() -> None:
    lines = next(case["lines"] for case in ZONES if "7th ed. specimen" in case["ref"])
    mrz = parse_mrz("\r\n".join(lines) + "\r\n")
    assert mrz.format is MRZFormat.TD3
    assert (mrz.document_code, mrz.issuer, mrz.nationality, mrz.sex) == ("P", "UTO", "UTO", "F")
    assert (mrz.primary_name, mrz.secondary_name) == ("ERIKSSON", "ANNA MARIA")
    assert (mrz.document_number, mrz.optional_data) == ("L898902C3", "ZE184226B")
    assert set(mrz.check_digits) == {"document_number", "birth_date", "expiry_date", "optional_data", "composite"}


def test_the_vietnamese_card_gives_its_fields_and_right_digits() -> None:
    mrz = parse_mrz(VIETNAMESE)
    assert (mrz.document_code, mrz.issuer, mrz.nationality, mrz.sex) == ("ID", "VNM", "VNM", "M")
    assert (mrz.document_number, mrz.optional_data) == ("099000001", "001099000001<<8")
    assert (mrz.birth_date, mrz.expiry_date) == ("990101", "390101")
    assert (mrz.primary_name, mrz.secondary_name) == ("NGUYEN", "VAN A")
    assert mrz.wrong_digits == ()


def test_a_number_that_goes_on_in_the_optional_data_leaves_the_rest_there() -> None:
    mrz = parse_mrz("I<UTOD23145890<7349<XY<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<")
    assert (mrz.document_number, mrz.optional_data) == ("D23145890734", "XY")


def test_a_filler_for_the_digit_of_a_short_number_is_a_wrong_digit() -> None:
    mrz = parse_mrz("I<UTOL898902C<<<<<<<<<<<<<<<<<6908061F9406236UTO<<<<<<<<<<<2ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
    assert mrz.document_number == "L898902C"
    assert mrz.check_digits["document_number"] == ("3", "<", False)


@pytest.mark.parametrize("digit", ["0", "<"])
def test_empty_optional_data_of_a_passport_may_carry_zero_or_a_filler(digit: str) -> None:
    zone = build_td3(passport())
    assert parse_mrz(zone[:86] + digit + zone[87:]).check_digits["optional_data"].ok


@pytest.mark.parametrize("birth_date", ["80<<<<", "8001<<", "<<<<<<"])
def test_unknown_parts_of_the_date_of_birth_count_as_zero(birth_date: str) -> None:
    mrz = parse_mrz(build_td1(card(birth_date=birth_date)))
    assert mrz.birth_date == birth_date
    assert mrz.wrong_digits == ()


def test_each_wrong_digit_is_reported_under_its_field_and_in_the_composite() -> None:
    text = VIETNAMESE.replace("\n", "")
    for place, field in ((14, "document_number"), (36, "birth_date"), (44, "expiry_date")):
        wrong = text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]
        assert parse_mrz(wrong).wrong_digits == (field, "composite")


@given(st.sampled_from(["".join(case["lines"]) for case in ZONES]), st.integers(0, 89), st.sampled_from("0123456789<A"))
def test_the_wrong_digits_are_those_that_do_not_agree(zone: str, place: int, found: str) -> None:
    place %= len(zone)
    try:
        mrz = parse_mrz(zone[:place] + found + zone[place + 1 :])
    except UnsupportedError:
        return  # made a visa of it
    assert mrz.wrong_digits == tuple(name for name, digit in mrz.check_digits.items() if not digit.ok)


@pytest.mark.parametrize(
    "text",
    [
        "",
        VIETNAMESE[:-1],
        VIETNAMESE.lower(),
        VIETNAMESE.replace("<", " "),
        VIETNAMESE.replace("\n", "\n\n"),
        VIETNAMESE.replace("\n", "\x1c"),
        VIETNAMESE.replace("\n", "", 1),
        VIETNAMESE.replace("NGUYEN", "NGUYÊN"),
        VIETNAMESE.replace("9", "９"),
        "A" * 30 + "\n" + "A" * 29 + "\n" + "A" * 31,
    ],
)
def test_another_length_or_alphabet_is_refused_without_quoting_the_zone(text: str) -> None:
    with pytest.raises(MalformedDataError) as caught:
        parse_mrz(text)
    assert "099000001" not in str(caught.value)


def test_a_visa_is_refused_as_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        parse_mrz("V<UTOERIKSSON<<ANNA<MARIA".ljust(44, "<") + "L8988901C4XXX4009078F96121096ZE184226B<<<<<<")


def test_the_representation_shows_no_personal_data() -> None:
    shown = repr(parse_mrz(VIETNAMESE))
    for secret in ("099000001", "NGUYEN", "990101", "390101"):
        assert secret not in shown


def card(**changed: str) -> MRZFields:
    values = {
        "document_code": "ID",
        "issuer": "VNM",
        "nationality": "VNM",
        "document_number": "099000001",
        "birth_date": "990101",
        "expiry_date": "390101",
        "sex": "M",
        "primary_name": "Nguyễn",
        "secondary_name": "Văn A",
    }
    return MRZFields(**{**values, **changed})


def passport() -> MRZFields:
    return card(document_code="P", document_number="C00000001")


def test_build_td1_writes_the_vietnamese_card() -> None:
    assert build_td1(card(optional_data="001099000001<<8")) == VIETNAMESE.replace("\n", "")


@pytest.mark.parametrize("case", [*ZONES, *KEY_ZONES[::2]])
def test_building_from_the_parsed_fields_gives_the_published_zone(case: dict[str, Any]) -> None:
    text = "".join(case.get("lines") or case["mrz"])
    mrz = parse_mrz(text)
    built = BUILDERS[mrz.format](mrz)
    # The standard leaves the digit of empty optional data open.
    assert built == text or (built[86] == "<" and text[86] == "0" and mrz.format is MRZFormat.TD3)


@pytest.mark.parametrize(
    "changed",
    [
        {"document_number": "1" * 24},
        {"optional_data": "1" * 16},
        {"optional_data_2": "1" * 12},
        {"issuer": "VNMX"},
        {"birth_date": "1999-01-01"},
        {"sex": "MM"},
        {"document_code": "id"},
    ],
)
def test_fields_that_do_not_fit_are_refused(changed: dict[str, str]) -> None:
    with pytest.raises(MalformedDataError):
        build_td1(card(**changed))


def test_a_passport_has_neither_long_numbers_nor_a_second_optional_field() -> None:
    with pytest.raises(MalformedDataError):
        build_td3(card(document_number="C000000011"))
    with pytest.raises(MalformedDataError):
        build_td3(card(optional_data_2="1"))


alphanumeric = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=9)
digits = st.text(string.digits, min_size=6, max_size=6)


@given(
    st.sampled_from(list(BUILDERS)),
    st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=20),
    digits,
    digits,
    st.text(string.ascii_uppercase, min_size=1, max_size=10),
    st.text(string.ascii_uppercase, max_size=10),
)
def test_what_is_built_parses_to_the_same_fields_with_right_digits(
    form: MRZFormat, number: str, birth: str, expiry: str, primary: str, secondary: str
) -> None:
    if form is MRZFormat.TD3:
        number = number[:9]
    if form is MRZFormat.TD2:
        number = number[:14]
    fields = card(
        document_number=number, birth_date=birth, expiry_date=expiry, primary_name=primary, secondary_name=secondary
    )
    mrz = parse_mrz(BUILDERS[form](fields))
    assert mrz.wrong_digits == ()
    assert (mrz.document_number, mrz.birth_date, mrz.expiry_date) == (number, birth, expiry)
    assert (mrz.primary_name, mrz.secondary_name) == (primary, secondary)


@given(st.text(max_size=95))
def test_any_text_parses_or_raises_an_error_of_the_toolkit(text: str) -> None:
    with suppress(ToolkitError):
        parse_mrz(text)
