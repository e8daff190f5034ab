"""The chip's side of Basic Access Control (ICAO Doc 9303-11 §4.3)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from typing import ClassVar

from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.command import MAX_SHORT_NE
from apdu.status import (
    AUTHENTICATION_FAILED,
    CONDITIONS_NOT_SATISFIED,
    INCORRECT_P1P2,
    WRONG_LENGTH,
)
from chipid.crypto.kdf import derive_session_keys
from simulator.access_rules import AccessStatus, Authorisation
from simulator.calls import Call, Outcome, RefusalError
from simulator.state import Pending, Situation

CHALLENGE_LENGTH = 8
KEY_LENGTH = 16
CRYPTOGRAM_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge(Pending):
    """RND.IC was given; it serves the very next command and no other."""

    situation: ClassVar[Situation] = Situation.CHALLENGED
    rnd_ic: bytes = field(repr=False)


def get_challenge(call: Call) -> Outcome:
    """GET CHALLENGE (§4.3.4.1): eight random bytes, RND.IC; a new one replaces the old."""
    command = call.command
    if command.p1 or command.p2:
        raise RefusalError(INCORRECT_P1P2)
    if command.data or command.ne not in (CHALLENGE_LENGTH, MAX_SHORT_NE):
        raise RefusalError(WRONG_LENGTH)
    rnd_ic = call.entropy(CHALLENGE_LENGTH)
    return Outcome(state=replace(call.state, pending=Challenge(rnd_ic=rnd_ic)), data=rnd_ic)


def mutual_authenticate(call: Call) -> Outcome:
    """EXTERNAL AUTHENTICATE with an answer: E_IFD and M_IFD against E_IC and M_IC (§4.3.3, §4.3.4.2).

    6985 without keys, challenge or application, or inside secure messaging; 6700 for another length; 6300 for a
    wrong checksum or challenge. The challenge is used up by any attempt.
    """
    command, keys, pending = call.command, call.chip.bac, call.state.pending
    if command.p1 or command.p2:
        raise RefusalError(INCORRECT_P1P2)
    is_open = call.state.terminal.status is AccessStatus.NONE
    if keys is None or not is_open or not isinstance(pending, Challenge) or call.state.df.aid is None:
        raise RefusalError(CONDITIONS_NOT_SATISFIED)
    if len(command.data) != CRYPTOGRAM_LENGTH + 8 or command.ne < CRYPTOGRAM_LENGTH + 8:
        raise RefusalError(WRONG_LENGTH)
    cipher, mac = BlockCipher(CipherSuite.TDES, keys.k_enc), MessageAuthentication(CipherSuite.TDES, keys.k_mac)
    e_ifd, m_ifd = command.data[:CRYPTOGRAM_LENGTH], command.data[CRYPTOGRAM_LENGTH:]
    if not hmac.compare_digest(mac.compute(e_ifd), m_ifd):
        raise RefusalError(AUTHENTICATION_FAILED)
    s = cipher.decrypt(e_ifd)
    rnd_ifd, rnd_ic, k_ifd = s[:8], s[8:16], s[16:]
    if not hmac.compare_digest(rnd_ic, pending.rnd_ic):
        raise RefusalError(AUTHENTICATION_FAILED)
    k_ic = call.entropy(KEY_LENGTH)
    e_ic = cipher.encrypt(rnd_ic + rnd_ifd + k_ic)
    secret = bytes(a ^ b for a, b in zip(k_ifd, k_ic, strict=True))
    ssc = int.from_bytes(rnd_ic[4:] + rnd_ifd[4:], "big")
    terminal = Authorisation(status=AccessStatus.BAC, id_ic=call.chip.document_number)
    return Outcome(
        state=replace(call.state.idle(), terminal=terminal),
        data=e_ic + mac.compute(e_ic),
        keys=derive_session_keys(secret, CipherSuite.TDES, ssc),
    )
