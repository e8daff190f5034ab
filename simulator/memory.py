"""What the chip remembers without power: retry counters and changed passwords.

A frozen value that is exchanged as a whole, so that a card torn from the reader has done a change or has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simulator.access_rules import PasswordId
from simulator.chip import Chip


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """``tries_left`` has the passwords that can be blocked; ``changed`` those that differ from personalisation."""

    tries_left: Mapping[PasswordId, int] = field(default_factory=dict)
    changed: Mapping[PasswordId, bytes] = field(default_factory=dict, repr=False)

    def with_tries(self, password: PasswordId, tries: int) -> Memory:
        return replace(self, tries_left={**self.tries_left, password: tries})

    def with_password(self, password: PasswordId, secret: bytes) -> Memory:
        return replace(self, changed={**self.changed, password: secret})


def personalised_memory(chip: Chip) -> Memory:
    """The memory of a chip that was never used."""
    return Memory(tries_left={} if chip.pace is None else dict(chip.pace.tries))
