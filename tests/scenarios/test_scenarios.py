"""Every simulated card gets the verdict that it deserves, for the reason that it is known by."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from apdu.errors import ToolkitError
from chipid.errors import ConfigurationError, NotAcceptedError
from chipid.evidence.codec import decode_evidence, encode_evidence
from chipid.identity.holder import Holder
from chipid.verification.report import Verdict
from simulator.randomness import SeededEntropy
from simulator.scenario_file import UNREADABLE, Scenario
from simulator.scenarios import SCENARIOS, build_card
from tests.scenarios import readings
from tests.scenarios.expected import UNASKED, assert_deserved

READABLE = [one for one in SCENARIOS if one.verdict != UNREADABLE]
each_scenario = pytest.mark.parametrize("scenario", READABLE, ids=lambda one: one.name)


@each_scenario
def test_a_scenario_gets_its_verdict_by_the_check_it_names(scenario: Scenario) -> None:
    card = readings.card(scenario.name)
    report = readings.judged(readings.evidence_of(scenario.name), readings.trust_of(card))
    assert_deserved(scenario, report)


@each_scenario
def test_saved_evidence_gets_the_same_report(scenario: Scenario) -> None:
    evidence = readings.evidence_of(scenario.name)
    trust = readings.trust_of(readings.card(scenario.name))
    saved = decode_evidence(encode_evidence(evidence))
    assert saved == evidence
    assert readings.judged(saved, trust) == readings.judged(evidence, trust)


@each_scenario
def test_the_same_seeds_give_the_same_evidence(scenario: Scenario) -> None:
    card = build_card(scenario.name)
    assert readings.read(card.transport(), card.access_key) == readings.evidence_of(scenario.name)


@each_scenario
def test_the_machine_readable_zone_opens_the_card_as_well(scenario: Scenario) -> None:
    card = readings.card(scenario.name)
    evidence = readings.read(card.transport(), readings.mrz_of(card))
    assert evidence.access.password == "MRZ"
    assert_deserved(scenario, readings.judged(evidence, readings.trust_of(card)))


@each_scenario
def test_only_a_card_that_is_not_rejected_has_a_holder(scenario: Scenario) -> None:
    report = readings.judged(readings.evidence_of(scenario.name), readings.trust_of(readings.card(scenario.name)))
    if report.verdict is Verdict.ACCEPTED:
        assert Holder.from_report(report).full_name is not None
        return
    with pytest.raises(NotAcceptedError):
        Holder.from_report(report)
    if report.verdict is Verdict.REJECTED:
        with pytest.raises(NotAcceptedError):
            Holder.from_report(report, allow_undecided=True)
        return
    unverified = Holder.from_report(report, allow_undecided=True)
    assert unverified.full_name is not None
    assert not unverified.full_name.vouched


@pytest.mark.parametrize(
    ("profile", "seed"),
    [("cccd-2021", b"one"), ("cccd-2021", b"two"), ("cccd-2021", b"three"), ("cccd-2021-rsa", b"one")],
)
def test_a_card_of_any_seed_and_profile_is_accepted(profile: str, seed: bytes) -> None:
    card = build_card("genuine", entropy=SeededEntropy(seed), profile=profile)
    report = readings.judged(readings.read(card.transport(), readings.can_of(card)), readings.trust_of(card))
    assert report.verdict is Verdict.ACCEPTED
    assert readings.open_questions(report) <= UNASKED


def test_no_issuer_vouches_for_the_card_of_another_seed() -> None:
    card = build_card("genuine", entropy=SeededEntropy(b"another issuer"))
    report = readings.judged(readings.read(card.transport(), readings.can_of(card)))
    assert report.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("person", ["tran-thi-b", "le-van-c", "vu-thi-g", "dang-van-h", "ton-nu-k"])
def test_every_invented_person_is_read_back(person: str) -> None:
    card = build_card("genuine", person=person)
    report = readings.judged(readings.read(card.transport(), readings.can_of(card)), readings.trust_of(card))
    holder = Holder.from_report(report)
    assert holder.full_name is not None
    assert holder.birth_date is not None
    assert (holder.full_name.value, holder.birth_date.value) == (card.person.full_name, card.person.birth_date)


def test_a_card_for_life_is_valid_in_the_next_century() -> None:
    card = build_card("genuine", person="le-van-c")
    evidence = readings.read(card.transport(), readings.can_of(card))
    for year in (2030, 2098, 2110):
        report = readings.judged(evidence, readings.trust_of(card), now=datetime(year, 1, 1, tzinfo=UTC))
        assert report.verdict is Verdict.ACCEPTED


def test_an_unknown_scenario_is_an_error_of_the_toolkit() -> None:
    with pytest.raises(ConfigurationError) as caught:
        build_card("no-such-card")
    assert isinstance(caught.value, ToolkitError)


def test_a_card_issued_on_another_day_is_signed_on_that_day() -> None:
    card = build_card("genuine", issued_on=date(2024, 2, 29))
    report = readings.judged(readings.read(card.transport(), readings.can_of(card)), readings.trust_of(card))
    assert report.verdict is Verdict.ACCEPTED
    assert report.signing_time is not None
    assert report.signing_time.date() == date(2024, 2, 29)
