"""An issuing country in small: its CSCA keys, links, document signers and CRLs, made of a plan and a random source."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chipid.pki.certificate import parse_certificate
from simulator.pki import crl, master_list
from simulator.pki.architecture import (
    PLAIN,
    SIMULATED_AUTHORITY,
    Algorithms,
    Architecture,
    CSCAPlan,
    SignerPlan,
    find_architecture,
)
from simulator.pki.certificates import (
    Authority,
    Issuer,
    Period,
    Request,
    issue_csca,
    issue_document_signer,
    issue_master_list_signer,
)
from simulator.pki.security_object import DocumentSigner, sign_security_object
from simulator.pki.signing import KeyKind, PrivateKey, default_algorithm, generate_key
from simulator.randomness import SeededEntropy

# A CSCA signs for three to five years, a document signer for three months at most (Doc 9303-12 §4.1.1 and §4.1.4);
# the certificates outlive the documents.
CSCA_BEGIN = date(2020, 1, 1)
CSCA_KEY_USE = timedelta(days=5 * 365)
CSCA_VALIDITY = timedelta(days=29 * 365)
SIGNER_LEAD = timedelta(days=30)
SIGNER_KEY_USE = timedelta(days=90)
SIGNER_VALIDITY = timedelta(days=20 * 365)
CRL_LIFE = timedelta(days=90)  # Doc 9303-12 §4.3: at least every 90 days

AUTHORITY = SIMULATED_AUTHORITY


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
class CSCA:
    """A key of the country signing CA and its self-signed certificate in DER."""

    plan: CSCAPlan
    issuer: Issuer
    certificate: bytes


class IssuingAuthority:
    """The public key infrastructure of one issuing state.

    Certificates are in DER and made when they are first asked for. It is not for several threads at once.
    """

    def __init__(
        self, plan: IssuerPlan, architecture: Architecture, *, entropy: SeededEntropy, issued_on: date
    ) -> None:
        self.architecture = architecture
        self.plan = plan if architecture.group_hash is None else replace(plan, group_hash=architecture.group_hash)
        self.issued_on = issued_on
        self._entropy = entropy
        self.cscas = {one.name: self._make_csca(one) for one in architecture.cscas}
        self._links: dict[str, bytes] = {}
        self._signers: dict[tuple[str, date], DocumentSigner] = {}

    def __repr__(self) -> str:
        return f"IssuingAuthority({self.architecture.name!r})"

    @property
    def authority(self) -> Authority:
        return self.architecture.authority

    @property
    def csca_certificate(self) -> bytes:
        """The self-signed certificate of the CSCA above the first signer."""
        return self.cscas[self.architecture.signers[0].issued_by].certificate

    @property
    def signer(self) -> DocumentSigner:
        """The first document signer."""
        return self.signer_on(self.issued_on)

    @property
    def signers(self) -> dict[str, DocumentSigner]:
        """Every document signer of the architecture by its name."""
        return {one.name: self._signer(one, self.issued_on) for one in self.architecture.signers}

    @property
    def links(self) -> dict[str, bytes]:
        """The link certificates by name."""
        return {one.name: self._link(one.name) for one in self.architecture.links}

    @property
    def trust_anchors(self) -> tuple[bytes, ...]:
        """The CSCA and link certificates that the architecture lets a relying party hold."""
        return tuple(
            self.cscas[name].certificate if name in self.cscas else self._link(name)
            for name in self.architecture.trusted
        )

    @property
    def csca_certificates(self) -> tuple[bytes, ...]:
        """All that the state publishes: self-signed and link certificates."""
        return (*(one.certificate for one in self.cscas.values()), *self.links.values())

    def signer_on(self, day: date) -> DocumentSigner:
        """The document signer that signs on ``day``: the first one, or a later one of the same CSCA.

        A signer's key is in use for three months, so that a person whose card was issued at another time gets that
        quarter's signer.
        """
        plan = self.architecture.signers[0]
        if day == self.issued_on or plan.validity is not None:
            return self._signer(plan, self.issued_on)
        return self._signer(plan, date(day.year, (day.month - 1) // 3 * 3 + 1, 1))

    def sign(
        self, groups: Mapping[int, bytes], signed_at: datetime, *, wrong_hashes: frozenset[int] = frozenset()
    ) -> bytes:
        """EF.SOD over complete data group files by number."""
        # What is signed chooses the random source: the order in which cards are issued changes nothing.
        digest = hashlib.sha256(b"".join(groups[number] for number in sorted(groups))).hexdigest()
        return sign_security_object(
            self.signer_on(signed_at.date()),
            groups,
            hash_name=self.plan.group_hash,
            version=self.plan.security_object_version,
            signed_at=signed_at if self.plan.signing_time else None,
            entropy=self._entropy.fork(f"signature {digest}"),
            wrong_hashes=wrong_hashes,
        )

    def revocation_list(self, this_update: date, *, csca: str | None = None, life: timedelta = CRL_LIFE) -> bytes:
        """The CRL of a CSCA (the first signer's by default) in DER."""
        name = csca or self.architecture.signers[0].issued_by
        revoked = [
            parse_certificate(self._signer(one, self.issued_on).certificate).serial
            for one in self.architecture.signers
            if one.is_revoked and one.issued_by == name
        ]
        return crl.issue_crl(
            self.authority,
            self.cscas[name].issuer,
            revoked=dict.fromkeys(revoked, self.issued_on),
            validity=Period(first=this_update, last=this_update + life),
            number=1,
            entropy=self._entropy.fork(f"CRL {name} {this_update}"),
        )

    def master_list_signer(self) -> DocumentSigner:
        """The key that signs master lists, certified by the CSCA of the first signer (Doc 9303-12 §4.2)."""
        csca = self.cscas[self.architecture.signers[0].issued_by]
        kind, hash_name, pss = self._algorithms(Algorithms(), self.plan.signer_key, self.plan.signer_hash)
        key = generate_key(kind, self._entropy.fork("master list signer key"))
        begin = self.issued_on - SIGNER_LEAD
        request = Request(
            common_name="Simulated Master List Signer",
            serial_name="001",
            public_key=key.public,
            validity=Period(first=begin, last=begin + SIGNER_VALIDITY),
            key_usage=Period(first=begin, last=begin + CSCA_KEY_USE),
        )
        entropy = self._entropy.fork("master list signer certificate")
        certificate = issue_master_list_signer(self.authority, request, csca.issuer, entropy)
        return DocumentSigner(
            certificate=certificate, key=key, algorithm=default_algorithm(key.public, hash_name, pss=pss)
        )

    def master_list(self, signed_at: datetime, *, others: tuple[bytes, ...] = ()) -> bytes:
        """A master list of this state's CSCA and link certificates, and of ``others``' in DER."""
        csca = self.cscas[self.architecture.signers[0].issued_by]
        return master_list.build_master_list(
            (*self.csca_certificates, *others),
            self.master_list_signer(),
            csca_certificate=csca.certificate,
            signed_at=signed_at,
            entropy=self._entropy.fork("master list"),
        )

    def _make_csca(self, plan: CSCAPlan) -> CSCA:
        label = "CSCA" if plan.name == "csca" else f"CSCA {plan.name}"
        kind, hash_name, pss = self._algorithms(plan.algorithms, self.plan.csca_key, self.plan.csca_hash)
        key = generate_key(kind, self._entropy.fork(f"{label} key"))
        issuer = Issuer(
            common_name=plan.common_name,
            serial_name=f"{plan.number:03}",
            key=key,
            algorithm=default_algorithm(key.public, hash_name, pss=pss),
        )
        request = self._csca_request(plan, key)
        certificate = issue_csca(self.authority, request, issuer, self._entropy.fork(f"{label} certificate"))
        return CSCA(plan=plan, issuer=issuer, certificate=certificate)

    def _csca_request(self, plan: CSCAPlan, key: PrivateKey) -> Request:
        begin = min(CSCA_BEGIN, self.issued_on - timedelta(days=365))
        validity = Period(first=begin, last=begin + CSCA_VALIDITY)
        if plan.validity is not None:
            validity = plan.validity.around(self.issued_on)
        key_use = Period(first=validity.first, last=max(validity.first + CSCA_KEY_USE, self.issued_on))
        return Request(
            common_name=plan.common_name,
            serial_name=f"{plan.number:03}",
            public_key=key.public,
            validity=validity,
            key_usage=key_use if plan.key_use is None else plan.key_use.around(self.issued_on),
            deviations=plan.deviations,
        )

    def _link(self, name: str) -> bytes:
        if name not in self._links:
            plan = next(one for one in self.architecture.links if one.name == name)
            old, new = self.cscas[plan.old], self.cscas[plan.new]
            request = replace(self._csca_request(new.plan, new.issuer.key), deviations=plan.deviations)
            if plan.validity is not None:
                request = replace(request, validity=plan.validity.around(self.issued_on))
            entropy = self._entropy.fork(f"link {name}")
            self._links[name] = issue_csca(self.authority, request, old.issuer, entropy)
        return self._links[name]

    def _signer(self, plan: SignerPlan, day: date) -> DocumentSigner:
        if (plan.name, day) not in self._signers:
            self._signers[plan.name, day] = self._make_signer(plan, day)
        return self._signers[plan.name, day]

    def _make_signer(self, plan: SignerPlan, day: date) -> DocumentSigner:
        label = plan.name if day == self.issued_on else f"{plan.name} {day}"
        kind, hash_name, pss = self._algorithms(plan.algorithms, self.plan.signer_key, self.plan.signer_hash)
        key = generate_key(kind, self._entropy.fork(f"{label} key"))
        begin = day - SIGNER_LEAD
        validity = Period(first=begin, last=begin + SIGNER_VALIDITY)
        if plan.validity is not None:
            validity = plan.validity.around(day)
        # A signer made for a quarter signs to its end.
        key_use = min(validity.first + SIGNER_LEAD + SIGNER_KEY_USE + timedelta(days=2), validity.last)
        request = Request(
            common_name="Simulated Document Signer",
            serial_name=f"{1 + self.architecture.signers.index(plan):03}",
            public_key=key.public,
            validity=validity,
            key_usage=Period(first=validity.first, last=key_use),
            deviations=plan.deviations,
        )
        issuer = self.cscas[plan.issued_by].issuer
        entropy = self._entropy.fork(f"{label} certificate")
        certificate = issue_document_signer(self.authority, request, issuer, plan.document_types, entropy)
        algorithm = default_algorithm(key.public, hash_name, pss=pss)
        return DocumentSigner(certificate=certificate, key=key, algorithm=algorithm)

    def _algorithms(self, asked: Algorithms, kind: KeyKind, hash_name: str) -> tuple[KeyKind, str, bool]:
        pss = self.plan.pss if asked.pss is None else asked.pss
        return asked.key or kind, asked.hash_name or hash_name, pss


def establish(
    plan: IssuerPlan, *, entropy: SeededEntropy, issued_on: date, architecture: str = PLAIN
) -> IssuingAuthority:
    """Make the keys and certificates of an issuer for documents of the day ``issued_on``.

    Raises :class:`ConfigurationError` for an unknown architecture.
    """
    return IssuingAuthority(plan, find_architecture(architecture), entropy=entropy, issued_on=issued_on)
