"""The application under test: a counter that opens an account only for the holder of a genuine card."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apdu.transport import Transport
from chipid.crypto.entropy import system_entropy
from chipid.identity.holder import Holder
from chipid.inspection.plan import EVERYTHING
from chipid.inspection.reading import read_card
from chipid.mrz.access_key import AccessKey
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy_file import DEFAULT_POLICY
from chipid.verification.report import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether the account is opened, in whose name, and the codes of the checks that failed."""

    opened: bool
    name: str | None
    failed: tuple[str, ...]


def open_account(card: Transport, key: AccessKey, trust: TrustStore, *, now: Callable[[], datetime]) -> Decision:
    """Read the card on the counter, judge it, and decide."""
    evidence = read_card(card, key, EVERYTHING, entropy=system_entropy, clock=time.monotonic, now=now)
    report = judge(evidence, trust, DEFAULT_POLICY, now())
    failed = tuple(one.check.label for one in report.failed)
    if report.verdict is not Verdict.ACCEPTED:
        return Decision(opened=False, name=None, failed=failed)
    holder = Holder.from_report(report)
    return Decision(opened=True, name=None if holder.full_name is None else holder.full_name.value, failed=failed)
