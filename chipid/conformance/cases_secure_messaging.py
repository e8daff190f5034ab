"""Cases of secure messaging: C_8 to C_18, P_3, P_79 and P_80 of the ICAO standard, I_5 and I_7 of BSI TR-03105-3.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from chipid.conformance.case import Case, DeviationError, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.lds.files import AID_EMRTD, FileId

SELECT_COM: Final = instructions.select_ef(FileId.COM.fid)
READ_COM: Final = instructions.read_binary_sfi(FileId.COM.sfi, 0, 6)
SELECT_APPLICATION: Final = instructions.select_application(AID_EMRTD)


def _by_any(terminal: ConformanceTerminal) -> None:
    terminal.open()


def _by_pace(terminal: ConformanceTerminal) -> None:
    terminal.pace()


def _answered(*commands: CommandAPDU) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        for command in commands:
            expect_ok(terminal.secure(command))

    return run


def _spoilt(command: CommandAPDU, spoil: Callable[[CommandAPDU], CommandAPDU], open_chip: Script = _by_any) -> Script:
    """A protected command that is wrong: an error in the clear, and the session is over."""

    def run(terminal: ConformanceTerminal) -> None:
        open_chip(terminal)
        right = terminal.protect(command)
        expect_error(terminal.send_protected(spoil(right), "SM (spoilt)"))
        terminal.require_dead(right)

    return run


def _without(tag: int) -> Callable[[CommandAPDU], CommandAPDU]:
    def spoil(command: CommandAPDU) -> CommandAPDU:
        return replace(command, data=b"".join(one.raw for one in tlv.parse_all(command.data) if one.tag != tag))

    return spoil


def _flip(command: CommandAPDU) -> CommandAPDU:
    return replace(command, data=command.data[:-1] + bytes((command.data[-1] ^ 1,)))


def _wrong_counter(command: CommandAPDU, open_chip: Script) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        open_chip(terminal)
        skipped, ahead = terminal.protect(command), terminal.protect(command)
        expect_error(terminal.send_protected(ahead, "SM (counter one ahead)"))
        # The counter of a chip that goes on stands where one of the two is right.
        for again in (ahead, skipped):
            expect_error(terminal.send_protected(again, "SM (old keys)"))
        terminal.require_dead()

    return run


def _plain_inside(command: CommandAPDU, open_chip: Script = _by_any) -> Script:
    """A plain command is answered plain, whatever the answer, and the session is over."""

    def run(terminal: ConformanceTerminal) -> None:
        open_chip(terminal)
        response = terminal.plain(command)
        if response.data:
            raise DeviationError("an answer without data was expected")
        if not response.sw.is_ok:
            expect_error(response)
        terminal.require_dead()

    return run


def _application_error(terminal: ConformanceTerminal) -> None:
    terminal.open()
    response = terminal.secure(instructions.select_ef(0x0FFF))
    expect_error(response)
    if response.sw != 0x6A82:
        raise DeviationError(f"6A82 was expected, {response.sw} came")
    expect_ok(terminal.secure(READ_COM))


def _no_data(terminal: ConformanceTerminal) -> None:
    terminal.open()
    protected = terminal.protect(SELECT_COM)
    answer = terminal.send_protected(protected, "SM 00A4020C02011E")
    if [one.tag for one in tlv.parse_all(answer.data)] != [0x99, 0x8E]:
        raise DeviationError("an answer without data holds more than DO'99' and DO'8E'")


def _superfluous_length(terminal: ConformanceTerminal) -> None:
    terminal.open()
    command = CommandAPDU(cla=0, ins=0x22, p1=0x41, p2=0xA4, data=b"\x80\x00", ne=256)
    expect_error(terminal.secure(command))
    expect_ok(terminal.secure(READ_COM))


def _invalid_class(terminal: ConformanceTerminal) -> None:
    terminal.open()
    expect_error(terminal.hex("8C2241A4"))


CASES: Final = (
    Case(id="C_8", purpose="READ BINARY with SFI", script=_answered(READ_COM)),
    Case(
        id="C_9",
        purpose="odd READ BINARY with SFI",
        script=_answered(instructions.read_binary_odd(0, 6, reference=0x1E)),
    ),
    Case(id="C_10", purpose="SELECT, READ BINARY", script=_answered(SELECT_COM, instructions.read_binary(0, 6))),
    Case(
        id="C_11", purpose="SELECT, odd READ BINARY", script=_answered(SELECT_COM, instructions.read_binary_odd(0, 6))
    ),
    Case(id="C_12", purpose="SELECT without checksum", script=_spoilt(SELECT_COM, _without(0x8E))),
    Case(id="C_13", purpose="SELECT with a corrupted checksum", script=_spoilt(SELECT_COM, _flip)),
    Case(id="C_14", purpose="SELECT with a wrong counter", script=_wrong_counter(SELECT_COM, _by_any)),
    Case(id="C_16", purpose="plain SELECT inside a session", script=_plain_inside(SELECT_COM)),
    Case(id="C_17", purpose="READ BINARY without checksum", script=_spoilt(READ_COM, _without(0x8E))),
    Case(id="C_18", purpose="READ BINARY with a corrupted checksum", script=_spoilt(READ_COM, _flip)),
    Case(
        id="J-3", purpose="plain SELECT of the application inside a session", script=_plain_inside(SELECT_APPLICATION)
    ),
    Case(id="P_3", purpose="plain command after PACE", script=_plain_inside(SELECT_APPLICATION, _by_pace)),
    Case(id="P_79", purpose="wrong counter after PACE", script=_wrong_counter(SELECT_APPLICATION, _by_pace)),
    Case(
        id="P_80",
        purpose="SELECT without its cryptogram after PACE",
        script=_spoilt(SELECT_APPLICATION, _without(0x87), _by_pace),
    ),
    Case(id="9303-a", purpose="an error of the application stays inside the session", script=_application_error),
    Case(id="9303-b", purpose="an answer without data has no cryptogram", script=_no_data),
    Case(id="B33 I_7", purpose="MSE:Set AT with a superfluous DO'97'", script=_superfluous_length),
    Case(id="B33 I_5", purpose="invalid class byte", script=_invalid_class),
)
