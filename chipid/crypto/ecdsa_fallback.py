"""Arithmetic on the curves that OpenSSL's Python binding lacks: brainpoolP192r1, P224r1 and P320r1.

The package ``ecdsa`` does not run in constant time: somebody who can measure this process precisely learns about
the scalars. The scalars of a reading live for one reading, which is why this is borne. :func:`sign` alone takes a
key that lives longer; it is for terminals whose State chose such a curve and whose key lies in a file all the same.
"""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import count
from typing import Any

from ecdsa.ellipticcurve import INFINITY, CurveFp, PointJacobi
from ecdsa.rfc6979 import generate_k

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


def sign(curve: Curve, secret: int, message: bytes, *, hash_name: str) -> tuple[int, int]:
    """r and s of ECDSA (BSI TR-03111 §4.2.1.1), deterministic after RFC 6979; not in constant time."""
    n = curve.n
    digest = hashlib.new(hash_name, message, usedforsecurity=False).digest()
    # The leftmost bits of the hash value, as many as the order has.
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    for retry in count():
        k: int = generate_k(n, secret, getattr(hashlib, hash_name), digest, retry)
        r = multiply(curve, k, curve.generator).x % n
        s = pow(k, -1, n) * (e + r * secret) % n
        if r and s:
            break
    return r, s


@cache
def _field(curve: Curve) -> Any:  # noqa: ANN401 - ecdsa carries no types
    return CurveFp(curve.p, curve.a, curve.b, curve.h)


def _jacobi(curve: Curve, point: Point) -> Any:  # noqa: ANN401
    return PointJacobi(_field(curve), point.x, point.y, 1, curve.n)


def _affine(result: Any) -> Point | None:  # noqa: ANN401
    if result == INFINITY:
        return None
    return Point(int(result.x()), int(result.y()))
