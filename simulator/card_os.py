"""The card's operating system: one command in, one response out, in whatever order they come.

decode → unprotect → dispatch by :data:`TRANSITIONS` → protect. ICAO Doc 9303-11 §9.8 decides what ends a session: an
error of secure messaging or a plain command, both answered in the clear. An error of the application is answered
inside secure messaging, and the session goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from apdu import tlv
from apdu.command import CHAINING, MAX_EXTENDED_NE, MAX_SHORT_NE, CommandAPDU
from apdu.errors import APDUError, SecureMessagingError, TLVError
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel
from apdu.status import (
    CHAINING_NOT_SUPPORTED,
    CLA_NOT_SUPPORTED,
    CONDITIONS_NOT_SATISFIED,
    INCORRECT_P1P2,
    INS_NOT_SUPPORTED,
    SECURITY_STATUS_NOT_SATISFIED,
    SM_OBJECTS_MISSING,
    WRONG_LENGTH,
    StatusWord,
)
from chipid.crypto.entropy import Entropy
from simulator import file_commands
from simulator.calls import Call, Handler, Outcome, RefusalError
from simulator.chip import Chip
from simulator.memory import personalised_memory
from simulator.protocols import (
    active_authentication,
    bac,
    certificate_verification,
    chip_authentication,
    pace,
    pace_selection,
    passwords,
    terminal_authentication,
)
from simulator.state import SecurityState, Situation

PSEUDO_CLASS = 0xFF  # no card command: readers speak to themselves in this class (PC/SC part 3)
GET_RESPONSE = bytes.fromhex("00C00000")  # a matter of transmission: in the clear inside a session too
MAX_CHAIN = 4096
_CUT_HEADERS: Final = (b"\x7c", b"\x7c\x81", b"\x7c\x82")


class Instruction(Enum):
    """What the card understands, by INS and, for MANAGE SECURITY ENVIRONMENT, by P1-P2."""

    SELECT = "SELECT"
    READ_BINARY = "READ BINARY (B0)"
    READ_BINARY_ODD = "READ BINARY (B1)"
    GET_CHALLENGE = "GET CHALLENGE"
    EXTERNAL_AUTHENTICATE = "EXTERNAL AUTHENTICATE"
    INTERNAL_AUTHENTICATE = "INTERNAL AUTHENTICATE"
    GENERAL_AUTHENTICATE = "GENERAL AUTHENTICATE"
    SET_AT_PACE = "MSE:Set AT for PACE"
    SET_AT_CHIP_AUTHENTICATION = "MSE:Set AT for Chip Authentication"
    SET_KAT = "MSE:Set KAT"
    SET_DST = "MSE:Set DST"
    SET_AT_TERMINAL_AUTHENTICATION = "MSE:Set AT for Terminal Authentication"
    VERIFY_CERTIFICATE = "PSO:Verify Certificate"
    RESET_RETRY_COUNTER = "RESET RETRY COUNTER"


_BY_INS: Final[Mapping[int, Instruction]] = MappingProxyType(
    {
        0xA4: Instruction.SELECT,
        0xB0: Instruction.READ_BINARY,
        0xB1: Instruction.READ_BINARY_ODD,
        0x84: Instruction.GET_CHALLENGE,
        0x82: Instruction.EXTERNAL_AUTHENTICATE,
        0x88: Instruction.INTERNAL_AUTHENTICATE,
        0x86: Instruction.GENERAL_AUTHENTICATE,
        0x2A: Instruction.VERIFY_CERTIFICATE,
        0x2C: Instruction.RESET_RETRY_COUNTER,
    }
)
_MANAGE_SECURITY_ENVIRONMENT = 0x22
_BY_P1P2: Final[Mapping[int, Instruction]] = MappingProxyType(
    {
        0xC1A4: Instruction.SET_AT_PACE,
        0x41A4: Instruction.SET_AT_CHIP_AUTHENTICATION,
        0x41A6: Instruction.SET_KAT,
        0x81B6: Instruction.SET_DST,
        0x81A4: Instruction.SET_AT_TERMINAL_AUTHENTICATION,
    }
)

_OPEN, _SECURE = Situation.OPEN, Situation.SECURE

# What the card does, by instruction and situation. A command that does not continue the protocol under way drops it
# and is looked up again in the situation at rest; what stands nowhere is refused with the status word below.
TRANSITIONS: Final[Mapping[tuple[Instruction, Situation], Handler]] = MappingProxyType(
    {
        (Instruction.SELECT, _OPEN): file_commands.select,
        (Instruction.SELECT, _SECURE): file_commands.select,
        (Instruction.READ_BINARY, _OPEN): file_commands.read_binary,
        (Instruction.READ_BINARY, _SECURE): file_commands.read_binary,
        (Instruction.READ_BINARY_ODD, _OPEN): file_commands.read_binary_odd,
        (Instruction.READ_BINARY_ODD, _SECURE): file_commands.read_binary_odd,
        (Instruction.GET_CHALLENGE, _OPEN): bac.get_challenge,
        (Instruction.GET_CHALLENGE, _SECURE): terminal_authentication.get_challenge,
        (Instruction.EXTERNAL_AUTHENTICATE, Situation.CHALLENGED): bac.mutual_authenticate,
        (Instruction.EXTERNAL_AUTHENTICATE, Situation.TERMINAL_CHALLENGED): (
            terminal_authentication.external_authenticate
        ),
        (Instruction.SET_DST, _SECURE): certificate_verification.set_dst,
        (Instruction.VERIFY_CERTIFICATE, _OPEN): certificate_verification.verify_certificate,
        (Instruction.VERIFY_CERTIFICATE, _SECURE): certificate_verification.verify_certificate,
        (Instruction.SET_AT_TERMINAL_AUTHENTICATION, _SECURE): terminal_authentication.set_at,
        (Instruction.SET_AT_PACE, _OPEN): pace_selection.set_at,
        (Instruction.SET_AT_PACE, _SECURE): pace_selection.set_at,
        (Instruction.GENERAL_AUTHENTICATE, Situation.PACE_SELECTED): pace.send_nonce,
        (Instruction.GENERAL_AUTHENTICATE, Situation.PACE_NONCE_SENT): pace.map_nonce,
        (Instruction.GENERAL_AUTHENTICATE, Situation.PACE_MAPPED): pace.agree,
        (Instruction.GENERAL_AUTHENTICATE, Situation.PACE_AGREED): pace.authenticate,
        (Instruction.SET_AT_CHIP_AUTHENTICATION, _SECURE): chip_authentication.set_at,
        (Instruction.SET_KAT, _SECURE): chip_authentication.set_kat,
        (Instruction.GENERAL_AUTHENTICATE, Situation.CHIP_AUTHENTICATION_SELECTED): (
            chip_authentication.general_authenticate
        ),
        (Instruction.RESET_RETRY_COUNTER, _OPEN): passwords.reset_retry_counter,
        (Instruction.RESET_RETRY_COUNTER, _SECURE): passwords.reset_retry_counter,
        (Instruction.INTERNAL_AUTHENTICATE, _SECURE): active_authentication.internal_authenticate,
    }
)

_OUT_OF_PLACE: Final[Mapping[Instruction, StatusWord]] = MappingProxyType(
    {
        Instruction.EXTERNAL_AUTHENTICATE: CONDITIONS_NOT_SATISFIED,
        Instruction.GENERAL_AUTHENTICATE: CONDITIONS_NOT_SATISFIED,
        Instruction.SET_AT_CHIP_AUTHENTICATION: SECURITY_STATUS_NOT_SATISFIED,
        Instruction.SET_KAT: SECURITY_STATUS_NOT_SATISFIED,
        Instruction.SET_DST: SECURITY_STATUS_NOT_SATISFIED,
        Instruction.SET_AT_TERMINAL_AUTHENTICATION: SECURITY_STATUS_NOT_SATISFIED,
        Instruction.INTERNAL_AUTHENTICATE: SECURITY_STATUS_NOT_SATISFIED,
    }
)

# Allowed in extended length on every chip (ICAO Doc 9303-10 §3.6.4).
_ALWAYS_EXTENDED: Final = frozenset({Instruction.SET_KAT, Instruction.GENERAL_AUTHENTICATE})
# What may be longer than a short command; EF.ATR/INFO says that the chip understands chaining.
_CHAINABLE: Final = frozenset(
    {
        Instruction.SET_KAT,
        Instruction.GENERAL_AUTHENTICATE,
        Instruction.VERIFY_CERTIFICATE,
        Instruction.EXTERNAL_AUTHENTICATE,
    }
)


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
        instruction = _recognise(command)
        if command.extended and not self.chip.extended_length and instruction not in _ALWAYS_EXTENDED:
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
            raise RefusalError(_OUT_OF_PLACE[instruction])
        return handler(Call(chip=self.chip, state=state, command=command, capacity=capacity, entropy=self._entropy))

    def _renew_keys(self, outcome: Outcome) -> None:
        if outcome.keys is not None:
            self._channel = CardChannel(outcome.keys)

    def _end_session(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
            self.state = self.state.without_session()


def _recognise(command: CommandAPDU) -> Instruction:
    """The instruction; refused with 6E00, 6D00, 6A86 or 6884 by class, INS, P1-P2 of MSE, and chaining bit."""
    if command.cla & ~CHAINING:
        raise RefusalError(CLA_NOT_SUPPORTED)
    if command.ins == _MANAGE_SECURITY_ENVIRONMENT:
        instruction = _BY_P1P2.get(command.p1 << 8 | command.p2)
        if instruction is None:
            raise RefusalError(INCORRECT_P1P2)
    else:
        instruction = _BY_INS.get(command.ins)
        if instruction is None:
            raise RefusalError(INS_NOT_SUPPORTED)
    if command.is_chained and instruction not in _CHAINABLE:
        raise RefusalError(CHAINING_NOT_SUPPORTED)
    if instruction is Instruction.GENERAL_AUTHENTICATE and (command.p1 or command.p2):
        raise RefusalError(INCORRECT_P1P2)
    return instruction


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
