"""A card with the habits of :mod:`simulator.quirks`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apdu import tlv
from apdu.command import MAX_SHORT_NE, CommandAPDU
from apdu.errors import APDUError, CardRemovedError, TLVError
from apdu.instructions import (
    EXTERNAL_AUTHENTICATE,
    GENERAL_AUTHENTICATE,
    GET_CHALLENGE,
    GET_RESPONSE,
    INTERNAL_AUTHENTICATE,
    MANAGE_SECURITY_ENVIRONMENT,
    READ_BINARY,
    READ_BINARY_ODD,
    SELECT,
)
from apdu.response import ResponseAPDU
from apdu.status import (
    AUTHENTICATION_FAILED,
    CONDITIONS_NOT_SATISFIED,
    END_OF_FILE,
    REFERENCE_NOT_FOUND,
    WRONG_LENGTH,
    StatusWord,
)
from chipid.crypto.entropy import Entropy
from simulator.access_rules import AccessStatus
from simulator.calls import Outcome
from simulator.card_os import CardOS
from simulator.chip import Chip, EndOfFile
from simulator.clock import SimulatedClock
from simulator.file_system import MF_ID
from simulator.quirks import CUT_SIGNATURE, LongRead, MasterFile, ParameterReference, Quirks, Signature
from simulator.state import Situation

SET_AT_PACE: Final = (0xC1, 0xA4)
PARAMETERS: Final = 0x84
EXPECTED_LENGTH: Final = 0x97  # DO'97' of secure messaging, in the clear
MORE_DATA: Final = StatusWord(0x6100)
_READS: Final = (READ_BINARY, READ_BINARY_ODD)


class QuirkyCard(CardOS):
    """The card's operating system with quirks; ``clock`` is what its delays pass on."""

    def __init__(self, chip: Chip, *, entropy: Entropy, quirks: Quirks, clock: SimulatedClock | None = None) -> None:
        super().__init__(_adapt(chip, quirks), entropy=entropy)
        self._quirks = quirks
        self._clock = clock
        self._held: ResponseAPDU | None = None
        self._held_for: CommandAPDU | None = None
        self._wrong_tries = 0
        self._is_spoiled = False

    def reset(self) -> None:
        super().reset()
        self._held = self._held_for = None
        self._is_spoiled = False

    # The outermost layer: how answers are handed over.

    def process(self, raw: bytes) -> bytes:
        if self._quirks.announces_data:
            return self._announce(raw)
        if self._quirks.wants_exact_length:
            return self._insist(raw)
        return super().process(raw)

    def _announce(self, raw: bytes) -> bytes:
        """6100 without data, and the data to whoever asks for it."""
        held, self._held = self._held, None
        command = _decode(raw)
        if held is not None and command is not None and command.ins == GET_RESPONSE:
            data, rest = held.data[: command.ne], held.data[command.ne :]
            if not rest:
                return held.encode()
            self._held = replace(held, data=rest)
            return ResponseAPDU(data=data, sw=MORE_DATA).encode()
        response = ResponseAPDU.decode(super().process(raw))
        if not response.data:
            return response.encode()
        self._held = response
        return ResponseAPDU(sw=MORE_DATA).encode()

    def _insist(self, raw: bytes) -> bytes:
        """6Cxx for an Le that is too large; the same command with the exact one gets the answer."""
        command = _decode(raw)
        held, expected = self._held, self._held_for
        self._held = self._held_for = None
        if command is None:
            return super().process(raw)
        if held is not None and expected == replace(command, ne=0) and command.ne == len(held.data):
            return held.encode()
        response = ResponseAPDU.decode(super().process(raw))
        if not 0 < len(response.data) < min(command.ne, MAX_SHORT_NE):
            return response.encode()
        self._held, self._held_for = response, replace(command, ne=0)
        return ResponseAPDU(sw=StatusWord(0x6C00 | len(response.data))).encode()

    # Secure messaging.

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        is_naked = self._quirks.long_read is not LongRead.PROTECTED and self._channel is not None
        if not is_naked or not self._is_too_long(protected.ins, _protected_ne(protected)):
            return super()._process_secure(protected)
        if self._quirks.long_read is LongRead.NAKED_COUNTED and self._channel is not None:
            self._channel.unprotect(protected)
        return ResponseAPDU(sw=WRONG_LENGTH)

    def _is_too_long(self, ins: int, ne: int) -> bool:
        return self._quirks.max_ne is not None and ins in _READS and ne > self._quirks.max_ne

    # The plain commands.

    def _execute(self, command: CommandAPDU, capacity: int) -> Outcome:
        refusal = self._refusal(command)
        if refusal is not None:
            return Outcome(state=self.state.idle(), sw=refusal)
        was_agreed = self.state.situation is Situation.PACE_AGREED
        if self._is_spoiled and was_agreed and command.ins == GENERAL_AUTHENTICATE:
            return Outcome(state=self.state.idle(), sw=AUTHENTICATION_FAILED)
        outcome = super()._execute(command, capacity)
        if was_agreed and command.ins == GENERAL_AUTHENTICATE:
            self._count_try(is_right=outcome.sw.is_ok)
        if command.ins == READ_BINARY and self._quirks.padded_end and outcome.sw == END_OF_FILE:
            return replace(outcome, data=outcome.data.ljust(min(command.ne, capacity), b"\x00"))
        if command.ins == INTERNAL_AUTHENTICATE:
            return replace(outcome, data=self._shorten(outcome.data))
        return outcome

    def _refusal(self, command: CommandAPDU) -> StatusWord | None:
        quirks = self._quirks
        match command.ins:
            case ins if self._is_too_long(ins, command.ne):
                return WRONG_LENGTH
            case ins if ins == SELECT and _names_master_file(command):
                return self._refuse_master_file()
            case ins if ins in (GET_CHALLENGE, EXTERNAL_AUTHENTICATE) and not self._is_open():
                if quirks.without_bac:
                    return REFERENCE_NOT_FOUND
                if quirks.application_first and self.state.df.aid is None:
                    return CONDITIONS_NOT_SATISFIED
            case ins if ins == MANAGE_SECURITY_ENVIRONMENT:
                if quirks.refuses_le_on_mse and command.ne:
                    return WRONG_LENGTH
                if (command.p1, command.p2) == SET_AT_PACE:
                    return self._judge_parameters(command)
            case _:
                pass
        return None

    def _is_open(self) -> bool:
        return self.state.terminal.status is not AccessStatus.NONE

    def _refuse_master_file(self) -> StatusWord | None:
        answer = self._quirks.master_file
        if answer is MasterFile.SILENCE:
            raise CardRemovedError("the simulated card fell silent")
        return None if answer is MasterFile.SELECTED else StatusWord(answer.value)

    def _judge_parameters(self, command: CommandAPDU) -> StatusWord | None:
        wanted = self._quirks.parameter_reference
        if wanted is ParameterReference.OPTIONAL:
            return None
        try:
            is_named = any(one.tag == PARAMETERS for one in tlv.parse_all(command.data))
        except TLVError:
            return None
        is_required = wanted is ParameterReference.REQUIRED
        return None if is_named is is_required else StatusWord(wanted.value & 0xFFFF)

    def _count_try(self, *, is_right: bool) -> None:
        if is_right:
            self._wrong_tries = 0
            return
        self._wrong_tries += 1
        self._is_spoiled = self._quirks.wrong_try_spoils_next
        if self._clock is not None:
            self._clock.advance(self._quirks.wrong_password_seconds * 2 ** (self._wrong_tries - 1))

    def _shorten(self, signature: bytes) -> bytes:
        match self._quirks.signature:
            case Signature.WHOLE:
                return signature
            case Signature.CUT:
                return signature[:CUT_SIGNATURE]
            case Signature.EMPTY:
                return b""


def _adapt(chip: Chip, quirks: Quirks) -> Chip:
    """The chip with what its own switches can do."""
    if quirks.end_refused:
        chip = replace(chip, end_of_file=EndOfFile.WRONG_OFFSET)
    if quirks.no_extended_length:
        chip = replace(chip, extended_length=False)
    if quirks.without_bac:
        chip = replace(chip, bac=None)
    return chip


def _decode(raw: bytes) -> CommandAPDU | None:
    try:
        return CommandAPDU.decode(raw)
    except APDUError:
        return None


def _names_master_file(command: CommandAPDU) -> bool:
    return command.p1 == 0 and command.data in (b"", MF_ID.to_bytes(2, "big"))


def _protected_ne(protected: CommandAPDU) -> int:
    """What DO'97' asks for."""
    try:
        found = next((one for one in tlv.parse_all(protected.data) if one.tag == EXPECTED_LENGTH), None)
    except TLVError:
        return 0
    if found is None:
        return 0
    return int.from_bytes(found.value, "big") or 1 << 8 * len(found.value)
