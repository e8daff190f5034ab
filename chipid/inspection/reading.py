"""The order of a reading (ICAO Doc 9303-11 §4.2 and §7): open, prove, fetch; the result is Evidence.

Nothing is judged here. A refused file or a proof that the chip fails becomes a record for the judge; only
what ends the conversation is raised: a wrong access key, a lost card, a broken protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from apdu import instructions, status
from apdu.command import MAX_SHORT_NE
from apdu.errors import CardError, MalformedDataError, SecureMessagingError, StatusError, ToolkitError, TransportError
from apdu.session import CardSession, Clock
from apdu.transport import Transport
from chipid.crypto.entropy import Entropy
from chipid.crypto.keys import RSAPublicKey
from chipid.errors import AccessKeyError, AccessRefusedError, UnsupportedError, WrongAccessKeyError
from chipid.evidence.evidence import (
    AccessProtocol,
    AccessRecord,
    ActiveAuthenticationRecord,
    ChipAuthenticationRecord,
    Evidence,
    FileOutcome,
    FileRecord,
    ProofOutcome,
    StepRecord,
)
from chipid.inspection.plan import BACUse, ReadingPlan
from chipid.inspection.progress import Progress, ProgressEvent, Step, no_progress
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import AID_EMRTD, DATA_GROUPS, FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.protocols import active_authentication, bac, chip_authentication, pace, pace_choice, read_file

QUIRK_CARD_ACCESS_BY_SFI = "card-access-by-sfi"
QUIRK_CARD_ACCESS_AFTER_MF = "card-access-after-select-mf"

# Fingerprints and irises open to Terminal Authentication only; without it they are not asked for.
LOCKED_GROUPS = frozenset({FileId.DG3, FileId.DG4})
# Small groups first: a desk sees the name while the portrait still loads.
_LARGE_GROUPS = (FileId.DG5, FileId.DG7, FileId.DG2)


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

    ``clock`` measures (seconds, monotonic), ``now`` dates (aware time). ``challenge`` is the eight-byte
    challenge of Active Authentication if the caller wants to bind the evidence to its own; it is drawn from
    ``entropy`` otherwise. ``deadline`` is the clock value after which no command is sent.

    Raises :class:`WrongAccessKeyError` after exactly one attempt, :class:`TransportError` if card or reader
    go away, :class:`CardError` for a broken protocol.
    """
    if challenge is not None and len(challenge) != active_authentication.CHALLENGE_LENGTH:
        raise ValueError(f"a challenge has {active_authentication.CHALLENGE_LENGTH} bytes, not {len(challenge)}")
    reading = _Reading(transport, access_key, plan, entropy=entropy, clock=clock, deadline=deadline, progress=progress)
    started_at = now()
    reading.open()
    reading.read_security_object()
    chip = reading.authenticate_chip() if plan.chip_authentication else None
    active = reading.challenge_chip(challenge) if plan.active_authentication else None
    reading.read_data_groups()
    return Evidence(
        atr=transport.atr,
        reader=transport.name,
        started_at=_milliseconds(started_at),
        finished_at=_milliseconds(now()),
        access=reading.access,
        files=tuple(reading.files.values()),
        chip_authentication=chip,
        active_authentication=active,
        quirks=tuple(reading.quirks),
        steps=tuple(reading.steps),
    )


def _milliseconds(time: datetime) -> datetime:
    """Cut to the resolution of the evidence file, so that writing and reading it gives the same object."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


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
                self._select_application()
                return AccessRecord(
                    protocol=AccessProtocol.PACE,
                    password=self._access_key.kind.name,
                    suite=info.protocol.suite.label,
                    oid=info.oid,
                    parameter_id=info.parameter_id,
                )
        return self._open_with_bac(skipped)

    def _open_with_bac(self, skipped: str | None) -> AccessRecord:
        if self._plan.bac is BACUse.NEVER:
            raise AccessRefusedError("the chip offers no usable PACE, and Basic Access Control is not allowed")
        if self._access_key.kind is not AccessKeyKind.MRZ:
            raise AccessKeyError("this chip opens only with the machine readable zone")
        self._select_application()
        try:
            keys = self._session.run(bac.authenticate(self._access_key, self._entropy))
        except StatusError as error:
            if bac.is_unsupported(error):
                raise UnsupportedError("the chip offers neither PACE that we know nor Basic Access Control") from error
            raise
        self._session.start_secure_messaging(keys)
        return AccessRecord(
            protocol=AccessProtocol.BAC, password=AccessKeyKind.MRZ.name, suite=bac.SUITE.label, pace_skipped=skipped
        )

    def _select_application(self) -> None:
        response = self._session.transmit(instructions.select_application(AID_EMRTD))
        if not response.sw.is_warning:
            response.expect_ok("SELECT eMRTD application")

    def _reopen(self) -> None:
        """Start over after a proof has broken the session; the card answered our key once already."""
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
            try:
                # Any answer with a right checksum under the new keys proves the chip's private key.
                self._session.transmit(instructions.select_ef(FileId.SOD.fid))
                outcome = ProofOutcome.COMPLETED
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
            ne = _signature_length(content)
            try:
                response = self._session.run(active_authentication.sign_challenge(rnd_ifd, ne=ne))
            except (StatusError, SecureMessagingError) as error:
                if isinstance(error, SecureMessagingError):
                    self._reopen()
                return ActiveAuthenticationRecord(
                    outcome=ProofOutcome.ABORTED, challenge=rnd_ifd, response=b"", sw=error.sw
                )
            return ActiveAuthenticationRecord(outcome=ProofOutcome.COMPLETED, challenge=rnd_ifd, response=response)

    # Files

    def read_security_object(self) -> None:
        """Fetch EF.COM and EF.SOD, which tell what else there is."""
        with self._timed(Step.SECURITY_OBJECT):
            self._fetch(FileId.COM)
            self._fetch(FileId.SOD)

    def read_data_groups(self) -> None:
        """Fetch the listed groups that the plan wants, the large ones last."""
        with self._timed(Step.DATA_GROUPS):
            for group in _in_reading_order(self._listed()):
                if self._plan.wants(group):
                    self._fetch(group)

    def _listed(self) -> frozenset[FileId]:
        """The open groups that EF.COM or EF.SOD name; neither is believed, both are followed."""
        numbers: set[int] = set()
        com, sod = self.files.get(FileId.COM), self.files.get(FileId.SOD)
        try:
            if com is not None and com.outcome is FileOutcome.READ:
                numbers.update(parse_ef_com(com.content).data_groups)
        except ToolkitError:
            pass  # the judge reports a malformed EF.COM
        try:
            if sod is not None and sod.outcome is FileOutcome.READ:
                numbers.update(parse_sod(sod.content).data_group_hashes)
        except ToolkitError:
            pass  # likewise
        return frozenset(group for group in DATA_GROUPS if group.dg_number in numbers) - LOCKED_GROUPS

    def _fetch(self, file: FileId) -> bytes | None:
        """Read a file once and record what became of it."""
        if file not in self.files:
            session = self._session
            max_ne = min(session.max_ne, self._max_ne or session.max_ne)
            try:
                found = session.run(
                    read_file.select_and_read(
                        file, max_ne=max_ne, progress=lambda done, total: self._tell(file, done, total)
                    )
                )
            except (StatusError, MalformedDataError) as error:
                if not session.is_secure:
                    raise
                self._keep_refusal(file, error if isinstance(error, StatusError) else None)
            else:
                self._keep(file, found)
        record = self.files[file]
        return record.content if record.outcome is FileOutcome.READ else None

    def _tell(self, file: FileId, done: int, total: int) -> None:
        self._progress(ProgressEvent(step=self._step, file=file.label, done=done, total=total))

    def _keep(self, file: FileId, found: read_file.FileContent) -> None:
        if found.quirks:
            self._max_ne = found.max_ne
        self.quirks.update(dict.fromkeys(found.quirks))
        self.files[file] = FileRecord(file=file, outcome=FileOutcome.READ, content=found.content)

    def _keep_refusal(self, file: FileId, error: StatusError | None) -> None:
        sw = None if error is None else error.sw
        outcome = _REFUSALS.get(sw, FileOutcome.FAILED)
        self.files[file] = FileRecord(file=file, outcome=outcome, sw=sw)


_REFUSALS: dict[int | None, FileOutcome] = {
    status.FILE_NOT_FOUND: FileOutcome.ABSENT,
    status.SECURITY_STATUS_NOT_SATISFIED: FileOutcome.DENIED,
}


def _in_reading_order(groups: Iterable[FileId]) -> list[FileId]:
    return sorted(groups, key=lambda group: (group in _LARGE_GROUPS, group.fid))


def _signature_length(dg15: bytes) -> int:
    """How long the answer of Active Authentication will be.

    Some chips insist on the exact Le for RSA; an EC signature, plain or DER, is shorter than a short Le.
    """
    try:
        key = parse_dg15(dg15).public_key
    except ToolkitError:
        return MAX_SHORT_NE
    return (key.n.bit_length() + 7) // 8 if isinstance(key, RSAPublicKey) else MAX_SHORT_NE
