"""The holder: what a report lets one say, group by group."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime

import pytest

from chipid.errors import NotAcceptedError
from chipid.evidence.evidence import Evidence
from chipid.identity.holder import Attribute, Holder, Sex
from chipid.lds.dg1 import build_dg1
from chipid.lds.dg2 import build_dg2
from chipid.lds.dg13 import CitizenDetails, build_dg13
from chipid.lds.face_record import ImageFormat
from chipid.lds.files import FileId
from chipid.mrz.mrz import MRZFields, build_td1
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import Check, Report, Verdict
from tests.scenarios import readings
from tests.verification import forge

ZONE = MRZFields(
    document_code="ID",
    issuer="VNM",
    nationality="VNM",
    document_number="099000001",
    birth_date="990101",
    expiry_date="390101",
    sex="M",
    primary_name="NGUYEN",
    secondary_name="VAN A",
)


def accepted() -> Holder:
    return Holder.from_report(readings.judged(forge.genuine()))


def holder_of(evidence: Evidence) -> Holder:
    """What the card says, whatever the judge thinks of it."""
    report = readings.judged(evidence, readings.NOTHING_TRUSTED)
    return Holder.from_report(replace(report, verdict=Verdict.UNDECIDED), allow_undecided=True)


def values(holder: Holder) -> dict[str, object]:
    attributes = {field.name: getattr(holder, field.name) for field in fields(holder)}
    return {name: one.value for name, one in attributes.items() if isinstance(one, Attribute)}


def with_zone(**changes: str) -> Evidence:
    return forge.with_file(forge.genuine(), FileId.DG1, build_dg1(build_td1(replace(ZONE, **changes))))


def with_details(details: CitizenDetails) -> Evidence:
    return forge.with_file(forge.genuine(), FileId.DG13, build_dg13(details))


def test_the_holder_is_the_person_of_the_card() -> None:
    person = readings.card("genuine").person
    found = values(accepted())
    portrait = found.pop("portrait")
    assert found == {
        "personal_number": "001099000001",
        "document_number": "099000001",
        "full_name": "Nguyễn Văn A",
        "mrz_name": "NGUYEN VAN A",
        "birth_date": date(1999, 1, 1),
        "sex": Sex.MALE,
        "nationality": "Việt Nam",
        "ethnicity": "Kinh",
        "religion": "Không",
        "place_of_origin": person.origin,
        "residence": person.residence,
        "identifying_marks": person.marks,
        "issue_date": date(2023, 6, 1),
        "expiry_date": date(2039, 1, 1),
        "father": "Nguyễn Văn B",
        "mother": "Trần Thị C",
        "spouse": "Lê Thị D",
        "old_number": "012345678",
    }
    assert getattr(portrait, "format", None) is ImageFormat.JPEG


def test_every_attribute_names_its_group_and_is_vouched_for() -> None:
    holder = accepted()
    attributes = [getattr(holder, field.name) for field in fields(holder) if field.name != "verdict"]
    assert {attribute.group for attribute in attributes} == {FileId.DG1, FileId.DG2, FileId.DG13}
    assert all(attribute.vouched for attribute in attributes)


def test_the_number_of_the_chip_that_links_readings_is_not_shown() -> None:
    assert "0294000000000000" not in str(values(accepted()).values())
    assert not any("chip" in field.name for field in fields(Holder))


# From what a holder may be made


def test_a_rejected_card_has_no_holder_whatever_is_asked() -> None:
    report = readings.judged(readings.evidence_of("tampered-dg13"))
    for allow in (False, True):
        with pytest.raises(NotAcceptedError):
            Holder.from_report(report, allow_undecided=allow)


def test_an_undecided_card_has_an_unverified_holder_if_one_is_asked_for() -> None:
    report = readings.judged(forge.genuine(), readings.NOTHING_TRUSTED)
    with pytest.raises(NotAcceptedError):
        Holder.from_report(report)
    holder = Holder.from_report(report, allow_undecided=True)
    assert holder.verdict is Verdict.UNDECIDED
    assert not any(getattr(holder, field.name).vouched for field in fields(holder) if field.name != "verdict")


def test_a_tolerated_failure_does_not_make_its_group_vouched_for() -> None:
    """A policy that shuts its eyes to a changed portrait still shows that nobody vouches for it."""
    policy = replace(shipped_policy("default"), tolerated=frozenset({Check.GROUP_HASH}))
    report = readings.judged(readings.evidence_of("tampered-portrait"), policy=policy)
    assert report.verdict is Verdict.ACCEPTED
    holder = Holder.from_report(report)
    assert holder.portrait is not None
    assert holder.full_name is not None
    assert not holder.portrait.vouched
    assert holder.full_name.vouched


def test_a_holder_shows_nothing_in_its_representation() -> None:
    shown = repr(accepted())
    for secret in ("Nguyễn", "NGUYEN", "001099000001", "099000001", "1999", "Kinh", "Hà Nội"):
        assert secret not in shown
    assert "DG13" in shown


# What stands in for what


def test_a_reading_without_the_national_details_has_the_holder_of_the_zone() -> None:
    found = values(holder_of(forge.without_file(forge.genuine(), FileId.DG13, FileId.DG2)))
    assert found == {
        "document_number": "099000001",
        "mrz_name": "NGUYEN VAN A",
        "birth_date": date(1999, 1, 1),
        "sex": Sex.MALE,
        "nationality": "VNM",
        "expiry_date": date(2039, 1, 1),
    }


def test_a_reading_of_the_national_details_alone_has_their_holder() -> None:
    found = values(holder_of(forge.without_file(forge.genuine(), FileId.DG1, FileId.DG2)))
    assert "mrz_name" not in found
    assert "document_number" not in found
    assert found["sex"] is Sex.MALE
    assert found["birth_date"] == date(1999, 1, 1)
    assert found["expiry_date"] == date(2039, 1, 1)


@pytest.mark.parametrize(
    ("stated", "sex"),
    [("Nam", Sex.MALE), ("Nữ", Sex.FEMALE), ("NỮ", Sex.FEMALE), (" nam ", Sex.MALE), ("?", Sex.UNSPECIFIED)],
)
def test_sex_in_words_is_read_where_the_zone_is_not(stated: str, sex: Sex) -> None:
    evidence = forge.without_file(with_details(CitizenDetails(sex=stated)), FileId.DG1)
    holder = holder_of(evidence)
    assert holder.sex is not None
    assert holder.sex.value is sex
    assert holder.sex.group is FileId.DG13


@pytest.mark.parametrize(("letter", "sex"), [("M", Sex.MALE), ("F", Sex.FEMALE), ("<", Sex.UNSPECIFIED)])
def test_sex_in_the_zone_comes_first(letter: str, sex: Sex) -> None:
    holder = holder_of(with_zone(sex=letter))
    assert holder.sex is not None
    assert (holder.sex.value, holder.sex.group) == (sex, FileId.DG1)


def test_the_national_details_know_the_century_of_birth() -> None:
    evidence = with_details(CitizenDetails(birth_date="01/01/1905"))
    found = holder_of(evidence).birth_date
    assert found is not None
    assert (found.value, found.group) == (date(1905, 1, 1), FileId.DG13)


@pytest.mark.parametrize("stated", ["31/02/1999", "1999", None])
def test_a_date_of_birth_that_cannot_be_read_is_taken_from_the_zone(stated: str | None) -> None:
    found = holder_of(with_details(CitizenDetails(sex="Nam", birth_date=stated))).birth_date
    assert found is not None
    assert (found.value, found.group) == (date(1999, 1, 1), FileId.DG1)


@pytest.mark.parametrize("birth_date", ["99<<<<", "<<<<<<", "991332"])
def test_a_date_of_birth_that_nobody_states_is_none(birth_date: str) -> None:
    evidence = forge.without_file(with_zone(birth_date=birth_date), FileId.DG13)
    assert holder_of(evidence).birth_date is None


def test_a_card_for_life_has_an_expiry_date_without_a_value() -> None:
    expiry = holder_of(with_zone(expiry_date="991231")).expiry_date
    assert expiry is not None
    assert expiry.value is None
    words = forge.without_file(with_details(CitizenDetails(expiry_date="Không thời hạn")), FileId.DG1)
    expiry = holder_of(words).expiry_date
    assert expiry is not None
    assert (expiry.value, expiry.group) == (None, FileId.DG13)


@pytest.mark.parametrize("stated", ["later", None])
def test_an_expiry_date_that_nobody_states_is_none(stated: str | None) -> None:
    details = with_details(CitizenDetails(sex="Nam", expiry_date=stated))
    assert holder_of(forge.without_file(details, FileId.DG1)).expiry_date is None
    assert holder_of(with_zone(expiry_date="<<<<<<")).expiry_date is None


def test_the_century_of_the_zone_follows_from_the_day_of_the_judgement() -> None:
    evidence = forge.without_file(with_zone(birth_date="200101"), FileId.DG13)
    for year, born in ((2019, 1920), (2025, 2020)):
        report = readings.judged(evidence, readings.NOTHING_TRUSTED, now=datetime(year, 6, 1, tzinfo=UTC))
        holder = Holder.from_report(replace(report, verdict=Verdict.UNDECIDED), allow_undecided=True)
        assert holder.birth_date is not None
        assert holder.birth_date.value == date(born, 1, 1)


@pytest.mark.parametrize("file", [FileId.DG1, FileId.DG2, FileId.DG13])
def test_a_malformed_group_leaves_its_attributes_out(file: FileId) -> None:
    holder = holder_of(forge.with_file(forge.genuine(), file, b"\x30\x00"))
    groups = {one.group for field in fields(holder) if isinstance(one := getattr(holder, field.name), Attribute)}
    assert file not in groups
    assert groups


def test_a_portrait_without_an_image_is_none() -> None:
    assert holder_of(forge.with_file(forge.genuine(), FileId.DG2, build_dg2([]))).portrait is None


def test_nothing_read_is_a_holder_without_attributes() -> None:
    nobody = holder_of(forge.without_file(forge.genuine(), *FileId))
    assert values(nobody) == {}


def test_a_report_is_all_that_a_holder_is_made_of() -> None:
    report: Report = readings.judged(forge.genuine())
    assert Holder.from_report(report) == Holder.from_report(report)
