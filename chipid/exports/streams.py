"""The standard streams of a program that people's names pass through."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO


def prepare_standard_streams() -> None:
    """Have the three streams speak UTF-8 in any locale; one that was closed is open, and leads nowhere."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def lead_nowhere(stream: TextIO) -> None:
    """Have what is still written to a stream whose reader has left go nowhere, at the end of the program too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
