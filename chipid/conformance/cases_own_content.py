"""Cases of our own about what files say together: that they are those that were signed, and that the key is the chip's.

The published cases look at each file by itself. A chip whose data group was exchanged, or whose Chip Authentication
Mapping proves another key than the signed one, passes them (ICAO Doc 9303-10 §4.6.2, Doc 9303-11 §4.4.3.5).
"""

from __future__ import annotations

import hashlib
from typing import Final

from apdu import instructions
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Risk, Script
from chipid.conformance.cases_eac_files import has_terminal_authentication
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.conformance.terminal_steps import TerminalSteps
from chipid.crypto.chip_authentication_mapping import (
    decrypt_chip_authentication_data,
    verify_chip_authentication_data,
)
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.keys import ECPublicKey
from chipid.crypto.points import decode_point
from chipid.lds.ef_card_security import parse_card_security
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_sod import SOD, parse_sod
from chipid.lds.files import FileId
from chipid.lds.protocols import PACEMapping

CHIP_AUTHENTICATION_DATA: Final = 0x8A
LOCKED: Final = (FileId.DG3, FileId.DG4)
LONGEST: Final = 256


def _sod(terminal: ConformanceTerminal) -> SOD:
    terminal.open()
    content = terminal.file(FileId.SOD)
    if not content:
        raise DeviationError("EF.SOD cannot be read")
    return parse_sod(content)


def _hashes(terminal: ConformanceTerminal) -> None:
    """Every group that can be read has the hash that EF.SOD signs."""
    sod = _sod(terminal)
    for number, expected in sod.data_group_hashes.items():
        content = terminal.file(FileId.data_group(number))
        if content:
            _require_hash(sod, number, content, expected)


def _require_hash(sod: SOD, number: int, content: bytes, expected: bytes) -> None:
    if hashlib.new(sod.hash_algorithm, content, usedforsecurity=False).digest() != expected:
        raise DeviationError(f"DG{number} is not the one that was signed")


def _locked_hashes(terminal: ConformanceTerminal) -> None:
    """The same for fingers and irises, after Terminal Authentication."""
    if not has_terminal_authentication(terminal):
        raise NotApplicableError("the chip has no Terminal Authentication")
    sod = _sod(terminal)
    terminal.reset()
    steps = TerminalSteps.begin(terminal)
    steps.chain()
    steps.authenticate()
    for file in LOCKED:
        number = file.dg_number or 0
        content = terminal.file(file)
        if content and number in sod.data_group_hashes:
            _require_hash(sod, number, content, sod.data_group_hashes[number])
        elif content:
            raise DeviationError(f"{file.label} is not signed")


def _lists(terminal: ConformanceTerminal) -> None:
    """EF.COM lists what EF.SOD signs."""
    sod = _sod(terminal)
    if set(parse_ef_com(terminal.file(FileId.COM)).data_groups) != set(sod.data_group_hashes):
        raise DeviationError("EF.COM does not list the groups that EF.SOD signs")


def _mapping_proves_the_key(terminal: ConformanceTerminal) -> None:
    """CA_IC joins the mapping key to the signed key of EF.CardSecurity."""
    terminal.pace_variant()
    variant = next((one for one in terminal.chip.pace if one.protocol.mapping is PACEMapping.CHIP_AUTHENTICATION), None)
    if variant is None or not isinstance(variant.domain, Curve):
        raise NotApplicableError("the chip has no Chip Authentication Mapping")
    steps = terminal.pace_start(variant)
    terminal.pace_to(steps, 3)
    encrypted = terminal.pace_finish(steps).get(CHIP_AUTHENTICATION_DATA, b"")
    if not encrypted or steps.keys is None:
        raise DeviationError("there is no DO'8A' with Chip Authentication Mapping")
    ca_ic = decrypt_chip_authentication_data(steps.keys, encrypted)
    infos = parse_card_security(terminal.file(FileId.CARD_SECURITY)).security_infos.chip_authentication_keys
    keys = [one.public_key for one in infos if one.key_id in (None, variant.parameter_id)]
    points = [key.point for key in keys if isinstance(key, ECPublicKey) and key.curve == variant.domain]
    if not points:
        raise DeviationError("EF.CardSecurity has no key for Chip Authentication Mapping")
    pk_map_ic = decode_point(variant.domain, steps.mapping_ic)
    verify_chip_authentication_data(variant.domain, ca_ic, pk_ic=points[0], pk_map_ic=pk_map_ic)


# What a session must survive


def _long_read(terminal: ConformanceTerminal) -> None:
    """The longest read in short length is answered inside the session, which goes on."""
    terminal.open()
    expect_ok(terminal.secure(instructions.select_ef(FileId.SOD.fid)))
    response = terminal.secure(instructions.read_binary(0, LONGEST))
    if response.sw not in (0x9000, 0x6282) and response.sw.sw1 != 0x6C:
        expect_error(response)
    expect_ok(terminal.secure(instructions.read_binary(0, 6)))


def _after_wrong_password(terminal: ConformanceTerminal) -> None:
    """A wrong password does not spoil the right one after it."""
    steps = terminal.pace_start()
    terminal.pace_to(steps, 3)
    wrong = instructions.general_authenticate(bytes.fromhex("85080000000000000000"), last=True)
    expect_error(terminal.plain(wrong), or_warning=True)
    terminal.pace()


def _after_reset(terminal: ConformanceTerminal) -> None:
    """A reset ends the session."""
    terminal.open()
    protected = terminal.protect(instructions.read_binary_sfi(FileId.COM.sfi, 0, 6))
    channel = terminal.channel
    terminal.reset()
    terminal.channel = channel
    expect_error(terminal.send_protected(protected, "SM (after a reset)"))


_CONTENT: Final[tuple[tuple[str, Script], ...]] = (
    ("the data groups are those that EF.SOD signs", _hashes),
    ("fingers and irises are those that EF.SOD signs", _locked_hashes),
    ("EF.COM lists what EF.SOD signs", _lists),
    ("Chip Authentication Mapping proves the signed key", _mapping_proves_the_key),
)
_SESSION: Final[tuple[tuple[str, Script, Risk], ...]] = (
    ("the longest read leaves the session alive", _long_read, Risk.NONE),
    ("a session after a reset", _after_reset, Risk.NONE),
    ("the right password after a wrong one", _after_wrong_password, Risk.WRONG_KEY),
)
CASES: Final = (
    *(
        Case(id=f"X_LDS_{number}", purpose=purpose, script=script)
        for number, (purpose, script) in enumerate(_CONTENT, start=1)
    ),
    *(
        Case(id=f"X_SES_{number}", purpose=purpose, script=script, risk=risk)
        for number, (purpose, script, risk) in enumerate(_SESSION, start=1)
    ),
)
