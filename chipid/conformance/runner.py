"""Examines a chip and runs cases against it: each begins with a reset, and none can stop the others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from apdu import instructions
from apdu.errors import CardRemovedError, DeadlineError, ToolkitError
from apdu.status import AUTHENTICATION_FAILED
from chipid.conformance.case import Case, CaseResult, DeviationError, NotApplicableError, Risk, Verdict
from chipid.conformance.chip_under_test import ChipUnderTest
from chipid.conformance.terminal import Clock, ConformanceTerminal, Link
from chipid.conformance.terminal_certificates import TerminalCredentials
from chipid.crypto.entropy import Entropy
from chipid.errors import WrongAccessKeyError
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import parse_dg14
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_cvca import parse_ef_cvca
from chipid.lds.files import FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.mrz.access_key import AccessKey, AccessKeyKind

SILENT_CASES: Final = 5


def run_cases(
    cases: Iterable[Case],
    link: Link,
    chip: ChipUnderTest,
    *,
    entropy: Entropy,
    risks: Collection[Risk] = (),
    clock: Clock | None = None,
    deadline: float | None = None,
) -> Iterator[CaseResult]:
    """The results in the order of the cases; there is one for each, whatever the chip does.

    Cases with a :class:`Risk` run only if ``risks`` has it. ``clock`` returns seconds, and nothing is sent after the
    clock value ``deadline``. Once the card is gone, the time is over, or :data:`SILENT_CASES` cases in a row got no
    answer at all, the case at hand and all after it are interrupted.
    """
    ending, silent = "", 0
    for case in cases:
        terminal = ConformanceTerminal(link, chip, entropy, clock=clock, deadline=deadline)
        if ending:
            yield _result(case, terminal, Verdict.INTERRUPTED, ending)
        elif case.risk not in (Risk.NONE, *risks):
            yield _result(case, terminal, Verdict.NOT_APPLICABLE, f"its risk was not asked for: {case.risk.value}")
        else:
            result = run_case(case, terminal)
            if terminal.was_answered:
                silent = 0
            elif result.verdict is Verdict.FAILED:
                silent += 1
            if result.verdict is Verdict.INTERRUPTED:
                ending = f"{result.reason}, in case {case.id}"
            elif silent == SILENT_CASES:
                ending = f"the chip gave no answer any more, in case {case.id} and before"
            yield result


def run_case(case: Case, terminal: ConformanceTerminal) -> CaseResult:
    """Run one case on a terminal that has not been used. Raises nothing that comes from the chip."""
    try:
        terminal.reset()
        case.script(terminal)
    except CardRemovedError:
        return _result(case, terminal, Verdict.INTERRUPTED, "the card was removed")
    except DeadlineError:
        return _result(case, terminal, Verdict.INTERRUPTED, "the time was over")
    except NotApplicableError as error:
        return _result(case, terminal, Verdict.NOT_APPLICABLE, str(error))
    except DeviationError as error:
        return _result(case, terminal, Verdict.FAILED, str(error))
    except ToolkitError as error:
        return _result(case, terminal, Verdict.FAILED, error.message)
    return _result(case, terminal, Verdict.PASSED, "")


def examine(
    link: Link,
    keys: Iterable[AccessKey],
    *,
    entropy: Entropy,
    terminals: TerminalCredentials | None = None,
    clock: Clock | None = None,
    deadline: float | None = None,
) -> ChipUnderTest:
    """Find out what the chip offers: EF.CardAccess, Basic Access Control, EF.COM, DG14 and EF.CVCA.

    ``keys`` are the access keys at hand, at most one of each kind: MRZ, CAN, PIN, PUK. The chip is opened with the CAN
    or the zone; PIN and PUK are not tried here. ``terminals`` are the keys for Terminal Authentication.

    A chip that does not behave has fewer files and protocols than it says; the cases tell why. Raises
    :class:`WrongAccessKeyError` if the chip says that the key is wrong, :class:`CardRemovedError`,
    :class:`DeadlineError`.
    """
    by_kind = {key.kind: key for key in keys}
    mrz, can, pin, puk = (by_kind.get(kind) for kind in AccessKeyKind)
    chip = ChipUnderTest(mrz=mrz, can=can, pin=pin, puk=puk, terminals=terminals)

    def powered() -> ConformanceTerminal:
        terminal = ConformanceTerminal(link, chip, entropy, clock=clock, deadline=deadline)
        terminal.reset()
        return terminal

    chip = replace(chip, card_access=_card_access(powered()))
    chip = replace(chip, has_bac=_answers_challenge(powered()))
    terminal = powered()
    try:
        terminal.open()
        groups = _readable_groups(terminal)
        options = _security_options(terminal) if FileId.DG14 in groups else None
        trust_points = _trust_points(terminal) if options is not None and options.terminal_authentication else ()
    except (CardRemovedError, DeadlineError):
        raise
    except (ToolkitError, DeviationError, NotApplicableError) as error:
        if terminal.channel is None and terminal.last_sw.sw1 == AUTHENTICATION_FAILED.sw1:
            raise WrongAccessKeyError(f"the chip did not accept the access key ({terminal.last_sw})") from error
        return chip
    files = frozenset({FileId.COM, FileId.SOD, *groups})
    return replace(chip, security_options=options, files=files, trust_points=trust_points)


def _card_access(terminal: ConformanceTerminal) -> SecurityInfos | None:
    """EF.CardAccess; None if there is none, or none that can be understood."""
    try:
        content = terminal.file(FileId.CARD_ACCESS)
        return parse_card_access(content).security_infos if content else None
    except (CardRemovedError, DeadlineError):
        raise
    except (ToolkitError, DeviationError):
        return None


def _answers_challenge(terminal: ConformanceTerminal) -> bool:
    try:
        terminal.select_application()
        return terminal.plain(instructions.get_challenge()).sw.is_ok
    except DeviationError:
        return False


def _readable_groups(terminal: ConformanceTerminal) -> set[FileId]:
    """Those that EF.COM lists, or any, if it cannot be understood, as far as they can be read."""
    try:
        numbers = parse_ef_com(terminal.file(FileId.COM)).data_groups
    except (CardRemovedError, DeadlineError):
        raise
    except ToolkitError:
        numbers = tuple(range(1, 17))
    listed = (FileId.data_group(number) for number in numbers)
    return {file for file in listed if terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 1)).sw.is_ok}


def _security_options(terminal: ConformanceTerminal) -> SecurityInfos | None:
    """DG14; None if it cannot be understood, so that what needs it does not apply."""
    try:
        return parse_dg14(terminal.file(FileId.DG14)).security_infos
    except (CardRemovedError, DeadlineError):
        raise
    except ToolkitError:
        return None


def _trust_points(terminal: ConformanceTerminal) -> tuple[str, ...]:
    """The references of EF.CVCA; none if there is no such file, or it cannot be understood."""
    try:
        content = terminal.file(FileId.CVCA)
        return parse_ef_cvca(content).references if content else ()
    except (CardRemovedError, DeadlineError):
        raise
    except ToolkitError:
        return ()


def _result(case: Case, terminal: ConformanceTerminal, verdict: Verdict, reason: str) -> CaseResult:
    return CaseResult(
        id=case.id, purpose=case.purpose, verdict=verdict, reason=reason, exchanges=tuple(terminal.exchanges)
    )
