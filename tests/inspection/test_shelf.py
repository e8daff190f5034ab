"""What a reading keeps of the files that it fetched."""

from __future__ import annotations

from apdu.session import CardSession
from chipid.evidence.evidence import MAX_CONTENT, FileOutcome
from chipid.inspection.progress import no_progress
from chipid.inspection.shelf import FileShelf
from chipid.lds.files import FileId
from chipid.protocols.read_file import FileContent
from tests.inspection import cards


def found(length: int) -> FileContent:
    return FileContent(content=bytes(length), max_ne=256, quirks=())


def test_a_card_that_gives_more_than_any_card_has_gives_malformed_files() -> None:
    session = CardSession(cards.transport_to(cards.ListeningCard(cards.genuine_chip())), clock=lambda: 0.0)
    shelf = FileShelf(session, no_progress)
    shelf.keep(FileId.DG2, found(MAX_CONTENT - 10))
    shelf.keep(FileId.DG3, found(11))
    shelf.keep(FileId.DG4, found(10))
    outcomes = {file: record.outcome for file, record in shelf.records.items()}
    assert outcomes == {FileId.DG2: FileOutcome.READ, FileId.DG3: FileOutcome.FAILED, FileId.DG4: FileOutcome.READ}
    assert shelf.records[FileId.DG3].content == b""
