"""DSA keys and signatures, against the published example of RFC 6979."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from apdu.errors import MalformedDataError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.keys import DSAPublicKey, RSAPublicKey, encode_public_key, load_public_key
from chipid.crypto.signatures import (
    SignatureAlgorithm,
    SignatureScheme,
    parse_signature_algorithm,
    verify_signature,
)
from chipid.errors import SignatureError, UnsupportedError
from tests.support.hostile import assert_survives
from tests.support.vectors import load

VECTOR = load("dsa_rfc6979")
KEY = DSAPublicKey(**{name: int(VECTOR[name], 16) for name in "pqgy"})
OIDS = {"sha1": oids.DSA_WITH_SHA1, "sha224": oids.DSA_WITH_SHA224, "sha256": oids.DSA_WITH_SHA256}
SPKI = encode_public_key(KEY)


def numbers_of(entry: dict[str, str]) -> tuple[int, int]:
    return int(entry["r"], 16), int(entry["s"], 16)


def algorithm(hash_name: str) -> SignatureAlgorithm:
    return parse_signature_algorithm(encode_algorithm_identifier(OIDS[hash_name]), digest=None)


def test_a_key_is_written_and_read() -> None:
    assert load_public_key(SPKI) == KEY
    assert KEY.bits == 2048
    assert "667098" not in repr(KEY)


@pytest.mark.parametrize("entry", VECTOR["signatures"], ids=lambda one: f"{one['message']} {one['hash']}")
def test_the_published_signatures_verify_and_no_others(entry: dict[str, str]) -> None:
    r, s = numbers_of(entry)
    message, found = entry["message"].encode(), algorithm(entry["hash"])
    verify_signature(KEY, found, message, encode_dss_signature(r, s))
    for wrong in ((r + 1, s), (r, s ^ 1), (0, s), (r, KEY.q), (s, r)):
        with pytest.raises(SignatureError):
            verify_signature(KEY, found, message, encode_dss_signature(*wrong))
    with pytest.raises(SignatureError):
        verify_signature(KEY, found, message + b"!", encode_dss_signature(r, s))


def test_a_signer_may_name_the_kind_of_key_alone() -> None:
    found = parse_signature_algorithm(encode_algorithm_identifier(oids.DSA), digest="sha256")
    assert found == SignatureAlgorithm(scheme=SignatureScheme.DSA, hash_name="sha256")


@pytest.mark.parametrize("signature", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x01", bytes(64)])
def test_what_is_no_pair_of_numbers_is_wrong(signature: bytes) -> None:
    with pytest.raises(SignatureError):
        verify_signature(KEY, algorithm("sha256"), b"sample", signature)


def test_a_key_of_another_kind_has_not_signed() -> None:
    with pytest.raises(SignatureError):
        verify_signature(RSAPublicKey(n=(1 << 2047) + 1, e=65537), algorithm("sha256"), b"", b"")


def changed(**numbers: int) -> bytes:
    values: dict[str, Any] = {name: getattr(KEY, name) for name in "pqgy"} | numbers
    return encode_public_key(DSAPublicKey(**values))


@pytest.mark.parametrize(
    "numbers",
    [{"p": KEY.p - 1}, {"q": KEY.q - 2}, {"g": 1}, {"g": KEY.p}, {"y": 1}, {"y": 0}, {"y": KEY.p - 1}, {"p": -KEY.p}],
)
def test_impossible_keys_are_malformed(numbers: dict[str, int]) -> None:
    with pytest.raises(MalformedDataError):
        load_public_key(changed(**numbers))


@pytest.mark.parametrize("numbers", [{"p": KEY.p >> 1}, {"q": KEY.q >> 1}])
def test_keys_of_other_sizes_are_unsupported(numbers: dict[str, int]) -> None:
    with pytest.raises(UnsupportedError):
        load_public_key(changed(**numbers))


def test_parameters_are_not_inherited() -> None:
    bare = der.encode_sequence(encode_algorithm_identifier(oids.DSA), der.encode_bit_string(der.encode_integer(KEY.y)))
    with pytest.raises(MalformedDataError):
        load_public_key(bare)


def test_damaged_keys_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(load_public_key, SPKI, step=7)
