"""Response APDUs (ISO/IEC 7816-4 §5.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu.command import MAX_EXTENDED_NE
from apdu.errors import APDUError, StatusError
from apdu.status import OK, StatusWord


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseAPDU:
    """Response data and the status word. The data is kept out of ``repr``."""

    data: bytes = field(default=b"", repr=False)
    sw: StatusWord = OK

    @classmethod
    def decode(cls, raw: bytes) -> ResponseAPDU:
        """Read one response. Raises :class:`APDUError` if it is shorter than its status word or too long."""
        if len(raw) < 2:
            raise APDUError(f"a response of {len(raw)} bytes has no status word")
        if len(raw) > MAX_EXTENDED_NE + 2:
            raise APDUError(f"a response of {len(raw)} bytes is longer than an APDU can be")
        return cls(data=raw[:-2], sw=StatusWord.from_bytes(raw[-2:], "big"))

    def encode(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")

    def expect(self, operation: str, *allowed: int) -> bytes:
        """Return the data if the status word is one of ``allowed``; raise :class:`StatusError` otherwise."""
        if self.sw not in allowed:
            raise StatusError(operation, self.sw, self.sw.meaning)
        return self.data

    def expect_ok(self, operation: str) -> bytes:
        """Return the data of a 9000 answer; raise :class:`StatusError` for any other."""
        return self.expect(operation, OK)
