"""Strict DER helpers on top of :mod:`apdu.tlv`, and the way from BER to definite lengths (ITU-T X.690).

Everything is bounded and linear in its input, so that hostile data costs no more than honest data of its length.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from apdu import tlv
from apdu.errors import TLVError
from apdu.tlv import TLV

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

MAX_OID_BYTES = 64
MAX_INTEGER_BYTES = 2048
MAX_BER_DEPTH = 24
MAX_BER_OBJECTS = 4096

_INDEFINITE = 0x80
_CONSTRUCTED = 0x20
# Universal string types in the constructed form that BER allows.
_PIECEWISE_STRINGS = frozenset({0x24, 0x2C, 0x32, 0x33, 0x34, 0x36, 0x3A, 0x3B, 0x3C, 0x3E})
_PIECEWISE_BIT_STRING = 0x23


@lru_cache(maxsize=512)  # protocols name themselves in every message
def oid_value(oid: str) -> bytes:
    """The content bytes of an OBJECT IDENTIFIER, as DO'80' of MSE:Set AT carries them (X.690 §8.19)."""
    try:
        first, second, *rest = (int(arc) for arc in oid.split("."))
    except ValueError:
        raise ValueError("an object identifier is written as numbers with dots") from None
    if not (0 <= first <= 2 and second >= 0 and (first == 2 or second < 40) and all(arc >= 0 for arc in rest)):
        raise ValueError("an object identifier has an arc out of range")
    return b"".join(_encode_arc(arc) for arc in (40 * first + second, *rest))


def decode_oid(value: bytes) -> str:
    """The dotted form of the content bytes of an OBJECT IDENTIFIER of at most :data:`MAX_OID_BYTES`."""
    if not 1 <= len(value) <= MAX_OID_BYTES or value[-1] & 0x80:
        raise TLVError("an object identifier is empty, truncated or too long")
    return _decode_arcs(value)


@lru_cache(maxsize=512)  # files and certificates name the same few again and again
def _decode_arcs(value: bytes) -> str:
    arcs: list[int] = []
    arc = 0
    fresh = True
    for byte in value:
        if fresh and byte == 0x80:
            raise TLVError("an arc of an object identifier begins with a padding byte")
        arc = arc << 7 | byte & 0x7F
        fresh = not byte & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def encode_oid(oid: str) -> bytes:
    return tlv.encode(OBJECT_IDENTIFIER, oid_value(oid))


def encode_integer(number: int) -> bytes:
    """INTEGER in the shortest two's complement form (X.690 §8.3)."""
    magnitude = number if number >= 0 else ~number
    return tlv.encode(INTEGER, number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True))


def encode_sequence(*parts: bytes) -> bytes:
    return tlv.encode(SEQUENCE, *parts)


def encode_set(*parts: bytes) -> bytes:
    """SET OF: the encoded elements in ascending order (X.690 §11.6)."""
    return tlv.encode(SET, *sorted(parts))


def encode_octet_string(value: bytes) -> bytes:
    return tlv.encode(OCTET_STRING, value)


def encode_bit_string(value: bytes) -> bytes:
    """BIT STRING of whole bytes."""
    return tlv.encode(BIT_STRING, b"\x00", value)


def encode_null() -> bytes:
    return tlv.encode(NULL)


def parse_sequence(data: bytes) -> tuple[TLV, ...]:
    """The elements of the one SEQUENCE that fills ``data``."""
    return tlv.parse_one(data, SEQUENCE).children()


def expect(found: TLV, tag: int) -> TLV:
    """``found`` itself if it has this tag; :class:`TLVError` otherwise."""
    if found.tag != tag:
        raise TLVError(f"data object {tag:X} expected, {found.tag:X} found")
    return found


def oid_of(found: TLV) -> str:
    """The dotted form of an OBJECT IDENTIFIER object."""
    return decode_oid(expect(found, OBJECT_IDENTIFIER).value)


def decode_integer(found: TLV, *, max_bytes: int = MAX_INTEGER_BYTES) -> int:
    """The number in an INTEGER of at most ``max_bytes``, which must be written in its shortest form.

    Python writes no number of more than 4,300 digits in decimal: one that errors or ``repr`` may show needs a bound.
    """
    value = expect(found, INTEGER).value
    if len(value) != 1:
        if not 1 <= len(value) <= max_bytes:
            raise TLVError(f"an INTEGER of {len(value)} bytes")
        if (value[0], value[1] >> 7) in ((0x00, 0), (0xFF, 1)):
            raise TLVError("an INTEGER is not written in its shortest form")
    return int.from_bytes(value, "big", signed=True)


def decode_small(found: TLV, maximum: int) -> int:
    """The number in an INTEGER from 0 to ``maximum``, such as a version or an identifier."""
    number = decode_integer(found)
    if not 0 <= number <= maximum:
        raise TLVError("a version, number or identifier is out of range")
    return number


def decode_boolean(found: TLV) -> bool:
    """A BOOLEAN; every value but 00 is true, as in BER."""
    value = expect(found, BOOLEAN).value
    if len(value) != 1:
        raise TLVError(f"a BOOLEAN of {len(value)} bytes")
    return value != b"\x00"


def decode_octet_string(found: TLV) -> bytes:
    return expect(found, OCTET_STRING).value


def decode_bit_string(found: TLV) -> bytes:
    """A BIT STRING of whole bytes, as keys and signatures are."""
    value = expect(found, BIT_STRING).value
    if not value or value[0]:
        raise TLVError("a BIT STRING is empty or does not hold whole bytes")
    return value[1:]


def normalise_ber(data: bytes) -> bytes:
    """Write the one BER object that fills ``data`` with definite lengths and strings in one piece.

    Some Document Signers write CMS like that, which RFC 5652 §2 allows. Only such objects, and those around them,
    are written anew: every other object keeps the very bytes that were signed.
    Time is linear in the length of ``data``; depth and number of objects are bounded. Raises :class:`TLVError`.
    """
    walker = _Walker(data)
    normalised, end = walker.read(0, len(data), 1)
    if end != len(data):
        raise TLVError(f"{len(data) - end} bytes follow the outermost object")
    return normalised


class _Walker:
    """One pass over the data; counts the objects it has seen."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._seen = 0

    def read(self, offset: int, limit: int, depth: int) -> tuple[bytes, int]:
        """The object at ``offset`` in definite form, and the offset behind it in the original."""
        self._seen += 1
        if self._seen > MAX_BER_OBJECTS or depth > MAX_BER_DEPTH:
            raise TLVError("BER data is too deep or has too many objects")
        data = self._data
        if offset + 1 < limit and data[offset] & 0x1F != 0x1F and data[offset + 1] == _INDEFINITE:
            tag, start, end = data[offset], offset + 2, None
        else:
            tag, header, length = tlv.read_header(data, offset)
            start, end = offset + header, offset + header + length
            if end > limit:
                raise TLVError(f"data object {tag:X} is longer than what is around it")
        if not data[offset] & _CONSTRUCTED:
            if end is None:
                raise TLVError(f"primitive data object {tag:X} has an indefinite length")
            return data[offset:end], end
        parts, behind = self._read_children(start, limit, end, depth)
        if tag in _PIECEWISE_STRINGS:
            return tlv.encode(tag ^ _CONSTRUCTED, *(_piece(part, tag ^ _CONSTRUCTED) for part in parts)), behind
        if tag == _PIECEWISE_BIT_STRING:
            raise TLVError("a BIT STRING is written in pieces")
        content = b"".join(parts)
        is_unchanged = end is not None and content == data[start:behind]
        return data[offset:behind] if is_unchanged else tlv.encode(tag, content), behind

    def _read_children(self, start: int, limit: int, end: int | None, depth: int) -> tuple[list[bytes], int]:
        parts: list[bytes] = []
        position = start
        inner = limit if end is None else end
        while position != end:
            if end is None and self._data[position : position + 2] == b"\x00\x00":
                return parts, position + 2
            if position >= inner:
                raise TLVError("an indefinite length has no end")
            part, position = self.read(position, inner, depth + 1)
            parts.append(part)
        return parts, position


def _piece(part: bytes, tag: int) -> bytes:
    """The value of one piece of a string; its pieces were joined already."""
    found = tlv.parse_one(part)
    if found.tag not in (tag, OCTET_STRING):
        raise TLVError(f"data object {found.tag:X} is no piece of a string")
    return found.value


def _encode_arc(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(arc & 0x7F | 0x80)
    return bytes(reversed(groups))
