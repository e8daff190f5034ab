"""What is done otherwise than for a genuine card: the recipe of a scenario, and how it is read from TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from chipid.toml_table import Table
from simulator.pki.architecture import PLAIN


class Tampering(Enum):
    """A file that is exchanged after signing."""

    OTHER_NAME = "other-name"
    OTHER_PORTRAIT = "other-portrait"
    OTHER_RESIDENCE = "other-residence"
    OWN_AGREEMENT_KEY = "own-agreement-key"
    OWN_SIGNING_KEY = "own-signing-key"
    SIGNED_HASH = "signed-hash"


class ChipKeysOf(Enum):
    """Whose private keys are in the chip."""

    CARD = "card"
    ANOTHER_CHIP = "another-chip"


class SignatureOf(Enum):
    """Where the answers of Active Authentication come from."""

    CHIP = "chip"
    RELAYED = "relayed"  # the genuine chip signs the terminal's challenge, somewhere else
    RECORDED = "recorded"  # the genuine chip signed another challenge, some time ago


class DG13Form(Enum):
    """How much DG13 says."""

    FULL = "full"
    SPARSE = "sparse"  # what a card of 2024 may leave out is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that makes one card differ. The defaults make the genuine card of the profile."""

    person: str | None = None
    profile: str | None = None
    architecture: str = PLAIN
    tampering: Tampering | None = None
    chip_keys: ChipKeysOf = ChipKeysOf.CARD
    signature: SignatureOf = SignatureOf.CHIP
    wrong_hashes: tuple[int, ...] = ()
    unsigned_groups: tuple[int, ...] = ()
    without_groups: tuple[int, ...] = ()
    security_object_of: str | None = None
    details_of: str | None = None
    details: DG13Form = DG13Form.FULL
    binary_dates: bool = False  # DG11 with its date of birth in BCD
    portrait_bytes: int | None = None
    indefinite_lengths: bool = False
    weaker_card_access: bool = False
    without_pace: bool = False
    recorded_session: bool = False


_TAMPERINGS: Final[Mapping[str, Tampering]] = {one.value: one for one in Tampering}
_CHIP_KEYS: Final[Mapping[str, ChipKeysOf]] = {one.value: one for one in ChipKeysOf}
_SIGNATURES: Final[Mapping[str, SignatureOf]] = {one.value: one for one in SignatureOf}
_FORMS: Final[Mapping[str, DG13Form]] = {one.value: one for one in DG13Form}
_MAX_PORTRAIT = 1 << 20


def read_recipe(table: Table) -> Recipe:
    """Read the table ``card`` of a scenario. Raises :class:`ConfigurationError` naming file and key."""
    size = table.number("portrait_bytes") if table.has("portrait_bytes") else None
    if size is not None and not 0 < size <= _MAX_PORTRAIT:
        raise table.error("portrait_bytes", f"a size up to {_MAX_PORTRAIT} bytes is expected")
    return Recipe(
        person=table.optional_text("person"),
        profile=table.optional_text("profile"),
        architecture=table.optional_text("architecture") or PLAIN,
        tampering=table.choice("tampering", _TAMPERINGS) if table.has("tampering") else None,
        chip_keys=table.choice("chip_keys", _CHIP_KEYS) if table.has("chip_keys") else ChipKeysOf.CARD,
        signature=table.choice("signature", _SIGNATURES) if table.has("signature") else SignatureOf.CHIP,
        wrong_hashes=_groups(table, "wrong_hashes"),
        unsigned_groups=_groups(table, "unsigned_groups"),
        without_groups=_groups(table, "without_groups"),
        security_object_of=table.optional_text("security_object_of"),
        details_of=table.optional_text("details_of"),
        details=table.choice("details", _FORMS) if table.has("details") else DG13Form.FULL,
        binary_dates=table.flag("binary_dates", default=False),
        portrait_bytes=size,
        indefinite_lengths=table.flag("indefinite_lengths", default=False),
        weaker_card_access=table.flag("weaker_card_access", default=False),
        without_pace=table.flag("without_pace", default=False),
        recorded_session=table.flag("recorded_session", default=False),
    )


def _groups(table: Table, key: str) -> tuple[int, ...]:
    numbers = table.numbers(key) if table.has(key) else ()
    if any(not 1 <= one <= 16 for one in numbers):
        raise table.error(key, "numbers of data groups from 1 to 16 are expected")
    return numbers
