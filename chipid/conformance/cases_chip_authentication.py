"""Cases of Chip and Active Authentication: I and R of the ICAO standard, I of BSI TR-03105-3.3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import TerminalChannel
from chipid.asn1 import der
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Script
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.keys import ECPublicKey
from chipid.crypto.points import KeyPair, encode_point, random_scalar
from chipid.lds.files import FileId
from chipid.lds.security_infos import ChipAuthenticationInfo

CHALLENGE: Final = bytes.fromhex("5566778811223344")
READ_COM: Final = instructions.read_binary_sfi(FileId.COM.sfi, 0, 6)
UNKNOWN_KEY: Final = tlv.encode(0x84, b"\x63")


def _key(
    terminal: ConformanceTerminal, *, suites: Callable[[CipherSuite], bool] = lambda _: True
) -> tuple[ChipAuthenticationInfo, ECPublicKey]:
    for info, key in terminal.chip.chip_authentication:
        if suites(info.protocol.suite):
            return info, key
    raise NotApplicableError("the chip has no such key of Chip Authentication on a curve")


def _reference(info: ChipAuthenticationInfo) -> bytes:
    return b"" if info.key_id is None else tlv.encode(0x84, der.encode_integer(info.key_id)[2:])


def _kat(terminal: ConformanceTerminal, info: ChipAuthenticationInfo, public: bytes) -> ResponseAPDU:
    return terminal.secure(instructions.set_kat(tlv.encode(0x91, public) + _reference(info)))


def _at(terminal: ConformanceTerminal, info: ChipAuthenticationInfo) -> None:
    data = tlv.encode(0x80, der.oid_value(info.oid)) + _reference(info)
    expect_ok(terminal.secure(instructions.set_at_internal_authentication(data)))


def _general_authenticate(terminal: ConformanceTerminal, public: bytes, tag: int = 0x80) -> ResponseAPDU:
    return terminal.secure(instructions.general_authenticate(tlv.encode(tag, public), last=True))


def _authenticate(*, by_kat: bool, old_keys: bool) -> Script:
    """Chip Authentication; then the new keys hold, or the old ones are tried and refused."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        info, key = _key(terminal, suites=lambda suite: suite is CipherSuite.TDES or not by_kat)
        pair = KeyPair(key.curve, random_scalar(key.curve, terminal.entropy))
        _run(terminal, info, key, pair, by_kat=by_kat)
        if old_keys:
            terminal.require_dead()
            return
        keys = derive_session_keys(pair.shared_secret(key.point), info.protocol.suite)
        terminal.channel = TerminalChannel(keys)
        expect_ok(terminal.secure(READ_COM))

    return run


def _run(
    terminal: ConformanceTerminal, info: ChipAuthenticationInfo, key: ECPublicKey, pair: KeyPair, *, by_kat: bool
) -> None:
    public = encode_point(key.curve, pair.public)
    if by_kat:
        expect_ok(_kat(terminal, info, public))
        return
    _at(terminal, info)
    if expect_ok(_general_authenticate(terminal, public)) != b"\x7c\x00":
        raise DeviationError("an empty template was expected")


def _refused(make: Callable[[Curve], bytes], *, tag: int = 0x80) -> Script:
    """A key that is none: refused inside the session, which goes on under its old keys."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        info, key = _key(terminal)
        _at(terminal, info)
        expect_error(_general_authenticate(terminal, make(key.curve), tag), or_warning=True)
        expect_ok(terminal.secure(READ_COM))

    return run


def _good(curve: Curve) -> bytes:
    return encode_point(curve, curve.generator)


def _off_curve(curve: Curve) -> bytes:
    point = _good(curve)
    return point[:-1] + bytes((point[-1] ^ 1,))


def _unknown_key(terminal: ConformanceTerminal) -> None:
    terminal.open()
    info, _ = _key(terminal)
    data = tlv.encode(0x80, der.oid_value(info.oid)) + UNKNOWN_KEY
    response = terminal.secure(instructions.set_at_internal_authentication(data))
    if response.sw.is_ok:
        response = _general_authenticate(terminal, _good(_key(terminal)[1].curve))
    expect_error(response, or_warning=True)
    expect_ok(terminal.secure(READ_COM))


def _without_access(terminal: ConformanceTerminal) -> None:
    _, key = _key(terminal)
    terminal.hex("00A4040C07A0000002471001")
    expect_error(terminal.plain(instructions.set_kat(tlv.encode(0x91, _good(key.curve)))))


def _plain_inside(terminal: ConformanceTerminal) -> None:
    terminal.open()
    _, key = _key(terminal)
    response = terminal.plain(instructions.set_kat(tlv.encode(0x91, _good(key.curve))))
    if not response.sw.is_ok:
        expect_error(response)
    terminal.require_dead()


def _without_length(terminal: ConformanceTerminal) -> None:
    terminal.open()
    info, key = _key(terminal)
    _at(terminal, info)
    data = tlv.encode(0x7C, tlv.encode(0x80, _good(key.curve)))
    expect_error(terminal.secure(CommandAPDU(cla=0, ins=0x86, p1=0, p2=0, data=data)))


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


CASES: Final = (
    Case(id="I_1", purpose="MSE:Set KAT, then the new keys", script=_authenticate(by_kat=True, old_keys=False)),
    Case(id="I_2", purpose="MSE:Set KAT, then the old keys", script=_authenticate(by_kat=True, old_keys=True)),
    Case(id="I_16", purpose="MSE:Set AT and the new keys", script=_authenticate(by_kat=False, old_keys=False)),
    Case(id="I_17", purpose="MSE:Set AT and the old keys", script=_authenticate(by_kat=False, old_keys=True)),
    Case(id="I_12", purpose="unknown key reference", script=_unknown_key),
    Case(id="B33 I_14", purpose="unknown key reference", script=_unknown_key),
    Case(id="I_14", purpose="point not on the curve", script=_refused(_off_curve)),
    Case(id="B33 I_16", purpose="point not on the curve", script=_refused(_off_curve)),
    Case(id="I_18", purpose="key of another size", script=_refused(lambda curve: _good(curve)[:-1])),
    Case(id="B33 I_9", purpose="key (0,0)", script=_refused(lambda curve: b"\x04" + bytes(2 * curve.byte_length))),
    Case(id="I_21", purpose="another tag for the key", script=_refused(_good, tag=0x81)),
    Case(id="B33 I_6", purpose="another tag for the key", script=_refused(_good, tag=0x81)),
    Case(id="I_19", purpose="Chip Authentication without access", script=_without_access),
    Case(id="I_20", purpose="plain Chip Authentication inside a session", script=_plain_inside),
    Case(id="B33 I_8", purpose="GENERAL AUTHENTICATE without Le", script=_without_length),
    Case(id="R_2", purpose="a signature in a session of BAC", script=_signature(_by_bac, CHALLENGE)),
    Case(id="R_7", purpose="a signature in a session of PACE", script=_signature(_by_pace, CHALLENGE)),
    Case(id="R_3", purpose="a challenge too short", script=_signature(_by_any, CHALLENGE[:4], refused=True)),
    Case(id="R_4", purpose="a challenge too long", script=_signature(_by_any, CHALLENGE + b"\x99", refused=True)),
)
