"""Cases of passwords that the chip counts the tries of: H and P of BSI TR-03105-3.3, for PIN and PUK.

Whatever a case does to the PIN, it makes its tries whole again with PIN, CAN and PUK, and changes it to nothing but
what it is (BSI TR-03110-2 §2.4, TR-03110-3 §B.1, §B.6 and §B.14).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from apdu import instructions
from apdu.command import CommandAPDU
from apdu.errors import CardRemovedError, DeadlineError, ToolkitError
from apdu.response import ResponseAPDU
from apdu.status import OK, REFERENCE_DEACTIVATED, SECURITY_STATUS_NOT_SATISFIED, WRONG_DATA, StatusWord
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Risk, Script
from chipid.conformance.cases_eac_files import require_terminal_authentication
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok, expect_sw
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.pki.chat import InspectionRight, Role, inspection_chat

CHANGE, UNBLOCK = 0x02, 0x03
CURRENT, PREVIOUS = 0x87, 0x88  # references of trust points in the last answer of PACE
SUSPENDED, BLOCKED = StatusWord(0x63C1), StatusWord(0x63C0)
MAX_TRIES: Final = 15


def _key(terminal: ConformanceTerminal, kind: AccessKeyKind) -> AccessKey:
    terminal.pace_variant()
    chip = terminal.chip
    key = {AccessKeyKind.CAN: chip.can, AccessKeyKind.PIN: chip.pin, AccessKeyKind.PUK: chip.puk}[kind]
    if key is None:
        raise NotApplicableError(f"the {kind.name} is not known")
    return key


def _opened(kind: AccessKeyKind) -> Script:
    """The whole of PACE with this password."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.pace(key=_key(terminal, kind))
        expect_ok(terminal.secure(instructions.read_binary_sfi(0x1C, 0, 1)))

    return run


# The tries of the PIN


def _announced(terminal: ConformanceTerminal) -> StatusWord:
    """What MSE:Set AT says about the PIN."""
    _, response = terminal.pace_choose(key=_key(terminal, AccessKeyKind.PIN))
    return response.sw


def _attempt(terminal: ConformanceTerminal, key: AccessKey) -> ResponseAPDU:
    """PACE with a password that may be wrong or unusable, up to the first answer that is no 9000."""
    steps, response = terminal.pace_choose(key=key)
    if response.sw != OK and not _is_counter(response.sw):
        return response
    nonce = terminal.send(instructions.general_authenticate(b"", last=False))
    if not nonce.sw.is_ok:
        return nonce
    steps.take_nonce(nonce.data)
    terminal.pace_map_and_agree(steps)
    return terminal.send(steps.token_command())


def _wrong(pin: AccessKey) -> AccessKey:
    """The PIN with its last digit exchanged."""
    last = pin.secret[-1:]
    return replace(pin, secret=pin.secret[:-1] + (b"1" if last == b"0" else b"0"))


def _is_counter(sw: StatusWord) -> bool:
    return sw.sw1 == 0x63 and sw.sw2 & 0xF0 == 0xC0


def lose_try(terminal: ConformanceTerminal) -> int:
    """One wrong PIN; returns the tries that are left."""
    response = _attempt(terminal, _wrong(_key(terminal, AccessKeyKind.PIN)))
    if not _is_counter(response.sw) or response.data:
        raise DeviationError(f"63Cx was expected, {response.sw} came")
    return response.sw.sw2 & 0x0F


def _suspend(terminal: ConformanceTerminal) -> None:
    """Wrong PINs until one try is left; a chip that does not count them is not asked again."""
    left = MAX_TRIES + 1
    while left > 1:
        before, left = left, lose_try(terminal)
        if left >= before:
            raise DeviationError("a wrong PIN took no try")
        terminal.reset()
    expect_sw(_announced(terminal), SUSPENDED)
    terminal.reset()


def _resume(terminal: ConformanceTerminal) -> None:
    """A session of the CAN, in which a suspended PIN is of use."""
    terminal.pace(key=_key(terminal, AccessKeyKind.CAN))


def _repair(terminal: ConformanceTerminal) -> None:
    """Make the tries whole, whatever is left of them."""
    terminal.reset()
    sw = _announced(terminal)
    terminal.reset()
    if sw == OK:
        return
    if sw == BLOCKED:
        terminal.pace(key=_key(terminal, AccessKeyKind.PUK))
        expect_ok(terminal.secure(_reset_retry_counter(UNBLOCK, AccessKeyKind.PIN, b"")))
        terminal.reset()
    elif not _is_counter(sw):
        raise NotApplicableError(f"the PIN cannot be used ({sw})")
    if sw == SUSPENDED:
        _resume(terminal)
    terminal.pace(key=_key(terminal, AccessKeyKind.PIN))
    terminal.reset()


def require_announced(terminal: ConformanceTerminal, left: int) -> None:
    """MSE:Set AT says that so many tries are left."""
    expect_sw(_announced(terminal), StatusWord(0x63C0 | left))


def counted(script: Script) -> Script:
    """Run it with a PIN that has all its tries, and make them whole afterwards, whatever came of it."""

    def run(terminal: ConformanceTerminal) -> None:
        for kind in (AccessKeyKind.PIN, AccessKeyKind.CAN, AccessKeyKind.PUK):
            _key(terminal, kind)
        try:
            _repair(terminal)
        except DeviationError as error:
            raise NotApplicableError(f"the tries of the PIN cannot be made whole: {error}") from error
        try:
            script(terminal)
        except (CardRemovedError, DeadlineError):
            raise
        except (DeviationError, ToolkitError):
            with suppress(DeviationError, NotApplicableError):
                _repair(terminal)
            raise
        _repair(terminal)

    return run


def _counts_down(terminal: ConformanceTerminal) -> None:
    left = lose_try(terminal)
    terminal.reset()
    require_announced(terminal, left)


def _counts_anew(terminal: ConformanceTerminal) -> None:
    lose_try(terminal)
    terminal.reset()
    terminal.pace(key=_key(terminal, AccessKeyKind.PIN))
    terminal.reset()
    expect_sw(_announced(terminal), OK)


def _refused_when_suspended(terminal: ConformanceTerminal) -> None:
    """A suspended PIN is of no use by itself, right as it is."""
    _suspend(terminal)
    expect_error(_attempt(terminal, _key(terminal, AccessKeyKind.PIN)), or_warning=True)


def _resumed(terminal: ConformanceTerminal) -> None:
    _suspend(terminal)
    _resume(terminal)
    expect_sw(_announced(terminal), SUSPENDED)
    expect_ok(_attempt(terminal, _key(terminal, AccessKeyKind.PIN)))
    terminal.reset()
    expect_sw(_announced(terminal), OK)


def _resumed_for_one_session(terminal: ConformanceTerminal) -> None:
    _suspend(terminal)
    _resume(terminal)
    terminal.reset()
    expect_sw(_announced(terminal), SUSPENDED)
    terminal.reset()
    expect_error(_attempt(terminal, _key(terminal, AccessKeyKind.PIN)), or_warning=True)


def _block(terminal: ConformanceTerminal) -> None:
    """The last try, wrong, in a session of the CAN."""
    _suspend(terminal)
    _resume(terminal)
    left = lose_try(terminal)
    if left:
        raise DeviationError(f"no try was expected to be left, {left} are")
    terminal.reset()


def _blocked(terminal: ConformanceTerminal) -> None:
    _block(terminal)
    expect_sw(_announced(terminal), BLOCKED)


def _refused_when_blocked(terminal: ConformanceTerminal) -> None:
    _block(terminal)
    pin = _key(terminal, AccessKeyKind.PIN)
    expect_error(_attempt(terminal, pin))
    terminal.reset()
    _resume(terminal)
    expect_error(_attempt(terminal, pin))


def _blocked_after_refused_change(terminal: ConformanceTerminal) -> None:
    _block(terminal)
    _refused_reset(AccessKeyKind.PUK, CHANGE, AccessKeyKind.PIN)(terminal)
    terminal.reset()
    expect_sw(_announced(terminal), BLOCKED)


# Rights over passwords


def _reset_retry_counter(p1: int, kind: AccessKeyKind, secret: bytes) -> CommandAPDU:
    return CommandAPDU(cla=0, ins=0x2C, p1=p1, p2=kind.value, data=secret)


def _refused_reset(opened_by: AccessKeyKind, p1: int, kind: AccessKeyKind) -> Script:
    """RESET RETRY COUNTER without the right to it: 6982 in the session, which goes on."""

    def run(terminal: ConformanceTerminal) -> None:
        secret = _key(terminal, kind).secret if p1 == CHANGE else b""
        terminal.reset()
        terminal.pace(key=_key(terminal, opened_by))
        expect_sw(terminal.secure(_reset_retry_counter(p1, kind, secret)).sw, SECURITY_STATUS_NOT_SATISFIED)
        expect_ok(terminal.secure(instructions.read_binary_sfi(0x1C, 0, 1)))

    return run


def _deactivated(terminal: ConformanceTerminal) -> None:
    if _announced(terminal) != REFERENCE_DEACTIVATED:
        raise NotApplicableError("the PIN is not deactivated")
    terminal.reset()
    expect_sw(_announced(terminal), REFERENCE_DEACTIVATED)
    expect_error(terminal.plain(instructions.general_authenticate(b"", last=False)))


# PACE with an authorization template, as a terminal for Terminal Authentication sends it


def _inspection_system(terminal: ConformanceTerminal) -> bytes:
    require_terminal_authentication(terminal)
    return inspection_chat(Role.TERMINAL, InspectionRight).encode()


def _authorised(terminal: ConformanceTerminal) -> None:
    """The last answer names the trust points, and EF.CVCA, if there is one, names the same."""
    template = _inspection_system(terminal)
    steps, response = terminal.pace_choose(more=template)
    expect_ok(response)
    terminal.pace_to(steps, 3)
    objects = terminal.pace_finish(steps)
    named = tuple(objects[tag].decode("latin-1") for tag in (CURRENT, PREVIOUS) if tag in objects)
    if not named and not terminal.chip.trust_points:
        raise NotApplicableError("the chip has no trust points")
    if terminal.chip.trust_points not in ((), named):
        raise DeviationError("the answer does not name the trust points")


def _unfit_terminal(terminal: ConformanceTerminal) -> None:
    """An inspection system goes by what is printed on the document, not by a PIN."""
    pin = _key(terminal, AccessKeyKind.PIN)
    _, response = terminal.pace_choose(key=pin, more=_inspection_system(terminal))
    expect_sw(response.sw, WRONG_DATA)


def _authorised_with_wrong_password(terminal: ConformanceTerminal) -> None:
    steps, response = terminal.pace_choose(more=_inspection_system(terminal))
    expect_ok(response)
    steps = replace(steps, password=steps.password[::-1] + b"0")
    terminal.pace_to(steps, 3)
    expect_error(terminal.plain(steps.token_command()), or_warning=True)


_COUNTED: Final[tuple[tuple[str, str, Callable[[ConformanceTerminal], None]], ...]] = (
    ("P_1", "a wrong PIN takes a try", _counts_down),
    ("P_2", "the right PIN makes the tries whole", _counts_anew),
    ("P_3", "the PIN is suspended at its last try", _suspend),
    ("P_4", "the suspended PIN by itself", _refused_when_suspended),
    ("P_5", "the suspended PIN in a session of the CAN", _resumed),
    ("P_6", "resumed for one session only", _resumed_for_one_session),
    ("P_8", "the PIN is blocked after its last try", _blocked),
    ("P_8a", "the blocked PIN", _refused_when_blocked),
    ("P_13", "the PUK does not change a blocked PIN", _blocked_after_refused_change),
)
CASES: Final = (
    Case(id="B33 H_2", purpose="PACE with the PIN", script=_opened(AccessKeyKind.PIN)),
    Case(id="B33 H_3", purpose="PACE with the PUK", script=_opened(AccessKeyKind.PUK)),
    *(
        Case(id=f"B33 {case_id}", purpose=purpose, script=counted(script), risk=Risk.BLOCKED_PIN)
        for case_id, purpose, script in _COUNTED
    ),
    Case(
        id="B33 P_12",
        purpose="the PUK does not change the PIN",
        script=_refused_reset(AccessKeyKind.PUK, CHANGE, AccessKeyKind.PIN),
    ),
    Case(
        id="B33 P_16",
        purpose="the CAN does not change the PIN",
        script=_refused_reset(AccessKeyKind.CAN, CHANGE, AccessKeyKind.PIN),
    ),
    Case(
        id="B33 P_18",
        purpose="the PIN does not change the CAN",
        script=_refused_reset(AccessKeyKind.PIN, CHANGE, AccessKeyKind.CAN),
    ),
    Case(id="B33 H_4", purpose="PACE with an authorization template", script=_authorised),
    Case(id="B33 H_5", purpose="an inspection system with the PIN", script=_unfit_terminal),
    Case(
        id="B33 H_6",
        purpose="PACE with an authorization template and a wrong password",
        script=_authorised_with_wrong_password,
        risk=Risk.WRONG_KEY,
    ),
    Case(id="B33 P_19", purpose="the deactivated PIN", script=_deactivated),
)
