"""The chip's side of Terminal Authentication version 1, once the certificates are imported.

ICAO Doc 9303-11 §7.1.2 and §7.1.5.3 to §7.1.5.5; BSI TR-03110-3 §B.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from apdu.command import MAX_SHORT_NE
from apdu.errors import ToolkitError
from apdu.status import AUTHENTICATION_FAILED, CONDITIONS_NOT_SATISFIED, INCORRECT_P1P2, WRONG_LENGTH
from chipid.crypto.signatures import verify_signature
from chipid.pki.chat import Role
from simulator.calls import Call, Outcome, RefusalError
from simulator.protocols.certificate_verification import find_key, require_ready
from simulator.state import Pending, Situation

CHALLENGE_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalChallenge(Pending):
    """r_IC was given inside secure messaging; it serves the very next command and no other."""

    situation: ClassVar[Situation] = Situation.TERMINAL_CHALLENGED
    r_ic: bytes = field(repr=False)


def set_at(call: Call) -> Outcome:
    """MSE:Set AT 81A4: DO'83' names the terminal's key.

    6982 before Chip Authentication and after Terminal Authentication, 6A80 for a malformed field, 6A88 for an unknown
    key.
    """
    require_ready(call)
    certificates = replace(call.state.certificates, authenticating=find_key(call, call.command.data))
    return Outcome(state=replace(call.state.idle(), certificates=certificates))


def get_challenge(call: Call) -> Outcome:
    """GET CHALLENGE: eight random bytes, r_IC; a new challenge replaces the old one."""
    command = call.command
    if command.p1 or command.p2:
        raise RefusalError(INCORRECT_P1P2)
    if command.data or command.ne not in (CHALLENGE_LENGTH, MAX_SHORT_NE):
        raise RefusalError(WRONG_LENGTH)
    r_ic = call.entropy(CHALLENGE_LENGTH)
    return Outcome(state=replace(call.state, pending=TerminalChallenge(r_ic=r_ic)), data=r_ic)


def external_authenticate(call: Call) -> Outcome:
    """EXTERNAL AUTHENTICATE: the signature over ID_IC ‖ r_IC ‖ Comp(PK_IFD) opens what the certificates allow.

    6982 as above, 6985 without a key of a terminal or a challenge, 6300 for a wrong signature.
    """
    if call.command.p1 or call.command.p2:
        raise RefusalError(INCORRECT_P1P2)
    require_ready(call)
    pending, holder, terminal = call.state.pending, call.state.certificates.authenticating, call.state.terminal
    if not isinstance(pending, TerminalChallenge) or holder is None or holder.role is not Role.TERMINAL:
        raise RefusalError(CONDITIONS_NOT_SATISFIED)
    message = terminal.id_ic + pending.r_ic + terminal.pk_ifd
    try:
        verify_signature(holder.key.key, holder.key.algorithm, message, call.command.data)
    except ToolkitError as error:
        raise RefusalError(AUTHENTICATION_FAILED) from error
    proven = replace(terminal, terminal_authenticated=True, terminal_rights=holder.granted)
    return Outcome(state=replace(call.state.idle(), terminal=proven))
