"""References of CV certificates to authorities and holders (ICAO Doc 9303-12 §7.2.2.2, BSI TR-03110-3 §A.6.1)."""

from __future__ import annotations

from typing import Final

from apdu.errors import MalformedDataError

COUNTRY_LENGTH: Final = 2
SEQUENCE_LENGTH: Final = 5
MAX_LENGTH: Final = 16
_CAPITALS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS_AND_CAPITALS: Final = _CAPITALS | frozenset("0123456789")


def decode_reference(value: bytes) -> str:
    """Read a CAR or CHR: country code, mnemonic of at most nine characters, sequence number of five.

    The text is ISO 8859-1 without control characters. Raises :class:`MalformedDataError`.
    """
    text = value.decode("latin-1")
    _check(text)
    return text


def encode_reference(reference: str) -> bytes:
    """Write a CAR or CHR; raises :class:`MalformedDataError` for what is none."""
    _check(reference)
    return reference.encode("latin-1")


def country_of(reference: str) -> str:
    """The country code that a reference begins with."""
    return reference[:COUNTRY_LENGTH]


def _check(text: str) -> None:
    country, sequence = text[:COUNTRY_LENGTH], text[-SEQUENCE_LENGTH:]
    if not (
        COUNTRY_LENGTH + SEQUENCE_LENGTH <= len(text) <= MAX_LENGTH
        and set(country) <= _CAPITALS
        and set(sequence) <= _DIGITS_AND_CAPITALS
        and text.isprintable()
        and max(text) <= "\xff"
    ):
        raise MalformedDataError("a reference does not consist of country, mnemonic and sequence number")
