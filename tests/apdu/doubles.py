"""Small transports that know one conversation and fail on every other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel, SessionKeys

ATR = bytes.fromhex("3B8080010101")


class ScriptedTransport:
    """Answers the given commands (hexadecimal, blanks allowed) in their order; an error is raised as it is."""

    name = "scripted card"
    atr = ATR

    def __init__(self, exchanges: Iterable[tuple[str, str | BaseException]], *, extended_length: bool = False) -> None:
        self.extended_length = extended_length
        self.rest = deque(exchanges)
        self.resets = 0
        self.reset_error: Exception | None = None

    def transmit(self, apdu: bytes) -> bytes:
        assert self.rest, f"no command was expected any more, got {apdu.hex()}"
        command, response = self.rest.popleft()
        assert apdu.hex() == bytes.fromhex(command).hex()
        if isinstance(response, BaseException):
            raise response
        return bytes.fromhex(response)

    def reset(self) -> bytes:
        if self.reset_error is not None:
            raise self.reset_error
        self.resets += 1
        return self.atr

    def close(self) -> None:
        self.rest.clear()


@contextmanager
def conversation(
    *exchanges: tuple[str, str | BaseException], extended_length: bool = False
) -> Iterator[ScriptedTransport]:
    """A scripted transport that must have heard every command in the end."""
    transport = ScriptedTransport(exchanges, extended_length=extended_length)
    yield transport
    assert not transport.rest, f"these commands never came: {list(transport.rest)}"


class SecureCard(ScriptedTransport):
    """A card in a secure session: the conversation is given in plain bytes.

    ``commands`` keeps what came in protected form, as it was decoded.
    """

    def __init__(
        self, keys: SessionKeys, *exchanges: tuple[str, str | BaseException], extended_length: bool = False
    ) -> None:
        super().__init__(exchanges, extended_length=extended_length)
        self.commands: list[CommandAPDU] = []
        self._channel = CardChannel(keys)

    def transmit(self, apdu: bytes) -> bytes:
        protected = CommandAPDU.decode(apdu)
        self.commands.append(protected)
        plain = self._channel.unprotect(protected)
        response = super().transmit(plain.encode())
        return self._channel.protect(ResponseAPDU.decode(response), odd=plain.is_odd).encode()


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now
