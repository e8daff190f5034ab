"""Releasing exactly what a profile allows a service to know, and nothing else."""

from __future__ import annotations

from chipid.identity.holder import Holder
from chipid.identity.released import Release
from chipid.profiles.profile import CardUse, Profile


def restrict_holder(holder: Holder, card: CardUse) -> Holder:
    """The holder with the card's claims alone; everything else is as if the card did not say it."""
    return Holder(verdict=holder.verdict, **{claim: getattr(holder, claim) for claim in card.claims})


def release(holder: Holder | None, profile: Profile, card: CardUse) -> Release:
    """Release the claims of ``card``, one of the profile's uses, from ``holder``."""
    stated = {claim for claim in card.claims if getattr(holder, claim, None) is not None}
    return Release(
        profile=profile.name,
        role=card.role,
        holder=None if holder is None else restrict_holder(holder, card),
        claims=tuple(claim for claim in card.claims if claim in stated),
        missing=tuple(claim for claim in card.claims if claim not in stated),
    )
