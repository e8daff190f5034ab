"""Every case: the modules ``iso_…`` and ``lds_…`` of this package register them when they are imported."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Final

import tests.reader_cases as package
from tests.reader_cases.case import REGISTRY, Outcome, ReaderCase

# The cases of the standard, version 1.5, by group; numbers that are missing were withdrawn.
_STANDARD: Final = {
    "ISO7816_A": "1-3",
    "ISO7816_B": "1-10",
    "ISO7816_C": "1-8",
    "ISO7816_D": "1-15",
    "ISO7816_E": "1-19 22-24 26-38",
    "ISO7816_F": "1-2 4-9",
    "ISO7816_G": "1-36 38-41",
    "LDS_A": "1-10",
    "LDS_B": "1-28",
    "LDS_C": "1-28",
    "LDS_D": "1-16",
    "LDS_E": "1-14",
    "LDS_F": "1-7",
    "LDS_G": "1-2",
    "LDS_H": "1-15 17-33 36-98",
    "LDS_I": "1-3",
    "LDS_J": "1-4",
    "LDS_K": "1-4",
}

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


def standard_identifiers() -> list[str]:
    """The identifiers of TR-03105-5.1 in the order of the standard."""
    return [
        f"{group}_{number:02}"
        for group, ranges in _STANDARD.items()
        for first, last in (one.split("-") for one in ranges.split())
        for number in range(int(first), int(last) + 1)
    ]
