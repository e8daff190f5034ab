"""What is listed of readers and findings, for programs and for people."""

from __future__ import annotations

from reader.discovery import ReaderInfo
from reader.doctor import Finding, Severity
from reader.text import finding_lines, finding_rows, reader_lines, reader_rows

WITH_CARD = ReaderInfo(name="Invented Reader", index=0, card_present=True, atr=b"\x3b\x80")
EMPTY = ReaderInfo(name="Other Reader", index=1, card_present=False)
FINE = Finding(severity=Severity.OK, code="service", text="the service runs")
WRONG = Finding(severity=Severity.FAIL, code="readers", text="no reader", hint="Connect one.")


def test_readers_are_listed_with_what_lies_on_them() -> None:
    assert list(reader_lines([WITH_CARD, EMPTY])) == ["0  Invented Reader  card 3b80", "1  Other Reader  empty"]
    assert [one["atr"] for one in reader_rows([WITH_CARD, EMPTY])] == ["3b80", None]


def test_a_finding_has_its_hint_below_it_if_there_is_one() -> None:
    assert list(finding_lines([FINE, WRONG])) == [
        "ok    the service runs [service]",
        "fail  no reader [readers]",
        "      Connect one.",
    ]
    assert [one["hint"] for one in finding_rows([FINE, WRONG])] == [None, "Connect one."]
