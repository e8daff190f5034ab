"""Every case: the modules ``iso_…`` and ``lds_…`` of this package register them when they are imported."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from pathlib import Path

import tests.reader_cases as package
from tests.reader_cases.case import REGISTRY, Outcome, ReaderCase

# The list of the standard's cases lies beside the repository where it is developed, and not in it.
LIST = Path(__file__).resolve().parents[3] / "shared" / "reference" / "conformance-cases.md"
STANDARD_COUNT = 330

for _module in pkgutil.iter_modules(package.__path__):
    if _module.name.startswith(("iso_", "lds_")):
        importlib.import_module(f"{package.__name__}.{_module.name}")


def _place(identifier: str) -> tuple[str, int]:
    group, _, number = identifier.rpartition("_")
    return group, int(number)


CASES: tuple[ReaderCase, ...] = tuple(sorted(REGISTRY.values(), key=lambda case: _place(case.id)))


@cache
def outcomes(identifier: str) -> tuple[Outcome, ...]:
    """What came of a case; run once in a process."""
    return REGISTRY[identifier].run()


def standard_identifiers() -> list[str] | None:
    """The identifiers of TR-03105-5.1 in the order of the standard; None where the list is not at hand."""
    if not LIST.is_file():
        return None
    found, group = [], ""
    section = LIST.read_text(encoding="utf-8").split("\n## 9.")[1].split("\n## 10.")[0]
    for line in section.splitlines():
        if heading := re.match(r"### ((?:ISO7816|LDS)_[A-Z]):", line):
            group = heading[1]
        elif row := re.match(r"\| [A-Z]_(\d+) \|", line):
            found.append(f"{group}_{row[1]}")
    return found
