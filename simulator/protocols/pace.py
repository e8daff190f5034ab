"""The chip's side of PACE (ICAO Doc 9303-11 §4.4): MSE:Set AT and four steps of GENERAL AUTHENTICATE.

Generic Mapping over elliptic curves. A mapping is one entry of a table; what the steps keep between them is a frozen
value each, so that a step can only ever follow the one before it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, Final, TypeVar

from apdu import tlv
from apdu.ciphers import BlockCipher, MessageAuthentication
from apdu.errors import ToolkitError
from apdu.secure_messaging import SessionKeys
from apdu.status import (
    AUTHENTICATION_FAILED,
    CONDITIONS_NOT_SATISFIED,
    FUNCTION_NOT_SUPPORTED,
    LAST_COMMAND_EXPECTED,
    REFERENCE_NOT_FOUND,
    WRONG_DATA,
    WRONG_LENGTH,
)
from chipid.asn1 import der
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.crypto.mappings import map_generic_ecdh
from chipid.crypto.points import KeyPair, Point, decode_point, encode_point, random_scalar
from chipid.lds.protocols import PACEMapping
from simulator.access_rules import AccessStatus, Authorisation, PasswordId
from simulator.calls import Call, Outcome, RefusalError, data_objects, dynamic_authentication_data
from simulator.chip import PACEConfiguration, PACEOffer
from simulator.state import Pending, SecurityState, Situation

NONCE_LENGTH = 16
TOKEN_LENGTH = 8

ALGORITHM, PASSWORD, PARAMETERS = 0x80, 0x83, 0x84  # MSE:Set AT
ENCRYPTED_NONCE = 0x80
MAPPING_DATA_IFD, MAPPING_DATA_IC = 0x81, 0x82
PUBLIC_KEY_IFD, PUBLIC_KEY_IC = 0x83, 0x84
TOKEN_IFD, TOKEN_IC = 0x85, 0x86


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected(Pending):
    """MSE:Set AT chose algorithm and password."""

    situation: ClassVar[Situation] = Situation.PACE_SELECTED
    offer: PACEOffer
    password: PasswordId


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceSent(Selected):
    """The encrypted nonce is out; s is what it hides."""

    situation: ClassVar[Situation] = Situation.PACE_NONCE_SENT
    s: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped(Selected):
    """Both sides have the ephemeral generator."""

    situation: ClassVar[Situation] = Situation.PACE_MAPPED
    generator: Point = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed(Selected):
    """Both sides have the keys; the public keys are what the tokens are about."""

    situation: ClassVar[Situation] = Situation.PACE_AGREED
    keys: SessionKeys = field(repr=False)
    pk_ifd: bytes = field(repr=False)
    pk_ic: bytes = field(repr=False)


S = TypeVar("S", bound=Selected)


def set_at(call: Call) -> Outcome:
    """MSE:Set AT C1A4 (§4.4.4.1): DO'80' algorithm, DO'83' password, DO'84' parameters where they are ambiguous.

    6A81 without PACE, 6A80 for anything malformed or an unknown algorithm, 6A88 for an unknown password or
    parameter set.
    """
    configuration = call.chip.pace
    if configuration is None:
        raise RefusalError(FUNCTION_NOT_SUPPORTED)
    objects = data_objects(call.command.data)
    if not {ALGORITHM, PASSWORD} <= set(objects) <= {ALGORITHM, PASSWORD, PARAMETERS}:
        raise RefusalError(WRONG_DATA)
    if len(objects[PASSWORD]) != 1 or len(objects.get(PARAMETERS, b"\x00")) != 1:
        raise RefusalError(WRONG_DATA)
    offer = _choose_offer(configuration, objects[ALGORITHM], objects.get(PARAMETERS))
    password = next((one for one in configuration.passwords if one == objects[PASSWORD][0]), None)
    if password is None:
        raise RefusalError(REFERENCE_NOT_FOUND)
    return Outcome(state=replace(call.state, pending=Selected(offer=offer, password=password)))


def _choose_offer(configuration: PACEConfiguration, algorithm: bytes, parameters: bytes | None) -> PACEOffer:
    offers = [one for one in configuration.offers if der.oid_value(one.oid) == algorithm]
    if not offers:
        raise RefusalError(WRONG_DATA)
    if parameters is not None:
        offers = [one for one in offers if one.parameter_id == parameters[0]]
        if not offers:
            raise RefusalError(REFERENCE_NOT_FOUND)
    if len(offers) > 1:
        raise RefusalError(WRONG_DATA)  # ambiguous without DO'84'
    return offers[0]


def send_nonce(call: Call) -> Outcome:
    """Step 1: an empty template against DO'80', the nonce s encrypted with K_π (§4.4.5.1).

    Asked again, the chip gives a new nonce, and the old one is void.
    """
    selected = _pending(call, Selected, last=False)
    dynamic_authentication_data(call.command.data, None)
    return _give_nonce(call, selected)


def map_nonce(call: Call) -> Outcome:
    """Step 2: DO'81' against DO'82', both mapping data (§4.4.5.2)."""
    nonce = _pending(call, NonceSent, last=False)
    if call.command.data == tlv.encode(0x7C):
        return _give_nonce(call, nonce)
    mapping_data_ifd = dynamic_authentication_data(call.command.data, MAPPING_DATA_IFD)
    step = _MAPPINGS.get(nonce.offer.mapping)
    if step is None:
        raise RefusalError(FUNCTION_NOT_SUPPORTED)
    mapping_data_ic, generator = step(nonce.offer.curve, nonce.s, mapping_data_ifd, call.entropy)
    mapped = Mapped(offer=nonce.offer, password=nonce.password, generator=generator)
    return _continue(call.state, mapped, MAPPING_DATA_IC, mapping_data_ic)


def agree(call: Call) -> Outcome:
    """Step 3: DO'83' against DO'84', ephemeral public keys over the mapped generator (§4.4.5.3).

    6A80 for a key that is no point of the curve, 6300 for our own key sent back.
    """
    mapped = _pending(call, Mapped, last=False)
    curve = mapped.offer.curve
    pk_ifd = dynamic_authentication_data(call.command.data, PUBLIC_KEY_IFD)
    terminal_key = _decode_point(curve, pk_ifd)
    pair = KeyPair(curve, random_scalar(curve, call.entropy))
    pk_ic = encode_point(curve, pair.multiply(mapped.generator))
    if hmac.compare_digest(pk_ic, pk_ifd):
        raise RefusalError(AUTHENTICATION_FAILED)
    k = pair.shared_secret(terminal_key)
    agreed = Agreed(
        offer=mapped.offer,
        password=mapped.password,
        keys=derive_session_keys(k, mapped.offer.suite),
        pk_ifd=pk_ifd,
        pk_ic=pk_ic,
    )
    return _continue(call.state, agreed, PUBLIC_KEY_IC, pk_ic)


def authenticate(call: Call) -> Outcome:
    """Step 4: DO'85' against DO'86', the authentication tokens (§4.4.5.4); secure messaging begins.

    6A80 for a token of another length, 6300 for a wrong one: the password was wrong. Nothing is ever locked.
    """
    agreed = _pending(call, Agreed, last=True)
    token = dynamic_authentication_data(call.command.data, TOKEN_IFD)
    if len(token) != TOKEN_LENGTH:
        raise RefusalError(WRONG_DATA)
    if not hmac.compare_digest(_token(agreed, agreed.pk_ic), token):
        raise RefusalError(AUTHENTICATION_FAILED)
    terminal = Authorisation(status=AccessStatus.PACE, password=agreed.password)
    answer = tlv.encode(0x7C, tlv.encode(TOKEN_IC, _token(agreed, agreed.pk_ifd)))
    return Outcome(state=replace(call.state.idle(), terminal=terminal), data=answer, keys=agreed.keys)


def _token(agreed: Agreed, public_key: bytes) -> bytes:
    """MAC(KS_MAC, PK) over the public key data object 7F49 with the whole identifier (§4.4.3.4, §9.4.4)."""
    data = tlv.encode(0x7F49, der.encode_oid(agreed.offer.oid), tlv.encode(0x86, public_key))
    return MessageAuthentication(agreed.keys.suite, agreed.keys.ks_mac).compute(data)


def _give_nonce(call: Call, selected: Selected) -> Outcome:
    configuration = call.chip.pace
    if configuration is None:
        raise RefusalError(FUNCTION_NOT_SUPPORTED)
    suite = selected.offer.suite
    s = call.entropy(NONCE_LENGTH)
    k_pi = derive_key(configuration.passwords[selected.password], KeyPurpose.PACE, suite)
    sent = NonceSent(offer=selected.offer, password=selected.password, s=s)
    return _continue(call.state, sent, ENCRYPTED_NONCE, BlockCipher(suite, k_pi).encrypt(s))


def _pending(call: Call, kind: type[S], *, last: bool) -> S:
    """What the step before left; 6883 if the chaining bit does not fit the step, 6700 without Le."""
    if call.command.is_chained is last:
        raise RefusalError(LAST_COMMAND_EXPECTED)
    if not call.command.ne:
        raise RefusalError(WRONG_LENGTH)
    if not isinstance(call.state.pending, kind):
        raise RefusalError(CONDITIONS_NOT_SATISFIED)
    return call.state.pending


def _continue(state: SecurityState, pending: Selected, tag: int, value: bytes) -> Outcome:
    return Outcome(state=replace(state, pending=pending, chained=b""), data=tlv.encode(0x7C, tlv.encode(tag, value)))


def _decode_point(curve: Curve, data: bytes) -> Point:
    """A public key of the terminal: uncompressed, on the curve, not infinity; 6A80 otherwise."""
    try:
        return decode_point(curve, data)
    except ToolkitError as error:
        raise RefusalError(WRONG_DATA) from error


def _map_generic(curve: Curve, s: bytes, mapping_data: bytes, entropy: Entropy) -> tuple[bytes, Point]:
    """Generic Mapping, G' = s·G + H (§4.4.3.3.1): our mapping data and the generator."""
    terminal_key = _decode_point(curve, mapping_data)
    pair = KeyPair(curve, random_scalar(curve, entropy))
    pk_ic = encode_point(curve, pair.public)
    if hmac.compare_digest(pk_ic, mapping_data):
        raise RefusalError(AUTHENTICATION_FAILED)
    try:
        generator = map_generic_ecdh(curve, s, pair.multiply(terminal_key))
    except ToolkitError as error:  # s·G + H is infinity
        raise RefusalError(AUTHENTICATION_FAILED) from error
    return pk_ic, generator


_MappingStep = Callable[[Curve, bytes, bytes, Entropy], tuple[bytes, Point]]
_MAPPINGS: Final[Mapping[PACEMapping, _MappingStep]] = MappingProxyType({PACEMapping.GENERIC: _map_generic})
