"""A service's profile: whose cards it reads, for what, by which law, what it may know, and how long it keeps it.

Law 91/2025/QH15 and Decree 356/2025/NĐ-CP want a purpose for every reading and no more than the purpose needs. So a
profile names the groups to read and the claims to release for each card of the service, and a group that no claim
needs is an error of the profile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import Enum
from typing import TypeVar

from chipid.errors import ConfigurationError
from chipid.identity.holder import Holder
from chipid.inspection.plan import BACUse, ReadingPlan
from chipid.lds.files import FileId
from chipid.messages.catalogue import Language
from chipid.toml_table import Table, parse_table

T = TypeVar("T")

MAX_FILE_SIZE = 1 << 16
MAX_TEXT = 1000
MAX_ITEMS = 32
MAX_RETENTION_DAYS = 36_525
SUFFIX = ".toml"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

# The groups that can give a claim; any one of them is enough.
SOURCES = {
    "personal_number": (FileId.DG13,),
    "document_number": (FileId.DG1,),
    "full_name": (FileId.DG13,),
    "mrz_name": (FileId.DG1,),
    "birth_date": (FileId.DG13, FileId.DG1),
    "sex": (FileId.DG1, FileId.DG13),
    "nationality": (FileId.DG13, FileId.DG1),
    "ethnicity": (FileId.DG13,),
    "religion": (FileId.DG13,),
    "place_of_origin": (FileId.DG13,),
    "residence": (FileId.DG13,),
    "identifying_marks": (FileId.DG13,),
    "issue_date": (FileId.DG13,),
    "expiry_date": (FileId.DG1, FileId.DG13),
    "father": (FileId.DG13,),
    "mother": (FileId.DG13,),
    "spouse": (FileId.DG13,),
    "old_number": (FileId.DG13,),
    "portrait": (FileId.DG2,),
}
CLAIMS = tuple(field.name for field in fields(Holder) if field.name != "verdict")


class Confidence(Enum):
    """How well a statement about a service is established: several sources, one good source, or weak."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"


class FaceDemand(Enum):
    """What a service demands of the face in front of the desk."""

    NONE = "none"
    BY_EYE = "by-eye"  # a person compares it with the portrait of the chip
    MATCHED = "matched"  # software compares it with the portrait of the chip


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text in both languages."""

    vi: str
    en: str

    def text(self, language: Language) -> str:
        return self.vi if language is Language.VIETNAMESE else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalBasis:
    """A law that the service rests on, and how well that is established."""

    law: Words
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many days the released claims may be kept; 0 means not beyond the visit."""

    days: int
    reason: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUse:
    """One card that a service reads: in which role its holder comes, what is read and what is released.

    ``confidence`` is how well it is established that the service needs these claims.
    """

    role: str
    title: Words
    groups: tuple[FileId, ...]
    claims: tuple[str, ...]
    face: FaceDemand
    confidence: Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A service. ``policy`` names the policy that judges its cards, ``source`` the file that this was read from."""

    name: str
    title: Words
    purpose: Words
    legal_basis: tuple[LegalBasis, ...]
    policy: str
    chip_proof: bool
    retention: Retention
    cards: tuple[CardUse, ...]
    source: str

    def card(self, role: str | None = None) -> CardUse:
        """The card of a role, the first one if none is given. Raises :class:`ConfigurationError`."""
        if role is None:
            return self.cards[0]
        for card in self.cards:
            if card.role == role:
                return card
        roles = ", ".join(card.role for card in self.cards)
        raise ConfigurationError(f"the profile {self.name} has no such role; it has: {roles}")

    def reading_plan(self, card: CardUse, *, bac: BACUse = BACUse.WITHOUT_PACE) -> ReadingPlan:
        """The reading of a card of this service: its groups, and the proof of the chip if the service demands it."""
        return ReadingPlan(
            data_groups=frozenset(card.groups),
            chip_authentication=self.chip_proof,
            active_authentication=self.chip_proof,
            bac=bac,
        )


def parse_profile(content: bytes, source: str) -> Profile:
    """Read a profile; ``source`` is its file name, which is the name of the profile with ``.toml``.

    Raises :class:`ConfigurationError` naming file, line and key.
    """
    if len(content) > MAX_FILE_SIZE:
        raise ConfigurationError(f"{source}: a profile has at most {MAX_FILE_SIZE} bytes")
    try:
        file = parse_table(content.decode("utf-8"), source)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{source} is not UTF-8") from error
    name = _kebab(file, "name")
    if source != name + SUFFIX:
        raise file.error("name", f"the file of this profile is called {name}{SUFFIX}")
    with file.table("assurance") as assurance:
        policy, chip_proof = _kebab(assurance, "policy"), assurance.flag("chip-proof")
    with file.table("retention") as table:
        retention = Retention(days=_days(table), reason=_words(table))
    profile = Profile(
        name=name,
        title=_words_under(file, "title"),
        purpose=_words_under(file, "purpose"),
        legal_basis=_some(file, "legal-basis", tuple(_legal_bases(file))),
        policy=policy,
        chip_proof=chip_proof,
        retention=retention,
        cards=_some(file, "card", tuple(_cards(file))),
        source=source,
    )
    file.close()
    return profile


def _some(table: Table, key: str, found: tuple[T, ...]) -> tuple[T, ...]:
    if not 1 <= len(found) <= MAX_ITEMS:
        raise table.error(key, f"1 to {MAX_ITEMS} of them are expected")
    return found


def _kebab(table: Table, key: str) -> str:
    text = table.text(key)
    if not _NAME.fullmatch(text):
        raise table.error(key, "small letters and digits are expected, words joined by hyphens")
    return text


def _days(table: Table) -> int:
    days = table.number("days")
    if not 0 <= days <= MAX_RETENTION_DAYS:
        raise table.error("days", f"a number from 0 to {MAX_RETENTION_DAYS} is expected")
    return days


def _said(table: Table, key: str) -> str:
    text = table.text(key)
    if not text.strip() or len(text) > MAX_TEXT:
        raise table.error(key, f"a text of 1 to {MAX_TEXT} characters is expected")
    return text


def _words(table: Table) -> Words:
    return Words(vi=_said(table, "vi"), en=_said(table, "en"))


def _words_under(file: Table, key: str) -> Words:
    with file.table(key) as table:
        return _words(table)


def _confidence(table: Table) -> Confidence:
    return table.choice("confidence", {one.value: one for one in Confidence})


def _legal_bases(file: Table) -> Iterator[LegalBasis]:
    for table in file.tables("legal-basis"):
        yield LegalBasis(law=_words(table), confidence=_confidence(table))


def _cards(file: Table) -> Iterator[CardUse]:
    roles: set[str] = set()
    groups = {one.label: one for sources in SOURCES.values() for one in sources}
    for table in file.tables("card"):
        card = CardUse(
            role=_kebab(table, "role"),
            title=_words(table),
            groups=_some(table, "groups", table.choices("groups", groups)),
            claims=_some(table, "claims", table.choices("claims", {claim: claim for claim in CLAIMS})),
            face=table.choice("face", {one.value: one for one in FaceDemand}),
            confidence=_confidence(table),
        )
        if card.role in roles:
            raise table.error("role", "this role stands there twice")
        roles.add(card.role)
        _check_necessity(table, card)
        yield card


def _check_necessity(table: Table, card: CardUse) -> None:
    """What is released must be read, and what is read must be needed; DG1 is, for the card's own check digits."""
    for claim in card.claims:
        if not set(SOURCES[claim]) & set(card.groups):
            labels = " or ".join(one.label for one in SOURCES[claim])
            raise table.error("groups", f"{claim} needs {labels}")
    for group in card.groups:
        if group is not FileId.DG1 and not any(group in SOURCES[claim] for claim in card.claims):
            raise table.error("groups", f"no claim needs {group.label}")
    if card.face is not FaceDemand.NONE and "portrait" not in card.claims:
        raise table.error("face", "a face is compared with the claim portrait")
