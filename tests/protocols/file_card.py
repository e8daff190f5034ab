"""A chip with one file, as short as ISO/IEC 7816-4 §11.3.3 allows; it fails the test on a read across the end."""

from __future__ import annotations

from collections.abc import Callable

from apdu import status, tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.lds.files import FileId
from chipid.protocols import read_file
from chipid.protocols.read_file import FileContent
from tests.support.script_card import Exchange, run
from tests.support.vectors import example

EF_COM = example("9303-11_D4_sm_3des")["EF_COM"]
SELECT_COM: Exchange = ("00A4020C02011E", "9000")
HEAD = "00B0000005"


class FileCard:
    """``most`` is what one answer may hold; a read of more is answered with ``refusal`` and no data.

    ``piece`` gives how many bytes a read of so many really returns, for chips that give less.
    """

    def __init__(
        self,
        file: FileId,
        content: bytes,
        *,
        most: int = 65_536,
        refusal: StatusWord = status.WRONG_LENGTH,
        piece: Callable[[int], int] = lambda asked: asked,
    ) -> None:
        self._file = file
        self._content = content
        self._most = most
        self._refusal = refusal
        self._piece = piece
        self._is_selected = False
        self.reads: list[tuple[int, int]] = []

    def __call__(self, command: CommandAPDU) -> ResponseAPDU:
        assert command.cla == 0
        if command.ins == 0xA4:
            assert (command.p1, command.p2, command.ne) == (0x02, 0x0C, 0)
            assert command.data == self._file.fid.to_bytes(2, "big")
            self._is_selected = True
            return ResponseAPDU()
        if command.ins == 0xB0 and command.p1 & 0x80:
            assert command.p1 & 0x1F == self._file.sfi
            self._is_selected = True
            return self._read(command.p2, command.ne)
        assert self._is_selected
        if command.ins == 0xB0:
            return self._read(command.p1 << 8 | command.p2, command.ne)
        assert command.header == bytes.fromhex("00B10000")
        offset = int.from_bytes(tlv.parse_one(command.data, 0x54).value, "big")
        assert offset > 0x7FFF
        header = 2 if command.ne <= 0x81 else 3 if command.ne <= 0x102 else 4
        response = self._read(offset, command.ne - header, overhead=header)
        return ResponseAPDU(data=tlv.encode(0x53, response.data) if response.data else b"", sw=response.sw)

    def _read(self, offset: int, ne: int, *, overhead: int = 0) -> ResponseAPDU:
        assert ne > 0
        if ne + overhead > self._most:
            return ResponseAPDU(sw=self._refusal)
        self.reads.append((offset, ne))
        assert offset + ne <= max(5, len(self._content)), "a read across the end of the file"
        return ResponseAPDU(data=self._content[offset : offset + self._piece(ne)])


def file_of(length: int, file: FileId = FileId.DG2) -> bytes:
    """A file of exactly ``length`` bytes; some lengths, such as 130, do not exist."""
    assert file.tag is not None
    for overhead in (2, 3, 4, 5):
        content = tlv.encode(file.tag, bytes(index % 251 for index in range(length - overhead)))
        if len(content) == length:
            return content
    raise AssertionError(f"no file has {length} bytes")


def read_com(*exchanges: Exchange, max_ne: int = 256) -> FileContent:
    """Read EF.COM by its identifier, with these answers after that to SELECT."""
    return run(read_file.select_and_read(FileId.COM, max_ne=max_ne), SELECT_COM, *exchanges)
