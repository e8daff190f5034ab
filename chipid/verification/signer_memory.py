"""Checks 5 to 8 for signers that were seen before: what was found of one stays true until a moment that can be told.

What these checks find depends on the signer and those above it, on what all its files have in common, on store, policy
and document code, and on two times: of signing and of now. The times are only ever compared with the turning points of
certificates, lists and rules, and no result tells them. So between two of those, and on each of them, the outcome is
one and the same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from chipid.lds.ef_sod import SOD
from chipid.pki.certificate import Certificate
from chipid.trust.store import Anchor, TrustStore
from chipid.verification.policy import Policy
from chipid.verification.report import CheckResult
from chipid.verification.signer_chain import Chain
from chipid.verification.signer_checks import Signing, check_signer

MAX_REMEMBERED = 256  # outcomes of one signer

_LAST = datetime.max.replace(tzinfo=UTC)
_Found = tuple[tuple[CheckResult, ...], tuple[str, ...]]


class _Memory:
    """What was found of a signer by where the two times lie between its turning points."""

    def __init__(self, path: tuple[Anchor, ...], turning_points: list[datetime]) -> None:
        self.path = path
        self._points = turning_points
        self._found: dict[tuple[int, ...], _Found] = {}

    def place(self, signing_time: datetime | None, now: datetime) -> tuple[int, ...]:
        """Where the times lie: before, on or behind each point; an unknown time lies nowhere."""
        points = self._points
        of_now = (bisect_left(points, now), bisect_right(points, now))
        if signing_time is None:
            return of_now
        return (*of_now, bisect_left(points, signing_time), bisect_right(points, signing_time))

    def get(self, place: tuple[int, ...]) -> _Found | None:
        return self._found.get(place)

    def keep(self, place: tuple[int, ...], found: _Found) -> None:
        if len(self._found) >= MAX_REMEMBERED:
            self._found.clear()
        self._found[place] = found


def judge_signer(
    sod: SOD | None,
    signer: Certificate | None,
    chain: Chain,
    signing_time: datetime | None,
    trust: TrustStore,
    policy: Policy,
    *,
    document_code: str | None,
    now: datetime,
) -> tuple[tuple[CheckResult, ...], tuple[str, ...]]:
    """Checks 5 to 8 as :func:`check_signer` makes them, and the deviations in how was signed."""
    memory = place = None
    # The day of a rule is that of the time as it is written: other zones than UTC have other turning points.
    if sod is not None and sod.likeness is not None and signer is not None and now.tzinfo is UTC:
        memory = trust.conclude(
            ("signer", sod.likeness, signer, policy, document_code),
            lambda _: _Memory(chain.path, sorted(set(_turning_points(signer, chain, trust, policy)))),
        )
        if memory.path == chain.path:
            place = memory.place(signing_time, now)
            known = memory.get(place)
            if known is not None:
                return known
    signing = Signing.of(sod, signer, chain, signing_time)
    found = (check_signer(signing, trust, policy, document_code=document_code, now=now), signing.deviations)
    if memory is not None and place is not None:
        memory.keep(place, found)
    return found


def _turning_points(signer: Certificate, chain: Chain, trust: TrustStore, policy: Policy) -> Iterator[datetime]:
    """Every moment that one of the checks compares the time of signing or of now with."""
    yield from (signer.not_before, signer.not_after)
    for certificate in (signer, *(anchor.certificate for anchor in chain.path)):
        period = certificate.private_key_usage_period
        if period is not None:
            yield from (one for one in (period.not_before, period.not_after) if one is not None)
        for moment in (point for one in trust.bearers(certificate) for point in trust.crl_turning_points(one)):
            yield moment
            if policy.crl_days is not None and timedelta(policy.crl_days) < _LAST - moment:
                yield moment + timedelta(policy.crl_days)
    for rule in policy.algorithms:
        if rule.until is not None and rule.until < date.max:
            yield datetime.combine(rule.until + timedelta(days=1), time(), UTC)
