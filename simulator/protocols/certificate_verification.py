"""The chip's side of certificate verification: MSE:Set DST and PSO:Verify Certificate.

ICAO Doc 9303-11 §7.1.4.3, §7.1.5.1 and §7.1.5.2; BSI TR-03110-3 §B.11.4 and §B.11.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from apdu.status import (
    AUTHENTICATION_FAILED,
    CONDITIONS_NOT_SATISFIED,
    INCORRECT_P1P2,
    INS_NOT_SUPPORTED,
    REFERENCE_NOT_FOUND,
    SECURITY_STATUS_NOT_SATISFIED,
    WRONG_DATA,
)
from chipid.asn1 import oids
from chipid.pki.chat import Role
from chipid.pki.cv_certificate import CERTIFICATE, CVCertificate, parse_cv_certificate, verify_cv_signature
from chipid.pki.cv_public_key import TerminalPublicKey
from simulator.calls import Call, Outcome, RefusalError, data_objects
from simulator.state import TerminalCertificates
from simulator.trust_points import ImportedKey, root_key, subordinate_key, with_trust_point

PUBLIC_KEY_REFERENCE = 0x83
SELF_DESCRIPTIVE = (0x00, 0xBE)
MAX_IMPORTED = 4

# Who may issue whom (§7.1.4.3, Doc 9303-12 §7.2.1).
_ISSUED_BY: Final[Mapping[Role, frozenset[Role]]] = MappingProxyType(
    {
        Role.CVCA: frozenset({Role.CVCA}),
        Role.DV_DOMESTIC: frozenset({Role.CVCA}),
        Role.DV_FOREIGN: frozenset({Role.CVCA}),
        Role.TERMINAL: frozenset({Role.DV_DOMESTIC, Role.DV_FOREIGN}),
    }
)


def set_dst(call: Call) -> Outcome:
    """MSE:Set DST 81B6: DO'83' names the key that verifies the next certificate.

    6982 before Chip Authentication and after Terminal Authentication, 6A80 for a malformed field, 6A88 for an unknown
    key.
    """
    require_ready(call)
    certificates = replace(call.state.certificates, verifying=find_key(call, call.command.data))
    return Outcome(state=replace(call.state.idle(), certificates=certificates))


def verify_certificate(call: Call) -> Outcome:
    """PSO:Verify Certificate 00BE: body and signature of a certificate, whose key is imported.

    6982 as above, 6A86 for another P1-P2, 6985 without a chosen key, 6A80 for a malformed certificate, 6300 for one
    that is not accepted.
    """
    require_ready(call)
    if (call.command.p1, call.command.p2) != SELF_DESCRIPTIVE:
        raise RefusalError(INCORRECT_P1P2)
    certificates = call.state.certificates
    if certificates.verifying is None:
        raise RefusalError(CONDITIONS_NOT_SATISFIED)
    issuer = certificates.verifying
    try:
        certificate = parse_cv_certificate(tlv.encode(CERTIFICATE, call.command.data))
        key = verify_cv_signature(certificate, issuer.key)
    except MalformedDataError as error:
        raise RefusalError(WRONG_DATA) from error
    except ToolkitError as error:
        raise RefusalError(AUTHENTICATION_FAILED) from error
    today = call.state.memory.today
    if today is None or not _is_acceptable(certificate, key, issuer, today):
        raise RefusalError(AUTHENTICATION_FAILED)
    return _import(call, certificate, key, issuer, today)


def require_ready(call: Call) -> None:
    """Refuse a chip that does not do it (6D00), and before Chip Authentication or a second time in a session (6982)."""
    if call.chip.terminal_authentication is None:
        raise RefusalError(INS_NOT_SUPPORTED)
    terminal = call.state.terminal
    if not terminal.pk_ifd or terminal.terminal_authenticated:
        raise RefusalError(SECURITY_STATUS_NOT_SATISFIED)


def find_key(call: Call, data: bytes) -> ImportedKey:
    """The key that DO'83' names, the latest import first."""
    objects = data_objects(data)
    if set(objects) != {PUBLIC_KEY_REFERENCE} or not objects[PUBLIC_KEY_REFERENCE]:
        raise RefusalError(WRONG_DATA)
    reference = objects[PUBLIC_KEY_REFERENCE].decode("latin-1")
    for one in (*call.state.certificates.imported, *call.state.memory.trust_points):
        if one.reference == reference:
            return one
    raise RefusalError(REFERENCE_NOT_FOUND)


def _is_acceptable(certificate: CVCertificate, key: TerminalPublicKey, issuer: ImportedKey, today: date) -> bool:
    """Everything but the signature: issuer, role, kind of terminal, dates, and a key like the issuer's."""
    role = certificate.role
    if certificate.authority_reference != issuer.reference or certificate.chat.oid != oids.ID_IS:
        return False
    if issuer.role not in _ISSUED_BY[role]:
        return False
    if role is Role.CVCA:
        return True  # a link may have expired, and brings algorithm and parameters of its own
    if role.is_document_verifier and issuer.expiration_date < today:
        return False  # an expired trust point serves for links only
    is_like_issuer = key.oid == issuer.key.oid and key.key.bits == issuer.key.key.bits
    return is_like_issuer and certificate.public_key.curve is None and certificate.expiration_date >= today


def _import(
    call: Call, certificate: CVCertificate, key: TerminalPublicKey, issuer: ImportedKey, today: date
) -> Outcome:
    """Date, trust points and temporary keys change together, as one value (§7.1.4.3.4)."""
    memory, certificates = call.state.memory, call.state.certificates
    if certificate.role is Role.CVCA:
        new = root_key(certificate, key)
        memory = replace(memory, trust_points=with_trust_point(memory.trust_points, new))
        imported = certificates.imported
    else:
        new = subordinate_key(certificate, key, issuer)
        if any(one.reference == new.reference for one in memory.trust_points):
            raise RefusalError(AUTHENTICATION_FAILED)  # a temporary key never replaces a trust point
        others = tuple(one for one in certificates.imported if one.reference != new.reference)
        imported = (new, *others)[:MAX_IMPORTED]
    # The CVCA vouches for the dates of document verifiers too, a document verifier at home for those of terminals.
    if certificate.role is not Role.TERMINAL or new.is_accurate:
        memory = replace(memory, today=max(today, certificate.effective_date))
    state = replace(call.state.idle(), memory=memory, certificates=TerminalCertificates(imported=imported))
    return Outcome(state=state)
