"""A reading from its evidence to what is shown of it: judged, told to whom may know it, as text or as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chipid.evidence.evidence import Evidence
from chipid.exports.flat_json import reading_document
from chipid.exports.terminal import json_text
from chipid.exports.text import render_reading
from chipid.identity.holder import Holder
from chipid.messages.catalogue import Catalogue
from chipid.profiles.library import Service
from chipid.profiles.release import release
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy import Policy
from chipid.verification.report import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The text to print, the verdict, and the holder with what may be told; None for a rejected card."""

    text: str = field(repr=False)
    verdict: Verdict
    holder: Holder | None = field(repr=False)


def show_reading(
    evidence: Evidence,
    trust: TrustStore,
    policy: Policy,
    now: datetime,
    *,
    service: Service | None,
    texts: Catalogue,
    as_json: bool,
) -> Shown:
    """Judge ``evidence`` and tell what came out; without a ``service``, everything that the card says."""
    report = judge(evidence, trust, policy, now)
    rejected = report.verdict is Verdict.REJECTED
    holder = None if rejected else Holder.from_report(report, allow_undecided=True)
    released = None if service is None else release(holder, service.profile, service.card)
    text = (
        json_text(reading_document(report, holder, released))
        if as_json
        else render_reading(report, holder, texts, released)
    )
    return Shown(text=text, verdict=report.verdict, holder=holder if released is None else released.holder)
