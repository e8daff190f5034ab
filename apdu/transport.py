"""The only door to hardware: whatever carries command bytes to a card and answers back."""

from __future__ import annotations

from typing import Protocol


class Transport(Protocol):
    """A connected card: a PC/SC reader, a software card in process, or a recorded trace.

    Errors are :class:`apdu.errors.TransportError` and its children; nothing else escapes.
    """

    @property
    def name(self) -> str:
        """The reader's name, for people."""

    @property
    def atr(self) -> bytes:
        """The answer to reset of the connected card."""

    @property
    def extended_length(self) -> bool:
        """True if extended-length APDUs are known to pass this reader and card."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one encoded command APDU, return the encoded response APDU."""

    def reset(self) -> bytes:
        """Reset the card, drop its state, return the new ATR."""

    def close(self) -> None:
        """Let the card go; a second call does nothing."""


class WrappedTransport:
    """A transport around another one; whatever a child does not do differently is the inner one's."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    @property
    def extended_length(self) -> bool:
        return self._inner.extended_length

    def transmit(self, apdu: bytes) -> bytes:
        return self._inner.transmit(apdu)

    def reset(self) -> bytes:
        return self._inner.reset()

    def close(self) -> None:
        self._inner.close()
