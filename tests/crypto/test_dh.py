"""Finite-field Diffie-Hellman against Doc 9303-11 appendix G.2."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.errors import MalformedDataError
from chipid.crypto import dh
from chipid.crypto.domain_parameters import DH_GROUPS
from chipid.crypto.entropy import system_entropy
from tests.support.vectors import example

GROUP = DH_GROUPS["modp1024-160"]


def test_the_mapping_key_agreement_of_appendix_g2_is_reproduced() -> None:
    vector = {name: int(text, 16) for name, text in example("9303-11_G2_pace_gm_dh_1024_160_aes128")["map"].items()}
    assert dh.public_key(GROUP, vector["SK_IFD"]) == vector["PK_IFD"]
    assert dh.public_key(GROUP, vector["SK_IC"]) == vector["PK_IC"]
    assert dh.agree(GROUP, vector["SK_IFD"], vector["PK_IC"]) == vector["H"]


def test_the_key_agreement_of_appendix_g2_is_reproduced_on_the_mapped_generator() -> None:
    vector = example("9303-11_G2_pace_gm_dh_1024_160_aes128")
    group = replace(GROUP, g=int(vector["map"]["G_mapped"], 16))
    numbers = {name: int(text, 16) for name, text in vector["ka"].items()}
    assert dh.public_key(group, numbers["SK_IFD"]) == numbers["PK_IFD"]
    assert dh.shared_secret(group, numbers["SK_IFD"], numbers["PK_IC"]) == bytes.fromhex(vector["ka"]["K"])
    assert dh.shared_secret(group, numbers["SK_IC"], numbers["PK_IFD"]) == bytes.fromhex(vector["ka"]["K"])


@pytest.mark.parametrize("y", [-1, 0, 1, GROUP.p - 1, GROUP.p, GROUP.p + 2, 2])
def test_a_public_key_outside_its_group_is_refused(y: int) -> None:
    with pytest.raises(MalformedDataError):
        dh.agree(GROUP, 5, y)


def test_public_keys_are_written_without_leading_zeros_and_read_with_them() -> None:
    exponent = next(e for e in range(2, 5000) if dh.public_key(GROUP, e) >> 1016 == 0)
    y = dh.public_key(GROUP, exponent)
    encoded = dh.encode_public_key(y)
    assert len(encoded) < 128
    assert encoded[0] != 0
    assert dh.decode_public_key(GROUP, encoded) == y
    assert dh.decode_public_key(GROUP, encoded.rjust(128, b"\x00")) == y


@pytest.mark.parametrize("data", [b"", bytes(129), b"\x01", bytes(128)])
def test_bytes_that_are_no_public_key_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedDataError):
        dh.decode_public_key(GROUP, data)


def test_without_a_known_order_only_the_range_is_checked() -> None:
    group = replace(GROUP, q=None)
    dh.check_public_key(group, 2)
    assert 1 <= dh.random_exponent(group, system_entropy) < group.p - 1
