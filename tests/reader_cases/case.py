"""What a reader case is: a document that is manipulated in one way, and what an inspection must make of it.

BSI TR-03105-5.1 demands PASS ("MRTD inspection procedure successful") or FAIL. Here an inspection is a reading and a
judgement under the shipped policy ``strict``. PASS is an accepted card. FAIL is a rejected one, or a reading that ends
in an error of the toolkit's own tree, and it must be the manipulation that was found and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from chipid.evidence.evidence import Evidence
from chipid.verification.report import Report, Verdict

Found = tuple[str, ...]


class Demand(Enum):
    """The verdict that a case asks for."""

    PASS = "pass"
    FAIL = "fail"
    PASS_WITHOUT_DENIED = "pass, without the denied data"
    OPERATIONAL = "pass or fail, stay operational"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one inspection came to.

    ``error`` is the code of the error that ended it, and then there is no ``verdict``. ``checks`` names the failed
    and open checks as ``label/reason``, ``remarks`` the deviations and quirks of an accepted card too, ``denied``
    the files that the card did not let be read.
    """

    verdict: Verdict | None
    error: str = ""
    checks: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    evidence: Evidence | None = field(default=None, repr=False)
    report: Report | None = field(default=None, repr=False)

    @property
    def is_pass(self) -> bool:
        return self.verdict is Verdict.ACCEPTED

    @property
    def is_fail(self) -> bool:
        return self.verdict is Verdict.REJECTED or bool(self.error)

    @property
    def finders(self) -> tuple[str, ...]:
        """Everything that may have found a manipulation."""
        return (self.error,) if self.error else self.checks


Run = Callable[[], "Outcome | Iterable[Outcome]"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCase:
    """One case of the standard.

    ``stated`` says that TR-03105-5.1 gives the verdict itself; the others are suggestions. ``found`` is what must
    find the manipulation: ``label/reason`` of a check, or the code of an error; for a document that passes, a
    remark or the file denied; alternatives are separated by " or ". ``note`` tells why a verdict is another than
    the suggested one, or what stands behind it.
    """

    id: str  # as "ISO7816_B_04" or "LDS_H_17"
    purpose: str
    demand: Demand
    stated: bool
    found: str
    note: str
    run: Callable[[], tuple[Outcome, ...]]

    def complaint(self, outcomes: tuple[Outcome, ...]) -> str:
        """Why these outcomes are not what the case demands; empty if they are."""
        if not outcomes:
            return "nothing was inspected"
        return next((text for one in outcomes if (text := self._complaint(one))), "")

    def _complaint(self, outcome: Outcome) -> str:
        wanted = self.found.split(" or ") if self.found else []
        match self.demand:
            case Demand.PASS:
                held, found = outcome.is_pass, outcome.remarks
            case Demand.PASS_WITHOUT_DENIED:
                held, found = outcome.is_pass, (", ".join(outcome.denied),)
            case Demand.FAIL:
                held, found = outcome.is_fail, outcome.finders
            case Demand.OPERATIONAL:
                held, found = True, outcome.finders
        if not held:
            return f"{self.demand.value} was demanded: {outcome}"
        if wanted and not set(wanted) & set(found):
            return f"{self.found} should have been found: {outcome}"
        if self.demand is Demand.FAIL and not wanted:
            return "the case does not say what must find it"
        return ""


REGISTRY: dict[str, ReaderCase] = {}


def reader_case(
    identifier: str, demand: Demand, *, found: str = "", stated: bool = False, note: str = ""
) -> Callable[[Run], Run]:
    """Register a function as a case; the first line of its docstring is the purpose."""

    def register(function: Run) -> Run:
        def run() -> tuple[Outcome, ...]:
            outcome = function()
            return (outcome,) if isinstance(outcome, Outcome) else tuple(outcome)

        purpose = (function.__doc__ or "").partition("\n")[0].rstrip(".")
        if identifier in REGISTRY or not purpose:
            raise ValueError(f"{identifier} is registered twice or has no purpose")
        REGISTRY[identifier] = ReaderCase(
            id=identifier, purpose=purpose, demand=demand, stated=stated, found=found, note=note, run=run
        )
        return function

    return register
