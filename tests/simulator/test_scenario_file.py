"""Scenarios as data: what a file may say, and how its mistakes are named."""

from __future__ import annotations

import pytest

from chipid.errors import ConfigurationError
from chipid.toml_table import parse_table
from simulator.recipe import Recipe, SignatureOf, Tampering
from simulator.scenario_file import load_scenarios, read_scenarios
from simulator.scenarios import build_card

GOOD = """
[[scenario]]
name = "made"
description = "made for a test"
verdict = "rejected"
check = "group-hash"
subject = "DG1"
reason = "hash-wrong"
follows = ["active-authentication:DG15"]
opens_with = "MRZ"

[scenario.card]
person = "tran-thi-b"
tampering = "other-name"
signature = "relayed"
without_groups = [2]
"""


def test_a_scenario_is_read_with_its_recipe() -> None:
    (made,) = read_scenarios(parse_table(GOOD, "scenarios.toml")).values()
    assert (made.verdict, made.check, made.subject, made.reason) == ("rejected", "group-hash", "DG1", "hash-wrong")
    assert made.follows == ("active-authentication:DG15",)
    assert made.opens_with == "MRZ"
    assert made.recipe.person == "tran-thi-b"
    assert made.recipe.tampering is Tampering.OTHER_NAME
    assert made.recipe.signature is SignatureOf.RELAYED
    assert made.recipe.without_groups == (2,)
    assert build_card(made).person.key == "tran-thi-b"


def test_the_genuine_card_has_an_empty_recipe() -> None:
    assert load_scenarios()["genuine"].recipe == Recipe()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "made"', "", r"scenarios.toml line 2: scenario\[1\].name: this key is missing"),
        ('verdict = "rejected"', 'verdict = "maybe"', r"line 5: scenario\[1\].verdict: one of accepted, rejected"),
        ('check = "group-hash"', "", r"scenario\[1\].check: a card that is not accepted names its check"),
        ('verdict = "rejected"', 'verdict = "accepted"', r"scenario\[1\].check: a card that is not accepted"),
        ('opens_with = "MRZ"', 'opens_with = "PIN"', r"line 10: scenario\[1\].opens_with: one of CAN, MRZ"),
        ('tampering = "other-name"', 'tampering = "fire"', r"scenario\[1\].card.tampering: one of other-name"),
        ("[2]", "[17]", r"scenario\[1\].card.without_groups: numbers of data groups from 1 to 16"),
        ("[2]", '["DG2"]', r"scenario\[1\].card.without_groups: a list of different whole numbers"),
        ("[2]", "[2]\nportrait_bytes = 0", r"scenario\[1\].card.portrait_bytes: a size up to"),
        ("[2]", "[2]\ncolour = 1", r"scenario\[1\].card.colour: this key is unknown"),
        ('name = "made"', "name =", r"scenarios.toml: .*line 3"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(old: str, new: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        read_scenarios(parse_table(GOOD.replace(old, new, 1), "scenarios.toml"))


def test_a_name_is_used_once() -> None:
    with pytest.raises(ConfigurationError, match="used twice"):
        read_scenarios(parse_table(GOOD + GOOD, "scenarios.toml"))
