"""The security infos of a chip: EF.CardAccess, DG14 and EF.CardSecurity (ICAO Doc 9303-11 §9.2.11)."""

from __future__ import annotations

from datetime import datetime

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto import dh
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.keys import DHPublicKey, ECPublicKey, PublicKey, encode_ec_parameters, encode_public_key
from chipid.crypto.points import KeyPair
from chipid.lds.ef_card_security import CONTENT_TYPE
from chipid.lds.files import FileId
from chipid.lds.protocols import PACE_DOMAINS, PACE_PROTOCOLS, PACEMapping
from chipid.lds.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PACEDomainParameterInfo,
    PACEInfo,
    SecurityInfo,
    TerminalAuthenticationInfo,
)
from simulator.chip import ChipAuthenticationKey, DomainParameters, ECSigningKey, PACEOffer
from simulator.personalisation.chip_keys import ChipKeys
from simulator.personalisation.profile import CardProfile
from simulator.pki.issuer import IssuingAuthority
from simulator.pki.security_object import sign_content
from simulator.randomness import SeededEntropy

_PLAIN_SIGNATURES = {
    "sha1": oids.ECDSA_PLAIN_SHA1,
    "sha224": oids.ECDSA_PLAIN_SHA224,
    "sha256": oids.ECDSA_PLAIN_SHA256,
    "sha384": oids.ECDSA_PLAIN_SHA384,
    "sha512": oids.ECDSA_PLAIN_SHA512,
}


def card_access_infos(profile: CardProfile, keys: ChipKeys) -> list[SecurityInfo]:
    """EF.CardAccess: PACE, and the other protocols where the product repeats them there."""
    pace = _pace_infos(profile)
    return [*pace, *_protocol_infos(profile, keys)] if profile.card_access_repeats_all else pace


def security_option_infos(profile: CardProfile, keys: ChipKeys) -> list[SecurityInfo]:
    """DG14: Chip Authentication with its keys, the signed copy of EF.CardAccess, ECDSA of Active Authentication."""
    infos = _pace_infos(profile) + _protocol_infos(profile, keys)
    infos += [_key_info(key) for key in keys.chip_authentication]
    signing = keys.active_authentication
    if isinstance(signing, ECSigningKey):
        infos.append(ActiveAuthenticationInfo(signature_algorithm=_PLAIN_SIGNATURES[signing.hash_name]))
    return infos


def needs_card_security(profile: CardProfile) -> bool:
    """True if the chip proves itself within PACE: the key for that is signed in the master file."""
    return any(one.mapping is PACEMapping.CHIP_AUTHENTICATION for one in profile.pace)


def sign_card_security(dg14: bytes, issuer: IssuingAuthority, *, signed_at: datetime) -> bytes:
    """EF.CardSecurity: the security infos of DG14 as a content of their own, signed by the document signer."""
    content = tlv.parse_one(dg14, FileId.DG14.tag).value
    signer = issuer.signer_on(signed_at.date())
    entropy = SeededEntropy(content)  # a salt, if the signer's algorithm takes one: the same for the same content
    return sign_content(signer, content, CONTENT_TYPE, signed_at=signed_at, entropy=entropy)


def _pace_infos(profile: CardProfile) -> list[SecurityInfo]:
    infos: list[SecurityInfo] = [PACEInfo(oid=one.oid, parameter_id=one.parameter_id) for one in profile.pace]
    for one in profile.pace:
        own = _domain_parameter_info(one)
        if one.explicit and own not in infos:
            infos.append(own)
    return infos


def _domain_parameter_info(offer: PACEOffer) -> SecurityInfo:
    protocol = PACE_PROTOCOLS[offer.oid]
    kind = (protocol.mapping, protocol.agreement)
    oid = next(oid for oid, found in PACE_DOMAINS.items() if found == kind)
    return PACEDomainParameterInfo(oid=oid, algorithm=_explicit(offer.domain), parameter_id=offer.parameter_id)


def _explicit(domain: DomainParameters) -> bytes:
    """The AlgorithmIdentifier with every parameter (§9.5.2)."""
    if isinstance(domain, Curve):
        return encode_algorithm_identifier(oids.EC_PUBLIC_KEY, encode_ec_parameters(domain))
    if domain.q is None:
        raise ValueError("the order of the group is not known")
    numbers = (der.encode_integer(one) for one in (domain.p, domain.g, domain.q))
    return encode_algorithm_identifier(oids.DH_PUBLIC_NUMBER, der.encode_sequence(*numbers))


def _protocol_infos(profile: CardProfile, keys: ChipKeys) -> list[SecurityInfo]:
    infos: list[SecurityInfo] = [
        ChipAuthenticationInfo(oid=oid, key_id=key.key_id)
        for plan, key in zip(profile.chip_authentication, keys.chip_authentication, strict=True)
        if plan.is_announced
        for oid in key.suites
    ]
    if keys.terminals is not None:
        infos.append(TerminalAuthenticationInfo(cvca_fid=FileId.CVCA.fid, cvca_sfi=FileId.CVCA.sfi))
    elif profile.terminal_authentication:
        infos.append(TerminalAuthenticationInfo())
    return infos


def _key_info(key: ChipAuthenticationKey) -> SecurityInfo:
    public: PublicKey
    if isinstance(key.domain, DHGroup):
        oid, public = oids.ID_PK_DH, DHPublicKey(group=key.domain, y=dh.public_key(key.domain, key.private))
    else:
        point = KeyPair(key.domain, key.private).public
        oid, public = oids.ID_PK_ECDH, ECPublicKey(curve=key.domain, point=point, explicit=True)
    return ChipAuthenticationPublicKeyInfo(oid=oid, spki=encode_public_key(public), key_id=key.key_id)
