"""Chip Authentication Mapping against Doc 9303-11 appendix I.1, and a vector that departs from the standard."""

from __future__ import annotations

import pytest

from apdu.ciphers import BlockCipher, CipherSuite, pad
from apdu.errors import MalformedDataError
from apdu.secure_messaging import SessionKeys
from chipid.crypto import points
from chipid.crypto.chip_authentication_mapping import (
    decrypt_chip_authentication_data,
    initialisation_vector,
    verify_chip_authentication_data,
)
from chipid.crypto.domain_parameters import CURVES, Curve, Point
from chipid.errors import SignatureError
from tests.support.vectors import example

VECTOR = example("9303-11_I1_pace_cam_ecdh_bp256_aes128")
NEGATIVE = example("PACE_CAM_nonconforming_zero_iv_bp256")
BP256 = CURVES["brainpoolP256r1"]


def _keys(ks_enc: str) -> SessionKeys:
    return SessionKeys(suite=CipherSuite.AES_128, ks_enc=bytes.fromhex(ks_enc), ks_mac=bytes(16), ssc=0)


def _point(text: str) -> Point:
    return points.decode_point(
        BP256, bytes.fromhex(text if text.startswith("04") and len(text) == 130 else "04" + text)
    )


def test_the_data_of_appendix_i1_is_decrypted_and_joins_the_two_keys() -> None:
    keys = _keys(VECTOR["KSEnc"])
    assert initialisation_vector(keys).hex().upper() == VECTOR["IV"]
    ca_ic = decrypt_chip_authentication_data(keys, bytes.fromhex(VECTOR["A_IC"]))
    assert ca_ic.hex().upper() == VECTOR["CA_IC"]
    pk_ic, pk_map_ic = _point(VECTOR["PK_IC_static"]), _point(VECTOR["map"]["PK_IC"])
    verify_chip_authentication_data(BP256, ca_ic, pk_ic=pk_ic, pk_map_ic=pk_map_ic)
    inverse = pow(int(VECTOR["derived_SK_IC_static"], 16), -1, BP256.n)
    assert inverse * int(VECTOR["map"]["SK_IC"], 16) % BP256.n == int(VECTOR["CA_IC"], 16)


def test_data_that_was_encrypted_with_a_zero_iv_is_refused() -> None:
    keys = _keys(NEGATIVE["KSEnc"])
    encrypted = bytes.fromhex(NEGATIVE["DO8A"])
    pk_ic, pk_map_ic = _point(NEGATIVE["PK_IC_static"]), _point(NEGATIVE["PK_Map_IC"])
    ca_ic = decrypt_chip_authentication_data(keys, encrypted)
    with pytest.raises(SignatureError):
        verify_chip_authentication_data(BP256, ca_ic, pk_ic=pk_ic, pk_map_ic=pk_map_ic)
    # The vector is sound but for its IV.
    wrong = BlockCipher(keys.suite, keys.ks_enc).decrypt(encrypted)[:32]
    assert wrong.hex().upper() == NEGATIVE["CA_IC_with_zero_IV"]
    verify_chip_authentication_data(BP256, wrong, pk_ic=pk_ic, pk_map_ic=pk_map_ic)


@pytest.mark.parametrize("encrypted", [b"", bytes(15), bytes(17), bytes(16)])
def test_data_that_is_not_padded_or_not_made_of_blocks_is_malformed(encrypted: bytes) -> None:
    with pytest.raises(MalformedDataError):
        decrypt_chip_authentication_data(_keys(VECTOR["KSEnc"]), encrypted)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_only_the_right_scalar_of_full_length_is_accepted(curve: Curve) -> None:
    pk_ic = points.multiply(curve, 3, curve.generator)
    inverse = pow(3, -1, curve.n)
    for sk_map in (1, 2, 3, curve.n - 3, curve.n - 1):
        pk_map_ic = points.multiply(curve, sk_map, curve.generator)
        ca_ic = (inverse * sk_map % curve.n).to_bytes(curve.order_length, "big")
        verify_chip_authentication_data(curve, ca_ic, pk_ic=pk_ic, pk_map_ic=pk_map_ic)
        wrong = (
            b"\x00" + ca_ic,
            ca_ic[1:],
            b"",
            bytes(curve.order_length),
            curve.n.to_bytes(curve.order_length, "big"),
            (-int.from_bytes(ca_ic, "big") % curve.n).to_bytes(curve.order_length, "big"),
        )
        for one in wrong:
            with pytest.raises(SignatureError):
                verify_chip_authentication_data(curve, one, pk_ic=pk_ic, pk_map_ic=pk_map_ic)


@pytest.mark.parametrize("suite", [suite for suite in CipherSuite if suite is not CipherSuite.TDES])
def test_what_was_encrypted_with_the_standards_iv_comes_out(suite: CipherSuite) -> None:
    keys = SessionKeys(suite=suite, ks_enc=bytes(range(suite.key_length)), ks_mac=bytes(suite.key_length), ssc=0)
    cipher = BlockCipher(suite, keys.ks_enc)
    for data in (bytes(range(32)), bytes(28), bytes(66)):
        encrypted = cipher.encrypt(pad(data, suite.block_length), initialisation_vector(keys))
        assert decrypt_chip_authentication_data(keys, encrypted) == data
