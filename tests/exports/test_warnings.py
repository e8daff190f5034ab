"""What is unusual is told first, in the words of the desk, and says no more than the desk may know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.exports.text import render_reading
from chipid.identity.holder import Holder
from chipid.messages.catalogue import Language, catalogue
from chipid.verification.report import Check, CheckResult, Facts, Reason, Report, Result
from tests.scenarios import readings

ENGLISH, VIETNAMESE = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)


def report_with(subject: str, reason: Reason = Reason.IMPLAUSIBLE, facts: Facts = ()) -> Report:
    """The genuine card's report with one open question about ``subject``."""
    report = readings.judged(readings.evidence_of())
    check = Check.DG13_AGAINST_DG1 if reason is Reason.NAMES_UNCLEAR else Check.PLAUSIBILITY
    found = CheckResult(check=check, subject=subject, result=Result.INDETERMINATE, reason=reason, facts=facts)
    others = tuple(one for one in report.checks if (one.check, one.subject) != (check, subject))
    return replace(report, checks=(*others, found))


def holder_with(number: str) -> Holder:
    holder = Holder.from_report(readings.judged(readings.evidence_of()))
    assert holder.personal_number is not None
    return replace(holder, personal_number=replace(holder.personal_number, value=number))


@pytest.mark.parametrize(
    ("number", "english", "vietnamese"),
    [
        ("001099000001", "birth registered in Hà Nội", "khai sinh tại Hà Nội"),
        ("079099000001", "birth registered in TP. Hồ Chí Minh", "khai sinh tại TP. Hồ Chí Minh"),
        (
            "999099000001",
            "birth registered in another country, or a place that is not known",
            "khai sinh tại nước ngoài hoặc nơi chưa rõ",
        ),
    ],
)
def test_a_warning_about_the_number_says_where_the_birth_was_registered(
    number: str, english: str, vietnamese: str
) -> None:
    report, holder = report_with("number-sex"), holder_with(number)
    assert render_reading(report, holder, ENGLISH).splitlines()[2] == (
        f"  ? Details are plausible: sex in the personal number: unusual, look at the card ({english})"
    )
    assert render_reading(report, holder, VIETNAMESE).splitlines()[2] == (
        f"  ? Thông tin hợp lý: giới tính trong số định danh: khác thường, hãy xem lại thẻ ({vietnamese})"
    )


def test_the_province_is_told_nowhere_else() -> None:
    """It stands in the number, so whoever does not get the number does not get the province."""
    report, holder = report_with("number-birth-year"), holder_with("001099000001")
    assert "khai sinh" not in render_reading(report, replace(holder, personal_number=None), VIETNAMESE)
    assert "khai sinh" not in render_reading(report, None, VIETNAMESE)
    assert "khai sinh" not in render_reading(report_with("portrait-present"), holder, VIETNAMESE)
    assert "khai sinh" not in render_reading(readings.judged(readings.evidence_of()), holder, VIETNAMESE)
    assert "khai sinh" not in render_reading(report, holder_with("12"), VIETNAMESE)


@pytest.mark.parametrize("subject", ["number-sex", "number-birth-year", "portrait-present", "expiry-by-law"])
def test_a_warning_is_told_as_one_and_not_as_unchecked(subject: str) -> None:
    report = report_with(subject)
    words = VIETNAMESE.text("subject", subject)
    lines = [line for line in render_reading(report, None, VIETNAMESE).splitlines() if words in line]
    assert lines[0] == f"  ? Thông tin hợp lý: {words}: khác thường, hãy xem lại thẻ"
    assert "lưu ý: khác thường, hãy xem lại thẻ" in lines[1]
    assert not [line for line in lines if "chưa kiểm tra được" in line]


def test_what_two_names_have_in_common_is_told_in_words() -> None:
    report = report_with("full-name", Reason.NAMES_UNCLEAR, (("agreement", "words-missing"), ("score", 60)))
    told = render_reading(report, None, VIETNAMESE)
    assert "lưu ý: họ tên chỉ khớp một phần (thiếu chữ, 60/100)" in told
    assert "words-missing" not in told
    assert "(words are missing, 60/100)" in render_reading(report, None, ENGLISH)


def test_a_genuine_card_has_no_warnings() -> None:
    report = readings.judged(readings.evidence_of())
    assert render_reading(report, None, VIETNAMESE).splitlines()[2] == ""
