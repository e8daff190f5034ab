"""LDS and Unicode versions, written as pairs of digits: ``0107`` is 1.7 (ICAO Doc 9303-10 §4.6.1)."""

from __future__ import annotations

from functools import lru_cache

from apdu.errors import MalformedDataError


def decode_version(value: bytes, parts: int) -> str:
    """``1.7`` for ``0107`` with two parts. Raises :class:`MalformedDataError` for anything but pairs of digits."""
    if len(value) != 2 * parts or not value.isdigit():
        raise MalformedDataError("a version is not made of pairs of digits")
    return _decode_pairs(value)


@lru_cache(maxsize=32)  # there are a handful in the world
def _decode_pairs(value: bytes) -> str:
    return ".".join(str(int(value[start : start + 2])) for start in range(0, len(value), 2))


def encode_version(version: str) -> bytes:
    """``0107`` for ``1.7``."""
    return "".join(f"{int(part):02}" for part in version.split(".")).encode("ascii")
