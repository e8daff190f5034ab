"""libeac, the library of OpenPACE (Debian ``libeac3``), as an oracle in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from ctypes.util import find_library
from itertools import count
from pathlib import Path
from typing import Any

LIBRARY = "libeac.so.3"
CRYPTO = "libcrypto.so.3"  # the one that libeac.so.3 of Debian is linked to
STOP_SECONDS = 5


def missing() -> str | None:
    """Why there is no oracle, or None."""
    if find_library("eac") != LIBRARY:
        return f"{LIBRARY} is not installed (Debian package libeac3)"
    return None


class RefusedError(Exception):
    """libeac returned an error."""


class LibEAC:
    """The running process; a context manager."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("libeac_process.py")
        self._process = subprocess.Popen(
            [sys.executable, script, LIBRARY, CRYPTO],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # where libeac tells of every refusal
            text=True,
        )
        self._numbers = count()

    def __enter__(self) -> LibEAC:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(STOP_SECONDS)
        self._process.stdout.close()

    def context(self, seed: bytes = b"") -> Context:
        """A new context; libeac draws what follows from ``seed``."""
        made = Context(self._call, next(self._numbers))
        made.seed(seed)
        return made

    def _call(self, number: int, name: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        encoded = ["hex:" + one.hex() if isinstance(one, bytes) else one for one in arguments]
        self._process.stdin.write(json.dumps([number, name, *encoded]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"libeac broke down in {name}"
        kind, result = json.loads(line)
        if kind == "refused":
            raise RefusedError(result)
        return bytes.fromhex(result[4:]) if isinstance(result, str) else result


class Context:
    """A context of libeac; its methods are those of ``libeac_process.Context``."""

    def __init__(self, call: Callable[..., Any], number: int) -> None:
        self._call = call
        self._number = number

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self._call(self._number, name, *arguments)
