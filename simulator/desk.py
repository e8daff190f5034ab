"""What a person does with simulated cards: see which there are, open them by name, hand out what vouches for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator import scenarios
from simulator.card_image import issue_card, issue_population, open_card
from simulator.export import export_terminals
from simulator.personalisation.people import find_person
from simulator.personalisation.profile import load_profile, profile_names
from simulator.quirks import QUIRKS, find_quirk
from simulator.scenarios import FIXED_SEED, SimulatedCard
from simulator.transport import SimulatedTransport


def scenario_lines() -> Iterator[str]:
    """Every scenario with the key that opens its card, then the chips and the quirks that any of them can have."""
    for one in scenarios.SCENARIOS:
        person = find_person(one.recipe.person or scenarios.HOLDER)
        key = person.personal_number.can if one.opens_with == "CAN" else person.mrz
        yield f"{one.name:<22} {one.opens_with} {key}  {one.description}"
    for name in profile_names():
        yield f"{name:<34} chip  {load_profile(name).description}"
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


def lay_out(
    names: Sequence[str], *, profile: str | None, quirk: str | None, trust: Path | None, terminal: Path | None
) -> list[SimulatedTransport]:
    """The powered chips of cards, and beside them, in folders, what vouches for them and whom they let in."""
    cards = open_cards(names, profile=profile)
    if trust is not None:
        export_anchors(cards, trust)
    if terminal is not None:
        export_terminals(terminal, cards)
    return start_chips(cards, quirk=quirk)


def issue(folder: Path, scenario: str, *, person: str | None, profile: str | None, seed: str, count: int | None) -> int:
    """Issue one card into ``folder``, or ``count`` cards of as many citizens; returns how many."""
    source = seed.encode() or FIXED_SEED
    if count is None:
        issue_card(folder, scenario, seed=source, person=person, profile=profile)
        return 1
    return sum(1 for _ in issue_population(folder, scenario, count, seed=source, profile=profile))
