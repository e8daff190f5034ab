"""The rules of the fields of a machine readable zone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.mrz.mrz import MRZFields, build_td1, build_td2, build_td3, parse_mrz
from chipid.mrz.zone_rules import zone_deviations

CARD = MRZFields(
    document_code="I",
    issuer="UTO",
    nationality="UTO",
    document_number="D23145890",
    birth_date="740812",
    expiry_date="320415",
    sex="F",
    primary_name="ERIKSSON",
    secondary_name="ANNA MARIA",
)
PASSPORT = replace(CARD, document_code="P")


def deviations(fields: MRZFields) -> tuple[str, ...]:
    text = build_td3(fields) if fields.document_code.startswith(("P", "X")) else build_td1(fields)
    return zone_deviations(parse_mrz(text))


@pytest.mark.parametrize("code", ["I", "ID", "A", "AC", "C", "IP", "P", "PM", "PO"])
def test_the_codes_of_documents_are_known(code: str) -> None:
    assert deviations(replace(CARD, document_code=code)) == ()


def test_a_card_of_the_middle_size_follows_the_rules_of_cards() -> None:
    assert zone_deviations(parse_mrz(build_td2(CARD))) == ()
    assert zone_deviations(parse_mrz(build_td2(PASSPORT))) == ("mrz-document-code",)


@pytest.mark.parametrize("state", ["D", "VNM", "XXA", "UNO"])
def test_states_and_organisations_have_their_letters(state: str) -> None:
    assert deviations(replace(PASSPORT, issuer=state, nationality=state)) == ()


@pytest.mark.parametrize("birth", ["7408<<", "74<<<<", "<<0812", "<<<<<<", "000229", "74<<12"])
def test_parts_of_a_date_of_birth_may_be_unknown(birth: str) -> None:
    assert deviations(replace(CARD, birth_date=birth)) == ()


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"document_code": "X"}, "mrz-document-code"),
        ({"document_code": "I1"}, "mrz-document-code"),
        ({"document_code": "AV"}, "mrz-document-code"),
        ({"issuer": "U1O"}, "mrz-issuing-state"),
        ({"issuer": "UT"}, "mrz-issuing-state"),
        ({"issuer": "E"}, "mrz-issuing-state"),
        ({"nationality": "<TO"}, "mrz-nationality"),
        ({"nationality": ""}, "mrz-nationality"),
        ({"birth_date": "74O812"}, "mrz-birth-date"),
        ({"birth_date": "741332"}, "mrz-birth-date"),
        ({"birth_date": "010229"}, "mrz-birth-date"),
        ({"sex": "X"}, "mrz-sex"),
    ],
)
def test_a_field_that_holds_what_it_may_not_is_named(changed: dict[str, str], name: str) -> None:
    assert deviations(replace(CARD, **changed)) == (name,)


def test_a_zone_without_a_name_is_named() -> None:
    text = build_td1(CARD)
    assert zone_deviations(parse_mrz(text[:60] + "<" * 30)) == ("mrz-name-void",)
