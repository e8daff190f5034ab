"""Who may read a file: what the chip knows about the terminal, and composable rules over it.

ICAO Doc 9303-11 §4.3.2 and §4.4.2 (access by BAC or PACE), §7.1.3 (terminal rights).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Protocol


class AccessStatus(Enum):
    """How the terminal opened the chip."""

    NONE = "none"
    BAC = "BAC"
    PACE = "PACE"


class PasswordId(IntEnum):
    """Password references of PACE (ICAO Doc 9303-11 §4.4.4.1, DO'83')."""

    MRZ = 1
    CAN = 2
    PIN = 3
    PUK = 4


class TerminalRight(Enum):
    """Rights of an inspection system, as bits of its certificate holder authorisation (Doc 9303-12 §7.2.2.4)."""

    READ_FINGERPRINTS = 0x01
    READ_IRISES = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """What the terminal has proven so far.

    ``id_ic`` is how the session identifies the chip and ``pk_ifd`` the compressed key with which the terminal made the
    session keys: what Terminal Authentication is bound to (Doc 9303-11 §7.1.2).
    """

    status: AccessStatus = AccessStatus.NONE
    password: PasswordId | None = None
    chip_authenticated: bool = False
    terminal_authenticated: bool = False
    terminal_rights: frozenset[TerminalRight] = frozenset()
    id_ic: bytes = field(default=b"", repr=False)
    pk_ifd: bytes = field(default=b"", repr=False)


class AccessRule(Protocol):
    """A condition over an :class:`Authorisation`."""

    def allows(self, terminal: Authorisation) -> bool:
        """True if the terminal may read."""


@dataclass(frozen=True, slots=True)
class Always:
    """Readable by anybody, in the clear too."""

    def allows(self, terminal: Authorisation) -> bool:  # noqa: ARG002
        return True


@dataclass(frozen=True, slots=True)
class Never:
    """Readable by nobody."""

    def allows(self, terminal: Authorisation) -> bool:  # noqa: ARG002
        return False


@dataclass(frozen=True, slots=True)
class AfterAccess:
    """Readable once the chip was opened, in one of the ways given."""

    by: frozenset[AccessStatus] = frozenset({AccessStatus.BAC, AccessStatus.PACE})

    def allows(self, terminal: Authorisation) -> bool:
        return terminal.status in self.by


@dataclass(frozen=True, slots=True)
class AfterChipAuthentication:
    """Readable once Chip Authentication has renewed the session keys."""

    def allows(self, terminal: Authorisation) -> bool:
        return terminal.chip_authenticated


@dataclass(frozen=True, slots=True)
class AfterTerminalAuthentication:
    """Readable by a terminal whose certificates carry one right."""

    right: TerminalRight

    def allows(self, terminal: Authorisation) -> bool:
        return self.right in terminal.terminal_rights


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Readable if one of the rules allows it."""

    rules: tuple[AccessRule, ...]

    def allows(self, terminal: Authorisation) -> bool:
        return any(rule.allows(terminal) for rule in self.rules)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Readable if every rule allows it."""

    rules: tuple[AccessRule, ...]

    def allows(self, terminal: Authorisation) -> bool:
        return all(rule.allows(terminal) for rule in self.rules)


OPENED_BY_PACE = AfterAccess(frozenset({AccessStatus.PACE}))
UNKNOWN_TERMINAL = Authorisation()
