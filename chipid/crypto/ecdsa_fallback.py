"""Arithmetic on the curves that OpenSSL's Python binding lacks: brainpoolP192r1, P224r1 and P320r1.

The package ``ecdsa`` does not run in constant time: somebody who can measure this process precisely learns about
the scalars. The scalars of a reading live for one reading, which is why this is borne; nothing long-lived of ours
is ever signed here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ecdsa.ellipticcurve import INFINITY, CurveFp, PointJacobi

from chipid.crypto.domain_parameters import Curve, Point
from chipid.errors import ProtocolError


def multiply(curve: Curve, k: int, point: Point) -> Point:
    """kP for a point on the curve; raises :class:`ProtocolError` if that is the point at infinity."""
    product = _affine(k * _jacobi(curve, point))
    if product is None:
        raise ProtocolError("a product is the point at infinity")
    return product


def multiply_add(curve: Curve, k: int, point: Point, m: int) -> Point | None:
    """kP + mG, or None for the point at infinity: the verification equation of ECDSA."""
    return _affine(_jacobi(curve, point).mul_add(k, _jacobi(curve, curve.generator), m))


@cache
def _field(curve: Curve) -> Any:  # noqa: ANN401 - ecdsa carries no types
    return CurveFp(curve.p, curve.a, curve.b, curve.h)


def _jacobi(curve: Curve, point: Point) -> Any:  # noqa: ANN401
    return PointJacobi(_field(curve), point.x, point.y, 1, curve.n)


def _affine(result: Any) -> Point | None:  # noqa: ANN401
    if result == INFINITY:
        return None
    return Point(int(result.x()), int(result.y()))
