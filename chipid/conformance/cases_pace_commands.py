"""Cases of malformed PACE commands: MSE:Set AT and each step (P_5 to P_77 of the ICAO standard)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apdu import instructions, tlv
from apdu.command import CHAINING, CommandAPDU
from chipid.asn1 import der, oids
from chipid.conformance.case import Case, DeviationError, Risk, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.lds.protocols import PACE_PROTOCOLS

UNKNOWN_PASSWORD: Final = b"\x05"
UNKNOWN_PARAMETERS: Final = b"\x1e"
READ_CARD_ACCESS: Final = instructions.read_binary_sfi(0x1C, 0, 1)


def _refused_choice(make: Callable[[bytes, bytes, bytes], bytes]) -> Script:
    """MSE:Set AT made of algorithm, password and parameters; refused there, or at the first step."""

    def run(terminal: ConformanceTerminal) -> None:
        variant = terminal.pace_variant()
        password = bytes((terminal.chip.keys[-1].kind.value,))
        data = make(der.oid_value(variant.oid), password, bytes((variant.parameter_id,)))
        response = terminal.plain(instructions.set_at_mutual_authentication(data))
        if response.sw.is_ok:
            response = terminal.plain(instructions.general_authenticate(b"", last=False))
        expect_error(response, or_warning=True)

    return run


def _unsupported(terminal: ConformanceTerminal) -> None:
    variant = terminal.pace_variant()
    offered = {one.oid for one in terminal.chip.pace}
    other = next(oid for oid in PACE_PROTOCOLS if oid not in offered)
    password = bytes((terminal.chip.keys[-1].kind.value,))
    data = tlv.encode(0x80, der.oid_value(other)) + tlv.encode(0x83, password)
    data += tlv.encode(0x84, bytes((variant.parameter_id,)))
    expect_error(terminal.plain(instructions.set_at_mutual_authentication(data)))


_CHOICES: Final[tuple[tuple[str, str, Callable[[bytes, bytes, bytes], bytes]], ...]] = (
    ("P_5", "another tag than 80", lambda a, p, d: _do(0x81, a) + _do(0x83, p) + _do(0x84, d)),
    ("P_6", "no PACE algorithm", lambda _, p, d: _do(0x80, _no_pace()) + _do(0x83, p) + _do(0x84, d)),
    ("P_7", "algorithm with its tag", lambda a, p, d: _do(0x80, _do(0x06, a)) + _do(0x83, p) + _do(0x84, d)),
    ("P_77", "tag 06 instead of 80", lambda a, p, d: _do(0x06, a) + _do(0x83, p) + _do(0x84, d)),
    ("P_64", "no DO'80'", lambda _, p, d: _do(0x83, p) + _do(0x84, d)),
    ("P_65", "empty DO'80'", lambda _, p, d: _do(0x80, b"") + _do(0x83, p) + _do(0x84, d)),
    ("P_66", "DO'80' too long", lambda a, p, d: _do(0x80, a + b"\x02") + _do(0x83, p) + _do(0x84, d)),
    ("P_67", "DO'80' too short", lambda a, p, d: _do(0x80, a[:-1]) + _do(0x83, p) + _do(0x84, d)),
    ("P_8", "unknown password", lambda a, _, d: _do(0x80, a) + _do(0x83, b"\xff") + _do(0x84, d)),
    ("B33 H_23", "password 5", lambda a, _, d: _do(0x80, a) + _do(0x83, UNKNOWN_PASSWORD) + _do(0x84, d)),
    ("P_69", "no DO'83'", lambda a, _, d: _do(0x80, a) + _do(0x84, d)),
    ("P_70", "empty DO'83'", lambda a, _, d: _do(0x80, a) + _do(0x83, b"") + _do(0x84, d)),
    ("P_71", "wrong length of DO'83'", lambda a, p, d: _do(0x80, a) + b"\x83\x03" + p + b"\x84" + d),
    ("P_72", "DO'83' too long", lambda a, p, d: _do(0x80, a) + _do(0x83, p + b"\xff") + _do(0x84, d)),
    ("P_9", "unknown parameters", lambda a, p, _: _do(0x80, a) + _do(0x83, p) + _do(0x84, UNKNOWN_PARAMETERS)),
    ("P_75", "empty DO'84'", lambda a, p, _: _do(0x80, a) + _do(0x83, p) + _do(0x84, b"")),
)


def _do(tag: int, value: bytes) -> bytes:
    return tlv.encode(tag, value)


def _no_pace() -> bytes:
    return der.oid_value(oids.ID_CA_ECDH_AES_CBC_CMAC_128)


def _refused_step(step: int, command: CommandAPDU) -> Script:
    """A command instead of a step, after the steps before it: refused, and PACE has to begin again."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = terminal.pace_start()
        terminal.pace_to(steps, step)
        expect_error(terminal.plain(command), or_warning=True)
        expect_error(terminal.plain(_template(b"")), or_warning=True)

    return run


def _command(data: bytes, *, last: bool = False) -> CommandAPDU:
    return CommandAPDU(cla=0 if last else CHAINING, ins=0x86, p1=0, p2=0, data=data, ne=256)


def _template(data: bytes, *, last: bool = False) -> CommandAPDU:
    return _command(tlv.encode(0x7C, data), last=last)


_MAPPING, _KEY, _TOKEN = _do(0x81, b"\x04"), _do(0x83, b"\x04"), _do(0x85, bytes(8))
_STEPS: Final[tuple[tuple[str, int, str, CommandAPDU], ...]] = (
    ("P_11", 0, "nonce: another template", _command(b"\x8c\x00")),
    ("P_12", 0, "nonce: no template", _command(b"")),
    ("P_13", 0, "nonce: an object too many", _template(_do(0x81, b"\x01"))),
    ("P_15", 1, "mapping: another template", _command(_do(0x8C, _MAPPING))),
    ("P_16", 1, "mapping: no template", _command(_MAPPING)),
    ("P_17", 1, "mapping: another object", _template(_do(0x82, b"\x04"))),
    ("P_19", 2, "key: another template", _command(_do(0x8C, _KEY))),
    ("P_20", 2, "key: no template", _command(_KEY)),
    ("P_21", 2, "key: another object", _template(_do(0x84, b"\x04"))),
    ("P_22", 2, "key: an object too many", _template(_KEY + _do(0x84, b"\x01"))),
    ("P_31", 3, "token: another template", _command(_do(0x8C, _TOKEN), last=True)),
    ("P_32", 3, "token: no template", _command(_TOKEN, last=True)),
    ("P_33", 3, "token: another object", _template(_do(0x86, bytes(8)), last=True)),
    ("P_34", 3, "token: an object too many", _template(_TOKEN + _do(0x86, b"\x01"), last=True)),
    ("P_36", 3, "token too short", _template(_do(0x85, bytes(7)), last=True)),
    ("P_76", 3, "token too long", _template(_do(0x85, bytes(9)), last=True)),
    ("P_54", 0, "nonce without chaining", _template(b"", last=True)),
    ("P_57", 3, "token with chaining", _template(_TOKEN)),
    ("P_10", 0, "invalid class byte", CommandAPDU(cla=0x80, ins=0x86, p1=0, p2=0, data=b"\x7c\x00", ne=256)),
)


def _unchained(step: int) -> Script:
    """A right step without the chaining bit."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = terminal.pace_start()
        terminal.pace_to(steps, step)
        data = _do(0x81, steps.mapping_data()) if step == 1 else _do(0x83, steps.ephemeral_key())
        expect_error(terminal.plain(_template(data, last=True)))

    return run


def _interrupted(step: int, data: Callable[[], bytes]) -> Script:
    """READ BINARY in the middle: it is answered in the clear, and the next step is refused."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.pace_to(terminal.pace_start(), step)
        response = terminal.plain(READ_CARD_ACCESS)
        if not response.sw.is_ok:
            expect_error(response)
        expect_error(terminal.plain(_template(data(), last=step == 3)), or_warning=True)

    return run


def _token_replaced(terminal: ConformanceTerminal) -> None:
    steps = terminal.pace_start()
    terminal.pace_to(steps, 3)
    response = terminal.plain(READ_CARD_ACCESS)
    if not response.sw.is_ok:
        expect_error(response)
    command = _template(_do(0x85, steps.token()), last=True)
    expect_error(terminal.plain(command), or_warning=True)
    terminal.pace()


def _second_nonce(terminal: ConformanceTerminal) -> None:
    steps = terminal.pace_start()
    terminal.pace_to(steps, 1)
    response = terminal.plain(_template(b""))
    if not response.sw.is_ok:
        expect_error(response)
        return
    steps.take_nonce(response.data)
    steps.take_mapping(terminal.general_authenticate(_do(0x81, steps.mapping_data())))
    steps.take_key(terminal.general_authenticate(_do(0x83, steps.ephemeral_key())))
    terminal.pace_finish(steps)


def _wrong_token(terminal: ConformanceTerminal) -> None:
    terminal.pace_to(terminal.pace_start(), 3)
    expect_error(terminal.plain(_template(_do(0x85, bytes(8)), last=True)), or_warning=True)


def _token_without_template(terminal: ConformanceTerminal) -> None:
    steps = terminal.pace_start()
    terminal.pace_to(steps, 3)
    inner = tlv.parse_one(steps.public_key_object(steps.pk_ic), 0x7F49).children()[-1].raw
    expect_error(terminal.plain(_template(_do(0x85, steps.token_over(inner)), last=True)), or_warning=True)


def _invalid_class(terminal: ConformanceTerminal) -> None:
    terminal.pace_variant()
    response = terminal.hex("8022C1A400")
    expect_error(response)


def _named(*, named: bool) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        variant = terminal.pace_variant()
        is_ambiguous = [one.oid for one in terminal.chip.pace].count(variant.oid) > 1
        steps = terminal.pace_start(named=named or is_ambiguous)
        terminal.pace_to(steps, 3)
        terminal.pace_finish(steps)
        expect_ok(terminal.secure_hex("00A4040C07A0000002471001"))

    return run


def _no_chip_authentication_data(terminal: ConformanceTerminal) -> None:
    terminal.pace_variant()
    for variant in terminal.chip.pace:
        if PACE_PROTOCOLS[variant.oid].mapping.value != "CAM":
            terminal.reset()
            if 0x8A in terminal.pace(variant):
                raise DeviationError("DO'8A' came without Chip Authentication Mapping")


CASES: Final = (
    Case(id="P_73", purpose="parameters named", script=_named(named=True)),
    Case(id="P_74", purpose="parameters not named where there is one set", script=_named(named=False)),
    Case(id="P_78", purpose="no DO'8A' without Chip Authentication Mapping", script=_no_chip_authentication_data),
    Case(id="P_4", purpose="MSE:Set AT with an invalid class byte", script=_invalid_class),
    *(Case(id=case, purpose=f"MSE:Set AT: {what}", script=_refused_choice(make)) for case, what, make in _CHOICES),
    Case(id="P_68", purpose="MSE:Set AT: an algorithm that the chip does not have", script=_unsupported),
    *(Case(id=case, purpose=what, script=_refused_step(step, command)) for case, step, what, command in _STEPS),
    Case(id="P_14", purpose="the nonce asked for twice", script=_second_nonce),
    Case(id="P_35", purpose="a wrong token", script=_wrong_token, risk=Risk.WRONG_KEY),
    Case(id="P_62", purpose="a token over the key alone", script=_token_without_template, risk=Risk.WRONG_KEY),
    Case(id="P_55", purpose="mapping without chaining", script=_unchained(1)),
    Case(id="P_56", purpose="key without chaining", script=_unchained(2)),
    Case(id="P_58", purpose="another command instead of the token", script=_token_replaced),
    Case(id="P_59", purpose="another command before the mapping", script=_interrupted(1, lambda: _MAPPING)),
    Case(id="P_60", purpose="another command before the key", script=_interrupted(2, lambda: _KEY)),
    Case(id="P_61", purpose="another command before the token", script=_interrupted(3, lambda: _TOKEN)),
)
