"""Arithmetic on the curves that OpenSSL lacks, at infinity."""

from __future__ import annotations

import pytest

from chipid.crypto import ecdsa_fallback
from chipid.crypto.domain_parameters import CURVES
from chipid.errors import ProtocolError

CURVE = CURVES["brainpoolP320r1"]


def test_a_product_at_infinity_is_refused() -> None:
    with pytest.raises(ProtocolError):
        ecdsa_fallback.multiply(CURVE, CURVE.n, CURVE.generator)


def test_a_sum_of_products_is_a_point_or_nothing_at_infinity() -> None:
    generator = CURVE.generator
    assert ecdsa_fallback.multiply_add(CURVE, 2, generator, 3) == ecdsa_fallback.multiply(CURVE, 5, generator)
    assert ecdsa_fallback.multiply_add(CURVE, CURVE.n - 3, generator, 3) is None
