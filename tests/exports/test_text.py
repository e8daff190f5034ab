"""A judged reading as text: golden files in both languages, and nothing that steers a terminal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.evidence.evidence import Evidence
from chipid.exports.text import render_reading
from chipid.identity.holder import Holder, Sex
from chipid.lds.dg13 import CitizenDetails, build_dg13
from chipid.lds.files import FileId
from chipid.messages.catalogue import Language, catalogue
from chipid.verification.report import Check, Report, Verdict
from simulator.scenarios import build_card
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.verification import forge

GOLDEN = Path(__file__).parent / "golden"
STEERING = "\x1b[2J\x07\x9b\x00\x7f\u202e\u2028\u2066\u200b\r"
ENGLISH, VIETNAMESE = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)


def rendered(report: Report, language: Language = Language.ENGLISH) -> str:
    rejected = report.verdict is Verdict.REJECTED
    holder = None if rejected else Holder.from_report(report, allow_undecided=True)
    return render_reading(report, holder, catalogue(language))


def stable(text: str) -> str:
    """Without what changes with every key: digests, and the sizes of pictures."""
    text = re.sub(r"[0-9a-f]{16}…", "<digest>…", text)
    return re.sub(r"\d{4,} byte", "<size> byte", text)


def report_of(scenario: str) -> Report:
    return readings.judged(readings.evidence_of(scenario), readings.trust_of(readings.card(scenario)))


@pytest.mark.parametrize("scenario", ["genuine", "tampered-dg13", "unknown-issuer"])
@pytest.mark.parametrize("language", Language, ids=lambda one: one.value)
def test_a_reading_is_told_as_in_the_golden_file(scenario: str, language: Language) -> None:
    """A wanted change is made here by hand, so that somebody reads what the desk will read."""
    golden = (GOLDEN / f"{scenario}.{language.value}.txt").read_text(encoding="utf-8")
    assert stable(rendered(report_of(scenario), language)) + "\n" == golden


def test_the_verdict_comes_first_then_what_to_do_then_what_failed() -> None:
    lines = rendered(report_of("cloned")).splitlines()
    assert lines[0] == "REJECTED"
    assert lines[1] == ENGLISH.text("advice", "rejected")
    assert lines[2].startswith("  ! Chip is no clone (Chip Authentication)")
    assert lines[3].startswith("  ! Chip is no clone (Active Authentication)")
    assert "Holder" not in lines


def test_a_rejected_card_shows_nobody() -> None:
    text = rendered(report_of("tampered-dg13"))
    assert "Nguyễn" not in text
    assert "001099000001" not in text


def test_an_unverified_holder_is_marked_in_every_line() -> None:
    text = rendered(report_of("unknown-issuer"))
    lines = [line for line in text.splitlines() if line.endswith(")") and "[DG" in line]
    assert len(lines) > 10
    assert all(line.endswith("(NOT VERIFIED)") for line in lines)
    assert "Holder (NOT VERIFIED)" in text


@pytest.mark.parametrize(
    ("sex", "english", "vietnamese"),
    [(Sex.MALE, "Male", "Nam"), (Sex.FEMALE, "Female", "Nữ"), (Sex.UNSPECIFIED, "Unspecified", "Không xác định")],
)
def test_sex_is_told_in_words(sex: Sex, english: str, vietnamese: str) -> None:
    report = report_of("genuine")
    holder = Holder.from_report(report)
    assert holder.sex is not None
    holder = replace(holder, sex=replace(holder.sex, value=sex))
    assert re.search(rf"Sex +{english}  \[DG1\]", render_reading(report, holder, ENGLISH))
    assert re.search(rf"Giới tính +{vietnamese}  \[DG1\]", render_reading(report, holder, VIETNAMESE))


def test_every_sex_has_a_word_in_every_language() -> None:
    for language in Language:
        assert catalogue(language).codes("sex") == {sex.value for sex in Sex}


def test_no_two_checks_are_told_in_the_same_words() -> None:
    for language in Language:
        lines = rendered(report_of("genuine"), language).splitlines()
        names = [line for line in lines if re.match(r"  [-+!?] +\d+ ", line)]
        assert len(set(names)) == len(names) > 15


def test_every_subject_of_a_check_has_words_in_every_language() -> None:
    report = report_of("genuine")
    repeated = (Check.DG13_AGAINST_DG1, Check.PLAUSIBILITY)
    subjects = {one.subject for one in report.checks if one.check in repeated}
    for language in Language:
        assert subjects <= catalogue(language).codes("subject") | catalogue(language).codes("field")


def test_a_card_for_life_says_so() -> None:
    card = build_card("genuine", person="le-van-c")
    report = readings.judged(readings.read(card.transport(), readings.can_of(card)), readings.trust_of(card))
    assert re.search(r"Date of expiry +does not expire  \[DG1\]", rendered(report))


def test_columns_stand_below_each_other_whatever_the_marks() -> None:
    lines = rendered(report_of("genuine"), Language.VIETNAMESE).splitlines()
    checks = [line for line in lines if re.match(r"  [-+!?] +\d+ ", line)]
    assert len(checks) > 15
    outcomes = [VIETNAMESE.text("result", kind) for kind in ("passed", "indeterminate", "not-applicable")]
    ends = {re.search(rf"  (?:{'|'.join(outcomes)})(?=$|:| \()", line) for line in checks}
    assert len({found.start() for found in ends if found is not None}) == 1


# What a card or a file may not do to the terminal


def assert_harmless(text: str) -> None:
    for line in text.split("\n"):
        assert not [one for one in line if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


def undecided(evidence: Evidence) -> Report:
    return replace(readings.judged(evidence, readings.NOTHING_TRUSTED), verdict=Verdict.UNDECIDED)


def test_texts_of_the_card_do_not_steer_the_terminal() -> None:
    details = CitizenDetails(full_name=f"Nguyễn{STEERING}Văn A", residence=f"{STEERING}\nACCEPTED", father="\u0007")
    report = undecided(forge.with_file(forge.genuine(), FileId.DG13, build_dg13(details)))
    text = rendered(report)
    assert_harmless(text)
    assert "Nguyễn�[2J" in text
    assert "\nACCEPTED" not in text
    assert_harmless(rendered(report, Language.VIETNAMESE))


def test_names_in_certificates_of_the_card_do_not_steer_the_terminal() -> None:
    name = der.encode_sequence(
        *(
            der.encode_set(der.encode_sequence(der.encode_oid(oid), tlv.encode(der.UTF8_STRING, STEERING.encode())))
            for oid in (oids.COUNTRY_NAME, oids.COMMON_NAME)
        )
    )
    signer = Signer(77, "x", "VN")
    certificate = forge.signer_certificate(holder=signer, subject=name, issuer=name)
    report = undecided(forge.resigned(forge.genuine(), signer=signer, certificates=[certificate]))
    for store in (readings.NOTHING_TRUSTED, forge.trusting(), readings.trust()):
        judged = readings.judged(report.evidence, store)
        assert_harmless(rendered(replace(judged, verdict=Verdict.UNDECIDED)))


def test_words_in_an_evidence_file_do_not_steer_the_terminal() -> None:
    """An evidence file is somebody's file: quirks and names of suites in it are free text."""
    genuine = forge.genuine()
    access = replace(genuine.access, suite=STEERING, password=STEERING, pace_skipped=STEERING)
    proof = genuine.chip_authentication
    assert proof is not None
    evidence = replace(
        genuine,
        access=access,
        quirks=(STEERING, "a\nb"),
        chip_authentication=replace(proof, protocol=STEERING),
    )
    report = replace(readings.judged(evidence), verdict=Verdict.UNDECIDED)
    assert_harmless(rendered(report))
