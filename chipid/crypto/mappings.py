"""Generic Mapping of PACE: from the nonce and a first key agreement to a new generator (ICAO Doc 9303-11 §4.4.3.3)."""

from __future__ import annotations

from chipid.crypto import points
from chipid.crypto.domain_parameters import Curve, DHGroup, Point
from chipid.errors import ProtocolError


def map_generic_ecdh(curve: Curve, s: bytes, shared: Point) -> Point:
    """The new generator sG + H for the nonce s and the agreed point H (BSI TR-03110-3 §A.3.4.1.1).

    Raises :class:`ProtocolError` if that is the point at infinity.
    """
    scalar = int.from_bytes(s, "big") % curve.n
    if scalar == 0:
        return shared
    return points.add(curve, points.KeyPair(curve, scalar).public, shared)


def map_generic_dh(group: DHGroup, s: bytes, shared: int) -> int:
    """The new generator g^s · h for the nonce s and the agreed number h (BSI TR-03110-3 §A.3.4.1.2).

    Raises :class:`ProtocolError` if that is no generator.
    """
    generator = pow(group.g, int.from_bytes(s, "big"), group.p) * shared % group.p
    if generator in (0, 1, group.p - 1):
        raise ProtocolError("the mapped number is no generator")
    return generator
