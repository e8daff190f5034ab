"""The order of a reading (ICAO Doc 9303-11 §4.2 and §7): open, prove, fetch; the result is Evidence.

The Chip Authentication Mapping of PACE does not replace Chip Authentication: its key is signed elsewhere.

Nothing is judged here. A refused file or a proof that the chip fails becomes a record for the judge; only
what ends the conversation is raised: a wrong access key, a lost card, a broken protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from apdu import instructions, status
from apdu.errors import CardError, MalformedDataError, SecureMessagingError, StatusError, ToolkitError, TransportError
from apdu.session import CardSession, Clock
from apdu.transport import Transport
from chipid.crypto.entropy import Entropy
from chipid.errors import AccessRefusedError, KeyKindError, UnsupportedError, WrongAccessKeyError
from chipid.evidence.codec import cut_to_milliseconds
from chipid.evidence.evidence import (
    AccessProtocol,
    AccessRecord,
    ActiveAuthenticationRecord,
    ChipAuthenticationRecord,
    Evidence,
    FileOutcome,
    FileRecord,
    MappingRecord,
    ProofOutcome,
    StepRecord,
    TerminalAuthenticationRecord,
    TerminalProblem,
)
from chipid.inspection.listing import in_reading_order, listed_groups, refusal_outcome
from chipid.inspection.plan import LOCKED_GROUPS, BACUse, ReadingPlan
from chipid.inspection.progress import Progress, ProgressEvent, Step, no_progress
from chipid.inspection.terminal import Binding, aborted, authenticate_terminal, trust_points, unlocked_groups
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import parse_dg14
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.protocols import active_authentication, bac, chip_authentication, pace, pace_choice, read_file
from chipid.protocols.terminal_authentication import document_number_identifier

QUIRK_CARD_ACCESS_BY_SFI = "card-access-by-sfi"
QUIRK_CARD_ACCESS_AFTER_MF = "card-access-after-select-mf"
QUIRK_NAKED_REFUSAL = "naked-length-refusal"


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
    reading = _Reading(transport, access_key, plan, entropy=entropy, clock=clock, deadline=deadline, progress=progress)
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
        access=reading.access,
        files=tuple(reading.files.values()),
        chip_authentication=chip,
        active_authentication=active,
        chip_authentication_mapping=reading.mapping,
        terminal_authentication=terminal,
        quirks=tuple(reading.quirks),
        steps=tuple(reading.steps),
    )


class _Reading:
    """The state of one reading: the session, and what has been collected so far."""

    def __init__(
        self,
        transport: Transport,
        access_key: AccessKey,
        plan: ReadingPlan,
        *,
        entropy: Entropy,
        clock: Clock,
        deadline: float | None,
        progress: Progress,
    ) -> None:
        self._session = CardSession(transport, clock=clock, deadline=deadline)
        self._access_key = access_key
        self._plan = plan
        self._entropy = entropy
        self._clock = clock
        self._progress = progress
        self._step = Step.CARD_ACCESS
        self._max_ne: int | None = None  # lowered once the card has refused longer reads
        self._binding = Binding()
        self._authorities: tuple[bytes, ...] = ()
        self.mapping: MappingRecord | None = None
        self.access: AccessRecord  # from open() on
        self.files: dict[FileId, FileRecord] = {}
        self.quirks: dict[str, None] = {}  # an ordered set
        self.steps: list[StepRecord] = []

    @contextmanager
    def _timed(self, step: Step) -> Iterator[None]:
        self._step = step
        self._progress(ProgressEvent(step=step))
        start = self._clock()
        yield
        elapsed = round((self._clock() - start) * 1000, 3)
        self.steps.append(StepRecord(name=step.label, milliseconds=elapsed))

    # Opening

    def open(self) -> None:
        """Read EF.CardAccess, run PACE or BAC, select the application; secure messaging is on afterwards."""
        with self._timed(Step.CARD_ACCESS):
            infos = self._read_card_access()
        with self._timed(Step.ACCESS):
            self.access = self._open_chip(infos)

    def _read_card_access(self) -> SecurityInfos | None:
        """EF.CardAccess lies in the master file, which is selected after a reset.

        Chips differ in how they let themselves be asked: Vietnamese ones refuse SELECT MF, others answer
        nothing before it. So the plain way is tried first.
        """
        session = self._session
        ways = (
            (None, read_file.select_and_read),
            (QUIRK_CARD_ACCESS_BY_SFI, read_file.read_by_sfi),
            (QUIRK_CARD_ACCESS_AFTER_MF, read_file.select_and_read),
        )
        refusal = None
        for quirk, way in ways:
            if quirk == QUIRK_CARD_ACCESS_AFTER_MF:
                session.transmit(instructions.select_mf())
            try:
                found = session.run(way(FileId.CARD_ACCESS, max_ne=session.max_ne))
            except StatusError as error:
                refusal = refusal or error
                continue
            if quirk is not None:
                self.quirks[quirk] = None
            self._keep(FileId.CARD_ACCESS, found)
            return parse_card_access(found.content).security_infos
        self._keep_refusal(FileId.CARD_ACCESS, refusal)
        return None

    def _open_chip(self, infos: SecurityInfos | None) -> AccessRecord:
        choices = () if infos is None else pace_choice.choose(infos)
        skipped = UnsupportedError.code if infos is not None and infos.pace else None
        if choices:
            info = choices[0].info
            try:
                result = self._session.run(pace.authenticate(choices[0], self._access_key, self._entropy))
            except (WrongAccessKeyError, TransportError):
                raise
            except CardError as error:
                if self._plan.bac is not BACUse.AFTER_PACE_FAILED or self._access_key.kind is not AccessKeyKind.MRZ:
                    raise
                skipped = error.code
                self._session.reset()
            else:
                self.quirks.update(dict.fromkeys(result.quirks))
                self._session.start_secure_messaging(result.keys)
                self._keep_pace(result)
                self._select_application()
                return AccessRecord(
                    protocol=AccessProtocol.PACE,
                    password=self._access_key.kind.name,
                    suite=info.protocol.suite.label,
                    oid=info.oid,
                    parameter_id=info.parameter_id,
                )
        return self._open_with_bac(skipped)

    def _keep_pace(self, result: pace.PACEResult) -> None:
        """Keep what PACE leaves for the judge and for Terminal Authentication; the master file is still selected."""
        self._binding = Binding(id_ic=result.id_ic)
        self._authorities = result.authorities
        if result.proof is None:
            return
        self._binding.compressed_terminal_key = result.compressed_terminal_key
        self.mapping = MappingRecord(
            mapping_public_key=result.proof.pk_map_ic, chip_authentication_data=result.proof.ca_ic
        )
        self._fetch(FileId.CARD_SECURITY)

    def _open_with_bac(self, skipped: str | None) -> AccessRecord:
        if self._plan.bac is BACUse.NEVER:
            raise AccessRefusedError("the chip offers no usable PACE, and Basic Access Control is not allowed")
        if self._access_key.kind is not AccessKeyKind.MRZ:
            raise KeyKindError("this chip opens only with the machine readable zone")
        self._select_application()
        try:
            keys = self._session.run(bac.authenticate(self._access_key, self._entropy))
        except StatusError as error:
            if bac.is_unsupported(error):
                raise UnsupportedError("the chip offers neither PACE that we know nor Basic Access Control") from error
            raise
        self._session.start_secure_messaging(keys)
        self._binding = Binding(id_ic=document_number_identifier(self._access_key))
        return AccessRecord(
            protocol=AccessProtocol.BAC, password=AccessKeyKind.MRZ.name, suite=bac.SUITE.label, pace_skipped=skipped
        )

    def _select_application(self) -> None:
        response = self._session.transmit(instructions.select_application(AID_EMRTD))
        if not response.sw.is_warning:
            response.expect_ok("SELECT eMRTD application")

    def _reopen(self) -> None:
        """Start over after the session has broken; the card answered our key once already."""
        self._session.reset()
        card_access = self.files[FileId.CARD_ACCESS]
        known = card_access.outcome is FileOutcome.READ
        again = self._open_chip(parse_card_access(card_access.content).security_infos if known else None)
        if again.pace_skipped is not None:
            self.access = again  # the weaker of the two is what protected the reading

    # Proofs

    def authenticate_chip(self) -> ChipAuthenticationRecord | None:
        """Run Chip Authentication with the keys of DG14; None if the chip offers none."""
        with self._timed(Step.CHIP_AUTHENTICATION):
            content = self._fetch(FileId.DG14) if FileId.DG14 in self._listed() else None
            if content is None:
                return None
            try:
                choices = chip_authentication.choose(parse_dg14(content).security_infos)
            except ToolkitError:  # DG14 is no SecurityInfos: the judge says so
                return None
            record = None
            for choice in choices:
                record = self._try_chip_authentication(choice)
                if record.outcome is not ProofOutcome.ABORTED:
                    break
            return record

    def _try_chip_authentication(
        self, choice: chip_authentication.ChipAuthenticationChoice
    ) -> ChipAuthenticationRecord:
        outcome, sw, terminal_public_key = ProofOutcome.ABORTED, None, b""
        try:
            result = self._session.run(chip_authentication.authenticate(choice, self._entropy))
            terminal_public_key = result.terminal_public_key
        except StatusError as error:
            sw = error.sw
        except (UnsupportedError, MalformedDataError):
            pass  # a key that cannot be used: nothing was sent
        except SecureMessagingError as error:
            sw = error.sw
            self._reopen()
        else:
            self._session.start_secure_messaging(result.keys)
            self.quirks.update(dict.fromkeys(result.quirks))
            try:
                # Any answer with a right checksum under the new keys proves the chip's private key.
                self._session.transmit(instructions.select_ef(FileId.SOD.fid))
                outcome = ProofOutcome.COMPLETED
                self._binding.compressed_terminal_key = result.compressed_terminal_key
            except SecureMessagingError as error:
                outcome, sw = ProofOutcome.FAILED, error.sw
                self._reopen()
        return ChipAuthenticationRecord(
            outcome=outcome,
            protocol=choice.oid,
            public_key=choice.key.spki,
            terminal_public_key=terminal_public_key,
            key_id=choice.key.key_id,
            sw=sw,
        )

    def challenge_chip(self, challenge: bytes | None) -> ActiveAuthenticationRecord | None:
        """Run Active Authentication if the chip has a DG15; None if it has not."""
        with self._timed(Step.ACTIVE_AUTHENTICATION):
            content = self._fetch(FileId.DG15) if FileId.DG15 in self._listed() else None
            if content is None:
                return None
            rnd_ifd = self._entropy(active_authentication.CHALLENGE_LENGTH) if challenge is None else challenge
            ne = active_authentication.answer_length(content)
            try:
                response = self._session.run(active_authentication.sign_challenge(rnd_ifd, ne=ne))
            except (StatusError, SecureMessagingError) as error:
                if isinstance(error, SecureMessagingError):
                    self._reopen()
                return ActiveAuthenticationRecord(
                    outcome=ProofOutcome.ABORTED, challenge=rnd_ifd, response=b"", sw=error.sw
                )
            return ActiveAuthenticationRecord(outcome=ProofOutcome.COMPLETED, challenge=rnd_ifd, response=response)

    # The terminal

    def authenticate_terminal(self) -> TerminalAuthenticationRecord | None:
        """Prove the terminal to a chip that has locked groups; None if it has none that the plan wants."""
        key = self._plan.terminal_key
        if key is None or not any(map(self._plan.wants, self._listed() & LOCKED_GROUPS)):
            return None
        with self._timed(Step.TERMINAL_AUTHENTICATION):
            points = trust_points(self._fetch(FileId.CVCA), self._authorities)
            try:
                return authenticate_terminal(self._session, key, self._binding, points)
            except SecureMessagingError as error:
                self._reopen()
                return aborted(key, TerminalProblem.SESSION_BROKEN, sw=error.sw)

    # Files

    def read_security_object(self) -> None:
        """Fetch EF.COM and EF.SOD, which tell what else there is."""
        with self._timed(Step.SECURITY_OBJECT):
            self._fetch(FileId.COM)
            self._fetch(FileId.SOD)

    def read_data_groups(self, locked: frozenset[FileId]) -> None:
        """Fetch the listed groups that the plan wants and that are not locked, the large ones last."""
        with self._timed(Step.DATA_GROUPS):
            for group in in_reading_order(self._listed() - locked):
                if self._plan.wants(group):
                    self._fetch(group)

    def _listed(self) -> frozenset[FileId]:
        return listed_groups(self._content(FileId.COM), self._content(FileId.SOD))

    def _content(self, file: FileId) -> bytes | None:
        record = self.files.get(file)
        return None if record is None or record.outcome is not FileOutcome.READ else record.content

    def _fetch(self, file: FileId) -> bytes | None:
        """Read a file once and record what became of it."""
        if file not in self.files:
            try:
                found = self._read(file)
            except (StatusError, MalformedDataError) as error:
                if not self._session.is_secure:
                    raise
                self._keep_refusal(file, error if isinstance(error, StatusError) else None)
            else:
                self._keep(file, found)
        return self._content(file)

    def _read(self, file: FileId) -> read_file.FileContent:
        """Read a file, in shorter pieces where the card breaks the session over long ones.

        QUIRK naked-length-refusal: a plain 6700 ends secure messaging, and whether the card counted the command is
        unknown, so the chip is opened anew.
        """
        while True:
            max_ne = min(self._session.max_ne, self._max_ne or self._session.max_ne)
            script = read_file.select_and_read(
                file, max_ne=max_ne, progress=lambda done, total: self._tell(file, done, total)
            )
            try:
                return self._session.run(script)
            except SecureMessagingError as error:
                self._max_ne = read_file.shorter(max_ne)
                if error.sw != status.WRONG_LENGTH or self._max_ne is None:
                    raise
                self.quirks[QUIRK_NAKED_REFUSAL] = None
                self._reopen()

    def _tell(self, file: FileId, done: int, total: int) -> None:
        self._progress(ProgressEvent(step=self._step, file=file.label, done=done, total=total))

    def _keep(self, file: FileId, found: read_file.FileContent) -> None:
        if found.quirks:
            self._max_ne = found.max_ne
        self.quirks.update(dict.fromkeys(found.quirks))
        self.files[file] = FileRecord(file=file, outcome=FileOutcome.READ, content=found.content)

    def _keep_refusal(self, file: FileId, error: StatusError | None) -> None:
        sw = None if error is None else error.sw
        self.files[file] = FileRecord(file=file, outcome=refusal_outcome(sw), sw=sw)
