"""Passive Authentication: what the state signed, and whether what was read is that (ICAO Doc 9303-11 §5.1).

Steps, numbered as in the report:
 2. the signature of EF.SOD over its own content, by the document signer inside it (RFC 5652 §5.4);
 3. the document signer's certificate, by a CSCA of the trust store (Doc 9303-12 §7.1);
 4. both valid when the SOD was signed;
 9. the hash of each group, over the bytes that the card sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest

from apdu.errors import ToolkitError
from chipid.crypto.digests import digest
from chipid.errors import UnsupportedError
from chipid.evidence.evidence import Evidence, FileOutcome, FileRecord
from chipid.lds.ef_sod import SOD, parse_sod
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.pki.certificate import Certificate
from chipid.trust.store import TrustStore
from chipid.verification.report import Check, CheckResult, FactValue, Reason, Result
from chipid.verification.signer_chain import NO_CHAIN, Chain, check_chain, valid_days
from chipid.verification.sod_signature import check_signature

CLOCK_TOLERANCE = timedelta(days=1)  # clocks and time zones of who signs and of who judges


@dataclass(frozen=True, slots=True, kw_only=True)
class PassiveAuthentication:
    """The checks made, and what the later ones build on; ``signed_groups`` is empty without an SOD alone."""

    signature: tuple[CheckResult, ...]  # 2 to 4
    hashes: tuple[CheckResult, ...]  # 9
    sod: SOD | None = None
    signed_groups: frozenset[int] = frozenset()  # the numbers of those that the SOD lists
    signer: Certificate | None = None
    chain: Chain = NO_CHAIN
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
    chain = check_chain(signer, trust, issuing_state)
    # 4. Validity at the time of signing.
    signing_time = sod.signed_data.signer.signing_time
    validity = check_validity(signer, chain, signing_time=signing_time, issued_on=issued_on, now=now)
    # 9. The hashes.
    hashes = sod.data_group_hashes
    return PassiveAuthentication(
        signature=(signature, chain.result, validity),
        hashes=tuple(_check_hashes(evidence, hashes, sod.hash_algorithm)),
        sod=sod,
        signed_groups=frozenset(hashes),
        signer=signer,
        chain=chain,
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


def check_validity(
    signer: Certificate | None,
    chain: Chain,
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
    if chain.certified_late:
        return result(Result.FAILED, Reason.ISSUER_EXPIRED_AT_SIGNING, *chain.certified_late)
    valid = valid_days(signer)
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


def _check_hashes(evidence: Evidence, hashes: Mapping[int, bytes], algorithm: str) -> Iterator[CheckResult]:
    """One check for each group that was read or whose hash the SOD lists."""
    facts = (("hash", algorithm),)
    records = evidence.by_file
    for number in sorted({*hashes, *filter(None, map(_NUMBERS.get, records))}):
        group = DATA_GROUPS[number - 1]
        expected, record = hashes.get(number), records.get(group)
        if record is None:
            yield _NOT_READ[number]
        elif expected is not None or record.outcome in _WAS_READ:
            result, reason = _compare_hash(group, record, expected, algorithm)
            yield CheckResult(Check.GROUP_HASH, result, reason, group.label, facts)


_NUMBERS = {group: number for number, group in enumerate(DATA_GROUPS, 1)}
_NOT_READ = {
    number: CheckResult(Check.GROUP_HASH, Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ, group.label)
    for group, number in _NUMBERS.items()
}
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
