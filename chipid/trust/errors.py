"""Why something does not come into a trust store."""

from __future__ import annotations

import errno
from enum import StrEnum
from pathlib import Path

from chipid.errors import StoreProblem, TrustStoreError
from chipid.pki.certificate import Certificate
from chipid.pki.crl import CRL


class Refusal(StrEnum):
    """The reasons, as stable codes."""

    NOT_APPROVED = "not-approved"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"
    KEY_UNUSABLE = "key-unusable"
    NOT_AN_ISSUER = "not-an-issuer"
    SIGNATURE_WRONG = "signature-wrong"
    SIGNER_NOT_FOUND = "signer-not-found"
    SIGNER_NOT_TRUSTED = "signer-not-trusted"
    SIGNER_NOT_OF_PINNED = "signer-not-of-pinned"
    SIGNER_PROFILE = "signer-profile"
    SIGNER_EXPIRED = "signer-expired"
    SIGNER_REVOKED = "signer-revoked"
    ISSUER_UNKNOWN = "issuer-unknown"
    OLDER_THAN_STORED = "older-than-stored"
    FROM_THE_FUTURE = "from-the-future"
    DISTRUSTED = "distrusted"


class TrustRefusedError(TrustStoreError):
    """A file is not what the owner of the store trusts; nothing of it was imported. ``refusal`` tells why.

    ``details`` has the ``fingerprint`` and ``subject`` of the certificate or list that it is about, and the ``file``,
    as far as they are known.
    """

    code = "trust-refused"
    problems = "refusal"
    hints = "refusal-hint"
    hint = "Find out why it was refused before anything is approved; nothing of it was imported."

    def __init__(self, refusal: Refusal, message: str, **details: object) -> None:
        super().__init__(message)
        self.refusal = self.problem = refusal
        self.details = {name: str(value) for name, value in details.items()}

    def of_file(self, name: str) -> TrustRefusedError:
        """The same, with the name of the file."""
        return TrustRefusedError(self.refusal, f"{name}: {self.message}", **{**self.details, "file": name})


class ManifestMissingError(TrustStoreError):
    """A folder has the layout of a trust store, but the manifest that says what is in it is not there."""

    code = "trust-manifest-missing"
    hint = (
        "Bring manifest.json back from a copy of the folder. If there is none, import everything into a new folder; "
        "nothing in this one is changed or used without it."
    )

    def __init__(self, directory: Path) -> None:
        message = f"the folder {directory} holds the objects of a trust store, but no manifest.json"
        super().__init__(message, StoreProblem.MANIFEST_MISSING, folder=directory)


class ApprovalError(TrustStoreError):
    """An approval names nobody, or nothing that is in the files; nothing was changed."""

    code = "trust-approval"
    hint = "Name who approves the change, and copy each SHA-256 whole from what the issuing state publishes."


class StoreDamagedError(TrustStoreError):
    """Bytes of a store are not those that came in, or its manifest tells something else of them."""

    code = "trust-store-damaged"
    hint = (
        "Do not rely on this store: somebody or something has changed its files. `chipid trust audit` names what is "
        "damaged; bring the folder back from a copy, or import everything into a new one."
    )


def refused(refusal: Refusal, about: Certificate | CRL, what: str) -> TrustRefusedError:
    """The error about a certificate or revocation list, which it names by fingerprint and subject."""
    kind, name = ("revocation list", about.issuer) if isinstance(about, CRL) else ("certificate", about.subject)
    message = f"the {kind} {about.fingerprint} ({name}) {what}"
    return TrustRefusedError(refusal, message, fingerprint=about.fingerprint, subject=name)


def unreadable(name: str, error: OSError) -> TrustStoreError:
    """The error for a file that the system does not give."""
    problem = _READING.get(error.errno or 0, StoreProblem.FILE_UNREADABLE)
    return TrustStoreError(f"{name} cannot be read ({error.strerror})", problem, file=name)


def not_written(directory: Path, error: OSError) -> TrustStoreError:
    """The error for a store that the system does not write; it is as it was before."""
    problem = StoreProblem.DISK_FULL if error.errno in _NO_ROOM else StoreProblem.NOT_WRITTEN
    return TrustStoreError(
        f"the trust store {directory} cannot be written ({error.strerror})", problem, folder=directory
    )


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READING = {
    errno.ENOENT: StoreProblem.FILE_MISSING,
    errno.ENOTDIR: StoreProblem.FILE_MISSING,
    errno.EACCES: StoreProblem.FILE_FORBIDDEN,
    errno.EPERM: StoreProblem.FILE_FORBIDDEN,
    errno.EISDIR: StoreProblem.FILE_IS_FOLDER,
}
