"""Chip Authentication against libeac: the same secret and the same keys from either side, and Comp(PK) alike.

libeac derives the keys of version 2 with a nonce; without it, its function is that of version 1 (Doc 9303-11 §6.2).
"""

from __future__ import annotations

from itertools import count

import pytest

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import TerminalChannel
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.keys import DHPublicKey, ECPublicKey, encode_public_key
from chipid.crypto.points import KeyPair, decode_point, encode_point
from chipid.lds.files import FileId
from chipid.lds.protocols import CHIP_AUTHENTICATION_PROTOCOLS, KeyAgreement
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo
from chipid.protocols import chip_authentication
from chipid.protocols.chip_authentication import ChipAuthenticationChoice
from chipid.protocols.key_agreement import compress_public_key
from simulator.chip import ChipAuthenticationKey
from simulator.randomness import SeededEntropy
from tests.interop.libeac import Context, LibEAC
from tests.interop.libeac_messaging import Messaging
from tests.simulator import cards
from tests.simulator.terminal import Terminal
from tests.support.script_card import drive

Domain = Curve | DHGroup

PRIVATE = 0x1CAFE_0123_4567_89AB
DOMAINS: list[Domain] = [*CURVES.values(), *DH_GROUPS.values()]
VARIANTS = [(domain, CipherSuite.AES_256) for domain in DOMAINS]
VARIANTS += [(domain, suite) for domain in (DOMAINS[4], DOMAINS[-1]) for suite in CipherSuite if suite.strength < 3]
IDS = [f"{domain.name} {suite.name}" for domain, suite in VARIANTS]


@pytest.mark.parametrize(("domain", "suite"), VARIANTS, ids=IDS)
def test_our_terminal_agrees_with_the_chip_of_libeac(libeac: LibEAC, domain: Domain, suite: CipherSuite) -> None:
    chip = _context(libeac, domain, suite)
    chip.static_key(PRIVATE.to_bytes(32, "big"), _public(domain, PRIVATE))
    received: list[bytes] = []

    def answer(command: CommandAPDU) -> ResponseAPDU:
        objects = command.data if command.ins == 0x22 else tlv.parse_one(command.data, 0x7C).value
        received.extend(one.value for one in tlv.parse_all(objects) if one.tag == 0x91 or command.ins == 0x86)
        return ResponseAPDU(data=b"" if command.ins == 0x22 else b"\x7c\x00")

    for seed in count():
        received.clear()
        entropy = SeededEntropy(b"terminal%d" % seed)
        result = drive(chip_authentication.authenticate(_choice(domain, suite), entropy), answer)
        secret = chip.agree_with_chip(received[0])
        if len(secret) == domain.byte_length:  # libeac drops leading zeros, see test_libeac_pace
            break
    assert received == [result.terminal_public_key]
    assert chip.compress("CA", received[0]) == _cut(domain, result.compressed_terminal_key)
    assert result.keys == derive_session_keys(secret, suite)
    chip.derive_version_1_keys()
    theirs, channel = Messaging(chip, "CA"), TerminalChannel(result.keys)
    command = instructions.read_binary(0, 100)
    protected = channel.protect(command)
    assert theirs.open_command(protected).header == command.header
    answered = ResponseAPDU(data=bytes(100))
    assert channel.unprotect(ResponseAPDU(data=theirs.protect_response(answered))) == answered


@pytest.mark.parametrize(("domain", "suite"), VARIANTS, ids=IDS)
def test_the_terminal_of_libeac_agrees_with_our_card(libeac: LibEAC, domain: Domain, suite: CipherSuite) -> None:
    oid = _oid(domain, suite)
    key = ChipAuthenticationKey(key_id=None, domain=domain, private=PRIVATE, suites={oid: suite})
    card = cards.card(chip_authentication=(key,), extended_length=True)
    terminal = Terminal(card)
    terminal.bac()
    for seed in count():
        theirs = _context(libeac, domain, suite, seed)
        compressed = theirs.chip_key_for_terminal()
        public = theirs.ephemeral_chip_authentication_key()
        secret = theirs.agree_with_chip(_public(domain, PRIVATE))
        if len(secret) == domain.byte_length:
            break
    if suite is CipherSuite.TDES:
        assert terminal.secure(instructions.set_kat(tlv.encode(0x91, public))).sw == 0x9000
    else:
        algorithm = tlv.encode(0x80, der.oid_value(oid))
        assert terminal.secure(instructions.set_at_internal_authentication(algorithm)).sw == 0x9000
        assert terminal.secure(instructions.general_authenticate(tlv.encode(0x80, public), last=True)).sw == 0x9000
    theirs.derive_version_1_keys()
    messaging = Messaging(theirs, "CA")
    protected = messaging.protect_command(instructions.read_binary_sfi(FileId.COM.sfi, 0, 6))
    sent = CommandAPDU(cla=0x0C, ins=0xB0, p1=protected[2], p2=0, data=protected[4:], ne=256)
    opened = messaging.open_response(terminal.plain(sent))
    assert (opened.sw, opened.data) == (0x9000, cards.EF_COM[:6])
    assert _cut(domain, card.state.terminal.pk_ifd) == compressed


def test_a_short_coordinate_is_compressed_whole_by_us_and_cut_by_libeac(libeac: LibEAC) -> None:
    """Doc 9303-11 §7.1.4.2.3: an octet string of fixed length. Half of all points of secp521r1 are affected."""
    curve = CURVES["secp256r1"]
    public = next(
        encoded
        for encoded in (encode_point(curve, KeyPair(curve, scalar).public) for scalar in count(1))
        if encoded[1] == 0
    )
    context = _context(libeac, curve, CipherSuite.AES_128)
    assert compress_public_key(curve, public) == public[1:33]
    assert context.compress("CA", public) == _cut(curve, public[1:33]) != public[1:33]


def _context(libeac: LibEAC, domain: Domain, suite: CipherSuite, seed: int = 0) -> Context:
    context = libeac.context(b"chip authentication %d" % seed)
    context.init_chip_authentication(_oid(domain, suite), domain.parameter_id)
    return context


def _cut(domain: Domain, compressed: bytes) -> bytes:
    """Comp(PK) as libeac writes it: coordinates without leading zeros, and hash values of numbers whole."""
    return compressed.lstrip(b"\x00") if isinstance(domain, Curve) else compressed


def _agreement(domain: Domain) -> KeyAgreement:
    return KeyAgreement.ECDH if isinstance(domain, Curve) else KeyAgreement.DH


def _oid(domain: Domain, suite: CipherSuite) -> str:
    return next(
        oid
        for oid, one in CHIP_AUTHENTICATION_PROTOCOLS.items()
        if (one.agreement, one.suite) == (_agreement(domain), suite)
    )


def _public(domain: Domain, private: int) -> bytes:
    if isinstance(domain, Curve):
        return encode_point(domain, KeyPair(domain, private).public)
    return pow(domain.g, private, domain.p).to_bytes(domain.byte_length, "big").lstrip(b"\x00")


def _choice(domain: Domain, suite: CipherSuite) -> ChipAuthenticationChoice:
    if isinstance(domain, Curve):
        point = decode_point(domain, _public(domain, PRIVATE))
        oid, spki = oids.ID_PK_ECDH, encode_public_key(ECPublicKey(curve=domain, point=point, explicit=True))
    else:
        y = int.from_bytes(_public(domain, PRIVATE), "big")
        oid, spki = oids.ID_PK_DH, encode_public_key(DHPublicKey(group=domain, y=y))
    key = ChipAuthenticationPublicKeyInfo(oid=oid, spki=spki)
    return ChipAuthenticationChoice(oid=_oid(domain, suite), suite=suite, key=key)
