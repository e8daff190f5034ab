"""Cases of our own about files: what they hold where they end, and that nobody writes them.

A test of writing writes what is there already, so that a chip that takes it is as it was (ICAO Doc 9303-10 §3.6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.status import FILE_NOT_FOUND
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.cases_eac_files import require_terminal_authentication
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.lds.files import AID_EMRTD, FileId

UPDATE_BINARY, UPDATE_BINARY_ODD, WRITE_BINARY, PUT_DATA = 0xD6, 0xD7, 0xD0, 0xDA
MORE: Final = 16


def _whole(terminal: ConformanceTerminal, file: FileId) -> bytes:
    content = terminal.file(file)
    if not content:
        raise NotApplicableError("the file is not there, or closed to this terminal")
    return content


# The end


def _ends(file: FileId) -> Script:
    """Nothing comes from behind the end, however it is asked for."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        content = _whole(terminal, file)
        length = len(content)
        for offset in (length - 2, length - 1):
            _expect_tail(terminal.secure(instructions.read_binary(offset, MORE)), content[offset:])
        for offset in (length, length + 1, length + 255):
            expect_error(terminal.secure(instructions.read_binary(offset, 1)))

    return run


def _expect_tail(response: ResponseAPDU, tail: bytes) -> None:
    """What is left of the file, as a success or a warning; or an error."""
    if response.sw in (0x9000, 0x6282):
        if response.data != tail:
            raise DeviationError(f"{len(tail)} bytes were left, {len(response.data)} other ones came")
    else:
        expect_error(response)


def _pieces_agree(terminal: ConformanceTerminal) -> None:
    """Even and odd instruction, with and without selection, read the same."""
    terminal.open()
    content = _whole(terminal, FileId.COM)
    expect_ok(terminal.secure(instructions.select_ef(FileId.COM.fid)))
    by_even = b"".join(expect_ok(terminal.secure(instructions.read_binary(at, 1))) for at in range(8))
    by_odd = terminal.secure(instructions.read_binary_odd(2, 8))
    if by_even != content[:8]:
        raise DeviationError("single bytes are others than those of a longer read")
    if by_odd.sw.is_ok and not content[2:].startswith(tlv.parse_one(by_odd.data, 0x53).value):
        raise DeviationError("the odd instruction reads something else")


# Selection


def _becomes_current(terminal: ConformanceTerminal) -> None:
    """READ BINARY with a short identifier selects the file."""
    terminal.open()
    expect_ok(terminal.secure(instructions.select_ef(FileId.COM.fid)))
    first = expect_ok(terminal.secure(instructions.read_binary_sfi(FileId.DG1.sfi, 0, 8)))
    if expect_ok(terminal.secure(instructions.read_binary(0, 8))) != first:
        raise DeviationError("another file is current than the one that was read last")


def _application_first(terminal: ConformanceTerminal) -> None:
    """SELECT of the application leaves no file current."""
    terminal.open()
    expect_ok(terminal.secure(instructions.select_ef(FileId.COM.fid)))
    expect_ok(terminal.secure(instructions.select_application(AID_EMRTD)))
    expect_error(terminal.secure(instructions.read_binary(0, 1)))


def _unknown_application(terminal: ConformanceTerminal) -> None:
    """An application that is not there is not selected, and the session goes on."""
    terminal.open()
    expect_error(terminal.secure(instructions.select_application(AID_EMRTD + b"\xff")))
    expect_ok(terminal.secure(instructions.read_binary_sfi(FileId.COM.sfi, 0, 1)))


# The odd instruction


def _odd_refused(data: bytes) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        sfi = FileId.COM.sfi
        expect_error(terminal.secure(CommandAPDU(cla=0, ins=0xB1, p1=0, p2=sfi, data=data, ne=8)))
        expect_ok(terminal.secure(instructions.read_binary_sfi(sfi, 0, 1)))

    return run


# Writing


def _write(ins: int, make: Callable[[bytes], bytes]) -> Callable[[bytes], CommandAPDU]:
    return lambda content: CommandAPDU(cla=0, ins=ins, p1=0, p2=0, data=make(content))


def _not_written(make: Callable[[bytes], CommandAPDU], *, inside: bool) -> Script:
    """The first byte of EF.COM as it is: neither inside a session nor without one."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        content = _whole(terminal, FileId.COM)
        if inside:
            expect_ok(terminal.secure(instructions.select_ef(FileId.COM.fid)))
            expect_error(terminal.secure(make(content)))
            return
        terminal.reset()
        terminal.plain(instructions.select_application(AID_EMRTD))
        terminal.plain(instructions.select_ef(FileId.COM.fid))
        expect_error(terminal.plain(make(content)))

    return run


# Fingers and irises


def _closed_after_access(file: FileId) -> Script:
    """Before Chip Authentication as after it: no way of reading opens them."""

    def run(terminal: ConformanceTerminal) -> None:
        require_terminal_authentication(terminal)
        terminal.open()
        if terminal.secure(instructions.select_ef(file.fid)).sw == FILE_NOT_FOUND:
            raise NotApplicableError(f"the chip has no {file.label}")
        for command in (
            instructions.read_binary(0, 1),
            instructions.read_binary_sfi(file.sfi, 0, 1),
            instructions.read_binary_odd(0, 3, reference=file.sfi),
            instructions.read_binary_odd(0, 3, reference=file.fid),
        ):
            expect_error(terminal.secure(command))

    return run


def _cases() -> Iterator[Case]:
    first = b"\x54\x01\x00"
    cases: tuple[tuple[str, Script], ...] = (
        ("the end of EF.COM", _ends(FileId.COM)),
        ("the end of DG1", _ends(FileId.DG1)),
        ("ways of reading agree", _pieces_agree),
        ("a file read by its short identifier is the current one", _becomes_current),
        ("SELECT of the application leaves no file current", _application_first),
        ("an unknown application", _unknown_application),
        ("odd READ BINARY without an offset", _odd_refused(b"")),
        ("odd READ BINARY with another object", _odd_refused(b"\x53\x01\x00")),
        ("odd READ BINARY with an empty offset", _odd_refused(b"\x54\x00")),
        ("odd READ BINARY with an offset too long", _odd_refused(b"\x54\x09" + bytes(9))),
        ("odd READ BINARY with a second object", _odd_refused(first + b"\x85\x01\x00")),
        ("fingers are closed after access", _closed_after_access(FileId.DG3)),
        ("irises are closed after access", _closed_after_access(FileId.DG4)),
    )
    for number, (what, script) in enumerate(cases, start=1):
        yield Case(id=f"X_EF_{number}", purpose=what, script=script)
    writing = (
        ("UPDATE BINARY", _write(UPDATE_BINARY, lambda content: content[:1])),
        (
            "odd UPDATE BINARY",
            _write(UPDATE_BINARY_ODD, lambda content: first + tlv.encode(0x53, content[:1])),
        ),
        ("WRITE BINARY", _write(WRITE_BINARY, lambda content: content[:1])),
        ("PUT DATA", _write(PUT_DATA, lambda content: content[:1])),
    )
    for number, (what, make) in enumerate(writing):
        for place, inside in enumerate((True, False), start=1):
            where = "inside a session" if inside else "in the clear"
            yield Case(
                id=f"X_WR_{2 * number + place}", purpose=f"{what} {where}", script=_not_written(make, inside=inside)
            )


CASES: Final = tuple(_cases())
