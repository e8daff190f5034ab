"""Cases that move the date and the trust points of a chip: J_11, J_54, M and N of BSI TR-03105-3.2.

They come last, each leaves the chip to the next as the standard has it, and nothing takes it back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apdu import instructions
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Risk
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.conformance.terminal_certificates import Signer, TerminalCredentials
from chipid.conformance.terminal_steps import TerminalSteps
from chipid.lds.ef_cvca import LENGTH, parse_ef_cvca
from chipid.lds.files import FileId
from chipid.pki.chat import Role

LIFE: Final = 400  # days


def _made(
    known: TerminalCredentials,
    issuer: Signer,
    holder: Signer,
    role: Role,
    *,
    first: int | None = None,
    last: int = LIFE,
) -> bytes:
    """A certificate with days counted from the horizon; it takes effect early unless ``first`` says otherwise."""
    start = known.first if first is None else known.day(first)
    return known.certificate(issuer, holder, role, first=start, last=known.day(last))


def _verifier(
    known: TerminalCredentials,
    issuer: Signer | None = None,
    *,
    role: Role = Role.DV_DOMESTIC,
    first: int | None = None,
    last: int = LIFE,
) -> bytes:
    return _made(known, issuer or known.cvca, known.verifier, role, first=first, last=last)


def _terminal(known: TerminalCredentials, *, first: int | None = None, last: int = LIFE) -> bytes:
    return _made(known, known.verifier, known.terminal, Role.TERMINAL, first=first, last=last)


def _link(known: TerminalCredentials, old: Signer, new: Signer, first: int) -> bytes:
    return _made(known, old, new, Role.CVCA, first=first, last=first + LIFE)


# The date


def _require_before(steps: TerminalSteps, issuer: Signer, certificate: bytes) -> TerminalSteps:
    """The date of the chip has not yet passed what this certificate says, and the session after it."""
    if not steps.is_taken(issuer, certificate):
        raise NotApplicableError("the date of the chip is not before the horizon")
    return steps.again()


def _later_terminal(role: Role, earlier_day: int) -> Callable[[ConformanceTerminal], None]:
    """A terminal's certificate moves the date under a domestic verifier only; then an earlier one has expired."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        verifier = _verifier(known, role=role)
        earlier = _terminal(known, last=earlier_day)
        steps.present(known.cvca, verifier)
        steps = _require_before(steps, known.verifier, earlier)
        steps.present(known.cvca, verifier)
        steps.present(known.verifier, _terminal(known, first=earlier_day + 1))
        steps = steps.again()
        steps.present(known.cvca, verifier)
        if role is Role.DV_FOREIGN:
            steps.present(known.verifier, earlier)
        else:
            steps.refuse(known.verifier, earlier)

    return run


def _new_verifier(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    known = steps.credentials
    earlier = _verifier(known, last=5)
    steps = _require_before(steps, known.cvca, earlier)
    steps.present(known.cvca, _verifier(known, first=6))
    steps.again().refuse(known.cvca, earlier)


# The trust points


def _successors(known: TerminalCredentials, count: int) -> tuple[Signer, ...]:
    if len(known.successors) < count:
        raise NotApplicableError("it needs later keys of the CVCA")
    return known.successors[:count]


def _require_trust_points(terminal: ConformanceTerminal, *signers: Signer) -> None:
    if _trust_points(terminal) != tuple(one.reference for one in signers):
        raise DeviationError("EF.CVCA does not name the trust points as they are now")


def _trust_points(terminal: ConformanceTerminal) -> tuple[str, ...]:
    """The references of EF.CVCA, which has its length always."""
    response = terminal.secure(instructions.select_ef(FileId.CVCA.fid))
    if not response.sw.is_ok:
        raise NotApplicableError("the chip has no EF.CVCA")
    content = expect_ok(terminal.secure(instructions.read_binary(0, LENGTH)))
    if len(content) != LENGTH:
        raise DeviationError(f"EF.CVCA of {LENGTH} bytes was expected, {len(content)} bytes came")
    return parse_ef_cvca(content).references


def _one_link(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    known = steps.credentials
    (new,) = _successors(known, 1)
    if _trust_points(terminal)[:1] != (known.cvca.reference,):
        raise NotApplicableError("the first trust point is not the CVCA of the terminal")
    steps.present(known.cvca, _link(known, known.cvca, new, 10))
    steps = steps.again()
    _require_trust_points(terminal, new, known.cvca)
    steps.present(known.cvca, _verifier(known))
    steps.again().present(new, _verifier(known, new))


def _terminal_after_link(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    known = steps.credentials
    (new,) = _successors(known, 1)
    steps.present(known.cvca, _link(known, known.cvca, new, 10))
    steps.refuse(new, _made(known, new, known.terminal, Role.TERMINAL))


def _two_links(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    known = steps.credentials
    first, second, third = _successors(known, 3)
    if _trust_points(terminal)[:1] != (first.reference,):
        raise NotApplicableError("it goes on from where B32 M_3 has brought the chip")
    steps.present(first, _link(known, first, second, 11))
    steps.present(second, _link(known, second, third, 12))
    steps.present(third, _verifier(known, third))
    _require_trust_points(terminal, third, second)
    steps.again().refuse(first, _verifier(known, first))


def _sane_file(terminal: ConformanceTerminal) -> None:
    """Two references, zeros after them, and nothing after its length."""
    terminal.open()
    if len(_trust_points(terminal)) == 1:
        raise NotApplicableError("the chip has one trust point only")
    expect_error(terminal.secure(instructions.read_binary(LENGTH, 1)))


def _other_mechanism(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    known = steps.credentials
    new = known.migration
    if new is None:
        raise NotApplicableError("it needs a CVCA of another mechanism")
    first = _trust_points(terminal)[:1]
    old = next((one for one in (known.cvca, *known.successors) if (one.reference,) == first), None)
    if old is None:
        raise NotApplicableError("it needs the key of the first trust point")
    steps.present(old, _link(known, old, new.cvca, 20))
    steps.present(new.cvca, _made(known, new.cvca, new.verifier, Role.DV_DOMESTIC))
    steps.present(new.verifier, _made(known, new.verifier, new.terminal, Role.TERMINAL))


CASES: Final = (
    *(
        Case(id=f"B32 {case_id}", purpose=purpose, script=script, risk=Risk.LASTING_CHANGE)
        for case_id, purpose, script in (
            ("J_11", "a foreign terminal does not move the date", _later_terminal(Role.DV_FOREIGN, 1)),
            ("M_1", "a domestic terminal moves the date", _later_terminal(Role.DV_DOMESTIC, 3)),
            ("M_2", "a document verifier moves the date", _new_verifier),
            ("M_3", "a link moves the trust point", _one_link),
            ("J_54", "certificate of a terminal by the CVCA of a link", _terminal_after_link),
            ("M_4", "two links, and the oldest trust point is gone", _two_links),
        )
    ),
    Case(id="B32 M_6", purpose="EF.CVCA with two trust points", script=_sane_file),
    Case(
        id="B32 N_1",
        purpose="a link to another mechanism",
        script=_other_mechanism,
        risk=Risk.LASTING_CHANGE,
    ),
)
