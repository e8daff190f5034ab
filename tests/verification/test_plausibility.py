"""Do the files agree with each other and with their standards?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu import tlv
from chipid.asn1 import oids
from chipid.evidence.evidence import AccessProtocol, AccessRecord, Evidence, FileOutcome
from chipid.lds.card_access import build_card_access
from chipid.lds.dg1 import build_dg1, parse_dg1
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.ef_com import build_ef_com
from chipid.lds.files import FileId
from chipid.lds.security_infos import PACEDomainParameterInfo, PACEInfo, SecurityInfo
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import Check, Reason, Result, Verdict
from tests.scenarios import readings
from tests.scenarios.readings import outcome
from tests.verification import forge

ACCESS, FORMAT = Check.ACCESS_PROTOCOL, Check.GROUP_FORMAT
COM, CARD_ACCESS = Check.COM_AGAINST_SOD, Check.CARD_ACCESS_AGAINST_DG14
PACE_WEAKER = PACEInfo(oid=oids.ID_PACE_ECDH_GM_3DES_CBC_CBC, parameter_id=13)


def opened_with_bac(skipped: str | None = None, evidence: Evidence | None = None) -> Evidence:
    access = AccessRecord(protocol=AccessProtocol.BAC, password="MRZ", suite="3DES", pace_skipped=skipped)
    return replace(evidence or forge.genuine(), access=access)


def without_card_access(evidence: Evidence) -> Evidence:
    return forge.refused(evidence, FileId.CARD_ACCESS, FileOutcome.ABSENT, 0x6A82)


def genuine_infos(*, pace: bool) -> list[SecurityInfo]:
    infos = parse_dg14(forge.genuine().content(FileId.DG14) or b"").security_infos.infos
    return [info for info in infos if pace or not isinstance(info, PACEInfo)]


def signed_without_pace(evidence: Evidence) -> Evidence:
    """Our own issuer signs a DG14 that offers no PACE: a card of an earlier generation."""
    return forge.resigned(forge.with_file(evidence, FileId.DG14, build_dg14(genuine_infos(pace=False))))


# 1. The access protocol


def test_pace_protects_the_reading() -> None:
    report = readings.judged(forge.genuine())
    assert outcome(report, ACCESS) == (Result.PASSED, Reason.PACE_USED)


def test_basic_access_control_is_what_a_card_without_pace_has() -> None:
    evidence = without_card_access(opened_with_bac(evidence=signed_without_pace(forge.genuine())))
    report = readings.judged(evidence, forge.trusting())
    assert outcome(report, ACCESS) == (Result.PASSED, Reason.BAC_USED)
    assert report.verdict is Verdict.ACCEPTED


def test_a_policy_may_refuse_basic_access_control() -> None:
    evidence = without_card_access(opened_with_bac(evidence=signed_without_pace(forge.genuine())))
    policy = replace(shipped_policy("default"), bac=False)
    report = readings.judged(evidence, forge.trusting(), policy)
    assert outcome(report, ACCESS) == (Result.FAILED, Reason.BAC_USED)
    assert report.verdict is Verdict.REJECTED


@pytest.mark.parametrize("skipped", ["protocol-violation", "unexpected-status", "secure-messaging"])
def test_a_fallback_from_pace_is_a_downgrade(skipped: str) -> None:
    report = readings.judged(opened_with_bac(skipped))
    assert outcome(report, ACCESS) == (Result.FAILED, Reason.BAC_DOWNGRADE)
    assert report.verdict is Verdict.REJECTED


def test_a_card_whose_pace_we_lack_is_undecided_and_not_a_forgery() -> None:
    report = readings.judged(opened_with_bac("unsupported"))
    assert outcome(report, ACCESS) == (Result.INDETERMINATE, Reason.UNSUPPORTED)
    assert report.verdict is Verdict.UNDECIDED
    policy = replace(shipped_policy("default"), bac=False)
    assert readings.judged(opened_with_bac("unsupported"), policy=policy).verdict is Verdict.REJECTED


# 12. EF.CardAccess against DG14


def test_the_offered_pace_is_the_signed_one() -> None:
    report = readings.judged(forge.genuine())
    assert outcome(report, CARD_ACCESS) == (Result.PASSED, Reason.VERIFIED)


@pytest.mark.parametrize("offered", [[PACE_WEAKER], []], ids=["weaker", "none"])
def test_another_pace_than_the_signed_one_fails(offered: list[SecurityInfo]) -> None:
    evidence = forge.with_file(forge.genuine(), FileId.CARD_ACCESS, build_card_access(offered))
    report = readings.judged(evidence)
    assert outcome(report, CARD_ACCESS) == (Result.FAILED, Reason.SECURITY_INFOS_DIFFER)
    assert report.verdict is Verdict.REJECTED


def test_a_pace_that_is_offered_besides_fails_too() -> None:
    offered = [info for info in genuine_infos(pace=True) if isinstance(info, PACEInfo)]
    evidence = forge.with_file(forge.genuine(), FileId.CARD_ACCESS, build_card_access([*offered, PACE_WEAKER]))
    assert outcome(readings.judged(evidence), CARD_ACCESS) == (Result.FAILED, Reason.SECURITY_INFOS_DIFFER)


def test_hiding_pace_and_opening_with_bac_is_found_by_the_signed_copy() -> None:
    """Whoever sits between takes EF.CardAccess away, so that the terminal uses the key that can be guessed."""
    report = readings.judged(without_card_access(opened_with_bac()))
    assert outcome(report, ACCESS) == (Result.PASSED, Reason.BAC_USED)
    assert outcome(report, CARD_ACCESS) == (Result.FAILED, Reason.SECURITY_INFOS_DIFFER)
    assert report.verdict is Verdict.REJECTED


def test_a_malformed_card_access_fails() -> None:
    evidence = forge.with_file(forge.genuine(), FileId.CARD_ACCESS, b"\x31\x03\x30")
    assert outcome(readings.judged(evidence), CARD_ACCESS) == (Result.FAILED, Reason.GROUP_MALFORMED)


@pytest.mark.parametrize("sw", [0x6982, 0x6F00])
def test_an_offer_that_could_not_be_read_differs_from_nothing(sw: int) -> None:
    denied = forge.refused(forge.genuine(), FileId.CARD_ACCESS, FileOutcome.FAILED, sw)
    for evidence in (denied, forge.without_file(forge.genuine(), FileId.CARD_ACCESS)):
        assert outcome(readings.judged(evidence), CARD_ACCESS) == (Result.INDETERMINATE, Reason.FILE_UNREADABLE)


def test_a_signed_copy_that_nobody_vouches_for_is_no_measure() -> None:
    evidence = forge.with_file(forge.genuine(), FileId.CARD_ACCESS, build_card_access([PACE_WEAKER]))
    report = readings.judged(evidence, readings.NOTHING_TRUSTED)
    assert outcome(report, CARD_ACCESS) == (Result.INDETERMINATE, Reason.NOT_VOUCHED)


def test_what_dg14_does_not_repeat_stays_open() -> None:
    report = readings.judged(signed_without_pace(forge.genuine()), forge.trusting())
    assert outcome(report, CARD_ACCESS) == (Result.INDETERMINATE, Reason.NOT_OFFERED)
    report = readings.judged(without_card_access(signed_without_pace(forge.genuine())), forge.trusting())
    assert outcome(report, CARD_ACCESS) == (Result.NOT_APPLICABLE, Reason.NOT_OFFERED)


def test_without_dg14_there_is_nothing_to_compare_with() -> None:
    evidence = forge.without_file(forge.genuine(), FileId.DG14)
    assert outcome(readings.judged(evidence), CARD_ACCESS) == (Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ)
    evidence = without_card_access(opened_with_bac(evidence=evidence))
    assert outcome(readings.judged(evidence), CARD_ACCESS) == (Result.NOT_APPLICABLE, Reason.NOT_OFFERED)


# 11. EF.COM against the SOD


@pytest.mark.parametrize("listed", [[1, 2, 3, 13, 14], [1, 2, 3, 11, 13, 14, 15], [], [1, 2, 3, 12, 13, 14]], ids=str)
def test_a_list_that_differs_from_the_signed_one_fails(listed: list[int]) -> None:
    report = readings.judged(forge.with_file(forge.genuine(), FileId.COM, build_ef_com(listed)))
    assert outcome(report, COM, "EF.COM") == (Result.FAILED, Reason.LISTS_DIFFER)
    assert report.verdict is Verdict.REJECTED
    found = report.find(COM)
    assert found is not None
    assert found.facts == (("listed-groups", tuple(listed)), ("signed-groups", (1, 2, 3, 13, 14, 15)))


def test_a_missing_list_is_open_and_a_damaged_one_fails() -> None:
    for evidence in (
        forge.without_file(forge.genuine(), FileId.COM),
        forge.refused(forge.genuine(), FileId.COM, FileOutcome.ABSENT, 0x6A82),
        forge.refused(forge.genuine(), FileId.COM, FileOutcome.FAILED, 0x6F00),
    ):
        report = readings.judged(evidence)
        assert outcome(report, COM) == (Result.INDETERMINATE, Reason.COM_MISSING)
        assert report.verdict is Verdict.UNDECIDED
    report = readings.judged(forge.with_file(forge.genuine(), FileId.COM, b"\x60\x00"))
    assert outcome(report, COM) == (Result.FAILED, Reason.GROUP_MALFORMED)
    assert outcome(report, FORMAT, "EF.COM") == (Result.FAILED, Reason.GROUP_MALFORMED)


def test_without_a_security_object_the_list_is_open() -> None:
    report = readings.judged(forge.without_file(forge.genuine(), FileId.SOD))
    assert outcome(report, COM) == (Result.INDETERMINATE, Reason.SOD_MISSING)


# 10. Formats


def test_every_file_that_was_read_follows_its_standard() -> None:
    report = readings.judged(forge.genuine())
    formats = {one.subject: one.reason for one in report.checks if one.check is FORMAT}
    assert set(formats) == {"EF.ATR/INFO", "EF.COM", "DG1", "DG2", "DG13", "DG14", "DG15"}
    assert set(formats.values()) == {Reason.VERIFIED}


@pytest.mark.parametrize("group", [FileId.DG1, FileId.DG2, FileId.DG13, FileId.DG14, FileId.DG15])
def test_a_signed_file_that_follows_no_standard_fails(group: FileId) -> None:
    evidence = forge.with_file(forge.genuine(), group, tlv.encode(group.tag or 0, b"\x04\x01\x00"))
    report = readings.judged(forge.resigned(evidence), forge.trusting())
    assert outcome(report, FORMAT, group.label) == (Result.FAILED, Reason.GROUP_MALFORMED)
    assert report.verdict is Verdict.REJECTED


def test_a_portrait_in_a_format_that_is_not_read_is_open() -> None:
    block = tlv.encode(0x7F2E, b"ISO/IEC 39794")
    dg2 = tlv.encode(0x75, tlv.encode(0x7F61, bytes.fromhex("020101"), tlv.encode(0x7F60, block)))
    report = readings.judged(forge.resigned(forge.with_file(forge.genuine(), FileId.DG2, dg2)), forge.trusting())
    assert outcome(report, FORMAT, "DG2") == (Result.INDETERMINATE, Reason.UNSUPPORTED)
    assert report.verdict is Verdict.UNDECIDED


# 15. Check digits


def test_a_wrong_check_digit_is_named() -> None:
    zone = parse_dg1(forge.genuine().content(FileId.DG1) or b"").mrz
    wrong = "1" if zone.text[14] != "1" else "2"
    evidence = forge.with_file(forge.genuine(), FileId.DG1, build_dg1(zone.text[:14] + wrong + zone.text[15:]))
    report = readings.judged(forge.resigned(evidence), forge.trusting())
    assert outcome(report, Check.MRZ_CHECK_DIGITS) == (Result.FAILED, Reason.CHECK_DIGIT_WRONG)
    found = report.find(Check.MRZ_CHECK_DIGITS)
    assert found is not None
    assert found.facts == (("wrong-digits", ("document_number", "composite")),)
    assert report.verdict is Verdict.REJECTED


def test_without_a_zone_there_are_no_check_digits() -> None:
    report = readings.judged(forge.without_file(forge.genuine(), FileId.DG1))
    assert outcome(report, Check.MRZ_CHECK_DIGITS) == (Result.NOT_APPLICABLE, Reason.GROUP_NOT_READ)


# 10. What can be read and is not as it should be


def with_zone(text: str) -> Evidence:
    return forge.resigned(forge.with_file(forge.genuine(), FileId.DG1, build_dg1(text)))


def test_a_code_that_no_standard_knows_is_named_and_for_the_policy_to_refuse() -> None:
    zone = parse_dg1(forge.genuine().content(FileId.DG1) or b"").mrz.text
    evidence = with_zone(zone[:37] + "X" + zone[38:])
    report = readings.judged(evidence, forge.trusting())
    assert outcome(report, FORMAT, "DG1") == (Result.PASSED, Reason.VERIFIED)
    assert "mrz-sex" in report.deviations
    policy = replace(shipped_policy("default"), refused_contents=frozenset({"mrz-sex"}))
    refusing = readings.judged(evidence, forge.trusting(), policy)
    found = refusing.find(FORMAT, "DG1")
    assert found is not None
    assert (found.result, found.reason) == (Result.FAILED, Reason.DEVIATION_REFUSED)
    assert found.facts == (("deviations", ("mrz-sex",)),)
    assert refusing.verdict is Verdict.REJECTED


@pytest.mark.parametrize("file", [FileId.ATR_INFO, FileId.CVCA])
def test_an_unsigned_file_that_nothing_rests_on_rejects_no_card_by_default(file: FileId) -> None:
    evidence = forge.with_file(forge.genuine(), file, b"\x7f")
    report = readings.judged(evidence)
    assert outcome(report, FORMAT, file.label) == (Result.PASSED, Reason.VERIFIED)
    name = "atr-info-malformed" if file is FileId.ATR_INFO else "cvca-malformed"
    assert name in report.deviations
    assert report.verdict is Verdict.ACCEPTED
    assert outcome(readings.judged(evidence, policy=shipped_policy("strict")), FORMAT, file.label) == (
        Result.FAILED,
        Reason.DEVIATION_REFUSED,
    )


@pytest.mark.parametrize("file", [FileId.DG3, FileId.DG4])
def test_biometric_groups_are_looked_at_where_they_were_read(file: FileId) -> None:
    evidence = forge.with_file(forge.genuine(), file, b"\x63\x00")
    assert outcome(readings.judged(evidence), FORMAT, file.label) == (Result.FAILED, Reason.GROUP_MALFORMED)


def test_an_ef_com_that_came_and_was_none_is_malformed_and_a_refused_one_is_missing() -> None:
    came = forge.refused(forge.genuine(), FileId.COM, FileOutcome.FAILED)
    assert outcome(readings.judged(came), COM) == (Result.FAILED, Reason.GROUP_MALFORMED)
    refused = forge.refused(forge.genuine(), FileId.COM, FileOutcome.FAILED, 0x6F00)
    assert outcome(readings.judged(refused), COM) == (Result.INDETERMINATE, Reason.COM_MISSING)


def test_explicit_parameters_that_nobody_signed_fail() -> None:
    """Whoever sits between replaces the curve that EF.CardAccess writes out."""
    offered = [info for info in genuine_infos(pace=True) if isinstance(info, PACEInfo)]
    own = PACEDomainParameterInfo(oid=oids.ID_PACE_ECDH_GM, algorithm=b"\x30\x00", parameter_id=32)
    evidence = forge.with_file(forge.genuine(), FileId.CARD_ACCESS, build_card_access([*offered, own]))
    assert outcome(readings.judged(evidence), CARD_ACCESS) == (Result.FAILED, Reason.SECURITY_INFOS_DIFFER)
