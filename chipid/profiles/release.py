"""Releasing exactly what a profile allows a service to know, and nothing else."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType

from chipid.identity.holder import Attribute, Holder
from chipid.lds.face_record import FaceImage
from chipid.profiles.profile import CardUse, Profile
from chipid.verification.report import Verdict

SCHEMA = "chipid.release/1"

JSONValue = str | int | float | bool | None | dict[str, "JSONValue"] | list["JSONValue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The claims of one card for one service, in the order of the profile.

    ``missing`` names the claims that the card does not state; ``verdict`` is that of the card's report.
    """

    profile: str
    role: str
    verdict: Verdict
    claims: Mapping[str, Attribute[object]] = field(repr=False)
    missing: tuple[str, ...]


def restrict_holder(holder: Holder, card: CardUse) -> Holder:
    """The holder with the card's claims alone; everything else is as if the card did not say it."""
    return Holder(verdict=holder.verdict, **{claim: getattr(holder, claim) for claim in card.claims})


def release(holder: Holder, profile: Profile, card: CardUse) -> Release:
    """Release the claims of ``card``, one of the profile's uses, from ``holder``."""
    stated = {claim: getattr(holder, claim) for claim in card.claims}
    return Release(
        profile=profile.name,
        role=card.role,
        verdict=holder.verdict,
        claims=MappingProxyType({claim: one for claim, one in stated.items() if one is not None}),
        missing=tuple(claim for claim, one in stated.items() if one is None),
    )


def release_document(released: Release) -> dict[str, JSONValue]:
    """The release as one JSON document; a portrait is its bytes in Base64, a date ``yyyy-MM-dd``."""
    return {
        "schema": SCHEMA,
        "profile": released.profile,
        "role": released.role,
        "verdict": released.verdict.value,
        "claims": {
            claim: {"value": _value(one.value), "group": one.group.label, "vouched": one.vouched}
            for claim, one in released.claims.items()
        },
        "missing": list(released.missing),
    }


def _value(value: object) -> JSONValue:
    if isinstance(value, FaceImage):
        return {"format": value.format.name.lower(), "base64": base64.b64encode(value.image).decode("ascii")}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    return None if value is None else str(value)
