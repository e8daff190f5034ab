"""Scenarios as data: a TOML file of cards, each with the verdict that it deserves and the check that must say why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from chipid.toml_table import Table
from simulator.packaged import load_packaged
from simulator.recipe import Recipe, read_recipe

FILE = "scenarios.toml"
ACCEPTED, REJECTED, UNDECIDED, UNREADABLE = "accepted", "rejected", "undecided", "unreadable"
_VERDICTS: Final[Mapping[str, str]] = {one: one for one in (ACCEPTED, REJECTED, UNDECIDED, UNREADABLE)}
_KEYS: Final[Mapping[str, str]] = {"CAN": "CAN", "MRZ": "MRZ"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A card to build: what it is, the verdict it deserves, and the check that must say why.

    ``verdict`` is ``accepted``, ``rejected``, ``undecided`` or ``unreadable``. ``check``, ``subject`` and ``reason``
    name the check that trips, the file it trips over and its reason code, empty for a card that is as it should be;
    for an unreadable card ``check`` is the code of the error. ``follows`` are the checks, with their subjects after a
    colon, that cannot but fail as well. ``opens_with`` is the key that opens it.
    """

    name: str
    description: str
    verdict: str
    check: str = ""
    subject: str = ""
    reason: str = ""
    follows: tuple[str, ...] = ()
    opens_with: str = "CAN"
    recipe: Recipe = field(default=Recipe(), repr=False)


@cache
def load_scenarios() -> dict[str, Scenario]:
    """The scenarios that come with the simulator, by name. Raises :class:`ConfigurationError`."""
    return read_scenarios(load_packaged(FILE, package=__package__))


def read_scenarios(file: Table) -> dict[str, Scenario]:
    """The scenarios of an open file. Raises :class:`ConfigurationError` naming file and key."""
    found = file.read_named("scenario", _read_scenario)
    file.close()
    return found


def _read_scenario(table: Table) -> Scenario:
    recipe = Recipe()
    if table.has("card"):
        with table.table("card") as card:
            recipe = read_recipe(card)
    scenario = Scenario(
        name=table.text("name"),
        description=table.text("description"),
        verdict=table.choice("verdict", _VERDICTS),
        check=table.optional_text("check") or "",
        subject=table.optional_text("subject") or "",
        reason=table.optional_text("reason") or "",
        follows=table.texts("follows") if table.has("follows") else (),
        opens_with=table.choice("opens_with", _KEYS) if table.has("opens_with") else "CAN",
        recipe=recipe,
    )
    if bool(scenario.check) is (scenario.verdict == ACCEPTED):
        raise table.error("check", "a card that is not accepted names its check, and no other does")
    return scenario
