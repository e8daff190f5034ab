"""What a person does with simulated cards: see which there are, open them by name, hand out what vouches for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator import scenarios
from simulator.card_image import issue_card, issue_population, open_card
from simulator.personalisation.people import find_person
from simulator.quirks import QUIRKS, find_quirk
from simulator.scenarios import FIXED_SEED, SimulatedCard
from simulator.transport import SimulatedTransport


def scenario_lines() -> Iterator[str]:
    """Every scenario with the key that opens its card, then the quirks that any card can have."""
    for one in scenarios.SCENARIOS:
        person = find_person(one.recipe.person or scenarios.HOLDER)
        key = person.personal_number.can if one.opens_with == "CAN" else person.mrz
        yield f"{one.name:<22} {one.opens_with} {key}  {one.description}"
    for name, quirk in QUIRKS.items():
        yield f"{name:<22} quirk  {quirk.description}"


def open_cards(names: Sequence[str], *, profile: str | None) -> list[SimulatedCard]:
    """The cards of scenarios, on another chip if a profile is named, or of folders; ConfigurationError otherwise."""
    return [open_card(name) if profile is None else scenarios.build_card(name, profile=profile) for name in names]


def start_chips(cards: Sequence[SimulatedCard], *, quirk: str | None) -> list[SimulatedTransport]:
    """A chip for each card, with a habit of the field if one is named."""
    return [card.transport(quirks=find_quirk(quirk).quirks) if quirk else card.transport() for card in cards]


def export_anchors(cards: Sequence[SimulatedCard], folder: Path) -> None:
    """Write what vouches for the cards, each certificate once."""
    folder.mkdir(parents=True, exist_ok=True)
    anchors = dict.fromkeys(anchor for card in cards for anchor in card.trust_anchors)
    for number, certificate in enumerate(anchors, start=1):
        (folder / f"simulated-csca-{number}.cer").write_bytes(certificate)


def issue(folder: Path, scenario: str, *, person: str | None, profile: str | None, seed: str, count: int | None) -> int:
    """Issue one card into ``folder``, or ``count`` cards of as many citizens; returns how many."""
    source = seed.encode() or FIXED_SEED
    if count is None:
        issue_card(folder, scenario, seed=source, person=person, profile=profile)
        return 1
    return sum(1 for _ in issue_population(folder, scenario, count, seed=source, profile=profile))
