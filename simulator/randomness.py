"""Random bytes that are the same for the same seed, so that an issued card can be issued again byte for byte."""

from __future__ import annotations

import hashlib

SEED_LENGTH = 32


class SeededEntropy:
    """A random source that SHAKE-256 expands from a seed (FIPS 202); call it like any other.

    For simulated cards only: whoever knows the seed knows every key.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = len(seed).to_bytes(4, "big") + seed
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        self._drawn += 1
        return hashlib.shake_256(self._seed + b"draw" + self._drawn.to_bytes(8, "big")).digest(count)

    def fork(self, label: str) -> SeededEntropy:
        """An independent source for one purpose: what others draw does not move it."""
        return SeededEntropy(hashlib.shake_256(self._seed + b"fork" + label.encode()).digest(SEED_LENGTH))
