"""Terminal Authentication within a reading: what it is bound to, and what it opened (ICAO Doc 9303-11 §7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apdu.errors import SecureMessagingError, StatusError, ToolkitError
from apdu.session import CardSession
from chipid.errors import ProtocolError, TerminalKeyError
from chipid.evidence.evidence import ProofOutcome, TerminalAuthenticationRecord, TerminalProblem
from chipid.lds.ef_cvca import parse_ef_cvca
from chipid.lds.files import FileId
from chipid.pki.chat import CHAT, InspectionRight
from chipid.pki.cv_reference import decode_reference
from chipid.protocols import terminal_authentication
from chipid.protocols.terminal_key import TerminalKey, find_chain


@dataclass(slots=True, kw_only=True)
class Binding:
    """What the terminal's signature binds its rights to; changes when a session is opened or its keys replaced."""

    id_ic: bytes = field(default=b"", repr=False)
    compressed_terminal_key: bytes = field(default=b"", repr=False)


def trust_points(cvca: bytes | None, authorities: Iterable[bytes]) -> tuple[str, ...]:
    """The references of the chip's trust points, from EF.CVCA and from PACE; what is malformed names none."""
    found: list[str] = []
    try:
        if cvca is not None:
            found.extend(parse_ef_cvca(cvca).references)
    except ToolkitError:
        pass  # a chip without trust points accepts no terminal, which the record will say
    for raw in authorities:
        try:
            found.append(decode_reference(raw))
        except ToolkitError:
            continue
    return tuple(dict.fromkeys(found))


def authenticate_terminal(
    session: CardSession, key: TerminalKey, binding: Binding, points: tuple[str, ...]
) -> TerminalAuthenticationRecord:
    """Run the protocol and record how it ended. Raises :class:`SecureMessagingError` if the session broke."""
    terminal = key.certificate.holder_reference
    if not (binding.id_ic and binding.compressed_terminal_key):
        return aborted(key, TerminalProblem.CHIP_NOT_PROVEN)
    try:
        find_chain(key, points)
    except TerminalKeyError:
        return aborted(key, TerminalProblem.NO_CHAIN)
    script = terminal_authentication.authenticate(
        key,
        trust_points=points,
        id_ic=binding.id_ic,
        compressed_terminal_key=binding.compressed_terminal_key,
    )
    try:
        result = session.run(script)
    except SecureMessagingError:
        raise
    except StatusError as error:
        return TerminalAuthenticationRecord(
            outcome=ProofOutcome.ABORTED, terminal=terminal, detail=error.operation, sw=error.sw
        )
    except TerminalKeyError:
        return aborted(key, TerminalProblem.KEY_FAILED)
    except ProtocolError:
        return aborted(key, TerminalProblem.PROTOCOL_VIOLATED)
    return TerminalAuthenticationRecord(
        outcome=ProofOutcome.COMPLETED,
        terminal=terminal,
        rights=result.rights.rights,
        certificates=result.certificates,
    )


def aborted(key: TerminalKey, problem: TerminalProblem, *, sw: int | None = None) -> TerminalAuthenticationRecord:
    """The record of a run that came to nothing."""
    terminal = key.certificate.holder_reference
    return TerminalAuthenticationRecord(outcome=ProofOutcome.ABORTED, terminal=terminal, detail=problem.value, sw=sw)


def unlocked_groups(record: TerminalAuthenticationRecord | None, key: TerminalKey | None) -> frozenset[FileId]:
    """The locked groups that the terminal may read now."""
    if record is None or key is None or record.outcome is not ProofOutcome.COMPLETED:
        return frozenset()
    rights = CHAT(oid=key.certificate.chat.oid, rights=record.rights)
    groups = {FileId.DG3: InspectionRight.READ_DG3, FileId.DG4: InspectionRight.READ_DG4}
    return frozenset(group for group, right in groups.items() if rights.allows(right))
