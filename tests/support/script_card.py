"""A card that expects a script's commands in order: a wrong, missing or extra one fails the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from apdu.command import CommandAPDU
from apdu.errors import ToolkitError
from apdu.response import ResponseAPDU
from apdu.script import CardScript

T = TypeVar("T")

Expected = str | bytes | Callable[[CommandAPDU], bool]
Answer = str | bytes
Exchange = tuple[Expected, Answer]


def run(script: CardScript[T], *exchanges: Exchange) -> T:
    """Drive ``script`` through exactly these exchanges and return its result.

    A command is expected as bytes, as hex, or by a predicate; the answer is data and status word. A script that
    raises must have sent all commands too.
    """
    waiting = list(exchanges)

    def answer(command: CommandAPDU) -> ResponseAPDU:
        assert waiting, f"an extra command: {command.encode().hex().upper()}"
        expected, response = waiting.pop(0)
        _check(expected, command)
        return ResponseAPDU.decode(_bytes(response))

    try:
        result = drive(script, answer)
    except ToolkitError:
        assert not waiting, f"{len(waiting)} commands were not sent"
        raise
    assert not waiting, f"{len(waiting)} commands were not sent"
    return result


def drive(script: CardScript[T], card: Callable[[CommandAPDU], ResponseAPDU]) -> T:
    """Run ``script`` against a card that is a function."""
    try:
        command = next(script)
        while True:
            command = script.send(card(command))
    except StopIteration as end:
        result: T = end.value
        return result


class ListedEntropy:
    """Gives the listed values, in their order and at their lengths."""

    def __init__(self, *values: str | bytes) -> None:
        self._values = [_bytes(value) for value in values]

    def __call__(self, count: int) -> bytes:
        assert self._values, f"{count} random bytes more than listed"
        value = self._values.pop(0)
        assert len(value) == count
        return value

    @property
    def is_used_up(self) -> bool:
        return not self._values


def no_entropy(count: int) -> bytes:
    """For scripts that must fail before they draw anything."""
    raise AssertionError(f"{count} random bytes were drawn")


def _check(expected: Expected, command: CommandAPDU) -> None:
    if callable(expected):
        assert expected(command), f"a wrong command: {command.encode().hex().upper()}"
    else:
        assert command.encode().hex().upper() == _bytes(expected).hex().upper()


def _bytes(value: str | bytes) -> bytes:
    return bytes.fromhex(value) if isinstance(value, str) else value
