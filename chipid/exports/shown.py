"""A reading from its evidence to what is shown of it: judged, told to whom may know it, as text or as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from chipid.evidence.evidence import Evidence
from chipid.exports.flat_json import reading_document
from chipid.exports.private_file import private_file
from chipid.exports.terminal import json_text
from chipid.exports.text import render_reading
from chipid.identity.holder import Holder
from chipid.identity.released import Release
from chipid.messages.catalogue import Catalogue
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy import Policy
from chipid.verification.report import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How readings are judged and told: by which policy, bound to which nonce, for whom, and in what form.

    ``release`` gives a holder to the service that asks; without it everything that the card says is told. With a
    ``nonce``, Active Authentication must be bound to it.
    """

    policy: Policy
    release: Callable[[Holder | None], Release] | None
    texts: Catalogue
    as_json: bool
    nonce: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The text to print, the verdict, and the holder with what may be told; None for a rejected card."""

    text: str = field(repr=False)
    verdict: Verdict
    holder: Holder | None = field(repr=False)


def show_reading(evidence: Evidence, trust: TrustStore, now: datetime, terms: Terms) -> Shown:
    """Judge ``evidence`` and tell what came out."""
    report = judge(evidence, trust, terms.policy, now, nonce=terms.nonce)
    rejected = report.verdict is Verdict.REJECTED
    holder = None if rejected else Holder.from_report(report, allow_undecided=True)
    released = None if terms.release is None else terms.release(holder)
    if terms.as_json:
        text = json_text(reading_document(report, holder, released))
    else:
        text = render_reading(report, holder, terms.texts, released)
    return Shown(text=text, verdict=report.verdict, holder=holder if released is None else released.holder)


def save_portrait(holder: Holder | None, path: Path) -> bool:
    """Write the portrait of who may be shown, readable by its owner alone; False where there is none."""
    if holder is None or holder.portrait is None:
        return False
    with private_file(path) as sink:
        sink.write(holder.portrait.value.image)
    return True
