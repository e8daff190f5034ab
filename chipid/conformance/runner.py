"""Examines a chip and runs cases against it: each begins with a reset, and none can stop the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from apdu import instructions
from apdu.errors import CardRemovedError, ToolkitError
from apdu.status import AUTHENTICATION_FAILED
from chipid.conformance.case import Case, CaseResult, DeviationError, NotApplicableError, Risk, Verdict
from chipid.conformance.chip_under_test import ChipUnderTest
from chipid.conformance.terminal import ConformanceTerminal, Link
from chipid.crypto.entropy import Entropy
from chipid.errors import WrongAccessKeyError
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import parse_dg14
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.files import FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.mrz.access_key import AccessKey


def run_cases(
    cases: Iterable[Case], link: Link, chip: ChipUnderTest, *, entropy: Entropy, with_wrong_keys: bool = False
) -> Iterator[CaseResult]:
    """The results in the order of the cases; those that try wrong keys only on request."""
    for case in cases:
        terminal = ConformanceTerminal(link, chip, entropy)
        if case.risk is Risk.WRONG_KEY and not with_wrong_keys:
            yield _result(case, terminal, Verdict.NOT_APPLICABLE, "it tries wrong keys, which was not asked for")
            continue
        yield run_case(case, terminal)


def run_case(case: Case, terminal: ConformanceTerminal) -> CaseResult:
    """Run one case on a terminal that has not been used; only a card that is taken away raises."""
    try:
        terminal.reset()
        case.script(terminal)
    except CardRemovedError:
        raise
    except NotApplicableError as error:
        return _result(case, terminal, Verdict.NOT_APPLICABLE, str(error))
    except DeviationError as error:
        return _result(case, terminal, Verdict.FAILED, str(error))
    except ToolkitError as error:
        return _result(case, terminal, Verdict.FAILED, error.message)
    return _result(case, terminal, Verdict.PASSED, "")


def examine(link: Link, *, mrz: AccessKey | None, can: AccessKey | None, entropy: Entropy) -> ChipUnderTest:
    """Find out what the chip offers: EF.CardAccess, Basic Access Control, EF.COM and DG14.

    A chip that does not behave has fewer files and protocols than it says; the cases tell why. Raises
    :class:`WrongAccessKeyError` if the chip says that the key is wrong, :class:`CardRemovedError`.
    """
    terminal = ConformanceTerminal(link, ChipUnderTest(), entropy)
    terminal.reset()
    chip = ChipUnderTest(mrz=mrz, can=can, card_access=_card_access(terminal))
    terminal = ConformanceTerminal(link, chip, entropy)
    terminal.reset()
    chip = replace(chip, has_bac=_answers_challenge(terminal))
    terminal = ConformanceTerminal(link, chip, entropy)
    terminal.reset()
    try:
        terminal.open()
        groups = _readable_groups(terminal)
        options = _security_options(terminal) if FileId.DG14 in groups else None
    except CardRemovedError:
        raise
    except (ToolkitError, DeviationError, NotApplicableError) as error:
        if terminal.channel is None and terminal.last_sw.sw1 == AUTHENTICATION_FAILED.sw1:
            raise WrongAccessKeyError(f"the chip did not accept the access key ({terminal.last_sw})") from error
        return chip
    return replace(chip, security_options=options, files=frozenset({FileId.COM, FileId.SOD, *groups}))


def _card_access(terminal: ConformanceTerminal) -> SecurityInfos | None:
    """EF.CardAccess; None if there is none, or none that can be understood."""
    try:
        content = terminal.file(FileId.CARD_ACCESS)
        return parse_card_access(content).security_infos if content else None
    except CardRemovedError:
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
    except CardRemovedError:
        raise
    except ToolkitError:
        numbers = tuple(range(1, 17))
    listed = (FileId.data_group(number) for number in numbers)
    return {file for file in listed if terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 1)).sw.is_ok}


def _security_options(terminal: ConformanceTerminal) -> SecurityInfos | None:
    """DG14; None if it cannot be understood, so that what needs it does not apply."""
    try:
        return parse_dg14(terminal.file(FileId.DG14)).security_infos
    except ToolkitError:
        return None


def _result(case: Case, terminal: ConformanceTerminal, verdict: Verdict, reason: str) -> CaseResult:
    return CaseResult(
        id=case.id, purpose=case.purpose, verdict=verdict, reason=reason, exchanges=tuple(terminal.exchanges)
    )
