"""PACE with libeac on the other side: our terminal opens its chip, its terminal opens our card, and messages agree."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from apdu import instructions
from apdu.ciphers import CipherSuite
from apdu.secure_messaging import SessionKeys
from apdu.session import CardSession
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.kdf import adjust_parity, derive_session_keys
from chipid.errors import WrongAccessKeyError
from chipid.lds.files import FileId
from chipid.lds.protocols import PACEMapping
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.mrz.mrz import parse_mrz
from chipid.protocols import pace
from simulator.access_rules import PasswordId
from simulator.card_os import CardOS
from simulator.chip import PACEOffer
from simulator.randomness import SeededEntropy
from tests.interop.libeac import LibEAC, RefusedError
from tests.interop.libeac_chip import LibEACChip, LibEACTerminal, Password, pace_context
from tests.protocols.pace_card import pace_choice, pace_info
from tests.simulator import cards

Domain = Curve | DHGroup

FILE = bytes(range(256)) * 2
# TD1 as libeac takes it: whole, without line breaks.
ZONE = "IDVNM0990000017001099000001<<89901018M3901016VNM<<<<<<<<<<<4NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<"
LONG_NUMBER_ZONE = "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<"
CAN = Password(kind=2, secret=b"123456")
KEYS = {
    CAN: AccessKey.from_can("123456"),
    Password(kind=1, secret=ZONE.encode()): AccessKey.from_mrz(parse_mrz(ZONE)),
    Password(kind=3, secret=b"654321"): AccessKey.from_pin("654321"),
    Password(kind=4, secret=b"0123456789"): AccessKey.from_puk("0123456789"),
}
REFUSED = 0x6300
DOMAINS: list[Domain] = [*CURVES.values(), *DH_GROUPS.values()]
# Every curve and group with one suite, every suite with one curve; all of them in the long run.
VARIANTS = [
    pytest.param(
        *(domain, suite),
        id=f"{domain.name} {suite.name}",
        marks=() if suite is CipherSuite.AES_256 or domain.name == "brainpoolP256r1" else pytest.mark.long,
    )
    for domain, suite in product(DOMAINS, CipherSuite)
]


@pytest.mark.parametrize(("domain", "suite"), VARIANTS)
def test_our_terminal_opens_the_chip_of_libeac(libeac: LibEAC, domain: Domain, suite: CipherSuite) -> None:
    chip, keys = _open_chip(libeac, domain, suite)
    assert keys == derive_session_keys(chip.shared_secret, suite)


@pytest.mark.parametrize(("domain", "suite"), VARIANTS)
def test_the_terminal_of_libeac_opens_our_card(libeac: LibEAC, domain: Domain, suite: CipherSuite) -> None:
    for seed in range(100):
        terminal = _terminal(libeac, domain, suite, seed=seed)
        sw = terminal.pace(pace_info(domain, suite), CAN)
        if len(terminal.shared_secret) == domain.byte_length:
            break
        assert sw == REFUSED  # libeac hashes the secret without its leading zeros, see the test below
    assert sw == 0x9000
    _assert_reads(terminal)


def test_a_secret_with_leading_zeros_is_hashed_whole_by_us_and_cut_by_libeac(libeac: LibEAC) -> None:
    """Over groups: Doc 9303-11 §9.6 agrees by PKCS #3, whose secret is as long as the prime."""
    group, suite = DH_GROUPS["modp1024-160"], CipherSuite.AES_128
    for seed in range(5000):
        terminal = _terminal(libeac, group, suite, seed=seed)
        sw = terminal.pace(pace_info(group, suite), CAN)
        assert (sw == 0x9000) is (len(terminal.shared_secret) == group.byte_length)
        if sw != 0x9000:
            break
    assert sw == REFUSED
    assert bytes.fromhex(terminal.keys[0]) == derive_session_keys(terminal.shared_secret, suite).ks_enc


@pytest.mark.parametrize("password", KEYS, ids=lambda one: AccessKeyKind(one.kind).name)
def test_every_password_is_encoded_alike(libeac: LibEAC, password: Password) -> None:
    curve, suite = CURVES["brainpoolP256r1"], CipherSuite.AES_256
    _open_chip(libeac, curve, suite, password=password)
    terminal = _terminal(libeac, curve, suite, password=password)
    assert terminal.pace(pace_info(curve, suite), password) == 0x9000
    _assert_reads(terminal)


def test_a_long_document_number_is_read_whole_by_us_and_cut_by_libeac(libeac: LibEAC) -> None:
    """Doc 9303-11 §4.3.2 takes all characters of the number, those in the optional data too; libeac the field alone."""
    curve, suite = CURVES["secp256r1"], CipherSuite.AES_128
    password = Password(kind=1, secret=LONG_NUMBER_ZONE.encode())
    with pytest.raises(WrongAccessKeyError):
        _open_chip(libeac, curve, suite, password=password, key=AccessKey.from_mrz(parse_mrz(LONG_NUMBER_ZONE)))
    cut = AccessKey(kind=AccessKeyKind.MRZ, secret=b"D23145890<" + b"3407127" + b"9507122")
    _open_chip(libeac, curve, suite, password=password, key=cut)


@pytest.mark.parametrize("domain", [CURVES["secp256r1"], DH_GROUPS["modp2048-256"]], ids=lambda one: str(one.name))
def test_both_find_out_a_wrong_password(libeac: LibEAC, domain: Domain) -> None:
    suite, wrong = CipherSuite.AES_128, Password(kind=2, secret=b"000000")
    with pytest.raises(WrongAccessKeyError):
        _open_chip(libeac, domain, suite, password=wrong, key=KEYS[CAN])
    terminal = _terminal(libeac, domain, suite, password=wrong)
    assert terminal.pace(pace_info(domain, suite), wrong) == REFUSED


@pytest.mark.parametrize("mapping", [PACEMapping.INTEGRATED, PACEMapping.CHIP_AUTHENTICATION])
def test_libeac_has_no_other_mapping(libeac: LibEAC, mapping: PACEMapping) -> None:
    """Its Integrated Mapping is a draft's (BSI TR-03110 version 2.01), which today's identifiers do not reach."""
    info = pace_info(CURVES["secp256r1"], CipherSuite.AES_128, mapping)
    with pytest.raises(RefusedError):
        pace_context(libeac, info, CAN, b"").enc_nonce()


def _open_chip(
    libeac: LibEAC, domain: Domain, suite: CipherSuite, *, password: Password = CAN, key: AccessKey | None = None
) -> tuple[LibEACChip, SessionKeys]:
    """Open the chip of libeac with our terminal, read its file under the new keys; what both agreed on."""
    info = pace_info(domain, suite)
    choice = pace_choice(domain, suite)
    for seed in range(100):
        chip = LibEACChip(pace_context(libeac, info, password, b"chip%d" % seed), info, FILE)
        session = CardSession(chip, clock=lambda: 0.0)
        entropy = SeededEntropy(b"terminal%d" % seed)
        try:
            result = session.run(pace.authenticate(choice, key or KEYS[password], entropy))
        except WrongAccessKeyError:
            if len(chip.shared_secret) == domain.byte_length:
                raise
            continue
        assert [result.keys.ks_enc, result.keys.ks_mac] == [_with_parity(one, suite) for one in chip.keys]
        session.start_secure_messaging(result.keys)
        assert session.transmit(instructions.select_ef(FileId.COM.fid)).sw == 0x9000
        assert b"".join(session.transmit(instructions.read_binary(at, 128)).data for at in range(0, 512, 128)) == FILE
        return chip, result.keys
    raise AssertionError("no secret had its full length")


def _terminal(
    libeac: LibEAC, domain: Domain, suite: CipherSuite, *, password: Password = CAN, seed: int = 0
) -> LibEACTerminal:
    """A terminal of libeac before a fresh card of ours, which knows every password."""
    info = pace_info(domain, suite)
    offer = PACEOffer(
        oid=info.oid,
        mapping=PACEMapping.GENERIC,
        suite=suite,
        domain=domain,
        parameter_id=domain.parameter_id,
    )
    passwords = {PasswordId(key.kind.value): key.pace_password for key in KEYS.values()}
    configuration = replace(cards.pace_configuration(offer), passwords=passwords)
    card = CardOS(cards.chip(pace=configuration), entropy=SeededEntropy(b"card%d" % seed))
    return LibEACTerminal(pace_context(libeac, info, password, b"terminal%d" % seed), card.process)


def _assert_reads(terminal: LibEACTerminal) -> None:
    """Under the new keys: a file, a refusal, and a command without data or answer."""
    response = terminal.secure(instructions.read_binary_sfi(FileId.CARD_ACCESS.sfi, 0, len(cards.EF_CARD_ACCESS)))
    assert (response.sw, response.data) == (0x9000, cards.EF_CARD_ACCESS)
    assert terminal.secure(instructions.select_ef(0x0101)).sw == 0x6A82
    assert terminal.secure(instructions.select_mf()).sw in (0x9000, 0x6A82)


def _with_parity(key: str, suite: CipherSuite) -> bytes:
    """libeac leaves the parity bits of DES as the hash made them."""
    data = bytes.fromhex(key)
    return adjust_parity(data) if suite is CipherSuite.TDES else data
