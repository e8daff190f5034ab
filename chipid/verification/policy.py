"""What a relying party demands of a card."""

from __future__ import annotations

from dataclasses import dataclass

from chipid.verification.report import Check, CheckResult, Result, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which checks must pass, and which may fail without a rejection.

    ``required`` checks must have passed at least once and never be indeterminate, or the verdict is
    UNDECIDED. ``chip_proof`` demands besides that Chip Authentication or Active Authentication passed.
    ``tolerated`` checks may fail: the report shows it and the verdict ignores it. ``bac`` accepts chips
    opened with Basic Access Control where they offer no PACE.
    """

    name: str
    required: frozenset[Check] = frozenset(
        {
            Check.ACCESS_PROTOCOL,
            Check.SOD_SIGNATURE,
            Check.SIGNER_CHAIN,
            Check.SIGNER_VALIDITY,
            Check.GROUP_HASH,
            Check.GROUP_FORMAT,
            Check.COM_AGAINST_SOD,
            Check.MRZ_CHECK_DIGITS,
            Check.DOCUMENT_EXPIRY,
        }
    )
    tolerated: frozenset[Check] = frozenset()
    chip_proof: bool = True
    bac: bool = True

    def decide(self, checks: tuple[CheckResult, ...]) -> Verdict:
        """The verdict over ``checks``: any failure rejects, any gap in what is required leaves it undecided."""
        judged = [one for one in checks if one.check not in self.tolerated]
        if any(one.result is Result.FAILED for one in judged):
            return Verdict.REJECTED
        required = self.required - self.tolerated
        passed = {one.check for one in judged if one.passed}
        open_questions = any(one.check in required and one.result is Result.INDETERMINATE for one in judged)
        if open_questions or required - passed:
            return Verdict.UNDECIDED
        if self.chip_proof and not passed & {Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION}:
            return Verdict.UNDECIDED
        return Verdict.ACCEPTED


DEFAULT_POLICY = Policy(name="default")
