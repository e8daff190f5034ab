"""Cases of Terminal Authentication and of the rights that it gives: K and L of BSI TR-03105-3.2."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from apdu import instructions, tlv
from apdu.response import ResponseAPDU
from apdu.status import FILE_NOT_FOUND, SECURITY_STATUS_NOT_SATISFIED
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.terminal import (
    AFTER_NUMBER,
    ConformanceTerminal,
    expect_error,
    expect_ok,
    expect_sw,
    is_checking_error,
)
from chipid.conformance.terminal_certificates import ALL_RIGHTS, Signer
from chipid.conformance.terminal_steps import TerminalSteps
from chipid.lds.files import AID_EMRTD, FileId
from chipid.pki.chat import InspectionRight

RIGHTS: Final = ((FileId.DG3, InspectionRight.READ_DG3), (FileId.DG4, InspectionRight.READ_DG4))
UNKNOWN: Final = "XXUNKNOWN00001"


def _chosen(terminal: ConformanceTerminal) -> TerminalSteps:
    """The chain is taken and the terminal's key chosen."""
    steps = TerminalSteps.begin(terminal)
    steps.chain()
    expect_ok(steps.set_at(steps.credentials.terminal))
    return steps


def _refuse_proof(steps: TerminalSteps, signature: bytes) -> None:
    expect_error(steps.answer(signature), or_warning=True)
    require_rights(steps.terminal, ())


def require_rights(terminal: ConformanceTerminal, rights: Collection[InspectionRight]) -> None:
    """Fingers and irises, as far as the chip has them, are open to these rights and to no others."""
    for file, right in RIGHTS:
        response = terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 1))
        if response.sw == 0x6A82:
            continue
        if right not in rights:
            expect_error(response)
        elif expect_ok(response) != bytes((file.tag or 0,)):
            raise DeviationError(f"{file.label} does not begin with its tag")


def authenticated(terminal: ConformanceTerminal, open_chip: Script = ConformanceTerminal.open) -> TerminalSteps:
    """The whole of Terminal Authentication; the terminal may do what its chain says."""
    steps = TerminalSteps.begin(terminal, open_chip)
    steps.chain()
    steps.authenticate()
    require_rights(terminal, steps.credentials.rights)
    return steps


def _complete(terminal: ConformanceTerminal) -> None:
    authenticated(terminal)


def _unknown_reference(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    steps.chain()
    response = steps.set_at(replace(steps.credentials.terminal, reference=UNKNOWN))
    if not response.sw.is_ok:
        expect_error(response)
    _refuse_proof(steps, steps.signature(steps.challenge()))


def _plain_proof(terminal: ConformanceTerminal) -> None:
    steps = _chosen(terminal)
    signature = steps.signature(steps.challenge())
    expect_error(terminal.plain(instructions.external_authenticate(signature)), or_warning=True)


def _other_holder(*, by_cvca: bool) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        steps.chain()
        signer = steps.credentials.cvca if by_cvca else steps.credentials.verifier
        response = steps.set_at(signer)
        if not response.sw.is_ok:
            expect_error(response)
        _refuse_proof(steps, steps.signature(steps.challenge(), signer=signer))

    return run


def _invalid_class(terminal: ConformanceTerminal) -> None:
    _chosen(terminal).challenge()
    expect_error(terminal.hex("8C82000000"))


def _old_challenge(terminal: ConformanceTerminal) -> None:
    steps = _chosen(terminal)
    first = steps.challenge()
    if first == steps.challenge():
        raise DeviationError("two challenges are the same")
    _refuse_proof(steps, steps.signature(first))


def _short_challenge(terminal: ConformanceTerminal) -> None:
    steps = _chosen(terminal)
    response = terminal.secure(instructions.get_challenge(7))
    if not response.sw.is_ok:
        expect_error(response)
    _refuse_proof(steps, steps.signature(response.data))


def _no_challenge(terminal: ConformanceTerminal) -> None:
    steps = _chosen(terminal)
    _refuse_proof(steps, steps.signature(bytes(8)))


def _no_key_chosen(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    steps.chain()
    _refuse_proof(steps, steps.signature(steps.challenge()))


def _wrong_choice(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    steps.chain()
    reference = tlv.encode(0x84, steps.credentials.terminal.reference.encode())
    expect_error(terminal.secure(instructions.set_at_external_authentication(reference)))


def _selected_again(terminal: ConformanceTerminal) -> None:
    _complete(terminal)
    expect_ok(terminal.secure(instructions.select_application(AID_EMRTD)))
    require_rights(terminal, ())


def _read_between(terminal: ConformanceTerminal) -> None:
    steps = TerminalSteps.begin(terminal)
    if not terminal.file(FileId.SOD):
        raise DeviationError("EF.SOD cannot be read")
    steps.chain()
    steps.authenticate()
    require_rights(terminal, steps.credentials.rights)


def _wrong_binding(terminal: ConformanceTerminal) -> None:
    if not terminal.chip.pace or terminal.chip.mrz is None:
        raise NotApplicableError("the chip has no PACE, or its zone is not known")
    steps = _chosen(terminal)
    number = terminal.chip.mrz.secret[:-AFTER_NUMBER]
    _refuse_proof(steps, steps.signature(steps.challenge(), id_ic=number))


def _rights(verifier: Collection[InspectionRight], terminals: Collection[InspectionRight]) -> Script:
    """What document verifier and terminal may do both."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = TerminalSteps.begin(terminal)
        known = steps.credentials
        steps.present(known.cvca, known.verifier_certificate(verifier))
        steps.present(known.verifier, known.terminal_certificate(terminals))
        steps.authenticate()
        require_rights(terminal, set(verifier) & set(terminals))

    return run


def _no_proof(file: FileId) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        TerminalSteps.begin(terminal).chain()
        _require_closed(terminal, file)

    return run


def _failed_proof(file: FileId) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        steps = _chosen(terminal)
        signature = steps.signature(steps.challenge())
        expect_error(steps.answer(signature[:-1] + bytes((signature[-1] ^ 1,))), or_warning=True)
        _require_closed(terminal, file)

    return run


def _require_closed(terminal: ConformanceTerminal, file: FileId) -> None:
    response = terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 1))
    if response.sw == FILE_NOT_FOUND:
        raise NotApplicableError(f"the chip has no {file.label}")
    expect_error(response)


def _second_proof(*, other_certificates: bool) -> Script:
    """Terminal Authentication once more in its session: refused with 6982, at the last step at the latest."""

    def run(terminal: ConformanceTerminal) -> None:
        steps = authenticated(terminal)
        known = steps.credentials
        rights = (InspectionRight.READ_DG3,) if other_certificates else None
        chain = ((known.cvca, known.verifier_certificate(rights)), (known.verifier, known.terminal_certificate(rights)))
        response = _first_refusal(steps, chain)
        if response is None:
            response = steps.answer(steps.signature(steps.challenge()))
        expect_sw(response.sw, SECURITY_STATUS_NOT_SATISFIED)
        require_rights(terminal, known.rights)

    return run


def _bac_inside(terminal: ConformanceTerminal) -> None:
    if not terminal.chip.has_bac:
        raise NotApplicableError("the chip has no Basic Access Control")
    terminal.bac()


def _first_refusal(steps: TerminalSteps, chain: Iterable[tuple[Signer, bytes]]) -> ResponseAPDU | None:
    """Certificates and the choice of the terminal's key; None if the chip takes them all."""
    for issuer, certificate in chain:
        for response in (steps.set_dst(issuer.reference), steps.verify(certificate)):
            if not response.sw.is_ok:
                return response
    response = steps.set_at(steps.credentials.terminal)
    return None if response.sw.is_ok else response


def _opened_again(first: Script, second: Script) -> Script:
    """Access once more inside the session after Terminal Authentication: refused, or the rights are gone."""

    def run(terminal: ConformanceTerminal) -> None:
        authenticated(terminal, first)
        response = terminal.secure(instructions.select_mf())
        if not response.sw.is_ok:
            expect_error(response)
            return
        try:
            second(terminal)
        except DeviationError:
            if is_checking_error(terminal.last_sw):
                return
            raise
        require_rights(terminal, ())

    return run


_FINGERS, _IRISES = {InspectionRight.READ_DG3}, {InspectionRight.READ_DG4}
_TEMPLATES: Final[tuple[tuple[Collection[InspectionRight], Collection[InspectionRight]], ...]] = (
    (ALL_RIGHTS, ALL_RIGHTS),
    (ALL_RIGHTS, _FINGERS),
    (ALL_RIGHTS, _IRISES),
    (ALL_RIGHTS, ()),
    (_FINGERS, ALL_RIGHTS),
    (_IRISES, ALL_RIGHTS),
    ((), ALL_RIGHTS),
    (_FINGERS, _IRISES),
)


def _named(rights: Collection[InspectionRight]) -> str:
    return " and ".join(right.name.removeprefix("READ_") for _, right in RIGHTS if right in rights) or "nothing"


def _cases() -> Iterator[Case]:
    for number, purpose, script in (
        (1, "Terminal Authentication", _complete),
        (2, "an unknown key chosen", _unknown_reference),
        (4, "the proof in the clear", _plain_proof),
        (5, "the document verifier as terminal", _other_holder(by_cvca=False)),
        (6, "the CVCA as terminal", _other_holder(by_cvca=True)),
        (7, "the proof with an invalid class byte", _invalid_class),
        (10, "two challenges, the first one signed", _old_challenge),
        (12, "a challenge of seven bytes", _short_challenge),
        (14, "no challenge", _no_challenge),
        (15, "no key chosen", _no_key_chosen),
        (17, "MSE:Set AT with another object", _wrong_choice),
        (18, "SELECT of the application takes the rights back", _selected_again),
        (19, "EF.SOD read before Terminal Authentication", _read_between),
        (20, "the document number as name of the chip after PACE", _wrong_binding),
    ):
        yield Case(id=f"B32 K_{number}", purpose=purpose, script=script)
    for number, (verifier, terminals) in enumerate(_TEMPLATES, start=1):
        purpose = f"the verifier may read {_named(verifier)}, the terminal {_named(terminals)}"
        yield Case(id=f"B32 L_{number}", purpose=purpose, script=_rights(verifier, terminals))
    for number, file in enumerate((FileId.DG3, FileId.DG4)):
        what = f"no right to {file.label}"
        yield Case(id=f"B32 L_{9 + number}", purpose=f"a chain without a proof gives {what}", script=_no_proof(file))
        yield Case(
            id=f"B32 L_{11 + number}", purpose=f"a chain with a wrong proof gives {what}", script=_failed_proof(file)
        )
    bac, pace = ConformanceTerminal.bac, ConformanceTerminal.open_by_pace
    for case_id, what, first, second in (
        ("L_13", "BAC after BAC", bac, _bac_inside),
        ("L_14", "PACE after PACE", pace, pace),
        ("L_15", "BAC after PACE", pace, _bac_inside),
        ("L_16", "PACE after BAC", bac, pace),
    ):
        purpose = f"rights do not outlive access once more: {what}"
        yield Case(id=f"B32 {case_id}", purpose=purpose, script=_opened_again(first, second))
    for case_id, what, is_other in (("K_13", "the same", False), ("K_14", "other", True)):
        purpose = f"Terminal Authentication twice in a session, {what} certificates"
        yield Case(id=f"B33 {case_id}", purpose=purpose, script=_second_proof(other_certificates=is_other))


CASES: Final = tuple(_cases())
