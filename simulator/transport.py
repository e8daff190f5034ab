"""A simulated card in process, behind the same door as a card on a reader."""

from __future__ import annotations

from typing import Final

from apdu.errors import CardRemovedError
from simulator.card_os import CardOS

# Historical bytes (ISO/IEC 7816-4 §12.1.1): COMPACT-TLV, card capabilities as in EF.ATR/INFO, no status at the end.
_CATEGORY: Final = 0x80
_CAPABILITIES: Final = 0x73


def build_atr(capabilities: bytes) -> bytes:
    """The ATR that PC/SC part 3 §3.1.3.2.3.1 makes for a contactless card with these historical bytes."""
    historical = bytes((_CATEGORY, _CAPABILITIES)) + capabilities
    body = bytes((0x80 | len(historical), 0x80, 0x01)) + historical  # T=0 and T=1 announced, as every reader does
    check = 0
    for byte in body:
        check ^= byte
    return b"\x3b" + body + bytes((check,))


class SimulatedTransport:
    """A powered card.

    ``remove_at`` tears the card out at the APDU of that number, counted from 1 over the whole life of the transport:
    that one is not answered, and :class:`CardRemovedError` is raised from then on.
    """

    def __init__(self, card: CardOS, *, name: str, remove_at: int | None = None) -> None:
        self._card: CardOS | None = card
        self._name = name
        self._remove_at = remove_at
        self._sent = 0
        self._extended_length = card.chip.extended_length
        third = 0x80 | (0x60 if self._extended_length else 0)
        self._atr = build_atr(bytes((0x94, 0x01, third)))

    @property
    def name(self) -> str:
        return self._name

    @property
    def atr(self) -> bytes:
        return self._atr

    @property
    def extended_length(self) -> bool:
        return self._extended_length

    @property
    def sent(self) -> int:
        """How many APDUs were sent."""
        return self._sent

    def transmit(self, apdu: bytes) -> bytes:
        if self._card is None:
            raise CardRemovedError("the simulated card is gone")
        self._sent += 1
        if self._sent == self._remove_at:
            self._card = None
            raise CardRemovedError("the simulated card was taken away")
        return self._card.process(apdu)

    def reset(self) -> bytes:
        if self._card is None:
            raise CardRemovedError("the simulated card is gone")
        self._card.reset()
        return self._atr

    def close(self) -> None:
        self._card = None
