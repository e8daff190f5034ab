"""A test case and its outcome (ICAO RF Protocol and Application Test Standard, Part 3; BSI TR-03105-3.2 and -3.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # a case is a script for a terminal, and the terminal records its outcome
    from chipid.conformance.terminal import ConformanceTerminal


class Verdict(Enum):
    """What a case has found.

    NOT_APPLICABLE says that the chip or the keys at hand do not allow it, INTERRUPTED that the chip was gone, silent or
    out of time before the case came to an end.
    """

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    INTERRUPTED = "interrupted"


class Risk(Enum):
    """What a case may do to a chip; all but NONE are run on request only."""

    NONE = "none"
    WRONG_KEY = "wrong key"  # some chips answer more slowly after wrong keys
    BLOCKED_PIN = "blocked PIN"  # tries of the PIN are used up; the case makes them whole with PIN and PUK
    LASTING_CHANGE = "lasting change"  # date and trust points of the chip move, and nothing moves them back


class DeviationError(Exception):
    """The chip did something else than the case demands. It never leaves the runner."""


class NotApplicableError(Exception):
    """The case cannot be run against this chip. It never leaves the runner."""


Script = Callable[["ConformanceTerminal"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: its identifier in the test standard, and a script that raises what it finds."""

    id: str
    purpose: str
    script: Script
    risk: Risk = Risk.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One command and its answer without any data of the card: the answer is its length and its status word."""

    stimulus: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """The outcome of one case; ``reason`` is empty for one that has passed."""

    id: str
    purpose: str
    verdict: Verdict
    reason: str
    exchanges: tuple[Exchange, ...]
