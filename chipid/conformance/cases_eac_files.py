"""Cases of the files of Extended Access Control: H of BSI TR-03105-3.2, E_22 of the ICAO standard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from apdu import instructions, status, tlv
from apdu.command import CommandAPDU
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.cases_chip_authentication import authenticate_chip
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.lds.ef_cvca import LENGTH
from chipid.lds.files import FileId

CVCA: Final = FileId.CVCA


def has_terminal_authentication(terminal: ConformanceTerminal) -> bool:
    """True if DG14 announces it."""
    options = terminal.chip.security_options
    return options is not None and bool(options.terminal_authentication)


def require_terminal_authentication(terminal: ConformanceTerminal) -> None:
    """The case does not apply to a chip that does not announce Terminal Authentication."""
    if not has_terminal_authentication(terminal):
        raise NotApplicableError("the chip has no Terminal Authentication")


def _closed(file: FileId, *commands: CommandAPDU) -> Script:
    """After Chip Authentication, the last command is refused inside the session."""

    def run(terminal: ConformanceTerminal) -> None:
        require_terminal_authentication(terminal)
        authenticate_chip(terminal)
        if terminal.secure(instructions.select_ef(file.fid)).sw == 0x6A82:
            raise NotApplicableError(f"the chip has no {file.label}")
        *first, last = commands
        for command in first:
            response = terminal.secure(command)
            if not response.sw.is_ok:
                expect_error(response)
        expect_error(terminal.secure(last))

    return run


def _plain(*commands: CommandAPDU) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        require_terminal_authentication(terminal)
        terminal.hex("00A4040C07A0000002471001")
        *first, last = commands
        for command in first:
            response = terminal.plain(command)
            if not response.sw.is_ok:
                expect_error(response)
        expect_error(terminal.plain(last))

    return run


def _whole(is_whole: Callable[[bytes], bool], *commands: CommandAPDU) -> Script:
    """The last command gives the whole of EF.CVCA."""

    def run(terminal: ConformanceTerminal) -> None:
        require_terminal_authentication(terminal)
        terminal.open()
        for command in commands:
            response = terminal.secure(command)
            if response.sw == status.FILE_NOT_FOUND:
                # Doc 9303-11 knows no EF.CVCA; BSI TR-03110-3 §A.1.2 does, for documents of the European Union.
                raise NotApplicableError("the chip has no EF.CVCA")
            data = expect_ok(response)
        if not is_whole(data):
            raise DeviationError(f"EF.CVCA of {LENGTH} bytes was expected, {len(data)} bytes came")

    return run


def _is_bare(data: bytes) -> bool:
    return len(data) == LENGTH


def _is_wrapped(data: bytes) -> bool:
    return len(tlv.parse_one(data, instructions.DATA_OBJECT).value) == LENGTH


def _cases() -> Iterator[Case]:
    for number, file in ((1, FileId.DG3), (2, FileId.DG4)):
        closed = f"{file.label} without Terminal Authentication"
        by_sfi = instructions.read_binary_sfi(file.sfi, 0, 1)
        select, read = instructions.select_ef(file.fid), instructions.read_binary(0, 1)
        yield Case(
            id=f"B32 H_{number}", purpose=f"{closed}: SELECT and READ BINARY", script=_closed(file, select, read)
        )
        yield Case(id=f"B32 H_{number + 2}", purpose=f"{closed}: READ BINARY with SFI", script=_closed(file, by_sfi))
        for first, reference in ((4, file.sfi), (10, file.fid)):
            odd = instructions.read_binary_odd(0, 3, reference=reference)
            purpose = f"{closed}: odd READ BINARY with {'SFI' if first == 4 else 'FID'}"
            yield Case(id=f"B32 H_{number + first}", purpose=purpose, script=_closed(file, odd))
    select, read = instructions.select_ef(CVCA.fid), instructions.read_binary(0, LENGTH)
    by_sfi = instructions.read_binary_sfi(CVCA.sfi, 0, LENGTH)
    whole = {
        "SFI": instructions.read_binary_odd(0, 256, reference=CVCA.sfi),
        "FID": instructions.read_binary_odd(0, 256, reference=CVCA.fid),
    }
    plain = "EF.CVCA before access"
    yield Case(id="B32 H_7", purpose=f"{plain}: SELECT and READ BINARY", script=_plain(select, read))
    yield Case(id="B32 H_8", purpose=f"{plain}: READ BINARY with SFI", script=_plain(by_sfi))
    yield Case(id="B32 H_9", purpose=f"{plain}: odd READ BINARY with SFI", script=_plain(whole["SFI"]))
    yield Case(id="B32 H_10", purpose=f"{plain}: odd READ BINARY with FID", script=_plain(whole["FID"]))
    yield Case(id="B32 H_13", purpose="EF.CVCA: SELECT and READ BINARY", script=_whole(_is_bare, select, read))
    yield Case(id="B32 H_14", purpose="EF.CVCA: READ BINARY with SFI", script=_whole(_is_bare, by_sfi))
    for case_id, way in (("B32 H_15", "SFI"), ("B32 H_16", "FID"), ("E_22", "FID")):
        yield Case(id=case_id, purpose=f"EF.CVCA: odd READ BINARY with {way}", script=_whole(_is_wrapped, whole[way]))


CASES: Final = tuple(_cases())
