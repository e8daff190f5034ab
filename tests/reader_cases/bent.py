"""Chips that are bent in one place while they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from apdu import tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel
from apdu.status import StatusWord
from chipid.lds.files import FileId
from simulator.calls import Outcome
from simulator.card_os import CardOS
from simulator.chip import Chip
from simulator.randomness import SeededEntropy
from tests.reader_cases.documents import Document

EXTERNAL_AUTHENTICATE = 0x82
GET_CHALLENGE = 0x84
GENERAL_AUTHENTICATE = 0x86
INTERNAL_AUTHENTICATE = 0x88
MANAGE_SECURITY_ENVIRONMENT = 0x22
PERFORM_SECURITY_OPERATION = 0x2A
READ_BINARY = 0xB0
READ_BINARY_ODD = 0xB1
SELECT = 0xA4

CRYPTOGRAM, CHECKSUM, PROCESSING_STATUS = 0x87, 0x8E, 0x99

After = Callable[["BentCard", CommandAPDU, Outcome], Outcome]
Objects = Callable[[bytes], bytes]


class BentCard(CardOS):
    """``before`` changes what the chip understands, ``after`` what it answers; ``heard`` is what it was told.

    ``sealed`` changes the data objects of protected answers under a right checksum, ``wire`` the finished answer;
    both only while the file ``within`` is selected.
    """

    def __init__(
        self,
        chip: Chip,
        *,
        before: Callable[[BentCard, CommandAPDU], CommandAPDU] | None = None,
        after: After | None = None,
        sealed: Objects | None = None,
        wire: Callable[[ResponseAPDU], ResponseAPDU] | None = None,
        within: FileId = FileId.DG1,
    ) -> None:
        super().__init__(chip, entropy=SeededEntropy(b"bent chip"))
        self.heard: list[CommandAPDU] = []
        self.raw: list[bytes] = []
        self._before, self._after, self._sealed, self._wire = before, after, sealed, wire
        self._within = within

    def process(self, raw: bytes) -> bytes:
        self.raw.append(raw)
        return super().process(raw)

    def reading(self, file: FileId) -> bool:
        """True while ``file`` of the application is selected."""
        return self.state.ef is not None and self.state.df.aid is not None and self.state.ef.fid == file.fid

    def _execute(self, command: CommandAPDU, capacity: int) -> Outcome:
        self.heard.append(command)
        changed = command if self._before is None else self._before(self, command)
        outcome = super()._execute(changed, capacity)
        return outcome if self._after is None else self._after(self, command, outcome)

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        answer = super()._process_secure(protected)
        if channel is None or not answer.data or protected.ins != READ_BINARY or not self.reading(self._within):
            return answer
        if self._sealed is not None:
            answer = replace(answer, data=_seal(channel, self._sealed(without(answer.data, CHECKSUM))))
        return answer if self._wire is None else self._wire(answer)


def bend(document: Document, **hooks: object) -> BentCard:
    """The powered chip of a document, with hooks."""
    return BentCard(document.chip, **hooks)  # type: ignore[arg-type]


def refuse(sw: int, matches: Callable[[CommandAPDU], bool]) -> After:
    """The commands that match are answered with a status word and nothing else."""

    def after(card: BentCard, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if not matches(command):
            return outcome
        return Outcome(state=card.state.idle(), sw=StatusWord(sw))

    return after


def answers(ins: int, change: Callable[[bytes], bytes], *, where: Callable[[CommandAPDU], bool] | None = None) -> After:
    """The data that successfully answer an instruction are changed."""

    def after(card: BentCard, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if command.ins != ins or not outcome.sw.is_ok or (where is not None and not where(command)):
            return outcome
        return replace(outcome, data=change(outcome.data))

    return after


def without(data: bytes, tag: int) -> bytes:
    """Data objects without those of a tag."""
    return b"".join(one.raw for one in tlv.parse_all(data) if one.tag != tag)


def flipped(data: bytes, place: int = -1, mask: int = 0x01) -> bytes:
    """``data`` with bits of one byte changed."""
    changed = bytearray(data)
    changed[place] ^= mask
    return bytes(changed)


def flipping(place: int) -> Callable[[bytes], bytes]:
    """What changes one bit of one byte."""
    return lambda data: flipped(data, place)


def _seal(channel: CardChannel, objects: bytes) -> bytes:
    keys = channel._keys
    if keys is None:
        return objects
    counter = channel._ssc.to_bytes(channel.suite.block_length, "big")
    return objects + tlv.encode(CHECKSUM, keys.checksum(counter, objects))
