"""``docs/reader-cases.md``: manipulated documents, what an inspection must make of them and makes of them.

``python -m tests.reader_cases.table`` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

from tests.reader_cases.case import Demand, Outcome, ReaderCase
from tests.reader_cases.catalogue import CASES, outcomes
from tests.reader_cases.left_out import LEFT_OUT

PATH = Path(__file__).resolve().parents[2] / "docs" / "reader-cases.md"
HEAD = """# Manipulated documents

Made by `python -m tests.reader_cases.table`; a test fails when it is out of date. The identifiers are those of BSI
TR-03105 part 5.1, test cases for inspection systems.

{cases} cases: each is a simulated document that is as it should be but for the one thing that the manipulation names.
It is read, and judged under the shipped policy `strict`. PASS is an accepted document; FAIL a rejected one, or a
reading that ends in an error, and the outcome names the check and its reason, or the code of the error, that found it.
What is rejected as `deviation-refused` is accepted under `default`, which names the deviation.
A demand in brackets is not the standard's own: it left the verdict to another standard, or does not state it.

| Case | Manipulation | Demand | Outcome |
|---|---|---|---|
"""
NOTES_HEAD = """
## Notes

| Case | Note |
|---|---|
"""
LEFT_OUT_HEAD = """
## Cases left out

| Case | Manipulation | Reason |
|---|---|---|
"""


def render() -> str:
    """The whole file."""
    parts = [HEAD.format(cases=len(CASES)) + "\n".join(_row(case) for case in CASES)]
    notes = [f"| {case.id} | {case.note} |" for case in CASES if case.note]
    left_out = [
        f"| {identifiers.replace('-', ' to ')} | {purpose} | {reason} |" for identifiers, purpose, reason in LEFT_OUT
    ]
    if notes:
        parts.append(NOTES_HEAD + "\n".join(notes))
    if left_out:
        parts.append(LEFT_OUT_HEAD + "\n".join(left_out))
    return "\n".join(parts) + "\n"


def _row(case: ReaderCase) -> str:
    demand = case.demand.value if case.stated else f"({case.demand.value})"
    shown = "; ".join(dict.fromkeys(_shown(case, one) for one in outcomes(case.id)))
    return f"| {case.id} | {case.purpose} | {demand} | {shown} |"


def _shown(case: ReaderCase, outcome: Outcome) -> str:
    if outcome.error:
        return f"error: `{outcome.error}`"
    verdict = "?" if outcome.verdict is None else outcome.verdict.value
    if outcome.is_pass:
        found = outcome.denied if case.demand is Demand.PASS_WITHOUT_DENIED else ()
        found = found or tuple(one for one in case.found.split(" or ") if one in outcome.remarks)
        return ": ".join((verdict, ", ".join(found))) if found else verdict
    wanted = case.found.split(" or ")
    found = tuple(one for one in wanted if one in outcome.checks) or outcome.checks
    return f"{verdict}: " + ", ".join(f"`{one}`" for one in found)


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
