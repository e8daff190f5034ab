"""The progress of a reading as lines of text."""

from __future__ import annotations

from typing import TextIO

from chipid.inspection.progress import ProgressEvent, Step
from chipid.messages.catalogue import Catalogue


class ProgressLines:
    """Writes a line for each step, and the bytes of the files where a person watches a terminal."""

    def __init__(self, texts: Catalogue, stream: TextIO) -> None:
        self._texts = texts
        self._stream = stream
        self._watched = stream.isatty()

    def __call__(self, event: ProgressEvent) -> None:
        if event.file is None:
            text = self._texts.text("step", event.step.label)
            self._stream.write(f"[{event.step.number}/{len(Step)}] {text}\n")
        elif self._watched:
            end = "\n" if event.done == event.total else ""
            self._stream.write(f"\r      {event.file} {100 * event.done // event.total:>3} %{end}")
        self._stream.flush()
