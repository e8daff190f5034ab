"""Status words of ISO/IEC 7816-4 §5.6: named codes, families and their meaning."""

from __future__ import annotations

from typing import Final


class StatusWord(int):
    """Two status bytes SW1-SW2 as one number; prints as four hex digits."""

    __slots__ = ()

    @property
    def sw1(self) -> int:
        return self >> 8

    @property
    def sw2(self) -> int:
        return self & 0xFF

    @property
    def is_ok(self) -> bool:
        """9000: normal processing, nothing more to fetch."""
        return self == 0x9000

    @property
    def is_warning(self) -> bool:
        """62xx and 63xx: executed, with a remark."""
        return self.sw1 in (0x62, 0x63)

    @property
    def is_error(self) -> bool:
        """64xx to 6Fxx: not executed, and never with data."""
        return 0x64 <= self.sw1 <= 0x6F

    @property
    def tries_left(self) -> int | None:
        """The retry counter of 63Cx, None for any other status word."""
        return self & 0x0F if self & 0xFFF0 == 0x63C0 else None

    @property
    def meaning(self) -> str:
        """The meaning that ISO/IEC 7816-4 Table 6 gives it, by value first and by family otherwise."""
        exact = _MEANINGS.get(self)
        if exact is not None:
            return exact
        tries = self.tries_left
        if tries is not None:
            return f"verification failed, {tries} tries left"
        family = _FAMILIES.get(self.sw1, "unknown status")
        return family.format(sw2=self.sw2 or 256)  # as in Le, 00 stands for 256

    def __str__(self) -> str:
        return f"{int(self):04X}"

    def __repr__(self) -> str:
        return f"StatusWord(0x{int(self):04X})"


OK: Final = StatusWord(0x9000)
END_OF_FILE: Final = StatusWord(0x6282)
REFERENCE_DEACTIVATED: Final = StatusWord(0x6283)
AUTHENTICATION_FAILED: Final = StatusWord(0x6300)
WRONG_LENGTH: Final = StatusWord(0x6700)
CHANNEL_NOT_SUPPORTED: Final = StatusWord(0x6881)
SECURE_MESSAGING_NOT_SUPPORTED: Final = StatusWord(0x6882)
LAST_COMMAND_EXPECTED: Final = StatusWord(0x6883)
CHAINING_NOT_SUPPORTED: Final = StatusWord(0x6884)
SECURITY_STATUS_NOT_SATISFIED: Final = StatusWord(0x6982)
AUTHENTICATION_METHOD_BLOCKED: Final = StatusWord(0x6983)
REFERENCE_NOT_USABLE: Final = StatusWord(0x6984)
CONDITIONS_NOT_SATISFIED: Final = StatusWord(0x6985)
NO_CURRENT_EF: Final = StatusWord(0x6986)
SM_OBJECTS_MISSING: Final = StatusWord(0x6987)
SM_OBJECTS_INCORRECT: Final = StatusWord(0x6988)
WRONG_DATA: Final = StatusWord(0x6A80)
FUNCTION_NOT_SUPPORTED: Final = StatusWord(0x6A81)
FILE_NOT_FOUND: Final = StatusWord(0x6A82)
INCORRECT_P1P2: Final = StatusWord(0x6A86)
LC_INCONSISTENT: Final = StatusWord(0x6A87)
REFERENCE_NOT_FOUND: Final = StatusWord(0x6A88)
WRONG_OFFSET: Final = StatusWord(0x6B00)
INS_NOT_SUPPORTED: Final = StatusWord(0x6D00)
CLA_NOT_SUPPORTED: Final = StatusWord(0x6E00)
NO_DIAGNOSIS: Final = StatusWord(0x6F00)

_MEANINGS: Final[dict[int, str]] = {
    0x9000: "normal processing",
    0x6281: "part of the returned data may be corrupted",
    0x6282: "end of file reached before Ne bytes",
    0x6283: "selected file or reference deactivated",
    0x6285: "selected file in termination state",
    0x6300: "authentication failed",
    0x6400: "execution error, state unchanged",
    0x6581: "memory failure",
    0x6700: "wrong length",
    0x6881: "logical channel not supported",
    0x6882: "secure messaging not supported",
    0x6883: "last command of the chain expected",
    0x6884: "command chaining not supported",
    0x6981: "command incompatible with file structure",
    0x6982: "security status not satisfied",
    0x6983: "authentication method blocked",
    0x6984: "reference data not usable",
    0x6985: "conditions of use not satisfied",
    0x6986: "command not allowed, no current EF",
    0x6987: "expected secure messaging data objects missing",
    0x6988: "incorrect secure messaging data objects",
    0x6A80: "incorrect parameters in the data field",
    0x6A81: "function not supported",
    0x6A82: "file or application not found",
    0x6A83: "record not found",
    0x6A84: "not enough memory in the file",
    0x6A86: "incorrect parameters P1-P2",
    0x6A87: "Lc inconsistent with parameters P1-P2",
    0x6A88: "referenced data not found",
    0x6B00: "wrong parameters P1-P2, offset beyond the file",
    0x6D00: "instruction not supported",
    0x6E00: "class not supported",
    0x6F00: "no precise diagnosis",
}

_FAMILIES: Final[dict[int, str]] = {
    0x61: "{sw2} more bytes available",
    0x62: "warning, state unchanged",
    0x63: "warning, state changed",
    0x64: "execution error, state unchanged",
    0x65: "execution error, state changed",
    0x66: "security-related execution error",
    0x67: "wrong length",
    0x68: "function of the class byte not supported",
    0x69: "command not allowed",
    0x6A: "wrong parameters P1-P2",
    0x6B: "wrong parameters P1-P2",
    0x6C: "wrong Le, {sw2} bytes available",
    0x6D: "instruction not supported",
    0x6E: "class not supported",
    0x6F: "no precise diagnosis",
}
