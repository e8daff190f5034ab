"""The progress of a reading, for a terminal that somebody watches and for a log."""

from __future__ import annotations

import io

from chipid.inspection.progress import ProgressEvent, Step
from chipid.inspection.progress_text import ProgressLines
from chipid.messages.catalogue import Language, catalogue

EVENTS = (
    ProgressEvent(step=Step.ACCESS),
    ProgressEvent(step=Step.DATA_GROUPS),
    ProgressEvent(step=Step.DATA_GROUPS, file="DG2", done=5, total=1000),
    ProgressEvent(step=Step.DATA_GROUPS, file="DG2", done=1000, total=1000),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO, language: Language = Language.ENGLISH) -> str:
    lines = ProgressLines(catalogue(language), stream)
    for event in EVENTS:
        lines(event)
    return stream.getvalue()


def test_a_log_gets_one_line_for_each_step() -> None:
    assert told(io.StringIO()) == "[2/7] Opening the chip\n[7/7] Reading the data\n"
    assert told(io.StringIO(), Language.VIETNAMESE) == "[2/7] Đang mở chip\n[7/7] Đang đọc dữ liệu\n"


def test_a_person_sees_the_bytes_come() -> None:
    lines = told(Terminal()).split("\r")
    assert lines[1:] == ["      DG2   0 %", "      DG2 100 %\n"]
