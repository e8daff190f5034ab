"""What a certificate says beside its record, for its owner: how it is signed, its key, and for how long that signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apdu.errors import ToolkitError
from chipid.asn1 import oids
from chipid.crypto.keys import DHPublicKey, DSAPublicKey, ECPublicKey, PublicKey, RSAPublicKey
from chipid.crypto.signatures import SignatureScheme, parse_signature_algorithm
from chipid.pki.certificate import Certificate

_KINDS = {RSAPublicKey: "RSA", ECPublicKey: "EC", DHPublicKey: "DH", DSAPublicKey: "DSA"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateDetails:
    """Names as the standards have them; ``key_kind``, ``key_bits`` and ``curve`` are None where they are not known.

    The key signs from ``key_used_from`` to ``key_used_until`` (Doc 9303-12 Table 6, PrivateKeyUsagePeriod); an end that
    the certificate does not set is that of its validity.
    """

    signature_algorithm: str
    key_kind: str | None
    key_bits: int | None
    curve: str | None
    key_used_from: datetime
    key_used_until: datetime
    document_types: tuple[str, ...] | None


def certificate_details(certificate: Certificate) -> CertificateDetails:
    """The details of a certificate; what cannot be read of its key stays open."""
    try:
        key: PublicKey | None = certificate.public_key
    except ToolkitError:
        key = None
    begin, end = signing_period(certificate)
    return CertificateDetails(
        signature_algorithm=_algorithm(certificate),
        key_kind=None if key is None else _KINDS[type(key)],
        key_bits=None if key is None else key.bits,
        curve=key.curve.name if isinstance(key, ECPublicKey) else None,
        key_used_from=begin,
        key_used_until=end,
        document_types=certificate.document_types,
    )


def signing_period(certificate: Certificate) -> tuple[datetime, datetime]:
    """From and until when the key of a certificate signs; never beyond the validity of the certificate."""
    begin, end = certificate.not_before, certificate.not_after
    period = certificate.private_key_usage_period
    if period is None:
        return begin, end
    return max(begin, period.not_before or begin), min(end, period.not_after or end)


def _algorithm(certificate: Certificate) -> str:
    """The name of the algorithm; PSS says its hash function in its parameters only."""
    identifier = certificate.signature_algorithm
    name = oids.name_of(identifier.oid)
    try:
        algorithm = parse_signature_algorithm(identifier.raw, digest=None)
    except ToolkitError:
        return name
    return f"{name} ({algorithm.hash_name})" if algorithm.scheme is SignatureScheme.RSA_PSS else name
