"""What one service gets of one card."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid.identity.holder import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A holder with the claims of one profile alone; None for a rejected card.

    ``claims`` and ``missing`` are names, in the order of the profile: what is released, and what the service may know
    and does not get, because the card does not state it or was rejected.
    """

    profile: str
    role: str
    holder: Holder | None = field(repr=False)
    claims: tuple[str, ...]
    missing: tuple[str, ...]
