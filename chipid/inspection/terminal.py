"""Terminal Authentication within a reading: what it is bound to, and what it opened (ICAO Doc 9303-11 §7.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from apdu.errors import MalformedDataError, SecureMessagingError, StatusError, ToolkitError
from apdu.session import CardSession
from chipid.errors import ProtocolError, TerminalKeyError
from chipid.evidence.evidence import ProofOutcome, TerminalAuthenticationRecord, TerminalProblem
from chipid.inspection.shelf import FileShelf
from chipid.lds.ef_cvca import parse_ef_cvca
from chipid.lds.files import FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.chat import CHAT, InspectionRight
from chipid.pki.cv_reference import decode_reference
from chipid.protocols import read_file, terminal_authentication
from chipid.protocols.terminal_key import TerminalKey, find_chain

MAX_SFI: Final = 30


@dataclass(slots=True, kw_only=True)
class Binding:
    """What the terminal's signature binds its rights to; changes when a session is opened or its keys replaced."""

    id_ic: bytes = field(default=b"", repr=False)
    compressed_terminal_key: bytes = field(default=b"", repr=False)


def read_trust_points(
    session: CardSession, shelf: FileShelf, options: SecurityInfos | None, authorities: Iterable[bytes]
) -> tuple[str, ...] | None:
    """Whom the chip lets in, by EF.CVCA and by PACE; None where EF.CVCA is not what DG14 says.

    DG14 may give the file an identifier and a short one (BSI TR-03110-3 §A.1.1.3): both must lead to the same
    content. Without it the file is looked for where documents of the EU have it, and may be absent.
    """
    named = () if options is None else tuple(one for one in options.terminal_authentication if one.version == 1)
    fid, sfi = next(((one.cvca_fid, one.cvca_sfi) for one in named), (None, None))
    content = shelf.fetch(FileId.CVCA, fid=fid)
    if fid is not None and not (_is_cvca(content) and _is_read_by_sfi(session, sfi, content)):
        return None
    return trust_points(content, authorities)


def _is_cvca(content: bytes | None) -> bool:
    try:
        return content is not None and bool(parse_ef_cvca(content).references)
    except ToolkitError:
        return False


def _is_read_by_sfi(session: CardSession, sfi: int | None, content: bytes | None) -> bool:
    """True if the short identifier leads to the same bytes, or if there is none."""
    if sfi is None or not 1 <= sfi <= MAX_SFI:
        return sfi is None
    try:
        return session.run(read_file.read_by_sfi(FileId.CVCA, max_ne=session.max_ne, sfi=sfi)).content == content
    except (StatusError, MalformedDataError):
        return False


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
    session: CardSession, key: TerminalKey, binding: Binding, points: tuple[str, ...] | None
) -> TerminalAuthenticationRecord:
    """Run the protocol and record how it ended; ``points`` are those of :func:`read_trust_points`.

    Raises :class:`SecureMessagingError` if the session broke.
    """
    terminal = key.certificate.holder_reference
    if not (binding.id_ic and binding.compressed_terminal_key):
        return aborted(key, TerminalProblem.CHIP_NOT_PROVEN)
    if points is None:
        return aborted(key, TerminalProblem.TRUST_POINTS_UNREADABLE)
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
