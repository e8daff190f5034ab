"""X.509 certificates of a country's issuer, by the profile of ICAO Doc 9303-12 §7.1 (Tables 5 and 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from asn1crypto import algos, core, keys, x509

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.crypto.entropy import Entropy
from chipid.crypto.keys import PublicKey, encode_public_key
from chipid.crypto.signatures import SignatureAlgorithm
from simulator.pki.signing import PrivateKey, encode_signature_algorithm, sign

SERIAL_LENGTH = 16


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
    """What a certificate shall say: the subject's name and key, validity, and how long the key may sign."""

    common_name: str
    serial_name: str
    public_key: PublicKey
    validity: Period
    key_usage: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who signs: the name and key identifier that the certificate will carry as its issuer's."""

    common_name: str
    serial_name: str
    key: PrivateKey
    algorithm: SignatureAlgorithm


def issue_csca(authority: Authority, request: Request, issuer: Issuer, entropy: Entropy) -> bytes:
    """A CSCA certificate in DER; self-signed if ``issuer`` holds the requested key."""
    extensions = [
        _extension("key_usage", x509.KeyUsage({"key_cert_sign", "crl_sign"}), critical=True),
        _extension("basic_constraints", x509.BasicConstraints({"ca": True, "path_len_constraint": 0}), critical=True),
    ]
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


def key_identifier(key: PublicKey) -> bytes:
    """SHA-1 over the bits of the public key (RFC 5280 §4.2.1.2, method 1)."""
    bits = der.decode_bit_string(der.parse_sequence(encode_public_key(key))[1])
    return hashlib.sha1(bits, usedforsecurity=False).digest()


def certificate_name(authority: Authority, common_name: str, serial_name: str) -> x509.Name:
    """Country, organisation, common name and serial number, in that order (Doc 9303-12 §7.1.1.1)."""
    parts = (
        ("country_name", core.PrintableString(authority.country)),
        ("organization_name", _text(authority.organization)),
        ("common_name", _text(common_name)),
        ("serial_number", x509.DirectoryString("printable_string", core.PrintableString(serial_name))),
    )
    return _name(*parts)


def _issue(
    authority: Authority, request: Request, issuer: Issuer, extensions: list[x509.Extension], entropy: Entropy
) -> bytes:
    algorithm = algos.SignedDigestAlgorithm.load(encode_signature_algorithm(issuer.algorithm))
    alternative = _alternative_name(authority)
    common = [
        _extension(
            "authority_key_identifier",
            x509.AuthorityKeyIdentifier({"key_identifier": key_identifier(issuer.key.public)}),
        ),
        _extension("key_identifier", core.OctetString(key_identifier(request.public_key))),
        _extension(
            "private_key_usage_period",
            x509.PrivateKeyUsagePeriod(
                {
                    "not_before": request.key_usage.start,
                    "not_after": request.key_usage.end,
                }
            ),
        ),
        _extension("subject_alt_name", alternative),
        _extension("issuer_alt_name", alternative),
        _extension("crl_distribution_points", _crl_distribution_points(authority)),
    ]
    serial = int.from_bytes(entropy(SERIAL_LENGTH), "big") >> 1 | 1
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": serial,
            "signature": algorithm,
            "issuer": certificate_name(authority, issuer.common_name, issuer.serial_name),
            "validity": {"not_before": _time(request.validity.start), "not_after": _time(request.validity.end)},
            "subject": certificate_name(authority, request.common_name, request.serial_name),
            "subject_public_key_info": keys.PublicKeyInfo.load(encode_public_key(request.public_key)),
            "extensions": [*common, *extensions],
        }
    ).dump()
    signature = sign(issuer.key, issuer.algorithm, body, entropy)
    return der.encode_sequence(body, algorithm.dump(), der.encode_bit_string(signature))


def _name(*parts: tuple[str, core.Asn1Value]) -> x509.Name:
    # Name.build would put the parts into an order of its own.
    names = ([{"type": kind, "value": value}] for kind, value in parts)
    return x509.Name("", x509.RDNSequence([x509.RelativeDistinguishedName(one) for one in names]))


def _text(value: str) -> x509.DirectoryString:
    return x509.DirectoryString("utf8_string", core.UTF8String(value))


def _time(moment: datetime) -> x509.Time:
    """UTCTime through 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5)."""
    if moment.year < 2050:
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
