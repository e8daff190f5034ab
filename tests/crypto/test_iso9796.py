"""ISO/IEC 9796-2 scheme 1: published answers, then answers made here, then damaged ones."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.crypto.iso9796 import verify_recoverable_signature
from chipid.crypto.keys import RSAPublicKey, load_public_key
from chipid.errors import SignatureError, UnsupportedError
from tests.support.vectors import example

VECTOR = example("AA_rsa1024_iso9796_2_vectors")
CHALLENGE = bytes.fromhex("0102030405060708")
TRAILERS = {
    "sha1": b"\x33\xcc",
    "sha224": b"\x38\xcc",
    "sha256": b"\x34\xcc",
    "sha384": b"\x36\xcc",
    "sha512": b"\x35\xcc",
}

_PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=1536).private_numbers()
KEY = RSAPublicKey(n=_PRIVATE.public_numbers.n, e=_PRIVATE.public_numbers.e)


def _key(spki: bytes) -> RSAPublicKey:
    key = load_public_key(spki)
    assert isinstance(key, RSAPublicKey)
    return key


def _sign(block: bytes, *, smaller: bool = False) -> bytes:
    s = pow(int.from_bytes(block, "big"), _PRIVATE.d, KEY.n)
    return (min(s, KEY.n - s) if smaller else s).to_bytes(KEY.byte_length, "big")


def _block(hash_name: str, trailer: bytes, header: bytes = b"\x6a", challenge: bytes = CHALLENGE) -> bytes:
    room = KEY.byte_length - len(header) - len(trailer) - hashlib.new(hash_name).digest_size
    m1 = bytes(index % 251 for index in range(room))
    return header + m1 + hashlib.new(hash_name, m1 + challenge).digest() + trailer


@pytest.mark.parametrize("case", VECTOR["vectors"])
def test_published_answers_of_a_chip_verify(case: dict[str, Any]) -> None:
    key = _key(tlv.parse_one(bytes.fromhex(VECTOR["DG15"]), 0x6F).value)
    challenge, signature = bytes.fromhex(case["RND_IFD"]), bytes.fromhex(case["S"])
    assert verify_recoverable_signature(key, signature, challenge) == "sha1"
    with pytest.raises(SignatureError):
        verify_recoverable_signature(key, signature, bytes(8))


def test_the_published_answer_of_another_implementation_verifies() -> None:
    case = VECTOR["bc_vector"]
    key = _key(bytes.fromhex(VECTOR["bc_spki"]))
    assert verify_recoverable_signature(key, bytes.fromhex(case["S"]), bytes.fromhex(case["RND_IFD"])) == "sha1"


@pytest.mark.parametrize("smaller", [False, True], ids=["s", "min(s, n-s)"])
@pytest.mark.parametrize(("hash_name", "trailer"), [("sha1", b"\xbc"), *TRAILERS.items()])
def test_every_trailer_and_both_ways_of_writing_verify(hash_name: str, trailer: bytes, smaller: bool) -> None:
    signature = _sign(_block(hash_name, trailer), smaller=smaller)
    assert verify_recoverable_signature(KEY, signature, CHALLENGE) == hash_name


@pytest.mark.parametrize("header", [b"\x6b\xba", b"\x6b\xbb\xbb\xba"])
def test_a_padded_block_verifies(header: bytes) -> None:
    assert verify_recoverable_signature(KEY, _sign(_block("sha256", b"\x34\xcc", header)), CHALLENGE) == "sha256"


@pytest.mark.parametrize("header", [b"\x4a", b"\x4b\xba", b"\x0a", b"\x6c", b"\x6b\xbb\x0a"])
def test_a_block_that_begins_otherwise_is_wrong(header: bytes) -> None:
    with pytest.raises(SignatureError):
        verify_recoverable_signature(KEY, _sign(_block("sha256", b"\x34\xcc", header)), CHALLENGE)


def test_a_block_full_of_padding_is_wrong() -> None:
    block = b"\x6b" + b"\xbb" * (KEY.byte_length - 2) + b"\xbc"
    with pytest.raises(SignatureError):
        verify_recoverable_signature(KEY, _sign(block), CHALLENGE)


def test_padding_that_eats_the_hash_value_is_wrong() -> None:
    block = b"\x6b" + b"\xbb" * (KEY.byte_length - 13) + b"\xba" + bytes(10) + b"\xbc"
    with pytest.raises(SignatureError):
        verify_recoverable_signature(KEY, _sign(block), CHALLENGE)


def test_an_unknown_hash_function_could_not_be_checked() -> None:
    with pytest.raises(UnsupportedError):
        verify_recoverable_signature(KEY, _sign(_block("sha1", b"\x31\xcc")), CHALLENGE)


def test_an_ending_that_is_no_trailer_is_wrong() -> None:
    for trailer in (b"\x3c", b"\xbb"):
        with pytest.raises(SignatureError):
            verify_recoverable_signature(KEY, _sign(_block("sha1", trailer)), CHALLENGE)


@pytest.mark.parametrize("length", [0, 1, KEY.byte_length - 1, KEY.byte_length + 1])
def test_an_answer_of_a_wrong_length_shows_nothing(length: int) -> None:
    with pytest.raises(MalformedDataError) as raised:
        verify_recoverable_signature(KEY, bytes(length), CHALLENGE)
    assert not isinstance(raised.value, SignatureError)


def test_a_number_not_below_the_modulus_is_wrong() -> None:
    with pytest.raises(SignatureError):
        verify_recoverable_signature(KEY, b"\xff" * KEY.byte_length, CHALLENGE)


@settings(max_examples=40, deadline=None)
@given(st.integers(min_value=0, max_value=KEY.byte_length * 8 - 1))
def test_a_flipped_bit_never_verifies(bit: int) -> None:
    damaged = int.from_bytes(_sign(_block("sha256", b"\x34\xcc")), "big") ^ 1 << bit
    with pytest.raises((SignatureError, UnsupportedError)):
        verify_recoverable_signature(KEY, damaged.to_bytes(KEY.byte_length, "big"), CHALLENGE)
