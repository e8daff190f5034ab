"""Passive Authentication: what the state signed, and whether what was read is that (ICAO Doc 9303-11 §5.1).

Steps, numbered as in the report:
 2. the signature of EF.SOD over its own content, by the document signer inside it (RFC 5652 §5.4);
 3. the document signer's certificate, by a CSCA of the trust store (Doc 9303-12 §7.1);
 4. both valid when the SOD was signed;
 9. the hash of each group, over the bytes that the card sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hmac import compare_digest

from apdu.errors import ToolkitError
from chipid.crypto.digests import digest
from chipid.errors import SignatureError, UnsupportedError
from chipid.evidence.evidence import Evidence, FileOutcome, FileRecord
from chipid.lds.ef_sod import SOD, parse_sod
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import KeyUsage
from chipid.pki.path import IssuerUnknownError, PathReason
from chipid.trust.store import Anchor, TrustStore
from chipid.verification.report import Check, CheckResult, Facts, FactValue, Reason, Result, unread_fact
from chipid.verification.sod_signature import check_signature
from chipid.verification.states import certificate_countries

CLOCK_TOLERANCE = timedelta(days=1)  # clocks and time zones of who signs and of who judges


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveAuthentication:
    """The checks made, and what the later ones build on."""

    signature: tuple[CheckResult, ...]  # 2 to 4
    hashes: tuple[CheckResult, ...]  # 9
    sod: SOD | None = None
    signer: Certificate | None = None
    path: tuple[Anchor, ...] = ()  # from the signer's issuer to where trust begins
    signing_time: datetime | None = None


def authenticate_passively(
    evidence: Evidence, trust: TrustStore, *, issuing_state: str | None, issued_on: date | None, now: datetime
) -> PassiveAuthentication:
    """Make checks 2 to 4 and 9.

    ``issuing_state`` is what the MRZ of DG1 says, None if DG1 was not read; ``issued_on`` the document's date of
    issue, for an SOD without signing time.
    """
    record = evidence.record(FileId.SOD)
    if record is None or record.outcome is FileOutcome.ABSENT:
        return _without_sod(Result.FAILED, Reason.SOD_MISSING)
    if record.outcome is not FileOutcome.READ:
        refused = record.sw is not None
        return _without_sod(*_UNREADABLE if refused else (Result.FAILED, Reason.SOD_MALFORMED))
    try:
        sod = parse_sod(record.content)
    except UnsupportedError:
        return _without_sod(Result.INDETERMINATE, Reason.UNSUPPORTED)
    except ToolkitError:
        return _without_sod(Result.FAILED, Reason.SOD_MALFORMED)

    # 2. The signature of the SOD.
    signature, signer = check_signature(sod.signed_data, FileId.SOD, trust)
    # 3. The chain. A signer that did not sign this SOD has no chain worth the name.
    chain, path = check_chain(signer, trust, issuing_state)
    # 4. Validity at the time of signing.
    signing_time = sod.signed_data.signer.signing_time
    validity = check_validity(signer, path, signing_time=signing_time, issued_on=issued_on, now=now)
    # 9. The hashes.
    return PassiveAuthentication(
        signature=(signature, chain, validity),
        hashes=tuple(_check_hashes(evidence, sod)),
        sod=sod,
        signer=signer,
        path=path,
        signing_time=signing_time,
    )


def _without_sod(result: Result, reason: Reason) -> PassiveAuthentication:
    """Nothing vouches for anything: the signature check ends with ``result``, what depends on it stays open."""
    first = CheckResult(check=Check.SOD_SIGNATURE, result=result, reason=reason, subject=FileId.SOD.label)
    chain, validity, hashes = (
        CheckResult(check=check, result=Result.INDETERMINATE, reason=reason)
        for check in (Check.SIGNER_CHAIN, Check.SIGNER_VALIDITY, Check.GROUP_HASH)
    )
    return PassiveAuthentication(signature=(first, chain, validity), hashes=(hashes,))


def check_chain(
    signer: Certificate | None, trust: TrustStore, issuing_state: str | None
) -> tuple[CheckResult, tuple[Anchor, ...]]:
    """3. Find the CSCA that issued the signer, over link certificates where its key has changed.

    A missing issuer is "could not check". Only an issuer that the signer names by key identifier and name,
    and whose key did not sign it, makes a forgery.
    """

    if signer is None:
        return CheckResult(Check.SIGNER_CHAIN, Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND), ()
    return trust.conclude(("chain", signer, issuing_state), lambda _: _find_chain(signer, trust, issuing_state))


def _find_chain(
    signer: Certificate, trust: TrustStore, issuing_state: str | None
) -> tuple[CheckResult, tuple[Anchor, ...]]:
    def result(outcome: Result, reason: Reason, *facts: tuple[str, FactValue]) -> CheckResult:
        return CheckResult(Check.SIGNER_CHAIN, outcome, reason, facts=facts)

    try:
        path = trust.path(signer)
    except SignatureError:
        return result(Result.FAILED, Reason.SIGNER_SIGNATURE_WRONG, ("named-issuer", signer.issuer)), ()
    except IssuerUnknownError as error:
        return result(Result.INDETERMINATE, _UNKNOWN[error.reason], ("named-issuer", signer.issuer)), ()
    except ToolkitError as error:
        return result(Result.INDETERMINATE, Reason.UNSUPPORTED, ("problem", error.message)), ()
    outcome, reason = _authority(signer, path[0].certificate, issuing_state)
    links = (("links", len(path) - 1),) if len(path) > 1 else ()
    unread = unread_fact(signer.unread_extensions) if reason is Reason.SIGNER_EXTENSION_UNREAD else ()
    return result(outcome, reason, ("issuer", path[0].record.subject), *links, *unread), path


_UNKNOWN = {
    PathReason.NO_ANCHORS: Reason.TRUST_STORE_EMPTY,
    PathReason.NO_COUNTRY: Reason.ISSUER_COUNTRY_UNKNOWN,
    PathReason.NO_KEY: Reason.ISSUER_KEY_UNKNOWN,
}


def _authority(signer: Certificate, issuer: Certificate, issuing_state: str | None) -> tuple[Result, Reason]:
    """May this signer sign this document (Doc 9303-11 §5.1.1, further checks 1 and 2)?

    A CSCA issues certificates for other purposes too, such as master lists; and whoever trusts many States must not
    let one of them make the documents of another. What can be read decides against the signer, and what cannot be
    read keeps the question open (RFC 5280 §4.2).
    """
    usage, constraints = signer.key_usage, signer.basic_constraints
    for_documents = signer.document_types is not None or signer.extended_key_usage is None
    may_sign = usage is None or KeyUsage.DIGITAL_SIGNATURE in usage
    may_issue = constraints is not None and constraints.is_issuer
    if not (for_documents and may_sign) or may_issue:
        return Result.FAILED, Reason.SIGNER_NOT_AUTHORISED
    countries = () if issuing_state is None else certificate_countries(issuing_state)
    if countries and issuer.country and issuer.country not in countries:
        return Result.FAILED, Reason.ISSUER_OF_ANOTHER_STATE
    if signer.unread_extensions:
        return Result.INDETERMINATE, Reason.SIGNER_EXTENSION_UNREAD
    if issuing_state is not None and not (countries and issuer.country):
        return Result.INDETERMINATE, Reason.ISSUING_STATE_UNKNOWN
    return Result.PASSED, Reason.VERIFIED


def check_validity(
    signer: Certificate | None,
    path: tuple[Anchor, ...],
    *,
    signing_time: datetime | None,
    issued_on: date | None,
    now: datetime,
) -> CheckResult:
    """4. The signer, and its issuer with it, must have been valid when they signed; today does not matter."""

    def result(outcome: Result, reason: Reason, *facts: tuple[str, FactValue]) -> CheckResult:
        return CheckResult(Check.SIGNER_VALIDITY, outcome, reason, "", facts)

    if signer is None:
        return result(Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND)
    valid = _span(signer)
    for below, above in certifying_steps(signer, path):
        if not above.is_valid_at(below.not_before):
            certified = ("certified", below.not_before.date())
            return result(Result.FAILED, Reason.ISSUER_EXPIRED_AT_SIGNING, *_span(above), certified)
    if signing_time is not None:
        signed = ("signed", signing_time.date())
        if not signer.is_valid_at(signing_time):
            return result(Result.FAILED, Reason.SIGNER_EXPIRED_AT_SIGNING, *valid, signed)
        if signing_time - now > CLOCK_TOLERANCE:
            # Either clock may be wrong, or somebody asks about a day on which there was no such document.
            return result(Result.INDETERMINATE, Reason.SIGNED_LATER, *valid, signed, ("judged", now.date()))
        return result(Result.PASSED, Reason.VERIFIED, *valid, signed)
    # Without a signing time, a signer that is still valid was valid then, and so was one that was valid on the day of
    # issue. Beyond that the day proves nothing: documents are made before and after the date that they bear.
    if signer.is_valid_at(now):
        return result(Result.PASSED, Reason.VERIFIED, *valid, ("judged", now.date()))
    if issued_on is not None and signer.not_before.date() <= issued_on <= signer.not_after.date():
        return result(Result.PASSED, Reason.VERIFIED, *valid, ("issued", issued_on))
    return result(Result.INDETERMINATE, Reason.SIGNING_TIME_UNKNOWN, *valid)


def certifying_steps(signer: Certificate, path: tuple[Anchor, ...]) -> Iterator[tuple[Certificate, Certificate]]:
    """Every certificate that is believed because of a signature alone, with the one whose key made that signature.

    The signer's is one, and so is a link that neither its owner nor a list speaks for: whoever has an old key could
    make such links for ever.
    """
    below = signer
    for above in path:
        yield below, above.certificate
        if above.record.is_vouched_directly:
            return
        below = above.certificate


@lru_cache(maxsize=1024)
def _span(certificate: Certificate) -> Facts:
    return ("valid-from", certificate.not_before.date()), ("valid-to", certificate.not_after.date())


def _check_hashes(evidence: Evidence, sod: SOD) -> Iterator[CheckResult]:
    """One check for each group that was read or that the SOD lists."""
    algorithm, hashes = sod.hash_algorithm, sod.data_group_hashes
    facts = (("hash", algorithm),)
    records = evidence.by_file
    for number in sorted({*hashes, *filter(None, map(_NUMBERS.get, records))}):
        group = DATA_GROUPS[number - 1]
        expected, record = hashes.get(number), records.get(group)
        if record is None:
            yield _not_read(group)
        elif expected is not None or record.outcome in _WAS_READ:
            result, reason = _compare_hash(group, record, expected, algorithm)
            yield CheckResult(Check.GROUP_HASH, result, reason, group.label, facts)


@lru_cache(maxsize=256)
def _not_read(group: FileId) -> CheckResult:
    return CheckResult(Check.GROUP_HASH, Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ, group.label)


_NUMBERS = {group: number for number, group in enumerate(DATA_GROUPS, 1)}
# "Could not check" is neither passed nor failed: the card refused a file that it should give.
_UNREADABLE = (Result.INDETERMINATE, Reason.FILE_UNREADABLE)
_WAS_READ = (FileOutcome.READ, FileOutcome.REDACTED)
# Locked for good to terminals without Terminal Authentication; any other group opens with the chip (Doc 9303-11 §7.1).
_LOCKED_GROUPS = frozenset({FileId.DG3, FileId.DG4})


def _compare_hash(
    group: FileId, record: FileRecord, expected: bytes | None, hash_algorithm: str
) -> tuple[Result, Reason]:
    match record.outcome:
        case FileOutcome.ABSENT:
            return Result.FAILED, Reason.GROUP_MISSING
        case FileOutcome.DENIED:
            locked = group in _LOCKED_GROUPS
            return Result.NOT_APPLICABLE if locked else Result.INDETERMINATE, Reason.GROUP_LOCKED
        case FileOutcome.FAILED:
            # Without a refusal there was an answer, and what came was no such file.
            return _UNREADABLE if record.sw is not None else (Result.FAILED, Reason.GROUP_MALFORMED)
    if expected is None:
        return Result.FAILED, Reason.GROUP_NOT_IN_SOD
    if record.outcome is FileOutcome.REDACTED:
        # What was taken out is not vouched for. Its digest only keeps a wrong file from being hidden by taking it out.
        same = compare_digest(record.digest, expected)
        return (Result.NOT_APPLICABLE, Reason.GROUP_REDACTED) if same else (Result.FAILED, Reason.HASH_WRONG)
    if not compare_digest(digest(hash_algorithm, record.content), expected):
        return Result.FAILED, Reason.HASH_WRONG
    return Result.PASSED, Reason.VERIFIED
