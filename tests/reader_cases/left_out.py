"""The cases of the standard that are not run, and why."""

from __future__ import annotations

import re
from typing import Final

# Identifiers, as "LDS_A_01" or "LDS_A_01-03"; what they are about; why they are left out.
LEFT_OUT: Final[tuple[tuple[str, str, str], ...]] = ()


def left_out_identifiers() -> list[str]:
    """Each identifier by itself."""
    return [one for identifiers, _, _ in LEFT_OUT for one in _expand(identifiers)]


def _expand(identifiers: str) -> list[str]:
    found = re.fullmatch(r"(.*_)(\d+)-(\d+)", identifiers)
    if found is None:
        return [identifiers]
    return [f"{found[1]}{number:02}" for number in range(int(found[2]), int(found[3]) + 1)]
