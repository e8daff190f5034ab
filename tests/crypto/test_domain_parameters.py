"""Domain parameters against the published values."""

from __future__ import annotations

from typing import Any

import pytest
from ecdsa import curves as reference_curves

from chipid.crypto.domain_parameters import (
    CURVES,
    DH_GROUPS,
    Curve,
    DHGroup,
    curve_by_oid,
    domain_by_parameter_id,
    match_curve,
)
from chipid.errors import UnsupportedError
from tests.support.vectors import load


@pytest.mark.parametrize("published", load("domain_parameters")["parameters"], ids=lambda entry: entry["name"])
def test_every_published_value_is_ours(published: dict[str, Any]) -> None:
    domain = domain_by_parameter_id(published["id"])
    assert domain.parameter_id == published["id"]
    assert domain.p == int(published["p"], 16)
    if isinstance(domain, DHGroup):
        assert published["type"] == "DH"
        assert (domain.g, domain.q) == (int(published["g"], 16), int(published["q"], 16))
        assert DH_GROUPS[domain.name] == domain
        return
    assert (domain.name, domain.oid) == (published["name"], published["oid"])
    assert [domain.a, domain.b, domain.n] == [int(published[key], 16) for key in ("a", "b", "n")]
    assert domain.h == published["h"]
    length = domain.byte_length
    generator = bytes.fromhex(published["G"])
    assert generator == b"\x04" + domain.x.to_bytes(length, "big") + domain.y.to_bytes(length, "big")
    assert (domain.generator.x, domain.generator.y) == (domain.x, domain.y)
    assert CURVES[domain.name] == domain


def test_the_package_ecdsa_knows_the_same_curves() -> None:
    reference = {str(curve.openssl_name): curve for curve in reference_curves.curves if curve.openssl_name}
    aliases = {"secp192r1": "prime192v1", "secp256r1": "prime256v1"}
    for curve in CURVES.values():
        other = reference[aliases.get(curve.name, curve.name)]
        assert (curve.p, curve.a, curve.b, curve.n) == (
            other.curve.p(),
            other.curve.a() % curve.p,
            other.curve.b(),
            other.order,
        )


@pytest.mark.parametrize("group", DH_GROUPS.values(), ids=lambda group: group.name)
def test_the_generator_of_a_group_has_the_printed_order(group: DHGroup) -> None:
    assert group.q is not None
    assert (group.p - 1) % group.q == 0
    assert pow(group.g, group.q, group.p) == 1


@pytest.mark.parametrize("parameter_id", [-1, 3, 7, 19, 31, 256])
def test_reserved_parameter_identifiers_are_unsupported(parameter_id: int) -> None:
    with pytest.raises(UnsupportedError):
        domain_by_parameter_id(parameter_id)


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_a_curve_is_found_by_its_identifier_and_by_all_its_integers(curve: Curve) -> None:
    assert curve_by_oid(curve.oid) is curve
    values = {key: getattr(curve, key) for key in ("p", "a", "b", "x", "y", "n", "h")}
    assert match_curve(**values) is curve
    assert match_curve(**{**values, "a": curve.a - curve.p}) is curve


@pytest.mark.parametrize("key", ["p", "a", "b", "x", "y", "n", "h"])
def test_parameters_that_differ_in_one_integer_match_no_curve(key: str) -> None:
    curve = CURVES["brainpoolP256r1"]
    values = {name: getattr(curve, name) for name in ("p", "a", "b", "x", "y", "n", "h")}
    for change in (-1, 1):
        with pytest.raises(UnsupportedError):
            match_curve(**{**values, key: values[key] + change})


def test_unknown_curves_and_impossible_fields_are_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        curve_by_oid("1.3.132.0.10")
    with pytest.raises(UnsupportedError):
        match_curve(p=0, a=0, b=0, x=0, y=0, n=0, h=0)


def test_lengths_follow_field_and_order() -> None:
    assert (CURVES["secp521r1"].byte_length, CURVES["secp521r1"].order_length) == (66, 66)
    assert DH_GROUPS["modp1024-160"].byte_length == 128
