"""JSONL traces of a conversation: recording, redaction, replay.

The first line describes the trace, each further line one exchange. A redacted trace (the default) keeps
headers, lengths, status words and times, which is what a defect report needs, and no data byte at all: even
ciphertext is left out, because the keys of a card have so little entropy that a recording can be searched
for them. An unsafe trace keeps everything, the random numbers of the terminal included, so that the very
same conversation can be replayed.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from apdu.command import CommandAPDU
from apdu.errors import APDUError, CardRemovedError, DeadlineError, ToolkitError, TraceError, TransportError
from apdu.response import ResponseAPDU
from apdu.transport import Transport, WrappedTransport

FORMAT = "chipid-trace"
VERSION = 1
MAX_LINES = 100_000

_RECORDED_ERRORS = {error.code: error for error in (TransportError, CardRemovedError, DeadlineError)}


class RecordingTransport(WrappedTransport):
    """A transport that writes what passes to ``sink``; ``unsafe`` keeps data and random numbers."""

    def __init__(self, inner: Transport, sink: TextIO, *, clock: Callable[[], float], unsafe: bool = False) -> None:
        super().__init__(inner)
        self._sink = sink
        self._clock = clock
        self._unsafe = unsafe
        self._write(
            format=FORMAT,
            version=VERSION,
            redacted=not unsafe,
            reader=inner.name,
            atr=inner.atr.hex(),
            extended_length=inner.extended_length,
        )

    def transmit(self, apdu: bytes) -> bytes:
        start = self._clock()
        try:
            response = self._inner.transmit(apdu)
        except ToolkitError as error:
            self._write(command=self._describe_command(apdu), error=error.code)
            raise
        milliseconds = round((self._clock() - start) * 1000, 3)
        self._write(command=self._describe_command(apdu), response=self._describe_response(response), ms=milliseconds)
        return response

    def reset(self) -> bytes:
        try:
            atr = self._inner.reset()
        except ToolkitError as error:
            self._write(reset=None, error=error.code)
            raise
        self._write(reset=atr.hex())
        return atr

    def record_entropy(self, entropy: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """Wrap a random source so that an unsafe trace holds what it gave."""

        def draw(count: int) -> bytes:
            drawn = entropy(count)
            if self._unsafe:
                self._write(entropy=drawn.hex())
            return drawn

        return draw

    def _describe_command(self, apdu: bytes) -> object:
        if self._unsafe:
            return apdu.hex()
        try:
            command = CommandAPDU.decode(apdu)
        except APDUError:
            return {"length": len(apdu)}
        return {"header": command.header.hex(), "nc": len(command.data), "ne": command.ne}

    def _describe_response(self, response: bytes) -> object:
        if self._unsafe:
            return response.hex()
        try:
            decoded = ResponseAPDU.decode(response)
        except APDUError:
            return {"length": len(response)}
        return {"length": len(decoded.data), "sw": str(decoded.sw)}

    def _write(self, **line: object) -> None:
        self._sink.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._sink.flush()


class ReplayTransport:
    """A transport that answers from an unsafe trace and refuses any other conversation.

    Raises :class:`TraceError` for a redacted or damaged trace and for a command that was not recorded next.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        header, *rest = _load(lines)
        if header.get("format") != FORMAT or header.get("version") != VERSION:
            raise TraceError("this is not a chipid trace of version 1")
        if header.get("redacted") is not False:
            raise TraceError("a redacted trace has no data to replay")
        self._name = f"replay of {header.get('reader')}"
        self._atr = _hex(header, "atr")
        self._extended_length = header.get("extended_length") is True
        self._exchanges = deque(line for line in rest if "entropy" not in line)
        self._entropy = deque(_hex(line, "entropy") for line in rest if "entropy" in line)

    @property
    def name(self) -> str:
        return self._name

    @property
    def atr(self) -> bytes:
        return self._atr

    @property
    def extended_length(self) -> bool:
        return self._extended_length

    def entropy(self, count: int) -> bytes:
        """The random numbers of the recorded conversation, in their order."""
        if not self._entropy or len(self._entropy[0]) != count:
            raise TraceError("the trace holds no such random number")
        return self._entropy.popleft()

    def transmit(self, apdu: bytes) -> bytes:
        line = self._next("command")
        if _hex(line, "command") != apdu:
            raise TraceError("this command is not the one that was recorded")
        _raise_recorded(line)
        return _hex(line, "response")

    def reset(self) -> bytes:
        line = self._next("reset")
        _raise_recorded(line)
        self._atr = _hex(line, "reset")
        return self._atr

    def close(self) -> None:
        self._exchanges.clear()

    def _next(self, kind: str) -> dict[str, Any]:
        if not self._exchanges or kind not in self._exchanges[0]:
            raise TraceError(f"the trace holds no further {kind} here")
        return self._exchanges.popleft()


def _load(lines: Iterable[str]) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = []
    try:
        for line in lines:
            if len(loaded) == MAX_LINES:
                raise TraceError(f"a trace has at most {MAX_LINES} lines")
            loaded.append(_load_line(line, len(loaded) + 1))
    except UnicodeDecodeError as error:  # of the file that the lines come from
        raise TraceError("the trace is not UTF-8 text") from error
    if not loaded:
        raise TraceError("the trace is empty")
    return loaded


def _load_line(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TraceError(f"line {number} of the trace is not JSON") from error
    if not isinstance(value, dict):
        raise TraceError(f"line {number} of the trace is not an object")
    return value


def _raise_recorded(line: dict[str, Any]) -> None:
    """Raise the error that ended a recorded exchange, as the class that its code names."""
    if "error" in line:
        code = str(line["error"])
        raise _RECORDED_ERRORS.get(code, TransportError)(f"the recorded conversation broke here ({code})")


def _hex(line: dict[str, Any], key: str) -> bytes:
    try:
        return bytes.fromhex(line[key])
    except (KeyError, TypeError, ValueError) as error:
        raise TraceError(f"a line of the trace has no hexadecimal {key}") from error
