"""Where random bytes come from, and numbers drawn from them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

Entropy = Callable[[int], bytes]
"""Gives that many random bytes. An argument without default wherever randomness is needed."""

system_entropy: Final[Entropy] = secrets.token_bytes

MAX_DRAWS = 128


def random_below(limit: int, entropy: Entropy) -> int:
    """A number uniform in [1, limit - 1]: draw as many bits as ``limit`` has until they fit.

    Surplus high bits are dropped, so that a source which gives the bytes of a printed private key reproduces it.
    """
    length = (limit.bit_length() + 7) // 8
    mask = (1 << limit.bit_length()) - 1
    for _ in range(MAX_DRAWS):
        drawn = int.from_bytes(entropy(length), "big") & mask
        if 1 <= drawn < limit:
            return drawn
    raise ValueError(f"the random source gave no number in {MAX_DRAWS} draws")
