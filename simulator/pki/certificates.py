"""X.509 certificates of a country's issuer, by the profile of ICAO Doc 9303-12 §7.1 (Tables 5 and 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Final

from asn1crypto import algos, core, keys, x509

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.entropy import Entropy
from chipid.crypto.keys import PublicKey, encode_public_key
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme
from simulator.pki.deviations import Deviation
from simulator.pki.signing import PrivateKey, encode_signature_algorithm, sign

SERIAL_LENGTH = 16
LONG_SERIAL_LENGTH = 25  # RFC 5280 §4.1.2.2 ends at 20
OTHER_COUNTRY = "UT"
UNKNOWN_EXTENSION = "2.23.136.1.1.99"


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An invented issuer: two-letter country, its code in the MRZ, organisation, and where its CRL would be."""

    country: str
    mrz_country: str
    organization: str
    crl_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first to the last day, both included."""

    first: date
    last: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(tzinfo=UTC))

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last, time(23, 59, 59, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a certificate shall say: the subject's name and key, validity, and how long the key may sign.

    ``deviations`` are the departures from the profile to issue on purpose.
    """

    common_name: str
    serial_name: str
    public_key: PublicKey
    validity: Period
    key_usage: Period
    deviations: frozenset[Deviation] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who signs: the name and key identifier that the certificate will carry as its issuer's."""

    common_name: str
    serial_name: str
    key: PrivateKey
    algorithm: SignatureAlgorithm


def issue_csca(authority: Authority, request: Request, issuer: Issuer, entropy: Entropy) -> bytes:
    """A CSCA certificate in DER: self-signed if ``issuer`` holds the requested key, a link if an earlier key signs."""
    is_issuer = Deviation.PATHLEN_WITHOUT_CA not in request.deviations
    constraints = x509.BasicConstraints({"ca": is_issuer, "path_len_constraint": 0})
    extensions = [
        _extension("key_usage", x509.KeyUsage({"key_cert_sign", "crl_sign"}), critical=True),
        _extension("basic_constraints", constraints, critical=True),
    ]
    if request.common_name != issuer.common_name:
        # A link across a change of the CSCA's name says so (Doc 9303-12 §7.1, Table 5).
        extensions.append(_extension(oids.ICAO_NAME_CHANGE, core.ParsableOctetString(der.encode_null())))
    return _issue(authority, request, issuer, extensions, entropy)


def issue_document_signer(
    authority: Authority, request: Request, issuer: Issuer, document_types: Sequence[str], entropy: Entropy
) -> bytes:
    """A document signer certificate in DER, for the document types of the MRZ it may sign."""
    types = der.encode_sequence(
        der.encode_integer(0),
        der.encode_set(*(tlv.encode(der.PRINTABLE_STRING, one.encode("ascii")) for one in document_types)),
    )
    extensions = [
        _extension("key_usage", x509.KeyUsage({"digital_signature"}), critical=True),
        _extension(oids.ICAO_DOCUMENT_TYPE_LIST, core.ParsableOctetString(types)),
    ]
    return _issue(authority, request, issuer, extensions, entropy)


def issue_master_list_signer(authority: Authority, request: Request, issuer: Issuer, entropy: Entropy) -> bytes:
    """The certificate of a master list signer in DER (Doc 9303-12 §7.1, Table 6): its purpose is named, critically."""
    extensions = [
        _extension("key_usage", x509.KeyUsage({"digital_signature"}), critical=True),
        _extension(
            "extended_key_usage", x509.ExtKeyUsageSyntax([oids.ICAO_CSCA_MASTER_LIST_SIGNING_KEY]), critical=True
        ),
    ]
    return _issue(authority, request, issuer, extensions, entropy)


def key_identifier(key: PublicKey) -> bytes:
    """SHA-1 over the bits of the public key (RFC 5280 §4.2.1.2, method 1)."""
    bits = der.decode_bit_string(der.parse_sequence(encode_public_key(key))[1])
    return hashlib.sha1(bits, usedforsecurity=False).digest()


def certificate_name(authority: Authority, common_name: str, serial_name: str, *, printable: bool = False) -> x509.Name:
    """Country, organisation, common name and serial number, in that order (Doc 9303-12 §7.1.1.1).

    ``printable`` writes the texts as PrintableString instead of UTF8String, which is the same name in other bytes.
    """
    parts = (
        ("country_name", core.PrintableString(authority.country)),
        ("organization_name", _text(authority.organization, printable=printable)),
        ("common_name", _text(common_name, printable=printable)),
        ("serial_number", x509.DirectoryString("printable_string", core.PrintableString(serial_name))),
    )
    return _name(*parts)


def _issue(
    authority: Authority, request: Request, issuer: Issuer, extensions: list[x509.Extension], entropy: Entropy
) -> bytes:
    deviations = request.deviations
    identifier = _algorithm_identifier(issuer.algorithm, deviations)
    algorithm = algos.SignedDigestAlgorithm.load(identifier)
    inner = algorithm
    if Deviation.SIGNATURE_ALGORITHMS_DIFFER in deviations:
        inner = algos.SignedDigestAlgorithm.load(_with_null(identifier))
    missing = {_MISSING[one] for one in deviations if one in _MISSING}
    listed = [
        one
        for one in (*_common_extensions(authority, request, issuer), *extensions)
        if one["extn_id"].dotted not in missing
    ]
    if Deviation.UNKNOWN_CRITICAL_EXTENSION in deviations:
        listed.append(_extension(UNKNOWN_EXTENSION, core.ParsableOctetString(der.encode_null()), critical=True))
    subject_authority = authority
    if Deviation.COUNTRIES_DIFFER in deviations:
        subject_authority = replace(authority, country=OTHER_COUNTRY)
    printable = Deviation.PRINTABLE_NAMES in deviations
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": _serial_number(deviations, entropy),
            "signature": inner,
            "issuer": certificate_name(authority, issuer.common_name, issuer.serial_name, printable=printable),
            "validity": {
                "not_before": _time(request.validity.start, deviations),
                "not_after": _time(request.validity.end, deviations),
            },
            "subject": certificate_name(subject_authority, request.common_name, request.serial_name),
            "subject_public_key_info": keys.PublicKeyInfo.load(encode_public_key(request.public_key)),
            "extensions": listed,
        }
    ).dump()
    message = body + b"." if Deviation.SIGNATURE_WRONG in deviations else body
    signature = sign(issuer.key, issuer.algorithm, message, entropy)
    return der.encode_sequence(body, algorithm.dump(), der.encode_bit_string(signature))


_MISSING: Final[Mapping[Deviation, str]] = MappingProxyType(
    {
        Deviation.AKI_MISSING: oids.AUTHORITY_KEY_IDENTIFIER,
        Deviation.SKI_MISSING: oids.SUBJECT_KEY_IDENTIFIER,
        Deviation.KEY_USAGE_MISSING: oids.KEY_USAGE,
        Deviation.BASIC_CONSTRAINTS_MISSING: oids.BASIC_CONSTRAINTS,
        Deviation.USAGE_PERIOD_MISSING: oids.PRIVATE_KEY_USAGE_PERIOD,
        Deviation.DOCUMENT_TYPES_MISSING: oids.ICAO_DOCUMENT_TYPE_LIST,
        Deviation.ALTERNATIVE_NAMES_MISSING: oids.SUBJECT_ALT_NAME,
    }
)


def _common_extensions(authority: Authority, request: Request, issuer: Issuer) -> list[x509.Extension]:
    named = request.public_key if Deviation.AKI_OF_ANOTHER_KEY in request.deviations else issuer.key.public
    alternative = _alternative_name(authority)
    period = {"not_before": request.key_usage.start, "not_after": request.key_usage.end}
    return [
        _extension("authority_key_identifier", x509.AuthorityKeyIdentifier({"key_identifier": key_identifier(named)})),
        _extension("key_identifier", core.OctetString(key_identifier(request.public_key))),
        _extension("private_key_usage_period", x509.PrivateKeyUsagePeriod(period)),
        _extension("subject_alt_name", alternative),
        _extension("issuer_alt_name", alternative),
        _extension("crl_distribution_points", _crl_distribution_points(authority)),
    ]


def _algorithm_identifier(algorithm: SignatureAlgorithm, deviations: frozenset[Deviation]) -> bytes:
    identifier = encode_signature_algorithm(algorithm)
    if Deviation.ECDSA_NULL_PARAMETERS in deviations and algorithm.scheme is SignatureScheme.ECDSA:
        return _with_null(identifier)
    return identifier


def _with_null(identifier: bytes) -> bytes:
    return encode_algorithm_identifier(der.oid_of(der.parse_sequence(identifier)[0]), der.encode_null())


def _serial_number(deviations: frozenset[Deviation], entropy: Entropy) -> int:
    serial = int.from_bytes(entropy(SERIAL_LENGTH), "big") >> 1 | 1
    if Deviation.ZERO_SERIAL in deviations:
        return 0
    if Deviation.LONG_SERIAL in deviations:
        return serial << 8 * (LONG_SERIAL_LENGTH - SERIAL_LENGTH)
    return -serial if Deviation.NEGATIVE_SERIAL in deviations else serial


def _name(*parts: tuple[str, core.Asn1Value]) -> x509.Name:
    # Name.build would put the parts into an order of its own.
    names = ([{"type": kind, "value": value}] for kind, value in parts)
    return x509.Name("", x509.RDNSequence([x509.RelativeDistinguishedName(one) for one in names]))


def _text(value: str, *, printable: bool = False) -> x509.DirectoryString:
    if printable:
        return x509.DirectoryString("printable_string", core.PrintableString(value))
    return x509.DirectoryString("utf8_string", core.UTF8String(value))


def _time(moment: datetime, deviations: frozenset[Deviation]) -> x509.Time:
    """UTCTime through 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5)."""
    if moment.year < 2050 and Deviation.TIME_FORMAT not in deviations:
        return x509.Time("utc_time", moment)
    return x509.Time("general_time", moment)


def _extension(name: str, value: core.Asn1Value, *, critical: bool = False) -> x509.Extension:
    fields = {"extn_id": name, "extn_value": value}
    return x509.Extension({**fields, "critical": True} if critical else fields)


def _alternative_name(authority: Authority) -> x509.GeneralNames:
    """The country code of the MRZ as a locality (Doc 9303-12 §7.1.1.2)."""
    name = _name(("locality_name", _text(authority.mrz_country)))
    return x509.GeneralNames([x509.GeneralName("directory_name", name)])


def _crl_distribution_points(authority: Authority) -> x509.CRLDistributionPoints:
    uri = x509.GeneralName("uniform_resource_identifier", authority.crl_uri)
    return x509.CRLDistributionPoints([{"distribution_point": x509.DistributionPointName("full_name", [uri])}])
