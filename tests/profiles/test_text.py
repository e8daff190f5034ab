"""Profiles of services, as tables and in full."""

from __future__ import annotations

import pytest

from chipid.messages.catalogue import Language, catalogue
from chipid.profiles.library import shipped_profiles
from chipid.profiles.text import profile_lines, profile_table


@pytest.mark.parametrize("language", Language, ids=lambda one: one.value)
def test_the_table_has_every_profile_and_every_card_that_it_reads(language: Language) -> None:
    profiles = shipped_profiles()
    lines = list(profile_table(profiles.values(), catalogue(language)))
    assert [line.split(":")[0] for line in lines if not line.startswith(" ")] == [one.name for one in profiles.values()]
    assert len(lines) == sum(1 + len(one.cards) for one in profiles.values())


@pytest.mark.parametrize("language", Language, ids=lambda one: one.value)
@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_a_profile_in_full_says_what_is_read_released_and_kept(name: str, language: Language) -> None:
    profile, texts = shipped_profiles()[name], catalogue(language)
    text = "\n".join(profile_lines(profile, texts))
    assert text.startswith(f"{name}: {profile.title.text(language)}")
    assert profile.purpose.text(language) in text
    assert str(profile.retention.days) in text
    for card in profile.cards:
        assert " ".join(group.label for group in card.groups) in text
        for claim in card.claims:
            assert texts.text("field", claim.replace("_", "-")) in text
