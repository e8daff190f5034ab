"""Two hundred cards in one process: each has its own keys, its own session and its own holder."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time
from functools import cache

from apdu import tlv
from apdu.errors import ToolkitError
from chipid.inspection.plan import EVERYTHING, ReadingPlan
from chipid.lds.dg13 import parse_dg13
from chipid.lds.files import FileId
from chipid.verification.report import Verdict
from simulator.personalisation.people import Person
from simulator.personalisation.population import invent_people
from simulator.personalisation.profile import load_profile
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card, build_issuer, find_scenario
from tests.scenarios import readings
from tests.simulator.test_scenarios import open_card

COUNT = 200
SEED = b"many cards"
JUDGED = 20  # every twentieth card is read whole and judged
SMALL = ReadingPlan(data_groups=frozenset({FileId.DG1, FileId.DG13}), active_authentication=False)


@cache
def _people() -> tuple[Person, ...]:
    return tuple(invent_people(COUNT, seed=SEED))


@cache
def _cards() -> tuple[SimulatedCard, ...]:
    """All of one issuer."""
    day = min(one.issue_date for one in _people())
    issuer = build_issuer(
        find_scenario("genuine"), entropy=SeededEntropy(SEED), issued_on=day, profile=load_profile("cccd-2021")
    )
    return tuple(build_card("genuine", person=one, issuer=issuer) for one in _people())


def _content(card: SimulatedCard, file: FileId) -> bytes:
    found = card.chip.files.applications[0].by_fid(file.fid)
    assert found is not None
    return found.content


def test_no_two_cards_share_a_key_or_a_file_of_their_own() -> None:
    for file in (FileId.DG1, FileId.DG13, FileId.DG14, FileId.DG15, FileId.SOD):
        assert len({_content(card, file) for card in _cards()}) == COUNT
    assert len({card.chip.chip_authentication[0].private for card in _cards()}) == COUNT


def test_sessions_that_take_turns_do_not_mix() -> None:
    """Every card is opened before any is read, and then all are read command by command in turns."""
    terminals = [open_card(card) for card in _cards()]
    for card, terminal in zip(_cards(), terminals, strict=True):
        begin = bytes.fromhex(terminal.secure_hex("00b08d0000")[0])
        assert len(begin) > 200
        assert _content(card, FileId.DG13).startswith(begin)
    for card, terminal in reversed(list(zip(_cards(), terminals, strict=True))):
        zone = tlv.encode(0x61, tlv.encode(0x5F1F, card.mrz.encode()))
        assert bytes.fromhex(terminal.secure_hex("00b0810000")[0]) == zone


def test_two_hundred_readings_at_once_each_see_their_own_holder() -> None:
    found: dict[int, str | None] = {}
    failures: list[ToolkitError] = []
    verdicts: set[Verdict] = set()

    def run(numbers: range) -> None:
        try:
            for number in numbers:
                card = _cards()[number]
                plan = EVERYTHING if number % JUDGED == 0 else SMALL
                evidence = readings.read(card.transport(), card.access_key, plan, seed=bytes((number,)))
                if plan is EVERYTHING:
                    issued = datetime.combine(card.person.issue_date, time(12), tzinfo=UTC)
                    verdicts.add(readings.judged(evidence, readings.trust_of(card), now=issued).verdict)
                content = evidence.content(FileId.DG13)
                assert content is not None
                found[number] = parse_dg13(content).full_name
        except ToolkitError as error:
            failures.append(error)

    _cards()
    threads = [threading.Thread(target=run, args=(range(start, COUNT, 8),)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert verdicts == {Verdict.ACCEPTED}
    assert found == {number: person.full_name for number, person in enumerate(_people())}
