"""Finding readers and waiting for a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reader import errors
from reader.scard import Cancellation, Context, ReaderState

WAIT_SLICE_MS = 1000  # a cancellation that comes just before the wait begins is noticed after this time
PAUSE_SECONDS = 0.2  # between looks where the service cannot watch


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderInfo:
    """One attached reader: ``index`` is its place in the service's list, ``atr`` is empty without a card."""

    name: str
    index: int
    card_present: bool
    atr: bytes = b""


def list_readers() -> tuple[ReaderInfo, ...]:
    """All attached readers; empty if there is none. Raises children of :class:`reader.errors.ReaderError`."""
    with Context() as context:
        return _infos(context.snapshot())


def choose_reader(readers: Sequence[ReaderInfo], wanted: str | int | None = None) -> ReaderInfo:
    """Choose by whole name, by number, or by a part of the name in any case, in this order.

    Without ``wanted`` the only reader is meant, or the only one with a card. Raises
    :class:`~reader.errors.NoReaderError`, :class:`~reader.errors.ReaderNotFoundError` or
    :class:`~reader.errors.ReaderAmbiguousError`.
    """
    if not readers:
        raise errors.NoReaderError("no reader is attached")
    found = _fitting(readers, wanted)
    if wanted is None and len(found) > 1:
        found = [reader for reader in found if reader.card_present] or found
    if not found:
        raise errors.ReaderNotFoundError(f"no reader fits {wanted!r}; there is: {_names(readers)}")
    if len(found) > 1:
        raise errors.ReaderAmbiguousError(f"several readers fit: {_names(found)}")
    return found[0]


def wait_for_card(
    wanted: str | int | None = None,
    *,
    timeout: float | None,
    clock: Callable[[], float],
    cancellation: Cancellation | None = None,
) -> ReaderInfo:
    """Wait until a card lies on the wanted reader, or on any reader, and say which.

    ``timeout`` is in seconds of ``clock`` (None: no limit). A reader that is plugged in while waiting counts.
    Raises :class:`~reader.errors.NoCardError` when the time is over, or
    :class:`~reader.errors.NoReaderError` and :class:`~reader.errors.ReaderNotFoundError` if there was not even
    a reader by then; :class:`~reader.errors.WaitCancelledError` when cancelled.
    """
    cancellation = cancellation or Cancellation()
    end = None if timeout is None else clock() + timeout
    with Context() as context, cancellation.ends(context):
        while not cancellation.is_cancelled:
            states = context.snapshot()
            readers = _infos(states)
            with_card = [reader for reader in _fitting(readers, wanted) if reader.card_present]
            if with_card:
                return choose_reader(with_card)
            left = float("inf") if end is None else end - clock()
            if left <= 0:
                raise _nothing_came(readers, wanted)
            if not context.wait(states, timeout_ms=int(min(WAIT_SLICE_MS, left * 1000 + 1))):
                cancellation.pause(min(PAUSE_SECONDS, left))
    raise errors.WaitCancelledError("the wait for a card was cancelled")


def _nothing_came(readers: Sequence[ReaderInfo], wanted: str | int | None) -> errors.ReaderError:
    if not readers:
        return errors.NoReaderError("no reader was attached in time")
    if not _fitting(readers, wanted):
        return errors.ReaderNotFoundError(f"no reader fits {wanted!r}; there is: {_names(readers)}")
    return errors.NoCardError("no card came in time")


def _fitting(readers: Sequence[ReaderInfo], wanted: str | int | None) -> list[ReaderInfo]:
    if wanted is None:
        return list(readers)
    if isinstance(wanted, str):
        exact = [reader for reader in readers if reader.name == wanted]
        if exact or not _is_number(wanted):
            return exact or [reader for reader in readers if wanted.casefold() in reader.name.casefold()]
    return [reader for reader in readers if reader.index == int(wanted)]


def _is_number(text: str) -> bool:
    """True for 0, 1, 12, but not for 00, which is a part of many readers' names."""
    return text.isascii() and text.isdecimal() and len(text) <= 3 and str(int(text)) == text


def _names(readers: Sequence[ReaderInfo]) -> str:
    return ", ".join(repr(reader.name) for reader in readers)


def _infos(states: Sequence[ReaderState]) -> tuple[ReaderInfo, ...]:
    return tuple(
        ReaderInfo(name=state.reader, index=index, card_present=state.card_present, atr=state.atr)
        for index, state in enumerate(states)
    )
