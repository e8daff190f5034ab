"""A plain folder as a trust store: CSCA certificates and revocation lists as files, DER or PEM.

Its owner trusts the certificates by having put them there. A revocation list counts if one of them signed it; what else
lies in the folder is not used, and named.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from apdu.errors import ToolkitError
from chipid.errors import StoreProblem, TrustStoreError, UnsupportedError
from chipid.pki.certificate import parse_certificate
from chipid.pki.crl import CRL, parse_crl
from chipid.trust.crl_series import age_of, find_crl_signer, stored_before
from chipid.trust.description import describe, describe_crl, role_of
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.files import damaged, read_certificate_file
from chipid.trust.received import FileKind, kind_of
from chipid.trust.records import UNDATED, Basis, Provenance, Role
from chipid.trust.stored import Blob, Contents, StoredCertificate, StoredCRL

MAX_ANCHORS: Final = 10_000
MAX_CRLS: Final = 1_000
SUFFIXES: Final = frozenset({".cer", ".crt", ".der", ".pem", ".crl"})


def read_folder(directory: Path) -> Contents:
    """What is in the folder. Raises :class:`TrustStoreError` that names the file."""
    certificates: list[tuple[bytes, str]] = []
    crls: list[tuple[CRL, str]] = []
    unread: list[str] = []
    for path in sorted(directory.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            unread += [] if path.name.startswith(".") else [path.name]
            continue
        for der in read_certificate_file(path):
            if kind_of(der, path.name) is not FileKind.CRL:
                certificates.append((der, path.name))
            elif (crl := _parse_crl(der, path.name)) is not None:
                crls.append((crl, path.name))
            else:
                unread.append(path.name)
        if len(certificates) > MAX_ANCHORS or len(crls) > MAX_CRLS:
            message = f"a plain folder holds at most {MAX_ANCHORS} certificates and {MAX_CRLS} revocation lists"
            raise TrustStoreError(message, StoreProblem.FULL, limit=MAX_ANCHORS)
    return _with_crls(from_owner(certificates), crls, unread)


def from_owner(certificates: Iterable[tuple[bytes, str]]) -> Contents:
    """A store of certificates, each with where it is from, which their owner trusts.

    Raises :class:`TrustStoreError` that names the file.
    """
    found: dict[str, StoredCertificate] = {}
    for der, file in certificates:
        one = _certificate(der, file)
        found.setdefault(one.fingerprint, one)
    return Contents(
        anchors=tuple(one for one in found.values() if one.record.role is not Role.DOCUMENT_SIGNER),
        signers=tuple(one for one in found.values() if one.record.role is Role.DOCUMENT_SIGNER),
    )


def _with_crls(contents: Contents, crls: Iterable[tuple[CRL, str]], unread: Iterable[str]) -> Contents:
    """With the newest list of each series. One that no CSCA in the folder signed stays unread, a forged one raises."""
    kept: dict[str, StoredCRL] = {}
    left = set(unread)
    for crl, file in sorted(crls, key=lambda entry: age_of(entry[0])):
        try:
            signer = find_crl_signer(crl, contents.anchors)
        except TrustRefusedError as error:
            if error.refusal is Refusal.SIGNATURE_WRONG:
                raise TrustStoreError(f"{file}: {error.message}", StoreProblem.FILE_FORGED, file=file) from error
            left.add(file)
            continue
        before = stored_before(crl, signer, contents.anchors, kept.values())
        if before is not None:
            del kept[before.record.fingerprint]
        reason = _provenance(file, crl.raw, Basis.ISSUER, signer.fingerprint)
        record = describe_crl(crl, signer=signer.fingerprint, provenance=(reason,))
        kept[record.fingerprint] = StoredCRL(record=record, blob=Blob.of(crl.raw))
    return replace(contents, crls=tuple(kept.values()), unread=tuple(sorted(left)))


def _parse_crl(der: bytes, file: str) -> CRL | None:
    """The list; None for one that tells only a part, or in a way that is not known."""
    try:
        return parse_crl(der)
    except UnsupportedError:
        return None
    except ToolkitError as error:
        raise damaged(file, f"it is no revocation list: {error.message}") from error


def _certificate(der: bytes, file: str) -> StoredCertificate:
    """A certificate whose owner vouches for its key: its signature is not looked at."""
    try:
        certificate = parse_certificate(der)
    except ToolkitError as error:
        message = f"{file} is not a certificate: {error.message}"
        raise TrustStoreError(message, StoreProblem.NO_CERTIFICATE, file=file) from error
    reason = _provenance(file, der, Basis.OWNER, None)
    role = role_of(certificate)
    record = describe(certificate, role=role, lineage=None, parent=None, provenance=(reason,))
    return StoredCertificate(record=record, blob=Blob.of(der))


def _provenance(file: str, data: bytes, basis: Basis, voucher: str | None) -> Provenance:
    return Provenance(
        file=file,
        file_sha256=hashlib.sha256(data).hexdigest(),
        basis=basis,
        voucher=voucher,
        imported_at=UNDATED,
        approved_by="",
    )
