"""Why something does not come into a trust store."""

from __future__ import annotations

from enum import StrEnum

from chipid.errors import ExplainedError, TrustStoreError


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
    SIGNER_PROFILE = "signer-profile"
    SIGNER_EXPIRED = "signer-expired"
    SIGNER_REVOKED = "signer-revoked"
    ISSUER_UNKNOWN = "issuer-unknown"
    OLDER_THAN_STORED = "older-than-stored"
    FROM_THE_FUTURE = "from-the-future"
    DISTRUSTED = "distrusted"


class TrustRefusedError(TrustStoreError, ExplainedError):
    """A file is not what the owner of the store trusts; nothing of it was imported. ``refusal`` tells why."""

    code = "trust-refused"
    problems = "refusal"
    hint = (
        "Compare the fingerprint with what the issuing state publishes. If it is right, approve it by its fingerprint."
    )

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = self.problem = refusal


class ManifestMissingError(TrustStoreError):
    """A folder has the layout of a trust store, but the manifest that says what is in it is not there."""

    code = "trust-manifest-missing"
    hint = (
        "Bring manifest.json back from a copy of the folder. If there is none, import everything into a new folder; "
        "nothing in this one is changed or used without it."
    )


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
