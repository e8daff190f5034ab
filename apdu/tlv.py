"""BER-TLV data objects as cards use them (ISO/IEC 7816-4 §5.2.2, ISO/IEC 8825-1 §8.1).

Definite lengths only, everything bounded, raw bytes kept: what was signed is hashed as it came, never as we
would have written it. A tag is the number that its bytes make, read big endian (``0x7F49``, ``0x5F1F``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from apdu.errors import TLVError

MAX_TAG_BYTES = 3
MAX_LENGTH_BYTES = 3  # after 83: objects of up to 16 MiB, far above any file of a card
MAX_OBJECTS = 4096
MAX_DEPTH = 16


class TLV(NamedTuple):
    """One data object: its tag, its value, and ``raw``, the whole object as it came.

    A tuple, because a file of a chip has hundreds of them.
    """

    tag: int
    value: bytes
    raw: bytes

    def __repr__(self) -> str:
        return f"TLV(tag={self.tag})"  # the value may be somebody's

    @property
    def is_constructed(self) -> bool:
        return bool(self.raw[0] & 0x20)

    def children(self) -> tuple[TLV, ...]:
        """The data objects inside a constructed one."""
        if not self.raw[0] & 0x20:
            raise TLVError(f"data object {self.tag:X} is primitive and holds no others")
        return parse_all(self.value)

    def child(self, tag: int) -> TLV:
        """The one child with ``tag``; missing or repeated raises :class:`TLVError`."""
        found = find(self.children(), tag)
        if found is None:
            raise TLVError(f"data object {tag:X} is missing in {self.tag:X}")
        return found


def read_header(data: bytes, offset: int = 0) -> tuple[int, int, int]:
    """Read tag and length at ``offset``: (tag, header length, value length).

    The value need not be there: this is how the size of a file is learnt from its first bytes.
    """
    tag, position = _read_tag(data, offset)
    if position >= len(data):
        raise TLVError(f"data object {tag:X} has no length")
    first = data[position]
    position += 1
    if first < 0x80:
        return tag, position - offset, first
    count = first & 0x7F
    if not 1 <= count <= MAX_LENGTH_BYTES:
        kind = "indefinite" if count == 0 else "oversized"
        raise TLVError(f"data object {tag:X} has an {kind} length field")
    if position + count > len(data):
        raise TLVError(f"data object {tag:X} has a truncated length field")
    return tag, position + count - offset, int.from_bytes(data[position : position + count], "big")


def parse_first(data: bytes, offset: int = 0) -> tuple[TLV, int]:
    """Read the data object at ``offset``; return it and the offset of the byte that follows it."""
    (found,), end = _parse(data, offset, 1)
    return found, end


def parse_one(data: bytes, tag: int | None = None) -> TLV:
    """Read exactly one data object that fills ``data``, of the given tag if one is named."""
    (found,), end = _parse(data, 0, 1)
    if end != len(data):
        raise TLVError(f"{len(data) - end} bytes follow data object {found.tag:X}")
    if tag is not None and found.tag != tag:
        raise TLVError(f"data object {tag:X} expected, {found.tag:X} found")
    return found


def parse_all(data: bytes) -> tuple[TLV, ...]:
    """Read the data objects that fill ``data``, at most :data:`MAX_OBJECTS` of them."""
    if not data:
        return ()
    found, end = _parse(data, 0, MAX_OBJECTS)
    if end < len(data):
        raise TLVError(f"more than {MAX_OBJECTS} data objects in one template")
    return tuple(found)


def _parse(data: bytes, offset: int, most: int) -> tuple[list[TLV], int]:
    """Read at least one and at most ``most`` data objects from ``offset`` on; returns where the last one ends too.

    Everything in a file comes through here. So the loop reads the usual headers itself, a tag of one byte with a
    length of one byte or of two after 82, and makes its tuples without the detour over their constructor.
    """
    found: list[TLV] = []
    size = len(data)
    while True:
        start = offset + 2
        if start > size or data[offset] & 0x1F == 0x1F:
            tag, header, length = read_header(data, offset)
            start = offset + header
        else:
            tag, length = data[offset], data[offset + 1]
            if length == 0x82 and start + 2 <= size:
                length, start = data[start] << 8 | data[start + 1], start + 2
            elif length >= 0x80:
                _, header, length = read_header(data, offset)
                start = offset + header
        end = start + length
        if end > size:
            raise TLVError(f"data object {tag:X} says {length} bytes, {size - start} are there")
        found.append(_new(TLV, (tag, data[start:end], data[offset:end])))
        if end == size or len(found) == most:
            return found, end
        offset = end


_new = tuple.__new__


def find(objects: Iterable[TLV], tag: int) -> TLV | None:
    """The one object with ``tag``, None if there is none; a repeated one raises :class:`TLVError`."""
    found = [one for one in objects if one.tag == tag]
    if len(found) > 1:
        raise TLVError(f"data object {tag:X} occurs {len(found)} times")
    return found[0] if found else None


def check_nesting(
    data: bytes, *, max_depth: int = MAX_DEPTH, max_objects: int = 65_536, opaque: int | None = None
) -> None:
    """Walk every object inside ``data``; raise :class:`TLVError` if it is deeper or richer than allowed.

    Time is linear in the number of objects. It precedes any library that is slower than that on hostile DER.
    Templates with the tag ``opaque`` count as one object: their inside is not looked at.
    """
    ends = [len(data)]  # where each open template ends, outermost first
    offset = seen = 0
    while ends:
        if offset == ends[-1]:
            ends.pop()
            continue
        tag, header, length = read_header(data, offset)
        constructed = bool(data[offset] & 0x20)
        offset += header
        if offset + length > ends[-1]:
            raise TLVError(f"data object {tag:X} is longer than the template around it")
        seen += 1
        if seen > max_objects:
            raise TLVError(f"more than {max_objects} data objects")
        if not constructed or tag == opaque:
            offset += length
        elif len(ends) > max_depth:
            raise TLVError(f"data objects nested deeper than {max_depth}")
        else:
            ends.append(offset + length)


def encode(tag: int, *values: bytes) -> bytes:
    """Write one data object whose value is the concatenation of ``values``, with the shortest length field."""
    value = b"".join(values)
    return encode_tag(tag) + encode_length(len(value)) + value


def encode_tag(tag: int) -> bytes:
    if 0 <= tag <= 0xFF and tag & 0x1F != 0x1F:
        return bytes((tag,))
    raw = tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big")
    if len(raw) > MAX_TAG_BYTES or _read_tag(raw, 0) != (tag, len(raw)):
        raise TLVError(f"{tag:X} is not a tag")
    return raw


def encode_length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    raw = length.to_bytes((length.bit_length() + 7) // 8, "big")
    if len(raw) > MAX_LENGTH_BYTES:
        raise TLVError(f"a data object of {length} bytes is too long")
    return bytes((0x80 | len(raw),)) + raw


def _read_tag(data: bytes, offset: int) -> tuple[int, int]:
    """The tag at ``offset`` and the offset behind it.

    Card tags such as 5F0E write a number below 31 in two bytes, which X.690 forbids and ISO/IEC 7816-6 uses.
    """
    if offset >= len(data):
        raise TLVError("a data object is missing its tag")
    tag = data[offset]
    if tag & 0x1F != 0x1F:
        return tag, offset + 1
    if offset + 1 < len(data) and data[offset + 1] < 0x80:
        return tag << 8 | data[offset + 1], offset + 2
    for position in range(offset + 1, min(len(data), offset + MAX_TAG_BYTES)):
        byte = data[position]
        if byte == 0x80 and position == offset + 1:
            raise TLVError("a tag number begins with a padding byte")
        tag = tag << 8 | byte
        if byte < 0x80:
            return tag, position + 1
    raise TLVError("a tag is truncated or longer than three bytes")
