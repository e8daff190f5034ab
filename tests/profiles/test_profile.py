"""A profile file is read strictly: every mistake is named by file and key."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import ConfigurationError
from chipid.inspection.plan import BACUse, ReadingPlan
from chipid.lds.files import FileId
from chipid.messages.catalogue import Language
from chipid.profiles.profile import MAX_FILE_SIZE, Confidence, FaceDemand, Profile, parse_profile

TEXT = """\
name = "library-card"

[title]
vi = "Làm thẻ thư viện"
en = "Library card"

[purpose]
vi = "Làm thẻ cho người đọc."
en = "Make out a card to a reader of books."

[[legal-basis]]
vi = "Nội quy"
en = "House rules"
confidence = "L"

[assurance]
policy = "default"
chip-proof = false

[retention]
days = 30
vi = "Đến khi trả sách."
en = "Until the books are back."

[[card]]
role = "reader"
vi = "Người đọc"
en = "Reader"
groups = ["DG1", "DG2", "DG13"]
claims = ["full_name", "portrait"]
face = "by-eye"
confidence = "M"

[[card]]
role = "guardian"
vi = "Người giám hộ"
en = "Guardian"
groups = ["DG13"]
claims = ["full_name"]
face = "none"
confidence = "M"
"""
FILE = "library-card.toml"


def parse(text: str) -> Profile:
    return parse_profile(text.encode(), FILE)


def test_a_profile_says_all_that_its_file_says() -> None:
    profile = parse(TEXT)
    assert (profile.name, profile.source, profile.policy, profile.chip_proof) == (
        "library-card",
        FILE,
        "default",
        False,
    )
    assert profile.title.text(Language.VIETNAMESE) == "Làm thẻ thư viện"
    assert profile.purpose.text(Language.ENGLISH) == "Make out a card to a reader of books."
    assert [basis.confidence for basis in profile.legal_basis] == [Confidence.LOW]
    assert (profile.retention.days, profile.retention.reason.en) == (30, "Until the books are back.")
    reader, guardian = profile.cards
    assert (reader.groups, reader.claims) == ((FileId.DG1, FileId.DG2, FileId.DG13), ("full_name", "portrait"))
    assert (reader.face, guardian.face) == (FaceDemand.BY_EYE, FaceDemand.NONE)


def test_a_card_is_found_by_its_role_and_the_first_is_the_usual_one() -> None:
    profile = parse(TEXT)
    assert profile.card() is profile.card("reader") is profile.cards[0]
    assert profile.card("guardian") is profile.cards[1]
    with pytest.raises(ConfigurationError, match="reader, guardian"):
        profile.card("owner")


@pytest.mark.parametrize("proof", [True, False])
def test_the_reading_plan_fetches_the_groups_of_the_card_and_no_other(proof: bool) -> None:
    profile = parse(TEXT.replace("chip-proof = false", f"chip-proof = {str(proof).lower()}"))
    plan = profile.reading_plan(profile.card("guardian"), bac=BACUse.NEVER)
    assert plan == ReadingPlan(
        data_groups=frozenset({FileId.DG13}),
        chip_authentication=proof,
        active_authentication=proof,
        bac=BACUse.NEVER,
    )


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('name = "library-card"', 'name = "other-card"', "name"),
        ('name = "library-card"', 'name = "Library Card"', "name"),
        ('name = "library-card"', "name = 1", "name"),
        ('name = "library-card"', "", "name"),
        ('name = "library-card"', 'name = "library-card"\ncolour = "red"', "colour"),
        ('vi = "Làm thẻ thư viện"', "", "title.vi"),
        ('vi = "Làm thẻ thư viện"', 'vi = " "', "title.vi"),
        ('vi = "Làm thẻ thư viện"', f'vi = "{"a" * 1001}"', "title.vi"),
        ('vi = "Làm thẻ thư viện"', 'vi = "x"\nfr = "x"', "title.fr"),
        ("[purpose]", "[purpoze]", "purpose"),
        ("[[legal-basis]]", "[legal-basis]", "legal-basis"),
        ('confidence = "L"', 'confidence = "X"', "legal-basis[1].confidence"),
        ('confidence = "L"', 'confidence = "L"\narticle = 3', "legal-basis[1].article"),
        ("chip-proof = false", 'chip-proof = "no"', "assurance.chip-proof"),
        ("chip-proof = false", "chip-proof = 0", "assurance.chip-proof"),
        ('policy = "default"', 'policy = "a b"', "assurance.policy"),
        ("days = 30", "days = -1", "retention.days"),
        ("days = 30", "days = true", "retention.days"),
        ("days = 30", "days = 40000", "retention.days"),
        ('role = "guardian"', 'role = "reader"', "card[2].role"),
        ('groups = ["DG13"]', 'groups = ["DG3"]', "card[2].groups"),
        ('groups = ["DG13"]', 'groups = ["DG13", "DG14"]', "card[2].groups"),
        ('groups = ["DG13"]', "groups = []", "card[2].groups"),
        ('groups = ["DG13"]', 'groups = ["DG13", "DG13"]', "card[2].groups"),
        ('groups = ["DG13"]', 'groups = "DG13"', "card[2].groups"),
        ('groups = ["DG13"]', "groups = [13]", "card[2].groups"),
        ('groups = ["DG13"]', 'groups = ["DG1"]', "card[2].groups"),
        ('groups = ["DG13"]', 'groups = ["DG13", "DG2"]', "card[2].groups"),
        ('claims = ["full_name"]', 'claims = ["verdict"]', "card[2].claims"),
        ('claims = ["full_name"]', 'claims = ["fullname"]', "card[2].claims"),
        ('face = "none"', 'face = "matched"', "card[2].face"),
        ('face = "none"', 'face = "yes"', "card[2].face"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(old: str, new: str, place: str) -> None:
    assert old in TEXT
    with pytest.raises(ConfigurationError) as caught:
        parse(TEXT.replace(old, new))
    file, where, _ = caught.value.message.split(": ", 2)
    assert where == place
    assert re.fullmatch(rf"{re.escape(FILE)}( line \d+)?", file)


@pytest.mark.parametrize(
    "content", [b"name =", b"\xff", b"\x00", b"x" * (MAX_FILE_SIZE + 1), b"a = " + b"[" * 30_000, b""]
)
def test_what_is_no_profile_is_refused_by_the_name_of_its_file(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match=FILE):
        parse_profile(content, FILE)


@given(st.integers(0, len(TEXT) - 1), st.text(max_size=3), st.integers(0, 8))
def test_any_change_of_a_file_is_read_or_refused(place: int, new: str, skipped: int) -> None:
    try:
        found: Profile | ConfigurationError = parse(TEXT[:place] + new + TEXT[place + skipped :])
    except (ConfigurationError, UnicodeEncodeError) as error:
        found = ConfigurationError(str(error))
    assert isinstance(found, Profile | ConfigurationError)
