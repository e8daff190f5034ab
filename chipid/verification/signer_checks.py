"""More that must be true of the document signer: checks 5 to 8.

5. it, and the CSCA above it, used their keys within the periods that their certificates give (Doc 9303-12 §7.1.1);
6. no revocation list names it or its issuer (§7.2);
7. it may sign this type of document (§7.1.1.6);
8. the algorithms and keys are good enough for the day they were used, as the policy says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from apdu.errors import ToolkitError
from chipid.crypto.keys import DSAPublicKey, ECPublicKey, PublicKey, RSAPublicKey
from chipid.crypto.signatures import parse_signature_algorithm
from chipid.lds.ef_sod import SOD
from chipid.pki.certificate import Certificate
from chipid.trust.records import CRLRecord
from chipid.trust.revocation import CRLState
from chipid.trust.store import Anchor, TrustStore
from chipid.verification.document_codes import is_of_type
from chipid.verification.policy import AlgorithmRule, Policy, rule_for
from chipid.verification.report import Check, CheckResult, Reason, Result
from chipid.verification.signer_profile import refusable_deviations, signing_deviations

# The order of a DSA group bounds its strength as the modulus does (NIST SP 800-57 part 1, Table 2).
_COMPARABLE_BITS = {160: 1024, 224: 2048, 256: 4096}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signed, under whom, when, and how the standards were departed from; None for what is not known."""

    sod: SOD | None
    signer: Certificate | None
    issuers: tuple[Certificate, ...]  # from the signer's own to where trust begins
    time: datetime | None
    deviations: tuple[str, ...]

    @classmethod
    def of(
        cls, sod: SOD | None, signer: Certificate | None, path: tuple[Anchor, ...], time: datetime | None
    ) -> Signing:
        issuers = tuple(anchor.certificate for anchor in path)
        deviations = signing_deviations(sod, signer, issuers)
        return cls(sod=sod, signer=signer, issuers=issuers, time=time, deviations=deviations)


def check_signer(
    signing: Signing, trust: TrustStore, policy: Policy, *, document_code: str | None, now: datetime
) -> tuple[CheckResult, ...]:
    """Make checks 5 to 8. ``document_code`` is the first field of the machine readable zone."""
    signer = signing.signer
    if signer is None:
        kinds = (Check.SIGNER_KEY_PERIOD, Check.SIGNER_REVOCATION, Check.DOCUMENT_TYPE, Check.ALGORITHMS)
        return tuple(CheckResult(check, Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND) for check in kinds)
    return (
        _check_key_period(signer, signing),
        _check_revocation((signer, *signing.issuers), trust, policy, now),
        _check_document_type(signer.document_types, document_code),
        _check_algorithms(signer, signing, policy, now),
    )


def _check_key_period(signer: Certificate, signing: Signing) -> CheckResult:
    """5. The issuer's key when it certified the signer, the signer's when it signed."""

    def result(outcome: Result, reason: Reason, subject: str = "") -> CheckResult:
        return CheckResult(Check.SIGNER_KEY_PERIOD, outcome, reason, subject)

    issuer = signing.issuers[0].private_key_usage_period if signing.issuers else None
    if issuer is not None and not issuer.includes(signer.not_before):
        return result(Result.FAILED, Reason.ISSUER_KEY_PERIOD_OVER, "CSCA")
    own = None if signing.time is None else signer.private_key_usage_period
    if own is not None and signing.time is not None and not own.includes(signing.time):
        return result(Result.FAILED, Reason.SIGNER_KEY_PERIOD_OVER, "DS")
    known = " ".join(name for name, period in (("CSCA", issuer), ("DS", own)) if period is not None)
    return result(Result.PASSED, Reason.VERIFIED, known) if known else result(Result.NOT_APPLICABLE, Reason.NOT_OFFERED)


def _check_revocation(
    certificates: Iterable[Certificate], trust: TrustStore, policy: Policy, now: datetime
) -> CheckResult:
    """6. The worst that the state's lists say of the signer, who comes first, and of each certificate above it."""

    def result(outcome: Result, reason: Reason, detail: str = "") -> CheckResult:
        return CheckResult(Check.SIGNER_REVOCATION, outcome, reason, "", detail)

    statuses = [trust.crl_status(one, now) for one in certificates]
    for status in statuses:
        if status.state is CRLState.REVOKED:
            since = "" if status.revoked_at is None else f"since {status.revoked_at.date()}"
            return result(Result.FAILED, Reason.SIGNER_REVOKED, since)
    own = statuses[0]
    if own.crl is None:
        return result(Result.INDETERMINATE, Reason.CRL_MISSING)
    listed = f"list of {own.crl.this_update.date()}"
    if own.state is CRLState.STALE or _is_too_old(own.crl, policy, now):
        return result(Result.INDETERMINATE, Reason.CRL_STALE, listed)
    return result(Result.PASSED, Reason.VERIFIED, listed)


def _is_too_old(crl: CRLRecord, policy: Policy, now: datetime) -> bool:
    return policy.crl_days is not None and now - crl.this_update > timedelta(days=policy.crl_days)


@lru_cache(maxsize=1024)
def _check_document_type(document_types: tuple[str, ...] | None, document_code: str | None) -> CheckResult:
    """7. A single letter in the signer's list covers every document code that begins with it."""

    def result(outcome: Result, reason: Reason, detail: str = "") -> CheckResult:
        return CheckResult(Check.DOCUMENT_TYPE, outcome, reason, "", detail)

    if document_types is None:
        return result(Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    if document_code is None:
        return result(Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ)
    code = document_code.rstrip("<")
    allowed = tuple(kind.rstrip("<") for kind in document_types)
    detail = f"{code} among {', '.join(allowed)}"
    if any(is_of_type(code, kind) for kind in allowed):
        return result(Result.PASSED, Reason.VERIFIED, detail)
    return result(Result.FAILED, Reason.DOCUMENT_TYPE_WRONG, detail)


def _check_algorithms(signer: Certificate, signing: Signing, policy: Policy, now: datetime) -> CheckResult:
    """8. Hash functions and keys of the SOD, of the hashes of the groups, and of every certificate up to the anchor."""

    def result(outcome: Result, reason: Reason, detail: str = "") -> CheckResult:
        return CheckResult(Check.ALGORITHMS, outcome, reason, "", detail)

    rule = policy.algorithm_rule((signing.time or now).date())
    if rule is None:
        return result(Result.FAILED, Reason.ALGORITHM_REFUSED, "no rule for the day of signing")
    refused = policy.refused_deviations & refusable_deviations(signing.deviations, signer)
    if refused:
        return result(Result.FAILED, Reason.DEVIATION_REFUSED, ", ".join(sorted(refused)))
    if not policy.expired_signer and not signer.is_valid_at(now):
        return result(Result.FAILED, Reason.SIGNER_EXPIRED_NOW)
    try:
        weak = _weaknesses(signer, signing.issuers, _hash_names(signing.sod), rule)
        weak += _weak_links(signing.issuers, policy.algorithms)
    except ToolkitError as error:
        return result(Result.INDETERMINATE, Reason.UNSUPPORTED, error.message)
    if weak:
        return result(Result.FAILED, Reason.ALGORITHM_REFUSED, ", ".join(weak))
    return result(Result.PASSED, Reason.VERIFIED)


def _hash_names(sod: SOD | None) -> tuple[tuple[str, str], ...]:
    """The hash functions of the SOD and what each is used for."""
    if sod is None:
        return ()
    info = sod.signed_data.signer
    algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=info.hash_name)
    return ("SOD", algorithm.hash_name), ("content", info.hash_name), ("groups", sod.hash_algorithm)


@lru_cache(maxsize=1024)
def _weaknesses(
    signer: Certificate,
    issuers: tuple[Certificate, ...],
    hash_names: tuple[tuple[str, str], ...],
    rule: AlgorithmRule,
) -> tuple[str, ...]:
    """What is weaker than the rule allows, in words."""
    own = parse_signature_algorithm(signer.signature_algorithm.raw, digest=None).hash_name
    used = (("certificate", own), *hash_names)
    weak = [f"{name} of the {place}" for place, name in used if name not in rule.hashes]
    for owner, certificate in zip(("signer", "CSCA"), (signer, *issuers), strict=False):
        kind, bits, least = _strength(certificate.public_key, rule)
        if bits < least:
            weak.append(f"{kind} key of {bits} bits of the {owner}")
    return tuple(weak)


@lru_cache(maxsize=1024)
def _weak_links(issuers: tuple[Certificate, ...], rules: tuple[AlgorithmRule, ...]) -> tuple[str, ...]:
    """What is too weak further up, for the day on which each key signed the next: links carry trust by signatures.

    The signature of the last certificate carries none: its owner or a list speaks for it.
    """
    weak = []
    for below, above in pairwise(issuers):
        rule = rule_for(rules, below.not_before.date())
        if rule is None:
            weak.append(f"no rule for the day of the link {below.fingerprint[:16]}")
            continue
        hash_name = parse_signature_algorithm(below.signature_algorithm.raw, digest=None).hash_name
        if hash_name not in rule.hashes:
            weak.append(f"{hash_name} of the link {below.fingerprint[:16]}")
        kind, bits, least = _strength(above.public_key, rule)
        if bits < least:
            weak.append(f"{kind} key of {bits} bits of the CSCA {above.fingerprint[:16]}")
    return tuple(weak)


def _strength(key: PublicKey, rule: AlgorithmRule) -> tuple[str, int, int]:
    """Kind and size of a key, and the least size that the rule allows."""
    if isinstance(key, RSAPublicKey):
        return "RSA", key.n.bit_length(), rule.rsa_bits
    if isinstance(key, ECPublicKey):
        return "EC", key.curve.n.bit_length(), rule.ec_bits
    if isinstance(key, DSAPublicKey):
        return "DSA", min(key.bits, _COMPARABLE_BITS.get(key.q.bit_length(), 0)), rule.rsa_bits
    return "DH", 0, 1  # signs nothing
