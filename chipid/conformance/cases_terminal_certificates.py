"""Cases of certificate verification: J of BSI TR-03105-3.2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from apdu import instructions, tlv
from chipid.conformance.case import Case, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.conformance.terminal_certificates import Change, Signer, TerminalCredentials, with_value, without
from chipid.conformance.terminal_steps import TerminalSteps
from chipid.pki.chat import Role

PUBLIC_KEY, CHAT, EFFECTIVE, EXPIRATION, AUTHORITY = 0x7F49, 0x7F4C, 0x5F25, 0x5F24, 0x42
UNKNOWN: Final = "XXUNKNOWN00001"
NO_DIGITS: Final = bytes.fromhex("0205000A0101")
NO_DAY: Final = bytes.fromhex("020500020300")


def _valid(terminal: ConformanceTerminal) -> None:
    TerminalSteps.begin(terminal).chain()


def _refused(make: Callable[[TerminalCredentials], bytes]) -> Script:
    """A certificate of the document verifier that is wrong; it leaves no key, and a right one is taken afterwards."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        expect_ok(steps.set_dst(known.cvca.reference))
        expect_error(steps.verify(make(known)), or_warning=True)
        if steps.set_dst(known.verifier.reference).sw.is_ok:
            expect_error(steps.verify(known.terminal_certificate()), or_warning=True)
        steps.present(known.cvca, known.verifier_certificate())

    return run


def _changed(change: Change) -> Script:
    """The same for a body that is wrong and rightly signed."""
    return _refused(lambda known: known.certificate(known.cvca, known.verifier, Role.DV_DOMESTIC, change=change))


def _rewritten(rewrite: Callable[[bytes, bytes], bytes]) -> Script:
    """The same for body and signature, changed after signing."""

    def make(known: TerminalCredentials) -> bytes:
        body, signature = tlv.parse_all(known.verifier_certificate())
        return rewrite(body.value, signature.value)

    return _refused(make)


def _joined(body: bytes, signature: bytes, *, body_tag: int = 0x7F4E, signature_tag: int = 0x5F37) -> bytes:
    return tlv.encode(body_tag, body) + tlv.encode(signature_tag, signature)


def _swapped_dates(body: bytes) -> bytes:
    dates = {one.tag: one.value for one in tlv.parse_all(body)}
    return with_value(EXPIRATION, dates[EFFECTIVE])(with_value(EFFECTIVE, dates[EXPIRATION])(body))


def _in_key(change: Change) -> Change:
    return with_value(PUBLIC_KEY, change)


def _unknown_authority(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    response = steps.set_dst(UNKNOWN)
    if not response.sw.is_ok:
        expect_error(response)
    expect_error(steps.verify(steps.credentials.verifier_certificate()), or_warning=True)
    if steps.set_dst(steps.credentials.verifier.reference).sw.is_ok:
        expect_error(steps.verify(steps.credentials.terminal_certificate()), or_warning=True)


def _nothing_selected(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    expect_error(steps.verify(steps.credentials.verifier_certificate()), or_warning=True)


def _in_the_clear(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    known = steps.credentials
    response = terminal.plain(instructions.set_dst(tlv.encode(0x83, known.cvca.reference.encode())))
    if not response.sw.is_ok:
        expect_error(response)
    expect_error(terminal.plain(instructions.verify_certificate(known.verifier_certificate())), or_warning=True)


def _invalid_class(command: str) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        TerminalSteps.begin(terminal)
        expect_error(terminal.hex(command))

    return run


def _gone_after_reset(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    steps.present(steps.credentials.cvca, steps.credentials.verifier_certificate())
    terminal.reset()
    again = TerminalSteps.begin(terminal)
    if again.set_dst(again.credentials.verifier.reference).sw.is_ok:
        expect_error(again.verify(again.credentials.terminal_certificate()), or_warning=True)


def _forbidden(*roles: Role) -> Script:
    """A chain below the CVCA in which the last one may not be issued by the one before."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        holders: tuple[Signer, ...] = (known.cvca, known.verifier, known.terminal)
        if roles[0] is Role.TERMINAL:
            holders = (known.cvca, known.terminal, known.verifier)
        if len(roles) == 3:
            steps.chain()
            holders = (known.terminal, known.verifier)
        elif len(roles) == 2:
            steps.present(known.cvca, known.certificate(known.cvca, holders[1], roles[0]))
            holders = holders[1:]
        expect_ok(steps.set_dst(holders[0].reference))
        wrong = known.certificate(holders[0], holders[1], roles[-1])
        expect_error(steps.verify(wrong), or_warning=True)

    return run


_UNKNOWN_KIND: Final = b"\x04\x00\x7f\x00\x07\x03\x01\x02\x09"
_CHANGES: Final[tuple[tuple[str, str, Script], ...]] = (
    ("J_3", "wrong signature", _rewritten(lambda body, signature: _joined(body, bytes(len(signature) - 1) + b"\x01"))),
    ("J_4", "no signature", _rewritten(lambda body, _: tlv.encode(0x7F4E, body))),
    ("J_5", "no body", _rewritten(lambda _, signature: tlv.encode(0x5F37, signature))),
    ("J_6", "no authorization template", _changed(without(CHAT))),
    ("J_7", "no effective date", _changed(without(EFFECTIVE))),
    ("J_8", "no expiration date", _changed(without(EXPIRATION))),
    ("J_9", "effective date that is no number", _changed(with_value(EFFECTIVE, NO_DIGITS))),
    ("J_10", "effective date that is no day", _changed(with_value(EFFECTIVE, NO_DAY))),
    ("J_17", "another tag of the body", _rewritten(lambda body, sign: _joined(body, sign, body_tag=0x7F4D))),
    ("J_18", "another tag of the signature", _rewritten(lambda body, sign: _joined(body, sign, signature_tag=0x5F38))),
    ("J_19", "expiration date that is no number", _changed(with_value(EXPIRATION, NO_DIGITS))),
    ("J_20", "expiration date that is no day", _changed(with_value(EXPIRATION, NO_DAY))),
    ("J_21", "expires before it takes effect", _changed(_swapped_dates)),
    ("J_23", "unknown kind of terminal", _changed(with_value(CHAT, with_value(0x06, _UNKNOWN_KIND)))),
    ("J_24", "unknown algorithm of the key", _changed(_in_key(with_value(0x06, b"\x04\x00\x7f\x00\x07\x02\x02\x09")))),
    ("J_25", "another authority", _changed(with_value(AUTHORITY, UNKNOWN.encode()))),
    ("J_28", "wrong length of the body", _rewritten(lambda body, sign: _joined(body, sign).replace(body, body[:-1]))),
    ("J_30", "last byte of the signature", _rewritten(lambda body, s: _joined(body, s[:-1] + bytes((s[-1] ^ 1,))))),
    ("J_31", "signature a byte too short", _rewritten(lambda body, sign: _joined(body, sign[:-1]))),
    ("J_33", "r is 0", _rewritten(lambda body, s: _joined(body, bytes(len(s) // 2) + s[len(s) // 2 :]))),
    ("J_34", "s is 0", _rewritten(lambda body, s: _joined(body, s[: len(s) // 2] + bytes(len(s) // 2)))),
    ("J_37", "key without its algorithm", _changed(_in_key(without(0x06)))),
    ("J_38", "key without its point", _changed(_in_key(without(0x86)))),
    ("J_41", "key with an unknown object", _changed(_in_key(lambda key: key + tlv.encode(0x99, b"\x00")))),
)
_ORDERS: Final[tuple[tuple[str, str, tuple[Role, ...]], ...]] = (
    ("J_43", "a terminal by the CVCA", (Role.TERMINAL,)),
    ("J_44", "a CVCA by a document verifier", (Role.DV_DOMESTIC, Role.CVCA)),
    ("J_45", "a document verifier by another", (Role.DV_DOMESTIC, Role.DV_DOMESTIC)),
    ("J_46", "a CVCA by a terminal", (Role.DV_DOMESTIC, Role.TERMINAL, Role.CVCA)),
    ("J_47", "a document verifier by a terminal", (Role.DV_DOMESTIC, Role.TERMINAL, Role.DV_DOMESTIC)),
    ("J_48", "a terminal by another", (Role.DV_DOMESTIC, Role.TERMINAL, Role.TERMINAL)),
)


def _cases() -> Iterator[Case]:
    yield Case(id="B32 J_1", purpose="certificates: a valid chain", script=_valid)
    yield Case(id="B32 J_2", purpose="certificates: unknown authority chosen", script=_unknown_authority)
    yield Case(id="B32 J_12", purpose="certificates in the clear", script=_in_the_clear)
    yield Case(id="B32 J_13", purpose="MSE:Set DST with an invalid class byte", script=_invalid_class("8C2281B600"))
    yield Case(id="B32 J_15", purpose="PSO with an invalid class byte", script=_invalid_class("8C2A00BE00"))
    yield Case(id="B32 J_22", purpose="keys of certificates are gone after a reset", script=_gone_after_reset)
    yield Case(id="B32 J_35", purpose="PSO without a chosen key", script=_nothing_selected)
    for case_id, what, script in _CHANGES:
        yield Case(id=f"B32 {case_id}", purpose=f"certificate: {what}", script=script)
    for case_id, what, roles in _ORDERS:
        yield Case(id=f"B32 {case_id}", purpose=f"certificate of {what}", script=_forbidden(*roles))


CASES: Final = tuple(_cases())
