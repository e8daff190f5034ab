"""What can be wrong with documents that a State has issued (ICAO Doc 9303-3 §7.3.5, -12 §9)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from chipid.asn1 import der, oids


class DeviationKind(StrEnum):
    """The kinds of the standard; UNKNOWN for any other object identifier."""

    CERT_OR_KEY = "cert-or-key"
    DS_SIGNATURE = "ds-signature-wrong"
    DS_ENCODING = "ds-encoding"
    CSCA_ENCODING = "csca-encoding"
    AA_KEY_COMPROMISED = "aa-key-compromised"
    LDS = "lds"
    DG_MALFORMED = "dg-malformed"
    DG_HASH_WRONG = "dg-hash-wrong"
    SOD_SIGNATURE_WRONG = "sod-signature-wrong"
    COM_INCONSISTENT = "com-inconsistent"
    MRZ = "mrz"
    MRZ_DATA_WRONG = "mrz-data-wrong"
    MRZ_CHECK_DIGIT_WRONG = "mrz-check-digit-wrong"
    CHIP = "chip"
    NATIONAL_USE = "national-use"
    UNKNOWN = "unknown"


_BY_OID: Final[Mapping[str, DeviationKind]] = {
    oids.ICAO_DEVIATION_CERT_OR_KEY: DeviationKind.CERT_OR_KEY,
    oids.ICAO_DEVIATION_DS_SIGNATURE: DeviationKind.DS_SIGNATURE,
    oids.ICAO_DEVIATION_DS_ENCODING: DeviationKind.DS_ENCODING,
    oids.ICAO_DEVIATION_CSCA_ENCODING: DeviationKind.CSCA_ENCODING,
    oids.ICAO_DEVIATION_AA_KEY_COMPROMISED: DeviationKind.AA_KEY_COMPROMISED,
    oids.ICAO_DEVIATION_LDS: DeviationKind.LDS,
    oids.ICAO_DEVIATION_DG_MALFORMED: DeviationKind.DG_MALFORMED,
    oids.ICAO_DEVIATION_DG_HASH_WRONG: DeviationKind.DG_HASH_WRONG,
    oids.ICAO_DEVIATION_SOD_SIGNATURE_WRONG: DeviationKind.SOD_SIGNATURE_WRONG,
    oids.ICAO_DEVIATION_COM_INCONSISTENT: DeviationKind.COM_INCONSISTENT,
    oids.ICAO_DEVIATION_MRZ: DeviationKind.MRZ,
    oids.ICAO_DEVIATION_MRZ_DATA_WRONG: DeviationKind.MRZ_DATA_WRONG,
    oids.ICAO_DEVIATION_MRZ_CHECK_DIGIT_WRONG: DeviationKind.MRZ_CHECK_DIGIT_WRONG,
    oids.ICAO_DEVIATION_CHIP: DeviationKind.CHIP,
    oids.ICAO_DEVIATION_NATIONAL_USE: DeviationKind.NATIONAL_USE,
}

_FILES: Final = {**{number: f"DG{number}" for number in range(1, 17)}, 20: "EF.SOD", 21: "EF.COM"}
# The fields of the zone by the names that this library gives them; the generic one names none.
_MRZ_FIELDS: Final = {
    1: "document_code",
    2: "issuer",
    3: "name",
    4: "document_number",
    5: "nationality",
    6: "birth_date",
    7: "sex",
    8: "expiry_date",
    9: "optional_data",
}
_CERTIFICATE_FIELDS: Final = {
    1: "version",
    2: "serialNumber",
    3: "signature",
    4: "issuer",
    5: "validity",
    6: "subject",
    7: "subjectPublicKeyInfo",
    8: "issuerUniqueID",
    9: "subjectUniqueID",
}
_NAMES_BY_KIND: Final[Mapping[DeviationKind, Mapping[int, str]]] = {
    DeviationKind.DS_ENCODING: _CERTIFICATE_FIELDS,
    DeviationKind.CSCA_ENCODING: _CERTIFICATE_FIELDS,
    DeviationKind.DG_MALFORMED: _FILES,
    DeviationKind.DG_HASH_WRONG: _FILES,
    DeviationKind.MRZ_DATA_WRONG: _MRZ_FIELDS,
    DeviationKind.MRZ_CHECK_DIGIT_WRONG: _MRZ_FIELDS,
}


def kind_of(oid: str) -> DeviationKind:
    """The kind that an object identifier stands for."""
    return _BY_OID.get(oid, DeviationKind.UNKNOWN)


def subject_of(kind: DeviationKind, parameters: bytes | None) -> str:
    """The file ("DG12"), field of the zone or field of the certificate that is concerned; empty where none is named.

    Parameters that cannot be read name nothing: what a State writes badly must not widen what it says.
    """
    names = _NAMES_BY_KIND.get(kind)
    if names is None or parameters is None:
        return ""
    try:
        found = tlv.parse_one(parameters)
        if found.tag == der.OBJECT_IDENTIFIER and names is _CERTIFICATE_FIELDS:
            return oids.name_of(der.oid_of(found))
        return names.get(der.decode_integer(found), "")
    except (MalformedDataError, TLVError):
        return ""
