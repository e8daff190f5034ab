"""The files of one reading: each is fetched once, in pieces that the card takes, and what became of it is recorded."""

from __future__ import annotations

from collections.abc import Callable

from apdu import status
from apdu.errors import MalformedDataError, SecureMessagingError, StatusError
from apdu.session import CardSession
from chipid.evidence.evidence import MAX_CONTENT, FileOutcome, FileRecord
from chipid.inspection.listing import listed_groups, refusal_outcome
from chipid.inspection.progress import Progress, ProgressEvent, Step
from chipid.lds.files import FileId
from chipid.protocols import read_file

QUIRK_NAKED_REFUSAL = "naked-length-refusal"


class FileShelf:
    """What has been fetched so far; ``reopen`` opens the chip anew and is set by whoever can do that."""

    def __init__(self, session: CardSession, progress: Progress) -> None:
        self._session = session
        self._progress = progress
        self._max_ne: int | None = None  # lowered once the card has refused longer reads
        self.step = Step.CARD_ACCESS
        self.records: dict[FileId, FileRecord] = {}
        self.quirks: dict[str, None] = {}  # an ordered set
        self.reopen: Callable[[], None]

    def listed(self) -> frozenset[FileId]:
        """The groups that EF.COM or EF.SOD name."""
        return listed_groups(self.content(FileId.COM), self.content(FileId.SOD))

    def content(self, file: FileId) -> bytes | None:
        record = self.records.get(file)
        return None if record is None or record.outcome is not FileOutcome.READ else record.content

    def fetch(self, file: FileId, *, fid: int | None = None) -> bytes | None:
        """Read a file once and record what became of it; ``fid`` where the card gave it another identifier."""
        if file not in self.records:
            try:
                found = self._read(file, fid)
            except (StatusError, MalformedDataError) as error:
                if not self._session.is_secure:
                    raise
                self.keep_refusal(file, error if isinstance(error, StatusError) else None)
            else:
                if found is not None:
                    self.keep(file, found)
        return self.content(file)

    def _read(self, file: FileId, fid: int | None) -> read_file.FileContent | None:
        """Read a file, in shorter pieces where the card breaks the session over long ones.

        QUIRK naked-length-refusal: a plain 6700 ends secure messaging, and whether the card counted the command is
        unknown, so the chip is opened anew. None where that has fetched ``file`` already, as it does EF.CardSecurity,
        which can be selected only before the application is.
        """
        while True:
            max_ne = min(self._session.max_ne, self._max_ne or self._session.max_ne)
            script = read_file.select_and_read(
                file, max_ne=max_ne, fid=fid, progress=lambda done, total: self._tell(file, done, total)
            )
            try:
                return self._session.run(script)
            except SecureMessagingError as error:
                self._max_ne = read_file.shorter(max_ne)
                if error.sw != status.WRONG_LENGTH or self._max_ne is None:
                    raise
                self.note(QUIRK_NAKED_REFUSAL)
                self.reopen()
                if file in self.records:
                    return None

    def _tell(self, file: FileId, done: int, total: int) -> None:
        self._progress(ProgressEvent(step=self.step, file=file.label, done=done, total=total))

    def keep(self, file: FileId, found: read_file.FileContent) -> None:
        """Record a file that was read, as malformed where the card gives more than any card has."""
        if found.quirks:
            self._max_ne = found.max_ne
        self.note(*found.quirks)
        if sum(len(one.content) for one in self.records.values()) + len(found.content) > MAX_CONTENT:
            self.keep_refusal(file, None)
            return
        self.records[file] = FileRecord(file=file, outcome=FileOutcome.READ, content=found.content)

    def keep_refusal(self, file: FileId, error: StatusError | None) -> None:
        sw = None if error is None else error.sw
        self.records[file] = FileRecord(file=file, outcome=refusal_outcome(sw), sw=sw)

    def note(self, *quirks: str) -> None:
        """Record departures from the standard that were tolerated."""
        self.quirks.update(dict.fromkeys(quirks))
