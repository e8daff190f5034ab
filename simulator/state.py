"""The security state of the running card: what is selected, what is proven, what a next command may continue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from simulator.access_rules import UNKNOWN_TERMINAL, AccessStatus, Authorisation
from simulator.file_system import DedicatedFile, ElementaryFile
from simulator.memory import Memory
from simulator.trust_points import ImportedKey


class Situation(Enum):
    """One side of the transition table; the other is the instruction."""

    OPEN = "no session"
    SECURE = "secure messaging, no protocol under way"
    CHALLENGED = "a challenge was given"
    TERMINAL_CHALLENGED = "a challenge was given inside secure messaging"
    PACE_SELECTED = "PACE: algorithm and password chosen"
    PACE_NONCE_SENT = "PACE: encrypted nonce given"
    PACE_MAPPED = "PACE: generator agreed"
    PACE_AGREED = "PACE: keys agreed, token due"
    CHIP_AUTHENTICATION_SELECTED = "Chip Authentication: key chosen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A protocol under way, with what its next step needs. Any other command drops it."""

    situation: ClassVar[Situation]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalCertificates:
    """Keys of document verifiers and terminals, latest first; they live as long as the session.

    ``verifying`` is the key of MSE:Set DST, ``authenticating`` that of MSE:Set AT.
    """

    imported: tuple[ImportedKey, ...] = ()
    verifying: ImportedKey | None = None
    authenticating: ImportedKey | None = None


NO_CERTIFICATES = TerminalCertificates()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityState:
    """Everything that a command can change, except the session keys; only ``memory`` outlives the power."""

    df: DedicatedFile
    memory: Memory
    ef: ElementaryFile | None = None
    terminal: Authorisation = UNKNOWN_TERMINAL
    pending: Pending | None = None
    certificates: TerminalCertificates = NO_CERTIFICATES
    chained: bytes = b""  # what was received of a chain so far
    chained_for: bytes = b""  # INS P1 P2 of that chain

    @property
    def situation(self) -> Situation:
        return self.resting_situation if self.pending is None else self.pending.situation

    @property
    def resting_situation(self) -> Situation:
        return Situation.OPEN if self.terminal.status is AccessStatus.NONE else Situation.SECURE

    def idle(self) -> SecurityState:
        """The same state with no protocol under way."""
        if self.pending is None and not self.chained_for:
            return self
        return replace(self, pending=None, chained=b"", chained_for=b"")

    def unchained(self) -> SecurityState:
        """The same state without the parts of a chain."""
        return replace(self, chained=b"", chained_for=b"") if self.chained_for else self

    def without_session(self) -> SecurityState:
        """The state after secure messaging has ended: the selection stays, everything proven is gone."""
        return SecurityState(df=self.df, memory=self.memory, ef=self.ef)
