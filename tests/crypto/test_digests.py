"""Hash functions by identifier and by name."""

from __future__ import annotations

import hashlib

import pytest

from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.digests import (
    DIGEST_SIZES,
    HASH_NAMES,
    digest,
    encode_digest_algorithm,
    hash_name_of,
    hash_oid,
    parse_digest_algorithm,
)
from chipid.errors import UnsupportedError


@pytest.mark.parametrize(("oid", "name"), HASH_NAMES.items())
def test_identifier_and_name_stand_for_each_other_with_absent_and_with_null_parameters(oid: str, name: str) -> None:
    assert (hash_name_of(oid), hash_oid(name)) == (name, oid)
    for null_parameters in (False, True):
        assert parse_digest_algorithm(encode_digest_algorithm(name, null_parameters=null_parameters)) == name
    assert digest(name, b"abc") == hashlib.new(name, b"abc").digest()
    assert len(digest(name, b"")) == DIGEST_SIZES[name]


def test_what_is_not_known_is_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        hash_name_of(oids.MD5)
    with pytest.raises(UnsupportedError):
        hash_oid("md5")
    with pytest.raises(UnsupportedError):
        digest("no-such-hash", b"")
    with pytest.raises(UnsupportedError):
        parse_digest_algorithm(encode_algorithm_identifier(oids.SHA256, der.encode_integer(1)))
