"""The outcomes that must not be confused, one row each: what is wrong, which check says so, how, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

import pytest

from chipid.asn1 import oids
from chipid.evidence.evidence import Evidence, FileOutcome
from chipid.lds.files import FileId
from chipid.trust.store import TrustStore
from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.policy_file import DEFAULT_POLICY, SHIPPED, shipped_policy
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from tests.pki.builders import NOT_BEFORE, extension
from tests.scenarios import readings
from tests.verification import forge, revoking
from tests.verification.test_signer_checks import csca_with, document_types, key_period

DAY = timedelta(days=1)
NOW = readings.NOW
SERIAL = 7  # of every certificate that the builders make
NO_SHA256 = AlgorithmRule(until=None, hashes=frozenset({"sha512"}), rsa_bits=2048, ec_bits=224)


@cache
def sealed() -> Evidence:
    """Everything right: our own signer over the genuine groups."""
    return forge.resigned(forge.genuine())


@cache
def trusted() -> TrustStore:
    """Everything right: the signer's CSCA and a fresh list."""
    return revoking.with_crls(forge.trusting(), revoking.crl(forge.CSCA, []))


def unsigned_group() -> Evidence:
    hashes = forge.hashes_of(forge.genuine())
    del hashes[15]
    return forge.with_file(forge.genuine(), FileId.SOD, forge.sign_hashes(hashes))


def certified(**certificate: object) -> Evidence:
    return forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(**certificate)])  # type: ignore[arg-type]


def flipped(file: FileId, place: int) -> Evidence:
    return forge.with_file(sealed(), file, forge.flipped(sealed().content(file) or b"", place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing wrong, and what must come of it."""

    name: str
    check: Check
    result: Result
    reason: Reason
    evidence: Callable[[], Evidence] = sealed
    store: Callable[[], TrustStore] = trusted
    policy: Policy = DEFAULT_POLICY
    subject: str = ""

    def judge(self, policy: Policy | None = None) -> Report:
        return readings.judged(self.evidence(), self.store(), policy or self.policy)


OPEN, FAILED = Result.INDETERMINATE, Result.FAILED

ROWS = (
    Row(
        name="no store",
        check=Check.SIGNER_CHAIN,
        result=OPEN,
        reason=Reason.TRUST_STORE_EMPTY,
        store=lambda: readings.NOTHING_TRUSTED,
    ),
    Row(
        name="country unknown",
        check=Check.SIGNER_CHAIN,
        result=OPEN,
        reason=Reason.ISSUER_COUNTRY_UNKNOWN,
        store=lambda: forge.trusting(forge.FOREIGN_CSCA),
    ),
    Row(
        name="an extension of the DS that nobody understands",
        check=Check.SIGNER_CHAIN,
        result=OPEN,
        reason=Reason.SIGNER_EXTENSION_UNREAD,
        evidence=lambda: certified(extensions=[extension("1.2.3.4", b"", critical=True)]),
    ),
    Row(
        name="types of documents damaged",
        check=Check.DOCUMENT_TYPE,
        result=OPEN,
        reason=Reason.SIGNER_EXTENSION_UNREAD,
        evidence=lambda: certified(extensions=[extension(oids.ICAO_DOCUMENT_TYPE_LIST, b"")]),
    ),
    Row(
        name="key-usage period of the DS damaged",
        check=Check.SIGNER_KEY_PERIOD,
        result=OPEN,
        reason=Reason.SIGNER_EXTENSION_UNREAD,
        evidence=lambda: certified(extensions=[extension(oids.PRIVATE_KEY_USAGE_PERIOD, b"")]),
        subject="DS",
    ),
    Row(
        name="key unknown",
        check=Check.SIGNER_CHAIN,
        result=OPEN,
        reason=Reason.ISSUER_KEY_UNKNOWN,
        store=lambda: forge.trusting(forge.OTHER_CSCA),
    ),
    Row(
        name="signature of the SOD wrong",
        check=Check.SOD_SIGNATURE,
        result=FAILED,
        reason=Reason.SIGNATURE_WRONG,
        evidence=lambda: flipped(FileId.SOD, -1),
    ),
    Row(
        name="signature of the DS wrong",
        check=Check.SIGNER_CHAIN,
        result=FAILED,
        reason=Reason.SIGNER_SIGNATURE_WRONG,
        evidence=lambda: certified(sign=forge.OTHER_CSCA.sign),
    ),
    Row(
        name="DS revoked",
        check=Check.SIGNER_REVOCATION,
        result=FAILED,
        reason=Reason.SIGNER_REVOKED,
        store=lambda: revoking.with_crls(forge.trusting(), revoking.crl(forge.CSCA, [SERIAL])),
    ),
    Row(
        name="CRL stale",
        check=Check.SIGNER_REVOCATION,
        result=OPEN,
        reason=Reason.CRL_STALE,
        store=lambda: revoking.with_crls(
            forge.trusting(),
            revoking.crl(forge.CSCA, [], this_update=NOW - 100 * DAY, next_update=NOW - DAY),
        ),
        policy=replace(DEFAULT_POLICY, required=DEFAULT_POLICY.required | {Check.SIGNER_REVOCATION}),
    ),
    Row(
        name="CRL missing",
        check=Check.SIGNER_REVOCATION,
        result=OPEN,
        reason=Reason.CRL_MISSING,
        store=forge.trusting,
        policy=replace(DEFAULT_POLICY, required=DEFAULT_POLICY.required | {Check.SIGNER_REVOCATION}),
    ),
    Row(
        name="DS expired at signing",
        check=Check.SIGNER_VALIDITY,
        result=FAILED,
        reason=Reason.SIGNER_EXPIRED_AT_SIGNING,
        evidence=lambda: certified(validity=forge.between(NOT_BEFORE, forge.SIGNED_AT - DAY)),
    ),
    Row(
        name="CSCA out of its key-usage period",
        check=Check.SIGNER_KEY_PERIOD,
        result=FAILED,
        reason=Reason.ISSUER_KEY_PERIOD_OVER,
        store=lambda: revoking.with_crls(csca_with(key_period(None, NOT_BEFORE - DAY)), revoking.crl(forge.CSCA, [])),
    ),
    Row(
        name="hash wrong",
        check=Check.GROUP_HASH,
        subject="DG2",
        result=FAILED,
        reason=Reason.HASH_WRONG,
        evidence=lambda: flipped(FileId.DG2, -1),
    ),
    Row(
        name="group missing",
        check=Check.GROUP_HASH,
        subject="DG2",
        result=FAILED,
        reason=Reason.GROUP_MISSING,
        evidence=lambda: forge.refused(sealed(), FileId.DG2, FileOutcome.ABSENT, 0x6A82),
    ),
    Row(
        name="group not in SOD",
        check=Check.GROUP_HASH,
        subject="DG15",
        result=FAILED,
        reason=Reason.GROUP_NOT_IN_SOD,
        evidence=unsigned_group,
    ),
    Row(
        name="algorithm refused by policy",
        check=Check.ALGORITHMS,
        result=FAILED,
        reason=Reason.ALGORITHM_REFUSED,
        policy=replace(DEFAULT_POLICY, algorithms=(NO_SHA256,)),
    ),
    Row(
        name="signed for another type of document",
        check=Check.DOCUMENT_TYPE,
        result=FAILED,
        reason=Reason.DOCUMENT_TYPE_WRONG,
        evidence=lambda: certified(extensions=[document_types("P")]),
    ),
)


def test_with_nothing_wrong_the_card_is_accepted_by_every_policy() -> None:
    for name in SHIPPED:
        assert readings.judged(sealed(), trusted(), shipped_policy(name)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_one_thing_wrong_ends_in_its_own_reason_and_verdict(row: Row) -> None:
    report = row.judge()
    assert readings.outcome(report, row.check, row.subject) == (row.result, row.reason)
    # "Could not check" is never "forged", and what is wrong never "could not check".
    assert report.verdict is (Verdict.REJECTED if row.result is FAILED else Verdict.UNDECIDED)


def test_no_two_rows_are_told_apart_by_nothing() -> None:
    assert len({(row.check, row.reason) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_other_check_of_the_signature_fails_with_it(row: Row) -> None:
    """Where one thing is wrong, one thing is said to be: the rest of Passive Authentication stands."""
    passive = {
        Check.SOD_SIGNATURE,
        Check.SIGNER_CHAIN,
        Check.SIGNER_VALIDITY,
        Check.SIGNER_KEY_PERIOD,
        Check.SIGNER_REVOCATION,
        Check.DOCUMENT_TYPE,
        Check.ALGORITHMS,
        Check.GROUP_HASH,
    }
    failed = {(one.check, one.subject) for one in row.judge().failed if one.check in passive}
    assert failed <= {(row.check, one.subject) for one in row.judge().failed if one.check is row.check}
    assert len(failed) == (row.result is FAILED)


@pytest.mark.parametrize("policy", SHIPPED)
@pytest.mark.parametrize("row", [row for row in ROWS if row.policy is DEFAULT_POLICY], ids=lambda row: row.name)
def test_no_shipped_policy_accepts_it(row: Row, policy: str) -> None:
    assert row.judge(shipped_policy(policy)).verdict is not Verdict.ACCEPTED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_verified_before_does_not_make_it_right(row: Row) -> None:
    """Caches remember what verified; they must not lend it to what does not."""
    evidence, store = row.evidence(), row.store()
    first = readings.judged(evidence, store, row.policy)
    assert readings.judged(sealed(), trusted()).verdict is Verdict.ACCEPTED
    assert readings.judged(evidence, store, row.policy) == first
