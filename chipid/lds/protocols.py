"""What the object identifiers of PACE and Chip Authentication stand for (ICAO Doc 9303-11 §9.2.3 and §9.2.7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from apdu.ciphers import CipherSuite
from chipid.asn1 import oids
from chipid.errors import UnsupportedError


class KeyAgreement(Enum):
    DH = "DH"
    ECDH = "ECDH"


class PACEMapping(Enum):
    """How PACE makes its ephemeral generator (ICAO Doc 9303-11 §4.4.3.3)."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEProtocol:
    mapping: PACEMapping
    agreement: KeyAgreement
    suite: CipherSuite


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationProtocol:
    agreement: KeyAgreement
    suite: CipherSuite


_GM, _IM, _CAM = PACEMapping.GENERIC, PACEMapping.INTEGRATED, PACEMapping.CHIP_AUTHENTICATION
_DH, _ECDH = KeyAgreement.DH, KeyAgreement.ECDH
_TDES, _AES_128, _AES_192, _AES_256 = (
    CipherSuite.TDES,
    CipherSuite.AES_128,
    CipherSuite.AES_192,
    CipherSuite.AES_256,
)

PACE_PROTOCOLS = {
    oid: PACEProtocol(mapping=mapping, agreement=agreement, suite=suite)
    for oid, mapping, agreement, suite in (
        (oids.ID_PACE_DH_GM_3DES_CBC_CBC, _GM, _DH, _TDES),
        (oids.ID_PACE_DH_GM_AES_CBC_CMAC_128, _GM, _DH, _AES_128),
        (oids.ID_PACE_DH_GM_AES_CBC_CMAC_192, _GM, _DH, _AES_192),
        (oids.ID_PACE_DH_GM_AES_CBC_CMAC_256, _GM, _DH, _AES_256),
        (oids.ID_PACE_ECDH_GM_3DES_CBC_CBC, _GM, _ECDH, _TDES),
        (oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, _GM, _ECDH, _AES_128),
        (oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_192, _GM, _ECDH, _AES_192),
        (oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_256, _GM, _ECDH, _AES_256),
        (oids.ID_PACE_DH_IM_3DES_CBC_CBC, _IM, _DH, _TDES),
        (oids.ID_PACE_DH_IM_AES_CBC_CMAC_128, _IM, _DH, _AES_128),
        (oids.ID_PACE_DH_IM_AES_CBC_CMAC_192, _IM, _DH, _AES_192),
        (oids.ID_PACE_DH_IM_AES_CBC_CMAC_256, _IM, _DH, _AES_256),
        (oids.ID_PACE_ECDH_IM_3DES_CBC_CBC, _IM, _ECDH, _TDES),
        (oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_128, _IM, _ECDH, _AES_128),
        (oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_192, _IM, _ECDH, _AES_192),
        (oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_256, _IM, _ECDH, _AES_256),
        # The Chip Authentication Mapping exists neither with 3DES nor with DH.
        (oids.ID_PACE_ECDH_CAM_AES_CBC_CMAC_128, _CAM, _ECDH, _AES_128),
        (oids.ID_PACE_ECDH_CAM_AES_CBC_CMAC_192, _CAM, _ECDH, _AES_192),
        (oids.ID_PACE_ECDH_CAM_AES_CBC_CMAC_256, _CAM, _ECDH, _AES_256),
    )
}

# PACEDomainParameterInfo names the mapping and the key agreement alone (§9.2.2).
PACE_DOMAINS = {
    oids.ID_PACE_DH_GM: (_GM, _DH),
    oids.ID_PACE_ECDH_GM: (_GM, _ECDH),
    oids.ID_PACE_DH_IM: (_IM, _DH),
    oids.ID_PACE_ECDH_IM: (_IM, _ECDH),
    oids.ID_PACE_ECDH_CAM: (_CAM, _ECDH),
}

CHIP_AUTHENTICATION_PROTOCOLS = {
    oid: ChipAuthenticationProtocol(agreement=agreement, suite=suite)
    for oid, agreement, suite in (
        (oids.ID_CA_DH_3DES_CBC_CBC, _DH, _TDES),
        (oids.ID_CA_DH_AES_CBC_CMAC_128, _DH, _AES_128),
        (oids.ID_CA_DH_AES_CBC_CMAC_192, _DH, _AES_192),
        (oids.ID_CA_DH_AES_CBC_CMAC_256, _DH, _AES_256),
        (oids.ID_CA_ECDH_3DES_CBC_CBC, _ECDH, _TDES),
        (oids.ID_CA_ECDH_AES_CBC_CMAC_128, _ECDH, _AES_128),
        (oids.ID_CA_ECDH_AES_CBC_CMAC_192, _ECDH, _AES_192),
        (oids.ID_CA_ECDH_AES_CBC_CMAC_256, _ECDH, _AES_256),
    )
}

CHIP_AUTHENTICATION_KEYS = {oids.ID_PK_DH: _DH, oids.ID_PK_ECDH: _ECDH}


def pace_protocol(oid: str) -> PACEProtocol:
    """Mapping, key agreement and cipher suite of PACE; :class:`UnsupportedError` for another identifier."""
    if oid not in PACE_PROTOCOLS:
        raise UnsupportedError(f"{oid} is no PACE protocol that is known")
    return PACE_PROTOCOLS[oid]


def chip_authentication_protocol(oid: str) -> ChipAuthenticationProtocol:
    """Key agreement and suite of Chip Authentication; :class:`UnsupportedError` for another identifier."""
    if oid not in CHIP_AUTHENTICATION_PROTOCOLS:
        raise UnsupportedError(f"{oid} is no Chip Authentication protocol that is known")
    return CHIP_AUTHENTICATION_PROTOCOLS[oid]
