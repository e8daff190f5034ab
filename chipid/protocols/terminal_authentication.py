"""Terminal Authentication version 1, terminal side (ICAO Doc 9303-11 §7.1, BSI TR-03110-1 §3.5).

The terminal proves what it may read. It runs under the keys of Chip Authentication, or of PACE with Chip
Authentication Mapping, to whose ephemeral key its signature binds the rights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from apdu import instructions, tlv
from apdu.errors import MalformedDataError
from apdu.script import CardScript
from chipid.errors import AccessKeyError, ProtocolError, TerminalKeyError
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.pki.chat import CHAT, effective_rights
from chipid.pki.cv_certificate import CVCertificate
from chipid.pki.cv_reference import encode_reference
from chipid.protocols.terminal_key import TerminalKey, find_chain

VERSION = 1
CHALLENGE_LENGTH = 8
KEY_REFERENCE: Final = 0x83
# The dates of birth and expiry with their check digits, which follow the number in the MRZ information.
_AFTER_NUMBER: Final = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalAuthenticationResult:
    """The certificates that the chip took, and what they allow together, as far as the terminal knows.

    The rights of the trust point itself are the chip's knowledge and may be fewer.
    """

    certificates: tuple[bytes, ...] = field(repr=False)
    rights: CHAT
    challenge: bytes = field(repr=False)


def document_number_identifier(access_key: AccessKey) -> bytes:
    """ID_IC after Basic Access Control: the document number of the MRZ with its check digit (§7.1.2).

    Raises :class:`AccessKeyError` for a key without document number; PACE has an ID_IC of its own.
    """
    if access_key.kind is not AccessKeyKind.MRZ:
        raise AccessKeyError("the access key holds no document number")
    return access_key.secret[:-_AFTER_NUMBER]


def authenticate(
    key: TerminalKey, *, trust_points: Sequence[str], id_ic: bytes, compressed_terminal_key: bytes
) -> CardScript[TerminalAuthenticationResult]:
    """Present the terminal's certificates and sign the chip's challenge (§7.1.2).

    ``trust_points`` are the references that EF.CVCA or PACE named, ``id_ic`` is Comp(PK_IC) of PACE or
    :func:`document_number_identifier`, ``compressed_terminal_key`` Comp(PK_IFD) of the last key agreement that
    authenticated the chip.

    Raises before any command :class:`TerminalKeyError` if no chain leads to a trust point; :class:`StatusError` if
    the chip refuses a certificate or the signature, :class:`ProtocolError` for a challenge of a wrong length.
    Secure messaging goes on in either case.
    """
    chain = find_chain(key, trust_points)
    rights = _rights(chain)
    for certificate in chain:
        reference = tlv.encode(KEY_REFERENCE, encode_reference(certificate.authority_reference))
        response = yield instructions.set_dst(reference)
        response.expect_ok("MSE:Set DST")
        response = yield instructions.verify_certificate(certificate.value)
        response.expect_ok("PSO:Verify Certificate")

    reference = tlv.encode(KEY_REFERENCE, encode_reference(chain[-1].holder_reference))
    response = yield instructions.set_at_external_authentication(reference)
    response.expect_ok("MSE:Set AT (Terminal Authentication)")
    response = yield instructions.get_challenge(CHALLENGE_LENGTH)
    r_ic = response.expect_ok("GET CHALLENGE")
    if len(r_ic) != CHALLENGE_LENGTH:
        raise ProtocolError(f"the chip's challenge has {len(r_ic)} bytes, not {CHALLENGE_LENGTH}")
    s_ifd = key.sign(id_ic + r_ic + compressed_terminal_key)
    response = yield instructions.external_authenticate(s_ifd)
    response.expect_ok("EXTERNAL AUTHENTICATE")
    return TerminalAuthenticationResult(certificates=tuple(one.raw for one in chain), rights=rights, challenge=r_ic)


def _rights(chain: Sequence[CVCertificate]) -> CHAT:
    try:
        return effective_rights(one.chat for one in chain)
    except MalformedDataError as error:
        raise TerminalKeyError("the terminal's certificates are for different kinds of terminals") from error
