"""Chip Authentication version 1, terminal side (ICAO Doc 9303-11 §6.2, BSI TR-03110-1 §3.4).

The keys that come out prove nothing by themselves. The chip is proven when it answers one command under
them, and only if Passive Authentication vouches for the public key; the caller sees to both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.script import CardScript
from apdu.secure_messaging import SessionKeys
from chipid.asn1 import der, oids
from chipid.crypto import dh, points
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.keys import DHPublicKey, ECPublicKey
from chipid.errors import UnsupportedError
from chipid.lds.protocols import CHIP_AUTHENTICATION_KEYS, KeyAgreement
from chipid.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfos
from chipid.protocols.key_agreement import compress_public_key, standard_generator

VERSION = 1
PROTOCOL_OBJECT: Final = 0x80
KEY_REFERENCE: Final = 0x84
KAT_PUBLIC_KEY: Final = 0x91

# Refusals of MSE:Set KAT after which a chip may still know MSE:Set AT.
_KAT_UNKNOWN: Final = frozenset({0x6A80, 0x6A81, 0x6A86, 0x6D00})

QUIRK_KAT_REFUSED = "chip-authentication-kat-refused"
QUIRK_INFERRED = "chip-authentication-inferred"
QUIRK_KEY_ID_MISSING = "chip-authentication-key-id-missing"

_INFERRED: Final = {
    KeyAgreement.DH: oids.ID_CA_DH_3DES_CBC_CBC,
    KeyAgreement.ECDH: oids.ID_CA_ECDH_3DES_CBC_CBC,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationChoice:
    """One way to run Chip Authentication with this chip: a protocol and the key it goes with.

    ``names_key`` is False where the chip is not told the key's id; ``quirks`` tells where DG14 left something to be
    guessed.
    """

    oid: str
    suite: CipherSuite
    key: ChipAuthenticationPublicKeyInfo
    names_key: bool = True
    quirks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationResult:
    """The new session keys and the terminal's ephemeral public key as it was sent."""

    keys: SessionKeys = field(repr=False)
    domain: Curve | DHGroup
    terminal_public_key: bytes
    quirks: tuple[str, ...] = ()

    @property
    def compressed_terminal_key(self) -> bytes:
        """Comp(PK_IFD), which Terminal Authentication signs."""
        return compress_public_key(self.domain, self.terminal_public_key)


def choose(infos: SecurityInfos) -> tuple[ChipAuthenticationChoice, ...]:
    """The ways that DG14 offers, the preferred one first: the strongest suite, then curves before groups, then the
    order of the card.

    An info of version 1 and a key belong together by their key id. Other versions derive other keys, which would
    make a genuine chip look like a copy. An info and the only key of its kind belong together too where one of them
    has no key id. A key without any info is used with 3DES: that is how early documents are read in practice; the
    standard is silent.
    """
    choices = [
        choice
        for info in infos.chip_authentication
        if info.version == VERSION
        for choice in _choices_of(info, infos.chip_authentication_keys)
    ]
    if not infos.chip_authentication:
        # QUIRK chip-authentication-inferred: the key stands alone in DG14.
        choices = [
            ChipAuthenticationChoice(
                oid=_INFERRED[CHIP_AUTHENTICATION_KEYS[key.oid]],
                suite=CipherSuite.TDES,
                key=key,
                quirks=(QUIRK_INFERRED,),
            )
            for key in infos.chip_authentication_keys
        ]
    return tuple(sorted(choices, key=_preference, reverse=True))


def _choices_of(
    info: ChipAuthenticationInfo, keys: Sequence[ChipAuthenticationPublicKeyInfo]
) -> Iterator[ChipAuthenticationChoice]:
    """The info with each key that goes with it."""
    agreement, suite = info.protocol.agreement, info.protocol.suite
    of_kind = [key for key in keys if CHIP_AUTHENTICATION_KEYS[key.oid] is agreement]
    named = [key for key in of_kind if key.key_id == info.key_id]
    for key in named:
        yield ChipAuthenticationChoice(oid=info.oid, suite=suite, key=key)
    if not named and len(of_kind) == 1 and None in (info.key_id, of_kind[0].key_id):
        # QUIRK chip-authentication-key-id-missing: there is but one key, and nothing to tell apart.
        quirks = (QUIRK_KEY_ID_MISSING,)
        yield ChipAuthenticationChoice(oid=info.oid, suite=suite, key=of_kind[0], names_key=False, quirks=quirks)


def _preference(choice: ChipAuthenticationChoice) -> tuple[int, bool]:
    return choice.suite.strength, CHIP_AUTHENTICATION_KEYS[choice.key.oid] is KeyAgreement.ECDH


def authenticate(choice: ChipAuthenticationChoice, entropy: Entropy) -> CardScript[ChipAuthenticationResult]:
    """Agree on new session keys with the chip's static key (§6.2.3).

    Runs inside the secure session of BAC or PACE; on success the old keys are void on both sides. With 3DES
    MSE:Set KAT comes first, and MSE:Set AT with GENERAL AUTHENTICATE if the chip does not know that. Raises
    :class:`StatusError` if the chip refuses, in which case the old keys go on; before any command
    :class:`UnsupportedError` for a key that this version cannot use and :class:`MalformedDataError` for none at all.
    """
    domain, pk_ic = _static_key(choice)
    key = standard_generator(domain).draw(entropy)
    pk_ifd = key.public

    key_reference = b""
    if choice.names_key and choice.key.key_id is not None:
        length = max(1, (choice.key.key_id.bit_length() + 7) // 8)
        key_reference = tlv.encode(KEY_REFERENCE, choice.key.key_id.to_bytes(length, "big"))
    quirks = choice.quirks
    if choice.suite is CipherSuite.TDES:
        response = yield instructions.set_kat(tlv.encode(KAT_PUBLIC_KEY, pk_ifd) + key_reference)
        if response.sw in _KAT_UNKNOWN:
            # QUIRK chip-authentication-kat-refused: the chip knows 3DES with the newer commands only (§6.2.4.2).
            quirks += (QUIRK_KAT_REFUSED,)
            yield from _set_template_and_authenticate(choice, pk_ifd, key_reference)
        else:
            response.expect_ok("MSE:Set KAT")
    else:
        yield from _set_template_and_authenticate(choice, pk_ifd, key_reference)

    keys = derive_session_keys(key.shared_secret(pk_ic), choice.suite)
    return ChipAuthenticationResult(keys=keys, domain=domain, terminal_public_key=pk_ifd, quirks=quirks)


def _set_template_and_authenticate(
    choice: ChipAuthenticationChoice, pk_ifd: bytes, key_reference: bytes
) -> CardScript[None]:
    """MSE:Set AT and GENERAL AUTHENTICATE; the session chains what is too long for one command."""
    protocol = tlv.encode(PROTOCOL_OBJECT, der.oid_value(choice.oid))
    response = yield instructions.set_at_internal_authentication(protocol + key_reference)
    response.expect_ok("MSE:Set AT (Chip Authentication)")
    response = yield instructions.general_authenticate(tlv.encode(0x80, pk_ifd), last=True)
    response.expect_ok("GENERAL AUTHENTICATE (Chip Authentication)")


def _static_key(choice: ChipAuthenticationChoice) -> tuple[Curve | DHGroup, bytes]:
    """The chip's key with its domain parameters, encoded as an ephemeral key would be."""
    key = choice.key.public_key
    if isinstance(key, ECPublicKey):
        return key.curve, points.encode_point(key.curve, key.point)
    if isinstance(key, DHPublicKey):
        return key.group, dh.encode_public_key(key.y)
    raise UnsupportedError("a key of Chip Authentication is of another kind than key agreement takes")
