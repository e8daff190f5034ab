"""Do the files agree with each other and with their formats? Checks 1, 10 to 12 and 15 of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from apdu.errors import ToolkitError
from chipid.asn1 import oids
from chipid.errors import UnsupportedError
from chipid.evidence.evidence import AccessProtocol, Evidence, FileOutcome
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg1 import DG1, parse_dg1
from chipid.lds.dg2 import dg2_deviations
from chipid.lds.dg3 import parse_dg3
from chipid.lds.dg4 import parse_dg4
from chipid.lds.dg11 import parse_dg11
from chipid.lds.dg12 import DG12, parse_dg12
from chipid.lds.dg13 import DG13, parse_dg13
from chipid.lds.dg14 import DG14, parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.lds.ef_atr_info import parse_ef_atr_info
from chipid.lds.ef_com import EFCom, parse_ef_com
from chipid.lds.ef_cvca import parse_ef_cvca
from chipid.lds.files import FileId
from chipid.lds.security_infos import PACEDomainParameterInfo, PACEInfo
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result

VIETNAM = "VNM"  # in the machine readable zone

_HAS_DEVIATIONS: Callable[[Any], tuple[str, ...]] = attrgetter("deviations")


def _are_deviations(found: tuple[str, ...]) -> tuple[str, ...]:
    return found


def _has_none(_: object) -> tuple[str, ...]:
    return ()


# What reads each file, and where the names of its deviations are. Of the portrait nothing else is asked here.
_READERS: dict[FileId, tuple[Callable[[bytes], Any], Callable[[Any], tuple[str, ...]]]] = {
    FileId.ATR_INFO: (parse_ef_atr_info, _HAS_DEVIATIONS),
    FileId.COM: (parse_ef_com, _HAS_DEVIATIONS),
    FileId.CVCA: (parse_ef_cvca, _has_none),
    FileId.DG1: (parse_dg1, _HAS_DEVIATIONS),
    FileId.DG2: (dg2_deviations, _are_deviations),
    FileId.DG3: (parse_dg3, _HAS_DEVIATIONS),
    FileId.DG4: (parse_dg4, _HAS_DEVIATIONS),
    FileId.DG11: (parse_dg11, _has_none),
    FileId.DG12: (parse_dg12, _has_none),
    FileId.DG13: (parse_dg13, _has_none),
    FileId.DG14: (parse_dg14, _HAS_DEVIATIONS),
    FileId.DG15: (parse_dg15, _has_none),
}
# Unsigned files that nothing rests on: what is wrong with them is a deviation.
_WITHOUT_WEIGHT = {FileId.ATR_INFO: "atr-info-malformed", FileId.CVCA: "cvca-malformed"}
# What other checks need.
_KEPT = {FileId.COM: "com", FileId.DG1: "dg1", FileId.DG12: "dg12", FileId.DG13: "dg13", FileId.DG14: "dg14"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFiles:
    """The files of the evidence that could be read, by type; None where absent or malformed.

    ``deviations`` names what any of them says otherwise than its standard allows.
    """

    com: EFCom | None = None
    dg1: DG1 | None = None
    dg12: DG12 | None = None
    dg13: DG13 | None = None
    dg14: DG14 | None = None
    deviations: tuple[str, ...] = ()


def check_formats(
    evidence: Evidence, refused: frozenset[str] = frozenset()
) -> tuple[ParsedFiles, tuple[CheckResult, ...]]:
    """10. Does each file that was read follow its standard? Returns what was parsed besides.

    A file that can be read passes with its deviations named, unless the policy refuses one of them.
    """
    kept: dict[str, Any] = {}
    deviations: list[str] = []
    checks: list[CheckResult] = []
    contents = evidence.contents
    for file in filter(contents.__contains__, _READERS):
        if file is FileId.DG13 and _is_foreign(kept.get("dg1")):
            continue
        found, named, (result, reason, facts) = _read(file, contents[file])
        if file in _KEPT:
            kept[_KEPT[file]] = found
        if named:
            deviations += named
            if not refused.isdisjoint(named):
                result, reason = Result.FAILED, Reason.DEVIATION_REFUSED
        checks.append(CheckResult(Check.GROUP_FORMAT, result, reason, file.label, facts))
    return ParsedFiles(**kept, deviations=tuple(dict.fromkeys(deviations))), tuple(checks)


def _read(file: FileId, content: bytes) -> tuple[object, tuple[str, ...], tuple[Result, Reason, Facts]]:
    """What was parsed (None if nothing), its deviations, and what the check comes to if nobody minds them."""
    parse, deviations_of = _READERS[file]
    named: tuple[str, ...]
    try:
        found = parse(content)
    except UnsupportedError as error:
        return None, (), (Result.INDETERMINATE, Reason.UNSUPPORTED, (("problem", error.message),))
    except ToolkitError as error:
        if file not in _WITHOUT_WEIGHT:
            return None, (), (Result.FAILED, Reason.GROUP_MALFORMED, (("problem", error.message),))
        found, named = None, (_WITHOUT_WEIGHT[file],)
    else:
        named = deviations_of(found)
    return found, named, (Result.PASSED, Reason.VERIFIED, (("deviations", named),) if named else ())


def _is_foreign(dg1: DG1 | None) -> bool:
    """DG13 is each State's own: of another State's documents nothing is known about it (Doc 9303-10 §4.7.13)."""
    return dg1 is not None and dg1.mrz.issuer != VIETNAM


def check_access(evidence: Evidence, *, bac_allowed: bool) -> CheckResult:
    """1. Which protocol protected the reading, and was it the best that the chip offers?"""
    access = evidence.access
    if access.protocol is AccessProtocol.UNKNOWN:
        return CheckResult(Check.ACCESS_PROTOCOL, Result.INDETERMINATE, Reason.ACCESS_UNKNOWN)
    facts = (("password", access.password), ("suite", access.suite))
    result, reason = Result.PASSED, Reason.PACE_USED
    if access.protocol is AccessProtocol.BAC:
        downgraded = access.pace_skipped is not None
        reason = Reason.BAC_DOWNGRADE if downgraded else Reason.BAC_USED
        result = Result.FAILED if downgraded or not bac_allowed else Result.PASSED
        if access.pace_skipped == UnsupportedError.code and bac_allowed:
            # We lack the chip's PACE: that makes neither a downgrade nor a protection as good as the chip offers.
            result, reason = Result.INDETERMINATE, Reason.UNSUPPORTED
    return CheckResult(check=Check.ACCESS_PROTOCOL, result=result, reason=reason, facts=facts)


def check_com(evidence: Evidence, com: EFCom | None, signed_groups: frozenset[int]) -> CheckResult:
    """11. EF.COM is unsigned; the groups that it lists must be those that the SOD signs (Doc 9303-10 §4.6.1).

    ``signed_groups`` are their numbers, none without an SOD.
    """
    result, reason = Result.PASSED, Reason.VERIFIED
    facts: Facts = ()
    record = evidence.record(FileId.COM)
    if com is None:
        # Without a refusal there was an answer, and what came was no EF.COM.
        no_refusal = (FileOutcome.READ, FileOutcome.FAILED)
        malformed = record is not None and record.outcome in no_refusal and record.sw is None
        result = Result.FAILED if malformed else Result.INDETERMINATE
        reason = Reason.GROUP_MALFORMED if malformed else Reason.COM_MISSING
    elif not signed_groups:
        result, reason = Result.INDETERMINATE, Reason.SOD_MISSING
    else:
        facts = (("listed-groups", com.data_groups),)
        if signed_groups != frozenset(com.data_groups):
            result, reason = Result.FAILED, Reason.LISTS_DIFFER
            facts = (*facts, ("signed-groups", tuple(sorted(signed_groups))))
    return CheckResult(check=Check.COM_AGAINST_SOD, result=result, reason=reason, subject=FileId.COM.label, facts=facts)


def check_card_access(evidence: Evidence, dg14: DG14 | None, vouched: frozenset[str]) -> CheckResult:
    """12. EF.CardAccess is unsigned; the PACE it offers must be that of the signed copy (Doc 9303-11 §9.2.11).

    A chip whose DG14 repeats no PACEInfo leaves the question open. ``vouched`` are the labels of the groups that
    Passive Authentication vouches for.
    """

    def result(outcome: Result, reason: Reason, facts: Facts = ()) -> CheckResult:
        return CheckResult(Check.CARD_ACCESS_AGAINST_DG14, outcome, reason, FileId.CARD_ACCESS.label, facts)

    record, content = evidence.record(FileId.CARD_ACCESS), evidence.content(FileId.CARD_ACCESS)
    if content is None and evidence.access.protocol is AccessProtocol.BAC and dg14 is None:
        return result(Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    if dg14 is None:
        return result(Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ)
    if FileId.DG14.label not in vouched:
        return result(Result.INDETERMINATE, Reason.NOT_VOUCHED)
    with_bac = evidence.access.protocol is AccessProtocol.BAC
    if not with_bac and (record is None or (record.sw is not None and record.outcome is not FileOutcome.ABSENT)):
        # With Basic Access Control, a chip that signs an offer of PACE and does not give the file hides the offer.
        return result(Result.INDETERMINATE, Reason.FILE_UNREADABLE)
    try:
        offered = () if content is None else parse_card_access(content).security_infos.pace_offer
    except ToolkitError:
        return result(Result.FAILED, Reason.GROUP_MALFORMED)
    signed = dg14.security_infos.pace_offer
    if not dg14.security_infos.pace:
        return result(Result.INDETERMINATE if offered else Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    if set(offered) != set(signed):
        facts = (("offered", _names(offered)), ("signed-offer", _names(signed)))
        return result(Result.FAILED, Reason.SECURITY_INFOS_DIFFER, facts)
    return result(Result.PASSED, Reason.VERIFIED, (("offered", _names(offered)),))


def _names(offer: tuple[PACEInfo | PACEDomainParameterInfo, ...]) -> tuple[str, ...]:
    return tuple(oids.name_of(info.oid) for info in offer)


def check_mrz(dg1: DG1 | None) -> CheckResult:
    """15. The check digits of the machine readable zone (Doc 9303-3 §4.9)."""
    result, reason = Result.PASSED, Reason.VERIFIED
    facts: Facts = ()
    if dg1 is None:
        result, reason = Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ
    elif wrong := dg1.mrz.wrong_digits:
        result, reason, facts = Result.FAILED, Reason.CHECK_DIGIT_WRONG, (("wrong-digits", wrong),)
    return CheckResult(
        check=Check.MRZ_CHECK_DIGITS, result=result, reason=reason, subject=FileId.DG1.label, facts=facts
    )
