"""Several cards at once on the virtual reader, one in each slot."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from typing import Final

from chipid.errors import ConfigurationError
from simulator.vpcd import DEFAULT_HOST, DEFAULT_PORT, SoftwareCard, serve

SLOTS: Final = 2


def serve_slots(
    cards: Sequence[SoftwareCard], *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT, stop: threading.Event
) -> None:
    """Lay each card into a slot, the first at ``port``, and let them answer until ``stop`` is set or all have left.

    Raises :class:`ConfigurationError` for more cards than slots, and what :func:`simulator.vpcd.serve` raises: the
    first error takes every card off.
    """
    if not 1 <= len(cards) <= SLOTS:
        raise ConfigurationError(f"the virtual reader has {SLOTS} slots")
    failures: list[BaseException] = []

    def run(card: SoftwareCard, slot: int) -> None:
        try:
            serve(card, host=host, port=port + slot, stop=stop)
        except BaseException as error:  # noqa: BLE001  raised again below, in the caller's thread
            failures.append(error)
            stop.set()

    threads = [
        threading.Thread(target=run, args=(card, slot), name=f"slot {slot}", daemon=True)
        for slot, card in enumerate(cards)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def serve_until_interrupted(
    cards: Sequence[SoftwareCard], *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT
) -> None:
    """Serve ``cards`` until SIGINT or SIGTERM; errors as :func:`serve_slots`. For the main thread of a program."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    serve_slots(cards, host=host, port=port, stop=stop)
