"""Every identifier in the collection of published chip cases that the project was given, row by row.

The collection lies beside a developer's clone; the cases and those left out are compared with it where it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PATH: Final = Path(__file__).resolve().parents[3] / "shared" / "reference" / "conformance-cases.md"
# Sections 1 to 8 are about chips; in section 7 the identifiers stand without the standard they are of.
CHIP_SECTIONS: Final = range(1, 9)
WITHOUT_STANDARD: Final = {7: "B32"}
_ONE: Final = re.compile(r"(?:(B32|B33|B34) )?(LDS_)?([A-Z])_?(\d+)([a-z]?)")
_RANGE: Final = re.compile(r"\s*[…–]\s*")


def published_identifiers(text: str) -> set[str]:
    """The identifiers in the first columns of the tables, ranges expanded."""
    found: set[str] = set()
    section = 0
    for line in text.splitlines():
        heading = re.match(r"## (\d+)\.", line)
        if heading:
            section = int(heading[1])
        is_row = line.startswith("| ") and not line.startswith(("| id |", "|--"))
        if section in CHIP_SECTIONS and is_row and "`" not in line.split("|")[1]:
            found.update(_row(line.split("|")[1].strip(), WITHOUT_STANDARD.get(section, "")))
    return found


def _row(cell: str, standard: str) -> Iterator[str]:
    """``B32 H_1, H_2``, ``LDS_A_1…A_5``, ``P_23 / P_41``: what is not repeated goes on to the next."""
    cell = re.sub(r"\(.*?\)", "", cell).removesuffix(" ff.").strip()
    if re.match(r"(9303|J-)", cell):
        yield cell
        return
    family = ""
    for group in re.split(r"[,/]", cell):
        ends = [_ONE.fullmatch(end.strip()) for end in _RANGE.split(group)]
        first, last = ends[0], ends[-1]
        if first is None or last is None:
            raise ValueError(f"{cell!r} is no row of identifiers")
        standard = first[1] or standard
        family = first[2] or family
        for number in range(int(first[4]), int(last[4]) + 1):
            name = f"{family}{first[3]}_{number}{first[5]}"
            yield f"{standard} {name}" if standard else name
