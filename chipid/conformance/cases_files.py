"""Cases of selection and reading: A, B, D, E, O, Q, S, T and U of the ICAO standard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.lds.protocols import PACEMapping

APPLICATION: Final = (FileId.COM, FileId.SOD, *DATA_GROUPS)
# Files of the master file as a chip may be asked for them: selected or not, with even and odd instruction.
WAYS: Final = ("SELECT and READ BINARY", "READ BINARY with SFI", "SELECT and READ BINARY (odd)", "READ (odd) with SFI")


def _select_application(terminal: ConformanceTerminal) -> None:
    response = terminal.hex("00A4040C07A0000002471001")
    is_pace_demanded = bool(terminal.chip.pace) and not terminal.chip.has_bac and response.sw == 0x6982
    if not is_pace_demanded:
        expect_ok(response)


def _plain_select(file: FileId) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        _application_before_access(terminal)
        response = terminal.plain(instructions.select_ef(file.fid))
        if response.sw.is_ok:
            expect_error(terminal.plain(instructions.read_binary(0, 6)))
        elif response.sw != 0x6982:
            raise DeviationError(f"6982 was expected, {response.sw} came")

    return run


def _plain_read(file: FileId) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        _application_before_access(terminal)
        response = terminal.plain(instructions.read_binary_sfi(file.sfi, 0, 256))
        expect_error(response)
        if response.sw != 0x6982:
            raise DeviationError(f"6982 was expected, {response.sw} came")

    return run


def _application_before_access(terminal: ConformanceTerminal) -> None:
    if not terminal.hex("00A4040C07A0000002471001").sw.is_ok:
        raise NotApplicableError("the application cannot be selected before PACE")


def _plain_read_in_session(file: FileId, open_chip: Callable[[ConformanceTerminal], None]) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        open_chip(terminal)
        _require(terminal, file)
        expect_ok(terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 6)))
        expect_error(terminal.plain(instructions.read_binary(0, 256)))
        terminal.require_dead()

    return run


def _by_bac(terminal: ConformanceTerminal) -> None:
    terminal.bac()


def _by_pace(terminal: ConformanceTerminal) -> None:
    terminal.pace()
    _select_application_inside(terminal)


def _select_application_inside(terminal: ConformanceTerminal) -> None:
    expect_ok(terminal.secure_hex("00A4040C07A0000002471001"))


def _require(terminal: ConformanceTerminal, file: FileId) -> None:
    if file not in terminal.chip.files:
        raise NotApplicableError("the file is not there, or closed to this terminal")


def _protected_select(file: FileId) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        _require(terminal, file)
        expect_ok(terminal.secure(instructions.select_ef(file.fid)))
        _expect_begin(expect_ok(terminal.secure(instructions.read_binary(0, 1))), file, 1)

    return run


def _protected_read(file: FileId) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        _require(terminal, file)
        _expect_begin(expect_ok(terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 6))), file, 6)

    return run


def _expect_begin(data: bytes, file: FileId, count: int) -> None:
    if len(data) != count or (file.tag is not None and data[0] != file.tag):
        raise DeviationError(f"{count} bytes that begin with {file.tag or 0:02X} were expected")


def _read_selected(terminal: ConformanceTerminal) -> None:
    terminal.open()
    expect_ok(terminal.secure(instructions.select_ef(FileId.COM.fid)))
    _expect_begin(expect_ok(terminal.secure(instructions.read_binary(0, 8))), FileId.COM, 8)


def _beyond_end(terminal: ConformanceTerminal) -> None:
    terminal.open()
    expect_ok(terminal.secure(instructions.select_ef(FileId.COM.fid)))
    expect_error(terminal.secure(instructions.read_binary(0x7FFF, 1)))


def _too_much(terminal: ConformanceTerminal) -> None:
    terminal.open()
    expect_ok(terminal.secure(instructions.select_ef(FileId.COM.fid)))
    response = terminal.secure(instructions.read_binary(0, 0xE0))
    if response.sw not in (0x9000, 0x6282):
        expect_error(response)
    elif not 0 < len(response.data) < 0xE0:
        raise DeviationError("fewer bytes than asked for were expected")


def _master_file(file: FileId, way: int, *, inside: bool) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        send: Callable[[CommandAPDU], ResponseAPDU] = terminal.plain
        if inside:
            terminal.pace()
            send = terminal.secure
        for response in _read_in(way, file, send):
            data = expect_ok(response)
        if way < 2:
            is_right = len(data) == 1 and file.tag in (None, data[0])
        else:
            is_right = data[:1] == b"\x53" and (
                file.tag is None or tlv.parse_one(data, 0x53).value[:1] == bytes((file.tag,))
            )
        if not is_right:
            raise DeviationError("the file does not begin as it must")

    return run


def _closed_master_file(file: FileId, way: int) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        *first, last = _read_in(way, file, terminal.plain)
        for response in first:
            if not response.sw.is_ok:
                expect_error(response)
        expect_error(last)

    return run


def _without_mapping(terminal: ConformanceTerminal) -> None:
    """EF.CardSecurity in a session of PACE without Chip Authentication Mapping, and in the clear after it."""
    terminal.pace_variant()
    others = [one for one in terminal.chip.pace if one.protocol.mapping is not PACEMapping.CHIP_AUTHENTICATION]
    if not others:
        raise NotApplicableError("the chip has Chip Authentication Mapping only")
    terminal.pace(others[0])
    response = terminal.secure(instructions.read_binary_sfi(FileId.CARD_SECURITY.sfi, 0, 1))
    if not response.sw.is_ok:
        expect_error(response)
    expect_error(terminal.plain(instructions.read_binary(0, 256)))
    terminal.require_dead()


def _read_in(way: int, file: FileId, send: Callable[[CommandAPDU], ResponseAPDU]) -> list[ResponseAPDU]:
    match way:
        case 0:
            return [send(instructions.select_ef(file.fid)), send(instructions.read_binary(0, 1))]
        case 1:
            return [send(instructions.read_binary_sfi(file.sfi, 0, 1))]
        case 2:
            return [send(instructions.select_ef(file.fid)), send(instructions.read_binary_odd(0, 3))]
    return [send(instructions.read_binary_odd(0, 3, reference=file.sfi))]


def _needs_pace(script: Script) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        terminal.pace_variant()
        script(terminal)

    return run


def _needs_bac(script: Script) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        if not terminal.chip.has_bac:
            raise NotApplicableError("the chip has no Basic Access Control")
        script(terminal)

    return run


def _needs(file: FileId, script: Script) -> Script:
    """Run it where the chip has the file: a plain SELECT tells."""

    def run(terminal: ConformanceTerminal) -> None:
        if terminal.plain(instructions.select_ef(file.fid)).sw == 0x6A82:
            raise NotApplicableError(f"the chip has no {file.label}")
        terminal.reset()
        script(terminal)

    return run


def _extended_length(terminal: ConformanceTerminal) -> None:
    terminal.pace_variant()
    response = terminal.hex("00B09C00000100")
    if not response.sw.is_ok:
        expect_error(response)


def _cases() -> Iterator[Case]:
    for number in (1, 2, 3):
        yield Case(id=f"A_{number}", purpose="SELECT the application before access", script=_select_application)
    for family, needs, open_chip in (("B", _needs_bac, _by_bac), ("O", _needs_pace, _by_pace)):
        for number, file in enumerate(APPLICATION, start=1):
            yield Case(
                id=f"{family}_{number}", purpose=f"plain SELECT of {file.label}", script=needs(_plain_select(file))
            )
            yield Case(
                id=f"{family}_{number + 18}",
                purpose=f"plain READ BINARY of {file.label}",
                script=needs(_plain_read(file)),
            )
            yield Case(
                id=f"{family}_{number + 36}",
                purpose=f"plain READ BINARY of {file.label} inside a session",
                script=needs(_plain_read_in_session(file, open_chip)),
            )
    for number, file in enumerate(APPLICATION, start=1):
        yield Case(id=f"D_{number}", purpose=f"protected SELECT of {file.label}", script=_protected_select(file))
    yield Case(id="E_1", purpose="protected READ BINARY of the selected file", script=_read_selected)
    yield Case(id="E_3", purpose="offset beyond the end of the file", script=_beyond_end)
    yield Case(id="E_4", purpose="Le beyond the end of the file", script=_too_much)
    for number, file in enumerate(APPLICATION[:17], start=5):
        yield Case(
            id=f"E_{number}", purpose=f"protected READ BINARY of {file.label} with SFI", script=_protected_read(file)
        )
    for number, way in enumerate(WAYS):
        for family, file in (("Q", FileId.CARD_ACCESS), ("T", FileId.ATR_INFO), ("U", FileId.DIR)):
            script = _needs(file, _master_file(file, number, inside=False))
            yield Case(id=f"{family}_{number + 1}", purpose=f"{file.label}: {way}", script=script)
        security = FileId.CARD_SECURITY
        yield Case(
            id=f"S_{number + 1}",
            purpose=f"{security.label} after PACE: {way}",
            script=_needs_pace(_needs(security, _master_file(security, number, inside=True))),
        )
        yield Case(
            id=f"S_{number + 5}",
            purpose=f"{security.label} without PACE: {way}",
            script=_needs_pace(_closed_master_file(security, number)),
        )
    for number, way_number in ((55, 0), (56, 1)):
        yield Case(
            id=f"O_{number}",
            purpose="EF.CardSecurity before PACE",
            script=_needs_pace(_closed_master_file(FileId.CARD_SECURITY, way_number)),
        )
    purpose = "EF.CardSecurity after PACE without Chip Authentication Mapping, then in the clear"
    yield Case(id="O_57", purpose=purpose, script=_needs_pace(_without_mapping))
    yield Case(id="9303 ext.", purpose="extended length where it is not announced", script=_extended_length)


CASES: Final = tuple(_cases())
