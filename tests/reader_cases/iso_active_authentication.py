"""ISO7816_F: Active Authentication. The documents have no Chip Authentication that could stand in for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from apdu.command import CommandAPDU
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.security_infos import ActiveAuthenticationInfo
from simulator.calls import Outcome as CardOutcome
from simulator.chip import RSASigningKey, SignatureEncoding
from simulator.personalisation.chip_keys import ChipKeys
from simulator.personalisation.protocol_plans import ActiveAuthenticationPlan
from simulator.protocols.active_authentication import HEADER
from simulator.randomness import SeededEntropy
from simulator.rsa import PUBLIC_EXPONENT, generate_primes
from tests.reader_cases.bent import INTERNAL_AUTHENTICATE, BentCard, bend
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.documents import Document, Groups, issue, profile
from tests.reader_cases.inspection import inspect

FAILED = "active-authentication/chip-proof-failed"
HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")


@cache
def primes(bits: int) -> tuple[int, int]:
    return generate_primes(bits, SeededEntropy(b"RSA key of the Active Authentication cases"))


def rsa_key(hash_name: str, bits: int = 2048, *, names_sha1: bool = False) -> RSASigningKey:
    p, q = primes(bits)
    return RSASigningKey(p=p, q=q, e=PUBLIC_EXPONENT, hash_name=hash_name, names_sha1=names_sha1)


def rsa_document(key: RSASigningKey) -> Document:
    product = profile(
        chip_authentication=(),
        active_authentication=ActiveAuthenticationPlan(
            curve=None, bits=2048, hash_name="sha256", encoding=SignatureEncoding.PLAIN
        ),
    )
    keys = ChipKeys(chip_authentication=(), active_authentication=key)
    return issue(product, keys=keys)


def curve_document(
    curve: str = "secp256r1",
    hash_name: str = "sha256",
    *,
    encoding: SignatureEncoding = SignatureEncoding.PLAIN,
    signature_algorithm: str | None = None,
) -> Document:
    """A document that signs on a curve; DG14 names ``signature_algorithm`` instead of its own."""

    def changed(groups: Groups) -> Groups:
        infos = [
            replace(one, signature_algorithm=signature_algorithm or "")
            if isinstance(one, ActiveAuthenticationInfo)
            else one
            for one in parse_dg14(groups[14]).security_infos.infos
        ]
        return {**groups, 14: build_dg14(infos)}

    plan = ActiveAuthenticationPlan(curve=CURVES[curve], bits=0, hash_name=hash_name, encoding=encoding)
    product = profile(chip_authentication=(), active_authentication=plan)
    return issue(product, groups=None if signature_algorithm is None else changed)


@reader_case(
    "ISO7816_F_01",
    Demand.PASS,
    note="The hash function of a signature over a fresh challenge need not resist collisions: `strict` accepts SHA-1 "
    "here, and nowhere else.",
)
def rsa_sha1() -> Iterator[Outcome]:
    """Active Authentication with RSA and SHA-1, with the trailer BC and with 33CC"""
    for names_sha1 in (False, True):
        for bits in (1024, 2048):
            yield inspect(rsa_document(rsa_key("sha1", bits, names_sha1=names_sha1)))


@reader_case("ISO7816_F_02", Demand.PASS)
def ecdsa() -> Iterator[Outcome]:
    """Active Authentication with ECDSA on every curve, with every hash function, plain and in DER"""
    for curve in CURVES:
        yield inspect(curve_document(curve))
    for hash_name in HASHES:
        for encoding in SignatureEncoding:
            yield inspect(curve_document(hash_name=hash_name, encoding=encoding))


@reader_case("ISO7816_F_04", Demand.PASS)
def rsa_sha224() -> Outcome:
    """Active Authentication with RSA and SHA-224"""
    return inspect(rsa_document(rsa_key("sha224")))


@reader_case("ISO7816_F_05", Demand.PASS)
def rsa_sha256() -> Outcome:
    """Active Authentication with RSA and SHA-256"""
    return inspect(rsa_document(rsa_key("sha256")))


@reader_case("ISO7816_F_06", Demand.PASS)
def rsa_sha384() -> Outcome:
    """Active Authentication with RSA and SHA-384"""
    return inspect(rsa_document(rsa_key("sha384")))


@reader_case("ISO7816_F_07", Demand.PASS)
def rsa_sha512() -> Outcome:
    """Active Authentication with RSA and SHA-512"""
    return inspect(rsa_document(rsa_key("sha512")))


@reader_case("ISO7816_F_08", Demand.FAIL, found=f"{FAILED} or active-authentication/unsupported")
def wrong_trailer() -> Iterator[Outcome]:
    """The trailer of the recoverable signature is none, or that of another hash function"""
    for trailer in ("bb", "00", "cc", "34cb", "31cc", "35cc", "38cc", "00cc", "bc"):
        yield inspect(bend(rsa_document(rsa_key("sha256")), after=signing(bytes.fromhex(trailer))))
    right = inspect(bend(rsa_document(rsa_key("sha256")), after=signing(bytes.fromhex("34cc"))))
    assert right.is_pass  # it is the trailer, and not the way it was made here


def signing(trailer: bytes) -> object:
    """A chip that signs SHA-256 hashes of the challenge with that trailer."""

    def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        key = card.chip.active_authentication
        if command.ins != INTERNAL_AUTHENTICATE or not isinstance(key, RSASigningKey):
            return outcome
        n = key.p * key.q
        length = (n.bit_length() + 7) // 8
        m1 = bytes((0x5A,)) * (length - 1 - 32 - len(trailer))
        f = bytes((HEADER,)) + m1 + hashlib.sha256(m1 + command.data).digest() + trailer
        d = pow(key.e, -1, (key.p - 1) * (key.q - 1))
        return replace(outcome, data=pow(int.from_bytes(f, "big"), d, n).to_bytes(length, "big"))

    return after


@reader_case("ISO7816_F_09", Demand.FAIL, found=f"active-authentication/unsupported or {FAILED}")
def invalid_signature_algorithm() -> Iterator[Outcome]:
    """DG14 names for Active Authentication an algorithm that is unknown, none of ECDSA, or one with another hash"""
    for oid in ("1.2.3.4", oids.SHA256, oids.RSA_ENCRYPTION, oids.SHA256_WITH_RSA, oids.ECDSA_PLAIN_SHA512):
        yield inspect(curve_document(signature_algorithm=oid))
