"""How fast a card talks: latency of each command and the bit rate of the contactless link (ISO/IEC 14443-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apdu.transport import Transport, WrappedTransport
from simulator.clock import SimulatedClock

BITS_PER_BYTE: Final = 10  # with start and stop or parity bits and guard time
FRAME_OVERHEAD: Final = 5  # prologue, epilogue and the answering block's share
BIT_RATES: Final = (106_000, 212_000, 424_000, 848_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Seconds that the card thinks about each command, and bits a second on the way."""

    latency: float = 0.0
    bit_rate: int = BIT_RATES[0]

    def seconds(self, count: int) -> float:
        """How long a command and its answer of together ``count`` bytes take."""
        return self.latency + (count + FRAME_OVERHEAD) * BITS_PER_BYTE / self.bit_rate


class LinkedTransport(WrappedTransport):
    """A transport whose every exchange takes its time on a simulated clock."""

    def __init__(self, inner: Transport, link: Link, *, clock: SimulatedClock) -> None:
        super().__init__(inner)
        self._link = link
        self._clock = clock

    def transmit(self, apdu: bytes) -> bytes:
        answer = self._inner.transmit(apdu)
        self._clock.advance(self._link.seconds(len(apdu) + len(answer)))
        return answer
