"""What reader and card say about extended-length APDUs.

The reader speaks through PC/SC Part 10 (features and TLV properties), the card through the historical bytes
of its answer to reset (ISO/IEC 7816-4 §12.1.1). Both may be silent, and both are bounded before they are
believed: a damaged statement counts as silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apdu.command import MAX_SHORT_NE

FEATURE_GET_TLV_PROPERTIES = 0x12
FEATURE_EXECUTE_PACE = 0x20
PROPERTY_MAX_APDU_DATA_SIZE = 0x0A

_CARD_CAPABILITIES = 7
_EXTENDED_LENGTH = 0x40
_STATUS_LENGTH = 3


def parse_features(data: bytes) -> Mapping[int, int]:
    """Control codes by feature tag (PC/SC Part 10 §2.2), the ones unknown to pyscard included."""
    return {tag: int.from_bytes(value, "big") for tag, value in _simple_tlv(data) if len(value) == 4}


def parse_max_apdu_data_size(properties: bytes) -> int | None:
    """``dwMaxAPDUDataSize`` of the TLV properties (PC/SC Part 10 §2.6.14); None if the reader does not tell."""
    for tag, value in _simple_tlv(properties):
        if tag == PROPERTY_MAX_APDU_DATA_SIZE and len(value) == 4:
            return int.from_bytes(value, "little") or None
    return None


def atr_extended_length(atr: bytes) -> bool | None:
    """Whether the card capabilities in ``atr`` name extended Lc and Le fields; None if the card does not tell."""
    historical = _historical_bytes(atr)
    if not historical or historical[0] not in {0x00, 0x80}:
        return None
    # Category 00 ends with three status bytes outside the COMPACT-TLV objects.
    objects = historical[1:-_STATUS_LENGTH] if historical[0] == 0x00 else historical[1:]
    position = 0
    while position < len(objects):
        tag, length = objects[position] >> 4, objects[position] & 0x0F
        value = objects[position + 1 : position + 1 + length]
        if tag == _CARD_CAPABILITIES and length == len(value) == 3:
            return bool(value[2] & _EXTENDED_LENGTH)
        position += 1 + length
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


def _historical_bytes(atr: bytes) -> bytes:
    """The historical bytes of an answer to reset (ISO/IEC 7816-3 §8.2); empty if it is cut off."""
    if len(atr) < 2:
        return b""
    count, presence, position = atr[1] & 0x0F, atr[1] >> 4, 2
    while True:
        following = presence.bit_count()
        if not presence & 0b1000:
            position += following
            break
        position += following
        if position > len(atr):
            return b""
        presence = atr[position - 1] >> 4  # TD is the last byte of its group
    historical = atr[position : position + count]
    return historical if len(historical) == count else b""
