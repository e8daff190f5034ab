"""The score of a name against a name field, and its reason."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError
from chipid.mrz.name_comparison import SCORES, NameComparison, NameReason, compare_name
from chipid.mrz.names import format_name
from tests.support.vectors import load

LETTERS = [entry["char"] for entry in load("mrz_transliteration")["vietnamese"]]
FIELD = "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<"
LONG = "Công Tằng Tôn Nữ Phương Quỳnh Uyển Ưu Yến Ỷ K"


@pytest.mark.parametrize(
    ("name", "field", "reason"),
    [
        ("Nguyễn Văn A", FIELD, NameReason.SAME),
        ("NGUYỄN VĂN A", FIELD, NameReason.SAME),
        ("nguyen  van-a", FIELD, NameReason.SAME),
        ("Đặng Thị Ươi", "DANG<<THI<UOI<<<", NameReason.SAME),
        ("Ðặng Thị Ươi", "DANG<<THI<UOI<<<", NameReason.SAME),  # the Icelandic letter that keyboards give for Đ
        ("Müller", "MULLER<<<", NameReason.OTHER_TRANSLITERATION),
        ("Hans Müller", "MULLER<<HANS<<", NameReason.DIFFERENT),
        ("NguyễnVăn A", FIELD, NameReason.OTHER_SPACING),
        ("Ngu yễn Văn A", FIELD, NameReason.OTHER_SPACING),
        ("K'Sor H Nghiên", "K<SOR<<HNGHIEN<<<", NameReason.OTHER_SPACING),
        (LONG, format_name("Công", LONG[5:], 30), NameReason.TRUNCATED),
        (LONG.replace(" ", ""), "CONGTANGTONNUPHUONGQUYNHUYENUU", NameReason.TRUNCATED),
        ("Văn A Nguyễn", FIELD, NameReason.OTHER_ORDER),
        ("A Văn Nguyễn", FIELD, NameReason.OTHER_ORDER),
        ("Nguyễn A", FIELD, NameReason.WORDS_MISSING),
        ("Nguyễn Thị Văn A", FIELD, NameReason.WORDS_MISSING),
        ("Nguyễn Văn B", FIELD, NameReason.SIMILAR),
        ("Nguyễn Vân Ân", FIELD, NameReason.SIMILAR),
        ("Trần Thị B", FIELD, NameReason.DIFFERENT),
        ("A", FIELD, NameReason.DIFFERENT),
        ("", FIELD, NameReason.EMPTY),
        (" - ", FIELD, NameReason.EMPTY),
        ("Nguyễn Văn A", "<<<<", NameReason.EMPTY),
        ("王", FIELD, NameReason.LETTER_UNKNOWN),
    ],
)
def test_the_reason_tells_how_the_names_differ(name: str, field: str, reason: NameReason) -> None:
    for form in ("NFC", "NFD"):
        assert compare_name(unicodedata.normalize(form, name), field).reason is reason


def test_the_scores_fall_from_full_agreement_to_none() -> None:
    assert list(SCORES) == list(NameReason)
    assert list(SCORES.values()) == sorted(SCORES.values(), reverse=True)
    assert compare_name("Nguyễn Văn A", FIELD) == NameComparison(score=100, reason=NameReason.SAME)


def test_the_score_of_different_names_falls_with_the_letters_that_differ() -> None:
    near, far, none = (compare_name(name, FIELD).score for name in ("Nguyễn Văn B", "Trần Văn A", "Lý"))
    assert 55 > near > far > none >= 0


def test_a_field_with_foreign_characters_is_malformed() -> None:
    with pytest.raises(MalformedDataError):
        compare_name("Nguyễn Văn A", "Nguyễn")


words = st.lists(st.text([*LETTERS, *"ABCGHKLMNPQRSTVX"], min_size=1, max_size=7), min_size=2, max_size=6)


@given(words, st.sampled_from(["NFC", "NFD"]), st.sampled_from([30, 39]))
def test_a_vietnamese_name_always_agrees_with_the_field_written_from_it(name: list[str], form: str, width: int) -> None:
    field = format_name(name[0], " ".join(name[1:]), width)
    found = compare_name(unicodedata.normalize(form, " ".join(name)), field)  # type: ignore[arg-type]
    assert found.reason in (NameReason.SAME, NameReason.TRUNCATED)


@given(words)
def test_the_order_of_the_words_costs_no_more_than_the_order(name: list[str]) -> None:
    field = format_name(name[0], " ".join(name[1:]), 80)
    assert compare_name(" ".join(sorted(name)), field).score >= SCORES[NameReason.OTHER_ORDER]


@given(st.text(max_size=60), st.text("ABCNGUYEVT0<", max_size=39))
def test_any_two_names_have_a_score(name: str, field: str) -> None:
    found = compare_name(name, field)
    assert 0 <= found.score <= SCORES[found.reason]
