"""What the card understands, and what it does with it in each situation: the explicit transition table.

A command that does not continue the protocol under way drops it and is looked up again in the situation at rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from apdu.command import CHAINING, CommandAPDU
from apdu.status import (
    CHAINING_NOT_SUPPORTED,
    CLA_NOT_SUPPORTED,
    CONDITIONS_NOT_SATISFIED,
    INCORRECT_P1P2,
    INS_NOT_SUPPORTED,
    SECURITY_STATUS_NOT_SATISFIED,
    StatusWord,
)
from simulator import file_commands
from simulator.calls import Handler, RefusalError
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
from simulator.state import Situation


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

OUT_OF_PLACE: Final[Mapping[Instruction, StatusWord]] = MappingProxyType(
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
ALWAYS_EXTENDED: Final = frozenset({Instruction.SET_KAT, Instruction.GENERAL_AUTHENTICATE})
# What may be longer than a short command; EF.ATR/INFO says that the chip understands chaining.
CHAINABLE: Final = frozenset(
    {
        Instruction.SET_KAT,
        Instruction.GENERAL_AUTHENTICATE,
        Instruction.VERIFY_CERTIFICATE,
        Instruction.EXTERNAL_AUTHENTICATE,
    }
)


def recognise(command: CommandAPDU) -> Instruction:
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
    if command.is_chained and instruction not in CHAINABLE:
        raise RefusalError(CHAINING_NOT_SUPPORTED)
    if instruction is Instruction.GENERAL_AUTHENTICATE and (command.p1 or command.p2):
        raise RefusalError(INCORRECT_P1P2)
    return instruction
