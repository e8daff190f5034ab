"""Public keys that are none: what every key agreement must refuse."""

from __future__ import annotations

from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.points import encode_point


def wrong_points(curve: Curve) -> tuple[bytes, ...]:
    """What is no uncompressed point of the curve."""
    right = encode_point(curve, curve.generator)
    x, y = right[1 : 1 + curve.byte_length], right[1 + curve.byte_length :]
    zero = bytes(curve.byte_length)
    beyond = (curve.x + curve.p).to_bytes(curve.byte_length + 1, "big")[-curve.byte_length :]
    return (
        b"",
        b"\x00",  # infinity
        b"\x04" + zero + zero,
        b"\x04" + x + bytes((*y[:-1], y[-1] ^ 1)),  # off the curve
        b"\x04" + x + zero,
        b"\x04" + zero + y,
        b"\x04" + beyond + y,
        b"\x02" + x,
        b"\x06" + x + y,  # the hybrid form
        b"\x05" + x + y,
        right[:-1],
        right + b"\x00",
        x + y,
    )


def outside_subgroup(group: DHGroup) -> int:
    """A number of the group that is not in its subgroup of order q."""
    assert group.q is not None
    return next(y for y in range(2, 100) if pow(y, group.q, group.p) != 1)
