"""Cases of our own about sessions: what the published cases of secure messaging and of access let pass.

Each is about one thing that a chip may forget to look at, and changes nothing else in the command (ICAO Doc 9303-11
§4.3, §4.4 and §9.8).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Risk, Script
from chipid.conformance.terminal import ConformanceTerminal, bac_cryptogram, expect_error, expect_ok
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.lds.files import FileId
from chipid.lds.protocols import PACEMapping

SELECT_COM: Final = instructions.select_ef(FileId.COM.fid)
READ_COM: Final = instructions.read_binary_sfi(FileId.COM.sfi, 0, 6)
CHECKSUM_OBJECT: Final = 10  # bytes of DO'8E'
INFINITY: Final = b"\x00"
RND_IFD, K_IFD = bytes(range(8)), bytes(range(16))
Change = Callable[[CommandAPDU], CommandAPDU]


# Secure messaging


def _refused(command: CommandAPDU, change: Change) -> Script:
    """A protected command with one thing changed: an error in the clear, and the session is over."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        right = terminal.protect(command)
        expect_error(terminal.send_protected(change(right), "SM (changed)"))
        terminal.require_dead(right)

    return run


def _refused_objects(command: CommandAPDU, change: Callable[[bytes], bytes]) -> Script:
    """The same for data objects that are wrong under a right checksum."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        changed = terminal.protect_changed(command, change)
        expect_error(terminal.send_protected(changed, "SM (changed)"))
        terminal.require_dead()

    return run


def _checksum(change: Callable[[bytes], bytes]) -> Change:
    """Another value in DO'8E'."""

    def spoil(command: CommandAPDU) -> CommandAPDU:
        body, value = command.data[:-CHECKSUM_OBJECT], command.data[2 - CHECKSUM_OBJECT :]
        return replace(command, data=body + tlv.encode(0x8E, change(value)))

    return spoil


def _other_length(command: CommandAPDU) -> CommandAPDU:
    """DO'97' asks for a byte more than was protected."""
    return replace(command, data=command.data.replace(b"\x97\x01\x06", b"\x97\x01\x07"))


def _other_indicator(objects: bytes) -> bytes:
    """A padding indicator that says there is none."""
    found = tlv.parse_all(objects)
    return b"".join(tlv.encode(0x87, b"\x02" + one.value[1:]) if one.tag == 0x87 else one.raw for one in found)


def _replayed(terminal: ConformanceTerminal) -> None:
    terminal.open()
    expect_ok(terminal.secure(SELECT_COM))
    protected = terminal.protect(READ_COM)
    expect_ok(terminal.take_protected(protected, "SM"))
    expect_error(terminal.send_protected(protected, "SM (sent again)"))
    terminal.require_dead()


def _other_session(terminal: ConformanceTerminal) -> None:
    """What was protected in one session is worth nothing in another."""
    terminal.open()
    recorded = terminal.protect(READ_COM)
    terminal.reset()
    terminal.open()
    expect_error(terminal.send_protected(recorded, "SM (of another session)"))


def _closed_afterwards(terminal: ConformanceTerminal) -> None:
    """A plain command ends the session and what it had opened: files are closed to plain commands as before."""
    terminal.open()
    expect_ok(terminal.secure(READ_COM))
    terminal.plain(SELECT_COM)
    for command in (instructions.read_binary(0, 6), READ_COM):
        expect_error(terminal.plain(command))


def _closed_after_error(terminal: ConformanceTerminal) -> None:
    """The same after an error of secure messaging."""
    terminal.open()
    expect_ok(terminal.secure(SELECT_COM))
    spoilt = _checksum(lambda value: value[::-1])(terminal.protect(READ_COM))
    expect_error(terminal.send_protected(spoilt, "SM (spoilt)"))
    for command in (instructions.read_binary(0, 6), READ_COM):
        expect_error(terminal.plain(command))


# Basic Access Control


def _challenge(terminal: ConformanceTerminal) -> bytes:
    if not terminal.chip.has_bac or terminal.chip.mrz is None:
        raise NotApplicableError("the chip has no Basic Access Control, or its zone is not known")
    terminal.select_application()
    return expect_ok(terminal.plain(instructions.get_challenge()))


def _cryptogram(terminal: ConformanceTerminal, rnd_ic: bytes) -> bytes:
    if terminal.chip.mrz is None:
        raise NotApplicableError("the zone is not known")
    return bac_cryptogram(terminal.chip.mrz.k_seed, RND_IFD + rnd_ic + K_IFD)


def _used_challenge(terminal: ConformanceTerminal) -> None:
    """A challenge serves one attempt, right or wrong."""
    data = _cryptogram(terminal, _challenge(terminal))
    wrong = data[:-1] + bytes((data[-1] ^ 1,))
    expect_error(terminal.plain(instructions.external_authenticate(wrong, ne=40)), or_warning=True)
    expect_error(terminal.plain(instructions.external_authenticate(data, ne=40)), or_warning=True)


def _recorded_cryptogram(terminal: ConformanceTerminal) -> None:
    """What opened the chip once does not open it again."""
    data = _cryptogram(terminal, _challenge(terminal))
    expect_ok(terminal.plain(instructions.external_authenticate(data, ne=40)))
    terminal.reset()
    _challenge(terminal)
    expect_error(terminal.plain(instructions.external_authenticate(data, ne=40)), or_warning=True)


def _cut_cryptogram(terminal: ConformanceTerminal) -> None:
    """The checksum is looked at in its whole length."""
    data = _cryptogram(terminal, _challenge(terminal))
    command = instructions.external_authenticate(data[:-4] + bytes(4), ne=40)
    expect_error(terminal.plain(command), or_warning=True)


# PACE


def _unfit_key(step: int, make: Callable[[Curve | DHGroup], bytes | None]) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        terminal.pace_variant()
        variants = [one for one in terminal.chip.pace if one.protocol.mapping is not PACEMapping.INTEGRATED or step > 1]
        if not variants:
            raise NotApplicableError("the chip has Integrated Mapping only")
        key = make(variants[0].domain)
        if key is None:
            raise NotApplicableError("there is no such key over this domain")
        terminal.pace_to(terminal.pace_start(variants[0]), step)
        data = tlv.encode(0x7F + 2 * step, key)
        expect_error(terminal.plain(instructions.general_authenticate(data, last=False)), or_warning=True)

    return run


def infinity(domain: Curve | DHGroup) -> bytes | None:
    """The neutral element: the point at infinity in its one byte, or 1."""
    return INFINITY if isinstance(domain, Curve) else b"\x01"


def _order_two(domain: Curve | DHGroup) -> bytes | None:
    return None if isinstance(domain, Curve) else (domain.p - 1).to_bytes(domain.byte_length, "big")


def _token_sent_again(terminal: ConformanceTerminal) -> None:
    """A token serves one attempt: after a wrong one, the right one comes too late."""
    steps = terminal.pace_start()
    terminal.pace_to(steps, 3)
    wrong = tlv.encode(0x85, steps.token()[::-1])
    expect_error(terminal.plain(instructions.general_authenticate(wrong, last=True)), or_warning=True)
    expect_error(terminal.plain(steps.token_command()), or_warning=True)


def _cut_token(terminal: ConformanceTerminal) -> None:
    """The token is looked at in its whole length."""
    steps = terminal.pace_start()
    terminal.pace_to(steps, 3)
    data = tlv.encode(0x85, steps.token()[:4] + bytes(4))
    expect_error(terminal.plain(instructions.general_authenticate(data, last=True)), or_warning=True)


def _token_of_password(terminal: ConformanceTerminal) -> None:
    """The chip derives its keys from the password that it was told: the zone does not open it as the CAN."""
    chip = terminal.chip
    if chip.mrz is None or chip.can is None:
        raise NotApplicableError("it needs the zone and the CAN")
    steps = replace(terminal.pace_start(key=chip.can), password=chip.mrz.pace_password)
    terminal.pace_to(steps, 3)
    expect_error(terminal.plain(steps.token_command()), or_warning=True)


def _no_proof(terminal: ConformanceTerminal) -> None:
    """Keys that were agreed on and not proven open nothing."""
    steps = terminal.pace_start()
    terminal.pace_to(steps, 3)
    if steps.keys is None:
        raise DeviationError("no keys were agreed on")
    terminal.begin_session(steps.keys)
    expect_error(terminal.send_protected(terminal.protect(READ_COM), "SM (without a proof)"))


_SM: Final[tuple[tuple[str, Script], ...]] = (
    ("half a checksum", _refused(SELECT_COM, _checksum(lambda value: value[:4]))),
    ("the second half of a checksum is wrong", _refused(SELECT_COM, _checksum(lambda value: value[:4] + bytes(4)))),
    ("the first half of a checksum is wrong", _refused(SELECT_COM, _checksum(lambda value: bytes(4) + value[4:]))),
    ("another P2 than was protected", _refused(READ_COM, lambda command: replace(command, p2=1))),
    ("another instruction than was protected", _refused(SELECT_COM, lambda command: replace(command, p2=0x00))),
    ("another DO'97' than was protected", _refused(READ_COM, _other_length)),
    ("another padding indicator, rightly protected", _refused_objects(SELECT_COM, _other_indicator)),
    ("a protected command sent again", _replayed),
    ("a protected command of another session", _other_session),
    ("files in the clear, after a plain command in a session", _closed_afterwards),
    ("files in the clear, after an error of secure messaging", _closed_after_error),
)
_ACCESS: Final[tuple[tuple[str, Script, Risk], ...]] = (
    ("BAC: a challenge after a wrong attempt", _used_challenge, Risk.WRONG_KEY),
    ("BAC: a recorded cryptogram", _recorded_cryptogram, Risk.NONE),
    ("BAC: the second half of the checksum is wrong", _cut_cryptogram, Risk.WRONG_KEY),
    ("PACE: infinity, or 1, as mapping key", _unfit_key(1, infinity), Risk.NONE),
    ("PACE: infinity, or 1, as ephemeral key", _unfit_key(2, infinity), Risk.NONE),
    ("PACE: a mapping key of order 2", _unfit_key(1, _order_two), Risk.NONE),
    ("PACE: an ephemeral key of order 2", _unfit_key(2, _order_two), Risk.NONE),
    ("PACE: the right token after a wrong one", _token_sent_again, Risk.WRONG_KEY),
    ("PACE: the second half of the token is wrong", _cut_token, Risk.WRONG_KEY),
    ("PACE: the zone under the name of the CAN", _token_of_password, Risk.WRONG_KEY),
    ("PACE: a protected command before the tokens", _no_proof, Risk.NONE),
)
CASES: Final = (
    *(
        Case(id=f"X_SM_{number}", purpose=f"secure messaging: {what}", script=script)
        for number, (what, script) in enumerate(_SM, start=1)
    ),
    *(
        Case(id=f"X_ACC_{number}", purpose=what, script=script, risk=risk)
        for number, (what, script, risk) in enumerate(_ACCESS, start=1)
    ),
)
