"""What a relying party demands of a card."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from chipid.verification.report import KIND_AND_RESULT, Check, CheckResult, Reason, Result, Verdict

CHIP_PROOFS = frozenset({Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION, Check.CHIP_AUTHENTICATION_MAPPING})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmRule:
    """Which algorithms are good enough for what was signed up to a day; None stands for "from then on".

    ``hashes`` are names as :mod:`hashlib` has them; the sizes are those of RSA moduli and of curve orders, in bits.
    """

    until: date | None
    hashes: frozenset[str]
    rsa_bits: int
    ec_bits: int


def rule_for(rules: Iterable[AlgorithmRule], signed: date) -> AlgorithmRule | None:
    """The first of ``rules``, in the order of their days, that holds for what was signed on that day."""
    for rule in rules:
        if rule.until is None or signed <= rule.until:
            return rule
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The demands of a relying party, as data; :mod:`chipid.verification.policy_file` reads them from TOML.

    ``required`` checks must have passed and never be indeterminate; ``settled`` ones may not apply, but must not be
    indeterminate. Where one is open, the verdict is ``when_open``. A failed check rejects unless it is ``tolerated``,
    which the report shows all the same. ``chip_proof`` demands that Chip Authentication, Active Authentication or the
    Chip Authentication Mapping of PACE passed. ``bac`` accepts chips opened with Basic Access Control where they offer
    no PACE. ``expired_signer`` accepts a signer that has expired since it signed. ``refused_deviations`` names
    tolerances in certificates and in EF.SOD that this relying party does not share, ``refused_contents`` those in the
    other files. ``algorithms`` are in the order of their days. A failure of an ``excusable`` check is an open question
    where the deviation list of the issuing State tells of it; it never becomes a pass. ``crl_days`` is how old a
    revocation list may be whatever it says of the next one, None to believe that. ``sha256`` is the digest of the
    file that says all this, in hexadecimal; empty for a policy that is in no file.
    """

    name: str
    required: frozenset[Check]
    settled: frozenset[Check]
    tolerated: frozenset[Check]
    when_open: Verdict
    chip_proof: bool
    bac: bool
    expired_signer: bool
    refused_deviations: frozenset[str]
    algorithms: tuple[AlgorithmRule, ...]
    refused_contents: frozenset[str] = frozenset()
    excusable: frozenset[Check] = frozenset()
    crl_days: int | None = None
    sha256: str = ""

    def __hash__(self) -> int:
        return hash(self.name)

    def algorithm_rule(self, signed: date) -> AlgorithmRule | None:
        """The rule for what was signed on that day, None if the policy has none for it."""
        return rule_for(self.algorithms, signed)

    def demanding(self, check: Check) -> Policy:
        """The same policy, under which nothing is accepted unless ``check`` has passed."""
        return replace(self, required=self.required | {check}, tolerated=self.tolerated - {check})

    def decide(self, checks: tuple[CheckResult, ...]) -> Verdict:
        """The verdict over ``checks``: any failure rejects, any gap in what is demanded leaves it open."""
        found = set(map(KIND_AND_RESULT, checks))
        rejecting, opening, demanded, proofs = _demands(self)
        if not found.isdisjoint(rejecting):
            return Verdict.REJECTED
        if not found.isdisjoint(opening) or not found.issuperset(demanded):
            return self.when_open
        if self.chip_proof and found.isdisjoint(proofs):
            return self.when_open
        return Verdict.ACCEPTED

    def grounds(self, checks: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
        """What keeps :meth:`decide` from accepting: the failures, otherwise what was demanded and stayed open.

        A demanded check that was never made stands there as one that nobody asked for. Empty for what is accepted.
        """
        failed = tuple(one for one in checks if one.result is Result.FAILED and one.check not in self.tolerated)
        if failed:
            return failed
        passed = {one.check for one in checks if one.passed}
        missing = self.required - self.tolerated - passed
        if self.chip_proof and passed.isdisjoint(CHIP_PROOFS):
            missing |= CHIP_PROOFS
        watched = (self.required | self.settled) - self.tolerated
        left = tuple(
            one
            for one in checks
            if one.check in missing or (one.result is Result.INDETERMINATE and one.check in watched)
        )
        never_made = missing - {one.check for one in checks}
        return (
            *left,
            *(
                CheckResult(check, Result.NOT_APPLICABLE, Reason.NOT_REQUESTED)
                for check in Check
                if check in never_made
            ),
        )


_Outcomes = frozenset[tuple[Check, Result]]


@lru_cache(maxsize=64)
def _demands(policy: Policy) -> tuple[_Outcomes, _Outcomes, _Outcomes, _Outcomes]:
    """What rejects, what leaves the verdict open, what must be there, and what proves the chip."""
    demanded = policy.required - policy.tolerated
    return (
        _with_result(Result.FAILED, frozenset(Check) - policy.tolerated),
        _with_result(Result.INDETERMINATE, demanded | (policy.settled - policy.tolerated)),
        _with_result(Result.PASSED, demanded),
        _with_result(Result.PASSED, CHIP_PROOFS),
    )


def _with_result(result: Result, checks: frozenset[Check]) -> _Outcomes:
    return frozenset((one, result) for one in checks)
