"""Reading a transparent elementary file (ICAO Doc 9303-10 §3.6.3, ISO/IEC 7816-4 §11.3).

The first bytes tell the file's length; after that exactly that many bytes are asked for, never one past the
end, because chips differ most where a read crosses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from apdu import instructions, status, tlv
from apdu.command import CommandAPDU
from apdu.errors import MalformedDataError, StatusError
from apdu.response import ResponseAPDU
from apdu.script import CardScript
from chipid.errors import UnsupportedError
from chipid.lds.files import FileId

HEADER_LENGTH = 5  # one tag byte and at most four length bytes
MAX_ATR_INFO_LENGTH = 0x80
MAX_FILE_LENGTH = 1 << 20
CVCA_LENGTH = 36  # EF.CVCA has a fixed size and no outer data object, BSI TR-03110-3 §A.1.2.4

# Answers that mean "not so many bytes at once", for which a smaller piece is worth a try.
_TOO_LONG: Final = frozenset({0x6700, 0x6A86, 0x6B00, 0x6282, 0x6F00})
_LADDER: Final = (0xE0, 0xC0, 0x80, 0x40)

QUIRK_SHORT_READS = "read-length-limited"

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are there; the last call names all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """The bytes of a file and the quirks met while reading it."""

    content: bytes = field(repr=False)
    max_ne: int
    quirks: tuple[str, ...] = ()


def select_and_read(
    file: FileId, *, max_ne: int, fid: int | None = None, progress: Progress | None = None
) -> CardScript[FileContent]:
    """SELECT ``file`` by its identifier and read it whole.

    ``max_ne`` is the most that one answer may hold in this session, ``fid`` another identifier than the usual one.
    Raises :class:`StatusError` with the card's refusal, :class:`MalformedDataError` if the file is not what its
    identifier says and :class:`UnsupportedError` for EF.ATR/INFO, which does not tell its length.
    """
    response = yield instructions.select_ef(file.fid if fid is None else fid)
    # 62xx: selected with a remark, such as a missing FCI.
    if not response.sw.is_warning:
        response.expect_ok(f"SELECT {file.label}")
    response = yield instructions.read_binary(0, HEADER_LENGTH)
    return (yield from _read_rest(file, response, max_ne, progress))


def read_by_sfi(
    file: FileId, *, max_ne: int, sfi: int | None = None, progress: Progress | None = None
) -> CardScript[FileContent]:
    """Read ``file`` whole by its short file identifier, without SELECT; errors as :func:`select_and_read`."""
    response = yield instructions.read_binary_sfi(file.sfi if sfi is None else sfi, 0, HEADER_LENGTH)
    return (yield from _read_rest(file, response, max_ne, progress))


def read_atr_info() -> CardScript[FileContent]:
    """SELECT EF.ATR/INFO in the master file and read it in one piece: it does not tell its length.

    The piece is one that every chip gives, and longer than the file. Errors as :func:`select_and_read`.
    """
    file = FileId.ATR_INFO
    response = yield instructions.select_ef(file.fid)
    if not response.sw.is_warning:
        response.expect_ok(f"SELECT {file.label}")
    response = yield instructions.read_binary(0, MAX_ATR_INFO_LENGTH)
    content = response.expect(f"READ BINARY {file.label}", status.OK, status.END_OF_FILE)
    _check_length(file, response, MAX_ATR_INFO_LENGTH)
    return FileContent(content=content, max_ne=MAX_ATR_INFO_LENGTH)


def _read_rest(file: FileId, response: ResponseAPDU, max_ne: int, progress: Progress | None) -> CardScript[FileContent]:
    operation = f"READ BINARY {file.label}"
    head = response.expect(operation, status.OK, status.END_OF_FILE)
    _check_length(file, response, HEADER_LENGTH)
    length = _file_length(file, head)
    content = bytearray(head[:length])
    quirks: tuple[str, ...] = ()
    _tell(progress, content, length)
    while len(content) < length:
        command = _read_at(len(content), length - len(content), max_ne)
        response = yield command
        _check_length(file, response, command.ne)
        piece = _piece(response, odd=command.is_odd)
        if piece is None:
            smaller = shorter(command.ne)
            if smaller is None or response.sw not in _TOO_LONG:
                raise StatusError(operation, response.sw, response.sw.meaning)
            max_ne, quirks = smaller, (QUIRK_SHORT_READS,)
            continue
        content += piece
        _tell(progress, content, length)
    return FileContent(content=bytes(content), max_ne=max_ne, quirks=quirks)


def _tell(progress: Progress | None, content: bytearray, length: int) -> None:
    if progress is not None:
        progress(len(content), length)


def _check_length(file: FileId, response: ResponseAPDU, ne: int) -> None:
    if len(response.data) > ne:
        raise MalformedDataError(f"{file.label}: the card sent more than was asked for")


def shorter(ne: int) -> int | None:
    """The next smaller piece worth a try after a card has refused ``ne`` bytes, None below the smallest."""
    return next((smaller for smaller in _LADDER if smaller < ne), None)


def _file_length(file: FileId, head: bytes) -> int:
    """The length that the file states in its first bytes, bounded before it is believed."""
    if file is FileId.CVCA:
        return CVCA_LENGTH
    if file.tag is None:
        raise UnsupportedError(f"{file.label} does not tell its length")
    tag, header, length = tlv.read_header(head)
    if tag != file.tag:
        raise MalformedDataError(f"{file.label} begins with tag {tag:X}, not {file.tag:X}")
    if header + length > MAX_FILE_LENGTH:
        raise MalformedDataError(f"{file.label} says it has {header + length} bytes, more than {MAX_FILE_LENGTH}")
    return header + length


def _read_at(offset: int, wanted: int, max_ne: int) -> CommandAPDU:
    """READ BINARY of the next ``wanted`` bytes, or of as many as one answer may hold."""
    if offset <= instructions.MAX_PLAIN_OFFSET:
        return instructions.read_binary(offset, min(wanted, max_ne))
    # The answer wraps its bytes in DO'53', whose header counts in Ne.
    return instructions.read_binary_odd(offset, min(wanted + 1 + len(tlv.encode_length(wanted)), max_ne))


def _piece(response: ResponseAPDU, *, odd: bool) -> bytes | None:
    """The file bytes of one answer, at least one; None if the card refused to give any."""
    if response.sw not in (status.OK, status.END_OF_FILE):
        return None
    piece = response.data
    if odd and piece:
        piece = tlv.parse_one(piece, instructions.DATA_OBJECT).value
    if not piece and response.sw.is_ok:
        raise MalformedDataError("READ BINARY succeeded without data")
    return piece or None
