"""Arithmetic on the curves that OpenSSL lacks, at infinity."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import ecdsa_fallback
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.keys import ECPublicKey
from chipid.crypto.points import KeyPair
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme, verify_signature
from chipid.errors import ProtocolError

CURVE = CURVES["brainpoolP320r1"]


def test_a_product_at_infinity_is_refused() -> None:
    with pytest.raises(ProtocolError):
        ecdsa_fallback.multiply(CURVE, CURVE.n, CURVE.generator)


def test_a_sum_of_products_is_a_point_or_nothing_at_infinity() -> None:
    generator = CURVE.generator
    assert ecdsa_fallback.multiply_add(CURVE, 2, generator, 3) == ecdsa_fallback.multiply(CURVE, 5, generator)
    assert ecdsa_fallback.multiply_add(CURVE, CURVE.n - 3, generator, 3) is None


def test_a_signature_is_that_of_rfc_6979() -> None:
    """RFC 6979 §A.2.5: P-256, SHA-256, message "sample"."""
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    r, s = ecdsa_fallback.sign(CURVES["secp256r1"], secret, b"sample", hash_name="sha256")
    assert r == 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    assert s == 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8


@pytest.mark.parametrize(
    ("curve", "openssl", "hash_name", "function"),
    [
        ("secp224r1", ec.SECP224R1(), "sha512", hashes.SHA512()),
        ("secp521r1", ec.SECP521R1(), "sha256", hashes.SHA256()),
        ("brainpoolP384r1", ec.BrainpoolP384R1(), "sha384", hashes.SHA384()),
    ],
)
def test_a_signature_is_that_of_openssl_where_openssl_has_the_curve(
    curve: str, openssl: ec.EllipticCurve, hash_name: str, function: hashes.HashAlgorithm
) -> None:
    private = ec.derive_private_key(0x1234567, openssl)
    expected = utils.decode_dss_signature(private.sign(b"data", ec.ECDSA(function, deterministic_signing=True)))
    assert ecdsa_fallback.sign(CURVES[curve], 0x1234567, b"data", hash_name=hash_name) == expected


@given(secret=st.integers(1, CURVE.n - 1), message=st.binary(max_size=40))
def test_what_is_signed_verifies(secret: int, message: bytes) -> None:
    r, s = ecdsa_fallback.sign(CURVE, secret, message, hash_name="sha256")
    key = ECPublicKey(curve=CURVE, point=KeyPair(CURVE, secret).public, explicit=True)
    algorithm = SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name="sha256")
    verify_signature(key, algorithm, message, r.to_bytes(40, "big") + s.to_bytes(40, "big"))
