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
from chipid.asn1 import oids
from chipid.crypto.keys import DSAPublicKey, ECPublicKey, PublicKey, RSAPublicKey, describe_key
from chipid.crypto.signatures import parse_signature_algorithm
from chipid.lds.ef_sod import SOD
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import Period
from chipid.trust.records import CRLRecord
from chipid.trust.revocation import CRLState, CRLStatus
from chipid.trust.store import TrustStore
from chipid.verification.document_codes import is_of_type
from chipid.verification.policy import AlgorithmRule, Policy, rule_for
from chipid.verification.report import Check, CheckResult, Facts, FactValue, Reason, Result, unread_fact
from chipid.verification.signer_chain import Chain
from chipid.verification.signer_profile import refusable_deviations, signing_deviations

# The order of a DSA group bounds its strength as the modulus does (NIST SP 800-57 part 1, Table 2).
_COMPARABLE_BITS = {160: 1024, 224: 2048, 256: 4096}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signed, under whom, when, and how the standards were departed from; None for what is not known.

    ``links`` are those further up that are believed for their signature alone, each with the certificate above it.
    """

    sod: SOD | None
    signer: Certificate | None
    issuers: tuple[Certificate, ...]  # from the signer's own to where trust begins
    links: tuple[tuple[Certificate, Certificate], ...]
    time: datetime | None
    deviations: tuple[str, ...]

    @classmethod
    def of(cls, sod: SOD | None, signer: Certificate | None, chain: Chain, time: datetime | None) -> Signing:
        issuers = tuple(anchor.certificate for anchor in chain.path)
        deviations = signing_deviations(sod, signer, issuers)
        return cls(sod=sod, signer=signer, issuers=issuers, links=chain.links, time=time, deviations=deviations)


def check_signer(
    signing: Signing, trust: TrustStore, policy: Policy, *, document_code: str | None, now: datetime
) -> tuple[CheckResult, ...]:
    """Make checks 5 to 8. ``document_code`` is the first field of the machine readable zone.

    What comes out is remembered for other documents and moments (:mod:`chipid.verification.signer_memory`), so no fact
    may hold the time of signing, nor ``now``.
    """
    signer = signing.signer
    if signer is None:
        kinds = (Check.SIGNER_KEY_PERIOD, Check.SIGNER_REVOCATION, Check.DOCUMENT_TYPE, Check.ALGORITHMS)
        return tuple(CheckResult(check, Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND) for check in kinds)
    return (
        _check_key_period(signer, signing),
        _check_revocation((signer, *signing.issuers), trust, policy, now),
        _check_document_type(signer, document_code),
        _check_algorithms(signer, signing, policy, now),
    )


def _check_key_period(signer: Certificate, signing: Signing) -> CheckResult:
    """5. The issuer's key when it certified the signer, the signer's when it signed."""

    def result(outcome: Result, reason: Reason, subject: str, facts: Facts = ()) -> CheckResult:
        return CheckResult(Check.SIGNER_KEY_PERIOD, outcome, reason, subject, facts)

    issuer = signing.issuers[0].private_key_usage_period if signing.issuers else None
    of_issuer = _ends(issuer, "csca-key-from", "csca-key-to")
    if of_issuer:
        of_issuer = (*of_issuer, ("certified", signer.not_before.date()))
    if issuer is not None and not issuer.includes(signer.not_before):
        return result(Result.FAILED, Reason.ISSUER_KEY_PERIOD_OVER, "CSCA", of_issuer)
    own = None if signing.time is None else signer.private_key_usage_period
    of_signer = _ends(own, "key-from", "key-to")
    if own is not None and signing.time is not None and not own.includes(signing.time):
        return result(Result.FAILED, Reason.SIGNER_KEY_PERIOD_OVER, "DS", of_signer)
    for below, above in signing.links:
        period = above.private_key_usage_period
        if period is not None and not period.includes(below.not_before):
            # Many a State makes its link late. It may as well be whoever came by the old key.
            made = (("certified", below.not_before.date()), ("link", below.fingerprint))
            facts = (*_ends(period, "csca-key-from", "csca-key-to"), *made)
            return result(Result.INDETERMINATE, Reason.ISSUER_KEY_PERIOD_OVER, "CSCA", facts)
    certifying = (*signing.issuers[:1], *(above for _, above in signing.links))
    for one, subject in ((signer, "DS"), *((one, "CSCA") for one in certifying)):
        if oids.PRIVATE_KEY_USAGE_PERIOD in one.damaged_extensions:
            unread = unread_fact([oids.PRIVATE_KEY_USAGE_PERIOD])
            return result(Result.INDETERMINATE, Reason.SIGNER_EXTENSION_UNREAD, subject, unread)
    if own is None:
        if issuer is None:
            return result(Result.NOT_APPLICABLE, Reason.NOT_STATED, "")
        return result(Result.PASSED, Reason.VERIFIED, "CSCA", of_issuer)
    return result(Result.PASSED, Reason.VERIFIED, "DS" if issuer is None else "CSCA DS", of_issuer + of_signer)


def _ends(period: Period | None, first: str, last: str) -> Facts:
    """The days on which a period begins and ends, under their names."""
    ends = () if period is None else ((first, period.not_before), (last, period.not_after))
    return tuple((name, moment.date()) for name, moment in ends if moment is not None)


def _check_revocation(
    certificates: Iterable[Certificate], trust: TrustStore, policy: Policy, now: datetime
) -> CheckResult:
    """6. The worst that the state's lists say of the signer, who comes first, and of each certificate above it.

    Where a certificate of a CSCA is revoked, its key is, whatever other certificates the key has.
    """

    def result(outcome: Result, reason: Reason, facts: Facts = ()) -> CheckResult:
        return CheckResult(Check.SIGNER_REVOCATION, outcome, reason, "", facts)

    statuses = [(one, trust.crl_status(one, now)) for each in certificates for one in trust.bearers(each)]
    for one, status in statuses:
        if status.state is CRLState.REVOKED:
            return result(Result.FAILED, Reason.SIGNER_REVOKED, _revoked(one, status))
    own = statuses[0][1]
    if own.crl is None:
        return result(Result.INDETERMINATE, Reason.CRL_MISSING)
    if own.state is CRLState.STALE or _is_too_old(own.crl, policy, now):
        return result(Result.INDETERMINATE, Reason.CRL_STALE, _listed(own.crl))
    return result(Result.PASSED, Reason.VERIFIED, _listed(own.crl))


def _listed(crl: CRLRecord) -> Facts:
    """Which list it is."""
    until = () if crl.next_update is None else (("next-list", crl.next_update.date()),)
    return ("list-date", crl.this_update.date()), *until, ("list", crl.fingerprint)


def _revoked(certificate: Certificate, status: CRLStatus) -> Facts:
    """What was revoked, since when and why, and by which list."""
    since = () if status.revoked_at is None else (("revoked", status.revoked_at.date()),)
    why = () if status.reason is None else (("revocation-reason", status.reason.name.lower().replace("_", "-")),)
    listed = () if status.crl is None else _listed(status.crl)
    return ("certificate", certificate.fingerprint), *since, *why, *listed


def _is_too_old(crl: CRLRecord, policy: Policy, now: datetime) -> bool:
    return policy.crl_days is not None and now - crl.this_update > timedelta(days=policy.crl_days)


@lru_cache(maxsize=1024)
def _check_document_type(signer: Certificate, document_code: str | None) -> CheckResult:
    """7. A single letter in the signer's list covers every document code that begins with it."""
    document_types = signer.document_types

    def result(outcome: Result, reason: Reason, facts: Facts = ()) -> CheckResult:
        return CheckResult(Check.DOCUMENT_TYPE, outcome, reason, "", facts)

    if oids.ICAO_DOCUMENT_TYPE_LIST in signer.damaged_extensions:
        unread = unread_fact([oids.ICAO_DOCUMENT_TYPE_LIST])
        return result(Result.INDETERMINATE, Reason.SIGNER_EXTENSION_UNREAD, unread)
    if document_types is None:
        return result(Result.NOT_APPLICABLE, Reason.NOT_STATED)
    if document_code is None:
        return result(Result.INDETERMINATE, Reason.GROUP_NOT_READ)
    code = document_code.rstrip("<")
    allowed = tuple(kind.rstrip("<") for kind in document_types)
    facts = (("document-code", code), ("allowed-codes", allowed))
    if any(is_of_type(code, kind) for kind in allowed):
        return result(Result.PASSED, Reason.VERIFIED, facts)
    return result(Result.FAILED, Reason.DOCUMENT_TYPE_WRONG, facts)


def _check_algorithms(signer: Certificate, signing: Signing, policy: Policy, now: datetime) -> CheckResult:
    """8. Hash functions and keys of the SOD, of the hashes of the groups, and of every certificate up to the anchor."""

    def result(outcome: Result, reason: Reason, facts: Facts = ()) -> CheckResult:
        return CheckResult(Check.ALGORITHMS, outcome, reason, "", facts)

    rule = policy.algorithm_rule((signing.time or now).date())
    if rule is None:
        return result(Result.FAILED, Reason.ALGORITHM_REFUSED, (("no-rule", "signed"),))
    refused = policy.refused_deviations & refusable_deviations(signing.deviations, signer)
    if refused:
        return result(Result.FAILED, Reason.DEVIATION_REFUSED, (("deviations", tuple(sorted(refused))),))
    if not policy.expired_signer and not signer.is_valid_at(now):
        return result(Result.FAILED, Reason.SIGNER_EXPIRED_NOW, (("valid-to", signer.not_after.date()),))
    try:
        hash_names = _hash_names(signer, signing.sod)
        weak = _weaknesses(signer, signing.issuers, hash_names, rule)
        weak += _weak_links(signing.issuers, policy.algorithms)
    except ToolkitError as error:
        return result(Result.INDETERMINATE, Reason.UNSUPPORTED, (("problem", error.message),))
    if weak:
        return result(Result.FAILED, Reason.ALGORITHM_REFUSED, weak)
    used = ("hashes", tuple(dict.fromkeys(name for _, name in hash_names)))
    return result(Result.PASSED, Reason.VERIFIED, (used, *_keys(signer, signing.issuers)))


def _hash_names(signer: Certificate, sod: SOD | None) -> tuple[tuple[str, str], ...]:
    """The hash functions, each under the name of the fact that tells what it is used for."""
    own = ("hash-of-certificate", parse_signature_algorithm(signer.signature_algorithm.raw, digest=None).hash_name)
    if sod is None:
        return (own,)
    info = sod.signed_data.signer
    algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=info.hash_name)
    return (
        own,
        ("hash-of-sod", algorithm.hash_name),
        ("hash-of-content", info.hash_name),
        ("hash-of-groups", sod.hash_algorithm),
    )


def _keys(signer: Certificate, issuers: tuple[Certificate, ...]) -> Facts:
    pairs = zip(("signer-key", "csca-key"), (signer, *issuers), strict=False)
    return tuple((name, describe_key(certificate.public_key)) for name, certificate in pairs)


@lru_cache(maxsize=1024)
def _weaknesses(
    signer: Certificate,
    issuers: tuple[Certificate, ...],
    hash_names: tuple[tuple[str, str], ...],
    rule: AlgorithmRule,
) -> Facts:
    """What is weaker than the rule allows, and what that is; empty where nothing is."""
    weak: list[tuple[str, FactValue]] = [pair for pair in hash_names if pair[1] not in rule.hashes]
    if weak:
        weak.append(("allowed-hashes", tuple(sorted(rule.hashes))))
    for name, certificate in zip(("signer-key", "csca-key"), (signer, *issuers), strict=False):
        if _is_weak(certificate.public_key, rule):
            weak += ((name, describe_key(certificate.public_key)), _least(certificate.public_key, rule))
    return tuple(weak)


@lru_cache(maxsize=1024)
def _weak_links(issuers: tuple[Certificate, ...], rules: tuple[AlgorithmRule, ...]) -> Facts:
    """What is too weak further up, for the day on which each key signed the next: links carry trust by signatures.

    The signature of the last certificate carries none: its owner or a list speaks for it.
    """
    weak: list[tuple[str, FactValue]] = []
    for below, above in pairwise(issuers):
        rule = rule_for(rules, below.not_before.date())
        if rule is None:
            weak += (("no-rule", "certified"), ("link", below.fingerprint))
            continue
        hash_name = parse_signature_algorithm(below.signature_algorithm.raw, digest=None).hash_name
        if hash_name not in rule.hashes:
            weak += (("hash-of-link", hash_name), ("link", below.fingerprint))
        if _is_weak(above.public_key, rule):
            weak += (("csca-key", describe_key(above.public_key)), ("certificate", above.fingerprint))
            weak.append(_least(above.public_key, rule))
    return tuple(weak)


def _is_weak(key: PublicKey, rule: AlgorithmRule) -> bool:
    """True if the rule wants a larger key, or one of another kind."""
    if isinstance(key, RSAPublicKey):
        return key.bits < rule.rsa_bits
    if isinstance(key, ECPublicKey):
        return key.bits < rule.ec_bits
    if isinstance(key, DSAPublicKey):
        return min(key.bits, _COMPARABLE_BITS.get(key.q.bit_length(), 0)) < rule.rsa_bits
    return True  # a key of Diffie-Hellman signs nothing


def _least(key: PublicKey, rule: AlgorithmRule) -> tuple[str, FactValue]:
    """The size that the rule wants of such a key, in bits."""
    return ("least-ec-bits", rule.ec_bits) if isinstance(key, ECPublicKey) else ("least-rsa-bits", rule.rsa_bits)
