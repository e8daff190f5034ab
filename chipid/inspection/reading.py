"""The order of a reading (ICAO Doc 9303-11 §4.2 and §7): open, prove, fetch; the result is Evidence.

Nothing is judged here. A refused file or a proof that the chip fails becomes a record for the judge; only
what ends the conversation is raised: a wrong access key, a lost card, a broken protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from apdu.errors import SecureMessagingError, ToolkitError
from apdu.session import CardSession, Clock
from apdu.transport import Transport
from chipid.crypto.entropy import Entropy
from chipid.evidence.codec import cut_to_milliseconds
from chipid.evidence.evidence import (
    ActiveAuthenticationRecord,
    ChipAuthenticationRecord,
    Evidence,
    StepRecord,
    TerminalAuthenticationRecord,
    TerminalProblem,
)
from chipid.inspection.listing import in_reading_order
from chipid.inspection.opening import ChipOpening
from chipid.inspection.plan import LOCKED_GROUPS, ReadingPlan
from chipid.inspection.progress import Progress, ProgressEvent, Step, no_progress
from chipid.inspection.proofs import ChipProofs
from chipid.inspection.shelf import FileShelf
from chipid.inspection.terminal import (
    aborted,
    authenticate_terminal,
    read_trust_points,
    unlocked_groups,
)
from chipid.lds.dg14 import parse_dg14
from chipid.lds.files import FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.mrz.access_key import AccessKey
from chipid.protocols import active_authentication


def read_card(
    transport: Transport,
    access_key: AccessKey,
    plan: ReadingPlan,
    *,
    entropy: Entropy,
    clock: Clock,
    now: Callable[[], datetime],
    challenge: bytes | None = None,
    deadline: float | None = None,
    progress: Progress = no_progress,
) -> Evidence:
    """Read a card according to ``plan`` and return what came out, unjudged.

    ``clock`` measures (seconds, monotonic), ``now`` dates (aware time). The ``challenge`` of Active Authentication is
    the caller's, the plan's, or drawn from ``entropy``. After ``deadline``, by the clock, no command is sent.

    Raises :class:`WrongAccessKeyError` after exactly one attempt, :class:`TransportError` if card or reader
    go away, :class:`CardError` for a broken protocol.
    """
    challenge = plan.challenge if challenge is None else challenge
    if challenge is not None and len(challenge) != active_authentication.CHALLENGE_LENGTH:
        raise ValueError(f"a challenge has {active_authentication.CHALLENGE_LENGTH} bytes, not {len(challenge)}")
    session = CardSession(transport, clock=clock, deadline=deadline)
    reading = _Reading(session, access_key, plan, entropy=entropy, clock=clock, progress=progress)
    started_at = now()
    reading.open()
    reading.read_security_object()
    chip = reading.authenticate_chip() if plan.proves_chip else None
    active = reading.challenge_chip(challenge) if plan.active_authentication else None
    terminal = reading.authenticate_terminal() if plan.terminal_key is not None else None
    reading.read_data_groups(LOCKED_GROUPS - unlocked_groups(terminal, plan.terminal_key))
    return Evidence(
        atr=transport.atr,
        reader=transport.name,
        started_at=cut_to_milliseconds(started_at),
        finished_at=cut_to_milliseconds(now()),
        access=reading.opening.access,
        files=tuple(reading.shelf.records.values()),
        chip_authentication=chip,
        active_authentication=active,
        chip_authentication_mapping=reading.opening.mapping,
        terminal_authentication=terminal,
        quirks=tuple(reading.shelf.quirks),
        steps=tuple(reading.steps),
    )


class _Reading:
    """The steps of one reading, each announced and timed."""

    def __init__(
        self,
        session: CardSession,
        access_key: AccessKey,
        plan: ReadingPlan,
        *,
        entropy: Entropy,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._session = session
        self._plan = plan
        self._clock = clock
        self._progress = progress
        self.shelf = FileShelf(session, progress)
        self.opening = ChipOpening(session, self.shelf, access_key, bac_use=plan.bac, entropy=entropy)
        self._proofs = ChipProofs(session, self.shelf, self.opening, entropy)
        self.steps: list[StepRecord] = []

    @contextmanager
    def _timed(self, step: Step) -> Iterator[None]:
        self.shelf.step = step
        self._progress(ProgressEvent(step=step))
        start = self._clock()
        yield
        elapsed = round((self._clock() - start) * 1000, 3)
        self.steps.append(StepRecord(name=step.label, milliseconds=elapsed))

    def open(self) -> None:
        """Read EF.CardAccess, run PACE or BAC, select the application."""
        with self._timed(Step.CARD_ACCESS):
            infos = self.opening.read_card_access()
            self.opening.read_buffer_sizes()
        with self._timed(Step.ACCESS):
            self.opening.open(infos)

    def read_security_object(self) -> None:
        """Fetch EF.COM and EF.SOD, which tell what else there is."""
        with self._timed(Step.SECURITY_OBJECT):
            self.shelf.fetch(FileId.COM)
            self.shelf.fetch(FileId.SOD)

    def authenticate_chip(self) -> ChipAuthenticationRecord | None:
        with self._timed(Step.CHIP_AUTHENTICATION):
            return self._proofs.authenticate_chip()

    def challenge_chip(self, challenge: bytes | None) -> ActiveAuthenticationRecord | None:
        with self._timed(Step.ACTIVE_AUTHENTICATION):
            return self._proofs.challenge_chip(challenge)

    def authenticate_terminal(self) -> TerminalAuthenticationRecord | None:
        """Prove the terminal to a chip that has locked groups; None if it has none that the plan wants."""
        key = self._plan.terminal_key
        if key is None or not any(map(self._plan.wants, self.shelf.listed() & LOCKED_GROUPS)):
            return None
        with self._timed(Step.TERMINAL_AUTHENTICATION):
            try:
                points = read_trust_points(self._session, self.shelf, self._options(), self.opening.authorities)
                return authenticate_terminal(self._session, key, self.opening.binding, points)
            except SecureMessagingError as error:
                self.opening.reopen()
                return aborted(key, TerminalProblem.SESSION_BROKEN, sw=error.sw)

    def _options(self) -> SecurityInfos | None:
        """What DG14 says; a malformed one says nothing here, and the judge tells."""
        content = self.shelf.content(FileId.DG14)
        try:
            return None if content is None else parse_dg14(content).security_infos
        except ToolkitError:
            return None

    def read_data_groups(self, locked: frozenset[FileId]) -> None:
        """Fetch the listed groups that the plan wants and that are not locked, the large ones last."""
        with self._timed(Step.DATA_GROUPS):
            for group in in_reading_order(self.shelf.listed() - locked):
                if self._plan.wants(group):
                    self.shelf.fetch(group)
