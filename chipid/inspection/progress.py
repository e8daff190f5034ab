"""What a reading tells while it runs: typed steps with stable numbers, and the bytes of each file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """The steps of a reading in their order; value: number and stable name."""

    CARD_ACCESS = (1, "card-access")
    ACCESS = (2, "access")
    SECURITY_OBJECT = (3, "security-object")
    CHIP_AUTHENTICATION = (4, "chip-authentication")
    ACTIVE_AUTHENTICATION = (5, "active-authentication")
    TERMINAL_AUTHENTICATION = (6, "terminal-authentication")
    DATA_GROUPS = (7, "data-groups")

    def __init__(self, number: int, label: str) -> None:
        self.number = number
        self.label = label


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressEvent:
    """A step began, or ``done`` of ``total`` bytes of ``file`` have come."""

    step: Step
    file: str | None = None
    done: int = 0
    total: int = 0


Progress = Callable[[ProgressEvent], None]


def no_progress(_event: ProgressEvent) -> None:
    """Tell nobody."""
