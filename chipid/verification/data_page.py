"""Check 21: is the chip in the document that lies on the desk? (ICAO Doc 9303-11 §5.1; -10 §4.7.1: DG1 repeats it.)

Only whoever reads the printed zone can ask. The evidence does not hold it, so a later judgement must be given it anew.
"""

from __future__ import annotations

from chipid.lds.dg1 import DG1
from chipid.lds.files import FileId
from chipid.mrz.mrz import MRZ
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result


def check_data_page(printed: MRZ | None, dg1: DG1 | None) -> tuple[CheckResult, ...]:
    """Make check 21: the printed zone against that of DG1, field by field; no check where nobody read the page.

    A zone whose own check digits are wrong was misread, which speaks neither for the chip nor against it. The facts
    name the fields that differ, not what they hold.
    """
    if printed is None:
        return ()
    facts: Facts = ()
    if dg1 is None:
        result, reason = Result.INDETERMINATE, Reason.GROUP_NOT_READ
    elif printed.wrong_digits:
        result, reason = Result.INDETERMINATE, Reason.FIELD_MALFORMED
    elif printed.text == dg1.mrz.text:
        result, reason = Result.PASSED, Reason.VERIFIED
    else:
        result, reason = Result.FAILED, Reason.FIELDS_DIFFER
        facts = (("differing", tuple(_differing(printed, dg1.mrz))),)
    check = Check.DATA_PAGE_AGAINST_DG1
    return (CheckResult(check=check, result=result, reason=reason, subject=FileId.DG1.label, facts=facts),)


def _differing(printed: MRZ, chip: MRZ) -> list[str]:
    if printed.format is not chip.format:
        return ["format"]
    cut = printed.format.cut
    return [name for name in printed.format.places if cut(printed.text, name) != cut(chip.text, name)]
