"""Files that hold what is on somebody's card: written readable by their owner alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Open ``path`` for writing from its beginning, mode 0600 also where the file was there before.

    A device or a pipe belongs to others too and keeps its mode.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        is_regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if is_regular and hasattr(os, "fchmod"):  # not on Windows, where a file has no such mode
            os.fchmod(descriptor, 0o600)
        yield file
