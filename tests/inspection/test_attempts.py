"""Several keys that may be right, tried one at a time."""

from __future__ import annotations

import pytest

from chipid.crypto.entropy import system_entropy
from chipid.errors import AccessKeyError, UnsupportedError, WrongAccessKeyError
from chipid.evidence.evidence import AccessProtocol, Evidence
from chipid.inspection.attempts import read_with_candidates
from chipid.inspection.plan import ReadingPlan, plan_for_groups
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from tests.inspection import cards
from tests.inspection.cards import ListeningCard
from tests.scenarios import readings

RIGHT = readings.can_of(readings.card("genuine"))
ZONE = readings.mrz_of(readings.card("genuine"))
WRONG = AccessKey.from_can("999999")
DG1 = ReadingPlan(data_groups=frozenset({FileId.DG1}), chip_authentication=False, active_authentication=False)


def read(card: ListeningCard, *keys: AccessKey) -> Evidence:
    return read_with_candidates(
        cards.transport_to(card),
        keys,
        DG1,
        entropy=system_entropy,
        clock=readings.TickingClock(),
        now=lambda: readings.NOW,
    )


@pytest.mark.parametrize(
    ("keys", "tried"), [((RIGHT,), 1), ((RIGHT, WRONG), 1), ((WRONG, RIGHT), 2), ((WRONG, WRONG, ZONE), 3)]
)
def test_the_first_key_that_fits_opens_the_card_and_none_is_tried_twice(
    keys: tuple[AccessKey, ...], tried: int
) -> None:
    card = ListeningCard(cards.genuine_chip())
    assert read(card, *keys).access.protocol is AccessProtocol.PACE
    assert card.names.count("SET AT (PACE)") == tried


def test_no_more_keys_are_tried_than_were_given() -> None:
    card = ListeningCard(cards.genuine_chip())
    with pytest.raises(WrongAccessKeyError):
        read(card, WRONG, WRONG)
    assert card.names.count("SET AT (PACE)") == 2


def test_a_key_of_a_kind_that_does_not_open_the_chip_costs_no_attempt() -> None:
    """A QR code gives the card access number first; a chip without PACE takes the zone."""
    card = ListeningCard(cards.bac_only_chip())
    assert read(card, RIGHT, ZONE).access.protocol is AccessProtocol.BAC
    assert card.names.count("EXTERNAL AUTHENTICATE") == 1


def test_without_keys_no_card_is_asked() -> None:
    card = ListeningCard(cards.genuine_chip())
    with pytest.raises(AccessKeyError):
        read(card)
    assert card.heard == []


@pytest.mark.parametrize(
    ("labels", "groups"),
    [(["DG1"], {FileId.DG1}), ([" dg13", "Dg2 "], {FileId.DG13, FileId.DG2}), (["DG1"] * 2, {FileId.DG1})],
)
def test_a_plan_is_made_of_labels(labels: list[str], groups: set[FileId]) -> None:
    assert plan_for_groups(labels).data_groups == frozenset(groups)


@pytest.mark.parametrize("labels", [[], [""], ["DG0"], ["DG17"], ["EF.SOD"], ["EF.COM", "DG1"], ["all"]])
def test_no_plan_is_made_of_anything_else(labels: list[str]) -> None:
    with pytest.raises(UnsupportedError):
        plan_for_groups(labels)
