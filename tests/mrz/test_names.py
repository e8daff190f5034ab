import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import UnsupportedError
from chipid.mrz.names import format_name, matches_name, split_name, transliterate
from chipid.mrz.transliteration import CYRILLIC, LATIN
from tests.support.vectors import load

TABLES = load("mrz_transliteration")


def test_the_tables_are_those_of_doc_9303_part_3() -> None:
    assert {entry["char"]: tuple(entry["mrz"]) for entry in TABLES["latin"]} == LATIN
    assert {entry["char"]: (entry["mrz"],) for entry in TABLES["cyrillic"]} == CYRILLIC


@pytest.mark.parametrize("entry", TABLES["vietnamese"], ids=lambda entry: entry["code"])
def test_every_vietnamese_letter_is_written_in_each_case_and_normal_form(entry: dict[str, Any]) -> None:
    for letter in (entry["char"], entry["lower"]):
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert transliterate(unicodedata.normalize(form, letter)) == entry["mrz"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Nguyễn Văn A", "NGUYEN<VAN<A"),
        ("Đặng Thị Ươi", "DANG<THI<UOI"),
        ("D'Artagnan", "DARTAGNAN"),
        ("Smith-Jones", "SMITH<JONES"),
        ("Eriksson,  Anna", "ERIKSSON<ANNA"),
        (" - Anna - ", "ANNA"),
        ("Weiß", "WEISS"),
        ("Iğdır", "IGDIR"),
        ("Þórður", "THORDUR"),
        ("ŀ", "L"),
        ("Ёлка", "ELKA"),
        ("Henry VIII.", "HENRY<VIII"),
        ("Anna_(Maria)/“B”", "ANNAMARIAB"),
        ("Marie\u2010Elise", "MARIE<ELISE"),
        ("", ""),
    ],
)
def test_names_are_written_by_the_rules_of_doc_9303_part_3(text: str, written: str) -> None:
    assert transliterate(text) == written


@pytest.mark.parametrize("text", ["王", "مريم", "A☺", "A+B", "\u200d"])
def test_a_letter_without_a_transliteration_is_unsupported(text: str) -> None:
    with pytest.raises(UnsupportedError):
        transliterate(text)


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("NGUYEN<<VAN<A<<<<", ("NGUYEN", "VAN A")),
        ("ARKFREITH<<<<<<<", ("ARKFREITH", "")),
        ("VAN<DER<STEEN<<MARIANNE<LOUISE", ("VAN DER STEEN", "MARIANNE LOUISE")),
        ("A<<B<<C<<<", ("A", "B C")),
        ("<<<<<<", ("", "")),
    ],
)
def test_split_name_finds_both_identifiers(field: str, names: tuple[str, str]) -> None:
    assert split_name(field) == names


@pytest.mark.parametrize(
    ("primary", "secondary", "written"),
    [
        ("Nguyễn", "Văn A", "NGUYEN<<VAN<A<<<<<<<"),
        ("Arkfreith", "", "ARKFREITH<<<<<<<<<<<"),
        ("Nilavadhanananda", "Chayapa", "NILAVADHANANANDA<<CH"),
        ("Bennelong Wooloomooloo", "Diana", "BENNELONG<WOOLOOM<<D"),
        ("A" * 40, "", "A" * 20),
        ("A" * 10 + " " + "B" * 8 + " C", "", "A" * 10 + "<" + "B" * 7 + "<C"),
        ("A" * 16 + " BCD", "Efg", "A" * 15 + "<B<<E"),
        ("Abcdefgh", "Ijklmno P Q", "ABCDEFGH<<IJKLMN<P<Q"),
        ("Abcdefgh", "Ijklmnop Q R", "ABCDEFGH<<IJKLMNOP<Q"),
        ("A B C D E F G H I J K", "", "A<B<C<D<E<F<G<H<I<J<"),
    ],
)
def test_a_name_is_cut_at_its_end_and_keeps_a_letter_of_each_identifier(
    primary: str, secondary: str, written: str
) -> None:
    assert format_name(primary, secondary, 20) == written


@pytest.mark.parametrize(
    ("text", "field", "same"),
    [
        ("Nguyễn Văn A", "NGUYEN<<VAN<A<<<", True),
        ("nguyen van a", "NGUYEN<<VAN<A<<<", True),
        ("Nguyễn Văn", "NGUYEN<<VAN<A<<<", False),
        ("Nguyễn Văn An", "NGUYEN<<VAN<A<<<", False),
        ("Nguyễn Văn An", "NGUYEN<<VAN<A", True),
        ("Nguyễn Văn Á", "NGUYEN<<VAN<A", True),
        ("Trần Văn A", "NGUYEN<<VAN<A", False),
        ("Müller", "MUELLER<<<", True),
        ("Müller", "MULLER<<<", True),
        ("Müller", "MUXXLLER<<<", True),
        ("Müller", "MXLLER<<<", False),
        ("Müller", "MUXX", True),
        ("Müller", "MUX", True),
        ("Bennelong Wooloomooloo Dingo Potoroo", "BENNEL<WOOLOO<<DINGO<POTO", True),
        ("Bennelong Wooloomooloo Dingo Potoroo", "BENNEL<WOOLOO<<DINGO<P", True),
        ("Bennelong Wooloomooloo Dingo Potoroo", "BENNEL<WOOLOO<<POTO", True),
        ("Bennelong Wooloomooloo Dingo Potoroo", "BENNEL<WOOLOO<<POTO<DINGO", False),
        ("Bennelong Wooloomooloo Dingo Potoroo", "WOOLOO<<POTO", False),
        ("Bennelong Wooloomooloo Dingo", "BENNEL<WOOLOO<<DINGO<<<", False),
        ("Nguyễn Văn A", "NGUYENVANA<<", False),
        ("", "<<<", True),
    ],
)
def test_a_name_matches_its_field_in_every_alternative_form(text: str, field: str, same: bool) -> None:
    assert matches_name(text, field) is same


vietnamese = st.sampled_from([entry["char"] for entry in TABLES["vietnamese"]] + list("ABCGHKLMNPQRSTVX"))
words = st.lists(st.text(vietnamese, min_size=1, max_size=7), min_size=1, max_size=4).map(" ".join)


@given(words, words)
def test_a_written_vietnamese_name_always_matches_itself(primary: str, secondary: str) -> None:
    field = format_name(primary, secondary, 80)
    assert matches_name(f"{primary} {secondary}", field)
    assert split_name(field) == tuple(transliterate(name).replace("<", " ") for name in (primary, secondary))


# ICAO Doc 9303-4 §4.2.3.2 and §4.2.3.4.
@pytest.mark.parametrize(
    ("primary", "secondary", "written"),
    [
        ("Nilavadhanananda", "Chayapa Dejthamrong Krasuang", "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
        ("Nilavadhanananda", "Arnpol Petch Charonguang", "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU"),
        ("Papandropoulous", "Jonathon Warren Trevor", "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"),
    ],
)
def test_the_examples_of_doc_9303_part_4_are_written_and_matched(primary: str, secondary: str, written: str) -> None:
    assert format_name(primary, secondary, 39) == written
    assert matches_name(f"{primary} {secondary}", written)


@pytest.mark.parametrize(
    "written",
    [
        "BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI",
        "BENNELONG<WOOLOOM<WARRAND<WARNAM<<DINGO",
        "BENNEL<WOOLOO<WARRAN<WARNAM<<DINGO<POTO",
    ],
)
def test_every_allowed_truncation_of_doc_9303_part_4_matches(written: str) -> None:
    assert matches_name("Bennelong Wooloomooloo Warrandyte Warnambool Dingo Potoroo", written)


@given(words, words, st.integers(20, 40))
def test_a_truncated_name_still_matches_and_ends_with_a_letter(primary: str, secondary: str, width: int) -> None:
    field = format_name(primary, secondary, width)
    assert len(field) == width
    is_whole = len(transliterate(primary)) + 2 + len(transliterate(secondary)) <= width
    assert matches_name(f"{primary} {secondary}", field) or (field.endswith("<") and not is_whole)
    if len(transliterate(f"{primary} {secondary}")) + 1 > width and max(map(len, primary.split())) > 3:
        assert not field.endswith("<")


@given(st.text(max_size=40))
def test_any_text_is_written_in_the_alphabet_of_the_zone_or_unsupported(text: str) -> None:
    try:
        written = transliterate(text)
    except UnsupportedError:
        return
    assert set(written) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")
