"""``docs/scenarios.md``: every simulated card, read and judged.

``python -m tests.scenarios.table`` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

from apdu.errors import ToolkitError
from chipid.verification.report import Report
from simulator.quirks import QUIRKS
from simulator.scenario_file import UNREADABLE, Scenario
from simulator.scenarios import SCENARIOS, build_card
from tests.scenarios import readings

PATH = Path(__file__).resolve().parents[2] / "docs" / "scenarios.md"
HEAD = """# Simulated cards

Made by `python -m tests.scenarios.table`; a test fails when it is out of date. Every card is read in process and judged
with the policy `default`, by a relying party that holds what the scenario's certificate architecture gives it, as of
{now:%Y-%m-%d}. Expected is what the scenario deserves, seen is what the judge found: check, file and reason.

The cards are `simulator/scenarios.toml`, their certificates `simulator/pki/architectures.toml`, their holders
`simulator/personalisation/people.toml` and `citizens.toml`, and `citizen-0` to `citizen-999999` besides. The same seed
makes the same bytes. A card in memory keeps about 24 KiB, most of it its portrait (`python -m benchmarks.simulator`).

| Scenario | Card | Expected check | Seen check | Expected | Seen |
|---|---|---|---|---|---|
"""
QUIRKS_HEAD = """
## Quirks

Habits of cards in the field that a genuine card can have besides; the number is that of the collected reports.

| Quirk | Habit | Reports |
|---|---|---|
"""


def render() -> str:
    """The whole file."""
    rows = [_row(one) for one in SCENARIOS]
    quirks = [f"| `{one.name}` | {one.description} | {one.failure} |" for one in QUIRKS.values()]
    return HEAD.format(now=readings.NOW) + "\n".join(rows) + "\n" + QUIRKS_HEAD + "\n".join(quirks) + "\n"


def _row(scenario: Scenario) -> str:
    expected = _cell(scenario.check, scenario.subject, scenario.reason)
    seen, verdict = _judge(scenario)
    return f"| `{scenario.name}` | {scenario.description} | {expected} | {seen} | {scenario.verdict} | {verdict} |"


def _judge(scenario: Scenario) -> tuple[str, str]:
    card = build_card(scenario)
    try:
        evidence = readings.read(card.transport(), card.access_key)
    except ToolkitError as error:
        return _cell(error.code, "", ""), UNREADABLE
    report = readings.judged(evidence, readings.trust_of(card))
    return _deciding(scenario, report), report.verdict.value


def _deciding(scenario: Scenario, report: Report) -> str:
    """The first failed check, else the open one that the scenario is about, else none."""
    for one in report.failed:
        return _cell(one.check.label, one.subject, one.reason.value)
    for one in report.checks:
        if one.check.label == scenario.check:
            return _cell(one.check.label, one.subject, one.reason.value)
    return _cell("", "", "")


def _cell(check: str, subject: str, reason: str) -> str:
    words = [f"`{one}`" if one == check else one for one in (check, subject, reason) if one]
    return " ".join(words) if words else "—"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
