"""Cases of Active Authentication: R of the ICAO standard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from apdu import instructions
from apdu.command import MAX_EXTENDED_NE, CommandAPDU
from apdu.errors import CardRemovedError, DeadlineError, ToolkitError
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.crypto.iso9796 import verify_recoverable_signature
from chipid.crypto.keys import ECPublicKey, PublicKey, RSAPublicKey
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme, signature_algorithm_by_oid, verify_signature
from chipid.lds.dg15 import parse_dg15
from chipid.lds.files import FileId

LONGEST_IN_SHORT: Final = 1760  # bits of a signature that fits a short answer with the objects of its protection
CHALLENGE: Final = bytes.fromhex("5566778811223344")


def _signature(open_chip: Callable[[ConformanceTerminal], None], challenge: bytes, *, refused: bool = False) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        if FileId.DG15 not in terminal.chip.files:
            raise NotApplicableError("the chip has no Active Authentication")
        open_chip(terminal)
        response = terminal.secure(_command(challenge, _key(terminal)))
        if refused:
            expect_error(response)
        elif not expect_ok(response):
            raise DeviationError("the signature is empty")

    return run


def _by_bac(terminal: ConformanceTerminal) -> None:
    terminal.bac()


def _by_pace(terminal: ConformanceTerminal) -> None:
    terminal.pace()
    expect_ok(terminal.secure_hex("00A4040C07A0000002471001"))


def _by_any(terminal: ConformanceTerminal) -> None:
    terminal.open()


def _recoverable(terminal: ConformanceTerminal) -> None:
    """Trailer, hash value and recoverable part are those of scheme 1 of ISO/IEC 9796-2."""
    key, signature = key_and_signature(terminal, CHALLENGE)
    if not isinstance(key, RSAPublicKey):
        raise NotApplicableError("the key is not one of RSA")
    verify_recoverable_signature(key, signature, CHALLENGE)


def _plain_signature(terminal: ConformanceTerminal) -> None:
    """The signature is r and s side by side, over the hash function that DG14 names."""
    key, signature = key_and_signature(terminal, CHALLENGE)
    verify_plain_signature(terminal, key, CHALLENGE, signature)


def verify_plain_signature(terminal: ConformanceTerminal, key: object, challenge: bytes, signature: bytes) -> None:
    """Raises :class:`SignatureError` for a wrong one."""
    if not isinstance(key, ECPublicKey):
        raise NotApplicableError("the key is not one on a curve")
    infos = () if terminal.chip.security_options is None else terminal.chip.security_options.active_authentication
    if not infos:
        raise NotApplicableError("DG14 does not name the hash function")
    hash_name = signature_algorithm_by_oid(infos[0].signature_algorithm).hash_name
    algorithm = SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name=hash_name)
    verify_signature(key, algorithm, challenge, signature)


def key_and_signature(terminal: ConformanceTerminal, challenge: bytes) -> tuple[object, bytes]:
    """The public key of DG15, and a signature of the challenge."""
    if FileId.DG15 not in terminal.chip.files:
        raise NotApplicableError("the chip has no Active Authentication")
    terminal.open()
    key = parse_dg15(terminal.file(FileId.DG15)).public_key
    return key, expect_ok(terminal.secure(_command(challenge, key)))


def _key(terminal: ConformanceTerminal) -> PublicKey | None:
    """The public key; None for one that cannot be understood, about which other cases are."""
    try:
        return parse_dg15(terminal.file(FileId.DG15)).public_key
    except (CardRemovedError, DeadlineError):
        raise
    except ToolkitError:
        return None


def _command(challenge: bytes, key: PublicKey | None) -> CommandAPDU:
    """INTERNAL AUTHENTICATE, in extended length where the protected signature is too long for a short answer."""
    command = instructions.internal_authenticate(challenge)
    is_long = isinstance(key, RSAPublicKey) and key.bits > LONGEST_IN_SHORT
    return replace(command, ne=MAX_EXTENDED_NE, extended=True) if is_long else command


CASES: Final = (
    Case(id="R_2", purpose="a signature in a session of BAC", script=_signature(_by_bac, CHALLENGE)),
    Case(id="R_7", purpose="a signature in a session of PACE", script=_signature(_by_pace, CHALLENGE)),
    Case(id="R_3", purpose="a challenge too short", script=_signature(_by_any, CHALLENGE[:4], refused=True)),
    Case(id="R_4", purpose="a challenge too long", script=_signature(_by_any, CHALLENGE + b"\x99", refused=True)),
    Case(id="R_5", purpose="a signature of RSA is that of the challenge", script=_recoverable),
    Case(id="R_6", purpose="a signature of ECDSA is that of the challenge", script=_plain_signature),
)
