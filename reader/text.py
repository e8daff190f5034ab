"""Readers and findings as rows for programs and lines for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from reader.discovery import ReaderInfo
from reader.doctor import Finding


def reader_rows(found: Iterable[ReaderInfo]) -> list[dict[str, Any]]:
    """One object a reader; the ATR in hexadecimal, None without a card."""
    return [{**asdict(one), "atr": one.atr.hex() or None} for one in found]


def reader_lines(found: Iterable[ReaderInfo]) -> Iterator[str]:
    """One line a reader."""
    for one in found:
        yield f"{one.index}  {one.name}  {'card ' + one.atr.hex() if one.card_present else 'empty'}"


def finding_rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One object a finding; the hint is None where there is nothing to do."""
    return [{**asdict(one), "severity": one.severity.value, "hint": one.hint or None} for one in findings]


def finding_lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a finding, and what to do about it below."""
    for one in findings:
        yield f"{one.severity.value:<4}  {one.text} [{one.code}]"
        if one.hint:
            yield f"      {one.hint}"
