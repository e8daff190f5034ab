"""Nothing but a profile's claims leaves: in any release of any holder, and in a reading of a simulated card."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.exports.flat_json import reading_document
from chipid.exports.text import render_reading
from chipid.identity.holder import Attribute, Holder, Sex
from chipid.identity.released import Release
from chipid.lds.face_record import FaceImage
from chipid.lds.files import FileId
from chipid.messages.catalogue import Language, catalogue
from chipid.profiles.library import shipped_profiles
from chipid.profiles.profile import CLAIMS, SOURCES, CardUse, Profile
from chipid.profiles.release import release, restrict_holder
from chipid.verification.report import Report, Verdict
from chipid.vietnam.key_candidates import key_candidates_from_qr
from chipid.vietnam.qr import parse_card_qr
from tests.scenarios import readings

CASES = [(profile, card) for profile in shipped_profiles().values() for card in profile.cards]
each_card = pytest.mark.parametrize(("profile", "card"), CASES, ids=lambda one: getattr(one, "name", None) or one.role)
ALWAYS_READ = {FileId.ATR_INFO, FileId.CARD_ACCESS, FileId.COM, FileId.SOD, FileId.DG14, FileId.DG15}


def attribute(claim: str, value: object, *, vouched: bool = True) -> Attribute[Any]:
    return Attribute(value=value, group=SOURCES[claim][0], vouched=vouched)


def full_holder(marks: dict[str, str], portrait: FaceImage | None = None) -> Holder:
    """A holder of whom every attribute is stated; texts are the marks of their names."""
    values: dict[str, object] = {claim: marks.get(claim, f"mark-of-{claim}") for claim in CLAIMS}
    values |= {
        "birth_date": date(1999, 1, 1),
        "issue_date": date(2023, 6, 1),
        "expiry_date": date(2039, 1, 1),
        "sex": Sex.MALE,
        "portrait": portrait,
    }
    stated = {claim: attribute(claim, value) for claim, value in values.items() if value is not None}
    return Holder(verdict=Verdict.ACCEPTED, **stated)


ENGLISH = catalogue(Language.ENGLISH)


def document_of(released: Release, report: Report | None = None) -> Any:
    """What is written of a release."""
    return reading_document(report or readings.judged(readings.evidence_of()), None, released)


PORTRAIT = FaceImage(image=b"\xff\xd8\xff")


def names(holder: Holder) -> set[str]:
    return {field.name for field in fields(holder) if isinstance(getattr(holder, field.name), Attribute)}


@given(st.sampled_from(CASES), st.dictionaries(st.sampled_from(CLAIMS), st.uuids().map(str)))
def test_a_release_holds_the_claims_of_its_profile_and_nothing_else(
    case: tuple[Profile, CardUse], marks: dict[str, str]
) -> None:
    profile, card = case
    holder = full_holder(marks)
    document = document_of(release(holder, profile, card))
    written = json.dumps(document, ensure_ascii=False)
    claims: Any = document["holder"]
    assert set(claims) == set(card.claims) - {"portrait"}
    for claim in CLAIMS:
        stated = getattr(holder, claim)
        if stated is None or not isinstance(stated.value, str):
            continue
        mark = f'"{stated.value}"'
        assert (mark in written) == (claim in card.claims)


@each_card
def test_a_restricted_holder_has_the_claims_of_its_profile_and_nothing_else(profile: Profile, card: CardUse) -> None:
    holder = full_holder({}, PORTRAIT)
    found = restrict_holder(holder, card)
    assert names(found) == set(card.claims)
    assert all(getattr(found, claim) is getattr(holder, claim) for claim in card.claims)
    assert found.verdict is holder.verdict


@each_card
def test_a_reading_with_a_profile_fetches_its_groups_and_tells_its_claims(profile: Profile, card: CardUse) -> None:
    simulated = readings.card("genuine")
    evidence = readings.read(simulated.transport(), readings.can_of(simulated), profile.reading_plan(card))
    fetched = {file for file in FileId if evidence.content(file) is not None}
    assert set(card.groups) <= fetched <= {*card.groups, *ALWAYS_READ}
    report = readings.judged(evidence)
    assert report.verdict is Verdict.ACCEPTED
    holder = Holder.from_report(report)
    document = document_of(release(holder, profile, card), report)
    assert set(document["holder"]) == set(document["release"]["claims"])
    assert {*document["release"]["claims"], *document["release"]["missing"]} == set(card.claims)

    full = Holder.from_report(readings.judged(readings.evidence_of()))
    outputs = (document, render_reading(report, holder, ENGLISH, release(holder, profile, card)))
    for claim in set(CLAIMS) - set(card.claims):
        secret = getattr(full, claim)
        if secret is not None and isinstance(secret.value, str) and not _is_said_otherwise(full, card, secret.value):
            assert all(secret.value not in str(one) for one in outputs)


def test_the_text_of_the_qr_code_is_enough_to_check_in_at_a_hospital() -> None:
    scan = "001099000001|012345678|Nguy?n V?n A|01/01/1999|Nam|S? 1, Ph??ng B|01/06/2023\r\n"
    candidates = key_candidates_from_qr(parse_card_qr(scan))
    profile = shipped_profiles()["hospital-check-in"]
    card = profile.card()
    for candidate in candidates:  # the CAN, and the key of the zone whose date of expiry follows from the law
        transport = readings.card("genuine").transport()
        evidence = readings.read(transport, candidate.key, profile.reading_plan(card))
        document = document_of(release(Holder.from_report(readings.judged(evidence)), profile, card))
        assert {claim: one["value"] for claim, one in document["holder"].items()} == {
            "personal_number": "001099000001",
            "full_name": "Nguyễn Văn A",
            "birth_date": "1999-01-01",
            "sex": "M",
        }


def _is_said_otherwise(holder: Holder, card: CardUse, value: str) -> bool:
    """True if a claim contains the same text, as a personal number contains the number of the document."""
    told = [getattr(holder, claim) for claim in card.claims]
    return any(one is not None and value in str(one.value) for one in told)


def test_a_claim_that_the_card_does_not_state_is_missing() -> None:
    profile = shipped_profiles()["judicial-record"]
    card = profile.card()
    holder = replace(full_holder({}), spouse=None, old_number=None)
    released = release(holder, profile, card)
    assert released.missing == ("spouse", "old_number")
    assert "spouse" not in released.claims


def test_a_rejected_card_releases_nothing_and_says_what_is_missing() -> None:
    profile = shipped_profiles()["hospital-check-in"]
    released = release(None, profile, profile.card())
    assert (released.holder, released.claims, released.missing) == (None, (), profile.card().claims)
    assert document_of(released)["holder"] is None


def test_the_profile_and_what_is_missing_are_told_in_the_text_of_the_desk() -> None:
    profile = shipped_profiles()["judicial-record"]
    released = release(replace(full_holder({}), spouse=None), profile, profile.card())
    report = readings.judged(readings.evidence_of())
    english = render_reading(report, None, ENGLISH, released)
    assert f"Released for: judicial-record, {released.role}\nAsked for and not released: Spouse\n" in english
    vietnamese = render_reading(report, None, catalogue(Language.VIETNAMESE), released)
    assert "Được phép biết nhưng không có: Vợ hoặc chồng\n" in vietnamese
    assert "Released for" not in render_reading(report, None, ENGLISH)


def test_the_representation_of_a_release_shows_no_claim() -> None:
    profile = shipped_profiles()["judicial-record"]
    released: Release = release(full_holder({}), profile, profile.card())
    assert "mark-of" not in repr(released)
