"""Typed door to pyscard's low-level module ``smartcard.scard``: one context, handles, result codes.

The high-level classes of pyscard are avoided: a connection that is garbage-collected there powers the card
off, and its monitors run threads of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType, TracebackType
from typing import Any

from apdu.errors import TransportError
from reader import errors

SCOPE_USER = 0
PNP_NOTIFICATION = "\\\\?PnP?\\Notification"

STATE_UNAWARE = 0x0000
STATE_CHANGED = 0x0002
STATE_UNKNOWN = 0x0004
STATE_UNAVAILABLE = 0x0008
STATE_EMPTY = 0x0010
STATE_PRESENT = 0x0020
STATE_MUTE = 0x0200

SNAPSHOT_TRIES = 5


def _pyscard() -> ModuleType:
    try:
        from smartcard import scard  # noqa: PLC0415  a missing pyscard must not break `import reader`
    except ImportError as error:
        raise errors.PyscardMissingError(f"pyscard cannot be imported ({error.name or error.msg})") from error
    module: ModuleType = scard
    return module


def invoke(function: str, *arguments: object) -> tuple[int, list[Any]]:
    """Call a function of ``smartcard.scard``: its result code as 32 bits without sign, and its values."""
    module = _pyscard()
    try:
        result = getattr(module, function)(*arguments)
    except (module.error, OverflowError) as error:
        raise TransportError(f"{function} failed within pyscard") from error
    code, *values = result if isinstance(result, (list, tuple)) else (result,)
    return code & 0xFFFFFFFF, values


def call(function: str, *arguments: object, doing: str) -> list[Any]:
    """Call a function of ``smartcard.scard`` and raise the error of its result code."""
    code, values = invoke(function, *arguments)
    if code != errors.SUCCESS:
        raise errors.error_for(code, doing)
    return values


def control_code(function: int) -> int:
    """The code of a reader's control function; Windows numbers them differently from everybody else."""
    code: int = _pyscard().SCARD_CTL_CODE(function)
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """What SCardGetStatusChange says of one reader."""

    reader: str
    flags: int
    atr: bytes = b""

    @property
    def card_present(self) -> bool:
        return bool(self.flags & STATE_PRESENT)

    @property
    def is_gone(self) -> bool:
        """True if the reader itself is unknown or not available."""
        return bool(self.flags & (STATE_UNKNOWN | STATE_UNAVAILABLE))

    @property
    def is_mute(self) -> bool:
        return bool(self.flags & STATE_MUTE)

    @property
    def event_count(self) -> int:
        """Insertions and removals the service has counted for this reader, modulo 65536."""
        return self.flags >> 16 & 0xFFFF


class Context:
    """A PC/SC resource manager context. One context belongs to one thread, :meth:`cancel` excepted."""

    def __init__(self) -> None:
        (self._handle,) = call("SCardEstablishContext", SCOPE_USER, doing="connecting to the smart card service")
        self._is_open = True

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @property
    def handle(self) -> int:
        handle: int = self._handle
        return handle

    def release(self) -> None:
        """Let the service go; a second call does nothing, and a service that is gone does not matter."""
        if self._is_open:
            self._is_open = False
            invoke("SCardReleaseContext", self._handle)

    def cancel(self) -> None:
        """End :meth:`status_change` of another thread."""
        if self._is_open:
            invoke("SCardCancel", self._handle)

    def list_readers(self) -> tuple[str, ...]:
        """The names of the attached readers, in the order of the service; empty if there is none."""
        code, values = invoke("SCardListReaders", self._handle, [])
        if code == errors.E_NO_READERS_AVAILABLE:
            return ()
        if code != errors.SUCCESS:
            raise errors.error_for(code, "listing the readers")
        return tuple(str(name) for name in values[0])

    def snapshot(self) -> tuple[ReaderState, ...]:
        """The attached readers and their state now, in the order of the service."""
        for _ in range(SNAPSHOT_TRIES):
            names = self.list_readers()
            if not names:
                return ()
            code, values = self._status_change([(name, STATE_UNAWARE) for name in names], timeout_ms=0)
            if code == errors.SUCCESS:
                return _states(values)
            if code != errors.E_UNKNOWN_READER:  # a reader that left between the two calls
                raise errors.error_for(code, "looking at the readers")
        raise errors.ReaderGoneError("the readers come and go faster than they can be listed")

    def wait(self, seen: Sequence[ReaderState], *, timeout_ms: int) -> bool:
        """Wait until a reader differs from what was ``seen``, the list of readers changes, or the time is over.

        False if the service cannot watch what was asked (macOS without a reader), so that the caller has to pause.
        """
        known = [(state.reader, state.flags & ~STATE_CHANGED) for state in seen]
        code, _ = self._status_change([*known, (PNP_NOTIFICATION, len(seen) << 16)], timeout_ms=timeout_ms)
        if code == errors.E_UNKNOWN_READER:  # the notification is not known, or a reader has just left
            if not known:
                return False
            code, _ = self._status_change(known, timeout_ms=timeout_ms)
        if code not in {errors.SUCCESS, errors.E_TIMEOUT, errors.E_CANCELLED, errors.E_UNKNOWN_READER}:
            raise errors.error_for(code, "watching the readers")
        return True

    def card_left(self, reader: str, *, timeout_ms: int) -> bool:
        """Whether the card of ``reader`` is gone, waiting up to ``timeout_ms`` for the service to notice."""
        known = [(reader, STATE_UNAWARE)]
        for wait_ms in (0, timeout_ms):
            code, values = self._status_change(known, timeout_ms=wait_ms)
            if code == errors.E_TIMEOUT:
                return False
            if code != errors.SUCCESS:
                raise errors.error_for(code, "looking for the card")
            (state,) = _states(values)
            if state.is_gone:
                raise errors.ReaderGoneError("looking for the card: the reader is gone")
            if not state.card_present:
                return True
            known = [(reader, state.flags & ~STATE_CHANGED)]
        return False

    def _status_change(self, known: Sequence[tuple[str, int]], *, timeout_ms: int) -> tuple[int, list[Any]]:
        return invoke("SCardGetStatusChange", self._handle, timeout_ms, list(known))


def _states(values: list[Any]) -> tuple[ReaderState, ...]:
    return tuple(
        ReaderState(reader=str(name), flags=flags & 0xFFFFFFFF, atr=bytes(atr)) for name, flags, atr in values[0]
    )


class Cancellation:
    """Ends a wait for a card, or a monitor, from another thread. Once cancelled it stays so."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._context: Context | None = None

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()

    def cancel(self) -> None:
        """End the wait, now and for all time."""
        self._event.set()
        with self._lock:
            if self._context is not None:
                self._context.cancel()

    def pause(self, seconds: float) -> None:
        """Wait for some time, or less if cancelled."""
        self._event.wait(seconds)

    @contextmanager
    def ends(self, context: Context) -> Iterator[None]:
        """Within this block, :meth:`cancel` also ends a wait of ``context``."""
        with self._lock:
            self._context = context
        try:
            yield
        finally:
            with self._lock:
                self._context = None
