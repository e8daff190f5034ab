"""Chains of card verifiable certificates, from a trust point to a terminal (ICAO Doc 9303-11 §7.1.4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chipid.errors import SignatureError
from chipid.pki.chat import CHAT, Role, effective_rights
from chipid.pki.cv_certificate import CVCertificate, verify_cv_signature
from chipid.pki.cv_public_key import TerminalPublicKey

_ISSUED_BY: Final = {
    Role.CVCA: frozenset({Role.CVCA}),
    Role.DV_DOMESTIC: frozenset({Role.CVCA}),
    Role.DV_FOREIGN: frozenset({Role.CVCA}),
    Role.TERMINAL: frozenset({Role.DV_DOMESTIC, Role.DV_FOREIGN}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPoint:
    """A key that certificates are verified with, under the reference that they name it by."""

    reference: str
    key: TerminalPublicKey
    chat: CHAT


def trust_point_of(certificate: CVCertificate) -> TrustPoint:
    """The trust point in a self-signed certificate of a CVCA, after checking that it is one.

    Raises :class:`SignatureError` if it is not, :class:`ToolkitError` children as the checks do.
    """
    if not certificate.is_self_signed or certificate.role is not Role.CVCA:
        raise SignatureError("a trust point is no self-signed certificate of a CVCA")
    key = verify_cv_signature(certificate, certificate.public_key.resolve(None))
    return TrustPoint(reference=certificate.holder_reference, key=key, chat=certificate.chat)


def verify_issued(certificate: CVCertificate, issuer: TrustPoint) -> TrustPoint:
    """Check that ``issuer`` issued the certificate and was allowed to; return its holder as the next issuer.

    Dates are the caller's question. Raises :class:`SignatureError`, :class:`UnsupportedError`,
    :class:`MalformedDataError`.
    """
    if certificate.authority_reference != issuer.reference:
        raise SignatureError("a CV certificate was issued by another authority than the one before it")
    if certificate.chat.oid != issuer.chat.oid or issuer.chat.role not in _ISSUED_BY[certificate.role]:
        raise SignatureError("a CV certificate has a role that its authority cannot give")
    if certificate.role is not Role.CVCA and certificate.public_key.curve is not None:
        raise SignatureError("a CV certificate brings domain parameters that it should inherit")
    key = verify_cv_signature(certificate, issuer.key)
    return TrustPoint(reference=certificate.holder_reference, key=key, chat=certificate.chat)


def verify_chain(chain: Sequence[CVCertificate], trust_point: TrustPoint, *, on: date) -> CHAT:
    """Verify a whole chain as a chip would that knows the day ``on``; return what its last holder may do.

    Links of the CVCA come first and may be expired; everybody else must be valid on that day. The rights of the
    chain begin with the newest CVCA certificate. Raises as :func:`verify_issued`.
    """
    issuer = trust_point
    templates = [trust_point.chat]
    for certificate in chain:
        holder = verify_issued(certificate, issuer)
        if certificate.role is Role.CVCA:
            templates = []
        elif not certificate.is_valid_on(on):
            raise SignatureError("a CV certificate is not valid on this day")
        templates.append(holder.chat)
        issuer = holder
    return effective_rights(templates)
