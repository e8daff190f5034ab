"""The command line as a desk runs it, in this process, with the simulated card of any person, on a day that stands."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

import cli
import simulator.scenarios
from simulator.personalisation.people import Person, find_person
from simulator.scenarios import SimulatedCard
from tests.scenarios import readings

build_card = simulator.scenarios.build_card


@dataclass(frozen=True, slots=True)
class Ending:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def holder(self) -> list[str]:
        """The lines about the holder, without their indent."""
        lines = self.out.splitlines()
        starts = [place for place, line in enumerate(lines) if line in ("Chủ thẻ", "Holder")]
        if not starts:
            return []
        return [line.strip() for line in lines[starts[0] + 1 : lines.index("", starts[0])]]


Desk = Callable[..., Ending]


def qr_of(person: Person) -> str:
    """What a scanner types from the card of a person."""
    fields = (
        person.personal_number.digits,
        person.old_number or "",
        person.full_name,
        f"{person.birth_date:%d%m%Y}",
        person.details.sex or "",
        person.residence,
        f"{person.issue_date:%d%m%Y}",
    )
    return "|".join(fields) + "\r\n"


def marked_person() -> Person:
    """A person whose every text is found nowhere else."""
    return replace(
        find_person("nguyen-van-a"),
        nationality="Quốc tịch Ảo",
        ethnicity="Dân tộc Ảo",
        religion="Tôn giáo Ảo",
        origin="Quê quán Ảo",
        residence="Nơi cư trú Ảo",
        marks="Đặc điểm Ảo",
        father="Nguyễn Cha Ảo",
        mother="Trần Mẹ Ảo",
        spouse="Lê Vợ Ảo",
        old_number="987654321",
        chip_extra_id="0294FEDCBA987654",
    )


def make_desk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A function that runs one command; ``person`` is whose card lies on the reader ``sim:…``."""
    monkeypatch.setattr(cli, "_now", lambda: readings.NOW)

    def run(*arguments: str, stdin: str = "", person: Person | str | None = None) -> Ending:
        def personalise(scenario: str, **options: Any) -> SimulatedCard:
            return build_card(scenario, person=person, **options)

        monkeypatch.setattr(simulator.scenarios, "build_card", personalise)
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = cli.run(list(arguments))
        captured = capsys.readouterr()
        return Ending(code, captured.out, captured.err)

    return run
