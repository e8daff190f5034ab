"""Chips that answer with what another chip said: a recorded signature, a recorded session."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apdu import tlv
from apdu.command import CommandAPDU
from apdu.errors import TLVError
from apdu.instructions import GENERAL_AUTHENTICATE, INTERNAL_AUTHENTICATE
from apdu.response import ResponseAPDU
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.points import KeyPair, encode_point
from chipid.errors import ConfigurationError
from simulator.calls import Outcome
from simulator.card_os import CardOS
from simulator.chip import PACEOffer

RECORDED_CHALLENGE: Final = bytes.fromhex("0123456789ABCDEF")
RECORDED_SCALAR: Final = 0x5265636F72646564  # the terminal of the recorded session
RECORDED_TOKEN: Final = bytes.fromhex("8D2F63A1C95E7B40")
_TERMINAL_KEYS: Final = (0x81, 0x83)
_TERMINAL_TOKEN: Final = 0x85


class RecordedSignature(CardOS):
    """It signs one challenge only: the one of the recording."""

    def _execute(self, command: CommandAPDU, capacity: int) -> Outcome:
        if command.ins == INTERNAL_AUTHENTICATE:
            command = replace(command, data=RECORDED_CHALLENGE)
        return super()._execute(command, capacity)


class RecordedSession(CardOS):
    """It answers PACE as the chip answered another terminal: nonce, public keys and token are those of then.

    Whoever recorded the session has no key of it, so that the token cannot be right for the terminal of now.
    """

    def process(self, raw: bytes) -> bytes:
        if raw[1:2] != bytes((GENERAL_AUTHENTICATE,)):
            return super().process(raw)
        command = CommandAPDU.decode(raw)
        tag = _object_in_template(command.data)
        if tag == _TERMINAL_TOKEN:
            return ResponseAPDU(data=tlv.encode(0x7C, tlv.encode(0x86, RECORDED_TOKEN))).encode()
        if tag in _TERMINAL_KEYS and self.chip.pace is not None:
            recorded = tlv.encode(0x7C, tlv.encode(tag, _recorded_key(self.chip.pace.offers[0])))
            raw = replace(command, data=recorded).encode()
        return super().process(raw)


def _object_in_template(data: bytes) -> int | None:
    try:
        (found,) = tlv.parse_one(data, 0x7C).children()
    except (TLVError, ValueError):
        return None
    return found.tag


def _recorded_key(offer: PACEOffer) -> bytes:
    if not isinstance(offer.domain, Curve):
        raise ConfigurationError("sessions were recorded on curves only")
    return encode_point(offer.domain, KeyPair(offer.domain, RECORDED_SCALAR).public)
