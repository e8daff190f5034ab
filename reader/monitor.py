"""A monitor of readers and cards: what came and what went, as an iterator.

It runs in the caller's thread, on SCardGetStatusChange alone, and outlives a restart of the smart card
service, which pyscard's own monitor does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from apdu.errors import TransportError
from reader import errors
from reader.scard import Cancellation, Context, ReaderState

WAIT_SLICE_MS = 1000  # where the service does not tell of new readers, they are seen after this time
RETRY_SECONDS = 1.0


class ReaderEventKind(Enum):
    """What happened."""

    READER_ADDED = "reader-added"
    READER_REMOVED = "reader-removed"
    CARD_INSERTED = "card-inserted"
    CARD_REMOVED = "card-removed"
    SERVICE_LOST = "service-lost"
    SERVICE_FOUND = "service-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderEvent:
    """One event. ``reader`` is empty for the service's events, ``atr`` for all but an insertion.

    ``is_mute`` marks an inserted card that does not answer: upside down, not a chip card, or defective.
    """

    kind: ReaderEventKind
    reader: str = ""
    atr: bytes = b""
    is_mute: bool = False


def watch(*, cancellation: Cancellation, retry_seconds: float = RETRY_SECONDS) -> Iterator[ReaderEvent]:
    """Yield events until ``cancellation`` ends it; the readers and cards there at the start come first.

    A service that stops takes its readers with it (their removals are told), then it is tried again every
    ``retry_seconds``. Raises :class:`~reader.errors.PyscardMissingError` and
    :class:`~reader.errors.PermissionDeniedError`, which waiting does not mend.
    """
    is_lost = False
    while not cancellation.is_cancelled:
        seen: tuple[ReaderState, ...] = ()
        try:
            with Context() as context, cancellation.ends(context):
                if is_lost:
                    is_lost = False
                    yield ReaderEvent(kind=ReaderEventKind.SERVICE_FOUND)
                while not cancellation.is_cancelled:
                    now = context.snapshot()
                    before, seen = seen, now
                    yield from _changes(before, now)
                    if not context.wait(now, timeout_ms=WAIT_SLICE_MS):
                        cancellation.pause(retry_seconds)
        except (errors.PyscardMissingError, errors.PermissionDeniedError):
            raise
        except TransportError:
            yield from _changes(seen, ())
            if not is_lost:
                is_lost = True
                yield ReaderEvent(kind=ReaderEventKind.SERVICE_LOST)
            cancellation.pause(retry_seconds)


def _changes(before: Sequence[ReaderState], now: Sequence[ReaderState]) -> Iterator[ReaderEvent]:
    """What happened between two snapshots: removals first, then what is new."""
    old, new = {state.reader: state for state in before}, {state.reader: state for state in now}
    for name, state in old.items():
        if state.card_present and (name not in new or not _is_same_card(state, new[name])):
            yield ReaderEvent(kind=ReaderEventKind.CARD_REMOVED, reader=name)
        if name not in new:
            yield ReaderEvent(kind=ReaderEventKind.READER_REMOVED, reader=name)
    for name, state in new.items():
        if name not in old:
            yield ReaderEvent(kind=ReaderEventKind.READER_ADDED, reader=name)
        if state.card_present and (name not in old or not _is_same_card(old[name], state)):
            yield ReaderEvent(kind=ReaderEventKind.CARD_INSERTED, reader=name, atr=state.atr, is_mute=state.is_mute)


def _is_same_card(before: ReaderState, now: ReaderState) -> bool:
    """False also where a card left and came, or another did, between two looks: the service has counted that."""
    return before.card_present and now.card_present and before.event_count == now.event_count
