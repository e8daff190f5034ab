"""Access to the published vectors in ``tests/vectors``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"


@cache
def load(name: str) -> Any:
    """The JSON file ``name`` of the vector folder."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def example(name: str) -> Any:
    """One worked example by its key."""
    return load("worked_examples")["examples"][name]
