"""SELECT and READ BINARY (ICAO Doc 9303-10 §3.6, ISO/IEC 7816-4 §11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from apdu import tlv
from apdu.command import MAX_SHORT_NE
from apdu.status import (
    END_OF_FILE,
    FILE_NOT_FOUND,
    INCORRECT_P1P2,
    INS_NOT_SUPPORTED,
    NO_CURRENT_EF,
    OK,
    SECURITY_STATUS_NOT_SATISFIED,
    WRONG_DATA,
    WRONG_LENGTH,
    WRONG_OFFSET,
    StatusWord,
)
from simulator.access_rules import Authorisation
from simulator.calls import Call, Outcome, RefusalError, data_objects
from simulator.chip import EndOfFile
from simulator.file_system import FCI_TEMPLATE, FCP_TEMPLATE, MF_ID, DedicatedFile, ElementaryFile

BY_IDENTIFIER = 0x00
BY_EF_IDENTIFIER = 0x02
BY_NAME = 0x04
CONTROL_INFORMATION: Final[dict[int, int | None]] = {0x00: FCI_TEMPLATE, 0x04: FCP_TEMPLATE, 0x0C: None}
MAX_SFI = 30
MAX_OFFSET_BYTES = 4
OFFSET_OBJECT = 0x54
DATA_OBJECT = 0x53


def select(call: Call) -> Outcome:
    """SELECT the master file, an application or an elementary file (§3.6.1 and §3.6.2)."""
    command = call.command
    if command.p2 not in CONTROL_INFORMATION:
        raise RefusalError(INCORRECT_P1P2)
    if command.p1 == BY_NAME:
        target: DedicatedFile | ElementaryFile | None = call.chip.files.application(command.data)
        if target is None:
            raise RefusalError(FILE_NOT_FOUND)
    elif command.p1 == BY_IDENTIFIER and command.data in (b"", MF_ID.to_bytes(2, "big")):
        if call.chip.select_mf_refused:
            raise RefusalError(INS_NOT_SUPPORTED)
        target = call.chip.files.master_file
    elif command.p1 in (BY_IDENTIFIER, BY_EF_IDENTIFIER):
        if len(command.data) != 2:
            raise RefusalError(WRONG_DATA)
        target = _permitted(call, call.state.df.by_fid(int.from_bytes(command.data, "big")))
    else:
        raise RefusalError(INCORRECT_P1P2)
    tag = CONTROL_INFORMATION[command.p2]
    data = b"" if tag is None or not command.ne else target.control_information(tag)
    if isinstance(target, ElementaryFile):
        return Outcome(state=replace(call.state, ef=target), data=data)
    # A terminal proves its rights to one application (BSI TR-03105-3.2 K_18).
    terminal = replace(call.state.terminal, terminal_rights=frozenset())
    return Outcome(state=replace(call.state, df=target, ef=None, terminal=terminal), data=data)


def read_binary(call: Call) -> Outcome:
    """READ BINARY B0 (§3.6.3): the current file from a 15-bit offset, or a short identifier from offset 0 to 255."""
    command = call.command
    if not command.p1 & 0x80:
        file = _current(call)
        offset = command.p1 << 8 | command.p2
    else:
        sfi = command.p1 & 0x1F
        if command.p1 & 0x60 or not 1 <= sfi <= MAX_SFI:
            raise RefusalError(INCORRECT_P1P2)
        file = _permitted(call, call.state.df.by_sfi(sfi))
        offset = command.p2
    if not command.ne or command.data:
        raise RefusalError(WRONG_LENGTH)
    data, sw = _cut(call, file, offset, min(command.ne, call.capacity))
    state = call.state if call.state.ef is file else replace(call.state, ef=file)
    return Outcome(state=state, data=data, sw=sw)


def read_binary_odd(call: Call) -> Outcome:
    """READ BINARY B1 (§3.6.6): offset in DO'54', data in DO'53'; Ne counts the whole object.

    P1-P2 are 0000 for the current file, a short identifier in the low five bits, or a file identifier.
    """
    command = call.command
    reference = command.p1 << 8 | command.p2
    if reference == 0:
        file = _current(call)
    elif reference <= MAX_SFI:
        file = _permitted(call, call.state.df.by_sfi(reference))
    else:
        file = _permitted(call, call.state.df.by_fid(reference))
    if not command.ne:
        raise RefusalError(WRONG_LENGTH)
    objects = data_objects(command.data)
    if set(objects) != {OFFSET_OBJECT} or not 1 <= len(objects[OFFSET_OBJECT]) <= MAX_OFFSET_BYTES:
        raise RefusalError(WRONG_DATA)
    offset = int.from_bytes(objects[OFFSET_OBJECT], "big")
    room = _room_in_object(min(command.ne, call.capacity))
    if not room:
        raise RefusalError(WRONG_LENGTH)
    data, sw = _cut(call, file, offset, room)
    return Outcome(state=replace(call.state, ef=file), data=tlv.encode(DATA_OBJECT, data), sw=sw)


def _current(call: Call) -> ElementaryFile:
    if call.state.ef is None:
        raise RefusalError(NO_CURRENT_EF)
    return _permitted(call, call.state.ef)


def _permitted(call: Call, file: ElementaryFile | None) -> ElementaryFile:
    """The file, if it is there and the terminal may read it."""
    terminal: Authorisation = call.state.terminal
    if file is None:
        visible = call.state.df.rule.allows(terminal)
        raise RefusalError(FILE_NOT_FOUND if visible else SECURITY_STATUS_NOT_SATISFIED)
    if not file.rule.allows(terminal):
        raise RefusalError(SECURITY_STATUS_NOT_SATISFIED)
    return file


def _cut(call: Call, file: ElementaryFile, offset: int, count: int) -> tuple[bytes, StatusWord]:
    """At most ``count`` bytes from ``offset``, with the status word for a file that ends earlier.

    An Ne written as zeros asks for whatever is there, so that its early end is no remark.
    """
    content = file.read(call.state.memory)
    remaining = len(content) - offset
    if remaining <= 0:
        raise RefusalError(WRONG_OFFSET)
    data = content[offset : offset + count]
    if count <= remaining or call.command.ne >= MAX_SHORT_NE:
        return data, OK
    match call.chip.end_of_file:
        case EndOfFile.WARNING:
            return data, END_OF_FILE
        case EndOfFile.SHORTER:
            return data, OK
        case EndOfFile.WRONG_LENGTH:
            exact = len(tlv.encode(DATA_OBJECT, data)) if call.command.is_odd else remaining
            raise RefusalError(StatusWord(0x6C00 | exact) if exact < MAX_SHORT_NE else WRONG_LENGTH)
        case EndOfFile.WRONG_OFFSET:
            raise RefusalError(WRONG_OFFSET)


def _room_in_object(ne: int) -> int:
    """The longest value whose data object 53 fits into ``ne`` bytes."""
    header = 2 if ne < 0x82 else 3 if ne < 0x103 else 4
    room = max(0, ne - header)
    # Where a longer length field begins, one byte of room stays unused.
    return min(room, {2: 0x7F, 3: 0xFF, 4: 0xFFFF}[header])
