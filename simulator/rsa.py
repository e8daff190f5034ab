"""RSA keys from an injected random source, so that a seed gives the same key again."""

from __future__ import annotations

from math import gcd, isqrt, prod
from typing import Final

from chipid.crypto.entropy import Entropy

PUBLIC_EXPONENT = 65537
MILLER_RABIN_ROUNDS = 7  # error below 2^-100 for random candidates of 512 bits (FIPS 186-5 Table B.1)
_SIEVE_LIMIT = 1 << 15
MAX_SHIFTS = 8192


def _small_primes() -> tuple[int, ...]:
    sieve = bytearray([1]) * _SIEVE_LIMIT
    for number in range(3, isqrt(_SIEVE_LIMIT) + 1, 2):
        if sieve[number]:
            sieve[number * number :: 2 * number] = bytes(len(range(number * number, _SIEVE_LIMIT, 2 * number)))
    return tuple(number for number in range(3, _SIEVE_LIMIT, 2) if sieve[number])


_SMALL_PRIMES: Final = _small_primes()
_SMALL_PRODUCT: Final = prod(_SMALL_PRIMES)


def generate_primes(bits: int, entropy: Entropy, *, exponent: int = PUBLIC_EXPONENT) -> tuple[int, int]:
    """Two primes whose product has exactly ``bits`` bits and takes ``exponent``, a prime, as public exponent."""
    if bits < 1024 or bits % 16:
        raise ValueError("an RSA key has at least 1024 bits, in whole bytes for each prime")
    p = _prime(bits // 2, entropy, exponent)
    q = p
    while q == p:
        q = _prime(bits // 2, entropy, exponent)
    return max(p, q), min(p, q)


def _prime(bits: int, entropy: Entropy, exponent: int) -> int:
    """A prime with its two highest bits set: an odd random start, then the next candidates."""
    while True:
        start = int.from_bytes(entropy(bits // 8), "big") | 3 << (bits - 2) | 1
        for candidate in range(start, min(start + 2 * MAX_SHIFTS, 1 << bits), 2):
            is_possible = (candidate - 1) % exponent and gcd(candidate, _SMALL_PRODUCT) == 1
            if is_possible and _is_probable_prime(candidate, bits // 8, entropy):
                return candidate


def _is_probable_prime(candidate: int, length: int, entropy: Entropy) -> bool:
    """Miller and Rabin (FIPS 186-5 §B.3.1): base 2 throws out nearly every composite, then random bases."""
    exponent, twos = candidate - 1, 0
    while exponent % 2 == 0:
        exponent //= 2
        twos += 1
    for round_number in range(MILLER_RABIN_ROUNDS):
        base = 2 if round_number == 0 else int.from_bytes(entropy(length), "big") % (candidate - 3) + 2
        if not _passes(base, exponent, twos, candidate):
            return False
    return True


def _passes(base: int, exponent: int, twos: int, candidate: int) -> bool:
    power = pow(base, exponent, candidate)
    if power in (1, candidate - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % candidate
        if power == candidate - 1:
            return True
    return False
