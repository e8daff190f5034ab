"""Evidence: one frozen object that holds all that a reading produced.

Above this waist nobody talks to a card, below it nobody judges. A live reading, an offline re-check and a
dispute years later judge the same object. It holds personal data: nothing here shows it in ``repr``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from chipid.lds.files import DATA_GROUPS, FileId

MAX_CONTENT: Final = 2 << 20  # of all files together: more than the memory of the chips that documents have
REDACTABLE: Final = frozenset(DATA_GROUPS) - {FileId.DG14, FileId.DG15}
"""What can be taken out: the keys of the chip say nothing of its holder, and without them its proofs are worth nothing.
"""

UNDATED: Final = datetime(1970, 1, 1, tzinfo=UTC)


class FileOutcome(Enum):
    """What became of a file that the reading asked for."""

    READ = "read"
    ABSENT = "absent"  # 6A82
    DENIED = "denied"  # 6982: Terminal Authentication would be needed
    FAILED = "failed"  # any other answer, or a length that cannot be
    REDACTED = "redacted"  # it was read, and taken out later: its digest is left


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file: its bytes exactly as the card sent them, or the reason why there are none.

    ``digest`` is left of a redacted file; see :mod:`chipid.evidence.redaction`.
    """

    file: FileId
    outcome: FileOutcome
    content: bytes = field(default=b"", repr=False)
    sw: int | None = None
    digest: bytes = field(default=b"", repr=False)


class AccessProtocol(Enum):
    """How the chip was opened (ICAO Doc 9303-11 §4). UNKNOWN: the files came without the story of their reading."""

    BAC = "BAC"
    PACE = "PACE"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRecord:
    """The access protocol that opened the chip.

    ``oid`` and ``parameter_id`` are those of the PACEInfo used. ``pace_skipped`` gives the reason code when
    the chip offered PACE and Basic Access Control was used all the same: a downgrade.
    """

    protocol: AccessProtocol
    password: str  # "MRZ", "CAN", "PIN" or "PUK": the kind, never the value
    suite: str
    oid: str | None = None
    parameter_id: int | None = None
    pace_skipped: str | None = None


class ProofOutcome(Enum):
    """How far a proof of the chip went. COMPLETED is not yet verified: its key must be vouched for."""

    COMPLETED = "completed"
    FAILED = "failed"  # the chip showed that it does not hold the key
    ABORTED = "aborted"  # refused or interrupted: proves nothing either way


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationRecord:
    """A run of Chip Authentication (ICAO Doc 9303-11 §6.2).

    ``public_key`` is the SubjectPublicKeyInfo of DG14 that was used. COMPLETED means that an answer under
    the new session keys was received and its checksum verified: the terminal witnessed it, nobody can
    re-verify it later.
    """

    outcome: ProofOutcome
    protocol: str  # object identifier of the ChipAuthenticationInfo, or of the suite that was inferred
    public_key: bytes = field(repr=False)
    terminal_public_key: bytes = field(repr=False)
    key_id: int | None = None
    sw: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRecord:
    """What the Chip Authentication Mapping of PACE left (§4.4.3.5): PK_Map,IC as it was sent, and CA_IC decrypted.

    They prove the chip to the terminal that received the one before the other; anybody can make up such a pair later.
    """

    mapping_public_key: bytes = field(repr=False)
    chip_authentication_data: bytes = field(repr=False)


class TerminalProblem(Enum):
    """Why a terminal could not prove itself, where the chip did not refuse a step."""

    CHIP_NOT_PROVEN = "chip-not-proven"  # the chip must prove itself first
    TRUST_POINTS_UNREADABLE = "trust-points-unreadable"  # EF.CVCA is not where or what DG14 says
    NO_CHAIN = "no-chain"  # the certificates do not lead to a trust point of the chip
    KEY_FAILED = "key-failed"  # the terminal's key did not sign
    PROTOCOL_VIOLATED = "protocol-violated"
    SESSION_BROKEN = "session-broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalAuthenticationRecord:
    """A run of Terminal Authentication (§7.1), in which the terminal proved itself to the chip.

    ``terminal`` is the reference of its certificate, ``rights`` what the certificates allow together: one byte of
    role and rights. COMPLETED means that the chip took them. Otherwise ``detail`` is the value of a
    :class:`TerminalProblem`, or names the step that the chip refused.
    """

    outcome: ProofOutcome
    terminal: str
    rights: bytes = b""
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    detail: str = ""
    sw: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAuthenticationRecord:
    """A run of Active Authentication (§6.1): the challenge and the signature, re-verifiable for ever."""

    outcome: ProofOutcome
    challenge: bytes = field(repr=False)
    response: bytes = field(repr=False)
    sw: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step of the reading and how long it took."""

    name: str
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything a reading produced.

    ``started_at`` and ``finished_at`` are aware UTC times of the terminal, :data:`UNDATED` where nobody knows them.
    ``quirks`` names every departure from the standard that was met and tolerated. ``redacted_from`` is the name of the
    evidence that files were taken out of, empty where nothing was.

    Made of ``files`` are ``by_file``, every record by its file, and ``contents``, the bytes of those that were read.
    """

    atr: bytes
    reader: str
    started_at: datetime
    finished_at: datetime
    access: AccessRecord
    files: tuple[FileRecord, ...]
    chip_authentication: ChipAuthenticationRecord | None = None
    active_authentication: ActiveAuthenticationRecord | None = None
    chip_authentication_mapping: MappingRecord | None = None
    terminal_authentication: TerminalAuthenticationRecord | None = None
    quirks: tuple[str, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    redacted_from: str = ""
    by_file: Mapping[FileId, FileRecord] = field(init=False, repr=False, compare=False)
    contents: Mapping[FileId, bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Of a file that is there twice the first counts.
        records = {record.file: record for record in reversed(self.files)}
        contents = {file: one.content for file, one in records.items() if one.outcome is FileOutcome.READ}
        object.__setattr__(self, "by_file", records)
        object.__setattr__(self, "contents", contents)

    def record(self, file: FileId) -> FileRecord | None:
        """What became of ``file``, None if it was not asked for."""
        return self.by_file.get(file)

    @property
    def redacted(self) -> tuple[FileId, ...]:
        """The files that were taken out after the reading, in the order of their numbers."""
        return tuple(one for one in FileId if one in self.by_file and self.by_file[one].outcome is FileOutcome.REDACTED)

    def content(self, file: FileId) -> bytes | None:
        """The bytes of ``file``, None if it was not read."""
        return self.contents.get(file)
