"""Points on elliptic curves: encoding, addition, multiplication (BSI TR-03111 §3 and §4.1.1, ICAO Doc 9303-11 §4.4.3).

PACE needs whole points where OpenSSL's key exchange gives only their x coordinate. :class:`KeyPair` finds y from a
second exchange, so that every operation on a secret scalar runs in OpenSSL's constant time. Three curves are not
in its Python binding; :mod:`chipid.crypto.ecdsa_fallback` does them and says what that costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from apdu.errors import MalformedDataError
from chipid.crypto import ecdsa_fallback
from chipid.crypto.domain_parameters import Curve, Point
from chipid.crypto.entropy import Entropy, random_below
from chipid.errors import ProtocolError

__all__ = [
    "KeyPair",
    "Point",
    "add",
    "decode_point",
    "encode_point",
    "multiply",
    "openssl_curve",
    "random_scalar",
    "shared_secret",
]

UNCOMPRESSED: Final = 0x04

_OPENSSL_CURVES: Final[Mapping[str, ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1(),
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}


def openssl_curve(curve: Curve) -> ec.EllipticCurve | None:
    """OpenSSL's name for the curve, None where its Python binding lacks it."""
    return _OPENSSL_CURVES.get(curve.name)


def encode_point(curve: Curve, point: Point) -> bytes:
    """``04 ‖ x ‖ y`` with coordinates of full length (BSI TR-03111 §3.2.1)."""
    length = curve.byte_length
    return bytes((UNCOMPRESSED,)) + point.x.to_bytes(length, "big") + point.y.to_bytes(length, "big")


def decode_point(curve: Curve, data: bytes) -> Point:
    """Read an uncompressed point and check that it lies on the curve; :class:`MalformedDataError` otherwise.

    All curves have cofactor 1, so a point on the curve is in the right group.
    """
    length = curve.byte_length
    if len(data) != 2 * length + 1 or data[0] != UNCOMPRESSED:
        raise MalformedDataError(f"{len(data)} bytes are no uncompressed point of {curve.name}")
    point = Point(int.from_bytes(data[1 : length + 1], "big"), int.from_bytes(data[length + 1 :], "big"))
    _check(curve, point)
    return point


def add(curve: Curve, a: Point, b: Point) -> Point:
    """The sum of two public points; raises :class:`ProtocolError` if it is the point at infinity."""
    total = _add(curve, a, b)
    if total is None:
        raise ProtocolError("a sum of points is the point at infinity")
    return total


def random_scalar(curve: Curve, entropy: Entropy) -> int:
    """A private key, uniform in [1, n - 1] (BSI TR-03111 §4.1.1)."""
    return random_below(curve.n, entropy)


def multiply(curve: Curve, k: int, point: Point) -> Point:
    """kP for a secret k in [1, n - 1]; use a :class:`KeyPair` where the same k is needed again."""
    return KeyPair(curve, k).multiply(point)


def shared_secret(curve: Curve, k: int, point: Point) -> bytes:
    """The x coordinate of kP in full length (BSI TR-03111 §4.3.1)."""
    return KeyPair(curve, k).shared_secret(point)


class KeyPair:
    """A secret scalar k and K = kG, with what OpenSSL needs to multiply by k again and again."""

    def __init__(self, curve: Curve, k: int) -> None:
        if not 1 <= k < curve.n:
            raise ValueError("a private key is outside 1 to n - 1")
        self._curve = curve
        self._k = k
        self._openssl = openssl_curve(curve)
        if self._openssl is None:
            self._private = None
            self.public = ecdsa_fallback.multiply(curve, k, curve.generator)
        else:
            self._private = ec.derive_private_key(k, self._openssl)
            numbers = self._private.public_key().public_numbers()
            self.public = Point(numbers.x, numbers.y)

    def __repr__(self) -> str:
        return f"KeyPair({self._curve.name})"

    def shared_secret(self, point: Point) -> bytes:
        """The x coordinate of kP, as long as a coordinate of the curve."""
        return self._multiply_x(point).to_bytes(self._curve.byte_length, "big")

    def multiply(self, point: Point) -> Point:
        """kP as a whole point.

        From x = x(kP) and x' = x(k(P + G)) = x(kP + K) the addition law gives
        y = (x³ + ax + b + y_K² - (x' + x_K + x)(x - x_K)²) / 2y_K. One inversion serves for both divisions.
        """
        curve, own, p = self._curve, self.public, self._curve.p
        if self._private is None:
            _check(curve, point)
            return ecdsa_fallback.multiply(curve, self._k, point)
        if point == curve.generator:
            return own
        if point == Point(curve.x, p - curve.y):
            return Point(own.x, p - own.y)
        x = self._multiply_x(point)
        run, double = curve.x - point.x, 2 * own.y
        inverse = pow(run * double, -1, p)
        x_sum = self._multiply_x(_chord(curve, point, curve.generator, inverse * double))
        numerator = (x * x + curve.a) * x + curve.b + own.y * own.y - (x_sum + own.x + x) * (x - own.x) ** 2
        product = Point(x, numerator * inverse * run % p)
        _check(curve, product)
        return product

    def _multiply_x(self, point: Point) -> int:
        if self._private is None or self._openssl is None:
            _check(self._curve, point)
            return ecdsa_fallback.multiply(self._curve, self._k, point).x
        try:
            peer = ec.EllipticCurvePublicNumbers(point.x, point.y, self._openssl).public_key()
        except ValueError as error:
            raise MalformedDataError(f"a point does not lie on {self._curve.name}") from error
        return int.from_bytes(self._private.exchange(ec.ECDH(), peer), "big")


def _check(curve: Curve, point: Point) -> None:
    x, y, p = point.x, point.y, curve.p
    if not (0 <= x < p and 0 <= y < p and (y * y - (x * x + curve.a) * x - curve.b) % p == 0):
        raise MalformedDataError(f"a point does not lie on {curve.name}")


def _add(curve: Curve, a: Point, b: Point) -> Point | None:
    p = curve.p
    if a.x != b.x:
        return _chord(curve, a, b, pow(b.x - a.x, -1, p))
    if (a.y + b.y) % p == 0:
        return None
    return _third(curve, a, b, (3 * a.x * a.x + curve.a) * pow(2 * a.y, -1, p))


def _chord(curve: Curve, a: Point, b: Point, inverse: int) -> Point:
    """The sum of two points with different x; ``inverse`` is that of the difference of their x."""
    return _third(curve, a, b, (b.y - a.y) * inverse)


def _third(curve: Curve, a: Point, b: Point, slope: int) -> Point:
    p = curve.p
    slope %= p
    x = (slope * slope - a.x - b.x) % p
    return Point(x, (slope * (a.x - x) - a.y) % p)
