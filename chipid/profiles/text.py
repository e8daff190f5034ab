"""Profiles of services as lines of text: the table, and one in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chipid.messages.catalogue import Catalogue
from chipid.profiles.profile import Profile


def profile_table(profiles: Iterable[Profile], texts: Catalogue) -> Iterator[str]:
    """One line for each card that a service reads: name, role, groups, claims."""
    for profile in profiles:
        yield f"{profile.name}: {profile.title.text(texts.language)}"
        for card in profile.cards:
            groups = " ".join(group.label for group in card.groups)
            claims = ", ".join(texts.text("field", claim.replace("_", "-")) for claim in card.claims)
            yield f"  {card.role} [{groups}]: {claims}"


def profile_lines(profile: Profile, texts: Catalogue) -> Iterator[str]:
    """Everything that a profile says."""
    language = texts.language

    def row(word: str, value: str) -> str:
        return f"{texts.text('word', word)}: {value}"

    yield f"{profile.name}: {profile.title.text(language)}"
    yield row("purpose", profile.purpose.text(language))
    for basis in profile.legal_basis:
        yield row("legal-basis", f"{basis.law.text(language)} [{basis.confidence.value}]")
    yield row("policy", profile.policy)
    yield row(
        "retention", f"{profile.retention.days} {texts.text('word', 'days')}, {profile.retention.reason.text(language)}"
    )
    for card in profile.cards:
        yield row("card", f"{card.role}: {card.title.text(language)} [{card.confidence.value}]")
        yield f"  {texts.text('word', 'groups')}: {' '.join(group.label for group in card.groups)}"
        claims = ", ".join(texts.text("field", claim.replace("_", "-")) for claim in card.claims)
        yield f"  {texts.text('word', 'claims')}: {claims}"
        yield f"  {texts.text('word', 'face')}: {texts.text('face', card.face.value)}"
