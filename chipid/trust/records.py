"""What a trust store knows of each thing in it without decoding it: its index, and where each thing came from.

Every value here is written to the manifest. Fingerprints are SHA-256 in hexadecimal, of the thing as it came; times
are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

UNDATED: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Role(StrEnum):
    """What a certificate is in the store."""

    CSCA = "csca"
    LINK = "link"
    DOCUMENT_SIGNER = "document-signer"


class Lineage(StrEnum):
    """How a certificate hangs together with those around it; signatures decide, never names."""

    SELF_SIGNED = "self-signed"
    PARENT_BY_KEY_IDENTIFIER = "parent-by-key-identifier"
    PARENT_BY_TRYING = "parent-by-trying"
    PARENT_ABSENT = "parent-absent"


class Basis(StrEnum):
    """Why a thing is believed: the owner said so, a list that is believed holds it, or a believed key signed it."""

    OWNER = "owner"
    LIST = "list"
    ISSUER = "issuer"


class ListKind(StrEnum):
    """The kinds of signed lists."""

    MASTER_LIST = "master-list"
    DEVIATION_LIST = "deviation-list"


class Ending(StrEnum):
    """How a store ceased to hold a thing: a newer one took its place, its owner took it out, or what the store knows
    of it was changed, as when one of its reasons was taken out."""

    REPLACED = "replaced"
    REMOVED = "removed"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How a thing came into the store, once.

    ``voucher`` is the fingerprint of the list (LIST) or of the certificate (ISSUER) that speaks for it, None where
    only the owner does.
    """

    file: str
    file_sha256: str
    basis: Basis
    voucher: str | None
    imported_at: datetime
    approved_by: str

    @property
    def is_dated(self) -> bool:
        """False for a plain folder, which does not know when something came."""
        return self.imported_at > UNDATED


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """A certificate: ``key`` is the digest of its SubjectPublicKeyInfo; serial and key identifiers are hexadecimal."""

    fingerprint: str
    role: Role
    country: str
    subject: str
    issuer: str
    serial: str
    ski: str | None
    aki: str | None
    key: str
    not_before: datetime
    not_after: datetime
    lineage: Lineage | None
    parent: str | None
    deviations: tuple[str, ...]
    provenance: tuple[Provenance, ...]

    @property
    def is_vouched_directly(self) -> bool:
        """True if the owner or a list speaks for it, and not only the signature of another certificate."""
        return any(one.basis is not Basis.ISSUER for one in self.provenance)


@dataclass(frozen=True, slots=True, kw_only=True)
class CRLRecord:
    """A revocation list and the fingerprint of the CSCA certificate whose key signed it."""

    fingerprint: str
    country: str
    issuer: str
    number: str | None
    this_update: datetime
    next_update: datetime | None
    revoked: int
    signer: str
    provenance: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRecord:
    """A signed list: who signed it, and the fingerprint of the CSCA that speaks for the signer.

    ``csca`` and ``csca_key``, the digest of its key, are None where the owner accepted the signer itself. ``entries``
    counts what the list holds.
    """

    fingerprint: str
    kind: ListKind
    country: str
    signer: str
    signer_subject: str
    csca: str | None
    csca_key: str | None
    signing_time: datetime | None
    entries: int
    provenance: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Until when a record held, why no longer, and who approved the change; ``successor`` is what took its place."""

    until: datetime
    ending: Ending
    ended_by: str
    successor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distrust:
    """A key that the owner has taken out, with the certificate that was named then.

    Neither lists nor links bring it back; its owner can, by approving one of its certificates.
    """

    key: str
    fingerprint: str
    removed_at: datetime
    approved_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """That a store was changed: which number that gave it, when, and who approved it."""

    generation: int
    at: datetime
    approved_by: str
