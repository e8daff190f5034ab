"""Every object identifier that the toolkit knows, each written once.

PACE, Chip Authentication, Terminal Authentication and roles: ICAO Doc 9303-11 §9.2, BSI TR-03110-3 §A; signatures
and keys: Doc 9303-12 §4, RFC 3279, 4055, 5480, 5639, 5652, BSI TR-03111 §5.2; LDS: Doc 9303-10. What an identifier
means for a protocol stands in a table beside that protocol.
"""

from __future__ import annotations

from typing import Final

# PACE (Doc 9303-11 §9.2.3, Table 5): mapping, then cipher suite.
ID_PACE_DH_GM: Final = "0.4.0.127.0.7.2.2.4.1"
ID_PACE_DH_GM_3DES_CBC_CBC: Final = "0.4.0.127.0.7.2.2.4.1.1"
ID_PACE_DH_GM_AES_CBC_CMAC_128: Final = "0.4.0.127.0.7.2.2.4.1.2"
ID_PACE_DH_GM_AES_CBC_CMAC_192: Final = "0.4.0.127.0.7.2.2.4.1.3"
ID_PACE_DH_GM_AES_CBC_CMAC_256: Final = "0.4.0.127.0.7.2.2.4.1.4"
ID_PACE_ECDH_GM: Final = "0.4.0.127.0.7.2.2.4.2"
ID_PACE_ECDH_GM_3DES_CBC_CBC: Final = "0.4.0.127.0.7.2.2.4.2.1"
ID_PACE_ECDH_GM_AES_CBC_CMAC_128: Final = "0.4.0.127.0.7.2.2.4.2.2"
ID_PACE_ECDH_GM_AES_CBC_CMAC_192: Final = "0.4.0.127.0.7.2.2.4.2.3"
ID_PACE_ECDH_GM_AES_CBC_CMAC_256: Final = "0.4.0.127.0.7.2.2.4.2.4"
ID_PACE_DH_IM: Final = "0.4.0.127.0.7.2.2.4.3"
ID_PACE_DH_IM_3DES_CBC_CBC: Final = "0.4.0.127.0.7.2.2.4.3.1"
ID_PACE_DH_IM_AES_CBC_CMAC_128: Final = "0.4.0.127.0.7.2.2.4.3.2"
ID_PACE_DH_IM_AES_CBC_CMAC_192: Final = "0.4.0.127.0.7.2.2.4.3.3"
ID_PACE_DH_IM_AES_CBC_CMAC_256: Final = "0.4.0.127.0.7.2.2.4.3.4"
ID_PACE_ECDH_IM: Final = "0.4.0.127.0.7.2.2.4.4"
ID_PACE_ECDH_IM_3DES_CBC_CBC: Final = "0.4.0.127.0.7.2.2.4.4.1"
ID_PACE_ECDH_IM_AES_CBC_CMAC_128: Final = "0.4.0.127.0.7.2.2.4.4.2"
ID_PACE_ECDH_IM_AES_CBC_CMAC_192: Final = "0.4.0.127.0.7.2.2.4.4.3"
ID_PACE_ECDH_IM_AES_CBC_CMAC_256: Final = "0.4.0.127.0.7.2.2.4.4.4"
ID_PACE_ECDH_CAM: Final = "0.4.0.127.0.7.2.2.4.6"
ID_PACE_ECDH_CAM_AES_CBC_CMAC_128: Final = "0.4.0.127.0.7.2.2.4.6.2"
ID_PACE_ECDH_CAM_AES_CBC_CMAC_192: Final = "0.4.0.127.0.7.2.2.4.6.3"
ID_PACE_ECDH_CAM_AES_CBC_CMAC_256: Final = "0.4.0.127.0.7.2.2.4.6.4"

# Chip Authentication (Doc 9303-11 §9.2.5 and §9.2.6).
ID_PK_DH: Final = "0.4.0.127.0.7.2.2.1.1"
ID_PK_ECDH: Final = "0.4.0.127.0.7.2.2.1.2"
ID_CA_DH: Final = "0.4.0.127.0.7.2.2.3.1"
ID_CA_DH_3DES_CBC_CBC: Final = "0.4.0.127.0.7.2.2.3.1.1"
ID_CA_DH_AES_CBC_CMAC_128: Final = "0.4.0.127.0.7.2.2.3.1.2"
ID_CA_DH_AES_CBC_CMAC_192: Final = "0.4.0.127.0.7.2.2.3.1.3"
ID_CA_DH_AES_CBC_CMAC_256: Final = "0.4.0.127.0.7.2.2.3.1.4"
ID_CA_ECDH: Final = "0.4.0.127.0.7.2.2.3.2"
ID_CA_ECDH_3DES_CBC_CBC: Final = "0.4.0.127.0.7.2.2.3.2.1"
ID_CA_ECDH_AES_CBC_CMAC_128: Final = "0.4.0.127.0.7.2.2.3.2.2"
ID_CA_ECDH_AES_CBC_CMAC_192: Final = "0.4.0.127.0.7.2.2.3.2.3"
ID_CA_ECDH_AES_CBC_CMAC_256: Final = "0.4.0.127.0.7.2.2.3.2.4"

# Terminal Authentication (BSI TR-03110-3 §A.1.1.3; Doc 9303-11 §9.2.9 keeps a part of it).
ID_TA: Final = "0.4.0.127.0.7.2.2.2"
ID_TA_RSA_V1_5_SHA_1: Final = "0.4.0.127.0.7.2.2.2.1.1"
ID_TA_RSA_V1_5_SHA_256: Final = "0.4.0.127.0.7.2.2.2.1.2"
ID_TA_RSA_PSS_SHA_1: Final = "0.4.0.127.0.7.2.2.2.1.3"
ID_TA_RSA_PSS_SHA_256: Final = "0.4.0.127.0.7.2.2.2.1.4"
ID_TA_RSA_V1_5_SHA_512: Final = "0.4.0.127.0.7.2.2.2.1.5"
ID_TA_RSA_PSS_SHA_512: Final = "0.4.0.127.0.7.2.2.2.1.6"
ID_TA_ECDSA_SHA_1: Final = "0.4.0.127.0.7.2.2.2.2.1"
ID_TA_ECDSA_SHA_224: Final = "0.4.0.127.0.7.2.2.2.2.2"
ID_TA_ECDSA_SHA_256: Final = "0.4.0.127.0.7.2.2.2.2.3"
ID_TA_ECDSA_SHA_384: Final = "0.4.0.127.0.7.2.2.2.2.4"
ID_TA_ECDSA_SHA_512: Final = "0.4.0.127.0.7.2.2.2.2.5"

# Other identifiers of BSI TR-03110-3: protocols, roles, card security.
ID_RI: Final = "0.4.0.127.0.7.2.2.5"
ID_CI: Final = "0.4.0.127.0.7.2.2.6"
ID_EID_SECURITY: Final = "0.4.0.127.0.7.2.2.7"
ID_PT: Final = "0.4.0.127.0.7.2.2.8"
STANDARDIZED_DOMAIN_PARAMETERS: Final = "0.4.0.127.0.7.1.2"
ID_SECURITY_OBJECT: Final = "0.4.0.127.0.7.3.2.1"
ID_ROLES: Final = "0.4.0.127.0.7.3.1.2"
ID_IS: Final = "0.4.0.127.0.7.3.1.2.1"
ID_AT: Final = "0.4.0.127.0.7.3.1.2.2"
ID_ST: Final = "0.4.0.127.0.7.3.1.2.3"
ID_AUXILIARY_DATA: Final = "0.4.0.127.0.7.3.1.4"

# ECDSA in plain format, r followed by s (BSI TR-03111 §5.2.1); Active Authentication and some SODs.
ECDSA_PLAIN_SHA1: Final = "0.4.0.127.0.7.1.1.4.1.1"
ECDSA_PLAIN_SHA224: Final = "0.4.0.127.0.7.1.1.4.1.2"
ECDSA_PLAIN_SHA256: Final = "0.4.0.127.0.7.1.1.4.1.3"
ECDSA_PLAIN_SHA384: Final = "0.4.0.127.0.7.1.1.4.1.4"
ECDSA_PLAIN_SHA512: Final = "0.4.0.127.0.7.1.1.4.1.5"
ECDSA_PLAIN_RIPEMD160: Final = "0.4.0.127.0.7.1.1.4.1.6"
ECDSA_PLAIN_SHA3_224: Final = "0.4.0.127.0.7.1.1.4.1.8"
ECDSA_PLAIN_SHA3_256: Final = "0.4.0.127.0.7.1.1.4.1.9"
ECDSA_PLAIN_SHA3_384: Final = "0.4.0.127.0.7.1.1.4.1.10"
ECDSA_PLAIN_SHA3_512: Final = "0.4.0.127.0.7.1.1.4.1.11"

# ICAO (Doc 9303-10, -11 §9.2, -12 §7).
ICAO_LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"
ICAO_CSCA_MASTER_LIST: Final = "2.23.136.1.1.2"
ICAO_CSCA_MASTER_LIST_SIGNING_KEY: Final = "2.23.136.1.1.3"
ICAO_DOCUMENT_TYPE_LIST_OLD: Final = "2.23.136.1.1.4"
ICAO_AA_PROTOCOL_OBJECT: Final = "2.23.136.1.1.5"
ICAO_NAME_CHANGE: Final = "2.23.136.1.1.6.1"
ICAO_DOCUMENT_TYPE_LIST: Final = "2.23.136.1.1.6.2"
ICAO_DEVIATION_LIST: Final = "2.23.136.1.1.7"
ICAO_DEVIATION_LIST_SIGNING_KEY: Final = "2.23.136.1.1.8"
ICAO_LDS2_TRAVEL_RECORDS: Final = "2.23.136.1.1.9.1"
ICAO_LDS2_VISA_RECORDS: Final = "2.23.136.1.1.9.2"
ICAO_LDS2_ADDITIONAL_BIOMETRICS: Final = "2.23.136.1.1.9.3"
ICAO_LDS2_TRAVEL_STAMP_SIGNER: Final = "2.23.136.1.1.9.8.1"
ICAO_LDS2_VISA_SIGNER: Final = "2.23.136.1.1.9.8.2"
ICAO_LDS2_BIOMETRICS_SIGNER: Final = "2.23.136.1.1.9.8.3"
ICAO_SPOC_CLIENT: Final = "2.23.136.1.1.10.1"
ICAO_SPOC_SERVER: Final = "2.23.136.1.1.10.2"
ICAO_VDS_SIGNER: Final = "2.23.136.1.1.11.1"
ICAO_EF_DIR: Final = "2.23.136.1.1.13"
# The content type of old Dutch documents, for what ICAO_LDS_SECURITY_OBJECT names today.
SDU_LDS_SECURITY_OBJECT: Final = "1.2.528.1.1006.1.20.1"

# Hash functions.
SHA1: Final = "1.3.14.3.2.26"
SHA224: Final = "2.16.840.1.101.3.4.2.4"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
SHA384: Final = "2.16.840.1.101.3.4.2.2"
SHA512: Final = "2.16.840.1.101.3.4.2.3"
MD5: Final = "1.2.840.113549.2.5"

# Keys and signatures of certificates and CMS.
RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
SHA1_WITH_RSA: Final = "1.2.840.113549.1.1.5"
MGF1: Final = "1.2.840.113549.1.1.8"
RSASSA_PSS: Final = "1.2.840.113549.1.1.10"
SHA256_WITH_RSA: Final = "1.2.840.113549.1.1.11"
SHA384_WITH_RSA: Final = "1.2.840.113549.1.1.12"
SHA512_WITH_RSA: Final = "1.2.840.113549.1.1.13"
SHA224_WITH_RSA: Final = "1.2.840.113549.1.1.14"

# Elliptic curves and ECDSA with DER signatures.
EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
PRIME_FIELD: Final = "1.2.840.10045.1.1"
ECDSA_WITH_SHA1: Final = "1.2.840.10045.4.1"
ECDSA_WITH_SHA224: Final = "1.2.840.10045.4.3.1"
ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
ECDSA_WITH_SHA384: Final = "1.2.840.10045.4.3.3"
ECDSA_WITH_SHA512: Final = "1.2.840.10045.4.3.4"

# DSA and Diffie-Hellman.
DSA: Final = "1.2.840.10040.4.1"
DSA_WITH_SHA1: Final = "1.2.840.10040.4.3"
DSA_WITH_SHA224: Final = "2.16.840.1.101.3.4.3.1"
DSA_WITH_SHA256: Final = "2.16.840.1.101.3.4.3.2"
DH_PUBLIC_NUMBER: Final = "1.2.840.10046.2.1"
PKCS3_DH_KEY_AGREEMENT: Final = "1.2.840.113549.1.3.1"

# CMS (RFC 5652 §5.1 and §11).
PKCS7_DATA: Final = "1.2.840.113549.1.7.1"
PKCS7_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
ATTRIBUTE_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
ATTRIBUTE_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
ATTRIBUTE_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"

# Named curves (RFC 5480 §2.1.1.1, RFC 5639 §3).
SECP192R1: Final = "1.2.840.10045.3.1.1"
BRAINPOOL_P192R1: Final = "1.3.36.3.3.2.8.1.1.3"
SECP224R1: Final = "1.3.132.0.33"
BRAINPOOL_P224R1: Final = "1.3.36.3.3.2.8.1.1.5"
SECP256R1: Final = "1.2.840.10045.3.1.7"
BRAINPOOL_P256R1: Final = "1.3.36.3.3.2.8.1.1.7"
BRAINPOOL_P320R1: Final = "1.3.36.3.3.2.8.1.1.9"
SECP384R1: Final = "1.3.132.0.34"
BRAINPOOL_P384R1: Final = "1.3.36.3.3.2.8.1.1.11"
BRAINPOOL_P512R1: Final = "1.3.36.3.3.2.8.1.1.13"
SECP521R1: Final = "1.3.132.0.35"

# Certificates and names (RFC 5280 §4.1.2 and §4.2).
COUNTRY_NAME: Final = "2.5.4.6"
COMMON_NAME: Final = "2.5.4.3"
SERIAL_NUMBER_NAME: Final = "2.5.4.5"
LOCALITY_NAME: Final = "2.5.4.7"
STATE_OR_PROVINCE_NAME: Final = "2.5.4.8"
ORGANIZATION_NAME: Final = "2.5.4.10"
ORGANIZATIONAL_UNIT_NAME: Final = "2.5.4.11"
SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
PRIVATE_KEY_USAGE_PERIOD: Final = "2.5.29.16"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
ISSUER_ALT_NAME: Final = "2.5.29.18"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
CRL_REASON: Final = "2.5.29.21"
NAME_CONSTRAINTS: Final = "2.5.29.30"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
POLICY_MAPPINGS: Final = "2.5.29.33"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
POLICY_CONSTRAINTS: Final = "2.5.29.36"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"

_NAMES: Final[dict[str, str]] = {
    oid: name.replace("_", "-").replace("ID-", "id-", 1) if name.startswith("ID_") else name.replace("_", "-")
    for name, oid in list(globals().items())
    if name.isupper() and isinstance(oid, str)
}


def name_of(oid: str) -> str:
    """The name of an object identifier as this module writes it (``id-PACE-ECDH-GM-AES-CBC-CMAC-128``).

    An unknown identifier is its own name.
    """
    return _NAMES.get(oid, oid)
