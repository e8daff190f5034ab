"""Files of a trust store, written so that they are whole whenever the machine stops, and by one writer at a time."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust.errors import unreadable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PART: Final = ".part"
_FLAGS: Final = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def read_bounded(path: Path, limit: int) -> bytes:
    """The bytes of a file; raises :class:`TrustStoreError` if there are more than ``limit`` or they cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise _lost(path, error) from error
    if len(data) > limit:
        raise TrustStoreError(f"{path} is larger than {limit} bytes")
    return data


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk before returning."""
    part = path.with_name(path.name + PART)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(part, path)  # noqa: PTH105 - the tests stop the process at each call of os
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Have a renaming on the disk. Windows has no such call and needs none."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_owner(paths: Iterable[Path]) -> None:
    """Raises :class:`TrustStoreError` for what everybody on the machine may write to."""
    if os.name != "posix":
        return
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise _lost(path, error) from error
        if mode & stat.S_IWOTH:
            message = f"{path} may be written by everybody on this machine: it has no owner"
            raise TrustStoreError(message, StoreProblem.OPEN_TO_ALL, file=path)


def _lost(path: Path, error: OSError) -> TrustStoreError:
    """The error for a part of a store that is not there, or that the system does not give."""
    if isinstance(error, FileNotFoundError):
        return TrustStoreError(f"the trust store is damaged: {path} is missing")
    return unreadable(str(path), error)


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """One writer at a time. The lock belongs to the process: it is gone when the process is."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
