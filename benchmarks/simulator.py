"""What simulated cards cost: time to issue and to read them, memory for each, and the start of a test run.

1. Issuing a whole EC card with its public key infrastructure; a further person of the same issuer.
2. Whole readings in process, both sides, on brainpoolP256r1: with PACE, Chip and Active Authentication, and with
   Terminal Authentication and the biometrics behind it besides.
3. Memory that each of two hundred cards keeps, powered and in session.
4. What the fixtures add to the start of a test run.
"""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.measure import median_seconds, report
from chipid.crypto.entropy import system_entropy
from chipid.evidence.evidence import Evidence
from chipid.inspection.plan import EVERYTHING, ReadingPlan
from chipid.inspection.reading import read_card
from chipid.lds.files import FileId
from chipid.protocols.terminal_key import load_terminal_key
from simulator.personalisation.population import invent_people
from simulator.personalisation.profile import load_profile
from simulator.pki.signing import encode_private_key
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card, build_issuer, find_scenario

NOW = datetime(2025, 1, 1, tzinfo=UTC)
SEED = b"benchmark"
CARDS = 200
PEOPLE = tuple(invent_people(CARDS, seed=SEED))


def issuing() -> bool:
    """1. The median over different cards: nothing is issued twice."""
    numbers = iter(range(1000))
    whole = median_seconds(
        lambda: build_card("genuine", seed=next(numbers).to_bytes(4, "big")).trust_anchors, repeat=25
    )
    issuer = build_issuer(
        find_scenario("genuine"),
        entropy=SeededEntropy(SEED),
        issued_on=PEOPLE[0].issue_date,
        profile=load_profile("cccd-2021"),
    )
    people = iter(PEOPLE)
    further = median_seconds(lambda: build_card("genuine", person=next(people), issuer=issuer), repeat=50)
    return all(
        (
            report("issuing a card with its PKI", whole, 0.15, "s"),
            report("a further person of the same issuer", further, 0.05, "s"),
        )
    )


def reading() -> bool:
    """2. The genuine card, and one that has every protocol."""
    biometric = load_profile("eac")
    everything = replace(
        biometric,
        data_groups=(*biometric.data_groups, 15),
        active_authentication=load_profile("cccd-2021").active_authentication,
    )
    genuine, complete = build_card("genuine"), build_card("genuine", profile=everything)
    assert complete.terminals is not None
    terminal = complete.terminals.terminal
    key = load_terminal_key(encode_private_key(terminal.key.private), complete.terminals.chain)
    plan = replace(EVERYTHING, terminal_key=key)
    evidence = read(complete, plan)
    assert None not in (evidence.chip_authentication, evidence.active_authentication, evidence.content(FileId.DG3))
    return all(
        (
            report(
                "reading with PACE, CA and AA", median_seconds(lambda: read(genuine, EVERYTHING), repeat=25), 0.15, "s"
            ),
            report(
                "reading with PACE, CA, TA and AA", median_seconds(lambda: read(complete, plan), repeat=25), 0.1, "s"
            ),
        )
    )


def read(card: SimulatedCard, plan: ReadingPlan) -> Evidence:
    """Both sides of one reading."""
    return read_card(
        card.transport(), card.access_key, plan, entropy=system_entropy, clock=time.monotonic, now=lambda: NOW
    )


def memory() -> bool:
    """3. Python's own allocations for two hundred powered cards of one issuer."""
    issuer = build_issuer(
        find_scenario("genuine"),
        entropy=SeededEntropy(SEED),
        issued_on=PEOPLE[0].issue_date,
        profile=load_profile("cccd-2021"),
    )
    build_card("genuine", person=PEOPLE[0], issuer=issuer)
    for person in PEOPLE:
        issuer.signer_on(person.issue_date)
    tracemalloc.start()
    kept = [build_card("genuine", person=person, issuer=issuer) for person in PEOPLE]
    transports = [card.transport() for card in kept]
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return report(f"memory of each of {len(transports)} cards", size / CARDS / 1024, 64, "KiB")


def start_up() -> bool:
    """4. Importing the plugin in a process that has pytest."""
    program = (
        "import time, pytest; t = time.perf_counter(); import simulator.pytest_plugin; print(time.perf_counter() - t)"
    )
    times = sorted(
        float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)
        for _ in range(9)
    )
    return report("the fixtures at the start of a test run", times[len(times) // 2], 0.3, "s")


def main() -> int:
    results = [issuing(), reading(), memory(), start_up()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
