"""From a decoded thing to its record in a trust store, and whether a record says what the thing says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from operator import attrgetter
from typing import Final, TypeVar

from chipid.pki.certificate import Certificate
from chipid.pki.crl import CRL
from chipid.pki.deviation_list import DeviationList
from chipid.pki.extensions import KeyUsage
from chipid.pki.master_list import MasterList
from chipid.pki.path import is_self_signed
from chipid.trust.records import (
    CertificateRecord,
    CRLRecord,
    Lineage,
    ListKind,
    ListRecord,
    Provenance,
    Role,
)

R = TypeVar("R", CertificateRecord, CRLRecord, ListRecord)
# What is read from the bytes alone. The rest (why it is believed, who signed it) an audit looks at.
READ_FROM_BYTES: Final[Mapping[type, tuple[str, ...]]] = {
    CertificateRecord: ("country", "subject", "issuer", "serial", "ski", "aki", "key", "not_before", "not_after"),
    CRLRecord: ("country", "issuer", "number", "this_update", "next_update", "revoked"),
    ListRecord: ("kind", "country", "signer", "signer_subject", "signing_time", "entries"),
}

_READ: Final = {kind: attrgetter(*names) for kind, names in READ_FROM_BYTES.items()}


def describe(
    certificate: Certificate,
    *,
    role: Role,
    lineage: Lineage | None,
    parent: str | None,
    provenance: tuple[Provenance, ...],
) -> CertificateRecord:
    """The record of a certificate; ``parent`` is the fingerprint of the one whose key signed it."""
    return CertificateRecord(
        fingerprint=certificate.fingerprint,
        role=role,
        country=certificate.country,
        subject=certificate.subject,
        issuer=certificate.issuer,
        serial=f"{certificate.serial:x}",
        ski=None if certificate.ski is None else certificate.ski.hex(),
        aki=None if certificate.aki is None else certificate.aki.hex(),
        key=key_digest(certificate),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        lineage=lineage,
        parent=parent,
        deviations=certificate.deviations,
        provenance=provenance,
    )


def describe_crl(crl: CRL, *, signer: str, provenance: tuple[Provenance, ...]) -> CRLRecord:
    """The record of a revocation list; ``signer`` is the fingerprint of the CSCA certificate whose key signed it."""
    return CRLRecord(
        fingerprint=crl.fingerprint,
        country=crl.country,
        issuer=crl.issuer,
        number=None if crl.number is None else f"{crl.number:x}",
        this_update=crl.this_update,
        next_update=crl.next_update,
        revoked=len(crl.entries),
        signer=signer,
        provenance=provenance,
    )


def describe_list(
    parsed: MasterList | DeviationList,
    signer: Certificate,
    *,
    csca: Certificate | None,
    provenance: tuple[Provenance, ...],
) -> ListRecord:
    """The record of a signed list; ``csca`` is None where the owner accepted the signer itself."""
    is_master_list = isinstance(parsed, MasterList)
    return ListRecord(
        fingerprint=parsed.fingerprint,
        kind=ListKind.MASTER_LIST if is_master_list else ListKind.DEVIATION_LIST,
        country=signer.country,
        signer=signer.fingerprint,
        signer_subject=signer.subject,
        csca=None if csca is None else csca.fingerprint,
        csca_key=None if csca is None else key_digest(csca),
        signing_time=parsed.signing_time,
        entries=len(parsed.certificates if isinstance(parsed, MasterList) else parsed.deviations),
        provenance=provenance,
    )


def mismatches(record: R, as_read: R) -> tuple[str, ...]:
    """The fields in which a record says something else than the bytes, from which ``as_read`` was made.

    Of the role of a certificate only whether it may issue others is in its bytes.
    """
    names = READ_FROM_BYTES[type(record)]
    read = _READ[type(record)]
    found = [] if read(record) == read(as_read) else [n for n in names if getattr(record, n) != getattr(as_read, n)]
    if isinstance(record, CertificateRecord) and isinstance(as_read, CertificateRecord):
        is_signer = Role.DOCUMENT_SIGNER
        if (record.role is is_signer) != (as_read.role is is_signer):
            found.append("role")
    return tuple(found)


def role_of(certificate: Certificate) -> Role:
    """CSCA or document signer, by what the certificate says of itself."""
    return Role.CSCA if may_issue(certificate) else Role.DOCUMENT_SIGNER


def key_digest(certificate: Certificate) -> str:
    """SHA-256 of the public key, in hexadecimal: the same however a certificate writes the key."""
    return hashlib.sha256(certificate.key_identity).hexdigest()


def may_issue(certificate: Certificate) -> bool:
    """True unless the certificate says that its key is not for signing certificates.

    Real CSCA certificates, links above all, lack one of the two marks; none of them lacks both. Document signers of
    the field do, so without any mark only a certificate that its own key signed is a CSCA's.
    """
    constraints, usage = certificate.basic_constraints, certificate.key_usage
    if constraints is None and usage is None:
        return certificate.extended_key_usage is None and is_self_signed(certificate)
    marked = constraints is not None and constraints.is_issuer
    return marked or (usage is not None and KeyUsage.KEY_CERT_SIGN in usage)
