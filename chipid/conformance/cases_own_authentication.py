"""Cases of our own about Chip and Terminal Authentication (ICAO Doc 9303-11 §6.2 and §7.1).

What a chip must look at beside the signatures: that a challenge serves once, that the proof is bound to this session
and this chip, that certificates are in force and for inspection systems, and that rights end with the session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

from apdu import instructions, tlv
from chipid.asn1 import der, oids
from chipid.conformance.case import Case, NotApplicableError, Risk, Script
from chipid.conformance.cases_chip_authentication import READ_COM, agreement_of, refused_key
from chipid.conformance.cases_eac_files import require_terminal_authentication
from chipid.conformance.cases_own_session import infinity
from chipid.conformance.cases_passwords import counted, lose_try, require_announced
from chipid.conformance.cases_terminal_authentication import authenticated, require_rights
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.conformance.terminal_certificates import with_value
from chipid.conformance.terminal_steps import TerminalSteps
from chipid.pki.chat import Role

LONG_AGO: Final = (date(2001, 1, 1), date(2001, 12, 31))
CHAT: Final = 0x7F4C


# Chip Authentication


def _without_choice(terminal: ConformanceTerminal) -> None:
    """GENERAL AUTHENTICATE without MSE:Set AT before it."""
    agreement = agreement_of(terminal)
    terminal.open()
    command = instructions.general_authenticate(tlv.encode(0x80, agreement.good), last=True)
    expect_error(terminal.secure(command))
    expect_ok(terminal.secure(READ_COM))


# Terminal Authentication


def _chosen(terminal: ConformanceTerminal) -> TerminalSteps:
    steps = TerminalSteps.begin(terminal)
    steps.chain()
    expect_ok(steps.set_at(steps.credentials.terminal))
    return steps


def _refuse(steps: TerminalSteps, signature: bytes) -> None:
    expect_error(steps.answer(signature), or_warning=True)
    require_rights(steps.terminal, ())


def _used_challenge(terminal: ConformanceTerminal) -> None:
    """After a wrong signature, the right one for the same challenge comes too late."""
    steps = _chosen(terminal)
    signature = steps.signature(steps.challenge())
    expect_error(steps.answer(bytes(len(signature))), or_warning=True)
    _refuse(steps, signature)


def _other_chip(terminal: ConformanceTerminal) -> None:
    steps = _chosen(terminal)
    _refuse(steps, steps.signature(steps.challenge(), id_ic=b"XX0000000"))


def _other_session(terminal: ConformanceTerminal) -> None:
    """The proof is about another ephemeral key than that of Chip Authentication."""
    steps = _chosen(terminal)
    changed = replace(steps, pk_ifd=steps.pk_ifd[::-1])
    _refuse(steps, changed.signature(steps.challenge()))


def _other_challenge(terminal: ConformanceTerminal) -> None:
    steps = _chosen(terminal)
    steps.challenge()
    _refuse(steps, steps.signature(terminal.entropy(8)))


def _cut_signature(terminal: ConformanceTerminal) -> None:
    steps = _chosen(terminal)
    _refuse(steps, steps.signature(steps.challenge())[:-1])


def _ended(terminal: ConformanceTerminal) -> None:
    """Rights are those of one session."""
    authenticated(terminal)
    terminal.reset()
    TerminalSteps.begin(terminal)
    require_rights(terminal, ())


def _expired(role: Role) -> Script:
    first, last = LONG_AGO

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        if role is Role.TERMINAL:
            steps.present(known.cvca, known.verifier_certificate())
            certificate = known.certificate(known.verifier, known.terminal, role, first=first, last=last)
            steps.refuse(known.verifier, certificate)
            return
        steps.refuse(known.cvca, known.certificate(known.cvca, known.verifier, role, first=first, last=last))

    return run


def _of_other_kind(oid: str, length: int) -> Script:
    """A terminal for another application: its bits mean something else, and open no fingers."""
    template = tlv.encode(0x06, der.oid_value(oid)) + tlv.encode(0x53, b"\x03".rjust(length, b"\x00"))

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        steps.present(known.cvca, known.verifier_certificate())
        change = with_value(CHAT, template)
        certificate = known.certificate(known.verifier, known.terminal, Role.TERMINAL, change=change)
        if not steps.is_taken(known.verifier, certificate) or not steps.set_at(known.terminal).sw.is_ok:
            return
        steps.answer(steps.signature(steps.challenge()))
        require_rights(terminal, ())

    return run


def _signed_by_another(terminal: ConformanceTerminal) -> None:
    """A certificate in the name of the CVCA that somebody else has signed."""
    steps = TerminalSteps.begin(terminal)
    known = steps.credentials
    impostor = replace(known.terminal, reference=known.cvca.reference)
    steps.refuse(known.cvca, known.certificate(impostor, known.verifier, Role.DV_DOMESTIC))


def _before_chip_authentication(terminal: ConformanceTerminal) -> None:
    """Certificates and challenge without Chip Authentication: no rights come of it."""
    require_terminal_authentication(terminal)
    known = terminal.chip.terminals
    if known is None:
        raise NotApplicableError("it needs the key of a terminal")
    terminal.open()
    steps = TerminalSteps(terminal, known, b"")
    for issuer, certificate in (
        (known.cvca, known.verifier_certificate()),
        (known.verifier, known.terminal_certificate()),
    ):
        steps.is_taken(issuer, certificate)
    steps.set_at(known.terminal)
    response = terminal.secure(instructions.get_challenge(8))
    expect_error(steps.answer(steps.signature(response.data)), or_warning=True)
    require_rights(terminal, ())


# Passwords


def _kept_by_other_password(terminal: ConformanceTerminal) -> None:
    """The right CAN does not give back the tries of the PIN."""
    left = lose_try(terminal)
    terminal.reset()
    terminal.pace(key=terminal.chip.can)
    terminal.reset()
    require_announced(terminal, left)


def _kept_by_broken_run(terminal: ConformanceTerminal) -> None:
    """Nor does a run that breaks off before the token."""
    left = lose_try(terminal)
    terminal.reset()
    terminal.pace_to(terminal.pace_start(key=terminal.chip.pin), 3)
    terminal.reset()
    require_announced(terminal, left)


_CASES: Final[tuple[tuple[str, Callable[[ConformanceTerminal], None]], ...]] = (
    ("Chip Authentication: infinity, or 1, as key", refused_key(lambda one: infinity(one.domain) or b"")),
    ("Chip Authentication: a key without the choice of a protocol", _without_choice),
    ("the right signature after a wrong one", _used_challenge),
    ("a proof for another chip", _other_chip),
    ("a proof for another session", _other_session),
    ("a proof for another challenge", _other_challenge),
    ("a signature without its last byte", _cut_signature),
    ("rights after a reset", _ended),
    ("a document verifier that has expired long ago", _expired(Role.DV_DOMESTIC)),
    ("a terminal that has expired long ago", _expired(Role.TERMINAL)),
    ("an authentication terminal", _of_other_kind(oids.ID_AT, 5)),
    ("a signature terminal", _of_other_kind(oids.ID_ST, 1)),
    ("a certificate signed by another", _signed_by_another),
    ("Terminal Authentication before Chip Authentication", _before_chip_authentication),
)
CASES: Final = (
    *(
        Case(id=f"X_TA_{number}", purpose=purpose, script=script)
        for number, (purpose, script) in enumerate(_CASES, start=1)
    ),
    Case(
        id="X_PIN_1",
        purpose="the CAN does not give back tries of the PIN",
        script=counted(_kept_by_other_password),
        risk=Risk.BLOCKED_PIN,
    ),
    Case(
        id="X_PIN_2",
        purpose="a run without a token does not give back tries of the PIN",
        script=counted(_kept_by_broken_run),
        risk=Risk.BLOCKED_PIN,
    ),
)
