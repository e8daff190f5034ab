"""RSA keys from a seed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from simulator.randomness import SeededEntropy
from simulator.rsa import PUBLIC_EXPONENT, generate_primes


def test_the_key_has_the_size_asked_for_and_openssl_accepts_it() -> None:
    p, q = generate_primes(1024, SeededEntropy(b"rsa"))
    assert (p * q).bit_length() == 1024
    d = pow(PUBLIC_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(PUBLIC_EXPONENT, p * q)
    )
    assert numbers.private_key().key_size == 1024


def test_the_same_seed_gives_the_same_key() -> None:
    assert generate_primes(1024, SeededEntropy(b"x")) == generate_primes(1024, SeededEntropy(b"x"))


@pytest.mark.parametrize("bits", [512, 1000, 0])
def test_other_sizes_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="RSA key"):
        generate_primes(bits, SeededEntropy(b"x"))
