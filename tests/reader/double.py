"""A hand-written double of ``smartcard.scard``: a small world of readers that answers as PC/SC does.

Result codes come back signed, as pyscard gives them on Windows. A call that the world does not expect fails
the test.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from reader import errors
from reader.scard import PNP_NOTIFICATION, STATE_CHANGED, STATE_EMPTY, STATE_PRESENT

ATR = bytes.fromhex("3b85800180738401e092")
CONTEXT = 4711
GET_FEATURES = 0x42000000 + 3400
GET_PROPERTIES = 0x42330012

Answer = bytes | int
"""A response APDU, or the result code of a failed transmission."""


def signed(code: int) -> int:
    return code - (1 << 32) if code & 0x80000000 else code


@dataclass
class Slot:
    """One reader: what lies on it, and what it answers."""

    atr: bytes = b""
    flags: int = 0
    count: int = 0
    protocol: int = 2
    answers: deque[Answer] = field(default_factory=deque)
    controls: dict[int, bytes] = field(default_factory=dict)

    def insert(self, atr: bytes = ATR) -> None:
        self.atr, self.count = atr, self.count + 1

    def remove(self) -> None:
        self.atr, self.count = b"", self.count + 1

    @property
    def state(self) -> int:
        return (STATE_PRESENT if self.atr else STATE_EMPTY) | self.flags | self.count << 16


class SCardDouble:
    """The module. ``fail`` holds result codes by function, used up one by one before the function works."""

    class error(Exception):  # noqa: N801  pyscard's name
        """What pyscard raises where it cannot call the service at all."""

    def __init__(self, **readers: Slot) -> None:
        self.readers = readers
        self.fail: dict[str, deque[int | Exception]] = {}
        self.while_waiting: deque[Callable[[], object]] = deque()
        self.calls: list[str] = []
        self.sent: list[tuple[int, bytes]] = []
        self.contexts = 0
        self.connected: str | None = None
        self.dispositions: list[int] = []

    def failing(self, function: str, *codes: int | Exception) -> None:
        self.fail.setdefault(function, deque()).extend(codes)

    def SCARD_CTL_CODE(self, function: int) -> int:  # noqa: N802
        return 0x42000000 + function

    def SCardEstablishContext(self, scope: int) -> list[int]:  # noqa: N802
        if code := self._code("SCardEstablishContext"):
            return [code, 0]
        self.contexts += 1
        return [0, CONTEXT]

    def SCardReleaseContext(self, context: int) -> int:  # noqa: N802
        assert context == CONTEXT
        self.contexts -= 1
        return self._code("SCardReleaseContext")

    def SCardCancel(self, context: int) -> int:  # noqa: N802
        assert context == CONTEXT
        return self._code("SCardCancel")

    def SCardListReaders(self, context: int, groups: list[str]) -> list[object]:  # noqa: N802
        assert (context, groups) == (CONTEXT, [])
        code = self._code("SCardListReaders")
        if not code and not self.readers:
            code = signed(errors.E_NO_READERS_AVAILABLE)
        return [code, [] if code else list(self.readers)]

    def SCardGetStatusChange(self, context: int, timeout: int, known: list[tuple[str, int]]) -> list[object]:  # noqa: N802
        assert context == CONTEXT
        code = self._code("SCardGetStatusChange")
        if not code and self._is_as_known(known):
            if timeout and not self.while_waiting:
                raise AssertionError("nothing was to happen while waiting")
            if timeout:
                self.while_waiting.popleft()()
            if not timeout or self._is_as_known(known):
                code = signed(errors.E_TIMEOUT)
        elif not code and any(name not in self.readers and name != PNP_NOTIFICATION for name, _ in known):
            code = signed(errors.E_UNKNOWN_READER)
        return [code, [self._state(name) for name, _ in known]]

    def SCardConnect(self, context: int, reader: str, share: int, protocol: int) -> list[int]:  # noqa: N802
        assert context == CONTEXT
        assert self.connected is None
        code = self._code("SCardConnect")
        if not code and reader not in self.readers:
            code = signed(errors.E_UNKNOWN_READER)
        if code:
            return [code, 0, 0]
        self.connected = reader
        return [0, 1, self.readers[reader].protocol]

    def SCardReconnect(self, card: int, share: int, protocol: int, initialization: int) -> list[int]:  # noqa: N802
        self.dispositions.append(initialization)
        return [self._code("SCardReconnect"), self._slot(card).protocol]

    def SCardDisconnect(self, card: int, disposition: int) -> int:  # noqa: N802
        assert self._slot(card) is not None
        self.connected = None
        self.dispositions.append(disposition)
        return self._code("SCardDisconnect")

    def SCardStatus(self, card: int) -> list[object]:  # noqa: N802
        slot = self._slot(card)
        return [self._code("SCardStatus"), self.connected, 0x34, slot.protocol, list(slot.atr)]

    def SCardBeginTransaction(self, card: int) -> int:  # noqa: N802
        assert self._slot(card) is not None
        return self._code("SCardBeginTransaction")

    def SCardEndTransaction(self, card: int, disposition: int) -> int:  # noqa: N802
        assert self._slot(card) is not None
        assert disposition == 0
        return self._code("SCardEndTransaction")

    def SCardControl(self, card: int, code: int, data: list[int]) -> list[object]:  # noqa: N802
        answer = self._slot(card).controls.get(code)
        return [signed(0x80100016), []] if answer is None else [0, list(answer)]

    def SCardTransmit(self, card: int, pci: int, apdu: list[int]) -> list[object]:  # noqa: N802
        failure = self._code("SCardTransmit")
        self.sent.append((pci, bytes(apdu)))
        answer = failure or self._slot(card).answers.popleft()
        return [signed(answer), []] if isinstance(answer, int) else [0, list(answer)]

    def _code(self, function: str) -> int:
        self.calls.append(function)
        if not self.fail.get(function):
            return 0
        result = self.fail[function].popleft()
        if isinstance(result, Exception):
            raise result
        return signed(result)

    def _slot(self, card: int) -> Slot:
        assert card == 1
        assert self.connected is not None, "used after it was disconnected"
        return self.readers.get(self.connected) or Slot()

    def _is_as_known(self, known: list[tuple[str, int]]) -> bool:
        return all(
            len(self.readers) == flags >> 16
            if name == PNP_NOTIFICATION
            else name in self.readers and self.readers[name].state == flags
            for name, flags in known
        )

    def _state(self, name: str) -> tuple[str, int, list[int]]:
        slot = self.readers.get(name)
        return (name, signed(slot.state | STATE_CHANGED), list(slot.atr)) if slot else (name, 0, [])
