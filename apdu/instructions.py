"""Builders for the commands that an eMRTD understands (ICAO Doc 9303-10 §3.6, ISO/IEC 7816-4 §11).

Each returns the plain command; secure messaging and the length form are the session's business.
"""

from __future__ import annotations

from apdu import tlv
from apdu.command import CHAINING, MAX_EXTENDED_NE, MAX_SHORT_NC, MAX_SHORT_NE, CommandAPDU

GET_CHALLENGE = 0x84
GET_RESPONSE = 0xC0
SELECT = 0xA4
READ_BINARY = 0xB0
READ_BINARY_ODD = 0xB1
EXTERNAL_AUTHENTICATE = 0x82
INTERNAL_AUTHENTICATE = 0x88
GENERAL_AUTHENTICATE = 0x86
MANAGE_SECURITY_ENVIRONMENT = 0x22
PERFORM_SECURITY_OPERATION = 0x2A

MAX_PLAIN_OFFSET = 0x7FFF
OFFSET_OBJECT = 0x54
DATA_OBJECT = 0x53
DYNAMIC_AUTHENTICATION_DATA = 0x7C


def select_mf() -> CommandAPDU:
    """SELECT the master file by its identifier 3F00, no answer expected."""
    return CommandAPDU(cla=0, ins=SELECT, p1=0x00, p2=0x0C, data=b"\x3f\x00")


def select_application(aid: bytes) -> CommandAPDU:
    """SELECT an application by its AID, no answer expected."""
    return CommandAPDU(cla=0, ins=SELECT, p1=0x04, p2=0x0C, data=aid)


def select_ef(fid: int) -> CommandAPDU:
    """SELECT an elementary file of the current application by its two-byte identifier."""
    return CommandAPDU(cla=0, ins=SELECT, p1=0x02, p2=0x0C, data=fid.to_bytes(2, "big"))


def read_binary(offset: int, ne: int) -> CommandAPDU:
    """READ BINARY (B0) of the current EF; the offset has 15 bits."""
    if not 0 <= offset <= MAX_PLAIN_OFFSET:
        raise ValueError(f"READ BINARY B0 reaches offset {MAX_PLAIN_OFFSET}, not {offset}")
    return CommandAPDU(cla=0, ins=READ_BINARY, p1=offset >> 8, p2=offset & 0xFF, ne=ne)


def read_binary_sfi(sfi: int, offset: int, ne: int) -> CommandAPDU:
    """READ BINARY (B0) with a short file identifier, which makes it the current EF; offset 0 to 255."""
    if not 1 <= sfi <= 30 or not 0 <= offset <= 0xFF:
        raise ValueError(f"short file identifier {sfi} with offset {offset} does not fit P1-P2")
    return CommandAPDU(cla=0, ins=READ_BINARY, p1=0x80 | sfi, p2=offset, ne=ne)


def read_binary_odd(offset: int, ne: int, *, reference: int = 0) -> CommandAPDU:
    """READ BINARY (B1) with the offset in DO'54' and the answer in DO'53'.

    ``reference`` goes into P1-P2: 0 for the current EF, a short file identifier, or a file identifier.
    """
    if offset < 0 or not 0 <= reference <= 0xFFFF:
        raise ValueError(f"READ BINARY B1 cannot address offset {offset} of file {reference:X}")
    length = max(1, (offset.bit_length() + 7) // 8)
    data = tlv.encode(OFFSET_OBJECT, offset.to_bytes(length, "big"))
    return CommandAPDU(cla=0, ins=READ_BINARY_ODD, p1=reference >> 8, p2=reference & 0xFF, data=data, ne=ne)


def get_challenge(ne: int = 8) -> CommandAPDU:
    """GET CHALLENGE for ``ne`` random bytes of the chip."""
    return CommandAPDU(cla=0, ins=GET_CHALLENGE, p1=0, p2=0, ne=ne)


def external_authenticate(data: bytes, *, ne: int = 0) -> CommandAPDU:
    """EXTERNAL AUTHENTICATE; with ``ne`` it is the MUTUAL AUTHENTICATE of Basic Access Control."""
    return CommandAPDU(cla=0, ins=EXTERNAL_AUTHENTICATE, p1=0, p2=0, data=data, ne=ne)


def internal_authenticate(challenge: bytes, *, ne: int = MAX_SHORT_NE) -> CommandAPDU:
    """INTERNAL AUTHENTICATE over the terminal's challenge: Active Authentication."""
    return CommandAPDU(cla=0, ins=INTERNAL_AUTHENTICATE, p1=0, p2=0, data=challenge, ne=ne)


def set_at_mutual_authentication(data: bytes) -> CommandAPDU:
    """MSE:Set AT for PACE, P1-P2 C1A4."""
    return CommandAPDU(cla=0, ins=MANAGE_SECURITY_ENVIRONMENT, p1=0xC1, p2=0xA4, data=data)


def set_at_internal_authentication(data: bytes) -> CommandAPDU:
    """MSE:Set AT for Chip Authentication, P1-P2 41A4."""
    return CommandAPDU(cla=0, ins=MANAGE_SECURITY_ENVIRONMENT, p1=0x41, p2=0xA4, data=data)


def set_at_external_authentication(data: bytes) -> CommandAPDU:
    """MSE:Set AT for Terminal Authentication, P1-P2 81A4."""
    return CommandAPDU(cla=0, ins=MANAGE_SECURITY_ENVIRONMENT, p1=0x81, p2=0xA4, data=data)


def set_kat(data: bytes) -> CommandAPDU:
    """MSE:Set KAT for Chip Authentication with 3DES, P1-P2 41A6."""
    return CommandAPDU(cla=0, ins=MANAGE_SECURITY_ENVIRONMENT, p1=0x41, p2=0xA6, data=data)


def set_dst(data: bytes) -> CommandAPDU:
    """MSE:Set DST for the verification of a CV certificate, P1-P2 81B6."""
    return CommandAPDU(cla=0, ins=MANAGE_SECURITY_ENVIRONMENT, p1=0x81, p2=0xB6, data=data)


def verify_certificate(certificate_value: bytes) -> CommandAPDU:
    """PSO:VERIFY CERTIFICATE of a self-descriptive CV certificate (body and signature, without tag 7F21)."""
    return CommandAPDU(cla=0, ins=PERFORM_SECURITY_OPERATION, p1=0, p2=0xBE, data=certificate_value)


def general_authenticate(data: bytes, *, last: bool) -> CommandAPDU:
    """GENERAL AUTHENTICATE with its dynamic authentication data; all but the last step are chained.

    It asks for all there is: what is too long for a short command (Diffie-Hellman keys of 2048 bits) is answered
    with as much.
    """
    template = tlv.encode(DYNAMIC_AUTHENTICATION_DATA, data)
    return CommandAPDU(
        cla=0 if last else CHAINING,
        ins=GENERAL_AUTHENTICATE,
        p1=0,
        p2=0,
        data=template,
        ne=MAX_SHORT_NE if len(template) <= MAX_SHORT_NC else MAX_EXTENDED_NE,
    )
