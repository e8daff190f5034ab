"""Integrated Mapping against Doc 9303-11 appendices H.1 and H.2, then its edges."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu.ciphers import BlockCipher, CipherSuite
from chipid.crypto import dh, points
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.integrated_mapping import (
    encode_element,
    is_encodable,
    map_integrated_dh,
    map_integrated_ecdh,
    nonce_length,
    pseudo_random,
    pseudo_random_element,
)
from chipid.errors import ProtocolError, UnsupportedError
from tests.support.vectors import example, load

ECDH = example("9303-11_H1_pace_im_ecdh_bp256_aes128")
DH = load("pace_im_dh")
BP256 = CURVES["brainpoolP256r1"]
GROUP = DH_GROUPS["modp1024-160"]
AES_128 = CipherSuite.AES_128
ENCODABLE = [curve for curve in CURVES.values() if curve.name != "secp224r1"]


@pytest.mark.parametrize("vector", [ECDH, DH], ids=["H.1", "H.2"])
def test_the_nonces_and_the_pseudo_random_string_of_appendix_h_are_reproduced(vector: dict[str, str]) -> None:
    s, t = bytes.fromhex(vector["s"]), bytes.fromhex(vector["t"])
    assert BlockCipher(AES_128, bytes.fromhex(vector["Kpi"])).decrypt(bytes.fromhex(vector["z"])) == s
    p = BP256.p if vector is ECDH else GROUP.p
    assert pseudo_random(AES_128, s, t, p.bit_length()).hex().upper() == vector["R"]
    assert pseudo_random_element(AES_128, s, t, p) == int(vector["Rp"], 16)


def test_the_mapped_generator_of_appendix_h1_is_reproduced() -> None:
    mapped = map_integrated_ecdh(BP256, AES_128, bytes.fromhex(ECDH["s"]), bytes.fromhex(ECDH["t"]))
    assert points.encode_point(BP256, mapped).hex().upper() == "04" + ECDH["G_mapped"]
    assert encode_element(BP256, int(ECDH["Rp"], 16)) == mapped
    for secret, public in (("SK_IC", "PK_IC"), ("SK_IFD", "PK_IFD")):
        key = points.multiply(BP256, int(ECDH[secret], 16), mapped)
        assert points.encode_point(BP256, key).hex().upper() == "04" + ECDH[public]


def test_the_mapped_generator_of_appendix_h2_is_reproduced() -> None:
    mapped = map_integrated_dh(GROUP, AES_128, bytes.fromhex(DH["s"]), bytes.fromhex(DH["t"]))
    assert mapped == int(DH["G_mapped"], 16)
    group = replace(GROUP, g=mapped)
    for secret, public in (("SK_IC", "PK_IC"), ("SK_IFD", "PK_IFD")):
        assert dh.public_key(group, int(DH[secret], 16)) == int(DH[public], 16)
    assert dh.shared_secret(group, int(DH["SK_IFD"], 16), int(DH["PK_IC"], 16)).hex().upper() == DH["K"]


def test_the_constants_are_those_that_the_vectors_print() -> None:
    # R has one block per constant: with t and s of zeros it differs wherever a constant does.
    for suite, bits in ((CipherSuite.AES_128, 128), (CipherSuite.AES_256, 256)):
        s, t = bytes(nonce_length(suite)), bytes(suite.key_length)
        first = BlockCipher(suite, BlockCipher(suite, t).encrypt(s)[: suite.key_length])
        c0, c1 = (bytes.fromhex(ECDH[f"{name}_{bits}"]) for name in ("c0", "c1"))
        second = BlockCipher(suite, first.encrypt(c0)[: suite.key_length])
        expected = first.encrypt(c1) + second.encrypt(c1)
        assert pseudo_random(suite, s, t, 2 * bits - 64) == expected


@pytest.mark.parametrize(
    ("suite", "s_length", "t_length"),
    [
        (CipherSuite.TDES, 16, 16),
        (CipherSuite.AES_128, 16, 16),
        (CipherSuite.AES_192, 32, 24),
        (CipherSuite.AES_256, 32, 32),
    ],
)
def test_nonces_have_the_length_of_the_key_and_s_fills_whole_blocks(
    suite: CipherSuite, s_length: int, t_length: int
) -> None:
    assert nonce_length(suite) == s_length
    for bits in (192, 256, 521, 1024, 2048):
        output = pseudo_random(suite, bytes(s_length), bytes(t_length), bits)
        assert len(output) % s_length == 0
        assert bits + 64 <= 8 * len(output) < bits + 64 + 8 * s_length
    for wrong in ((s_length - 8, t_length), (s_length, t_length - 8), (s_length + 8, t_length), (0, 0)):
        with pytest.raises(ValueError, match="nonces"):
            pseudo_random(suite, bytes(wrong[0]), bytes(wrong[1]), 256)


@pytest.mark.parametrize("curve", ENCODABLE, ids=lambda curve: curve.name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_every_number_but_three_is_a_point_of_the_curve_and_so_is_its_negative(
    curve: Curve, data: st.DataObject
) -> None:
    t = data.draw(st.integers(2, curve.p - 2) | st.integers(2, 300) | st.integers(curve.p - 300, curve.p - 2))
    point = encode_element(curve, t)
    assert points.decode_point(curve, points.encode_point(curve, point)) == point
    assert encode_element(curve, curve.p - t).x == point.x  # only t² enters x


@pytest.mark.parametrize("curve", ENCODABLE, ids=lambda curve: curve.name)
def test_both_branches_of_the_encoding_occur(curve: Curve) -> None:
    branches = set()
    for t in range(2, 40):
        alpha = -t * t % curve.p
        x2 = -curve.b * pow(curve.a, -1, curve.p) * (1 + pow(alpha + alpha * alpha, -1, curve.p)) % curve.p
        branches.add(encode_element(curve, t).x == x2)
    assert branches == {True, False}


def test_a_number_outside_the_formula_is_refused() -> None:
    for t in (0, 1, BP256.p - 1):
        with pytest.raises(ProtocolError):
            encode_element(BP256, t)


def test_a_curve_over_another_kind_of_prime_is_refused() -> None:
    curve = CURVES["secp224r1"]
    assert not is_encodable(curve)
    assert all(is_encodable(one) for one in ENCODABLE)
    with pytest.raises(UnsupportedError):
        map_integrated_ecdh(curve, AES_128, bytes(16), bytes(16))


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("group", DH_GROUPS.values(), ids=lambda group: group.name)
def test_every_mapped_number_generates_the_subgroup(group: DHGroup, suite: CipherSuite) -> None:
    s, t = bytes(range(nonce_length(suite))), bytes(suite.key_length)
    mapped = map_integrated_dh(group, suite, s, t)
    dh.check_public_key(group, mapped)


def test_a_group_without_a_known_order_is_refused() -> None:
    with pytest.raises(UnsupportedError):
        map_integrated_dh(replace(GROUP, q=None), AES_128, bytes(16), bytes(16))


def test_a_mapping_to_no_generator_is_refused() -> None:
    # With q = 1 the exponent is p - 1, and every number maps to 1.
    with pytest.raises(ProtocolError):
        map_integrated_dh(replace(GROUP, q=1), AES_128, bytes(16), bytes(16))
