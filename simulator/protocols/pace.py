"""The chip's side of PACE (ICAO Doc 9303-11 §4.4): four steps of GENERAL AUTHENTICATE after MSE:Set AT.

A mapping is one entry of a table; what the steps keep between them is a frozen value each, so that a step can only ever
follow the one before it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, Final, TypeVar

from apdu import tlv
from apdu.ciphers import BlockCipher, MessageAuthentication, pad
from apdu.errors import MalformedDataError, ToolkitError
from apdu.secure_messaging import SessionKeys
from apdu.status import (
    AUTHENTICATION_FAILED,
    CONDITIONS_NOT_SATISFIED,
    FUNCTION_NOT_SUPPORTED,
    LAST_COMMAND_EXPECTED,
    WRONG_DATA,
    WRONG_LENGTH,
)
from chipid.asn1 import der
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.entropy import Entropy
from chipid.crypto.integrated_mapping import nonce_length
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.lds.protocols import PACEMapping
from chipid.pki.cv_reference import encode_reference
from simulator.access_rules import AccessStatus, Authorisation
from simulator.calls import Call, Outcome, RefusalError, dynamic_authentication_data
from simulator.chip import Chip
from simulator.protocols import passwords
from simulator.protocols.key_agreement import Domain, Key, domain_of
from simulator.protocols.pace_selection import Selected
from simulator.state import SecurityState, Situation

NONCE_LENGTH = 16  # of Generic and Chip Authentication Mapping
TOKEN_LENGTH = 8

ENCRYPTED_NONCE = 0x80
MAPPING_DATA_IFD, MAPPING_DATA_IC = 0x81, 0x82
PUBLIC_KEY_IFD, PUBLIC_KEY_IC = 0x83, 0x84
TOKEN_IFD, TOKEN_IC = 0x85, 0x86
CURRENT_REFERENCE, PREVIOUS_REFERENCE = 0x87, 0x88
CHIP_AUTHENTICATION_DATA = 0x8A
NUMBER, POINT = 0x84, 0x86  # the public key in the token's data object (§9.4.3 and §9.4.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceSent(Selected):
    """The encrypted nonce is out; s is what it hides."""

    situation: ClassVar[Situation] = Situation.PACE_NONCE_SENT
    s: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped(Selected):
    """Both sides have the ephemeral generator; ``sk_map`` is the private key of the mapping, 0 where it has none."""

    situation: ClassVar[Situation] = Situation.PACE_MAPPED
    domain: Domain = field(repr=False)
    sk_map: int = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed(Selected):
    """Both sides have the keys; the public keys are what the tokens are about."""

    situation: ClassVar[Situation] = Situation.PACE_AGREED
    domain: Domain = field(repr=False)
    sk_map: int = field(repr=False)
    keys: SessionKeys = field(repr=False)
    pk_ifd: bytes = field(repr=False)
    pk_ic: bytes = field(repr=False)


S = TypeVar("S", bound=Selected)


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
    with _refusing():
        mapping_data_ic, domain, sk_map = _MAPPINGS[nonce.choice.offer.mapping](nonce, mapping_data_ifd, call.entropy)
    mapped = Mapped(choice=nonce.choice, domain=domain, sk_map=sk_map)
    return _continue(call.state, mapped, MAPPING_DATA_IC, mapping_data_ic)


def agree(call: Call) -> Outcome:
    """Step 3: DO'83' against DO'84', ephemeral public keys over the mapped generator (§4.4.5.3).

    6A80 for a key that is not of the group, 6300 for our own key sent back.
    """
    mapped = _pending(call, Mapped, last=False)
    pk_ifd = dynamic_authentication_data(call.command.data, PUBLIC_KEY_IFD)
    with _refusing():
        key = mapped.domain.draw_key(call.entropy)
        _require_other(key, pk_ifd)
        k = key.agree(pk_ifd)
    agreed = Agreed(
        choice=mapped.choice,
        domain=mapped.domain,
        sk_map=mapped.sk_map,
        keys=derive_session_keys(k, mapped.choice.offer.suite),
        pk_ifd=pk_ifd,
        pk_ic=key.public,
    )
    return _continue(call.state, agreed, PUBLIC_KEY_IC, key.public)


def authenticate(call: Call) -> Outcome:
    """Step 4: DO'85' against DO'86', the authentication tokens (§4.4.5.4); secure messaging begins.

    6A80 for a token of another length; 6300, or 63Cx where tries are counted, for a wrong one: the password was wrong.
    """
    agreed = _pending(call, Agreed, last=True)
    token = dynamic_authentication_data(call.command.data, TOKEN_IFD)
    if len(token) != TOKEN_LENGTH:
        raise RefusalError(WRONG_DATA)
    if not hmac.compare_digest(_token(agreed, agreed.pk_ic), token):
        return passwords.failed(call.state, agreed.choice.password)
    is_chip_authenticated = agreed.choice.offer.mapping is PACEMapping.CHIP_AUTHENTICATION
    terminal = Authorisation(
        status=AccessStatus.PACE,
        password=agreed.choice.password,
        chip_authenticated=is_chip_authenticated,
        id_ic=agreed.domain.compress(agreed.pk_ic),
        pk_ifd=agreed.domain.compress(agreed.pk_ifd) if is_chip_authenticated else b"",
    )
    answer = tlv.encode(TOKEN_IC, _token(agreed, agreed.pk_ifd)) + _references(call, agreed)
    if is_chip_authenticated:
        answer += tlv.encode(CHIP_AUTHENTICATION_DATA, _chip_authentication_data(call.chip, agreed))
    state = replace(call.state.idle(), terminal=terminal, memory=passwords.succeeded(call, agreed.choice.password))
    return Outcome(state=state, data=tlv.encode(0x7C, answer), keys=agreed.keys)


def _token(agreed: Agreed, public_key: bytes) -> bytes:
    """MAC(KS_MAC, PK) over the public key data object 7F49 with the whole identifier (§4.4.3.4, §9.4)."""
    tag = POINT if isinstance(agreed.choice.offer.domain, Curve) else NUMBER
    data = tlv.encode(0x7F49, der.encode_oid(agreed.choice.offer.oid), tlv.encode(tag, public_key))
    return MessageAuthentication(agreed.keys.suite, agreed.keys.ks_mac).compute(data)


def _references(call: Call, agreed: Agreed) -> bytes:
    """DO'87' and DO'88' with the references of the trust points, for a terminal that asks (§4.4.5.5)."""
    configuration = call.chip.terminal_authentication
    if configuration is None or not (agreed.choice.wants_references or configuration.references_unasked):
        return b""
    references = [encode_reference(one.reference) for one in call.state.memory.trust_points]
    return b"".join(map(tlv.encode, (CURRENT_REFERENCE, PREVIOUS_REFERENCE), references))


def _chip_authentication_data(chip: Chip, agreed: Agreed) -> bytes:
    """A_IC = E(KS_Enc, CA_IC) with CA_IC = SK_IC⁻¹ · SK_Map,IC mod n (§4.4.3.5); the IV is E(KS_Enc, FF…FF)."""
    curve = agreed.choice.offer.domain
    if not isinstance(curve, Curve):
        raise RefusalError(FUNCTION_NOT_SUPPORTED)
    static = next((one for one in chip.chip_authentication if one.key_id == agreed.choice.offer.parameter_id), None)
    if static is None or static.domain != curve:
        raise RefusalError(FUNCTION_NOT_SUPPORTED)
    ca_ic = pow(static.private, -1, curve.n) * agreed.sk_map % curve.n
    cipher, length = BlockCipher(agreed.keys.suite, agreed.keys.ks_enc), agreed.keys.suite.block_length
    iv = cipher.encrypt_block(b"\xff" * length)
    return cipher.encrypt(pad(ca_ic.to_bytes(curve.order_length, "big"), length), iv)


def _give_nonce(call: Call, selected: Selected) -> Outcome:
    passwords.require_usable(call, selected.choice.password)
    suite = selected.choice.offer.suite
    s = call.entropy(nonce_length(suite) if selected.choice.offer.mapping is PACEMapping.INTEGRATED else NONCE_LENGTH)
    k_pi = derive_key(passwords.secret_of(call, selected.choice.password), KeyPurpose.PACE, suite)
    sent = NonceSent(choice=selected.choice, s=s)
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
    return Outcome(state=replace(state, pending=pending), data=tlv.encode(0x7C, tlv.encode(tag, value)))


@contextmanager
def _refusing() -> Iterator[None]:
    """6A80 for a key or nonce that is none, 6300 for a mapping that leads nowhere."""
    try:
        yield
    except MalformedDataError as error:
        raise RefusalError(WRONG_DATA) from error
    except ToolkitError as error:
        raise RefusalError(AUTHENTICATION_FAILED) from error


def _require_other(key: Key, peer: bytes) -> None:
    """Refuse our own public key, with zeros before it or without (§4.4.1, step 3 d)."""
    if hmac.compare_digest(key.public, peer.lstrip(b"\x00")):
        raise RefusalError(AUTHENTICATION_FAILED)


_Mapping = tuple[bytes, Domain, int]


def _map_generic(nonce: NonceSent, mapping_data: bytes, entropy: Entropy) -> _Mapping:
    """Generic Mapping, G' = s·G + H or g' = g^s·h (§4.4.3.3.1): our mapping data, the domain and our private key."""
    key = domain_of(nonce.choice.offer.domain).draw_key(entropy)
    _require_other(key, mapping_data)
    return key.public, key.map_generic(nonce.s, mapping_data), key.secret


def _map_integrated(nonce: NonceSent, mapping_data: bytes, _: Entropy) -> _Mapping:
    """Integrated Mapping (§4.4.3.3.2): the terminal's nonce t is a key long, and our mapping data is empty."""
    suite = nonce.choice.offer.suite
    if len(mapping_data) != suite.key_length:
        raise RefusalError(WRONG_DATA)
    return b"", domain_of(nonce.choice.offer.domain).map_integrated(suite, nonce.s, mapping_data), 0


_MAPPINGS: Final[Mapping[PACEMapping, Callable[[NonceSent, bytes, Entropy], _Mapping]]] = MappingProxyType(
    {
        PACEMapping.GENERIC: _map_generic,
        PACEMapping.INTEGRATED: _map_integrated,
        PACEMapping.CHIP_AUTHENTICATION: _map_generic,
    }
)
