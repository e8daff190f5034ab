"""What the chip remembers without power: retry counters, changed passwords, trust points and the date it knows.

A frozen value that is exchanged as a whole, so that a card torn from the reader has done a change or has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from simulator.access_rules import PasswordId
from simulator.chip import Chip
from simulator.trust_points import ImportedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What changes in a chip that was personalised.

    ``tries_left`` has the passwords that can be blocked, ``changed`` those that differ from personalisation. ``today``
    is as near to the date as certificates have told (Doc 9303-11 §7.1.4.3.3), None without Terminal Authentication.
    """

    tries_left: Mapping[PasswordId, int] = field(default_factory=dict)
    changed: Mapping[PasswordId, bytes] = field(default_factory=dict, repr=False)
    trust_points: tuple[ImportedKey, ...] = ()
    today: date | None = None

    def with_tries(self, password: PasswordId, tries: int) -> Memory:
        return replace(self, tries_left={**self.tries_left, password: tries})

    def with_password(self, password: PasswordId, secret: bytes) -> Memory:
        return replace(self, changed={**self.changed, password: secret})


def personalised_memory(chip: Chip) -> Memory:
    """The memory of a chip that was never used."""
    configuration = chip.terminal_authentication
    return Memory(
        tries_left={} if chip.pace is None else dict(chip.pace.tries),
        trust_points=() if configuration is None else configuration.trust_points,
        today=None if configuration is None else configuration.personalised_on,
    )
