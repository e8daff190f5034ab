"""Issuers and holders of card verifiable certificates: CVCA, links, document verifiers, inspection systems.

ICAO Doc 9303-12 §7.2, BSI TR-03110-3 §C.1. Everything comes from the random source that is given, so
that a seed gives the same certificates again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Final

from chipid.asn1 import oids
from chipid.crypto.entropy import Entropy
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.crypto.signatures import SignatureScheme
from chipid.pki.chat import InspectionRight, Role, inspection_chat
from chipid.pki.cv_certificate import CVCertificate, build_cv_certificate, parse_cv_certificate
from chipid.pki.cv_public_key import TerminalPublicKey
from simulator.pki.certificates import Period
from simulator.pki.signing import KeyKind, PrivateKey, generate_key, sign
from simulator.trust_points import ImportedKey, root_key

ALL_RIGHTS: Final = frozenset(InspectionRight)


@dataclass(frozen=True, slots=True, kw_only=True)
class CVAlgorithm:
    """What keys to make, and the identifier of the algorithm that they sign with."""

    kind: KeyKind
    oid: str = oids.ID_TA_ECDSA_SHA_256


@dataclass(frozen=True, slots=True, kw_only=True)
class CVKey:
    """A private key and its public key with the algorithm that it signs with."""

    private: PrivateKey = field(repr=False)
    public: TerminalPublicKey

    def sign(self, message: bytes, entropy: Entropy) -> bytes:
        """The signature that goes with the key: ECDSA side by side, PSS with a salt as long as the hash."""
        algorithm = self.public.algorithm
        if algorithm.scheme is SignatureScheme.RSA_PSS:
            length = hashlib.new(algorithm.hash_name, usedforsecurity=False).digest_size
            algorithm = replace(algorithm, mgf_hash_name=algorithm.hash_name, salt_length=length)
        return sign(self.private, algorithm, message, entropy)


@dataclass(frozen=True, slots=True, kw_only=True)
class CVHolder:
    """Somebody with a key and a certificate over it."""

    key: CVKey
    certificate: CVCertificate

    @property
    def reference(self) -> str:
        return self.certificate.holder_reference


@dataclass(frozen=True, slots=True, kw_only=True)
class CVRequest:
    """What a certificate shall say about its holder."""

    reference: str
    role: Role
    validity: Period
    rights: Collection[InspectionRight] = ALL_RIGHTS


def establish_cvca(algorithm: CVAlgorithm, request: CVRequest, entropy: Entropy) -> CVHolder:
    """A CVCA with a new key, which signs its own certificate."""
    key = _draw(algorithm, entropy)
    return certify(key, request.reference, key, request, entropy)


def issue(issuer: CVHolder, algorithm: CVAlgorithm, request: CVRequest, entropy: Entropy) -> CVHolder:
    """A new key with a certificate from ``issuer``; roles and dates are taken as asked for, wrong ones too."""
    return certify(issuer.key, issuer.reference, _draw(algorithm, entropy), request, entropy)


def link(old: CVHolder, new: CVHolder, entropy: Entropy) -> CVHolder:
    """The new key of a CVCA under a certificate of its old one."""
    certificate = new.certificate
    request = CVRequest(
        reference=new.reference,
        role=Role.CVCA,
        validity=Period(first=certificate.effective_date, last=certificate.expiration_date),
        rights=[right for right in InspectionRight if certificate.chat.allows(right)],
    )
    return certify(old.key, old.reference, new.key, request, entropy)


def trust_point(cvca: CVHolder) -> ImportedKey:
    """The key of a CVCA as personalisation writes it into a chip."""
    return root_key(cvca.certificate, cvca.key.public)


def certify(authority: CVKey, reference: str, key: CVKey, request: CVRequest, entropy: Entropy) -> CVHolder:
    """A certificate over ``key``, signed by ``authority`` under the name ``reference``."""
    raw = build_cv_certificate(
        authority_reference=reference,
        public_key=key.public,
        holder_reference=request.reference,
        chat=inspection_chat(request.role, request.rights),
        effective_date=request.validity.first,
        expiration_date=request.validity.last,
        sign=lambda body: authority.sign(body, entropy),
    )
    return CVHolder(key=key, certificate=parse_cv_certificate(raw))


def _draw(algorithm: CVAlgorithm, entropy: Entropy) -> CVKey:
    private = generate_key(algorithm.kind, entropy)
    public: RSAPublicKey | ECPublicKey = private.public
    return CVKey(private=private, public=TerminalPublicKey(oid=algorithm.oid, key=public))
