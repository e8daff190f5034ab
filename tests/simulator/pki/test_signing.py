"""Keys and signatures of the issuer, verified by OpenSSL."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.points import openssl_curve
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme, parse_signature_algorithm, verify_signature
from chipid.errors import SignatureError
from simulator.pki.signing import (
    ECPrivateKey,
    KeyKind,
    RSAPrivateKey,
    default_algorithm,
    encode_signature_algorithm,
    generate_key,
    sign,
)
from simulator.randomness import SeededEntropy

MESSAGE = b"signed content"
HASHES = {"sha224": hashes.SHA224(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


def _kind(name: str) -> KeyKind:
    kind = KeyKind.by_name(name)
    assert kind is not None
    return kind


@pytest.fixture(scope="module")
def rsa_key() -> RSAPrivateKey:
    key = generate_key(_kind("RSA-1024"), SeededEntropy(b"rsa"))
    assert isinstance(key, RSAPrivateKey)
    return key


@pytest.mark.parametrize("curve", [one for one in CURVES.values() if openssl_curve(one)], ids=lambda one: one.name)
@pytest.mark.parametrize("hash_name", HASHES)
def test_ecdsa_verifies_with_openssl_and_is_the_same_each_time(curve: object, hash_name: str) -> None:
    key = generate_key(_kind(getattr(curve, "name", "")), SeededEntropy(b"ec"))
    assert isinstance(key, ECPrivateKey)
    algorithm = default_algorithm(key.public, hash_name)
    signature = sign(key, algorithm, MESSAGE, SeededEntropy(b""))
    assert signature == sign(key, algorithm, MESSAGE, SeededEntropy(b"another"))
    openssl = openssl_curve(key.public.curve)
    assert openssl is not None
    public = ec.EllipticCurvePublicNumbers(key.public.point.x, key.public.point.y, openssl).public_key()
    public.verify(signature, MESSAGE, ec.ECDSA(HASHES[hash_name]))


# A hash and a salt of 64 bytes each do not fit a key of 1024 bits.
@pytest.mark.parametrize(
    ("hash_name", "pss"), [(name, pss) for name in HASHES for pss in (False, True) if (name, pss) != ("sha512", True)]
)
def test_rsa_verifies_with_openssl(rsa_key: RSAPrivateKey, hash_name: str, pss: bool) -> None:
    algorithm = default_algorithm(rsa_key.public, hash_name, pss=pss)
    signature = sign(rsa_key, algorithm, MESSAGE, SeededEntropy(b"salt"))
    public = rsa.RSAPublicNumbers(rsa_key.public.e, rsa_key.public.n).public_key()
    digest = HASHES[hash_name]
    scheme = padding.PSS(padding.MGF1(digest), digest.digest_size) if pss else padding.PKCS1v15()
    public.verify(signature, MESSAGE, scheme, digest)
    with pytest.raises(InvalidSignature):
        public.verify(signature, MESSAGE + b".", scheme, digest)


def test_pss_draws_its_salt_from_the_source_that_is_given(rsa_key: RSAPrivateKey) -> None:
    algorithm = default_algorithm(rsa_key.public, "sha256", pss=True)
    first = sign(rsa_key, algorithm, MESSAGE, SeededEntropy(b"1"))
    assert first == sign(rsa_key, algorithm, MESSAGE, SeededEntropy(b"1"))
    assert first != sign(rsa_key, algorithm, MESSAGE, SeededEntropy(b"2"))


SIGNING = tuple(one for one in SignatureScheme if one is not SignatureScheme.DSA)


@pytest.mark.parametrize(("scheme", "hash_name"), [(scheme, hash_name) for scheme in SIGNING for hash_name in HASHES])
def test_the_identifier_of_an_algorithm_reads_back(scheme: SignatureScheme, hash_name: str) -> None:
    is_pss = scheme is SignatureScheme.RSA_PSS
    algorithm = SignatureAlgorithm(
        scheme=scheme,
        hash_name=hash_name,
        mgf_hash_name=hash_name if is_pss else None,
        salt_length=HASHES[hash_name].digest_size if is_pss else None,
    )
    assert parse_signature_algorithm(encode_signature_algorithm(algorithm), digest=None) == algorithm


def test_a_plain_ecdsa_signature_is_two_numbers_side_by_side() -> None:
    key = generate_key(_kind("secp521r1"), SeededEntropy(b"ec"))
    algorithm = SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name="sha512")
    signature = sign(key, algorithm, MESSAGE, SeededEntropy(b""))
    assert len(signature) == 132
    verify_signature(key.public, algorithm, MESSAGE, signature)
    with pytest.raises(SignatureError):
        verify_signature(key.public, algorithm, b"other", signature)


@pytest.mark.parametrize("name", ["RSA-512", "RSA-", "RSA-x", "brainpoolP320r1", "secp256k1", ""])
def test_key_kinds_that_cannot_sign_are_unknown(name: str) -> None:
    assert KeyKind.by_name(name) is None


def test_nothing_is_signed_with_dsa() -> None:
    with pytest.raises(ValueError, match="DSA"):
        encode_signature_algorithm(SignatureAlgorithm(scheme=SignatureScheme.DSA, hash_name="sha256"))
