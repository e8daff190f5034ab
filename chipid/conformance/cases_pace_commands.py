"""Cases of malformed PACE commands: MSE:Set AT and each step (P_5 to P_77 of the ICAO standard)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from apdu import instructions, tlv
from apdu.command import CHAINING, CommandAPDU
from chipid.asn1 import der, oids
from chipid.conformance.case import Case, DeviationError, Risk, Script
from chipid.conformance.pace_steps import PACESteps
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


Make = Callable[[PACESteps], CommandAPDU]


def _refused_step(step: int, make: Make) -> Script:
    """A command instead of a step, after the steps before it: refused, and PACE has to begin again.

    What it holds is right but for the one thing, so that nothing else can be the reason of the refusal.
    """

    def run(terminal: ConformanceTerminal) -> None:
        steps = terminal.pace_start()
        terminal.pace_to(steps, step)
        expect_error(terminal.plain(make(steps)), or_warning=True)
        expect_error(terminal.plain(_template(b"")), or_warning=True)

    return run


def _value(steps: PACESteps, step: int) -> bytes:
    """The right value of the object of this step."""
    return (lambda: b"", steps.mapping_data, steps.ephemeral_key, steps.token)[step]()


def _object(steps: PACESteps, step: int) -> bytes:
    return _do(0x7F + 2 * step, _value(steps, step)) if step else b""


def _command(data: bytes, *, last: bool = False) -> CommandAPDU:
    return CommandAPDU(cla=0 if last else CHAINING, ins=0x86, p1=0, p2=0, data=data, ne=256)


def _template(data: bytes, *, last: bool = False) -> CommandAPDU:
    return _command(tlv.encode(0x7C, data), last=last)


def _in_template(step: int, tag: int) -> Make:
    """The right object in another template."""
    return lambda steps: _command(_do(tag, _object(steps, step)), last=step == 3)


def _without_template(step: int) -> Make:
    return lambda steps: _command(_object(steps, step), last=step == 3)


def _under_tag(step: int, tag: int) -> Make:
    """The right value in another object."""
    return lambda steps: _template(_do(tag, _value(steps, step)), last=step == 3)


def _with_more(step: int, more: bytes) -> Make:
    return lambda steps: _template(_object(steps, step) + more, last=step == 3)


def _token_of_length(change: int) -> Make:
    return lambda steps: _template(_do(0x85, (steps.token() + b"\x00")[: 8 + change]), last=True)


def _in_other_class(step: int) -> Make:
    """The right step in a class that no command of ISO/IEC 7816-4 has."""

    def make(steps: PACESteps) -> CommandAPDU:
        right = _template(_object(steps, step), last=step == 3)
        return replace(right, cla=0x80 | right.cla)

    return make


_STEPS: Final[tuple[tuple[str, int, str, Make], ...]] = (
    ("P_11", 0, "nonce: another template", _in_template(0, 0x8C)),
    ("P_12", 0, "nonce: no template", _without_template(0)),
    ("P_13", 0, "nonce: an object too many", _with_more(0, _do(0x81, b"\x01"))),
    ("P_15", 1, "mapping: another template", _in_template(1, 0x8C)),
    ("P_16", 1, "mapping: no template", _without_template(1)),
    ("P_17", 1, "mapping: another object", _under_tag(1, 0x82)),
    ("P_19", 2, "key: another template", _in_template(2, 0x8C)),
    ("P_20", 2, "key: no template", _without_template(2)),
    ("P_21", 2, "key: another object", _under_tag(2, 0x84)),
    ("P_22", 2, "key: an object too many", _with_more(2, _do(0x84, b"\x01"))),
    ("P_31", 3, "token: another template", _in_template(3, 0x8C)),
    ("P_32", 3, "token: no template", _without_template(3)),
    ("P_33", 3, "token: another object", _under_tag(3, 0x86)),
    ("P_34", 3, "token: an object too many", _with_more(3, _do(0x86, b"\x01"))),
    ("P_36", 3, "token too short", _token_of_length(-1)),
    ("P_76", 3, "token too long", _token_of_length(1)),
    ("P_54", 0, "nonce without chaining", lambda _: _template(b"", last=True)),
    ("P_57", 3, "token with chaining", lambda steps: _template(_object(steps, 3))),
    ("P_10", 0, "nonce: invalid class byte", _in_other_class(0)),
    ("P_18", 1, "mapping: invalid class byte", _in_other_class(1)),
    ("P_37", 2, "key: invalid class byte", _in_other_class(2)),
    ("P_38", 3, "token: invalid class byte", _in_other_class(3)),
)


def _unchained(step: int) -> Script:
    """A right step without the chaining bit."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = terminal.pace_start()
        terminal.pace_to(steps, step)
        expect_error(terminal.plain(_template(_object(steps, step), last=True)))

    return run


def _interrupted(step: int) -> Script:
    """READ BINARY in the middle: it is answered in the clear, and the next step is refused."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = terminal.pace_start()
        terminal.pace_to(steps, step)
        response = terminal.plain(READ_CARD_ACCESS)
        if not response.sw.is_ok:
            expect_error(response)
        expect_error(terminal.plain(_template(_object(steps, step), last=step == 3)), or_warning=True)

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


def _always_new(terminal: ConformanceTerminal) -> None:
    """The chip draws nonce and keys anew for each run (ICAO Doc 9303-11 §4.4.1)."""
    seen: set[bytes] = set()
    for _ in range(2):
        terminal.reset()
        steps = terminal.pace_start()
        terminal.pace_to(steps, 3)
        if seen & {steps.s, steps.pk_ic}:
            raise DeviationError("a nonce or a public key of the chip came twice")
        seen |= {steps.s, steps.pk_ic}


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
    *(Case(id=case, purpose=what, script=_refused_step(step, make)) for case, step, what, make in _STEPS),
    Case(id="P_14", purpose="the nonce asked for twice", script=_second_nonce),
    Case(id="9303-c", purpose="nonce and keys of the chip are new in each run", script=_always_new),
    Case(id="P_35", purpose="a wrong token", script=_wrong_token, risk=Risk.WRONG_KEY),
    Case(id="P_62", purpose="a token over the key alone", script=_token_without_template, risk=Risk.WRONG_KEY),
    Case(id="P_55", purpose="mapping without chaining", script=_unchained(1)),
    Case(id="P_56", purpose="key without chaining", script=_unchained(2)),
    Case(id="P_58", purpose="another command instead of the token", script=_token_replaced),
    Case(id="P_59", purpose="another command before the mapping", script=_interrupted(1)),
    Case(id="P_60", purpose="another command before the key", script=_interrupted(2)),
    Case(id="P_61", purpose="another command before the token", script=_interrupted(3)),
)
