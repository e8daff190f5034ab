"""EF.ATR/INFO: what the card can do (ICAO Doc 9303-10 §3.11.2, ISO/IEC 7816-4 §12.2.2 and §12.1.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV

CARD_CAPABILITIES = 0x47
EXTENDED_LENGTH_INFORMATION = 0x7F66
INTEGER = 0x02
MAX_SIZE_BYTES = 4

# The third byte of the card capabilities (ISO/IEC 7816-4 Table 119).
_COMMAND_CHAINING = 0x80
_EXTENDED_FIELDS = 0x40
_LENGTH_INFORMATION_HERE = 0x20


@dataclass(frozen=True, slots=True, kw_only=True)
class EFATRInfo:
    """``max_command`` and ``max_response`` are the whole lengths of extended APDUs that the card's buffers hold."""

    raw: bytes = field(repr=False)
    capabilities: bytes | None = None
    max_command: int | None = None
    max_response: int | None = None

    @property
    def has_command_chaining(self) -> bool:
        return self._third & _COMMAND_CHAINING != 0

    @property
    def has_extended_length(self) -> bool:
        return self._third & _EXTENDED_FIELDS != 0

    @property
    def announces_buffers(self) -> bool:
        """True if the capabilities say that the buffer sizes stand in this file."""
        return self._third & _LENGTH_INFORMATION_HERE != 0

    @property
    def deviations(self) -> tuple[str, ...]:
        """What the file announces and does not hold, by name."""
        return ("buffer-sizes-missing",) if self.announces_buffers and self.max_command is None else ()

    @property
    def _third(self) -> int:
        return self.capabilities[2] if self.capabilities is not None and len(self.capabilities) == 3 else 0


def parse_ef_atr_info(raw: bytes) -> EFATRInfo:
    """Read EF.ATR/INFO; other data objects are ignored. Raises :class:`MalformedDataError` children."""
    objects: list[TLV] = []
    offset = 0
    while offset < len(raw) and raw[offset]:
        found, offset = tlv.parse_first(raw, offset)
        objects.append(found)
    if raw[offset:].strip(b"\x00"):
        raise MalformedDataError("EF.ATR/INFO has data behind its padding")
    capabilities = tlv.find(objects, CARD_CAPABILITIES)
    if capabilities is not None and not 1 <= len(capabilities.value) <= 3:
        raise MalformedDataError(f"card capabilities of {len(capabilities.value)} bytes")
    lengths = tlv.find(objects, EXTENDED_LENGTH_INFORMATION)
    max_command, max_response = (None, None) if lengths is None else _parse_lengths(lengths)
    return EFATRInfo(
        raw=raw,
        capabilities=None if capabilities is None else capabilities.value,
        max_command=max_command,
        max_response=max_response,
    )


def build_ef_atr_info(
    *, chaining: bool, max_command: int | None = None, max_response: int | None = None, first_bytes: bytes = b"\x00\x00"
) -> bytes:
    """Write EF.ATR/INFO; extended length is announced where both buffer sizes are given.

    ``first_bytes`` are those of the card capabilities about selection and data coding.
    """
    third = _COMMAND_CHAINING if chaining else 0
    lengths = b""
    if max_command is not None and max_response is not None:
        third |= _EXTENDED_FIELDS | _LENGTH_INFORMATION_HERE
        lengths = tlv.encode(EXTENDED_LENGTH_INFORMATION, _encode_size(max_command), _encode_size(max_response))
    return tlv.encode(CARD_CAPABILITIES, first_bytes, bytes((third,))) + lengths


def _parse_lengths(found: TLV) -> tuple[int, int]:
    sizes = found.children()
    if len(sizes) != 2 or any(one.tag != INTEGER or not 1 <= len(one.value) <= MAX_SIZE_BYTES for one in sizes):
        raise MalformedDataError("the extended length information does not hold two numbers")
    command, response = (int.from_bytes(one.value, "big") for one in sizes)
    return command, response


def _encode_size(size: int) -> bytes:
    # Two bytes where they suffice, as cards write it: an unsigned number, whatever its tag says.
    return tlv.encode(INTEGER, size.to_bytes(max(2, (size.bit_length() + 7) // 8), "big"))
