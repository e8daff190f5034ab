"""Command APDUs, cases 1 to 4, short and extended (ISO/IEC 7816-4 §5.1 and §5.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu.errors import APDUError

MAX_SHORT_NC = 255
MAX_SHORT_NE = 256
MAX_EXTENDED_NC = 65_535
MAX_EXTENDED_NE = 65_536

CHAINING = 0x10
SECURE_MESSAGING = 0x0C


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAPDU:
    """One command: header, data field and the number of response bytes expected.

    ``ne`` is Ne, not the encoded Le: 0 means that no response data is expected, 256 is the short ``00``,
    65,536 the extended ``0000``. ``extended`` asks for the extended form where the short one would do; it is
    forced by long data or a large Ne. The data field is kept out of ``repr``.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    ne: int = 0
    extended: bool = False

    def __post_init__(self) -> None:
        if (self.cla | self.ins | self.p1 | self.p2) & ~0xFF:
            wrong = next(name for name in ("cla", "ins", "p1", "p2") if getattr(self, name) & ~0xFF)
            raise APDUError(f"{wrong.upper()} does not fit one byte")
        if len(self.data) > MAX_EXTENDED_NC:
            raise APDUError(f"data field of {len(self.data)} bytes is longer than {MAX_EXTENDED_NC}")
        if not 0 <= self.ne <= MAX_EXTENDED_NE:
            raise APDUError(f"Ne {self.ne} is outside 0 to {MAX_EXTENDED_NE}")

    @property
    def needs_extended(self) -> bool:
        """True if the command cannot be written in the short form."""
        return len(self.data) > MAX_SHORT_NC or self.ne > MAX_SHORT_NE

    @property
    def is_chained(self) -> bool:
        """True if bit 5 of CLA announces that more commands of the chain follow (§5.3.3)."""
        return self.cla & 0x80 == 0 and bool(self.cla & CHAINING)

    @property
    def is_secure(self) -> bool:
        """True if CLA indicates secure messaging with an authenticated header on channels 0 to 3 (§5.4.1)."""
        return self.cla & 0xE0 == 0 and self.cla & SECURE_MESSAGING == SECURE_MESSAGING

    @property
    def is_odd(self) -> bool:
        """True for an odd INS: the data field is BER-TLV (§5.4.2)."""
        return bool(self.ins & 1)

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    def encode(self) -> bytes:
        """Write the command, in the short form unless it needs or asks for the extended one."""
        if self.extended or self.needs_extended:
            return self._encode_extended()
        out = self.header
        if self.data:
            out += bytes((len(self.data),)) + self.data
        if self.ne:
            out += bytes((self.ne & 0xFF,))
        return out

    def _encode_extended(self) -> bytes:
        out = self.header
        if self.data:
            out += b"\x00" + len(self.data).to_bytes(2, "big") + self.data
        if self.ne:
            le = (self.ne & 0xFFFF).to_bytes(2, "big")
            out += le if self.data else b"\x00" + le
        return out

    @classmethod
    def decode(cls, raw: bytes) -> CommandAPDU:
        """Read one command; every byte must be accounted for.

        Raises :class:`APDUError` on a truncated header, a lying Lc, or bytes left over.
        """
        if len(raw) < 4:
            raise APDUError(f"a command of {len(raw)} bytes has no complete header")
        cla, ins, p1, p2 = raw[:4]
        data, ne, extended = _decode_body(raw[4:])
        return cls(cla=cla, ins=ins, p1=p1, p2=p2, data=data, ne=ne, extended=extended)


def _decode_body(body: bytes) -> tuple[bytes, int, bool]:
    """Data field, Ne and whether the extended form was used (Table 3 of §5.2)."""
    if not body:
        return b"", 0, False
    if len(body) == 1:
        return b"", body[0] or MAX_SHORT_NE, False
    if body[0] == 0 and len(body) > 2:
        data, ne = _decode_extended_body(body)
        return data, ne, True
    data, rest = body[1 : 1 + body[0]], body[1 + body[0] :]
    if body[0] == 0 or len(data) != body[0] or len(rest) > 1:
        raise APDUError("Lc does not agree with the length of the command")
    return data, (rest[0] or MAX_SHORT_NE) if rest else 0, False


def _decode_extended_body(body: bytes) -> tuple[bytes, int]:
    first = int.from_bytes(body[1:3], "big")
    if len(body) == 3:
        return b"", first or MAX_EXTENDED_NE
    data, rest = body[3 : 3 + first], body[3 + first :]
    if first == 0 or len(data) != first or len(rest) not in (0, 2):
        raise APDUError("extended Lc does not agree with the length of the command")
    return data, (int.from_bytes(rest, "big") or MAX_EXTENDED_NE) if rest else 0
