"""Standardized domain parameters and how keys name them (ICAO Doc 9303-11 §9.5.1, BSI TR-03110-3 §A.2.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from chipid.crypto.domain_values import CURVE_VALUES, DH_VALUES
from chipid.errors import UnsupportedError


@dataclass(frozen=True, slots=True)
class Point:
    """An affine point; the point at infinity has no such form and never leaves the arithmetic."""

    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """An elliptic curve y² = x³ + ax + b over GF(p) with generator (x, y) of prime order n and cofactor h."""

    name: str
    oid: str
    p: int = field(repr=False)
    a: int = field(repr=False)
    b: int = field(repr=False)
    x: int = field(repr=False)
    y: int = field(repr=False)
    n: int = field(repr=False)
    h: int = field(repr=False)
    parameter_id: int

    @property
    def byte_length(self) -> int:
        """Bytes of a coordinate."""
        return (self.p.bit_length() + 7) // 8

    @property
    def order_length(self) -> int:
        """Bytes of a scalar, and of r and s in a plain signature."""
        return (self.n.bit_length() + 7) // 8

    @property
    def generator(self) -> Point:
        return Point(self.x, self.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class DHGroup:
    """The multiplicative group modulo p with generator g; q is the order of g where it is known."""

    name: str
    p: int = field(repr=False)
    g: int = field(repr=False)
    q: int | None = field(repr=False)
    parameter_id: int | None

    @property
    def byte_length(self) -> int:
        """Bytes of a public key and of the shared secret."""
        return (self.p.bit_length() + 7) // 8


def _curve(parameter_id: int) -> Curve:
    name, oid, p, a, b, n, generator = CURVE_VALUES[parameter_id]
    half = len(generator) // 2
    return Curve(
        name=name,
        oid=oid,
        p=int(p, 16),
        a=int(a, 16),
        b=int(b, 16),
        x=int(generator[2 : half + 1], 16),
        y=int(generator[half + 1 :], 16),
        n=int(n, 16),
        h=1,
        parameter_id=parameter_id,
    )


def _group(parameter_id: int) -> DHGroup:
    name, p, g, q = DH_VALUES[parameter_id]
    return DHGroup(name=name, p=int(p, 16), g=int(g, 16), q=int(q, 16), parameter_id=parameter_id)


CURVES: Final[Mapping[str, Curve]] = MappingProxyType(
    {curve.name: curve for curve in (_curve(parameter_id) for parameter_id in CURVE_VALUES)}
)
"""The curves by name, as in ``CURVES["brainpoolP256r1"]``."""

DH_GROUPS: Final[Mapping[str, DHGroup]] = MappingProxyType(
    {group.name: group for group in (_group(parameter_id) for parameter_id in DH_VALUES)}
)
"""The Diffie-Hellman groups by name, as in ``DH_GROUPS["modp2048-256"]``."""

_BY_PARAMETER_ID: Final[dict[int, Curve | DHGroup]] = {
    **{parameter_id: _curve(parameter_id) for parameter_id in CURVE_VALUES},
    **{parameter_id: _group(parameter_id) for parameter_id in DH_VALUES},
}
_BY_OID: Final = {curve.oid: curve for curve in CURVES.values()}
_PRIMES: Final = frozenset(curve.p for curve in CURVES.values())
_BY_VALUES: Final = {(c.p, c.a, c.b, c.x, c.y, c.n, c.h): c for c in CURVES.values()}


def domain_by_parameter_id(parameter_id: int) -> Curve | DHGroup:
    """The domain parameters that an identifier of Doc 9303-11 Table 6 stands for."""
    found = _BY_PARAMETER_ID.get(parameter_id)
    if found is None:
        raise UnsupportedError("an identifier of domain parameters is reserved or unknown")
    return found


def curve_by_oid(oid: str) -> Curve:
    """The curve that an object identifier names."""
    found = _BY_OID.get(oid)
    if found is None:
        raise UnsupportedError(f"{oid} names no known curve")
    return found


def match_curve(*, p: int, a: int, b: int, x: int, y: int, n: int, h: int) -> Curve:
    """The known curve with exactly these parameters; ``a`` may be given as a negative number.

    All of them are compared, the generator too: a key over a curve with a generator of somebody's choice would
    let him know the private key (CVE-2020-0601).
    """
    found = _BY_VALUES.get((p, a % p, b, x, y, n, h)) if p in _PRIMES else None
    if found is None:
        raise UnsupportedError("the explicit curve parameters are those of no known curve")
    return found
