"""Hash functions by object identifier and by name (ICAO Doc 9303-10 §4.6.2.2, -12 §4.1.6.4).

A hash has the name that :mod:`hashlib` gives it. SHA-1 is there because documents of the past are signed with it;
nothing is ever signed with it here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier, parse_algorithm_identifier
from chipid.errors import UnsupportedError

HASH_NAMES: Final[Mapping[str, str]] = {
    oids.SHA1: "sha1",
    oids.SHA224: "sha224",
    oids.SHA256: "sha256",
    oids.SHA384: "sha384",
    oids.SHA512: "sha512",
}

DIGEST_SIZES: Final[Mapping[str, int]] = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}

_FUNCTIONS: Final = {
    name: getattr(hashlib, name) for name in (*HASH_NAMES.values(), "sha3_224", "sha3_256", "sha3_384", "sha3_512")
}
_OIDS: Final = {name: oid for oid, name in HASH_NAMES.items()}


def hash_name_of(oid: str) -> str:
    """The name of the hash function that an object identifier stands for."""
    name = HASH_NAMES.get(oid)
    if name is None:
        raise UnsupportedError(f"{oids.name_of(oid)} is no hash function that is supported")
    return name


def hash_oid(hash_name: str) -> str:
    """The object identifier of a hash function by its name."""
    oid = _OIDS.get(hash_name)
    if oid is None:
        raise UnsupportedError(f"{hash_name} is no hash function that is supported")
    return oid


def parse_digest_algorithm(data: bytes) -> str:
    """The name of the hash function in an AlgorithmIdentifier; absent and NULL parameters are both accepted."""
    identifier = parse_algorithm_identifier(data)
    if not identifier.has_no_parameters:
        raise UnsupportedError(f"{identifier.name} has parameters")
    return hash_name_of(identifier.oid)


def encode_digest_algorithm(hash_name: str, *, null_parameters: bool = False) -> bytes:
    """The AlgorithmIdentifier of a hash function; RFC 5754 §2 wants its parameters absent."""
    return encode_algorithm_identifier(hash_oid(hash_name), der.encode_null() if null_parameters else b"")


def digest(hash_name: str, data: bytes) -> bytes:
    """The hash of ``data``."""
    function = _FUNCTIONS.get(hash_name)
    if function is None:
        raise UnsupportedError(f"{hash_name} is not available")
    found: bytes = function(data, usedforsecurity=False).digest()
    return found
