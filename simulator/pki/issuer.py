"""An issuing country in small: one CSCA, one document signer, made of a plan and a random source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from chipid.crypto.entropy import Entropy
from simulator.pki.certificates import (
    Authority,
    Issuer,
    Period,
    Request,
    issue_csca,
    issue_document_signer,
)
from simulator.pki.security_object import DocumentSigner, sign_security_object
from simulator.pki.signing import KeyKind, default_algorithm, generate_key
from simulator.randomness import SeededEntropy

# A CSCA signs for three to five years, a document signer for three months at most (Doc 9303-12 §4.1.1 and §4.1.4);
# the certificates outlive the documents.
CSCA_BEGIN = date(2020, 1, 1)
CSCA_KEY_USE = timedelta(days=5 * 365)
CSCA_VALIDITY = timedelta(days=29 * 365)
SIGNER_LEAD = timedelta(days=30)
SIGNER_KEY_USE = timedelta(days=90)
SIGNER_VALIDITY = timedelta(days=20 * 365)

AUTHORITY = Authority(
    country="VN",
    mrz_country="VNM",
    organization="Simulated Issuing Authority",
    crl_uri="https://crl.simulated.invalid/VNM.crl",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerPlan:
    """Keys and algorithms of an issuer; ``security_object_version`` is that of the LDSSecurityObject."""

    csca_key: KeyKind
    csca_hash: str
    signer_key: KeyKind
    signer_hash: str
    group_hash: str
    pss: bool = False
    security_object_version: int = 0
    signing_time: bool = True
    document_types: tuple[str, ...] = ("ID",)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingAuthority:
    """A CSCA certificate in DER and the document signer below it."""

    plan: IssuerPlan
    csca_certificate: bytes
    signer: DocumentSigner
    entropy: Entropy = field(repr=False)

    def sign(
        self, groups: Mapping[int, bytes], signed_at: datetime, *, wrong_hashes: frozenset[int] = frozenset()
    ) -> bytes:
        """EF.SOD over complete data group files by number."""
        return sign_security_object(
            self.signer,
            groups,
            hash_name=self.plan.group_hash,
            version=self.plan.security_object_version,
            signed_at=signed_at if self.plan.signing_time else None,
            entropy=self.entropy,
            wrong_hashes=wrong_hashes,
        )


def establish(
    plan: IssuerPlan, *, entropy: SeededEntropy, issued_on: date, signer_validity: Period | None = None, number: int = 1
) -> IssuingAuthority:
    """Make the keys and certificates of an issuer for documents of the day ``issued_on``.

    ``signer_validity`` overrides the signer's validity, for faults; ``number`` tells CSCAs of one country apart.
    """
    csca_key = generate_key(plan.csca_key, entropy.fork("CSCA key"))
    signer_key = generate_key(plan.signer_key, entropy.fork("signer key"))
    csca = Issuer(
        common_name="Simulated CSCA",
        serial_name=f"{number:03}",
        key=csca_key,
        algorithm=default_algorithm(csca_key.public, plan.csca_hash, pss=plan.pss),
    )
    csca_begin = min(CSCA_BEGIN, issued_on - timedelta(days=365))
    csca_certificate = issue_csca(
        AUTHORITY,
        Request(
            common_name=csca.common_name,
            serial_name=csca.serial_name,
            public_key=csca_key.public,
            validity=Period(first=csca_begin, last=csca_begin + CSCA_VALIDITY),
            key_usage=Period(first=csca_begin, last=max(csca_begin + CSCA_KEY_USE, issued_on)),
        ),
        csca,
        entropy.fork("CSCA certificate"),
    )
    begin = issued_on - SIGNER_LEAD
    validity = signer_validity or Period(first=begin, last=begin + SIGNER_VALIDITY)
    certificate = issue_document_signer(
        AUTHORITY,
        Request(
            common_name="Simulated Document Signer",
            serial_name=f"{number:03}",
            public_key=signer_key.public,
            validity=validity,
            key_usage=Period(first=validity.first, last=min(validity.first + SIGNER_KEY_USE, validity.last)),
        ),
        csca,
        plan.document_types,
        entropy.fork("signer certificate"),
    )
    algorithm = default_algorithm(signer_key.public, plan.signer_hash, pss=plan.pss)
    signer = DocumentSigner(certificate=certificate, key=signer_key, algorithm=algorithm)
    return IssuingAuthority(
        plan=plan, csca_certificate=csca_certificate, signer=signer, entropy=entropy.fork("signatures")
    )
