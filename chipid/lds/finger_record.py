"""The finger image record of ISO/IEC 19794-4:2005 §7, big endian: a header, and for each view its own and its data."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError

FORMAT_IDENTIFIER = b"FIR\x00"
VERSION = b"010\x00"
MAX_VIEWS = 16
WSQ, JPEG_2000, RAW = 2, 4, 0

_LENGTH_BYTES = 6
_RECORD_HEADER = struct.Struct(">4s4s6sHHBBHHHHBBH")
_VIEW_HEADER = struct.Struct(">IBBBBBHHB")

_COMPRESSIONS = frozenset(range(6))  # raw, packed, WSQ, JPEG, JPEG 2000, PNG
_POSITIONS = frozenset({*range(11), 13, 14, 15, *range(20, 37)})  # fingers, groups of fingers, palms
_IMPRESSIONS = frozenset({*range(4), *range(8, 16), 24, 28, 29})


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerImage:
    """One view of a finger; numbers as the standard codes them.

    ``position``: 0 unknown, 1 right thumb to 10 left little finger. ``compression`` is that of the record: 0 raw,
    2 WSQ, 4 JPEG 2000.
    """

    image: bytes = field(repr=False)
    width: int = 0
    height: int = 0
    position: int = field(default=0, repr=False)
    compression: int = RAW
    quality: int = 0
    impression: int = 0


def parse_finger_record(record: bytes) -> tuple[FingerImage, ...]:
    """Read all views of a record.

    Raises :class:`MalformedDataError`, and :class:`UnsupportedError` for another format or version.
    """
    if len(record) < _RECORD_HEADER.size:
        raise MalformedDataError("a finger record is shorter than its header")
    identifier, version, length, _, _, count, _, _, _, _, _, _, compression, _ = _RECORD_HEADER.unpack_from(record)
    if identifier != FORMAT_IDENTIFIER or version != VERSION:
        raise UnsupportedError("a biometric record is not ISO/IEC 19794-4 of 2005")
    if int.from_bytes(length, "big") != len(record):
        raise MalformedDataError("a finger record is longer or shorter than it says")
    views: list[FingerImage] = []
    offset = _RECORD_HEADER.size
    while offset < len(record):
        if len(views) == MAX_VIEWS:
            raise MalformedDataError(f"a finger record has more than {MAX_VIEWS} views")
        view, offset = _parse_view(record, offset, compression)
        views.append(view)
    if len({view.position for view in views}) > count or count > len(views):
        raise MalformedDataError("a finger record holds another number of fingers than it says")
    return tuple(views)


def _parse_view(record: bytes, offset: int, compression: int) -> tuple[FingerImage, int]:
    """The view whose header begins at ``offset``, and the offset behind its data."""
    start = offset + _VIEW_HEADER.size
    if start > len(record):
        raise MalformedDataError("a finger record has no room for the header of a view")
    block, position, _, _, quality, impression, width, height, _ = _VIEW_HEADER.unpack_from(record, offset)
    end = offset + block
    if not start <= end <= len(record):
        raise MalformedDataError("a view does not fit into its finger record")
    view = FingerImage(
        image=record[start:end],
        width=width,
        height=height,
        position=position,
        compression=compression,
        quality=quality,
        impression=impression,
    )
    return view, end


def finger_deviations(view: FingerImage) -> Iterator[str]:
    """What the record codes otherwise than the standard allows."""
    if view.compression not in _COMPRESSIONS:
        yield "finger-compression"
    if view.position not in _POSITIONS:
        yield "finger-position"
    if view.impression not in _IMPRESSIONS:
        yield "finger-impression"


def build_finger_record(views: Sequence[FingerImage]) -> bytes:
    """Write a record of one or more views of different fingers, 500 points an inch, 8 bits a point."""
    blocks = b"".join(_build_view(view) for view in views)
    length = (_RECORD_HEADER.size + len(blocks)).to_bytes(_LENGTH_BYTES, "big")
    compression = views[0].compression if views else RAW
    header = _RECORD_HEADER.pack(
        FORMAT_IDENTIFIER, VERSION, length, 0, 31, len(views), 1, 500, 500, 500, 500, 8, compression, 0
    )
    return header + blocks


def _build_view(view: FingerImage) -> bytes:
    length = _VIEW_HEADER.size + len(view.image)
    values = (length, view.position, 1, 1, view.quality, view.impression, view.width, view.height, 0)
    return _VIEW_HEADER.pack(*values) + view.image
