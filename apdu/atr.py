"""The answer to reset: historical bytes and what they say of the card (ISO/IEC 7816-3 §8.2, 7816-4 §12.1.1)."""

from __future__ import annotations

_CARD_CAPABILITIES = 7
_EXTENDED_LENGTH = 0x40
_STATUS_LENGTH = 3


def states_extended_length(atr: bytes) -> bool | None:
    """Whether the card capabilities in ``atr`` name extended Lc and Le fields; None if the card does not tell."""
    historical = historical_bytes(atr)
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


def historical_bytes(atr: bytes) -> bytes:
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
