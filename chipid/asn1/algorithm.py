"""AlgorithmIdentifier: an object identifier and its parameters (RFC 5280 §4.1.1.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from apdu.errors import TLVError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.asn1.oids import name_of

MAX_REMEMBERED_BYTES: Final = 512  # parameters of PSS and curves; a longer one is read anew each time


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmIdentifier:
    """``parameters`` is the whole encoded object, None where the field is absent; NULL is not absent."""

    oid: str
    parameters: bytes | None
    raw: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return name_of(self.oid)

    def describe(self) -> str:
        """The algorithm as a report names it."""
        return self.name

    @property
    def has_no_parameters(self) -> bool:
        """True if the parameters are absent or NULL, which many writers confuse."""
        return self.parameters in (None, b"\x05\x00")


def parse_algorithm_identifier(data: bytes) -> AlgorithmIdentifier:
    """Read the one AlgorithmIdentifier that fills ``data``; raises :class:`TLVError`."""
    return _remembered(data) if len(data) <= MAX_REMEMBERED_BYTES else _parse(data)


def _parse(data: bytes) -> AlgorithmIdentifier:
    oid, *parameters = _at_least_one(der.parse_sequence(data))
    if len(parameters) > 1:
        raise TLVError("an AlgorithmIdentifier has more than two elements")
    return AlgorithmIdentifier(oid=der.oid_of(oid), parameters=parameters[0].raw if parameters else None, raw=data)


_remembered = lru_cache(maxsize=256)(_parse)


def encode_algorithm_identifier(oid: str, parameters: bytes = b"") -> bytes:
    """Write an AlgorithmIdentifier; ``parameters`` is an encoded object or empty."""
    return der.encode_sequence(der.encode_oid(oid), parameters)


def _at_least_one(elements: tuple[TLV, ...]) -> tuple[TLV, ...]:
    if not elements:
        raise TLVError("an AlgorithmIdentifier is empty")
    return elements
