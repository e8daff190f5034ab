"""Cases of certificate verification: J of BSI TR-03105-3.2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from apdu import instructions, tlv
from chipid.conformance.case import Case, NotApplicableError, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.conformance.terminal_certificates import Change, Signer, TerminalCredentials, with_value, without
from chipid.conformance.terminal_steps import TerminalSteps
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.pki.chat import Role

PUBLIC_KEY, CHAT, EFFECTIVE, EXPIRATION, AUTHORITY = 0x7F49, 0x7F4C, 0x5F25, 0x5F24, 0x42
LIFE: Final = 90  # days
UNKNOWN: Final = "XXUNKNOWN00001"
NO_DIGITS: Final = bytes.fromhex("0205000A0101")
NO_DAY: Final = bytes.fromhex("020500020300")


def _valid(terminal: ConformanceTerminal) -> None:
    TerminalSteps.begin(terminal).chain()


def _refused(make: Callable[[TerminalCredentials], bytes], *, is_dated: bool = False) -> Script:
    """A certificate of the document verifier that is wrong; it leaves no key, and a right one is taken afterwards.

    A wrong one that is dated takes effect after the right one has expired: it must not move the date of the chip.
    """

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        wrong, right = known, known.verifier_certificate()
        if is_dated and known.horizon is not None and known.cvca.public_key is not None:
            right = known.certificate(known.cvca, known.verifier, Role.DV_DOMESTIC, last=known.day(-1))
            wrong = replace(known, given=None, first=known.day(0), last=known.day(LIFE))
            if not steps.is_taken(known.cvca, right):
                raise NotApplicableError("the date of the chip is not before the horizon")
            steps = steps.again()
        expect_ok(steps.set_dst(known.cvca.reference))
        expect_error(steps.verify(make(wrong)), or_warning=True)
        steps.refuse(known.verifier, known.terminal_certificate())
        steps.again().present(known.cvca, right)

    return run


def _changed(change: Change, *, is_dated: bool = False) -> Script:
    """The same for a body that is wrong and rightly signed."""

    def make(known: TerminalCredentials) -> bytes:
        return known.certificate(known.cvca, known.verifier, Role.DV_DOMESTIC, change=change)

    return _refused(make, is_dated=is_dated)


def _rewritten(rewrite: Callable[[bytes, bytes], bytes], *, is_dated: bool = False) -> Script:
    """The same for body and signature, changed after signing."""

    def make(known: TerminalCredentials) -> bytes:
        body, signature = tlv.parse_all(known.verifier_certificate())
        return rewrite(body.value, signature.value)

    return _refused(make, is_dated=is_dated)


def _for_keys(kind: type[RSAPublicKey | ECPublicKey], script: Script) -> Script:
    """A case about keys of this kind."""

    def run(terminal: ConformanceTerminal) -> None:
        known = terminal.chip.terminals
        key = None if known is None else known.cvca.public_key
        if key is not None and not isinstance(key.key, kind):
            raise NotApplicableError("the CVCA has a key of another kind")
        script(terminal)

    return run


def _joined(body: bytes, signature: bytes, *, body_tag: int = 0x7F4E, signature_tag: int = 0x5F37) -> bytes:
    return tlv.encode(body_tag, body) + tlv.encode(signature_tag, signature)


def _zeros(signature: bytes, half: int) -> bytes:
    """ECDSA with one of its numbers set to 0."""
    middle = len(signature) // 2
    return signature[:middle] + bytes(middle) if half else bytes(middle) + signature[middle:]


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
    steps.refuse(steps.credentials.verifier, steps.credentials.terminal_certificate())


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
    steps.again().refuse(steps.credentials.verifier, steps.credentials.terminal_certificate())


def _forbidden(*roles: Role) -> Script:
    """A chain below the CVCA in which the last one may not be issued by the one before."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        holders: tuple[Signer, ...] = (known.cvca, known.verifier, known.terminal)
        if len(roles) == 1:
            holders = (known.cvca, known.terminal)
        for issuer, holder, role in zip(holders, holders[1:], roles[:-1], strict=False):
            steps.present(issuer, known.certificate(issuer, holder, role))
        issuer = holders[len(roles) - 1]
        holder = known.verifier if issuer is known.terminal else known.terminal
        steps.refuse(issuer, known.certificate(issuer, holder, roles[-1]))

    return run


def _shorter(*, by_verifier: bool) -> Script:
    """A key with fewer bits than the one that signs it."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        shorter = known.shorter
        if shorter is None:
            raise NotApplicableError("it needs a shorter key of the terminal")
        if by_verifier:
            steps.present(known.cvca, known.verifier_certificate())
            steps.refuse(known.verifier, known.certificate(known.verifier, shorter, Role.TERMINAL))
            return
        steps.refuse(known.cvca, known.certificate(known.cvca, shorter, Role.DV_DOMESTIC))
        steps.refuse(shorter, known.certificate(shorter, known.terminal, Role.TERMINAL))

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
    ("J_25", "another authority", _changed(with_value(AUTHORITY, UNKNOWN.encode()), is_dated=True)),
    ("J_26", "tag of the body 7F4F", _rewritten(lambda body, s: _joined(body, s, body_tag=0x7F4F), is_dated=True)),
    (
        "J_27",
        "tag of the signature 5F38",
        _rewritten(lambda body, s: _joined(body, s, signature_tag=0x5F38), is_dated=True),
    ),
    (
        "J_28",
        "wrong length of the body",
        _rewritten(lambda body, s: _joined(body, s).replace(body, body[:-1]), is_dated=True),
    ),
    ("J_29", "wrong length of the signature", _rewritten(lambda body, s: _joined(body, s + b"\0")[:-1], is_dated=True)),
    (
        "J_30",
        "last byte of the signature",
        _rewritten(lambda body, s: _joined(body, s[:-1] + bytes((s[-1] ^ 1,))), is_dated=True),
    ),
    ("J_31", "signature a byte too short", _rewritten(lambda body, s: _joined(body, s[:-1]), is_dated=True)),
    (
        "J_32",
        "signature above the modulus",
        _for_keys(RSAPublicKey, _rewritten(lambda body, s: _joined(body, b"\xff" * len(s)), is_dated=True)),
    ),
    ("J_33", "r is 0", _for_keys(ECPublicKey, _rewritten(lambda body, s: _joined(body, _zeros(s, 0)), is_dated=True))),
    ("J_34", "s is 0", _for_keys(ECPublicKey, _rewritten(lambda body, s: _joined(body, _zeros(s, 1)), is_dated=True))),
    ("J_37", "key without its algorithm", _changed(_in_key(without(0x06)), is_dated=True)),
    ("J_38", "key without its point", _for_keys(ECPublicKey, _changed(_in_key(without(0x86)), is_dated=True))),
    ("J_39", "key without its modulus", _for_keys(RSAPublicKey, _changed(_in_key(without(0x81)), is_dated=True))),
    ("J_40", "key without its exponent", _for_keys(RSAPublicKey, _changed(_in_key(without(0x82)), is_dated=True))),
    (
        "J_41",
        "key with an unknown object",
        _changed(_in_key(lambda key: key + tlv.encode(0x99, b"\x00")), is_dated=True),
    ),
    ("J_55", "of a document verifier with a shorter key", _shorter(by_verifier=False)),
    ("J_56", "of a terminal with a shorter key", _shorter(by_verifier=True)),
)
_HOME, _AWAY = Role.DV_DOMESTIC, Role.DV_FOREIGN
_ORDERS: Final[tuple[tuple[str, str, tuple[Role, ...]], ...]] = (
    ("J_43", "a terminal by the CVCA", (Role.TERMINAL,)),
    ("J_44", "a CVCA by a domestic document verifier", (_HOME, Role.CVCA)),
    ("J_45", "a CVCA by a foreign document verifier", (_AWAY, Role.CVCA)),
    ("J_46", "a domestic document verifier by a domestic one", (_HOME, _HOME)),
    ("J_47", "a foreign document verifier by a domestic one", (_HOME, _AWAY)),
    ("J_48", "a domestic document verifier by a foreign one", (_AWAY, _HOME)),
    ("J_49", "a foreign document verifier by a foreign one", (_AWAY, _AWAY)),
    ("J_50", "a foreign document verifier by a terminal", (_HOME, Role.TERMINAL, _AWAY)),
    ("J_51", "a domestic document verifier by a terminal", (_HOME, Role.TERMINAL, _HOME)),
    ("J_52", "a terminal by another", (_HOME, Role.TERMINAL, Role.TERMINAL)),
    ("J_53", "a CVCA by a terminal", (_HOME, Role.TERMINAL, Role.CVCA)),
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
