"""The chip's side of Chip Authentication version 1 (ICAO Doc 9303-11 §6.2).

Both forms: MSE:Set KAT for 3DES, and MSE:Set AT with GENERAL AUTHENTICATE for every suite. The answer still goes out
under the old keys; after an error they stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from apdu import tlv
from apdu.ciphers import CipherSuite
from apdu.errors import ToolkitError
from apdu.status import (
    CONDITIONS_NOT_SATISFIED,
    FUNCTION_NOT_SUPPORTED,
    LAST_COMMAND_EXPECTED,
    REFERENCE_NOT_FOUND,
    WRONG_DATA,
    WRONG_LENGTH,
)
from chipid.asn1 import der
from chipid.crypto.kdf import derive_session_keys
from simulator.calls import Call, Outcome, RefusalError, data_objects, dynamic_authentication_data
from simulator.chip import ChipAuthenticationKey
from simulator.protocols.key_agreement import domain_of
from simulator.state import Pending, Situation

ALGORITHM, KEY_REFERENCE = 0x80, 0x84  # MSE:Set AT
EPHEMERAL_KEY_KAT = 0x91  # MSE:Set KAT
EPHEMERAL_KEY = 0x80  # GENERAL AUTHENTICATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected(Pending):
    """MSE:Set AT chose key and suite."""

    situation: ClassVar[Situation] = Situation.CHIP_AUTHENTICATION_SELECTED
    key: ChipAuthenticationKey
    suite: CipherSuite


def set_kat(call: Call) -> Outcome:
    """MSE:Set KAT 41A6 (§6.2.4.1): DO'91' ephemeral key, DO'84' key reference; 3DES keys follow.

    6A80 for a malformed or invalid key, 6A88 for an unknown reference.
    """
    objects = data_objects(call.command.data)
    if not {EPHEMERAL_KEY_KAT} <= set(objects) <= {EPHEMERAL_KEY_KAT, KEY_REFERENCE}:
        raise RefusalError(WRONG_DATA)
    candidates = [key for key in _keys(call) if CipherSuite.TDES in key.suites.values()]
    key = _choose(candidates, objects.get(KEY_REFERENCE))
    return _agree(call, key, CipherSuite.TDES, objects[EPHEMERAL_KEY_KAT], b"")


def set_at(call: Call) -> Outcome:
    """MSE:Set AT 41A4 (§6.2.4.2): DO'80' algorithm, DO'84' key reference if the chip has several keys.

    6A80 for a malformed field or an unknown algorithm, 6A88 for an unknown reference.
    """
    objects = data_objects(call.command.data)
    if not {ALGORITHM} <= set(objects) <= {ALGORITHM, KEY_REFERENCE}:
        raise RefusalError(WRONG_DATA)
    served = [
        (key, suite)
        for key in _keys(call)
        for oid, suite in key.suites.items()
        if der.oid_value(oid) == objects[ALGORITHM]
    ]
    key = _choose([key for key, _ in served], objects.get(KEY_REFERENCE))
    suite = next(suite for one, suite in served if one is key)
    return Outcome(state=replace(call.state, pending=Selected(key=key, suite=suite)))


def general_authenticate(call: Call) -> Outcome:
    """GENERAL AUTHENTICATE (§6.2.4.2): DO'80' with the ephemeral key against an empty template.

    6883 with the chaining bit, 6700 without Le, 6A80 for a malformed or invalid key.
    """
    pending = call.state.pending
    if not isinstance(pending, Selected):
        raise RefusalError(CONDITIONS_NOT_SATISFIED)
    if call.command.is_chained:
        raise RefusalError(LAST_COMMAND_EXPECTED)
    if not call.command.ne:
        raise RefusalError(WRONG_LENGTH)
    ephemeral = dynamic_authentication_data(call.command.data, EPHEMERAL_KEY)
    return _agree(call, pending.key, pending.suite, ephemeral, tlv.encode(0x7C))


def _keys(call: Call) -> Sequence[ChipAuthenticationKey]:
    if not call.chip.chip_authentication:
        raise RefusalError(FUNCTION_NOT_SUPPORTED)
    return call.chip.chip_authentication


def _choose(keys: Sequence[ChipAuthenticationKey], reference: bytes | None) -> ChipAuthenticationKey:
    """The key of that reference; without one, the only key there is."""
    if not keys:
        raise RefusalError(WRONG_DATA)
    if reference is None:
        if len(keys) > 1:
            raise RefusalError(WRONG_DATA)
        return keys[0]
    if not reference:
        raise RefusalError(WRONG_DATA)
    number = int.from_bytes(reference, "big")
    found = next((key for key in keys if key.key_id == number), None)
    if found is None:
        raise RefusalError(REFERENCE_NOT_FOUND)
    return found


def _agree(call: Call, key: ChipAuthenticationKey, suite: CipherSuite, ephemeral: bytes, answer: bytes) -> Outcome:
    """K = the shared secret; new keys with SSC 0, and rights that hang on the old session are gone."""
    domain = domain_of(key.domain)
    try:
        k = domain.key(key.private).agree(ephemeral)
    except ToolkitError as error:
        raise RefusalError(WRONG_DATA) from error
    terminal = replace(
        call.state.terminal,
        chip_authenticated=True,
        terminal_rights=frozenset(),
        pk_ifd=domain.compress(ephemeral),
    )
    return Outcome(state=replace(call.state.idle(), terminal=terminal), data=answer, keys=derive_session_keys(k, suite))
