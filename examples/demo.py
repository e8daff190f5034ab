"""Two minutes with a simulated card: read and accept it, then meet a clone and a tampered one.

Runs the program itself, as a user would; ends with an error if a card is judged otherwise than it should be.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from simulator.scenarios import build_card

CHIPID = Path(sys.executable).with_name("chipid")
SCENES = (
    ("genuine", 0, "A genuine card"),
    ("cloned", 1, "The same data, copied onto another chip"),
    ("tampered-dg13", 1, "The same card with a changed residence"),
)


def main() -> int:
    """Play the scenes; 0 if every card got the verdict that it deserves."""
    surprises = 0
    for scenario, expected, title in SCENES:
        print(f"\n=== {title}: chipid read --reader sim:{scenario} ===\n", flush=True)
        command = [str(CHIPID), "read", "--reader", f"sim:{scenario}", "--key-stdin"]
        outcome = subprocess.run(command, input=build_card(scenario).can, text=True, check=False)  # noqa: S603
        surprises += outcome.returncode != expected
    if surprises:
        print(f"\n{surprises} of {len(SCENES)} cards were not judged as they should be", file=sys.stderr)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
