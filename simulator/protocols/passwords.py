"""Passwords that can be suspended and blocked: PIN and PUK (BSI TR-03110-2 §2.4, TR-03110-3 §B.1, §B.6 and §B.14).

MSE:Set AT announces the state of a password, GENERAL AUTHENTICATE enforces it. A PIN with one try left is suspended:
it is usable only inside a session that the CAN has opened, so that nobody blocks it from a distance.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apdu.status import (
    AUTHENTICATION_FAILED,
    AUTHENTICATION_METHOD_BLOCKED,
    CONDITIONS_NOT_SATISFIED,
    FUNCTION_NOT_SUPPORTED,
    INCORRECT_P1P2,
    INS_NOT_SUPPORTED,
    OK,
    REFERENCE_DEACTIVATED,
    REFERENCE_NOT_FOUND,
    REFERENCE_NOT_USABLE,
    SECURITY_STATUS_NOT_SATISFIED,
    WRONG_DATA,
    StatusWord,
)
from simulator.access_rules import PasswordId
from simulator.calls import Call, Outcome, RefusalError
from simulator.chip import PACEConfiguration
from simulator.memory import Memory
from simulator.state import SecurityState

SUSPENDED_AT: Final = 1
CHANGE, UNBLOCK = 0x02, 0x03  # P1 of RESET RETRY COUNTER
PIN_LENGTH: Final = range(4, 17)


def configuration_of(call: Call) -> PACEConfiguration:
    """How the chip does PACE; 6A81 if it does not."""
    if call.chip.pace is None:
        raise RefusalError(FUNCTION_NOT_SUPPORTED)
    return call.chip.pace


def announced_status(call: Call, password: PasswordId) -> StatusWord:
    """What MSE:Set AT answers: 6283 deactivated, 63Cx if tries were lost (63C1 suspended, 63C0 blocked), else 9000."""
    configuration = configuration_of(call)
    if password in configuration.deactivated:
        return REFERENCE_DEACTIVATED
    tries = call.state.memory.tries_left.get(password)
    return OK if tries is None or tries == configuration.tries[password] else _tries_left(tries)


def require_usable(call: Call, password: PasswordId) -> None:
    """Refuse a password that is deactivated (6984), blocked (6983) or suspended (6985)."""
    if password in configuration_of(call).deactivated:
        raise RefusalError(REFERENCE_NOT_USABLE)
    tries = call.state.memory.tries_left.get(password)
    if tries == 0:
        raise RefusalError(AUTHENTICATION_METHOD_BLOCKED)
    if password is PasswordId.PIN and tries == SUSPENDED_AT and call.state.terminal.password is not PasswordId.CAN:
        raise RefusalError(CONDITIONS_NOT_SATISFIED)


def secret_of(call: Call, password: PasswordId) -> bytes:
    """The password as key derivation takes it."""
    changed = call.state.memory.changed.get(password)
    return configuration_of(call).passwords[password] if changed is None else changed


def failed(state: SecurityState, password: PasswordId) -> Outcome:
    """The answer to a wrong password: 6300, or 63Cx with one try less."""
    tries = state.memory.tries_left.get(password)
    if tries is None:
        return Outcome(state=state.idle(), sw=AUTHENTICATION_FAILED)
    memory = state.memory.with_tries(password, tries - 1)
    return Outcome(state=replace(state.idle(), memory=memory), sw=_tries_left(tries - 1))


def succeeded(call: Call, password: PasswordId) -> Memory:
    """The memory after a right password: its tries are whole again."""
    memory = call.state.memory
    return (
        memory.with_tries(password, configuration_of(call).tries[password]) if password in memory.tries_left else memory
    )


def reset_retry_counter(call: Call) -> Outcome:
    """RESET RETRY COUNTER for the PIN: unblock it after the PUK (P1 03), change it after the PIN itself (P1 02).

    6982 without that right; 6A86, 6A88 and 6A80 for a wrong form, password or PIN; 6D00 on a chip without PIN.
    """
    command, terminal, configuration = call.command, call.state.terminal, call.chip.pace
    if configuration is None or not configuration.tries:
        raise RefusalError(INS_NOT_SUPPORTED)
    needed = {UNBLOCK: PasswordId.PUK, CHANGE: PasswordId.PIN}.get(command.p1)
    if needed is None:
        raise RefusalError(INCORRECT_P1P2)
    if command.p2 not in set(configuration.passwords):
        raise RefusalError(REFERENCE_NOT_FOUND)
    if command.p2 != PasswordId.PIN or terminal.password is not needed:
        raise RefusalError(SECURITY_STATUS_NOT_SATISFIED)
    memory = call.state.memory.with_tries(PasswordId.PIN, configuration.tries[PasswordId.PIN])
    if command.p1 == CHANGE:
        if len(command.data) not in PIN_LENGTH or not command.data.isdigit():
            raise RefusalError(WRONG_DATA)
        memory = memory.with_password(PasswordId.PIN, command.data)
    elif command.data:
        raise RefusalError(WRONG_DATA)
    return Outcome(state=replace(call.state.idle(), memory=memory))


def _tries_left(tries: int) -> StatusWord:
    return StatusWord(0x63C0 | min(tries, 0x0F))
