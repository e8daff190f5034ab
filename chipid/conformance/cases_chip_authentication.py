"""Cases of Chip Authentication: I of the ICAO standard and of BSI TR-03105-3.3."""

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
from chipid.conformance.cases_pace_keys import search_scalar
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.keys import ECPublicKey
from chipid.crypto.points import KeyPair, encode_point, random_scalar
from chipid.lds.files import FileId
from chipid.lds.security_infos import ChipAuthenticationInfo

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


def authenticate_chip(terminal: ConformanceTerminal) -> bytes:
    """Open the chip, authenticate it, and go on under the new keys; returns Comp(PK_IFD) (§7.1.2)."""
    info, key = _key(terminal)
    terminal.open()
    pair = KeyPair(key.curve, random_scalar(key.curve, terminal.entropy))
    _run(terminal, info, key, pair, by_kat=info.protocol.suite is CipherSuite.TDES)
    terminal.channel = TerminalChannel(derive_session_keys(pair.shared_secret(key.point), info.protocol.suite))
    return encode_point(key.curve, pair.public)[1 : 1 + key.curve.byte_length]


def _borderline(coordinate: str, *, small: bool) -> Script:
    """A key with leading zeros, or with ones, in a coordinate."""

    def run(terminal: ConformanceTerminal) -> None:
        terminal.open()
        info, key = _key(terminal)
        secret = search_scalar(key.curve, key.curve.generator, coordinate, small=small)
        pair = KeyPair(key.curve, secret)
        _run(terminal, info, key, pair, by_kat=False)
        terminal.channel = TerminalChannel(derive_session_keys(pair.shared_secret(key.point), info.protocol.suite))
        expect_ok(terminal.secure(READ_COM))

    return run


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
    info, key = _key(terminal)
    terminal.hex("00A4040C07A0000002471001")
    expect_error(terminal.plain(instructions.set_kat(tlv.encode(0x91, _good(key.curve)) + _reference(info))))
    data = tlv.encode(0x80, der.oid_value(info.oid)) + _reference(info)
    response = terminal.plain(instructions.set_at_internal_authentication(data))
    if not response.sw.is_ok:
        expect_error(response)
    expect_error(terminal.plain(instructions.general_authenticate(tlv.encode(0x80, _good(key.curve)), last=True)))


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


CASES: Final = (
    Case(id="I_1", purpose="MSE:Set KAT, then the new keys", script=_authenticate(by_kat=True, old_keys=False)),
    Case(id="I_2", purpose="MSE:Set KAT, then the old keys", script=_authenticate(by_kat=True, old_keys=True)),
    Case(id="I_16", purpose="MSE:Set AT and the new keys", script=_authenticate(by_kat=False, old_keys=False)),
    Case(id="I_17", purpose="MSE:Set AT and the old keys", script=_authenticate(by_kat=False, old_keys=True)),
    Case(id="I_10", purpose="a small y", script=_borderline("y", small=True)),
    Case(id="I_11", purpose="a large y", script=_borderline("y", small=False)),
    Case(id="B33 I_10", purpose="a small x", script=_borderline("x", small=True)),
    Case(id="B33 I_11", purpose="a large x", script=_borderline("x", small=False)),
    Case(id="B33 I_12", purpose="a small y", script=_borderline("y", small=True)),
    Case(id="B33 I_13", purpose="a large y", script=_borderline("y", small=False)),
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
)
