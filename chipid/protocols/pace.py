"""Password Authenticated Connection Establishment, terminal side (ICAO Doc 9303-11 §4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, MessageAuthentication
from apdu.errors import MalformedDataError, StatusError
from apdu.response import ResponseAPDU
from apdu.script import CardScript
from apdu.secure_messaging import SessionKeys
from apdu.status import REFERENCE_NOT_FOUND
from chipid.asn1 import der
from chipid.crypto.chip_authentication_mapping import decrypt_chip_authentication_data
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.entropy import Entropy
from chipid.crypto.integrated_mapping import nonce_length
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.errors import (
    PasswordMissingError,
    PINBlockedError,
    PINSuspendedError,
    ProtocolError,
    WrongAccessKeyError,
    WrongPINError,
)
from chipid.lds.protocols import PACEMapping
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.protocols.key_agreement import Generator, compress_public_key, standard_generator
from chipid.protocols.pace_choice import PACEChoice

MAX_NONCE_LENGTH = 64

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
AUTHORITIES: Final = (0x87, 0x88)
CHIP_AUTHENTICATION_DATA: Final = 0x8A
PUBLIC_KEY_TEMPLATE: Final = 0x7F49

# What chips in the field answer to a token made with a wrong password; 6300 is the standard's.
WRONG_KEY: Final = frozenset({0x6300, 0x6982, 0x6985, 0x6988, 0x6A80})
BLOCKED: Final = 0x6983
# Refusals of MSE:Set AT that a chip gives for DO'84' when it has only one set of parameters.
_PARAMETERS_REFUSED: Final = frozenset({0x6A80, 0x6A87, 0x6A88})

QUIRK_PARAMETERS_REFUSED = "pace-parameter-reference-refused"
QUIRK_MAPPING_ANSWER_MISSING = "pace-mapping-answer-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingProof:
    """What the Chip Authentication Mapping leaves for the judge: PK_Map,IC as it came, and CA_IC (§4.4.3.5)."""

    pk_map_ic: bytes = field(repr=False)
    ca_ic: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEResult:
    """The session keys and what later protocols need of this run.

    ``pk_ic`` and ``pk_ifd`` are the ephemeral public keys as they were sent, ``authorities`` the references of DO'87'
    and DO'88', newest first, undecoded. ``tries_left`` is the counter that the chip reported before, if it did.
    """

    keys: SessionKeys = field(repr=False)
    domain: Curve | DHGroup
    pk_ic: bytes
    pk_ifd: bytes
    proof: MappingProof | None = None
    authorities: tuple[bytes, ...] = ()
    tries_left: int | None = None
    quirks: tuple[str, ...] = ()

    @property
    def id_ic(self) -> bytes:
        """ID_IC of Terminal Authentication: the chip's ephemeral public key, compressed (§7.1.2)."""
        return compress_public_key(self.domain, self.pk_ic)

    @property
    def compressed_terminal_key(self) -> bytes:
        """Comp(PK_IFD), which Terminal Authentication signs where PACE has authenticated the chip as well."""
        return compress_public_key(self.domain, self.pk_ifd)


def authenticate(
    choice: PACEChoice,
    access_key: AccessKey,
    entropy: Entropy,
    *,
    name_parameters: bool = True,
    last_try: bool = False,
) -> CardScript[PACEResult]:
    """Open the chip with PACE and return the session keys (§4.4.3).

    ``name_parameters`` sends DO'84' with the domain parameters' id even where only one set is offered; a chip that
    refuses it is asked once more without. ``last_try`` allows to risk the last try of a PIN or PUK.

    Raises :class:`WrongAccessKeyError` if the chip refuses our token, :class:`WrongPINError` if it counted the try,
    :class:`PINSuspendedError` and :class:`PINBlockedError` before any try is lost,
    :class:`ProtocolError` for a value outside its group, a reflected key or a wrong token of the chip,
    :class:`TLVError` for an answer that is no template, :class:`StatusError` for any other refusal.
    """
    protocol = choice.info.protocol
    suite = protocol.suite
    tries_left, quirks = yield from _set_authentication_template(choice, access_key, name_parameters=name_parameters)
    _check_tries(access_key, tries_left, last_try=last_try)

    # Step 1: the chip's nonce, encrypted under the password (§4.4.3.3).
    z = (yield from _general_authenticate("nonce", b"", ENCRYPTED_NONCE))[ENCRYPTED_NONCE]
    # The chip chooses the length: any number of whole blocks.
    if not 1 <= len(z) <= MAX_NONCE_LENGTH or len(z) % suite.block_length:
        raise ProtocolError(f"the encrypted nonce of {len(z)} bytes is not made of a few whole blocks")
    k_pi = derive_key(access_key.pace_password, KeyPurpose.PACE, suite)
    s = BlockCipher(suite, k_pi).decrypt(z)

    # Step 2: map the nonce to an ephemeral generator (§4.4.3.3.1 to §4.4.3.3.3).
    pk_map_ic = b""
    generator = standard_generator(choice.domain)
    if protocol.mapping is PACEMapping.INTEGRATED:
        generator, more = yield from _map_integrated(choice, generator, s, entropy)
        quirks += more
    else:
        generator, pk_map_ic = yield from _map_generic(generator, s, entropy)

    # Step 3: key agreement over the mapped parameters (§4.4.1).
    key = generator.draw(entropy)
    answer = yield from _general_authenticate("key agreement", tlv.encode(PUBLIC_KEY, key.public), PUBLIC_KEY_CHIP)
    pk_ic = answer[PUBLIC_KEY_CHIP]
    keys = derive_session_keys(key.shared_secret(pk_ic), suite)

    # Step 4: each side proves the keys over the other's public key (§4.4.3.4).
    token_key = MessageAuthentication(suite, keys.ks_mac)
    t_ifd = token_key.compute(_token_input(choice, generator, pk_ic))
    is_cam = protocol.mapping is PACEMapping.CHIP_AUTHENTICATION
    answer = yield from _mutual_authenticate(access_key, t_ifd, is_cam=is_cam)
    if not compare_digest(answer[TOKEN_CHIP], token_key.compute(_token_input(choice, generator, key.public))):
        raise ProtocolError("the chip's authentication token is wrong")
    return PACEResult(
        keys=keys,
        domain=choice.domain,
        pk_ic=pk_ic,
        pk_ifd=key.public,
        proof=_mapping_proof(keys, pk_map_ic, answer[CHIP_AUTHENTICATION_DATA]) if is_cam else None,
        authorities=tuple(answer[tag] for tag in AUTHORITIES if tag in answer),
        tries_left=tries_left,
        quirks=quirks,
    )


def _set_authentication_template(
    choice: PACEChoice, access_key: AccessKey, *, name_parameters: bool
) -> CardScript[tuple[int | None, tuple[str, ...]]]:
    """MSE:Set AT; the retry counter that the chip reports, and quirks."""
    info = choice.info
    # No CHAT (DO'7F4C'): it tells the chip of a Terminal Authentication of version 2, which is for other documents.
    # Version 1, which travel documents have, brings the rights in its certificates (BSI TR-03110-3 §B.11.1).
    template = tlv.encode(MECHANISM, der.oid_value(info.oid)) + tlv.encode(PASSWORD, bytes((access_key.kind.value,)))
    # DO'84' is demanded where the chip has several sets of parameters for the protocol, and allowed otherwise.
    if info.parameter_id is None or not (name_parameters or choice.is_ambiguous):
        response = yield instructions.set_at_mutual_authentication(template)
        return _expect_template(response, access_key), ()
    number = info.parameter_id.to_bytes(max(1, (info.parameter_id.bit_length() + 7) // 8), "big")
    response = yield instructions.set_at_mutual_authentication(template + tlv.encode(PARAMETERS, number))
    if choice.is_ambiguous or response.sw not in _PARAMETERS_REFUSED:
        return _expect_template(response, access_key), ()
    # QUIRK pace-parameter-reference-refused: some chips with one set of parameters refuse to have it named.
    response = yield instructions.set_at_mutual_authentication(template)
    return _expect_template(response, access_key), (QUIRK_PARAMETERS_REFUSED,)


def _expect_template(response: ResponseAPDU, access_key: AccessKey) -> int | None:
    # Every chip has the MRZ as a password (Doc 9303-11 §4.4.1): for it, 6A88 must mean something else.
    if response.sw == REFERENCE_NOT_FOUND and access_key.kind is not AccessKeyKind.MRZ:
        raise PasswordMissingError(f"the card has no {access_key.kind.name}")
    # 63Cx reports the tries left for a password with a counter; the template is set all the same.
    if response.sw.tries_left is None:
        response.expect_ok("MSE:Set AT (PACE)")
    return response.sw.tries_left


def _check_tries(access_key: AccessKey, tries_left: int | None, *, last_try: bool) -> None:
    """Stop before a try is lost in vain; passwords that do not block go on whatever the chip counts."""
    if not access_key.kind.is_blocking or tries_left is None:
        return
    if tries_left == 0:
        raise PINBlockedError(f"the {access_key.kind.name} is blocked")
    if tries_left == 1 and not last_try:
        raise PINSuspendedError(f"one try of the {access_key.kind.name} is left")


def _map_generic(generator: Generator, s: bytes, entropy: Entropy) -> CardScript[tuple[Generator, bytes]]:
    """Generic Mapping, which the Chip Authentication Mapping shares; the new generator and PK_Map,IC."""
    key = generator.draw(entropy)
    answer = yield from _general_authenticate("mapping", tlv.encode(MAPPING_DATA, key.public), MAPPING_DATA_CHIP)
    pk_map_ic = answer[MAPPING_DATA_CHIP]
    return key.map_generic(s, pk_map_ic), pk_map_ic


def _map_integrated(
    choice: PACEChoice, generator: Generator, s: bytes, entropy: Entropy
) -> CardScript[tuple[Generator, tuple[str, ...]]]:
    """Integrated Mapping: the terminal sends its nonce, the chip answers with an empty DO'82' (§4.4.5.2.2)."""
    suite = choice.info.protocol.suite
    if len(s) != nonce_length(suite):
        raise ProtocolError(f"the chip's nonce of {len(s)} bytes does not suit Integrated Mapping")
    t = entropy(suite.key_length)
    data = tlv.encode(MAPPING_DATA, t)
    answer = yield from _general_authenticate("mapping", data, optional=frozenset({MAPPING_DATA_CHIP}))
    if answer.get(MAPPING_DATA_CHIP):
        raise ProtocolError("the chip answered Integrated Mapping with data")
    # QUIRK pace-mapping-answer-missing: the template is empty where an empty data object belongs into it.
    quirks = () if MAPPING_DATA_CHIP in answer else (QUIRK_MAPPING_ANSWER_MISSING,)
    return generator.map_integrated(suite, s, t), quirks


def _mutual_authenticate(access_key: AccessKey, t_ifd: bytes, *, is_cam: bool) -> CardScript[Mapping[int, bytes]]:
    """Step 4; what stands beside the token: references of authorities, and DO'8A' just where it belongs."""
    operation = "GENERAL AUTHENTICATE (token)"
    response = yield instructions.general_authenticate(tlv.encode(TOKEN, t_ifd), last=True)
    tries_left = response.sw.tries_left
    if access_key.kind.is_blocking:
        if response.sw == BLOCKED or tries_left == 0:
            raise PINBlockedError(f"the {access_key.kind.name} is blocked")
        if response.sw in WRONG_KEY or tries_left is not None:
            raise WrongPINError(f"the chip refused the {access_key.kind.name} (PACE)", tries_left=tries_left)
    elif response.sw in WRONG_KEY or tries_left is not None:
        raise WrongAccessKeyError("the chip refused the access key (PACE)")
    expected = {TOKEN_CHIP, CHIP_AUTHENTICATION_DATA} if is_cam else {TOKEN_CHIP}
    return _objects(operation, response, expected, frozenset(AUTHORITIES))


def _general_authenticate(
    step: str, data: bytes, *expected: int, optional: frozenset[int] = frozenset()
) -> CardScript[Mapping[int, bytes]]:
    """One GENERAL AUTHENTICATE that is not the last, and the data objects that answer it, by tag."""
    response = yield instructions.general_authenticate(data, last=False)
    return _objects(f"GENERAL AUTHENTICATE ({step})", response, set(expected), optional)


def _objects(
    operation: str, response: ResponseAPDU, expected: set[int], optional: frozenset[int]
) -> Mapping[int, bytes]:
    if not response.sw.is_ok:
        raise StatusError(operation, response.sw, response.sw.meaning)
    found = tlv.parse_one(response.data, instructions.DYNAMIC_AUTHENTICATION_DATA).children()
    tags = {one.tag for one in found}
    for tag in tags:
        tlv.find(found, tag)  # refuses what is repeated
    if not expected <= tags <= expected | optional:
        names = ", ".join(f"DO'{tag:X}'" for tag in sorted(expected)) or "nothing"
        raise ProtocolError(f"{operation}: the answer does not hold just {names}")
    return {one.tag: one.value for one in found}


def _mapping_proof(keys: SessionKeys, pk_map_ic: bytes, encrypted: bytes) -> MappingProof:
    """Decrypt DO'8A' (§4.4.3.5). Whether it proves the chip is for the judge, who knows the chip's static key."""
    try:
        return MappingProof(pk_map_ic=pk_map_ic, ca_ic=decrypt_chip_authentication_data(keys, encrypted))
    except MalformedDataError as error:
        raise ProtocolError("the chip's authentication data cannot be decrypted") from error


def _token_input(choice: PACEChoice, generator: Generator, public_key: bytes) -> bytes:
    """The public key data object that the token authenticates (§4.4.3.4, BSI TR-03110-3 §D.3)."""
    key = tlv.encode(generator.key_tag, public_key)
    return tlv.encode(PUBLIC_KEY_TEMPLATE, der.encode_oid(choice.info.oid), key)
