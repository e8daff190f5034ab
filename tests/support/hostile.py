"""Hostile input: every truncation and byte flips of valid data may only raise errors of the toolkit."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apdu.errors import ToolkitError


def mutations(valid: bytes, *, step: int = 1) -> Iterator[bytes]:
    """Truncations, and single bytes changed in five ways, at every ``step``-th place."""
    for place in range(0, len(valid), step):
        yield valid[:place]
        before, byte, after = valid[:place], valid[place], valid[place + 1 :]
        for changed in {byte ^ 0x01, byte ^ 0x80, byte ^ 0xFF, 0x00, 0x7F} - {byte}:
            yield before + bytes((changed,)) + after


def assert_survives(parse: Callable[[bytes], object], valid: bytes, *, step: int = 1) -> None:
    """Parse all mutations of ``valid``; anything but success or a :class:`ToolkitError` fails the test.

    What parses must also have a ``repr``.
    """
    for data in mutations(valid, step=step):
        try:
            parsed = parse(data)
        except ToolkitError:
            continue
        repr(parsed)
