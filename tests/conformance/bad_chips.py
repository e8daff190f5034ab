"""Chips that are wrong on purpose, one defect each; everything else about them is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from apdu import tlv
from apdu.command import CHAINING, CommandAPDU
from apdu.errors import TLVError, ToolkitError
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel
from apdu.status import OK, StatusWord
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.points import decode_point, encode_point
from chipid.lds.files import FileId
from simulator.access_rules import Always, TerminalRight
from simulator.calls import Outcome
from simulator.card_os import CardOS
from simulator.chip import Chip
from simulator.file_system import DedicatedFile, FileSystem
from simulator.protocols import pace
from simulator.protocols.bac import Challenge
from simulator.protocols.pace import Agreed
from simulator.randomness import SeededEntropy
from tests.simulator import cards

EXTERNAL_AUTHENTICATE = 0x82
GENERAL_AUTHENTICATE = 0x86
READ_BINARY = 0xB0
CHECKSUM = 0x8E


class BadChip(CardOS):
    """A right chip with hooks: the plain command before it is run, the outcome after it."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        return command

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        return outcome

    def _execute(self, command: CommandAPDU, capacity: int) -> Outcome:
        changed = self.before(command)
        return self.after(command, super()._execute(changed, capacity))


class SurvivesPlainCommands(BadChip):
    """The session goes on after a plain command."""

    def _process_plain(self, command: CommandAPDU) -> ResponseAPDU:
        outcome = self._execute(command, command.ne)
        self.state = outcome.state
        self._renew_keys(outcome)
        return ResponseAPDU(data=outcome.data, sw=outcome.sw)


class SurvivesWrongChecksums(BadChip):
    """The session goes on after a command whose protection was wrong."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel, state = self._channel, self.state
        keys = None if channel is None else channel._keys
        answer = super()._process_secure(protected)
        if channel is not None and self._channel is None:
            channel._keys, self._channel, self.state = keys, channel, state
        return answer


class IgnoresChecksums(BadChip):
    """It takes any checksum of a command for right."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        if channel is not None and channel._keys is not None:
            body = without_tag(protected.data, CHECKSUM)
            right = channel._keys.checksum(counter_of(channel, 1), body, header=protected.header)
            protected = replace(protected, data=body + tlv.encode(CHECKSUM, right))
        return super()._process_secure(protected)


class IgnoresCounter(BadChip):
    """It takes commands that were counted once too often."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        if channel is not None and channel._keys is not None:
            body = without_tag(protected.data, CHECKSUM)
            if protected.data[-8:] == channel._keys.checksum(counter_of(channel, 2), body, header=protected.header):
                channel._ssc += 1
        return super()._process_secure(protected)


class KeepsOldKeys(BadChip):
    """The keys of before are alive after Chip Authentication."""

    def _renew_keys(self, outcome: Outcome) -> None:
        if self._channel is None:
            super()._renew_keys(outcome)


class EndsSessionOnRefusal(BadChip):
    """An error of the application is the end of the session."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        answer = super()._process_secure(protected)
        if not answer.sw.is_ok:
            self._end_session()
        return answer


class DataInTheClear(BadChip):
    """It gives the content of files without protection, in a session."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        answer = super()._process_secure(protected)
        if channel is None or channel._keys is None or protected.ins != READ_BINARY or not answer.sw.is_ok:
            return answer
        cryptogram = next((one for one in tlv.parse_all(answer.data) if one.tag == 0x87), None)
        return ResponseAPDU(data=channel._keys.decrypt(counter_of(channel, 0), cryptogram), sw=answer.sw)


class AnswerChanged(BadChip):
    """The objects of protected answers are not as they must be, under a right checksum."""

    def change(self, objects: bytes) -> bytes:
        raise NotImplementedError

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        answer = super()._process_secure(protected)
        if channel is None or channel._keys is None or not answer.data:
            return answer
        objects = self.change(without_tag(answer.data, CHECKSUM))
        checksum = tlv.encode(CHECKSUM, channel._keys.checksum(counter_of(channel, 0), objects))
        return replace(answer, data=objects + checksum)


class NoStatusObject(AnswerChanged):
    """DO'99' is missing."""

    def change(self, objects: bytes) -> bytes:
        return without_tag(objects, 0x99)


class AlwaysProtectsSuccess(AnswerChanged):
    """DO'99' says 9000, whatever the status word is."""

    def change(self, objects: bytes) -> bytes:
        return without_tag(objects, 0x99) + bytes.fromhex("99029000")


class WrongAnswerChecksum(AnswerChanged):
    """The checksum of its answers is wrong."""

    def change(self, objects: bytes) -> bytes:
        return objects

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        answer = super()._process_secure(protected)
        return replace(answer, data=answer.data[:-1] + bytes((answer.data[-1] ^ 1,))) if answer.data else answer


class WrongStatusForProtectedFiles(BadChip):
    """Files that are closed do not exist: 6A82 instead of 6982."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        is_closed = outcome.sw == 0x6982 and command.ins in (READ_BINARY, 0xA4)
        return replace(outcome, sw=StatusWord(0x6A82)) if is_closed else outcome


class SilentOffsets(BadChip):
    """A read beyond the end of the file is answered with nothing and 9000."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        return replace(outcome, sw=OK) if outcome.sw == 0x6B00 else outcome


class RepeatsChallenge(BadChip):
    """Its random source gives the same again and again."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        self._entropy = SeededEntropy(b"again")
        return command


class KeepsChallenge(BadChip):
    """A challenge stays good after another one was given."""

    first: Challenge | None = None

    def reset(self) -> None:
        super().reset()
        self.first = None

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if command.ins == 0x82 and self.first is not None:
            self.state = replace(self.state, pending=self.first)
        return command

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if isinstance(outcome.state.pending, Challenge):
            self.first = self.first or outcome.state.pending
        return outcome


class TakesAnyPoint(BadChip):
    """It does not look whether a public key is a point of the curve."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if command.ins != GENERAL_AUTHENTICATE:
            return command
        try:
            (inner,) = tlv.parse_one(command.data, 0x7C).children()
        except (TLVError, ValueError):
            return command
        if inner.tag not in (0x80, 0x81, 0x83) or _is_point(cards.BP256, inner.value):
            return command
        good = encode_point(cards.BP256, cards.BP256.generator)
        return replace(command, data=tlv.encode(0x7C, tlv.encode(inner.tag, good)))


class TakesAnyToken(BadChip):
    """It does not look at the token of PACE."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        agreed = self.state.pending
        if not isinstance(agreed, Agreed) or command.data[:3] not in (
            b"\x7c\x09\x85",
            b"\x7c\x0a\x85",
            b"\x7c\x0b\x85",
        ):
            return command
        token = pace._token(agreed, agreed.pk_ic)
        return replace(command, data=tlv.encode(0x7C, tlv.encode(0x85, token)))


class WrongToken(BadChip):
    """Its own token of PACE is wrong."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if outcome.data[2:4] != b"\x86\x08":
            return outcome
        return replace(outcome, data=outcome.data[:4] + bytes(8) + outcome.data[12:])


class IgnoresChaining(BadChip):
    """It does not look at the chaining bit of PACE."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if command.ins != GENERAL_AUTHENTICATE or self._channel is not None:
            return command
        is_token = command.data[2:3] == b"\x85"
        return replace(command, cla=command.cla & ~CHAINING if is_token else command.cla | CHAINING)


class IgnoresClass(BadChip):
    """It does not look at the class byte."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if not command.cla & 0x80:
            return command
        is_bare = command.ins == 0x22 and not command.data
        data = bytes.fromhex("800A04007F00070202040202830101") if is_bare else command.data
        return replace(command, cla=command.cla & 0x7F, data=data)


class IgnoresTags(BadChip):
    """It goes by the places of the objects in GENERAL AUTHENTICATE, not by their tags."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if command.ins != GENERAL_AUTHENTICATE or self._channel is not None or len(command.data) < 4:
            return command
        try:
            outer, *_ = tlv.parse_all(command.data)
            inner = outer if outer.value[:1] == b"\x04" or len(outer.value) == 8 else tlv.parse_all(outer.value)[0]
        except (TLVError, IndexError):
            return command
        tag = {pace.NonceSent: 0x81, pace.Mapped: 0x83, pace.Agreed: 0x85}.get(type(self.state.pending), inner.tag)
        return replace(command, data=tlv.encode(0x7C, tlv.encode(tag, inner.value)))


class ResumesPACE(BadChip):
    """Another command in between does not end PACE."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        pending = self.state.pending
        if command.ins != READ_BINARY or pending is None:
            return outcome
        return replace(outcome, state=replace(outcome.state, pending=pending))


class UnprotectedCardSecurity(BadChip):
    """EF.CardSecurity is open to everybody."""

    def reset(self) -> None:
        super().reset()
        master = self.state.df
        files = [replace(one, rule=Always()) if one.fid == FileId.CARD_SECURITY.fid else one for one in master.files]
        self.state = replace(self.state, df=DedicatedFile(aid=master.aid, rule=master.rule, files=tuple(files)))


class SignsAnything(BadChip):
    """It signs challenges of every length."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        return replace(command, data=(command.data + bytes(8))[:8]) if command.ins == 0x88 else command


class SignsOtherChallenge(BadChip):
    """Its signature is over another challenge."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        return replace(command, data=bytes(len(command.data))) if command.ins == 0x88 else command


class TakesAnyProof(BadChip):
    """It gives every right to a terminal whose proof is wrong."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if command.ins != EXTERNAL_AUTHENTICATE or outcome.sw != 0x6300:
            return outcome
        rights = frozenset(TerminalRight)
        terminal = replace(outcome.state.terminal, terminal_authenticated=True, terminal_rights=rights)
        return replace(outcome, sw=OK, state=replace(outcome.state, terminal=terminal))


class TakesAnyCertificate(BadChip):
    """It says 9000 to every certificate."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        return replace(outcome, sw=OK) if command.ins == 0x2A else outcome


class GivesEveryRight(BadChip):
    """It does not look at the authorization templates."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if command.ins != EXTERNAL_AUTHENTICATE or not outcome.state.terminal.terminal_authenticated:
            return outcome
        terminal = replace(outcome.state.terminal, terminal_rights=frozenset(TerminalRight))
        return replace(outcome, state=replace(outcome.state, terminal=terminal))


class OpenFingers(BadChip):
    """Fingers are open without Terminal Authentication."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if self.state.terminal.pk_ifd:
            terminal = replace(
                self.state.terminal, terminal_authenticated=True, terminal_rights=frozenset(TerminalRight)
            )
            self.state = replace(self.state, terminal=terminal if command.ins == READ_BINARY else self.state.terminal)
        return command


def with_file(file: FileId, change: Callable[[bytes], bytes]) -> type[BadChip]:
    """A chip on which the content of a file of the application is not what was signed or announced."""

    class ChangedFile(BadChip):
        __doc__ = f"{file.label} is not what was signed or announced."

        def reset(self) -> None:
            if self.chip is not self.bad_chip:
                self.chip = self.bad_chip
            super().reset()

        @cached_property
        def bad_chip(self) -> Chip:
            (application,) = self.chip.files.applications
            files = [
                replace(one, content=change(one.content)) if one.fid == file.fid else one for one in application.files
            ]
            changed = DedicatedFile(aid=application.aid, rule=application.rule, files=tuple(files))
            return replace(
                self.chip, files=FileSystem(master_file=self.chip.files.master_file, applications=(changed,))
            )

    return ChangedFile


def without_tag(data: bytes, tag: int) -> bytes:
    return b"".join(one.raw for one in tlv.parse_all(data) if one.tag != tag)


def counter_of(channel: CardChannel, ahead: int) -> bytes:
    return max(0, channel._ssc + ahead).to_bytes(channel.suite.block_length, "big")


def _is_point(curve: Curve, data: bytes) -> bool:
    try:
        decode_point(curve, data)
    except ToolkitError:
        return False
    return True
