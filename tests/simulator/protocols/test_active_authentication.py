"""Active Authentication on the card: the R cases of the ICAO test specification, part 3."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from apdu import instructions
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, Curve, curve_by_oid
from chipid.crypto.points import KeyPair, add, multiply, openssl_curve
from simulator.chip import ECSigningKey, RSASigningKey, SignatureEncoding
from simulator.randomness import SeededEntropy
from simulator.rsa import generate_primes
from tests.simulator import cards
from tests.simulator.terminal import Terminal

CHALLENGE = bytes.fromhex("5566778811223344")
TRAILERS = {"sha1": "bc", "sha224": "38cc", "sha256": "34cc", "sha384": "36cc", "sha512": "35cc"}


@cache
def _primes(bits: int) -> tuple[int, int]:
    return generate_primes(bits, SeededEntropy(b"active authentication"))


def _rsa_key(hash_name: str, bits: int = 1024) -> RSASigningKey:
    p, q = _primes(bits)
    return RSASigningKey(p=p, q=q, e=65537, hash_name=hash_name)


def _sign(terminal: Terminal) -> bytes:
    response = terminal.secure(instructions.internal_authenticate(CHALLENGE))
    assert response.sw == 0x9000
    return response.data


@pytest.mark.parametrize("case", ["R_2", "R_7"])
def test_the_chip_signs_inside_a_session(case: str) -> None:
    terminal = Terminal(cards.card())
    if case == "R_2":
        terminal.bac()
    else:
        terminal.pace()
    assert len(_sign(terminal)) == 64


def test_the_chip_does_not_sign_in_the_clear() -> None:
    terminal = Terminal(cards.card())
    terminal.select_application()
    assert terminal.plain(instructions.internal_authenticate(CHALLENGE)).sw == 0x6982


def test_a_chip_without_a_key_does_not_know_the_instruction() -> None:
    terminal = Terminal(cards.card(active_authentication=None))
    terminal.bac()
    assert terminal.secure(instructions.internal_authenticate(CHALLENGE)).sw == 0x6D00


@pytest.mark.parametrize(("case", "challenge"), [("R_3", "11223344"), ("R_4", "112233445566778899"), ("none", "")])
def test_a_challenge_of_another_length_is_refused(case: str, challenge: str) -> None:
    terminal = Terminal(cards.card())
    terminal.bac()
    assert terminal.secure(instructions.internal_authenticate(bytes.fromhex(challenge))).sw == 0x6700
    assert _sign(terminal)


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        (CommandAPDU(cla=0, ins=0x88, p1=0, p2=0, data=CHALLENGE), 0x6700),
        (CommandAPDU(cla=0, ins=0x88, p1=0, p2=0, data=CHALLENGE, ne=32), 0x6700),
        (CommandAPDU(cla=0, ins=0x88, p1=1, p2=0, data=CHALLENGE, ne=256), 0x6A86),
    ],
)
def test_a_malformed_command_is_refused(command: CommandAPDU, sw: int) -> None:
    terminal = Terminal(cards.card())
    terminal.bac()
    assert terminal.secure(command).sw == sw


@pytest.mark.parametrize("hash_name", TRAILERS)
def test_an_rsa_signature_recovers_to_the_prescribed_layout_r_5(hash_name: str) -> None:
    key = _rsa_key(hash_name)
    terminal = Terminal(cards.card(active_authentication=key))
    terminal.bac()
    signature = _sign(terminal)
    n = key.p * key.q
    assert len(signature) == (n.bit_length() + 7) // 8 == 128
    f = pow(int.from_bytes(signature, "big"), key.e, n).to_bytes(128, "big")
    trailer = bytes.fromhex(TRAILERS[hash_name])
    size = hashlib.new(hash_name).digest_size
    assert f[0] == 0x6A
    assert f.endswith(trailer)
    m1, digest = f[1 : -size - len(trailer)], f[-size - len(trailer) : -len(trailer)]
    assert digest == hashlib.new(hash_name, m1 + CHALLENGE).digest()


def test_sha1_may_be_named_in_the_trailer() -> None:
    key = replace(_rsa_key("sha1"), names_sha1=True)
    terminal = Terminal(cards.card(active_authentication=key))
    terminal.bac()
    n = key.p * key.q
    assert pow(int.from_bytes(_sign(terminal), "big"), key.e, n) & 0xFFFF == 0x33CC


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
def test_an_ecdsa_signature_verifies_on_every_curve_r_6(curve: Curve, hash_name: str) -> None:
    key = ECSigningKey(curve=curve, private=cards.AA_PRIVATE, hash_name=hash_name)
    terminal = Terminal(cards.card(active_authentication=key))
    terminal.bac()
    signature = _sign(terminal)
    assert len(signature) == 2 * curve.order_length
    r = int.from_bytes(signature[: curve.order_length], "big")
    s = int.from_bytes(signature[curve.order_length :], "big")
    public = KeyPair(curve, key.private).public
    foreign = openssl_curve(curve)
    if foreign is None:  # what is left is the equation itself (BSI TR-03111 §4.2.1.2)
        digest = hashlib.new(hash_name, CHALLENGE).digest()
        e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
        w = pow(s, -1, curve.n)
        first = multiply(curve, e * w % curve.n, curve.generator)
        assert add(curve, first, multiply(curve, r * w % curve.n, public)).x % curve.n == r
        return
    openssl_key = ec.EllipticCurvePublicNumbers(public.x, public.y, foreign).public_key()
    algorithm = hashes.SHA256() if hash_name == "sha256" else hashes.SHA512()
    openssl_key.verify(utils.encode_dss_signature(r, s), CHALLENGE, ec.ECDSA(algorithm))


def test_the_der_quirk_writes_a_sequence_of_two_integers() -> None:
    curve = curve_by_oid(oids.SECP256R1)
    key = ECSigningKey(curve=curve, private=5, hash_name="sha256", encoding=SignatureEncoding.DER)
    terminal = Terminal(cards.card(active_authentication=key))
    terminal.bac()
    r, s = utils.decode_dss_signature(_sign(terminal))
    assert 0 < r < curve.n
    assert 0 < s < curve.n


@pytest.mark.parametrize("extended_length", [False, True])
def test_a_signature_that_fits_no_short_answer_is_fetched_in_two(extended_length: bool) -> None:
    key = _rsa_key("sha256", 2048)
    card = cards.card(active_authentication=key, extended_length=extended_length)
    terminal = Terminal(card)
    terminal.bac()
    assert terminal.channel is not None
    protected = terminal.channel.protect(instructions.internal_authenticate(CHALLENGE))
    first = ResponseAPDU.decode(card.process(replace(protected, extended=False, ne=256).encode()))
    assert (len(first.data), first.sw.sw1) == (256, 0x61)
    rest = ResponseAPDU.decode(card.process(bytes((0x00, 0xC0, 0x00, 0x00, first.sw.sw2))))
    assert (len(rest.data), rest.sw) == (first.sw.sw2, 0x9000)
    assert len(terminal.channel.unprotect(ResponseAPDU(data=first.data + rest.data, sw=rest.sw)).data) == 256
    too_short = CommandAPDU(cla=0, ins=0x88, p1=0, p2=0, data=CHALLENGE, ne=255)
    assert terminal.secure(too_short).sw == 0x6700


def test_an_extended_answer_carries_the_whole_signature() -> None:
    terminal = Terminal(cards.card(active_authentication=_rsa_key("sha256", 2048), extended_length=True))
    terminal.bac()
    assert len(terminal.secure(instructions.internal_authenticate(CHALLENGE, ne=65536)).data) == 256
