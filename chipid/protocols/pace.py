"""Password Authenticated Connection Establishment, terminal side (ICAO Doc 9303-11 §4.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, MessageAuthentication
from apdu.errors import MalformedDataError, StatusError
from apdu.response import ResponseAPDU
from apdu.script import CardScript
from apdu.secure_messaging import SessionKeys
from chipid.asn1 import der
from chipid.crypto import mappings, points
from chipid.crypto.domain_parameters import Curve, domain_by_parameter_id
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.crypto.points import KeyPair, Point
from chipid.errors import ProtocolError, UnsupportedError, WrongAccessKeyError
from chipid.lds.protocols import KeyAgreement, PACEMapping
from chipid.lds.security_infos import PACEInfo, SecurityInfos
from chipid.mrz.access_key import AccessKey, AccessKeyKind

VERSION = 2
MAX_NONCE_LENGTH = 64

PASSWORD_REFERENCE: Final = {AccessKeyKind.MRZ: 0x01, AccessKeyKind.CAN: 0x02}

# Data objects of MSE:Set AT and of the dynamic authentication data (§4.4.4.1, §4.4.5).
MECHANISM: Final = 0x80
PASSWORD: Final = 0x83
PARAMETERS: Final = 0x84
ENCRYPTED_NONCE: Final = 0x80
MAPPING_DATA: Final = 0x81
MAPPING_DATA_CHIP: Final = 0x82
PUBLIC_KEY: Final = 0x83
PUBLIC_KEY_CHIP: Final = 0x84
TOKEN: Final = 0x85
TOKEN_CHIP: Final = 0x86
PUBLIC_KEY_TEMPLATE: Final = 0x7F49
EC_POINT: Final = 0x86
# What may stand beside the token: references to certification authorities. DO'8A' belongs to another mapping.
_BESIDE_TOKEN: Final = frozenset({0x87, 0x88})

# What chips in the field answer to a token made with a wrong password; 6300 is the standard's.
WRONG_KEY: Final = frozenset({0x6300, 0x6982, 0x6985, 0x6988, 0x6A80})
# Refusals of MSE:Set AT that a chip gives for DO'84' when it has only one set of parameters.
_PARAMETERS_REFUSED: Final = frozenset({0x6A80, 0x6A87, 0x6A88})

QUIRK_PARAMETERS_REFUSED = "pace-parameter-reference-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEResult:
    """The session keys and what later protocols need of this run."""

    keys: SessionKeys = field(repr=False)
    pk_ic: bytes  # ephemeral public key of the chip: ID_IC of Terminal Authentication
    quirks: tuple[str, ...] = ()


def choose(infos: SecurityInfos) -> PACEInfo | None:
    """The PACEInfo to use: among those that this version can run, the strongest suite, then the first.

    None if the chip offers no PACE at all or nothing that we know.
    """
    known = [info for info in infos.pace if _supported_curve(info) is not None]
    return max(known, key=lambda info: info.protocol.suite.strength, default=None)


def _supported_curve(info: PACEInfo) -> Curve | None:
    """The curve of a PACEInfo that this version can run, None for all others."""
    protocol = info.protocol
    if protocol.mapping is not PACEMapping.GENERIC or protocol.agreement is not KeyAgreement.ECDH:
        return None
    if info.version != VERSION or info.parameter_id is None:
        return None
    try:
        domain = domain_by_parameter_id(info.parameter_id)
    except UnsupportedError:
        return None
    return domain if isinstance(domain, Curve) else None


def authenticate(
    info: PACEInfo, access_key: AccessKey, entropy: Entropy, *, name_parameters: bool = True
) -> CardScript[PACEResult]:
    """Open the chip with PACE, Generic Mapping over ECDH, and return the session keys (§4.4.3).

    ``name_parameters`` sends DO'84' with the domain parameters' id; a chip that refuses it is asked once
    more without. Raises :class:`WrongAccessKeyError` if the chip refuses our token,
    :class:`ProtocolError` for a value outside its group, a reflected key or a wrong token of the chip,
    :class:`TLVError` for an answer that is no template, :class:`StatusError` for any other refusal and
    :class:`UnsupportedError` for a variant that this version cannot run.
    """
    curve = _supported_curve(info)
    if curve is None:
        raise UnsupportedError("this variant of PACE is not supported")
    suite = info.protocol.suite

    quirks = yield from _set_authentication_template(info, access_key, name_parameters=name_parameters)

    # Step 1: the chip's nonce, encrypted under the password (§4.4.3.3).
    z = yield from _general_authenticate("nonce", b"", ENCRYPTED_NONCE)
    # The chip chooses the length: any number of whole blocks.
    if not 1 <= len(z) <= MAX_NONCE_LENGTH or len(z) % suite.block_length:
        raise ProtocolError(f"the encrypted nonce of {len(z)} bytes is not made of a few whole blocks")
    k_pi = derive_key(access_key.pace_password, KeyPurpose.PACE, suite)
    s = BlockCipher(suite, k_pi).decrypt(z)

    # Step 2: map the nonce to an ephemeral generator (§4.4.3.3.1).
    map_pair = KeyPair(curve, points.random_scalar(curve, entropy))
    pk_map = points.encode_point(curve, map_pair.public)
    answer = yield from _general_authenticate("mapping", tlv.encode(MAPPING_DATA, pk_map), MAPPING_DATA_CHIP)
    pk_map_ic = _peer_point(curve, answer, own=pk_map)
    generator = mappings.map_generic_ecdh(curve, s, map_pair.multiply(pk_map_ic))

    # Step 3: key agreement over the mapped parameters (§4.4.1).
    pair = KeyPair(curve, points.random_scalar(curve, entropy))
    pk_ifd = points.encode_point(curve, pair.multiply(generator))
    pk_ic = yield from _general_authenticate("key agreement", tlv.encode(PUBLIC_KEY, pk_ifd), PUBLIC_KEY_CHIP)
    k = pair.shared_secret(_peer_point(curve, pk_ic, own=pk_ifd))
    keys = derive_session_keys(k, suite)

    # Step 4: each side proves the keys over the other's public key (§4.4.3.4).
    token_key = MessageAuthentication(suite, keys.ks_mac)
    t_ifd = token_key.compute(_token_input(info.oid, pk_ic))
    t_ic = yield from _general_authenticate("token", tlv.encode(TOKEN, t_ifd), TOKEN_CHIP, last=True)
    if not compare_digest(t_ic, token_key.compute(_token_input(info.oid, pk_ifd))):
        raise ProtocolError("the chip's authentication token is wrong")
    return PACEResult(keys=keys, pk_ic=pk_ic, quirks=quirks)


def _set_authentication_template(
    info: PACEInfo, access_key: AccessKey, *, name_parameters: bool
) -> CardScript[tuple[str, ...]]:
    mechanism = tlv.encode(MECHANISM, der.oid_value(info.oid))
    password = tlv.encode(PASSWORD, bytes((PASSWORD_REFERENCE[access_key.kind],)))
    if not name_parameters or info.parameter_id is None:
        response = yield instructions.set_at_mutual_authentication(mechanism + password)
        _expect_template(response)
        return ()
    parameters = tlv.encode(PARAMETERS, bytes((info.parameter_id,)))
    response = yield instructions.set_at_mutual_authentication(mechanism + password + parameters)
    if response.sw not in _PARAMETERS_REFUSED:
        _expect_template(response)
        return ()
    # QUIRK pace-parameter-reference-refused: some chips with one set of parameters refuse to have it named.
    response = yield instructions.set_at_mutual_authentication(mechanism + password)
    _expect_template(response)
    return (QUIRK_PARAMETERS_REFUSED,)


def _expect_template(response: ResponseAPDU) -> None:
    # 63Cx reports the tries left for a password with a counter; the template is set all the same.
    if response.sw.tries_left is None:
        response.expect_ok("MSE:Set AT (PACE)")


def _general_authenticate(step: str, data: bytes, expected: int, *, last: bool = False) -> CardScript[bytes]:
    """One GENERAL AUTHENTICATE and the one data object that answers it."""
    response = yield instructions.general_authenticate(data, last=last)
    if last and (response.sw in WRONG_KEY or response.sw.tries_left is not None):
        raise WrongAccessKeyError("the chip refused the access key (PACE)")
    operation = f"GENERAL AUTHENTICATE ({step})"
    if not response.sw.is_ok:
        raise StatusError(operation, response.sw, response.sw.meaning)
    template = tlv.parse_one(response.data, instructions.DYNAMIC_AUTHENTICATION_DATA)
    objects = template.children()
    answer = tlv.find(objects, expected)
    others = {one.tag for one in objects} - {expected}
    if answer is None or not others <= (_BESIDE_TOKEN if last else frozenset()):
        raise ProtocolError(f"{operation}: the answer does not hold just DO'{expected:X}'")
    return answer.value


def _peer_point(curve: Curve, encoded: bytes, *, own: bytes) -> Point:
    """The chip's public key, checked to be on the curve and not our own sent back (§4.4.1 step 3)."""
    if compare_digest(encoded, own):
        raise ProtocolError("the chip returned the terminal's own public key")
    try:
        return points.decode_point(curve, encoded)
    except MalformedDataError as error:
        raise ProtocolError(f"a public key of the chip is no point of {curve.name}") from error


def _token_input(oid: str, public_key: bytes) -> bytes:
    """The public key data object that the token authenticates (§4.4.3.4, BSI TR-03110-3 §D.3)."""
    return tlv.encode(PUBLIC_KEY_TEMPLATE, der.encode_oid(oid), tlv.encode(EC_POINT, public_key))
