"""``docs/conformance.md``: the chip test cases, what the simulated chips make of them, and those left out.

``python -m tests.conformance.table`` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

from chipid.conformance.case import Case, Risk, Verdict
from chipid.conformance.catalogue import CASES
from tests.conformance.chips import DESCRIPTIONS, KINDS, outcomes
from tests.conformance.defects import DEFECTS
from tests.conformance.left_out import LEFT_OUT

PATH = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
HEAD = """# Chip test cases

Made by `python -m tests.conformance.table`; a test fails when it is out of date. The identifiers are those of the ICAO
RF Protocol and Application Test Standard for eMRTD, part 3; with B32, B33 and B34 before them, of BSI TR-03105 parts
3.2, 3.3 and 3.4; with J-, of the host tests of JMRTD; with 9303, rules of Doc 9303 itself. Those with X_ are our own,
about what the published cases let pass: X_RND looks whether a chip draws new and unpredictable numbers, X_SM and X_ACC
at sessions and access, X_SES at what a session must survive, X_EF and X_WR at reading and writing, X_LDS at what files
say together, X_TA at Chip and Terminal Authentication, X_PIN at the tries of the PIN.

{cases} cases are scripts over a transport: the tests run them against simulated chips, and they run against any chip on
a reader whose access key is known. A result is the verdict with the kinds of chips that it was found on.

Cases that are marked run on request only. `{wrong_key}` tries wrong passwords, after which some chips answer more
slowly. `{blocked_pin}` uses up the tries of the PIN, and makes them whole again with PIN, CAN and PUK.
`{lasting_change}` moves the date and the trust points of the chip, and nothing moves them back.

| Kind | Chip |
|---|---|
{kinds}

| Case | Purpose | Result |
|---|---|---|
"""
DEFECTS_HEAD = """
## Chips with a defect

Each is a right chip but for one thing, and fails the cases that are named.

| Defect | What it does | Found by |
|---|---|---|
"""
LEFT_OUT_HEAD = """
## Cases left out

| Case | Purpose | Reason |
|---|---|---|
"""


def render() -> str:
    """The whole file."""
    kinds = "\n".join(f"| {letter} | {_describe(kind)} |" for letter, kind in zip(_letters(), KINDS, strict=True))
    risks = {risk.name.lower(): risk.value for risk in Risk}
    head = HEAD.format(cases=len(CASES), kinds=kinds, **risks)
    rows = [_row(case) for case in CASES]
    defects = [f"| {one.name} | {one.description} | {', '.join(sorted(one.found))} |" for one in DEFECTS]
    left_out = [f"| {_shown(identifiers)} | {purpose} | {reason} |" for identifiers, purpose, reason in LEFT_OUT]
    tables = (head + "\n".join(rows), DEFECTS_HEAD + "\n".join(defects), LEFT_OUT_HEAD + "\n".join(left_out))
    return "\n".join(tables) + "\n"


def _letters() -> str:
    return "abcdefghijklmnopqrstuvwxyz"[: len(KINDS)]


def _describe(kind: str) -> str:
    return DESCRIPTIONS.get(kind, f"profile `{kind}`")


def _row(case: Case) -> str:
    found: dict[Verdict, str] = {}
    for letter, kind in zip(_letters(), KINDS, strict=True):
        result = outcomes(kind).get(case.id)
        if result is not None:
            found[result.verdict] = found.get(result.verdict, "") + letter
    results = "; ".join(f"{verdict.value} ({', '.join(found[verdict])})" for verdict in Verdict if verdict in found)
    risk = "" if case.risk is Risk.NONE else f" `{case.risk.value}`"
    return f"| {case.id} | {case.purpose}{risk} | {results} |"


def _shown(identifiers: str) -> str:
    return identifiers.replace("-", " to ", 1) if "_" in identifiers else identifiers


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
