"""A right chip of every shipped profile fails no case at all, and terminals are right with every algorithm."""

from __future__ import annotations

from pathlib import Path

import pytest

import simulator.personalisation
from chipid.asn1 import oids
from chipid.conformance.case import Verdict
from chipid.conformance.catalogue import CASES
from chipid.conformance.runner import examine
from chipid.pki.cv_public_key import ALGORITHMS
from simulator.scenarios import build_card
from tests.conformance import terminals
from tests.conformance.chips import CardLink, access_keys, entropy, examined, powered, run, trusting

PROFILES = sorted(path.stem for path in (Path(simulator.personalisation.__file__).parent / "profiles").glob("*.toml"))
QUICK = ("bac-only", "bac-ca-3des-secp192r1")
EVERY = [pytest.param(name, marks=() if name in QUICK else pytest.mark.long, id=name) for name in PROFILES]
# A chain, wrong signatures, a proof, and what can be wrong about it.
ALGORITHM_CASES = ("B32 J_1", "B32 J_30", "B32 J_55", "B32 K_1", "B32 L_11")


@pytest.mark.parametrize("profile", EVERY)
def test_a_right_chip_of_each_profile_fails_no_case(profile: str) -> None:
    card, chip = examined(profile)
    results = run(CardLink(powered(card.chip)), chip, list(CASES))
    assert len(results) == len(CASES)
    assert [
        (one.id, one.reason) for one in results if one.verdict not in (Verdict.PASSED, Verdict.NOT_APPLICABLE)
    ] == []
    assert sum(one.verdict is Verdict.PASSED for one in results) > 150


@pytest.mark.parametrize("oid", sorted(ALGORITHMS), ids=oids.name_of)
def test_terminal_authentication_is_right_with_every_algorithm(oid: str) -> None:
    built = build_card("genuine", profile="eac")
    card = powered(trusting(built.chip, oid))
    chip = examine(CardLink(card), access_keys(built), entropy=entropy(), terminals=terminals.credentials(oid))
    results = run(CardLink(card), chip, [case for case in CASES if case.id in ALGORITHM_CASES])
    assert {one.id: one.reason for one in results if one.verdict is not Verdict.PASSED} == {}
    assert len(results) == len(ALGORITHM_CASES)
