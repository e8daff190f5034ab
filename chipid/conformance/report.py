"""Results of the cases for people, programs and continuous integration: text, JSON, JUnit XML.

None of them holds data of the card: an answer is its length and status word, and of what is made with an access key the
header alone is told. The same results give the same bytes; neither time nor place is in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

from chipid.conformance.case import CaseResult, Exchange, Verdict

SCHEMA: Final = "chipid.conformance/1"
_NAME: Final = "chipid.conformance"
_WIDTHS: Final = (12, 14, 48, 32)
# What XML 1.0 §2.2 has no way to write.
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LABELS: Final[Mapping[Verdict, str]] = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.NOT_APPLICABLE: "not-applicable",
    Verdict.INTERRUPTED: "interrupted",
}


def count(results: Iterable[CaseResult]) -> dict[str, int]:
    """How many cases have each verdict, all verdicts named."""
    counts = dict.fromkeys(_LABELS.values(), 0)
    for result in results:
        counts[_LABELS[result.verdict]] += 1
    return counts


def to_text(results: Sequence[CaseResult]) -> str:
    """A table with one line a case, the reason under it unless it has passed, and the sums."""
    lines = [_line(("ID", "VERDICT", "PURPOSE", "STIMULUS", "ANSWER"))]
    for result in results:
        last = _last(result)
        lines.append(_line((result.id, _LABELS[result.verdict], result.purpose, last.stimulus, last.answer)))
        if result.reason:
            lines.append(" " * (_WIDTHS[0] + 2) + result.reason)
    lines.append(", ".join(f"{number} {label}" for label, number in count(results).items()))
    return "\n".join(lines) + "\n"


def to_json(results: Sequence[CaseResult]) -> str:
    """One document of the schema ``chipid.conformance/1``.

    ``stimulus`` and ``answer`` are those of the last exchange, on which the verdict rests; ``exchanges`` has them all.
    """
    document = {"schema": SCHEMA, "summary": count(results), "cases": [_case(result) for result in results]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def to_junit(results: Sequence[CaseResult]) -> str:
    """One test suite of JUnit XML.

    A failed case is a failure there, one that does not apply is skipped, an interrupted one is an error.
    """
    counts = count(results)
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=_NAME,
        tests=str(len(results)),
        failures=str(counts["failed"]),
        errors=str(counts["interrupted"]),
        skipped=str(counts["not-applicable"]),
    )
    for result in results:
        case = ET.SubElement(suite, "testcase", classname=_NAME, name=_xml(f"{result.id} {result.purpose}"))
        if result.verdict is Verdict.FAILED:
            ET.SubElement(case, "failure", message=_xml(result.reason))
        elif result.verdict is Verdict.NOT_APPLICABLE:
            ET.SubElement(case, "skipped", message=_xml(result.reason))
        elif result.verdict is Verdict.INTERRUPTED:
            ET.SubElement(case, "error", message=_xml(result.reason))
        if result.exchanges:
            passed = "\n".join(f"{one.stimulus} -> {one.answer}" for one in result.exchanges)
            ET.SubElement(case, "system-out").text = _xml(passed)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(result: CaseResult) -> dict[str, Any]:
    last = _last(result)
    return {
        "id": result.id,
        "purpose": result.purpose,
        "stimulus": last.stimulus,
        "answer": last.answer,
        "verdict": _LABELS[result.verdict],
        "reason": result.reason,
        "exchanges": [{"stimulus": one.stimulus, "answer": one.answer} for one in result.exchanges],
    }


def _last(result: CaseResult) -> Exchange:
    return result.exchanges[-1] if result.exchanges else Exchange(stimulus="", answer="")


def _line(cells: tuple[str, str, str, str, str]) -> str:
    columns = [_fit(cell, width) for cell, width in zip(cells, _WIDTHS, strict=False)]
    return "  ".join((*columns, cells[-1])).rstrip()


def _fit(text: str, width: int) -> str:
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


def _xml(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
