"""Hostile input: every truncation and byte flips of valid data may only raise errors of the toolkit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from apdu import tlv
from apdu.errors import ToolkitError
from apdu.tlv import TLV
from chipid.asn1 import der

HUGE = 1 << (8 * der.MAX_INTEGER_BYTES - 2)  # the largest that is read; Python does not write it in decimal


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


def with_huge_integers(valid: bytes) -> Iterator[bytes]:
    """``valid`` DER with one INTEGER at a time made huge, also of those inside strings; the lengths around it fit."""
    for found in _objects(valid):
        before, after = valid[: found.start], valid[found.start + len(found.one.raw) :]
        for inside in _grown(found.one):
            yield before + inside + after


class _Found(NamedTuple):
    one: TLV
    start: int


def _objects(data: bytes) -> list[_Found]:
    """The objects side by side in ``data``; none if it is no DER."""
    found: list[_Found] = []
    offset = 0
    while offset < len(data):
        try:
            one, end = tlv.parse_first(data, offset)
        except ToolkitError:
            return []
        found.append(_Found(one, offset))
        offset = end
    return found


def _grown(one: TLV) -> Iterator[bytes]:
    if one.tag == der.INTEGER:
        yield der.encode_integer(HUGE)
    elif one.raw[0] & 0x20:
        yield from (tlv.encode(one.tag, inside) for inside in with_huge_integers(one.value))
    elif one.tag in (der.OCTET_STRING, der.BIT_STRING):
        unused = int(one.tag == der.BIT_STRING)
        head, content = one.value[:unused], one.value[unused:]
        yield from (tlv.encode(one.tag, head, inside) for inside in with_huge_integers(content))
