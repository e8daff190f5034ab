"""Cases of Chip Authentication: I of the ICAO standard and of BSI TR-03105-3.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from chipid.crypto import dh
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.keys import ECPublicKey
from chipid.crypto.points import KeyPair, encode_point
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.protocols import PACEMapping
from chipid.lds.security_infos import ChipAuthenticationInfo
from chipid.protocols.key_agreement import CurveKey, EphemeralKey, compress_public_key, standard_generator

READ_COM: Final = instructions.read_binary_sfi(FileId.COM.sfi, 0, 6)
UNKNOWN_KEY: Final = tlv.encode(0x84, b"\x63")


@dataclass(frozen=True, slots=True)
class Agreement:
    """A protocol of Chip Authentication with the domain of its key and the public key of the chip."""

    info: ChipAuthenticationInfo
    domain: Curve | DHGroup
    chip_key: bytes

    @property
    def curve(self) -> Curve:
        if not isinstance(self.domain, Curve):
            raise NotApplicableError("the key of Chip Authentication does not lie on a curve")
        return self.domain

    @property
    def group(self) -> DHGroup:
        if not isinstance(self.domain, DHGroup):
            raise NotApplicableError("the key of Chip Authentication does not belong to a group")
        return self.domain

    @property
    def good(self) -> bytes:
        """A public key that is one: the generator."""
        if isinstance(self.domain, Curve):
            return encode_point(self.domain, self.domain.generator)
        return dh.encode_public_key(self.domain.g)

    def draw(self, entropy: Entropy) -> EphemeralKey:
        return standard_generator(self.domain).draw(entropy)

    def new_channel(self, key: EphemeralKey) -> TerminalChannel:
        """Secure messaging under the agreed keys."""
        return TerminalChannel(derive_session_keys(key.shared_secret(self.chip_key), self.info.protocol.suite))


def agreement_of(terminal: ConformanceTerminal, *, suites: Callable[[CipherSuite], bool] = lambda _: True) -> Agreement:
    for info, key in terminal.chip.chip_authentication:
        if not suites(info.protocol.suite):
            continue
        if isinstance(key, ECPublicKey):
            return Agreement(info, key.curve, encode_point(key.curve, key.point))
        return Agreement(info, key.group, dh.encode_public_key(key.y))
    raise NotApplicableError("the chip has no such key of Chip Authentication")


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
        agreement = agreement_of(terminal, suites=lambda suite: suite is CipherSuite.TDES or not by_kat)
        terminal.open()
        key = agreement.draw(terminal.entropy)
        _run(terminal, agreement, key, by_kat=by_kat)
        if old_keys:
            terminal.require_dead()
            return
        terminal.channel = agreement.new_channel(key)
        expect_ok(terminal.secure(READ_COM))

    return run


def _run(terminal: ConformanceTerminal, agreement: Agreement, key: EphemeralKey, *, by_kat: bool) -> None:
    if by_kat:
        expect_ok(_kat(terminal, agreement.info, key.public))
        return
    _at(terminal, agreement.info)
    if expect_ok(_general_authenticate(terminal, key.public)) != b"\x7c\x00":
        raise DeviationError("an empty template was expected")


def authenticate_chip(terminal: ConformanceTerminal, open_chip: Script = ConformanceTerminal.open) -> bytes:
    """Open the chip, authenticate it, and go on under the new keys; returns Comp(PK_IFD) (§7.1.2)."""
    agreement = agreement_of(terminal)
    open_chip(terminal)
    key = agreement.draw(terminal.entropy)
    _run(terminal, agreement, key, by_kat=agreement.info.protocol.suite is CipherSuite.TDES)
    terminal.channel = agreement.new_channel(key)
    return compress_public_key(agreement.domain, key.public)


def _after_mapping(terminal: ConformanceTerminal) -> None:
    """Chip Authentication in a session that Chip Authentication Mapping has opened."""
    terminal.pace_variant()
    variants = [one for one in terminal.chip.pace if one.protocol.mapping is PACEMapping.CHIP_AUTHENTICATION]
    if not variants:
        raise NotApplicableError("the chip has no Chip Authentication Mapping")

    def open_chip(opened: ConformanceTerminal) -> None:
        opened.pace(variants[0])
        expect_ok(opened.secure(instructions.select_application(AID_EMRTD)))

    authenticate_chip(terminal, open_chip)
    expect_ok(terminal.secure(READ_COM))


def _borderline(coordinate: str, *, small: bool) -> Script:
    """A key with leading zeros, or with ones, in a coordinate."""

    def run(terminal: ConformanceTerminal) -> None:
        agreement = agreement_of(terminal)
        curve = agreement.curve
        terminal.open()
        pair = KeyPair(curve, search_scalar(curve, curve.generator, coordinate, small=small))
        key = CurveKey(curve, pair, pair.public)
        _run(terminal, agreement, key, by_kat=False)
        terminal.channel = agreement.new_channel(key)
        expect_ok(terminal.secure(READ_COM))

    return run


def refused_key(make: Callable[[Agreement], bytes], *, tag: int = 0x80) -> Script:
    """A key that is none: refused inside the session, which goes on under its old keys."""

    def run(terminal: ConformanceTerminal) -> None:
        agreement = agreement_of(terminal)
        public = make(agreement)
        terminal.open()
        _at(terminal, agreement.info)
        expect_error(_general_authenticate(terminal, public, tag), or_warning=True)
        expect_ok(terminal.secure(READ_COM))

    return run


def _refused_kat(make: Callable[[Agreement], bytes], tag: int) -> Script:
    """The same for MSE:Set KAT."""

    def run(terminal: ConformanceTerminal) -> None:
        agreement = agreement_of(terminal, suites=lambda suite: suite is CipherSuite.TDES)
        data = tlv.encode(tag, make(agreement)) + _reference(agreement.info)
        terminal.open()
        expect_error(terminal.secure(instructions.set_kat(data)), or_warning=True)
        expect_ok(terminal.secure(READ_COM))

    return run


def _either(by_kat: Script, by_at: Script) -> Script:
    """The first on a chip that has 3DES, for which MSE:Set KAT exists, else the second."""

    def run(terminal: ConformanceTerminal) -> None:
        has_tdes = any(info.protocol.suite is CipherSuite.TDES for info, _ in terminal.chip.chip_authentication)
        (by_kat if has_tdes else by_at)(terminal)

    return run


def _good(agreement: Agreement) -> bytes:
    return agreement.good


def _off_curve(agreement: Agreement) -> bytes:
    point = encode_point(agreement.curve, agreement.curve.generator)
    return point[:-1] + bytes((point[-1] ^ 1,))


def _origin(agreement: Agreement) -> bytes:
    return b"\x04" + bytes(2 * agreement.curve.byte_length)


def _above(agreement: Agreement) -> bytes:
    group = agreement.group
    return (group.p + 2).to_bytes(group.byte_length, "big")


def _other_size(agreement: Agreement) -> bytes:
    if isinstance(agreement.domain, Curve):
        return agreement.good[:-1]
    return b"\x01" + bytes(agreement.domain.byte_length)


def _unknown_key(terminal: ConformanceTerminal) -> None:
    agreement = agreement_of(terminal)
    terminal.open()
    data = tlv.encode(0x80, der.oid_value(agreement.info.oid)) + UNKNOWN_KEY
    response = terminal.secure(instructions.set_at_internal_authentication(data))
    if response.sw.is_ok:
        response = _general_authenticate(terminal, agreement.good)
    expect_error(response, or_warning=True)
    expect_ok(terminal.secure(READ_COM))


def _without_access(terminal: ConformanceTerminal) -> None:
    agreement = agreement_of(terminal)
    terminal.hex("00A4040C07A0000002471001")
    kat = tlv.encode(0x91, agreement.good) + _reference(agreement.info)
    expect_error(terminal.plain(instructions.set_kat(kat)))
    data = tlv.encode(0x80, der.oid_value(agreement.info.oid)) + _reference(agreement.info)
    response = terminal.plain(instructions.set_at_internal_authentication(data))
    if not response.sw.is_ok:
        expect_error(response)
    command = instructions.general_authenticate(tlv.encode(0x80, agreement.good), last=True)
    expect_error(terminal.plain(command))


def _plain_inside(terminal: ConformanceTerminal) -> None:
    agreement = agreement_of(terminal)
    terminal.open()
    response = terminal.plain(instructions.set_kat(tlv.encode(0x91, agreement.good)))
    if not response.sw.is_ok:
        expect_error(response)
    terminal.require_dead()


def _plain_at_inside(terminal: ConformanceTerminal) -> None:
    """MSE:Set AT may be answered either way, GENERAL AUTHENTICATE with an error, both in the clear."""
    agreement = agreement_of(terminal)
    terminal.open()
    data = tlv.encode(0x80, der.oid_value(agreement.info.oid)) + _reference(agreement.info)
    response = terminal.plain(instructions.set_at_internal_authentication(data))
    if not response.sw.is_ok:
        expect_error(response)
    command = instructions.general_authenticate(tlv.encode(0x80, agreement.good), last=True)
    expect_error(terminal.plain(command))
    terminal.require_dead()


def _without_length(terminal: ConformanceTerminal) -> None:
    agreement = agreement_of(terminal)
    terminal.open()
    _at(terminal, agreement.info)
    data = tlv.encode(0x7C, tlv.encode(0x80, agreement.good))
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
    Case(id="I_13", purpose="number above p", script=_either(_refused_kat(_above, 0x91), refused_key(_above))),
    Case(id="B33 I_15", purpose="number above p", script=refused_key(_above)),
    Case(
        id="I_14",
        purpose="point not on the curve",
        script=_either(_refused_kat(_off_curve, 0x91), refused_key(_off_curve)),
    ),
    Case(id="B33 I_16", purpose="point not on the curve", script=refused_key(_off_curve)),
    Case(id="I_18", purpose="key of another size", script=refused_key(_other_size)),
    Case(id="B33 I_9", purpose="key (0,0)", script=refused_key(_origin)),
    Case(
        id="I_21",
        purpose="another tag for the key",
        script=_either(_refused_kat(_good, 0x92), refused_key(_good, tag=0x81)),
    ),
    Case(id="B33 I_6", purpose="another tag for the key", script=refused_key(_good, tag=0x81)),
    Case(id="I_15", purpose="Chip Authentication after Chip Authentication Mapping", script=_after_mapping),
    Case(id="I_19", purpose="Chip Authentication without access", script=_without_access),
    Case(id="I_20", purpose="plain Chip Authentication inside a session", script=_plain_inside),
    Case(id="B33 I_4", purpose="plain Chip Authentication inside a session", script=_plain_at_inside),
    Case(id="B33 I_8", purpose="GENERAL AUTHENTICATE without Le", script=_without_length),
)
