"""Points: Doc 9303-11 appendix G.1, then agreement with the package ``ecdsa``."""

from __future__ import annotations

from typing import Any

import pytest
from ecdsa.ellipticcurve import CurveFp, PointJacobi
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu.errors import MalformedDataError, ToolkitError
from chipid.crypto import points
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.points import KeyPair, Point
from chipid.errors import ProtocolError
from tests.support.vectors import example

BP256 = CURVES["brainpoolP256r1"]
SAMPLE = [CURVES[name] for name in ("secp192r1", "secp224r1", "secp256r1", "secp521r1", "brainpoolP256r1")]
SLOW = [CURVES[name] for name in ("brainpoolP192r1", "brainpoolP224r1", "brainpoolP320r1")]


def _reference(curve: Curve, k: int, point: Point) -> Point:
    start = PointJacobi(CurveFp(curve.p, curve.a, curve.b, 1), point.x, point.y, 1, curve.n)
    product: Any = k * start
    return Point(int(product.x()), int(product.y()))


def _point(text: str) -> Point:
    return points.decode_point(BP256, b"\x04" + bytes.fromhex(text))


def _hex(point: Point) -> str:
    return points.encode_point(BP256, point).hex().upper()[2:]


def test_the_mapping_key_agreement_of_appendix_g1_is_reproduced() -> None:
    vector = example("9303-11_G1_pace_gm_ecdh_bp256_aes128")["map"]
    terminal, chip = (KeyPair(BP256, int(vector[name], 16)) for name in ("SK_IFD", "SK_IC"))
    assert _hex(terminal.public) == vector["PK_IFD"]
    assert _hex(chip.public) == vector["PK_IC"]
    assert _hex(terminal.multiply(chip.public)) == vector["H"]
    assert _hex(chip.multiply(terminal.public)) == vector["H"]


def test_the_key_agreement_of_appendix_g1_is_reproduced_on_the_mapped_generator() -> None:
    vector = example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
    generator = _point(vector["map"]["G_mapped"])
    terminal, chip = (KeyPair(BP256, int(vector["ka"][name], 16)) for name in ("SK_IFD", "SK_IC"))
    assert _hex(terminal.multiply(generator)) == vector["ka"]["PK_IFD"]
    assert _hex(chip.multiply(generator)) == vector["ka"]["PK_IC"]
    assert terminal.shared_secret(_point(vector["ka"]["PK_IC"])).hex().upper() == vector["ka"]["K"]
    k = int(vector["ka"]["SK_IC"], 16)
    assert points.shared_secret(BP256, k, _point(vector["ka"]["PK_IFD"])).hex().upper() == vector["ka"]["K"]


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(SAMPLE + SLOW), st.data())
def test_products_and_sums_agree_with_the_package_ecdsa(curve: Curve, data: st.DataObject) -> None:
    k, m = (data.draw(st.integers(min_value=1, max_value=curve.n - 1)) for _ in range(2))
    point = _reference(curve, m, curve.generator)
    assert KeyPair(curve, m).public == point
    product = points.multiply(curve, k, point)
    assert product == _reference(curve, k, point)
    assert points.shared_secret(curve, k, point) == product.x.to_bytes(curve.byte_length, "big")
    if product not in (point, _negative(curve, point)):
        assert points.add(curve, product, point) == _reference(curve, (k * m + m) % curve.n, curve.generator)


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_the_generator_its_negative_and_the_smallest_and_largest_scalars_are_no_exceptions(curve: Curve) -> None:
    generator, negative = curve.generator, _negative(curve, curve.generator)
    double = points.add(curve, generator, generator)
    for k in (1, 2, 3, curve.n - 2, curve.n - 1):
        for point in (generator, negative, double):
            assert points.multiply(curve, k, point) == _reference(curve, k, point)
    assert points.multiply(curve, 1, negative) == negative
    assert points.multiply(curve, curve.n - 1, generator) == negative


@pytest.mark.parametrize("curve", [BP256, CURVES["brainpoolP224r1"]], ids=lambda curve: curve.name)
def test_a_sum_at_infinity_and_scalars_out_of_range_are_refused(curve: Curve) -> None:
    with pytest.raises(ProtocolError):
        points.add(curve, curve.generator, _negative(curve, curve.generator))
    for k in (0, -1, curve.n, curve.n + 1):
        with pytest.raises(ValueError, match="private key"):
            points.multiply(curve, k, curve.generator)


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_a_point_off_the_curve_is_refused_everywhere(curve: Curve) -> None:
    stray = Point(curve.x, (curve.y + 1) % curve.p)
    with pytest.raises(MalformedDataError):
        points.decode_point(curve, points.encode_point(curve, stray))
    with pytest.raises(MalformedDataError):
        points.multiply(curve, 5, stray)
    with pytest.raises(MalformedDataError):
        points.shared_secret(curve, 5, stray)


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_points_survive_the_round_trip_in_full_length(curve: Curve) -> None:
    encoded = points.encode_point(curve, curve.generator)
    assert len(encoded) == 2 * curve.byte_length + 1
    assert points.decode_point(curve, encoded) == curve.generator


def test_other_forms_of_a_point_are_refused() -> None:
    encoded = points.encode_point(BP256, BP256.generator)
    too_large = b"\x04" + (BP256.x + BP256.p).to_bytes(33, "big")[1:] + encoded[33:]
    for data in (
        b"",
        b"\x00",
        b"\x02" + encoded[1:33],
        encoded[:-1],
        encoded + b"\x00",
        b"\x06" + encoded[1:],
        too_large,
    ):
        with pytest.raises(MalformedDataError):
            points.decode_point(BP256, data)


@given(st.binary(min_size=65, max_size=65))
def test_any_bytes_give_a_point_or_a_toolkit_error(data: bytes) -> None:
    try:
        point = points.decode_point(BP256, data)
    except ToolkitError:
        return
    assert points.encode_point(BP256, point) == data


def test_a_random_scalar_reproduces_a_printed_private_key() -> None:
    printed = bytes.fromhex(example("9303-11_G1_pace_gm_ecdh_bp256_aes128")["map"]["SK_IFD"])
    assert points.random_scalar(BP256, lambda count: printed[:count]) == int.from_bytes(printed, "big")


def test_a_key_pair_does_not_show_its_scalar() -> None:
    assert repr(KeyPair(BP256, 7)) == "KeyPair(brainpoolP256r1)"


def _negative(curve: Curve, point: Point) -> Point:
    return Point(point.x, curve.p - point.y)
