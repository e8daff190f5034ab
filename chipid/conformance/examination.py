"""One chip put to cases from beginning to end: the keys at hand in, results and their report out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from chipid.conformance import report
from chipid.conformance.case import Case, CaseResult, Risk
from chipid.conformance.runner import examine, run_cases
from chipid.conformance.terminal import Clock, Link
from chipid.conformance.terminal_certificates import TerminalCredentials
from chipid.crypto.entropy import Entropy
from chipid.mrz.access_key import AccessKey
from chipid.pki.chat import Role
from chipid.protocols.terminal_key import TerminalKey
from chipid.protocols.terminal_key_folder import read_authority_keys

FAILED, INTERRUPTED = 1, 4
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The results in the order of the cases."""

    results: tuple[CaseResult, ...]

    @property
    def exit_code(self) -> int:
        """0 if every case that applies has passed, 1 if one has failed, 4 if the chip was taken away."""
        counts = report.count(self.results)
        return FAILED if counts["failed"] else INTERRUPTED if counts["interrupted"] else 0

    def render(self, *, as_json: bool, junit: bool) -> str:
        """As JSON, as JUnit XML, or as text."""
        form = report.to_json if as_json else report.to_junit if junit else report.to_text
        return form(self.results)


def examine_chip(
    cases: Iterable[Case],
    link: Link,
    keys: Iterable[AccessKey],
    *,
    terminals: TerminalCredentials | None,
    risks: Collection[Risk],
    entropy: Entropy,
    clock: Clock,
    within: float,
) -> Examination:
    """Find out what the chip offers and run the cases, ``within`` so many seconds; errors of :func:`examine`."""
    deadline = clock() + within
    chip = examine(link, keys, terminals=terminals, entropy=entropy, clock=clock, deadline=deadline)
    results = run_cases(cases, link, chip, entropy=entropy, risks=risks, clock=clock, deadline=deadline)
    return Examination(results=tuple(results))


def credentials_of(key: TerminalKey, path: Path, *, today: date) -> TerminalCredentials:
    """What the terminal's key at ``path`` allows, with the keys of its authorities if they lie beside it.

    Raises :class:`TerminalKeyError` if a certificate is missing or of somebody else.
    """
    authorities = read_authority_keys(path)
    by_role = {one.certificate.role: one for one in authorities}
    verifier = by_role.get(Role.DV_DOMESTIC) or by_role.get(Role.DV_FOREIGN)
    return TerminalCredentials.from_keys(key, verifier=verifier, cvca=by_role.get(Role.CVCA), horizon=today + _DAY)
