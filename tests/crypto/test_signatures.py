"""Signatures made by OpenSSL and by the package ``ecdsa``, in every combination that documents use."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from ecdsa import BRAINPOOLP224r1, BRAINPOOLP320r1, SigningKey
from ecdsa.util import sigencode_der, sigencode_string
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu.errors import MalformedDataError, TLVError, ToolkitError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto import signatures
from chipid.crypto.digests import encode_digest_algorithm
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve
from chipid.crypto.keys import (
    DHPublicKey,
    ECPublicKey,
    PublicKey,
    RSAPublicKey,
    encode_public_key,
    load_public_key,
)
from chipid.crypto.points import Point, openssl_curve
from chipid.crypto.signatures import (
    SignatureAlgorithm,
    SignatureScheme,
    parse_signature_algorithm,
    signature_algorithm_by_oid,
    verify_signature,
)
from chipid.errors import SignatureError, UnsupportedError

MESSAGE = b"what was signed"
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}

_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_KEY = RSAPublicKey(n=_RSA.public_key().public_numbers().n, e=65537)


def _ec_pair(curve: Curve) -> tuple[ec.EllipticCurvePrivateKey, ECPublicKey]:
    openssl = openssl_curve(curve)
    assert openssl is not None
    private = ec.derive_private_key(0x1234_5678_9ABC_DEF0_1234, openssl)
    numbers = private.public_key().public_numbers()
    return private, ECPublicKey(curve=curve, point=Point(numbers.x, numbers.y), explicit=False)


def _refuse(key: PublicKey, algorithm: SignatureAlgorithm, signature: bytes) -> None:
    """Nothing but the signed message under the right key verifies."""
    with pytest.raises(SignatureError):
        verify_signature(key, algorithm, MESSAGE + b"!", signature)
    flipped = signature[:-1] + bytes((signature[-1] ^ 1,))
    with pytest.raises(SignatureError):
        verify_signature(key, algorithm, MESSAGE, flipped)


@pytest.mark.parametrize("hash_name", HASHES)
def test_rsa_pkcs1_signatures_verify(hash_name: str) -> None:
    oid = {"sha1": oids.SHA1_WITH_RSA, "sha224": oids.SHA224_WITH_RSA, "sha256": oids.SHA256_WITH_RSA}.get(hash_name)
    oid = oid or {"sha384": oids.SHA384_WITH_RSA, "sha512": oids.SHA512_WITH_RSA}[hash_name]
    signature = _RSA.sign(MESSAGE, padding.PKCS1v15(), HASHES[hash_name])
    for parameters in (b"", der.encode_null()):
        algorithm = parse_signature_algorithm(encode_algorithm_identifier(oid, parameters), digest=None)
        verify_signature(RSA_KEY, algorithm, MESSAGE, signature)
        _refuse(RSA_KEY, algorithm, signature)


def _pss_parameters(hash_name: str, mgf_hash_name: str, salt_length: int, *, null: bool) -> bytes:
    mask = encode_algorithm_identifier(oids.MGF1, encode_digest_algorithm(mgf_hash_name, null_parameters=null))
    return der.encode_sequence(
        b"\xa0" + _with_length(encode_digest_algorithm(hash_name, null_parameters=null)),
        b"\xa1" + _with_length(mask),
        b"\xa2" + _with_length(der.encode_integer(salt_length)),
    )


def _with_length(data: bytes) -> bytes:
    return bytes((len(data),)) + data


@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize(
    ("hash_name", "mgf_hash_name", "salt_length"),
    [("sha256", "sha256", 32), ("sha256", "sha256", 64), ("sha512", "sha1", 0), ("sha224", "sha384", 20)],
)
def test_pss_signatures_verify_with_the_parameters_that_are_named(
    hash_name: str, mgf_hash_name: str, salt_length: int, null: bool
) -> None:
    scheme = padding.PSS(mgf=padding.MGF1(HASHES[mgf_hash_name]), salt_length=salt_length)
    signature = _RSA.sign(MESSAGE, scheme, HASHES[hash_name])
    parameters = _pss_parameters(hash_name, mgf_hash_name, salt_length, null=null)
    algorithm = parse_signature_algorithm(encode_algorithm_identifier(oids.RSASSA_PSS, parameters), digest="sha1")
    assert algorithm == SignatureAlgorithm(
        scheme=SignatureScheme.RSA_PSS, hash_name=hash_name, mgf_hash_name=mgf_hash_name, salt_length=salt_length
    )
    verify_signature(RSA_KEY, algorithm, MESSAGE, signature)
    _refuse(RSA_KEY, algorithm, signature)


def _restricted(parameters: bytes) -> PublicKey:
    """The key as a certificate has it that is for RSASSA-PSS alone."""
    numbers = der.encode_sequence(der.encode_integer(RSA_KEY.n), der.encode_integer(RSA_KEY.e))
    algorithm = encode_algorithm_identifier(oids.RSASSA_PSS, parameters)
    spki = der.encode_sequence(algorithm, der.encode_bit_string(numbers))
    key = load_public_key(spki)
    assert load_public_key(encode_public_key(key)) == key
    return key


def _verify_pss(key: PublicKey, hash_name: str, mgf_hash_name: str, salt_length: int) -> None:
    scheme = padding.PSS(mgf=padding.MGF1(HASHES[mgf_hash_name]), salt_length=salt_length)
    algorithm = SignatureAlgorithm(
        scheme=SignatureScheme.RSA_PSS, hash_name=hash_name, mgf_hash_name=mgf_hash_name, salt_length=salt_length
    )
    verify_signature(key, algorithm, MESSAGE, _RSA.sign(MESSAGE, scheme, HASHES[hash_name]))


@pytest.mark.parametrize("parameters", [b"", der.encode_null(), _pss_parameters("sha512", "sha512", 64, null=True)])
def test_a_key_for_pss_verifies_no_signature_of_another_scheme(parameters: bytes) -> None:
    algorithm = SignatureAlgorithm(scheme=SignatureScheme.RSA_PKCS1, hash_name="sha512")
    signature = _RSA.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA512())
    verify_signature(RSA_KEY, algorithm, MESSAGE, signature)
    with pytest.raises(SignatureError, match="RSASSA-PSS alone"):
        verify_signature(_restricted(parameters), algorithm, MESSAGE, signature)


def test_a_key_for_pss_without_parameters_takes_any() -> None:
    for parameters in (b"", der.encode_null()):
        _verify_pss(_restricted(parameters), "sha256", "sha1", 20)
        _verify_pss(_restricted(parameters), "sha512", "sha512", 0)


def test_a_key_for_pss_takes_its_own_hash_functions_and_no_shorter_salt() -> None:
    key = _restricted(_pss_parameters("sha256", "sha256", 32, null=False))
    _verify_pss(key, "sha256", "sha256", 32)
    _verify_pss(key, "sha256", "sha256", 40)
    for hash_name, mgf_hash_name, salt_length in (
        ("sha256", "sha256", 31),
        ("sha256", "sha1", 32),
        ("sha512", "sha256", 32),
        ("sha512", "sha512", 64),
    ):
        with pytest.raises(SignatureError, match="than its key allows"):
            _verify_pss(key, hash_name, mgf_hash_name, salt_length)


def test_a_restriction_that_cannot_be_read_leaves_the_question_open() -> None:
    with pytest.raises(UnsupportedError):
        _verify_pss(_restricted(der.encode_integer(1)), "sha256", "sha256", 32)


def test_pss_without_parameters_means_sha1_and_a_salt_of_twenty_bytes() -> None:
    signature = _RSA.sign(MESSAGE, padding.PSS(mgf=padding.MGF1(hashes.SHA1()), salt_length=20), hashes.SHA1())
    for parameters in (b"", der.encode_sequence()):
        algorithm = parse_signature_algorithm(encode_algorithm_identifier(oids.RSASSA_PSS, parameters), digest="sha256")
        verify_signature(RSA_KEY, algorithm, MESSAGE, signature)


def test_a_salt_of_another_length_is_wrong() -> None:
    signature = _RSA.sign(MESSAGE, padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=20), hashes.SHA256())
    algorithm = SignatureAlgorithm(
        scheme=SignatureScheme.RSA_PSS, hash_name="sha256", mgf_hash_name="sha256", salt_length=32
    )
    with pytest.raises(SignatureError):
        verify_signature(RSA_KEY, algorithm, MESSAGE, signature)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ("300aa203020114a203020114", TLVError),
        ("300aa303020101a203020114", TLVError),
        ("3005a303020102", UnsupportedError),
        ("3006a20402020201", UnsupportedError),
        ("3005a2030201ff", UnsupportedError),
        ("3005a403020101", MalformedDataError),
        ("3010a10e300c06052b0e03021a0603550403", UnsupportedError),
        ("300ba009300706052b0e03021b", UnsupportedError),
    ],
)
def test_unknown_repeated_and_disordered_pss_parameters_are_refused(parameters: str, error: type[ToolkitError]) -> None:
    raw = bytes.fromhex(parameters)
    with pytest.raises(error):
        parse_signature_algorithm(encode_algorithm_identifier(oids.RSASSA_PSS, raw), digest=None)


@pytest.mark.parametrize("curve", [c for c in CURVES.values() if openssl_curve(c)], ids=lambda curve: curve.name)
def test_ecdsa_signatures_of_openssl_verify_in_both_formats(curve: Curve) -> None:
    private, key = _ec_pair(curve)
    for hash_name, hash_algorithm in HASHES.items():
        signature = private.sign(MESSAGE, ec.ECDSA(hash_algorithm))
        algorithm = SignatureAlgorithm(scheme=SignatureScheme.ECDSA, hash_name=hash_name)
        verify_signature(key, algorithm, MESSAGE, signature)
        r, s = decode_dss_signature(signature)
        plain = r.to_bytes(curve.order_length, "big") + s.to_bytes(curve.order_length, "big")
        algorithm = SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name=hash_name)
        verify_signature(key, algorithm, MESSAGE, plain)
        _refuse(key, algorithm, plain)


@pytest.mark.parametrize(
    ("reference", "name"), [(BRAINPOOLP224r1, "brainpoolP224r1"), (BRAINPOOLP320r1, "brainpoolP320r1")]
)
@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha512"])
def test_ecdsa_signatures_on_curves_that_openssl_lacks_verify(reference: Any, name: str, hash_name: str) -> None:
    private = SigningKey.from_secret_exponent(0x1234_5678_9ABC_DEF0, reference)
    point = private.verifying_key.pubkey.point
    key = ECPublicKey(curve=CURVES[name], point=Point(int(point.x()), int(point.y())), explicit=True)
    for scheme, encode in ((SignatureScheme.ECDSA, sigencode_der), (SignatureScheme.ECDSA_PLAIN, sigencode_string)):
        signature = private.sign(
            MESSAGE, hashfunc=lambda data: hashlib.new(hash_name, data), sigencode=encode, k=4711, allow_truncate=True
        )
        algorithm = SignatureAlgorithm(scheme=scheme, hash_name=hash_name)
        verify_signature(key, algorithm, MESSAGE, signature)
        _refuse(key, algorithm, signature)


@pytest.mark.parametrize("name", ["secp256r1", "brainpoolP224r1"])
def test_values_of_an_ecdsa_signature_out_of_range_are_wrong(name: str) -> None:
    curve = CURVES[name]
    key = ECPublicKey(curve=curve, point=curve.generator, explicit=False)
    algorithm = SignatureAlgorithm(scheme=SignatureScheme.ECDSA, hash_name="sha256")
    for r, s in ((0, 1), (1, 0), (curve.n, 1), (1, curve.n), (-1, 1), (curve.n + 1, 1)):
        with pytest.raises(SignatureError):
            verify_signature(key, algorithm, MESSAGE, der.encode_sequence(der.encode_integer(r), der.encode_integer(s)))


@pytest.mark.parametrize(
    "signature", ["", "30", "3000", "3003020101", "3009020101020101020101", "30060201010201" + "0100"]
)
def test_an_ecdsa_signature_that_is_not_two_numbers_is_wrong(signature: str) -> None:
    key = ECPublicKey(curve=CURVES["secp256r1"], point=CURVES["secp256r1"].generator, explicit=False)
    with pytest.raises(SignatureError):
        verify_signature(
            key,
            SignatureAlgorithm(scheme=SignatureScheme.ECDSA, hash_name="sha256"),
            MESSAGE,
            bytes.fromhex(signature),
        )


@pytest.mark.parametrize("length", [0, 63, 65, 70])
def test_a_plain_signature_of_a_wrong_length_shows_nothing(length: int) -> None:
    key = ECPublicKey(curve=CURVES["secp256r1"], point=CURVES["secp256r1"].generator, explicit=False)
    with pytest.raises(MalformedDataError):
        verify_signature(
            key, SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name="sha256"), MESSAGE, bytes(length)
        )


def test_an_identifier_of_the_kind_of_key_takes_the_digest_that_is_given() -> None:
    rsa_only = encode_algorithm_identifier(oids.RSA_ENCRYPTION, der.encode_null())
    assert parse_signature_algorithm(rsa_only, digest="sha384") == SignatureAlgorithm(
        scheme=SignatureScheme.RSA_PKCS1, hash_name="sha384"
    )
    ec_only = encode_algorithm_identifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.SECP256R1))
    assert parse_signature_algorithm(ec_only, digest="sha256").scheme is SignatureScheme.ECDSA
    with pytest.raises(UnsupportedError):
        parse_signature_algorithm(rsa_only, digest=None)


def test_the_digest_that_is_given_never_overrides_the_algorithm() -> None:
    identifier = encode_algorithm_identifier(oids.ECDSA_WITH_SHA512)
    assert parse_signature_algorithm(identifier, digest="sha256").hash_name == "sha512"


def test_null_parameters_of_ecdsa_are_tolerated_and_others_are_not() -> None:
    with_null = encode_algorithm_identifier(oids.ECDSA_WITH_SHA256, der.encode_null())
    assert parse_signature_algorithm(with_null, digest=None).hash_name == "sha256"
    with pytest.raises(UnsupportedError):
        parse_signature_algorithm(
            encode_algorithm_identifier(oids.ECDSA_WITH_SHA256, der.encode_integer(1)), digest=None
        )


def test_plain_algorithms_are_found_by_their_identifier_and_forgotten_ones_are_not() -> None:
    assert signature_algorithm_by_oid(oids.ECDSA_PLAIN_SHA224) == SignatureAlgorithm(
        scheme=SignatureScheme.ECDSA_PLAIN, hash_name="sha224"
    )
    for oid in (oids.ECDSA_PLAIN_RIPEMD160, "1.2.840.113549.1.1.4"):
        with pytest.raises(UnsupportedError):
            signature_algorithm_by_oid(oid)


def test_every_hash_function_of_the_table_can_be_computed() -> None:
    for scheme, hash_name in signatures._ALGORITHMS.values():
        key = ECPublicKey(curve=CURVES["brainpoolP224r1"], point=CURVES["brainpoolP224r1"].generator, explicit=False)
        if scheme is SignatureScheme.ECDSA_PLAIN:
            with pytest.raises(SignatureError):
                verify_signature(key, SignatureAlgorithm(scheme=scheme, hash_name=hash_name), MESSAGE, b"\x01" * 2 * 28)


def test_a_key_of_another_kind_never_verifies() -> None:
    group = DH_GROUPS["modp1024-160"]
    ec_key = ECPublicKey(curve=CURVES["secp256r1"], point=CURVES["secp256r1"].generator, explicit=False)
    for key, scheme in (
        (ec_key, SignatureScheme.RSA_PSS),
        (RSA_KEY, SignatureScheme.ECDSA),
        (DHPublicKey(group=group, y=group.g), SignatureScheme.ECDSA_PLAIN),
    ):
        with pytest.raises(SignatureError):
            verify_signature(key, SignatureAlgorithm(scheme=scheme, hash_name="sha256"), MESSAGE, bytes(64))


def test_an_unknown_hash_function_could_not_be_checked() -> None:
    with pytest.raises(UnsupportedError):
        verify_signature(
            RSA_KEY, SignatureAlgorithm(scheme=SignatureScheme.RSA_PKCS1, hash_name="md5"), MESSAGE, bytes(256)
        )


def test_an_unknown_mask_or_a_key_too_short_for_its_hash_function_could_not_be_checked() -> None:
    unknown_mask = SignatureAlgorithm(scheme=SignatureScheme.RSA_PSS, hash_name="sha256", mgf_hash_name="md5")
    too_long = SignatureAlgorithm(scheme=SignatureScheme.RSA_PSS, hash_name="sha512")
    for key, algorithm in ((RSA_KEY, unknown_mask), (RSAPublicKey(n=2**511 + 1, e=3), too_long)):
        with pytest.raises(UnsupportedError):
            verify_signature(key, algorithm, MESSAGE, bytes(key.byte_length))


def test_a_point_off_its_curve_could_not_be_checked() -> None:
    curve = CURVES["secp256r1"]
    key = ECPublicKey(curve=curve, point=Point(curve.x, curve.y - 1), explicit=False)
    with pytest.raises(UnsupportedError):
        verify_signature(
            key, SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name="sha256"), MESSAGE, b"\x01" * 64
        )


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_as_signature_raise_a_toolkit_error(signature: bytes) -> None:
    ec_key = ECPublicKey(curve=CURVES["secp256r1"], point=CURVES["secp256r1"].generator, explicit=False)
    for key, scheme in (
        (RSA_KEY, SignatureScheme.RSA_PKCS1),
        (RSA_KEY, SignatureScheme.RSA_PSS),
        (ec_key, SignatureScheme.ECDSA),
        (ec_key, SignatureScheme.ECDSA_PLAIN),
    ):
        with pytest.raises(ToolkitError):
            verify_signature(key, SignatureAlgorithm(scheme=scheme, hash_name="sha256"), MESSAGE, signature)


@given(st.binary(max_size=60))
def test_any_bytes_as_algorithm_give_an_algorithm_or_a_toolkit_error(data: bytes) -> None:
    try:
        parse_signature_algorithm(data, digest="sha256")
    except ToolkitError:
        return
