"""Chips that forget to look at one thing about files, certificates, rights or tries; everything else is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from apdu import tlv
from apdu.command import CommandAPDU
from apdu.errors import ToolkitError
from apdu.status import OK, StatusWord
from chipid.asn1 import oids
from chipid.crypto.signatures import verify_signature
from chipid.pki.chat import inspection_chat
from chipid.pki.cv_certificate import parse_cv_certificate, verify_cv_signature
from simulator.access_rules import AccessStatus, Authorisation, PasswordId, TerminalRight
from simulator.calls import Outcome
from simulator.memory import Memory
from simulator.protocols import chip_authentication, pace
from simulator.protocols.terminal_authentication import TerminalChallenge
from simulator.state import TerminalCertificates
from simulator.trust_points import subordinate_key
from tests.conformance.bad_chips import (
    EXTERNAL_AUTHENTICATE,
    GENERAL_AUTHENTICATE,
    READ_BINARY,
    BadChip,
)
from tests.conformance.bad_chips_access import ChallengeServesTwice

SELECT, UPDATE_BINARY, VERIFY_CERTIFICATE, SET_DST = 0xA4, 0xD6, 0x2A, 0x22
RESET_RETRY_COUNTER = 0x2C


# Files


class GarbageAfterEnd(BadChip):
    """It gives a few bytes from behind the end of a file."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if command.ins != READ_BINARY or outcome.sw != 0x6282:
            return outcome
        return replace(outcome, sw=OK, data=(outcome.data + bytes(8))[: command.ne])


class IgnoresExpectedLength(BadChip):
    """It gives as much as it can, whatever DO'97' asks for."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        is_read = command.ins == READ_BINARY and self._channel is not None
        return replace(command, ne=256) if is_read else command


class ShortIdentifierDoesNotSelect(BadChip):
    """A file read by its short identifier does not become the current one."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if command.ins != READ_BINARY or not command.p1 & 0x80:
            return outcome
        return replace(outcome, state=replace(outcome.state, ef=self.state.ef))


class FileOutlivesSelection(BadChip):
    """SELECT of the application leaves the file of before current."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if (command.ins, command.p1) != (SELECT, 0x04) or not outcome.sw.is_ok:
            return outcome
        return replace(outcome, state=replace(outcome.state, ef=self.state.ef))


class Writable(BadChip):
    """It takes UPDATE BINARY inside a session."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        is_inside = self._channel is not None
        return replace(outcome, sw=OK) if command.ins == UPDATE_BINARY and is_inside else outcome


class WritableByAnybody(BadChip):
    """It takes UPDATE BINARY without a session."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        is_inside = self._channel is not None
        return replace(outcome, sw=OK) if command.ins == UPDATE_BINARY and not is_inside else outcome


class IgnoresOffsetTag(BadChip):
    """It does not look at the tag of the offset in odd READ BINARY."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        is_odd_read = command.ins == READ_BINARY | 1 and command.data[:1] == b"\x53"
        return replace(command, data=b"\x54" + command.data[1:]) if is_odd_read else command


class FingersOpenAfterAccess(BadChip):
    """Fingers are open until Chip Authentication."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        terminal = self.state.terminal
        if terminal.status is not AccessStatus.NONE and not terminal.pk_ifd:
            rights = frozenset({TerminalRight.READ_FINGERPRINTS})
            self.state = replace(self.state, terminal=replace(terminal, terminal_rights=rights))
        return command


# Chip and Terminal Authentication


class NeedsNoChoice(BadChip):
    """Chip Authentication runs without the choice of a protocol."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if command.ins == GENERAL_AUTHENTICATE and self._channel is not None and self.state.pending is None:
            (key, *_) = self.chip.chip_authentication
            suite = next(iter(key.suites.values()))
            self.state = replace(self.state, pending=chip_authentication.Selected(key=key, suite=suite))
        return command


class TerminalChallengeServesTwice(ChallengeServesTwice):
    """A challenge of Terminal Authentication stays good after a wrong signature."""

    kinds = (TerminalChallenge,)


class IgnoresDates(BadChip):
    """It does not look whether certificates have expired."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        memory = self.state.memory
        if command.ins == VERIFY_CERTIFICATE and memory.today is not None:
            self.state = replace(self.state, memory=replace(memory, today=date(2000, 1, 1)))
        return command


class MovesDateOnRefusal(BadChip):
    """A certificate that it refuses moves its date."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if command.ins != VERIFY_CERTIFICATE or outcome.sw.is_ok:
            return outcome
        memory = replace(outcome.state.memory, today=date(2035, 1, 2))
        return replace(outcome, state=replace(outcome.state, memory=memory))


class AnyKindOfTerminal(BadChip):
    """Terminals of other applications have the rights of inspection systems."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        issuer = self.state.certificates.verifying
        if command.ins != VERIFY_CERTIFICATE or outcome.sw.is_ok or issuer is None or command.is_chained:
            return outcome
        try:
            certificate = parse_cv_certificate(tlv.encode(0x7F21, self.state.chained + command.data))
            key = verify_cv_signature(certificate, issuer.key)
        except ToolkitError:
            return outcome
        if certificate.chat.oid == oids.ID_IS:
            return outcome
        template = inspection_chat(certificate.role)
        changed = replace(certificate, chat=replace(template, rights=certificate.chat.rights[-1:]))
        imported = (subordinate_key(changed, key, issuer), *self.state.certificates.imported)
        state = replace(self.state.idle(), certificates=TerminalCertificates(imported=imported))
        return Outcome(state=state)


class RightsOutliveSession(BadChip):
    """What a terminal has proven once is good after a reset."""

    proven: frozenset[TerminalRight] = frozenset()

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        terminal = outcome.state.terminal
        self.proven = self.proven or terminal.terminal_rights
        if not terminal.pk_ifd or terminal.terminal_rights or not self.proven:
            return outcome
        return replace(outcome, state=replace(outcome.state, terminal=replace(terminal, terminal_rights=self.proven)))


class RightsOutliveAccess(BadChip):
    """Access once more inside a session leaves the rights of the terminal as they were."""

    kept: frozenset[TerminalRight] = frozenset()

    def reset(self) -> None:
        super().reset()
        self.kept = frozenset()

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        terminal = outcome.state.terminal
        self.kept = terminal.terminal_rights or self.kept
        if not self.kept or terminal.status is AccessStatus.NONE:
            return outcome
        return replace(outcome, state=replace(outcome.state, terminal=replace(terminal, terminal_rights=self.kept)))


class AuthenticatesTwice(BadChip):
    """A second Terminal Authentication in a session is taken."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        terminal = self.state.terminal
        if command.ins in (SET_DST, VERIFY_CERTIFICATE, EXTERNAL_AUTHENTICATE) and terminal.terminal_authenticated:
            self.state = replace(self.state, terminal=replace(terminal, terminal_authenticated=False))
        return command


class NamesItselfTwice(BadChip):
    """The document number names it to terminals after PACE too."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        pending, holder = self.state.pending, self.state.certificates.authenticating
        if command.ins != EXTERNAL_AUTHENTICATE or holder is None or not isinstance(pending, TerminalChallenge):
            return outcome
        terminal = self.state.terminal
        message = self.chip.document_number + pending.r_ic + terminal.pk_ifd
        try:
            verify_signature(holder.key.key, holder.key.algorithm, message, command.data)
        except ToolkitError:
            return outcome
        proven = replace(terminal, terminal_authenticated=True, terminal_rights=holder.granted)
        return replace(outcome, sw=OK, state=replace(outcome.state, terminal=proven))


class SelectKeepsRights(BadChip):
    """SELECT of the application leaves the rights of the terminal as they were."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if (command.ins, command.p1) != (SELECT, 0x04):
            return outcome
        rights = self.state.terminal.terminal_rights
        terminal = replace(outcome.state.terminal, terminal_rights=rights)
        return replace(outcome, state=replace(outcome.state, terminal=terminal))


# PIN and PUK


class OtherTries(BadChip):
    """It counts the tries of the PIN otherwise."""

    def tries(self, before: int, after: int, outcome: Outcome) -> int:
        raise NotImplementedError

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        old, new = (self._left(one.memory) for one in (self.state, outcome.state))
        changed = self.tries(old, new, outcome)
        if changed == new:
            return outcome
        memory = outcome.state.memory.with_tries(PasswordId.PIN, changed)
        return replace(outcome, state=replace(outcome.state, memory=memory))

    def _left(self, memory: Memory) -> int:
        return memory.tries_left.get(PasswordId.PIN, 0)


class NeverCounts(OtherTries):
    """A wrong PIN takes no try, though it says so."""

    def tries(self, before: int, after: int, outcome: Outcome) -> int:
        return max(before, after)


class NeverBlocks(OtherTries):
    """The last try of the PIN is never used up."""

    def tries(self, before: int, after: int, outcome: Outcome) -> int:
        return max(1, after)


class NeverForgives(OtherTries):
    """The right PIN does not make the tries whole."""

    def tries(self, before: int, after: int, outcome: Outcome) -> int:
        return min(before, after) if outcome.keys is not None else after


class ForgivesByCAN(OtherTries):
    """Any right password makes the tries of the PIN whole."""

    def tries(self, before: int, after: int, outcome: Outcome) -> int:
        return 3 if outcome.keys is not None else after


class ForgivesByNonce(OtherTries):
    """A run of PACE makes the tries of the PIN whole before its end."""

    def tries(self, before: int, after: int, outcome: Outcome) -> int:
        return 3 if isinstance(outcome.state.pending, pace.NonceSent) and before > 1 else after


class NotSuspended(BadChip):
    """The last try of the PIN needs no CAN."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if command.ins == GENERAL_AUTHENTICATE and self.state.memory.tries_left.get(PasswordId.PIN) == 1:
            self.kept = self.state.terminal
            self.state = replace(self.state, terminal=replace(self.kept, password=PasswordId.CAN))
        return command

    kept: Authorisation = Authorisation()


class AnybodyChangesPIN(BadChip):
    """Every password has the right to change passwords."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        is_refused = command.ins == RESET_RETRY_COUNTER and outcome.sw == StatusWord(0x6982)
        return replace(outcome, sw=OK) if is_refused else outcome
