"""Do DG1 and DG13 speak of one person? Every field, every reason, and what is only unusual."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.evidence.evidence import Evidence
from chipid.identity.holder import Holder
from chipid.lds.dg1 import DG1, build_dg1, parse_dg1
from chipid.lds.dg13 import DG13, CitizenDetails, build_dg13, parse_dg13
from chipid.lds.files import FileId
from chipid.lds.printed_dates import is_no_expiry, parse_partial_date
from chipid.mrz.mrz import MRZFields, build_td1
from chipid.verification.cross_checks import check_identity
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from chipid.vietnam.card_mrz import optional_data
from chipid.vietnam.personal_number import parse_personal_number
from simulator.scenarios import build_card
from tests.scenarios import readings
from tests.verification import forge
from tests.vietnam.people import AS_OF, Citizen, citizens

Outcome = tuple[Result, Reason]

AGREES: Outcome = (Result.PASSED, Reason.VERIFIED)
DIFFERS: Outcome = (Result.FAILED, Reason.FIELDS_DIFFER)
UNUSUAL: Outcome = (Result.INDETERMINATE, Reason.IMPLAUSIBLE)
UNREADABLE: Outcome = (Result.INDETERMINATE, Reason.DATE_UNREADABLE)
MALFORMED: Outcome = (Result.INDETERMINATE, Reason.FIELD_MALFORMED)
COMPARED = ["personal-number", "document-number", "full-name", "birth-date", "sex", "expiry-date"]
WEIGHED = ["number-sex", "number-birth-year", "portrait-present", "expiry-by-law"]
SIGNED = frozenset({1, 2, 13})

HOLDER = citizens()[0]  # born 1999-01-01, male, issued 2023-06-01, expires 2039-01-01
each_citizen = pytest.mark.parametrize("citizen", citizens(), ids=lambda one: one.key)


def zone(citizen: Citizen = HOLDER, **changes: Any) -> DG1:
    """The citizen's zone with other fields in it."""
    surname, _, given_names = citizen.full_name.partition(" ")
    fields: dict[str, Any] = {
        "document_code": "ID",
        "issuer": "VNM",
        "nationality": "VNM",
        "document_number": citizen.number.document_number,
        "birth_date": f"{citizen.birth_date:%y%m%d}",
        "expiry_date": "991231" if citizen.expiry_date is None else f"{citizen.expiry_date:%y%m%d}",
        "sex": citizen.sex,
        "primary_name": surname,
        "secondary_name": given_names,
        "optional_data": optional_data(citizen.number),
    }
    return parse_dg1(build_dg1(build_td1(MRZFields(**(fields | changes)))))


def details(citizen: Citizen = HOLDER, **changes: Any) -> DG13:
    return parse_dg13(build_dg13(replace(citizen.details, **changes)))


def found(
    dg1: DG1 | None, dg13: DG13 | None, signed: frozenset[int] = SIGNED, today: date = AS_OF
) -> dict[str, Outcome]:
    return {one.subject: (one.result, one.reason) for one in check_identity(dg1, dg13, signed, today=today)}


# One person


@each_citizen
def test_the_groups_of_one_person_agree_in_every_field(citizen: Citizen) -> None:
    assert found(zone(citizen), details(citizen)) == dict.fromkeys([*COMPARED, *WEIGHED], AGREES)


def test_comparisons_are_check_16_and_likelihoods_check_17() -> None:
    results = check_identity(zone(), details(), SIGNED, today=AS_OF)
    assert [(one.check, one.subject) for one in results] == [
        *((Check.DG13_AGAINST_DG1, subject) for subject in COMPARED),
        *((Check.PLAUSIBILITY, subject) for subject in WEIGHED),
    ]


@pytest.mark.parametrize(("dg1", "dg13"), [(None, None), (zone(), None), (None, details())])
def test_one_group_alone_is_not_compared(dg1: DG1 | None, dg13: DG13 | None) -> None:
    (only,) = check_identity(dg1, dg13, SIGNED, today=AS_OF)
    assert (only.check, only.result, only.reason) == (
        Check.DG13_AGAINST_DG1,
        Result.NOT_APPLICABLE,
        Reason.GROUP_NOT_READ,
    )


def test_details_without_text_are_neither_compared_nor_weighed() -> None:
    results = found(zone(), parse_dg13(build_dg13(CitizenDetails())))
    assert results == {"portrait-present": AGREES}  # the date of birth in the zone is enough for that


@pytest.mark.parametrize("missing", ["personal_number", "full_name", "birth_date", "sex", "expiry_date", "issue_date"])
def test_a_sparse_card_of_2024_is_compared_in_what_it_says(missing: str) -> None:
    changes: dict[str, Any] = {missing: None}
    results = found(zone(), details(**changes))
    absent = {
        "personal_number": {"personal-number", "document-number", "number-sex", "number-birth-year"},
        "issue_date": {"expiry-by-law"},
    }.get(missing, {missing.replace("_", "-")})
    assert results == dict.fromkeys({*COMPARED, *WEIGHED} - absent, AGREES)


# Two people


@each_citizen
def test_the_groups_of_two_people_never_agree(citizen: Citizen) -> None:
    for other in citizens():
        if other is not citizen:
            results = found(zone(citizen), details(other))
            assert {"personal-number", "document-number", "full-name"} <= {
                subject for subject, outcome in results.items() if outcome == DIFFERS
            }


@pytest.mark.parametrize(
    ("changed", "differing"),
    [
        ({"personal_number": "001099000022"}, {"personal-number": DIFFERS, "document-number": DIFFERS}),
        ({"personal_number": "079099000021"}, {"personal-number": DIFFERS}),  # another province, the same nine digits
        ({"full_name": "Trần Thị Ví Dụ"}, {"full-name": DIFFERS}),
        ({"birth_date": "02/01/1999"}, {"birth-date": DIFFERS}),
        ({"birth_date": "01/02/1999"}, {"birth-date": DIFFERS}),
        ({"sex": "Nữ"}, {"sex": DIFFERS}),
        ({"expiry_date": "01/01/2024"}, {"expiry-date": DIFFERS}),
        ({"expiry_date": "Không thời hạn"}, {"expiry-date": DIFFERS}),
    ],
)
def test_the_field_that_differs_is_named(changed: dict[str, Any], differing: dict[str, Outcome]) -> None:
    results = found(zone(), details(**changed))
    assert {subject: outcome for subject, outcome in results.items() if outcome == DIFFERS} == differing
    assert {results[subject] for subject in COMPARED} == {AGREES, DIFFERS}


def test_another_year_of_birth_differs_and_is_unusual_besides() -> None:
    results = found(zone(), details(birth_date="01/01/1998"))
    assert results["birth-date"] == DIFFERS
    assert results["number-birth-year"] == UNUSUAL


def test_a_number_in_the_zone_that_is_not_its_document_number_differs() -> None:
    other = parse_personal_number("001099000022")
    assert found(zone(document_number=other.document_number), details())["document-number"] == DIFFERS
    assert found(zone(optional_data=optional_data(other)), details())["personal-number"] == DIFFERS


# What cannot be compared is neither passed nor failed


@pytest.mark.parametrize(
    ("dg1", "changed", "subject", "outcome"),
    [
        (zone(optional_data=""), {}, "personal-number", MALFORMED),
        (zone(), {"personal_number": "00109900002"}, "personal-number", (Result.FAILED, Reason.FIELD_MALFORMED)),
        (zone(), {"sex": "Khác"}, "sex", MALFORMED),
        (zone(sex="<"), {}, "sex", MALFORMED),
        (zone(), {"birth_date": "31/02/1999"}, "birth-date", UNREADABLE),
        (zone(), {"birth_date": "đầu năm 1999"}, "birth-date", UNREADABLE),
        (zone(birth_date="991301"), {}, "birth-date", UNREADABLE),
        (zone(birth_date="<<0101"), {}, "birth-date", UNREADABLE),
        (zone(), {"expiry_date": "đến khi đổi thẻ"}, "expiry-date", UNREADABLE),
        (zone(expiry_date="390132"), {}, "expiry-date", UNREADABLE),
        (zone(expiry_date="390132"), {}, "expiry-by-law", UNREADABLE),
        (zone(), {"full_name": "王 A"}, "full-name", (Result.INDETERMINATE, Reason.UNSUPPORTED)),
        (zone(), {"full_name": "- -"}, "full-name", MALFORMED),
        (zone(), {"full_name": "Nguyễn Mẫu"}, "full-name", (Result.INDETERMINATE, Reason.NAMES_UNCLEAR)),
        (zone(), {"full_name": "Nguyễn Văn Mẫn"}, "full-name", (Result.INDETERMINATE, Reason.NAMES_UNCLEAR)),
    ],
)
def test_what_cannot_be_compared_is_told_so(dg1: DG1, changed: dict[str, Any], subject: str, outcome: Outcome) -> None:
    assert found(dg1, details(**changed))[subject] == outcome


# Names


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["Nguyễn Văn Mẫu", "NGUYỄN VĂN MẪU", "nguyễn  văn mẫu", "Văn Mẫu Nguyễn"])
def test_a_name_agrees_in_every_form_case_and_order(name: str, form: Literal["NFC", "NFD"]) -> None:
    assert found(zone(), details(full_name=unicodedata.normalize(form, name)))["full-name"] == AGREES


@pytest.mark.parametrize("name", ["Đặng Đình Đỗ", "Ðặng Ðình Ðỗ", "ĐẶNG ĐÌNH ĐỖ"])  # Vietnamese and Icelandic letter
def test_a_name_with_the_letter_d_with_stroke_agrees(name: str) -> None:
    assert found(zone(primary_name="DANG", secondary_name="DINH DO"), details(full_name=name))["full-name"] == AGREES


def test_a_name_that_the_zone_cuts_off_agrees() -> None:
    name = "Công Tằng Tôn Nữ Phương Quỳnh Uyển Ưu Yến"
    cut = zone(primary_name="CONG", secondary_name="TANG TON NU PHUONG QUYNH UYEN UU YEN")
    results = check_identity(cut, details(full_name=name), SIGNED, today=AS_OF)
    compared = next(one for one in results if one.subject == "full-name")
    assert (compared.result, compared.facts) == (Result.PASSED, (("agreement", "truncated"), ("score", 90)))
    other = details(full_name="Công Tằng Tôn Nữ Phương Mai Uyển Ưu Yến")
    assert found(cut, other)["full-name"] != AGREES


def test_no_result_repeats_a_name_or_a_number() -> None:
    for other in citizens():
        written = repr(check_identity(zone(), details(other), SIGNED, today=AS_OF))
        for citizen in (HOLDER, other):
            assert citizen.full_name.split()[-1] not in written
            assert citizen.personal_number[3:] not in written


# Dates


@pytest.mark.parametrize("words", ["Không thời hạn", "KHÔNG THỜI HẠN", "Không  thời hạn ", "Vô thời hạn"])
def test_words_for_a_card_for_life_agree_with_the_zone(words: str) -> None:
    elder = next(one for one in citizens() if one.expiry_date is None)
    assert is_no_expiry(unicodedata.normalize("NFD", words))
    assert found(zone(elder), details(elder, expiry_date=words))["expiry-date"] == AGREES
    assert found(zone(), details(expiry_date=words))["expiry-date"] == DIFFERS


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [("31/12/1999", AGREES), ("31/12/2099", AGREES), ("01/01/2039", DIFFERS), ("-", UNREADABLE)],
)
def test_a_card_for_life_may_print_the_date_of_its_zone(printed: str, outcome: Outcome) -> None:
    elder = next(one for one in citizens() if one.expiry_date is None)
    assert found(zone(elder), details(elder, expiry_date=printed))["expiry-date"] == outcome


@pytest.mark.parametrize(
    ("born", "printed", "outcome"),
    [
        ("990101", "1999", AGREES),
        ("990101", "00/00/1999", AGREES),
        ("990101", "00/01/1999", AGREES),
        ("990101", "01/1999", AGREES),
        ("99<<<<", "1999", AGREES),
        ("9901<<", "01/01/1999", AGREES),
        ("9901<<", "00/02/1999", DIFFERS),
        ("99<<<<", "01/01/1998", DIFFERS),
        ("990101", "1998", DIFFERS),
    ],
)
def test_an_unknown_day_or_month_is_not_compared(born: str, printed: str, outcome: Outcome) -> None:
    assert found(zone(birth_date=born), details(birth_date=printed))["birth-date"] == outcome


def test_a_year_of_birth_alone_is_weighed_against_the_number() -> None:
    assert found(zone(birth_date="99<<<<"), details(birth_date="1999"))["number-birth-year"] == AGREES
    results = found(zone(birth_date="99<<<<"), details(birth_date="1999"))
    assert "expiry-by-law" not in results
    assert "portrait-present" not in results


def citizen_born(born: date, issued: date, expires: date | None, number: str, sex: str = "M") -> Citizen:
    return replace(HOLDER, birth_date=born, issue_date=issued, expiry_date=expires, personal_number=number, sex=sex)


@pytest.mark.parametrize(
    "citizen",
    [
        # Over a hundred years old: the zone alone would make a child of her, born in 2024.
        citizen_born(date(1924, 3, 5), date(2023, 6, 1), None, "001124000021", "F"),
        citizen_born(date(1925, 6, 1), date(2023, 6, 1), None, "001025000021"),
        citizen_born(date(1999, 12, 31), date(2023, 1, 2), date(2039, 12, 31), "001099000021"),
        citizen_born(date(2000, 1, 1), date(2023, 6, 1), date(2040, 1, 1), "001200000021"),
        citizen_born(date(2000, 2, 29), date(2022, 1, 3), date(2025, 2, 28), "001200000021"),
        citizen_born(date(2000, 2, 29), date(2022, 1, 3), date(2025, 3, 1), "001200000021"),
        citizen_born(date(2025, 5, 31), date(2025, 6, 1), date(2039, 5, 31), "001225000021"),
    ],
    ids=lambda one: f"{one.birth_date}",
)
def test_a_century_is_taken_from_the_details(citizen: Citizen) -> None:
    assert found(zone(citizen), details(citizen)) == dict.fromkeys([*COMPARED, *WEIGHED], AGREES)


def test_the_same_digits_of_another_century_are_unusual_and_not_different() -> None:
    results = found(zone(), details(birth_date="01/01/1899"))
    assert results["birth-date"] == AGREES
    assert results["number-birth-year"] == UNUSUAL


@pytest.mark.parametrize("issued", ["01/01/1998", "31/02/2020", "2020"])
def test_an_impossible_day_of_issue_never_fails(issued: str) -> None:
    results = found(zone(), details(issue_date=issued))
    assert results.get("expiry-by-law", UNUSUAL) == UNUSUAL
    assert Result.FAILED not in {result for result, _ in results.values()}


@pytest.mark.parametrize("text", ["", "0", "99", "1999/01/01", "00/00/0000", "01/00/1999x", "32/01/1999", "00/13/1999"])
def test_what_is_no_date_of_birth_is_not_read_as_one(text: str) -> None:
    with pytest.raises(Exception, match="date"):
        parse_partial_date(text)


# Plausibility


@pytest.mark.parametrize(
    ("citizen", "subject"),
    [
        (replace(HOLDER, personal_number="001199000021"), "number-sex"),  # a number of a woman
        (replace(HOLDER, personal_number="001098000021"), "number-birth-year"),
        (replace(HOLDER, personal_number="001299000021"), "number-birth-year"),  # of another century
        (replace(HOLDER, expiry_date=date(2038, 1, 1)), "expiry-by-law"),
        (replace(HOLDER, expiry_date=None), "expiry-by-law"),
    ],
)
def test_what_is_unusual_is_a_warning_and_never_a_failure(citizen: Citizen, subject: str) -> None:
    assert found(zone(citizen), details(citizen)) == dict.fromkeys([*COMPARED, *WEIGHED], AGREES) | {subject: UNUSUAL}


@pytest.mark.parametrize("code", ["999", "000", "003", "101"])
def test_a_number_of_a_registration_abroad_or_an_unknown_place_is_not_unusual(code: str) -> None:
    abroad = replace(HOLDER, personal_number=code + HOLDER.personal_number[3:])
    assert found(zone(abroad), details(abroad)) == dict.fromkeys([*COMPARED, *WEIGHED], AGREES)


@pytest.mark.parametrize(
    ("born", "outcome"), [(date(2017, 6, 1), UNUSUAL), (date(2017, 6, 2), AGREES), (date(2022, 1, 1), AGREES)]
)
def test_a_portrait_may_be_absent_under_six_only(born: date, outcome: Outcome) -> None:
    expires = date(born.year + 25, born.month, born.day)
    child = citizen_born(born, date(2023, 6, 1), expires, f"0012{born:%y}000021")
    assert found(zone(child), details(child), frozenset({1, 13}))["portrait-present"] == outcome
    assert found(zone(child), details(child))["portrait-present"] == AGREES


def test_without_a_day_of_issue_the_age_of_today_counts() -> None:
    child = citizen_born(date(2019, 6, 1), date(2023, 6, 1), date(2044, 6, 1), "001219000021")
    sparse = details(child, issue_date=None)
    for today, outcome in ((date(2025, 5, 31), AGREES), (date(2025, 6, 1), UNUSUAL)):
        assert found(zone(child), sparse, frozenset({1, 13}), today)["portrait-present"] == outcome


@given(
    st.dictionaries(
        st.sampled_from(["personal_number", "full_name", "birth_date", "sex", "issue_date", "expiry_date"]),
        st.text(max_size=30) | st.from_regex(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", fullmatch=True) | st.none(),
    ),
    st.from_regex(r"[0-9<]{6}", fullmatch=True),
    st.dates(date(1900, 1, 1), date(2200, 1, 1)),
)
def test_nothing_that_is_signed_makes_the_comparison_raise(changes: dict[str, Any], born: str, today: date) -> None:
    changes = {key: text and text.encode("utf-8", "ignore").decode() for key, text in changes.items()}
    for results in (
        check_identity(zone(birth_date=born), details(**changes), SIGNED, today=today),
        check_identity(zone(expiry_date=born), details(**changes), SIGNED, today=today),
    ):
        assert all(one.result is not Result.FAILED for one in results if one.check is Check.PLAUSIBILITY)


# Cards


def issued_by_one_authority(evidence: Evidence, **groups: bytes) -> Report:
    """The verdict on groups that our own issuer signs together."""
    for name, content in groups.items():
        evidence = forge.with_file(evidence, FileId.by_label(name), content)
    return readings.judged(forge.resigned(evidence), forge.trusting())


def test_a_card_assembled_by_its_issuer_is_rejected_field_by_field() -> None:
    card = build_card("assembled-identity")
    report = readings.judged(readings.read(card.transport(), card.access_key), readings.trust_of(card))
    assert report.verdict is Verdict.REJECTED
    assert {one.check for one in report.failed} == {Check.DG13_AGAINST_DG1}
    assert {"personal-number", "document-number", "full-name", "birth-date"} <= {one.subject for one in report.failed}


@each_citizen
def test_the_details_of_any_other_citizen_under_the_same_signature_are_rejected(citizen: Citizen) -> None:
    report = issued_by_one_authority(forge.genuine(), DG13=build_dg13(citizen.details))
    assert report.verdict is Verdict.REJECTED
    assert {one.check for one in report.failed} == {Check.DG13_AGAINST_DG1}
    assert report.vouches_for(FileId.DG1)
    assert report.vouches_for(FileId.DG13)


def test_details_and_zone_of_one_citizen_under_one_signature_are_accepted() -> None:
    report = issued_by_one_authority(forge.genuine(), DG1=zone().raw, DG13=details().raw)
    assert report.verdict is Verdict.ACCEPTED


def test_an_unusual_number_is_accepted_with_a_warning() -> None:
    renumbered = replace(HOLDER, personal_number="001199000021")
    report = issued_by_one_authority(forge.genuine(), DG1=zone(renumbered).raw, DG13=details(renumbered).raw)
    assert report.verdict is Verdict.ACCEPTED
    assert readings.outcome(report, Check.PLAUSIBILITY, "number-sex") == UNUSUAL


def test_a_name_that_agrees_only_in_part_leaves_the_card_undecided() -> None:
    report = issued_by_one_authority(forge.genuine(), DG1=zone().raw, DG13=details(full_name="Nguyễn Văn Mẫn").raw)
    assert report.verdict is Verdict.UNDECIDED
    assert report.failed == ()


def test_details_of_another_state_are_not_read_as_vietnamese() -> None:
    foreign = zone(issuer="UTO", nationality="UTO").raw
    for content in (details(citizens()[1]).raw, bytes.fromhex("6D03020105")):
        report = issued_by_one_authority(forge.genuine(), DG1=foreign, DG13=content)
        result = report.find(Check.DG13_AGAINST_DG1)
        assert result is not None
        assert result.result is Result.NOT_APPLICABLE
        assert report.find(Check.PLAUSIBILITY) is None
        assert Check.GROUP_FORMAT not in {one.check for one in report.failed}
        holder = Holder.from_report(replace(report, verdict=Verdict.UNDECIDED), allow_undecided=True)
        assert holder.personal_number is None
        assert holder.full_name is None
        assert holder.nationality is not None
        assert (holder.nationality.value, holder.nationality.group) == ("UTO", FileId.DG1)


@pytest.mark.parametrize(("scenario", "weighed"), [("under-six-without-dg2", True), ("sparse-dg13", True)])
def test_cards_of_children_and_sparse_cards_are_accepted(scenario: str, weighed: bool) -> None:
    card = build_card(scenario)
    report = readings.judged(readings.read(card.transport(), card.access_key), readings.trust_of(card))
    assert report.verdict is Verdict.ACCEPTED
    found_checks = [one for one in report.checks if one.check is Check.PLAUSIBILITY]
    assert all(one.passed for one in found_checks) is weighed


def test_the_comparison_is_the_same_years_later() -> None:
    report = readings.judged(forge.genuine())
    later = readings.judged(forge.genuine(), now=datetime(2035, 1, 1, tzinfo=UTC))
    for check in (Check.DG13_AGAINST_DG1, Check.PLAUSIBILITY):
        assert [one for one in report.checks if one.check is check] == [
            one for one in later.checks if one.check is check
        ]
