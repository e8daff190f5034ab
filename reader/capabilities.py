"""What reader and card say about extended-length APDUs.

The reader speaks through PC/SC Part 10 (features and TLV properties), the card through its answer to reset
(:mod:`apdu.atr`). Both may be silent: a damaged statement counts as silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apdu.command import MAX_SHORT_NE

FEATURE_GET_TLV_PROPERTIES = 0x12
FEATURE_EXECUTE_PACE = 0x20
PROPERTY_MAX_APDU_DATA_SIZE = 0x0A


def parse_features(data: bytes) -> Mapping[int, int]:
    """Control codes by feature tag (PC/SC Part 10 §2.2), the ones unknown to pyscard included."""
    return {tag: int.from_bytes(value, "big") for tag, value in _simple_tlv(data) if len(value) == 4}


def parse_max_apdu_data_size(properties: bytes) -> int | None:
    """``dwMaxAPDUDataSize`` of the TLV properties (PC/SC Part 10 §2.6.14); None if the reader does not tell."""
    for tag, value in _simple_tlv(properties):
        if tag == PROPERTY_MAX_APDU_DATA_SIZE and len(value) == 4:
            return int.from_bytes(value, "little") or None
    return None


def supports_extended_length(*, reader_size: int | None, card: bool | None) -> bool:
    """Join both statements: a reader that cannot wins, then the card's word, then the reader's."""
    if reader_size is not None and reader_size <= MAX_SHORT_NE:
        return False
    if card is not None:
        return card
    return reader_size is not None


def _simple_tlv(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position + 2 <= len(data):
        tag, length = data[position], data[position + 1]
        value = data[position + 2 : position + 2 + length]
        if len(value) != length:
            return
        yield tag, value
        position += 2 + length
