"""What the issuing State itself says to be wrong with a document: its deviation list (ICAO Doc 9303-3 §7, -12 §9).

The list explains and warns. It never makes a check pass: where the policy excuses it, a failure that the list tells of
becomes an open question; and a key of Active Authentication that the list gives up proves nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Final

from apdu.errors import ToolkitError
from chipid.lds.files import FileId
from chipid.pki.certificate import Certificate
from chipid.pki.deviation_kinds import DeviationKind
from chipid.pki.deviation_list import AffectedDocuments
from chipid.trust.store import Anchor, TrustStore
from chipid.verification.document_codes import is_of_type
from chipid.verification.plausibility import ParsedFiles
from chipid.verification.report import Check, CheckResult, KnownDeviation, Reason, Result, vouched_groups

# Failures of these may be excused: none of them lets anything be believed that nobody signed.
EXCUSABLE: Final = frozenset({Check.GROUP_HASH, Check.GROUP_FORMAT, Check.COM_AGAINST_SOD, Check.MRZ_CHECK_DIGITS})

_CERTIFICATE_CHECKS: Final = frozenset(
    {
        Check.SIGNER_CHAIN,
        Check.SIGNER_VALIDITY,
        Check.SIGNER_KEY_PERIOD,
        Check.DOCUMENT_TYPE,
        Check.ALGORITHMS,
    }
)
_CONCERNED: Final[Mapping[DeviationKind, frozenset[Check]]] = {
    DeviationKind.CERT_OR_KEY: _CERTIFICATE_CHECKS,
    DeviationKind.DS_SIGNATURE: frozenset({Check.SIGNER_CHAIN}),
    DeviationKind.DS_ENCODING: _CERTIFICATE_CHECKS,
    DeviationKind.CSCA_ENCODING: _CERTIFICATE_CHECKS,
    DeviationKind.AA_KEY_COMPROMISED: frozenset({Check.ACTIVE_AUTHENTICATION}),
    DeviationKind.LDS: frozenset({Check.GROUP_HASH, Check.GROUP_FORMAT, Check.COM_AGAINST_SOD}),
    DeviationKind.DG_MALFORMED: frozenset({Check.GROUP_FORMAT}),
    DeviationKind.DG_HASH_WRONG: frozenset({Check.GROUP_HASH}),
    DeviationKind.SOD_SIGNATURE_WRONG: frozenset({Check.SOD_SIGNATURE}),
    DeviationKind.COM_INCONSISTENT: frozenset({Check.COM_AGAINST_SOD}),
    DeviationKind.MRZ: frozenset({Check.MRZ_CHECK_DIGITS}),
    DeviationKind.MRZ_CHECK_DIGIT_WRONG: frozenset({Check.MRZ_CHECK_DIGITS}),
}
# The failure that a kind explains to the point. The generic kinds name none, and signatures are never excused.
_EXPLAINED: Final = {
    DeviationKind.DG_HASH_WRONG: Reason.HASH_WRONG,
    DeviationKind.DG_MALFORMED: Reason.GROUP_MALFORMED,
    DeviationKind.COM_INCONSISTENT: Reason.LISTS_DIFFER,
    DeviationKind.MRZ_CHECK_DIGIT_WRONG: Reason.CHECK_DIGIT_WRONG,
}
_OF_A_FILE: Final = frozenset({DeviationKind.DG_HASH_WRONG, DeviationKind.DG_MALFORMED})


class _Match(IntEnum):
    """Does an entry mean this document? MAYBE where something that it asks for is not known for sure."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is known of the document because a trusted State signed it; None or empty for what is not."""

    signer_is_sure: bool
    document_code: str | None
    document_number: str | None
    dates: tuple[date, ...]


def find_known_deviations(
    trust: TrustStore,
    *,
    signer: Certificate | None,
    path: tuple[Anchor, ...],
    signing_time: datetime | None,
    files: ParsedFiles,
    checks: tuple[CheckResult, ...],
    now: datetime,
) -> tuple[KnownDeviation, ...]:
    """What the newest deviation list of the signer's State, as of ``now``, says of this document."""
    if signer is None:
        return ()
    stored = trust.deviation_list(path[0].record.country if path else signer.country, now)
    if stored is None:
        return ()
    facts = _facts(files, checks, signing_time)
    return tuple(
        KnownDeviation(
            kind=told.kind.value,
            oid=told.oid,
            subject=told.subject,
            text=told.text or "",
            certain=match is _Match.YES,
            list_fingerprint=stored.record.fingerprint,
            listed_at=stored.record.signing_time,
        )
        for entry in stored.deviation_list.concerning(signer)
        if (match := _match(entry.documents, facts)) is not _Match.NO
        for told in entry.descriptions
    )


def mark_known_deviations(
    checks: tuple[CheckResult, ...], known: tuple[KnownDeviation, ...], excusable: frozenset[Check]
) -> tuple[CheckResult, ...]:
    """The checks with what the list tells of each. Only failures of ``excusable`` checks become open questions."""
    digits = {one.subject for one in known if one.certain and one.kind == DeviationKind.MRZ_CHECK_DIGIT_WRONG}
    return tuple(_mark(check, known, excusable, digits) for check in checks)


def _mark(
    check: CheckResult, known: Iterable[KnownDeviation], excusable: frozenset[Check], digits: set[str]
) -> CheckResult:
    if check.check is Check.ACTIVE_AUTHENTICATION and check.passed:
        given_up = next((one for one in known if one.kind == DeviationKind.AA_KEY_COMPROMISED), None)
        if given_up is not None:  # sure or not: a key that may be in other hands proves nothing
            return check._replace(result=Result.INDETERMINATE, reason=Reason.KEY_COMPROMISED, deviation=given_up.kind)
        return check
    if check.result not in (Result.FAILED, Result.INDETERMINATE):
        return check
    told = [one for one in known if _concerns(one, check)]
    if not told:
        return check
    excused = check.result is Result.FAILED and check.check in excusable & EXCUSABLE
    to_the_point = next((one for one in told if one.certain and _explains(one, check, digits)), None)
    if excused and to_the_point is not None:
        return check._replace(result=Result.INDETERMINATE, reason=Reason.KNOWN_DEVIATION, deviation=to_the_point.kind)
    return check._replace(deviation=(to_the_point or told[0]).kind)


def _concerns(one: KnownDeviation, check: CheckResult) -> bool:
    kind = DeviationKind(one.kind)
    if check.check not in _CONCERNED.get(kind, frozenset()):
        return False
    return kind not in _OF_A_FILE or one.subject in ("", check.subject)


def _explains(one: KnownDeviation, check: CheckResult, digits: set[str]) -> bool:
    """True if what failed is what the list tells, and nothing more."""
    kind = DeviationKind(one.kind)
    if check.reason is not _EXPLAINED.get(kind):
        return False
    if kind is DeviationKind.MRZ_CHECK_DIGIT_WRONG:  # an entry that names no field means every one
        wrong = check.fact("wrong-digits")
        return "" in digits or (isinstance(wrong, tuple) and set(wrong) <= digits)
    return kind not in _OF_A_FILE or one.subject == check.subject


def _facts(files: ParsedFiles, checks: tuple[CheckResult, ...], signing_time: datetime | None) -> _Facts:
    """Only what is vouched for counts: nobody shall write himself into the list, or out of it."""
    passed = {one.check for one in checks if one.passed}
    sure = {Check.SOD_SIGNATURE, Check.SIGNER_CHAIN} <= passed
    vouched = vouched_groups(checks)
    zone = files.dg1.mrz if files.dg1 is not None and FileId.DG1.label in vouched else None
    dates = [] if signing_time is None or not sure else [signing_time.date()]
    if files.dg12 is not None and files.dg12.issue_date is not None and FileId.DG12.label in vouched:
        try:
            complete = files.dg12.issue_date.complete
        except ToolkitError:
            complete = None
        dates += [] if complete is None else [complete]
    return _Facts(
        signer_is_sure=sure,
        document_code=None if zone is None else zone.document_code,
        document_number=None if zone is None else zone.document_number,
        dates=tuple(dates),
    )


def _match(documents: AffectedDocuments, facts: _Facts) -> _Match:
    """All conditions of an entry hold together (Doc 9303-3 §7.3.6); one that is known to fail ends it."""
    conditions = [_Match.YES if facts.signer_is_sure else _Match.MAYBE]
    if documents.document_type is not None:
        code = facts.document_code
        conditions.append(_known(code is not None, is_of_type(code or "", documents.document_type)))
    if documents.numbers is not None:
        number = facts.document_number
        conditions.append(_known(number is not None, documents.names_number(number or "")))
    if documents.first_issued is not None and documents.last_issued is not None:
        first, last = documents.first_issued.date(), documents.last_issued.date()
        conditions.append(_known(bool(facts.dates), any(first <= one <= last for one in facts.dates)))
    return min(conditions)


def _known(is_known: bool, holds: bool) -> _Match:  # noqa: FBT001
    if not is_known:
        return _Match.MAYBE
    return _Match.YES if holds else _Match.NO
