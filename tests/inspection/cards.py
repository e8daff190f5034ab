"""Simulated chips with something changed, a card that writes down what it hears, and a way to it that interferes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from apdu.command import CommandAPDU
from apdu.status import StatusWord
from chipid.lds.files import AID_EMRTD, FileId
from simulator.calls import Outcome
from simulator.card_os import CardOS
from simulator.chip import Chip
from simulator.file_system import DedicatedFile, ElementaryFile, FileSystem
from simulator.randomness import SeededEntropy
from simulator.transport import SimulatedTransport
from tests.scenarios import readings

Rule = Callable[[CommandAPDU], str | None]
"""The answer to a plain command in hexadecimal, None where the chip shall answer."""


class BrokenError(Exception):
    """The card leaves the protected conversation."""


class ListeningCard(CardOS):
    """Writes down every plain command.

    Where ``breaks`` says so it answers 6F00 in the clear and ends the session; ``refuses`` gives a status word for
    commands that it shall not carry out.
    """

    def __init__(
        self,
        chip: Chip,
        *,
        breaks: Callable[[CommandAPDU], bool] | None = None,
        refuses: Callable[[CommandAPDU], int | None] | None = None,
    ) -> None:
        super().__init__(chip, entropy=SeededEntropy(b"listening card"))
        self.heard: list[CommandAPDU] = []
        self._breaks = breaks
        self._refuses = refuses

    def process(self, raw: bytes) -> bytes:
        try:
            return super().process(raw)
        except BrokenError:
            self._end_session()
            return bytes.fromhex("6F00")

    def _execute(self, command: CommandAPDU, *others: Any) -> Any:
        self.heard.append(command)
        if self._breaks is not None and self._breaks(command):
            raise BrokenError
        sw = None if self._refuses is None else self._refuses(command)
        if sw is not None:
            return Outcome(state=self.state, sw=StatusWord(sw))
        return super()._execute(command, *others)

    @property
    def names(self) -> list[str]:
        """What was heard in words, pieces of one file as one."""
        named = [name_of(command) for command in self.heard]
        return [name for place, name in enumerate(named) if place == 0 or name != "READ" or named[place - 1] != "READ"]


class InterferingTransport(SimulatedTransport):
    """Answers some plain commands itself; the others reach the card."""

    def __init__(self, card: CardOS, rule: Rule) -> None:
        super().__init__(card, name="interfering")
        self._rule = rule
        self.asked: list[str] = []

    def transmit(self, apdu: bytes) -> bytes:
        command = CommandAPDU.decode(apdu)
        self.asked.append(name_of(command))
        answer = None if command.is_secure else self._rule(command)
        return super().transmit(apdu) if answer is None else bytes.fromhex(answer)


def genuine_chip(**changes: Any) -> Chip:
    return replace(readings.card("genuine").chip, **changes)


def with_files(chip: Chip, changes: Mapping[FileId, bytes | None]) -> Chip:
    """The chip with other contents of files; None takes a file away."""

    def kept(files: tuple[ElementaryFile, ...], *, in_mf: bool) -> list[ElementaryFile]:
        ours = {file.fid: content for file, content in changes.items() if file.in_mf is in_mf}
        contents = {one.fid: ours.get(one.fid, one.content) for one in files}
        return [replace(one, content=content) for one in files if (content := contents[one.fid]) is not None]

    (application,) = chip.files.applications
    master_file = DedicatedFile(aid=None, files=kept(chip.files.master_file.files, in_mf=True))
    changed = DedicatedFile(aid=application.aid, files=kept(application.files, in_mf=False), rule=application.rule)
    return replace(chip, files=FileSystem(master_file=master_file, applications=(changed,)))


def with_rules(chip: Chip, rules: Mapping[FileId, Any]) -> Chip:
    """The chip with other access rules of files of the application."""
    (application,) = chip.files.applications
    by_fid = {file.fid: rule for file, rule in rules.items()}
    files = [replace(one, rule=by_fid.get(one.fid, one.rule)) for one in application.files]
    changed = DedicatedFile(aid=application.aid, files=files, rule=application.rule)
    return replace(chip, files=FileSystem(master_file=chip.files.master_file, applications=(changed,)))


def bac_only_chip() -> Chip:
    return with_files(genuine_chip(pace=None), {FileId.CARD_ACCESS: None})


def transport_to(card: CardOS, *, remove_at: int | None = None) -> SimulatedTransport:
    return SimulatedTransport(card, name="simulated", remove_at=remove_at)


_FILES = {(file.in_mf, file.fid): file.label for file in FileId}
_NAMES = {
    0x84: "GET CHALLENGE",
    0x82: "EXTERNAL AUTHENTICATE",
    0x88: "INTERNAL AUTHENTICATE",
    0x86: "GENERAL AUTHENTICATE",
}
_ENVIRONMENTS = {0xC1A4: "SET AT (PACE)", 0x41A4: "SET AT (CA)", 0x41A6: "SET KAT"}


def name_of(command: CommandAPDU) -> str:
    """A command in words. Identifiers of files are those of the application; EF.CardAccess is told by its own."""
    if command.ins == 0xA4:
        if command.p1 == 0x04:
            return "SELECT application" if command.data == AID_EMRTD else "SELECT other"
        fid = int.from_bytes(command.data, "big")
        if fid == 0x3F00:
            return "SELECT MF"
        in_mf = fid in (FileId.CARD_ACCESS.fid, FileId.ATR_INFO.fid)
        return f"SELECT {_FILES.get((in_mf, fid), hex(fid))}"
    if command.ins in (0xB0, 0xB1):
        by_sfi = command.ins == 0xB0 and command.p1 & 0x80
        return f"READ SFI {command.p1 & 0x1F:02X}" if by_sfi else "READ"
    if command.ins == 0x22:
        return _ENVIRONMENTS[command.p1 << 8 | command.p2]
    return _NAMES[command.ins]
