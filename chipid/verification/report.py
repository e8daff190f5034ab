"""The outcome of judging: checks with results and reasons, and one verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from chipid.asn1 import oids
from chipid.evidence.codec import evidence_digest
from chipid.evidence.evidence import Evidence
from chipid.lds.files import FileId
from chipid.pki.certificate import Certificate
from chipid.trust.records import Provenance
from chipid.trust.stored import StoredCertificate

if TYPE_CHECKING:
    from chipid.verification.policy import Policy


class Result(Enum):
    """The result of one check. "Could not check" is INDETERMINATE: never passed, and never failed."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"
    NOT_APPLICABLE = "not-applicable"

    __hash__ = object.__hash__  # as that of Check


class Verdict(Enum):
    """What the relying party may do with the card."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNDECIDED = "undecided"


class Check(Enum):
    """The checks in the order in which they are made; value: number and stable name."""

    ACCESS_PROTOCOL = (1, "access-protocol")
    SOD_SIGNATURE = (2, "sod-signature")
    SIGNER_CHAIN = (3, "signer-chain")
    SIGNER_VALIDITY = (4, "signer-validity")
    SIGNER_KEY_PERIOD = (5, "signer-key-period")
    SIGNER_REVOCATION = (6, "signer-revocation")
    DOCUMENT_TYPE = (7, "document-type")
    ALGORITHMS = (8, "algorithms")
    GROUP_HASH = (9, "group-hash")
    GROUP_FORMAT = (10, "group-format")
    COM_AGAINST_SOD = (11, "com-against-sod")
    CARD_ACCESS_AGAINST_DG14 = (12, "card-access-against-dg14")
    CHIP_AUTHENTICATION = (13, "chip-authentication")
    ACTIVE_AUTHENTICATION = (14, "active-authentication")
    MRZ_CHECK_DIGITS = (15, "mrz-check-digits")
    DG13_AGAINST_DG1 = (16, "dg13-against-dg1")
    PLAUSIBILITY = (17, "plausibility")
    DOCUMENT_EXPIRY = (18, "document-expiry")
    CHIP_AUTHENTICATION_MAPPING = (19, "chip-authentication-mapping")
    TERMINAL_AUTHENTICATION = (20, "terminal-authentication")
    DATA_PAGE_AGAINST_DG1 = (21, "data-page-against-dg1")

    def __init__(self, number: int, label: str) -> None:
        self.number = number
        self.label = label

    __hash__ = object.__hash__  # members are singletons; the hash of Enum is that of a name, and slow


class Reason(Enum):
    """Why a check ended as it did: stable codes, whose texts are in ``chipid/messages``."""

    VERIFIED = "verified"
    NOT_OFFERED = "not-offered"
    NOT_REQUESTED = "not-requested"
    NOT_STATED = "not-stated"
    # access
    PACE_USED = "pace-used"
    BAC_USED = "bac-used"
    BAC_DOWNGRADE = "bac-downgrade"
    ACCESS_UNKNOWN = "access-unknown"
    # security object and signer
    SOD_MISSING = "sod-missing"
    SOD_MALFORMED = "sod-malformed"
    SIGNER_NOT_FOUND = "signer-not-found"
    SIGNATURE_WRONG = "signature-wrong"
    CONTENT_DIGEST_WRONG = "content-digest-wrong"
    UNSUPPORTED = "unsupported"
    TRUST_STORE_EMPTY = "trust-store-empty"
    ISSUER_COUNTRY_UNKNOWN = "issuer-country-unknown"
    ISSUER_KEY_UNKNOWN = "issuer-key-unknown"
    SIGNER_SIGNATURE_WRONG = "signer-signature-wrong"
    SIGNER_EXTENSION_UNREAD = "signer-extension-unread"
    SIGNER_NOT_AUTHORISED = "signer-not-authorised"
    ISSUER_OF_ANOTHER_STATE = "issuer-of-another-state"
    ISSUING_STATE_UNKNOWN = "issuing-state-unknown"
    SIGNER_EXPIRED_AT_SIGNING = "signer-expired-at-signing"
    ISSUER_EXPIRED_AT_SIGNING = "issuer-expired-at-signing"
    SIGNING_TIME_UNKNOWN = "signing-time-unknown"
    SIGNED_LATER = "signed-later"
    SIGNER_KEY_PERIOD_OVER = "signer-key-period-over"
    ISSUER_KEY_PERIOD_OVER = "issuer-key-period-over"
    SIGNER_EXPIRED_NOW = "signer-expired-now"
    SIGNER_REVOKED = "signer-revoked"
    CRL_MISSING = "crl-missing"
    CRL_STALE = "crl-stale"
    DOCUMENT_TYPE_WRONG = "document-type-wrong"
    ALGORITHM_REFUSED = "algorithm-refused"
    DEVIATION_REFUSED = "deviation-refused"
    # files
    FILE_UNREADABLE = "file-unreadable"
    HASH_WRONG = "hash-wrong"
    GROUP_NOT_IN_SOD = "group-not-in-sod"
    GROUP_MISSING = "group-missing"
    GROUP_NOT_READ = "group-not-read"
    GROUP_LOCKED = "group-locked"
    GROUP_REDACTED = "group-redacted"
    GROUP_MALFORMED = "group-malformed"
    KNOWN_DEVIATION = "known-deviation"
    LISTS_DIFFER = "lists-differ"
    COM_MISSING = "com-missing"
    SECURITY_INFOS_DIFFER = "security-infos-differ"
    # proofs of the chip and of the terminal
    KEY_NOT_VOUCHED = "key-not-vouched"
    CHIP_PROOF_FAILED = "chip-proof-failed"
    CHIP_PROOF_ABORTED = "chip-proof-aborted"
    CHIP_PROOF_MISSING = "chip-proof-missing"
    ANSWER_LENGTH_WRONG = "answer-length-wrong"
    KEY_COMPROMISED = "key-compromised"
    CHALLENGE_NOT_BOUND = "challenge-not-bound"
    TERMINAL_NOT_PROVEN = "terminal-not-proven"
    # document
    FIELDS_DIFFER = "fields-differ"
    FIELD_MALFORMED = "field-malformed"
    NAMES_UNCLEAR = "names-unclear"
    IMPLAUSIBLE = "implausible"
    CHECK_DIGIT_WRONG = "check-digit-wrong"
    DOCUMENT_EXPIRED = "document-expired"
    NO_EXPIRY = "no-expiry"
    DATE_UNREADABLE = "date-unreadable"
    NOT_VOUCHED = "not-vouched"


FactValue: TypeAlias = str | int | date | tuple[str | int, ...]
Facts: TypeAlias = tuple[tuple[str, FactValue], ...]


class CheckResult(NamedTuple):
    """One check: what was looked at, what came out, and why.

    ``subject`` names the file or field concerned ("DG13"). ``facts`` are what was compared with what, each with its
    name and without personal data; the names have texts in ``chipid/messages``. ``deviation`` is the kind of what the
    issuing State's deviation list tells about it. A tuple, because a judgement makes dozens of them.
    """

    check: Check
    result: Result
    reason: Reason
    subject: str = ""
    facts: Facts = ()
    deviation: str = ""

    @property
    def passed(self) -> bool:
        return self.result is Result.PASSED

    def fact(self, name: str) -> FactValue | None:
        """The value of the first fact of this name, None if there is none."""
        return next((value for known, value in self.facts if known == name), None)


def unread_fact(extensions: Iterable[str]) -> Facts:
    """The extensions of a certificate that could not be read, by their object identifiers, under their names."""
    return (("extensions", tuple(oids.name_of(one) for one in extensions)),)


def status_fact(sw: int | None) -> Facts:
    """The status word of a card's answer as a fact, where there was one."""
    return () if sw is None else (("status", f"{sw:04X}"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRecord:
    """The trust anchor that the chain ended in, and how it came into the store."""

    fingerprint: str  # SHA-256 of the certificate, hexadecimal
    subject: str
    country: str
    source: str  # the file that first brought it
    provenance: tuple[Provenance, ...]  # every way in which it came, and by whose word


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDeviation:
    """One thing that the issuing State's signed deviation list says to be wrong with such documents.

    ``kind`` is one of :class:`chipid.pki.deviation_kinds.DeviationKind`, ``subject`` the file or field concerned,
    ``text`` what the list says in words. ``certain`` is False where the list names documents by something that is
    not known of this one.
    """

    kind: str
    oid: str
    subject: str
    text: str
    certain: bool
    list_fingerprint: str
    listed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The judgement over one reading, under the policy that made its ``demands``.

    ``path`` leads from the issuer of the ``signer`` to where trust begins; both are empty as far as they were not
    found. ``trust_generation`` counts the changes of the store; ``trust_as_of`` is the moment of the past that it was
    asked for, None for the store of today. ``nonce_demanded`` tells whether Active Authentication had to be bound to
    the caller's nonce. ``deviations`` are the named tolerances that were needed to read the signer's certificates,
    ``quirks`` those of the card, ``known_deviations`` what its issuer says of it. ``evidence`` is kept for what may be
    claimed from it, and shows itself nowhere.
    """

    verdict: Verdict
    checks: tuple[CheckResult, ...]
    demands: Policy = field(repr=False)
    judged_at: datetime
    signer: Certificate | None
    path: tuple[StoredCertificate, ...]
    signing_time: datetime | None
    trust_generation: int
    trust_as_of: datetime | None
    nonce_demanded: bool
    deviations: tuple[str, ...]
    quirks: tuple[str, ...]
    evidence: Evidence = field(repr=False)
    known_deviations: tuple[KnownDeviation, ...] = ()

    @property
    def policy(self) -> str:
        """The name of the policy."""
        return self.demands.name

    @property
    def grounds(self) -> tuple[CheckResult, ...]:
        """The results that kept the policy from accepting, empty where it accepts."""
        return self.demands.grounds(self.checks)

    @property
    def anchor(self) -> AnchorRecord | None:
        """Where trust begins, None if no chain was found."""
        if not self.path:
            return None
        record = self.path[-1].record
        return AnchorRecord(
            fingerprint=record.fingerprint,
            subject=record.subject,
            country=record.country,
            source=self.path[-1].source,
            provenance=record.provenance,
        )

    @property
    def evidence_digest(self) -> str:
        """The name of the evidence that was judged, made when somebody asks for it."""
        return evidence_digest(self.evidence)

    def find(self, check: Check, subject: str = "") -> CheckResult | None:
        """The result of ``check``, for ``subject`` where it was made for several files."""
        return next((one for one in self.checks if one.check is check and subject in ("", one.subject)), None)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        return tuple(one for one in self.checks if one.result is Result.FAILED)

    def vouches_for(self, group: FileId) -> bool:
        """True if ``group`` is what a trusted state signed: hash, signature, chain and validity all passed."""
        return group.label in vouched_groups(self.checks)


_VOUCHING = frozenset((one, Result.PASSED) for one in (Check.SOD_SIGNATURE, Check.SIGNER_CHAIN, Check.SIGNER_VALIDITY))
# What discredits a signer whose signature and chain are right.
_DISCREDITING = frozenset(
    (one, Result.FAILED)
    for one in (Check.SIGNER_KEY_PERIOD, Check.SIGNER_REVOCATION, Check.DOCUMENT_TYPE, Check.ALGORITHMS)
)
KIND_AND_RESULT = itemgetter(0, 1)  # of a CheckResult


def vouched_groups(checks: Sequence[CheckResult]) -> frozenset[str]:
    """The labels of the groups that Passive Authentication vouches for, as ``checks`` found (ICAO Doc 9303-11 §5.1).

    None unless signature, chain and validity all passed and nothing discredits the signer.
    """
    found = set(map(KIND_AND_RESULT, checks))
    if not (found >= _VOUCHING and found.isdisjoint(_DISCREDITING)):
        return frozenset()
    return frozenset([one.subject for one in checks if one.check is Check.GROUP_HASH and one.result is Result.PASSED])
