"""Generic Mapping against Doc 9303-11 appendices G.1 and G.2."""

from __future__ import annotations

import pytest

from chipid.crypto import points
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Point
from chipid.crypto.mappings import map_generic_dh, map_generic_ecdh
from chipid.errors import ProtocolError
from tests.support.vectors import example

BP256 = CURVES["brainpoolP256r1"]
GROUP = DH_GROUPS["modp1024-160"]


def test_the_mapped_generator_of_appendix_g1_is_reproduced() -> None:
    vector = example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
    shared = points.decode_point(BP256, b"\x04" + bytes.fromhex(vector["map"]["H"]))
    mapped = map_generic_ecdh(BP256, bytes.fromhex(vector["s"]), shared)
    assert points.encode_point(BP256, mapped).hex().upper() == "04" + vector["map"]["G_mapped"]


def test_the_mapped_generator_of_appendix_g2_is_reproduced() -> None:
    vector = example("9303-11_G2_pace_gm_dh_1024_160_aes128")
    mapped = map_generic_dh(GROUP, bytes.fromhex(vector["s"]), int(vector["map"]["H"], 16))
    assert mapped == int(vector["map"]["G_mapped"], 16)


def test_a_nonce_that_is_zero_modulo_the_order_leaves_the_agreed_point() -> None:
    shared = points.multiply(BP256, 11, BP256.generator)
    assert map_generic_ecdh(BP256, bytes(16), shared) == shared
    assert map_generic_ecdh(BP256, BP256.n.to_bytes(32, "big"), shared) == shared


def test_a_nonce_longer_than_the_order_is_reduced() -> None:
    shared = points.multiply(BP256, 11, BP256.generator)
    long_nonce = (BP256.n + 5).to_bytes(33, "big")
    assert map_generic_ecdh(BP256, long_nonce, shared) == map_generic_ecdh(BP256, b"\x05", shared)


def test_a_mapping_to_infinity_or_to_no_generator_is_refused() -> None:
    negative = Point(BP256.x, BP256.p - BP256.y)
    with pytest.raises(ProtocolError):
        map_generic_ecdh(BP256, b"\x01", negative)
    for shared in (0, 1, GROUP.p - 1):
        with pytest.raises(ProtocolError):
            map_generic_dh(GROUP, bytes(16), shared)
