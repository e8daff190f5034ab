"""More that must be true of the document signer: checks 5 to 8.

5. it, and the CSCA above it, used their keys within the periods that their certificates give (Doc 9303-12 §7.1.1);
6. no revocation list names it or its issuer (§7.2);
7. it may sign this type of document (§7.1.1.6);
8. the algorithms and keys are good enough for the day they were used, as the policy says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from apdu.errors import ToolkitError
from chipid.crypto.keys import DSAPublicKey, ECPublicKey, PublicKey, RSAPublicKey
from chipid.crypto.signatures import parse_signature_algorithm
from chipid.lds.ef_sod import SOD
from chipid.pki.certificate import Certificate
from chipid.trust.revocation import CRLState, CRLStatus
from chipid.trust.store import Anchor, TrustStore
from chipid.verification.document_codes import is_of_type
from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.report import Check, CheckResult, Reason, Result
from chipid.verification.signer_profile import refusable_deviations

# The order of a DSA group bounds its strength as the modulus does (NIST SP 800-57 part 1, Table 2).
_COMPARABLE_BITS = {160: 1024, 224: 2048, 256: 4096}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signed, under whom, and when; None for what is not known."""

    sod: SOD | None
    signer: Certificate | None
    path: tuple[Anchor, ...]
    time: datetime | None


def check_signer(
    signing: Signing, trust: TrustStore, policy: Policy, *, document_code: str | None, now: datetime
) -> tuple[CheckResult, ...]:
    """Make checks 5 to 8. ``document_code`` is the first field of the machine readable zone."""
    if signing.signer is None:
        kinds = (Check.SIGNER_KEY_PERIOD, Check.SIGNER_REVOCATION, Check.DOCUMENT_TYPE, Check.ALGORITHMS)
        return tuple(
            CheckResult(check=check, result=Result.INDETERMINATE, reason=Reason.SIGNER_NOT_FOUND) for check in kinds
        )
    return (
        _check_key_period(signing.signer, signing),
        _check_revocation(signing.signer, signing.path, trust, policy, now),
        _check_document_type(signing.signer, document_code),
        _check_algorithms(signing.signer, signing, policy, now),
    )


def _check_key_period(signer: Certificate, signing: Signing) -> CheckResult:
    """5. The issuer's key when it certified the signer, the signer's when it signed."""

    def result(outcome: Result, reason: Reason, subject: str = "") -> CheckResult:
        return CheckResult(check=Check.SIGNER_KEY_PERIOD, result=outcome, reason=reason, subject=subject)

    periods = []
    if signing.path:
        issuer = signing.path[0].certificate
        periods.append(("CSCA", issuer.private_key_usage_period, signer.not_before, Reason.ISSUER_KEY_PERIOD_OVER))
    if signing.time is not None:
        periods.append(("DS", signer.private_key_usage_period, signing.time, Reason.SIGNER_KEY_PERIOD_OVER))
    known = [entry for entry in periods if entry[1] is not None]
    for subject, period, moment, reason in known:
        if period is not None and not period.includes(moment):
            return result(Result.FAILED, reason, subject)
    if not known:
        return result(Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    return result(Result.PASSED, Reason.VERIFIED, " ".join(subject for subject, *_ in known))


def _check_revocation(
    signer: Certificate, path: tuple[Anchor, ...], trust: TrustStore, policy: Policy, now: datetime
) -> CheckResult:
    """6. The worst that the state's lists say of the signer and of each certificate above it."""

    def result(outcome: Result, reason: Reason, detail: str = "") -> CheckResult:
        return CheckResult(check=Check.SIGNER_REVOCATION, result=outcome, reason=reason, detail=detail)

    statuses = [trust.crl_status(one, now) for one in (signer, *(anchor.certificate for anchor in path))]
    revoked = next((status for status in statuses if status.state is CRLState.REVOKED), None)
    if revoked is not None:
        since = "" if revoked.revoked_at is None else f"since {revoked.revoked_at:%Y-%m-%d}"
        return result(Result.FAILED, Reason.SIGNER_REVOKED, since)
    own = statuses[0]
    listed = "" if own.crl is None else f"list of {own.crl.this_update:%Y-%m-%d}"
    if own.state is CRLState.MISSING:
        return result(Result.INDETERMINATE, Reason.CRL_MISSING)
    if own.state is CRLState.STALE or _is_too_old(own, policy, now):
        return result(Result.INDETERMINATE, Reason.CRL_STALE, listed)
    return result(Result.PASSED, Reason.VERIFIED, listed)


def _is_too_old(status: CRLStatus, policy: Policy, now: datetime) -> bool:
    limit = policy.crl_days
    return limit is not None and status.crl is not None and now - status.crl.this_update > timedelta(days=limit)


def _check_document_type(signer: Certificate, document_code: str | None) -> CheckResult:
    """7. A single letter in the signer's list covers every document code that begins with it."""

    def result(outcome: Result, reason: Reason, detail: str = "") -> CheckResult:
        return CheckResult(check=Check.DOCUMENT_TYPE, result=outcome, reason=reason, detail=detail)

    if signer.document_types is None:
        return result(Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    if document_code is None:
        return result(Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ)
    code = document_code.rstrip("<")
    allowed = tuple(kind.rstrip("<") for kind in signer.document_types)
    detail = f"{code} among {', '.join(allowed)}"
    if any(is_of_type(code, kind) for kind in allowed):
        return result(Result.PASSED, Reason.VERIFIED, detail)
    return result(Result.FAILED, Reason.DOCUMENT_TYPE_WRONG, detail)


def _check_algorithms(signer: Certificate, signing: Signing, policy: Policy, now: datetime) -> CheckResult:
    """8. Hash functions and keys of the SOD, of the hashes of the groups, and of every certificate up to the anchor."""

    def result(outcome: Result, reason: Reason, detail: str = "") -> CheckResult:
        return CheckResult(check=Check.ALGORITHMS, result=outcome, reason=reason, detail=detail)

    rule = policy.algorithm_rule((signing.time or now).date())
    if rule is None:
        return result(Result.FAILED, Reason.ALGORITHM_REFUSED, "no rule for the day of signing")
    deviations = refusable_deviations(signing.sod, signer, (anchor.certificate for anchor in signing.path))
    refused = sorted(deviations & policy.refused_deviations)
    if refused:
        return result(Result.FAILED, Reason.DEVIATION_REFUSED, ", ".join(refused))
    if not policy.expired_signer and not signer.is_valid_at(now):
        return result(Result.FAILED, Reason.SIGNER_EXPIRED_NOW)
    try:
        weak = [*_weaknesses(signer, signing, rule), *_weak_links(signing.path, policy)]
    except ToolkitError as error:
        return result(Result.INDETERMINATE, Reason.UNSUPPORTED, error.message)
    if weak:
        return result(Result.FAILED, Reason.ALGORITHM_REFUSED, ", ".join(weak))
    return result(Result.PASSED, Reason.VERIFIED)


def _weaknesses(signer: Certificate, signing: Signing, rule: AlgorithmRule) -> list[str]:
    """What is weaker than the rule allows, in words."""
    hashes = {"certificate": parse_signature_algorithm(signer.signature_algorithm.raw, digest=None).hash_name}
    if signing.sod is not None:
        info = signing.sod.signed_data.signer
        algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=info.hash_name)
        hashes |= {"SOD": algorithm.hash_name, "content": info.hash_name, "groups": signing.sod.hash_algorithm}
    weak = [f"{name} of the {place}" for place, name in hashes.items() if name not in rule.hashes]
    keys = {"signer": signer.public_key}
    if signing.path:
        keys["CSCA"] = signing.path[0].certificate.public_key
    for owner, key in keys.items():
        kind, bits, least = _strength(key, rule)
        if bits < least:
            weak.append(f"{kind} key of {bits} bits of the {owner}")
    return weak


def _weak_links(path: tuple[Anchor, ...], policy: Policy) -> Iterator[str]:
    """What is too weak further up, for the day on which each key signed the next: links carry trust by signatures.

    The signature of the last certificate carries none: its owner or a list speaks for it.
    """
    for below, above in pairwise(path):
        rule = policy.algorithm_rule(below.certificate.not_before.date())
        if rule is None:
            yield f"no rule for the day of the link {below.fingerprint[:16]}"
            continue
        hash_name = parse_signature_algorithm(below.certificate.signature_algorithm.raw, digest=None).hash_name
        if hash_name not in rule.hashes:
            yield f"{hash_name} of the link {below.fingerprint[:16]}"
        kind, bits, least = _strength(above.certificate.public_key, rule)
        if bits < least:
            yield f"{kind} key of {bits} bits of the CSCA {above.fingerprint[:16]}"


def _strength(key: PublicKey, rule: AlgorithmRule) -> tuple[str, int, int]:
    """Kind and size of a key, and the least size that the rule allows."""
    if isinstance(key, RSAPublicKey):
        return "RSA", key.n.bit_length(), rule.rsa_bits
    if isinstance(key, ECPublicKey):
        return "EC", key.curve.n.bit_length(), rule.ec_bits
    if isinstance(key, DSAPublicKey):
        return "DSA", min(key.bits, _COMPARABLE_BITS.get(key.q.bit_length(), 0)), rule.rsa_bits
    return "DH", 0, 1  # signs nothing
