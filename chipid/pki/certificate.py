"""X.509 certificates of CSCAs, links, Document Signers and Master List Signers (ICAO Doc 9303-12 §7.1, RFC 5280 §4.1).

What decides is read by our own strict, linear walk: general libraries refuse a fifth of the CSCA keys in circulation
or take seconds for hostile data. What such a certificate does otherwise than the profile is tolerated, by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import AlgorithmIdentifier, parse_algorithm_identifier
from chipid.asn1.times import decode_time, is_strict_time
from chipid.crypto.keys import ECPublicKey, PublicKey, RSAPublicKey, encode_public_key, load_verification_key
from chipid.crypto.signatures import SignatureScheme, parse_signature_algorithm, verify_signature
from chipid.errors import SignatureError
from chipid.pki import extensions
from chipid.pki.extensions import BasicConstraints, Extension, KeyUsage, Period, parse_extensions
from chipid.pki.names import Name, parse_name

MAX_CERTIFICATE_BYTES: Final = 65_536
MAX_CERTIFICATE_OBJECTS: Final = 4096
MAX_SERIAL_BYTES: Final = 20  # RFC 5280 §4.1.2.2
USUAL_RSA_EXPONENT: Final = 65_537
USUAL_RSA_BITS: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Certificate:
    """A certificate as it came, and what this toolkit needs from it. Two with the same bytes are the same.

    ``tbs`` is the signed part, ``spki`` the SubjectPublicKeyInfo, ``ski`` and ``aki`` the identifiers of the
    subject's and the issuer's key. An extension that is absent is None, and so is one of ``damaged_extensions``, which
    are there and cannot be read. ``deviations`` names what was tolerated.
    """

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature_algorithm: AlgorithmIdentifier
    signature: bytes = field(repr=False)
    serial: int
    issuer_name: Name
    subject_name: Name
    not_before: datetime
    not_after: datetime
    spki: bytes = field(repr=False)
    extensions: tuple[Extension, ...] = field(repr=False)
    ski: bytes | None
    aki: bytes | None
    key_usage: KeyUsage | None
    basic_constraints: BasicConstraints | None
    private_key_usage_period: Period | None
    extended_key_usage: tuple[str, ...] | None
    document_types: tuple[str, ...] | None
    damaged_extensions: frozenset[str]
    deviations: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Certificate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.raw)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def subject(self) -> str:
        return str(self.subject_name)

    @property
    def issuer(self) -> str:
        return str(self.issuer_name)

    @property
    def country(self) -> str:
        """The two-letter code of the subject's country, the issuer's where the subject has none, or empty."""
        return self.subject_name.country or self.issuer_name.country

    @property
    def public_key(self) -> PublicKey:
        """The key; raises what :func:`chipid.crypto.keys.load_verification_key` raises."""
        return _load_key(self.spki)

    @property
    def unread_extensions(self) -> tuple[str, ...]:
        """The extensions that must be understood before anybody relies on the certificate, and are not.

        Critical ones that are unknown or damaged (RFC 5280 §4.2), and damaged ones that say what the key is for.
        """
        damaged = self.damaged_extensions
        return tuple(
            one.oid
            for one in self.extensions
            if (one.critical and (one.oid in damaged or one.oid not in _KNOWN_EXTENSIONS))
            or (one.oid in damaged and one.oid in _DECISIVE_EXTENSIONS)
        )

    @property
    def key_identity(self) -> bytes:
        """The key in one form, however its curve is written and to whatever it is restricted.

        Of a key that cannot be loaded its bytes.
        """
        return _identify(self.spki)

    def is_valid_at(self, moment: datetime) -> bool:
        """True from notBefore to notAfter, both included."""
        return self.not_before <= moment <= self.not_after

    def names_issuer(self, other: Certificate) -> bool:
        """True if this certificate claims to be issued with the very key of ``other``: by key identifier and by name.

        The name alone claims nothing: a CSCA keeps its name over many keys.
        """
        return self.aki is not None and self.aki == other.ski and self.issuer_name.matches(other.subject_name)


def parse_certificate(data: bytes) -> Certificate:
    """Read one certificate in DER.

    The last ones are remembered: one document signer stands in the cards of thousands. Raises
    :class:`MalformedDataError` (or its child :class:`TLVError`); a key that cannot be used is no error until it is
    asked for.
    """
    if len(data) > MAX_CERTIFICATE_BYTES:
        raise MalformedDataError(f"a certificate of {len(data)} bytes")
    return _parse_certificate(data)


@lru_cache(maxsize=256)
def _parse_certificate(data: bytes) -> Certificate:
    tlv.check_nesting(data, max_objects=MAX_CERTIFICATE_OBJECTS)
    parts = der.parse_sequence(data)
    if len(parts) != 3:
        raise MalformedDataError("a certificate does not have three parts")
    body = _split_body(der.expect(parts[0], der.SEQUENCE))
    algorithm = parse_algorithm_identifier(parts[1].raw)
    found = parse_extensions(body.extensions.value) if body.extensions else ()
    decoded, damaged = _decode(found)
    certificate = Certificate(
        raw=data,
        tbs=parts[0].raw,
        signature_algorithm=algorithm,
        signature=der.decode_bit_string(parts[2]),
        serial=parse_serial(body.serial),
        issuer_name=parse_name(body.issuer.raw),
        subject_name=parse_name(body.subject.raw),
        not_before=decode_time(body.not_before),
        not_after=decode_time(body.not_after),
        spki=body.spki.raw,
        extensions=found,
        damaged_extensions=damaged,
        deviations=(),
        **{name: decoded.get(oid) for oid, (name, _) in _DECODERS.items()},
    )
    deviations = (*_form_deviations(body, algorithm, damaged), *_profile_deviations(certificate))
    return replace(certificate, deviations=deviations)


def parse_serial(found: TLV) -> int:
    """The serial number of a certificate, wherever it is named: up to twice as long as it may be, and padded or not."""
    value = der.expect(found, der.INTEGER).value
    if not 1 <= len(value) <= 2 * MAX_SERIAL_BYTES:
        raise MalformedDataError("the serial number of a certificate is empty or too long")
    return int.from_bytes(value, "big", signed=True)


def verify_issued_by(certificate: Certificate, issuer: Certificate) -> None:
    """Verify the signature of ``certificate`` with the key of ``issuer``, and nothing else (RFC 5280 §6.1.3 (a)(1)).

    Raises :class:`SignatureError` if it is wrong, :class:`UnsupportedError` if it could not be checked.
    """
    _verify_certificate(certificate.signature_algorithm.raw, certificate.tbs, certificate.signature, issuer.spki)


@lru_cache(maxsize=1024)
def _verify_certificate(algorithm_identifier: bytes, tbs: bytes, signature: bytes, issuer_spki: bytes) -> None:
    """Verify once what has been verified before: only a success is remembered, a failure raises anew."""
    algorithm = parse_signature_algorithm(algorithm_identifier, digest=None)
    try:
        verify_signature(_load_key(issuer_spki), algorithm, tbs, signature)
    except MalformedDataError as error:
        raise SignatureError(error.message) from error


@lru_cache(maxsize=1024)
def _load_key(spki: bytes) -> PublicKey:
    return load_verification_key(spki)


@lru_cache(maxsize=1024)
def _identify(spki: bytes) -> bytes:
    try:
        key = _load_key(spki)
    except ToolkitError:
        return spki
    if isinstance(key, ECPublicKey):
        return encode_public_key(replace(key, explicit=False))
    return encode_public_key(replace(key, pss=None) if isinstance(key, RSAPublicKey) else key)


# What a certificate's field is called, and how the extension that fills it is read.
_DECODERS: Final[Mapping[str, tuple[str, Callable[[bytes], Any]]]] = {
    oids.SUBJECT_KEY_IDENTIFIER: ("ski", extensions.parse_subject_key_identifier),
    oids.AUTHORITY_KEY_IDENTIFIER: ("aki", extensions.parse_authority_key_identifier),
    oids.KEY_USAGE: ("key_usage", extensions.parse_key_usage),
    oids.BASIC_CONSTRAINTS: ("basic_constraints", extensions.parse_basic_constraints),
    oids.PRIVATE_KEY_USAGE_PERIOD: ("private_key_usage_period", extensions.parse_private_key_usage_period),
    oids.EXTENDED_KEY_USAGE: ("extended_key_usage", extensions.parse_extended_key_usage),
    oids.ICAO_DOCUMENT_TYPE_LIST: ("document_types", extensions.parse_document_types),
}
_KNOWN_EXTENSIONS: Final = frozenset(
    {
        *_DECODERS,
        oids.SUBJECT_ALT_NAME,
        oids.ISSUER_ALT_NAME,
        oids.CRL_DISTRIBUTION_POINTS,
        oids.CERTIFICATE_POLICIES,
        oids.ICAO_NAME_CHANGE,
    }
)


_DECISIVE_EXTENSIONS: Final = frozenset({oids.KEY_USAGE, oids.EXTENDED_KEY_USAGE, oids.BASIC_CONSTRAINTS})


def _decode(found: Iterable[Extension]) -> tuple[dict[str, Any], frozenset[str]]:
    """The values of the known extensions, and those that are damaged: certificates with such ones are in use."""
    values: dict[str, Any] = {}
    damaged: set[str] = set()
    for one in found:
        if one.oid in _DECODERS:
            try:
                values[one.oid] = _DECODERS[one.oid][1](one.value)
            except MalformedDataError:
                damaged.add(one.oid)
    return values, frozenset(damaged)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The fields of TBSCertificate, undecoded."""

    version: TLV | None
    serial: TLV
    algorithm: TLV
    issuer: TLV
    not_before: TLV
    not_after: TLV
    subject: TLV
    spki: TLV
    extensions: TLV | None


def _split_body(tbs: TLV) -> _Body:
    fields = list(tbs.children())
    version = fields.pop(0) if fields and fields[0].tag == 0xA0 else None
    if len(fields) < 6:
        raise MalformedDataError("the signed part of a certificate is incomplete")
    serial, algorithm, issuer, validity, subject, spki, *rest = fields
    times = der.expect(validity, der.SEQUENCE).children()
    if len(times) != 2 or any(one.tag not in (0x81, 0x82, 0xA3) for one in rest):
        raise MalformedDataError("the signed part of a certificate has a field that does not belong there")
    return _Body(
        version=version,
        serial=serial,
        algorithm=algorithm,
        issuer=issuer,
        not_before=times[0],
        not_after=times[1],
        subject=subject,
        spki=der.expect(spki, der.SEQUENCE),
        extensions=tlv.find(rest, 0xA3),
    )


def _form_deviations(body: _Body, algorithm: AlgorithmIdentifier, damaged: frozenset[str]) -> Iterator[str]:
    """What is written otherwise than DER and RFC 5280 want it."""
    if body.version is None or body.version.value != b"\x02\x01\x02":
        yield "version-not-3"
    serial = body.serial.value
    if len(serial) > MAX_SERIAL_BYTES:
        yield "long-serial"
    if len(serial) > 1 and (serial[0], serial[1] >> 7) in ((0x00, 0), (0xFF, 1)):
        yield "padded-serial"
    if body.algorithm.raw != algorithm.raw:
        yield "signature-algorithms-differ"
    if not (is_strict_time(body.not_before) and is_strict_time(body.not_after)):
        yield "time-format"
    if damaged:
        yield "malformed-extension"


def _profile_deviations(certificate: Certificate) -> Iterator[str]:
    """What departs from the profile of Doc 9303-12 §7.1 and could trouble another reader."""
    if any(one.critical and one.oid not in _KNOWN_EXTENSIONS for one in certificate.extensions):
        yield "unknown-critical-extension"
    if certificate.serial <= 0:
        yield "negative-serial" if certificate.serial else "zero-serial"
    if certificate.aki is None:
        yield "aki-missing"
    if certificate.ski is None:
        yield "ski-missing"
    constraints = certificate.basic_constraints
    if constraints is not None and constraints.path_length is not None and not constraints.is_issuer:
        yield "pathlen-without-ca"
    if certificate.subject_name.country != certificate.issuer_name.country:
        yield "countries-differ"
    yield from _algorithm_deviations(certificate.signature_algorithm)
    try:
        key = certificate.public_key
    except ToolkitError:
        yield "key-unusable"
        return
    if isinstance(key, ECPublicKey) and key.explicit:
        yield "explicit-ec-parameters"
    if isinstance(key, RSAPublicKey) and key.e < USUAL_RSA_EXPONENT:
        yield "rsa-small-exponent"
    if isinstance(key, RSAPublicKey) and key.e > USUAL_RSA_EXPONENT:
        yield "rsa-large-exponent"
    if isinstance(key, RSAPublicKey) and key.n.bit_length() > USUAL_RSA_BITS:
        yield "rsa-large-key"


def _algorithm_deviations(identifier: AlgorithmIdentifier) -> Iterator[str]:
    try:
        algorithm = parse_signature_algorithm(identifier.raw, digest=None)
    except ToolkitError:
        yield "signature-algorithm-unusable"
        return
    if algorithm.hash_name == "sha1":
        yield "sha1-signature"
    if algorithm.scheme is SignatureScheme.ECDSA and identifier.parameters is not None:
        yield "ecdsa-null-parameters"
    if algorithm.scheme is SignatureScheme.RSA_PSS:
        hash_length = hashlib.new(algorithm.hash_name, usedforsecurity=False).digest_size
        if (algorithm.mgf_hash_name, algorithm.salt_length) != (algorithm.hash_name, hash_length):
            yield "pss-parameters"
