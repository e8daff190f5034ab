"""Cases of Active Authentication: R of the ICAO standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apdu import instructions
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.crypto.iso9796 import verify_recoverable_signature
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme, signature_algorithm_by_oid, verify_signature
from chipid.lds.dg15 import parse_dg15
from chipid.lds.files import FileId

CHALLENGE: Final = bytes.fromhex("5566778811223344")


def _signature(open_chip: Callable[[ConformanceTerminal], None], challenge: bytes, *, refused: bool = False) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        if FileId.DG15 not in terminal.chip.files:
            raise NotApplicableError("the chip has no Active Authentication")
        open_chip(terminal)
        response = terminal.secure(instructions.internal_authenticate(challenge))
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
    return key, expect_ok(terminal.secure(instructions.internal_authenticate(challenge)))


CASES: Final = (
    Case(id="R_2", purpose="a signature in a session of BAC", script=_signature(_by_bac, CHALLENGE)),
    Case(id="R_7", purpose="a signature in a session of PACE", script=_signature(_by_pace, CHALLENGE)),
    Case(id="R_3", purpose="a challenge too short", script=_signature(_by_any, CHALLENGE[:4], refused=True)),
    Case(id="R_4", purpose="a challenge too long", script=_signature(_by_any, CHALLENGE + b"\x99", refused=True)),
    Case(id="R_5", purpose="a signature of RSA is that of the challenge", script=_recoverable),
    Case(id="R_6", purpose="a signature of ECDSA is that of the challenge", script=_plain_signature),
)
