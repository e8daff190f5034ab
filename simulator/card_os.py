"""The card's operating system: one command in, one response out, in whatever order they come.

decode → unprotect → dispatch by :data:`TRANSITIONS` → protect. ICAO Doc 9303-11 §9.8 decides what ends a session: an
error of secure messaging or a plain command, both answered in the clear. An error of the application is answered
inside secure messaging, and the session goes on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apdu import tlv
from apdu.command import MAX_EXTENDED_NE, MAX_SHORT_NE, CommandAPDU
from apdu.errors import APDUError, SecureMessagingError, TLVError
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel
from apdu.status import CLA_NOT_SUPPORTED, SM_OBJECTS_MISSING, WRONG_LENGTH, StatusWord
from chipid.crypto.entropy import Entropy
from simulator.calls import Call, Outcome, RefusalError
from simulator.chip import Chip
from simulator.memory import personalised_memory
from simulator.state import SecurityState
from simulator.transitions import ALWAYS_EXTENDED, OUT_OF_PLACE, TRANSITIONS, Instruction, recognise

PSEUDO_CLASS = 0xFF  # no card command: readers speak to themselves in this class (PC/SC part 3)
GET_RESPONSE = bytes.fromhex("00C00000")  # a matter of transmission: in the clear inside a session too
MAX_CHAIN = 4096
_CUT_HEADERS: Final = (b"\x7c", b"\x7c\x81", b"\x7c\x82")


class CardOS:
    """A powered chip: its security state and, while a session lasts, its secure channel."""

    def __init__(self, chip: Chip, *, entropy: Entropy) -> None:
        self.chip = chip
        self._entropy = entropy
        self._channel: CardChannel | None = None
        self._outgoing = b""  # the rest of an answer that was too long for its command
        self.state = SecurityState(df=chip.files.master_file, memory=personalised_memory(chip))

    def reset(self) -> None:
        """Power off and on: session, state and selection are gone; what is in the memory stays."""
        self._channel = None
        self._outgoing = b""
        self.state = SecurityState(df=self.chip.files.master_file, memory=self.state.memory)

    def process(self, raw: bytes) -> bytes:
        """Answer one encoded command APDU; whatever the bytes are, there is an encoded response."""
        if raw[:1] == bytes((PSEUDO_CLASS,)):
            return ResponseAPDU(sw=CLA_NOT_SUPPORTED).encode()
        try:
            command = CommandAPDU.decode(raw)
        except APDUError:
            self._outgoing = b""
            self._end_session()
            self.state = self.state.idle()
            return ResponseAPDU(sw=WRONG_LENGTH).encode()
        if self._outgoing and command.header == GET_RESPONSE:
            return self._give(ResponseAPDU(data=self._outgoing), command.ne)
        response = self._process_secure(command) if command.is_secure else self._process_plain(command)
        return self._give(response, MAX_EXTENDED_NE if command.extended else MAX_SHORT_NE)

    def _give(self, response: ResponseAPDU, limit: int) -> bytes:
        """As much of an answer as the command can take; GET RESPONSE fetches the rest (ISO/IEC 7816-4 §5.3.4)."""
        data, self._outgoing = response.data[:limit], response.data[limit:]
        if self._outgoing:
            rest = len(self._outgoing)
            return ResponseAPDU(data=data, sw=StatusWord(0x6100 | (rest if rest < MAX_SHORT_NE else 0))).encode()
        return ResponseAPDU(data=data, sw=response.sw).encode()

    def _process_plain(self, command: CommandAPDU) -> ResponseAPDU:
        self._end_session()
        outcome = self._execute(command, command.ne)
        self.state = outcome.state
        self._renew_keys(outcome)
        return ResponseAPDU(data=outcome.data, sw=outcome.sw)

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        if self._channel is None:
            self.state = self.state.idle()
            return ResponseAPDU(sw=SM_OBJECTS_MISSING)
        try:
            command = self._channel.unprotect(protected)
        except SecureMessagingError as error:
            self._end_session()
            return ResponseAPDU(sw=StatusWord(error.sw))
        outcome = self._execute(command, _capacity(protected, self._channel.suite.block_length))
        self.state = outcome.state
        response = self._channel.protect(ResponseAPDU(data=outcome.data, sw=outcome.sw), odd=command.is_odd)
        self._renew_keys(outcome)
        return response

    def _execute(self, command: CommandAPDU, capacity: int) -> Outcome:
        """Run a plain command; a refusal drops the protocol under way and nothing else."""
        try:
            return self._dispatch(command, capacity)
        except RefusalError as refusal:
            return Outcome(state=self.state.idle(), sw=refusal.sw)

    def _dispatch(self, command: CommandAPDU, capacity: int) -> Outcome:
        instruction = recognise(command)
        if command.extended and not self.chip.extended_length and instruction not in ALWAYS_EXTENDED:
            raise RefusalError(WRONG_LENGTH)
        state = self.state
        if command.header[1:] != state.chained_for:
            state = state.unchained()
        command = _join(state.chained, command)
        if _is_incomplete(instruction, command):
            return Outcome(state=replace(state, chained=command.data, chained_for=command.header[1:]))
        state = state.unchained()
        handler = TRANSITIONS.get((instruction, state.situation))
        if handler is None:
            state = state.idle()
            handler = TRANSITIONS.get((instruction, state.situation))
        if handler is None:
            raise RefusalError(OUT_OF_PLACE[instruction])
        return handler(Call(chip=self.chip, state=state, command=command, capacity=capacity, entropy=self._entropy))

    def _renew_keys(self, outcome: Outcome) -> None:
        if outcome.keys is not None:
            self._channel = CardChannel(outcome.keys)

    def _end_session(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self.state = self.state.without_session()


def _join(received: bytes, command: CommandAPDU) -> CommandAPDU:
    """The data received in a chain so far, and this part of it (ISO/IEC 7816-4 §5.3.3)."""
    if not received:
        return command
    if len(received) + len(command.data) > MAX_CHAIN:
        raise RefusalError(WRONG_LENGTH)
    return replace(command, data=received + command.data)


def _is_incomplete(instruction: Instruction, command: CommandAPDU) -> bool:
    """True for a part that others follow.

    In PACE every step but the last carries the chaining bit, so that for GENERAL AUTHENTICATE the bit alone does not
    say it: there it means that the template 7C is not yet all there.
    """
    if not command.is_chained or instruction is not Instruction.GENERAL_AUTHENTICATE:
        return command.is_chained
    try:
        tag, header, length = tlv.read_header(command.data)
    except TLVError:
        return command.data in _CUT_HEADERS or (len(command.data) == 3 and command.data.startswith(b"\x7c\x82"))
    return tag == 0x7C and len(command.data) < header + length


def _capacity(protected: CommandAPDU, block_length: int) -> int:
    """The longest plain answer whose protected form fits the response APDU that was asked for."""
    limit = MAX_EXTENDED_NE if protected.extended else MAX_SHORT_NE
    # DO'87' header and indicator, DO'99' and DO'8E', and at least one byte of padding.
    return (limit - 5 - 4 - 10) // block_length * block_length - 1
