"""One slot of the virtual reader: cards are inserted and removed as by hand, and pcscd has noticed on return."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reader.discovery import wait_for_card
from reader.scard import Context
from simulator import vpcd

NOTICE_SECONDS = 10.0
LOOKS = 20


class VirtualReaderError(Exception):
    """pcscd did not notice what happened in the slot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualReader:
    """``name`` is pcscd's name of the slot, ``port`` where its cards connect."""

    name: str
    port: int

    @contextmanager
    def holding(self, card: vpcd.SoftwareCard) -> Iterator[threading.Event]:
        """Insert ``card`` for the block and remove it at its end; setting the event removes it before."""
        try:
            with vpcd.inserted(card, port=self.port) as pull:
                wait_for_card(self.name, timeout=NOTICE_SECONDS, clock=time.monotonic)
                yield pull
        finally:
            self.wait_until_empty()

    def wait_until_empty(self) -> None:
        """Return when pcscd has noticed that no card lies in the slot."""
        with Context() as context:
            for _ in range(LOOKS):
                if context.card_left(self.name, timeout_ms=int(NOTICE_SECONDS * 1000 / LOOKS)):
                    return
        raise VirtualReaderError(f"pcscd still sees a card in {self.name}")
