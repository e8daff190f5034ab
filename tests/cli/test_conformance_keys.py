"""``chipid conformance`` with several access keys and a terminal's key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipid.conformance import catalogue
from tests.cli.conftest import Run

WANTED = ("B32 J_1", "B32 J_2", "B32 J_3", "B32 J_4", "B32 L_1", "S_1", "S_5", "B33 H_1", "B33 H_2", "B33 H_3")


def cases(run: Run, folder: Path, keys: str, *arguments: str | Path) -> dict[str, Any]:
    ending = run("conformance", "--reader", f"sim:{folder}", "--key-stdin", "--json", *arguments, stdin=keys)
    assert ending.code in (0, 1), ending.err
    return {one["id"]: one for one in json.loads(ending.out)["cases"]}


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of passwords, and some of Terminal Authentication."""
    monkeypatch.setattr(catalogue, "CASES", tuple(one for one in catalogue.CASES if one.id in WANTED))


@pytest.mark.usefixtures("few_cases")
def test_more_keys_make_more_cases_apply(run: Run, tmp_path: Path) -> None:
    assert run("simulate", "issue", tmp_path / "card", "--chip", "eac").code == 0
    image = dict(line.split(" = ") for line in (tmp_path / "card" / "card.toml").read_text().splitlines())
    can, zone = image["can"].strip('"'), image["mrz"].strip('"')
    terminal = ("--terminal-key", tmp_path / "card" / "terminal")
    alone = cases(run, tmp_path / "card", can)
    both = cases(run, tmp_path / "card", f"{can}\n\n{zone}\n", *terminal)

    def applying(found: dict[str, Any]) -> set[str]:
        return {name for name, one in found.items() if one["verdict"] != "not-applicable"}

    assert applying(alone) < applying(both)
    assert {one["verdict"] for one in both.values()} <= {"passed", "not-applicable"}
