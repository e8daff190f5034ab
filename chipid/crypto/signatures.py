"""Signature algorithms as certificates and CMS name them, and their verification (RFC 3279, 4055, 5480, 5652).

Hash function, mask generation function and salt length are read from the AlgorithmIdentifier, never assumed:
real documents use almost every combination. Signatures are only verified here, so SHA-1 does no new harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import (
    MAX_REMEMBERED_BYTES,
    AlgorithmIdentifier,
    encode_algorithm_identifier,
    parse_algorithm_identifier,
)
from chipid.crypto import ecdsa_fallback
from chipid.crypto.digests import digest as compute_digest
from chipid.crypto.digests import parse_digest_algorithm
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.keys import DSAPublicKey, ECPublicKey, PublicKey, RSAPublicKey
from chipid.crypto.points import openssl_curve
from chipid.errors import SignatureError, UnsupportedError

DEFAULT_SALT_LENGTH: Final = 20  # RFC 4055 §3.1, with SHA-1 for hash and mask
MAX_SALT_LENGTH: Final = 512


class SignatureScheme(Enum):
    """How a signature is made and written."""

    RSA_PKCS1 = "RSASSA-PKCS1-v1_5"
    RSA_PSS = "RSASSA-PSS"
    ECDSA = "ECDSA"  # SEQUENCE of r and s
    ECDSA_PLAIN = "ECDSA-plain"  # r and s in full length, BSI TR-03111 §5.2.1
    DSA = "DSA"  # SEQUENCE of r and s


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureAlgorithm:
    """A scheme with its hash function.

    Mask hash and salt length belong to RSASSA-PSS alone; None means that of the hash function.
    """

    scheme: SignatureScheme
    hash_name: str
    mgf_hash_name: str | None = None
    salt_length: int | None = None


_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - verification of old documents
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sha3_224": hashes.SHA3_224(),
    "sha3_256": hashes.SHA3_256(),
    "sha3_384": hashes.SHA3_384(),
    "sha3_512": hashes.SHA3_512(),
}

_ALGORITHMS: Final[Mapping[str, tuple[SignatureScheme, str]]] = {
    oids.SHA1_WITH_RSA: (SignatureScheme.RSA_PKCS1, "sha1"),
    oids.SHA224_WITH_RSA: (SignatureScheme.RSA_PKCS1, "sha224"),
    oids.SHA256_WITH_RSA: (SignatureScheme.RSA_PKCS1, "sha256"),
    oids.SHA384_WITH_RSA: (SignatureScheme.RSA_PKCS1, "sha384"),
    oids.SHA512_WITH_RSA: (SignatureScheme.RSA_PKCS1, "sha512"),
    oids.DSA_WITH_SHA1: (SignatureScheme.DSA, "sha1"),
    oids.DSA_WITH_SHA224: (SignatureScheme.DSA, "sha224"),
    oids.DSA_WITH_SHA256: (SignatureScheme.DSA, "sha256"),
    oids.ECDSA_WITH_SHA1: (SignatureScheme.ECDSA, "sha1"),
    oids.ECDSA_WITH_SHA224: (SignatureScheme.ECDSA, "sha224"),
    oids.ECDSA_WITH_SHA256: (SignatureScheme.ECDSA, "sha256"),
    oids.ECDSA_WITH_SHA384: (SignatureScheme.ECDSA, "sha384"),
    oids.ECDSA_WITH_SHA512: (SignatureScheme.ECDSA, "sha512"),
    oids.ECDSA_PLAIN_SHA1: (SignatureScheme.ECDSA_PLAIN, "sha1"),
    oids.ECDSA_PLAIN_SHA224: (SignatureScheme.ECDSA_PLAIN, "sha224"),
    oids.ECDSA_PLAIN_SHA256: (SignatureScheme.ECDSA_PLAIN, "sha256"),
    oids.ECDSA_PLAIN_SHA384: (SignatureScheme.ECDSA_PLAIN, "sha384"),
    oids.ECDSA_PLAIN_SHA512: (SignatureScheme.ECDSA_PLAIN, "sha512"),
    oids.ECDSA_PLAIN_SHA3_224: (SignatureScheme.ECDSA_PLAIN, "sha3_224"),
    oids.ECDSA_PLAIN_SHA3_256: (SignatureScheme.ECDSA_PLAIN, "sha3_256"),
    oids.ECDSA_PLAIN_SHA3_384: (SignatureScheme.ECDSA_PLAIN, "sha3_384"),
    oids.ECDSA_PLAIN_SHA3_512: (SignatureScheme.ECDSA_PLAIN, "sha3_512"),
}

# A SignerInfo may name the kind of key only; the hash function is then that of its digestAlgorithm (RFC 5652 §5.3).
_KEY_KINDS: Final[Mapping[str, SignatureScheme]] = {
    oids.RSA_ENCRYPTION: SignatureScheme.RSA_PKCS1,
    oids.EC_PUBLIC_KEY: SignatureScheme.ECDSA,
    oids.DSA: SignatureScheme.DSA,
}


def signature_algorithm_by_oid(oid: str) -> SignatureAlgorithm:
    """The algorithm of an identifier that says everything, as in ActiveAuthenticationInfo (Doc 9303-11 §9.2.4)."""
    entry = _ALGORITHMS.get(oid)
    if entry is None:
        raise UnsupportedError(f"{oids.name_of(oid)} is no signature algorithm that is supported")
    return SignatureAlgorithm(scheme=entry[0], hash_name=entry[1])


def parse_signature_algorithm(algorithm_identifier_der: bytes, *, digest: str | None) -> SignatureAlgorithm:
    """Read an AlgorithmIdentifier of a signature.

    ``digest`` is the name of the hash function that holds where the identifier names the kind of key only; None
    where there is no such thing, as in a certificate. NULL parameters are tolerated with every algorithm.
    """
    short = len(algorithm_identifier_der) <= MAX_REMEMBERED_BYTES
    return (_remembered_algorithm if short else _parse_algorithm)(algorithm_identifier_der, digest)


def _parse_algorithm(algorithm_identifier_der: bytes, digest: str | None) -> SignatureAlgorithm:
    identifier = parse_algorithm_identifier(algorithm_identifier_der)
    if identifier.oid == oids.RSASSA_PSS:
        return _parse_pss(identifier)
    scheme = _KEY_KINDS.get(identifier.oid)
    if scheme is not None and digest is not None:
        return SignatureAlgorithm(scheme=scheme, hash_name=digest)
    algorithm = signature_algorithm_by_oid(identifier.oid)
    if not identifier.has_no_parameters:
        raise UnsupportedError(f"{identifier.name} has parameters")
    return algorithm


_remembered_algorithm = lru_cache(maxsize=256)(_parse_algorithm)


def verify_signature(key: PublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes) -> None:
    """Verify a signature over ``message``.

    Raises :class:`SignatureError` if it is wrong, :class:`UnsupportedError` if it could not be checked, and
    :class:`MalformedDataError` for a plain ECDSA signature of a wrong length, which is no answer to the question.
    """
    if algorithm.hash_name not in _HASHES:
        raise UnsupportedError(f"{algorithm.hash_name} is no hash function that is supported for signatures")
    if algorithm.scheme in (SignatureScheme.RSA_PKCS1, SignatureScheme.RSA_PSS):
        if not isinstance(key, RSAPublicKey):
            raise SignatureError("an RSA signature was made with a key of another kind")
        _verify_rsa(key, algorithm, message, signature)
        return
    if algorithm.scheme is SignatureScheme.DSA:
        if not isinstance(key, DSAPublicKey):
            raise SignatureError("a DSA signature was made with a key of another kind")
        _verify_dsa(key, algorithm.hash_name, message, signature)
        return
    if not isinstance(key, ECPublicKey):
        raise SignatureError("an ECDSA signature was made with a key of another kind")
    if algorithm.scheme is SignatureScheme.ECDSA_PLAIN:
        r, s = _split_plain(key.curve, signature)
    else:
        r, s = _decode_der(signature)
    if not (1 <= r < key.curve.n and 1 <= s < key.curve.n):
        raise SignatureError("a value of an ECDSA signature is out of range")
    _verify_ecdsa(key, algorithm.hash_name, message, r, s)


def _parse_pss(identifier: AlgorithmIdentifier) -> SignatureAlgorithm:
    """RSASSA-PSS-params (RFC 4055 §3.1): four explicitly tagged fields, each with a default."""
    hash_name, mgf_hash_name, salt_length, trailer = "sha1", "sha1", DEFAULT_SALT_LENGTH, 1
    fields = der.parse_sequence(identifier.parameters) if identifier.parameters else ()
    previous = 0
    for one in fields:
        if one.tag <= previous:
            raise TLVError("parameters of RSASSA-PSS are repeated or out of order")
        previous = one.tag
        match one.tag:
            case 0xA0:
                hash_name = parse_digest_algorithm(one.value)
            case 0xA1:
                mask = parse_algorithm_identifier(one.value)
                if mask.oid != oids.MGF1:
                    raise UnsupportedError(f"{mask.name} is no mask generation function that is supported")
                mgf_hash_name = parse_digest_algorithm(mask.parameters or b"")
            case 0xA2:
                salt_length = der.decode_integer(tlv.parse_one(one.value))
            case 0xA3:
                trailer = der.decode_integer(tlv.parse_one(one.value))
            case _:
                raise MalformedDataError("RSASSA-PSS has an unknown parameter")
    if trailer != 1 or not 0 <= salt_length <= MAX_SALT_LENGTH:
        raise UnsupportedError("RSASSA-PSS has a trailer or salt length that is not supported")
    return SignatureAlgorithm(
        scheme=SignatureScheme.RSA_PSS, hash_name=hash_name, mgf_hash_name=mgf_hash_name, salt_length=salt_length
    )


def _check_use(key: RSAPublicKey, algorithm: SignatureAlgorithm) -> None:
    """A key for RSASSA-PSS is for nothing else, and only with its own hash functions and no shorter salt.

    RFC 4055 §1.2 and §3.3. What the key is restricted to is :class:`UnsupportedError` where it cannot be read.
    """
    if key.pss is None:
        return
    if algorithm.scheme is not SignatureScheme.RSA_PSS:
        raise SignatureError("the key is for RSASSA-PSS alone, and the signature is none")
    if not key.pss:
        return
    try:
        own = parse_signature_algorithm(encode_algorithm_identifier(oids.RSASSA_PSS, key.pss), digest=None)
    except MalformedDataError as error:
        raise UnsupportedError("what the RSA key is restricted to cannot be read") from error
    same_hashes = (algorithm.hash_name, _mask_hash(algorithm)) == (own.hash_name, _mask_hash(own))
    if not same_hashes or _salt_length(algorithm) < _salt_length(own):
        raise SignatureError("the RSASSA-PSS signature has other parameters than its key allows")


def _mask_hash(algorithm: SignatureAlgorithm) -> str:
    return algorithm.mgf_hash_name or algorithm.hash_name


def _salt_length(algorithm: SignatureAlgorithm) -> int:
    length = algorithm.salt_length
    return _HASHES[algorithm.hash_name].digest_size if length is None else length


def _verify_rsa(key: RSAPublicKey, algorithm: SignatureAlgorithm, message: bytes, signature: bytes) -> None:
    _check_use(key, algorithm)
    scheme: padding.AsymmetricPadding = _PKCS1
    if algorithm.scheme is SignatureScheme.RSA_PSS:
        scheme = _pss(_mask_hash(algorithm), _salt_length(algorithm))
    try:
        _openssl_rsa_key(key.e, key.n).verify(signature, message, scheme, _HASHES[algorithm.hash_name])
    except InvalidSignature as error:
        raise SignatureError(f"the {algorithm.scheme.value} signature is wrong") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedError("OpenSSL does not verify with this RSA key and these parameters") from error


def _verify_dsa(key: DSAPublicKey, hash_name: str, message: bytes, signature: bytes) -> None:
    """FIPS 186-4 §4.7; OpenSSL reads r and s strictly."""
    r, s = _decode_der(signature)
    if not (1 <= r < key.q and 1 <= s < key.q):
        raise SignatureError("a value of a DSA signature is out of range")
    numbers = dsa.DSAPublicNumbers(key.y, dsa.DSAParameterNumbers(key.p, key.q, key.g))
    try:
        numbers.public_key().verify(utils.encode_dss_signature(r, s), message, _HASHES[hash_name])
    except InvalidSignature as error:
        raise SignatureError("the DSA signature is wrong") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedError("OpenSSL does not verify with this DSA key and this hash function") from error


def _verify_ecdsa(key: ECPublicKey, hash_name: str, message: bytes, r: int, s: int) -> None:
    curve = openssl_curve(key.curve)
    if curve is None:
        _verify_ecdsa_slowly(key, hash_name, message, r, s)
        return
    try:
        _openssl_ec_key(key.point.x, key.point.y, curve).verify(
            utils.encode_dss_signature(r, s), message, ec.ECDSA(_HASHES[hash_name])
        )
    except InvalidSignature as error:
        raise SignatureError("the ECDSA signature is wrong") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnsupportedError("OpenSSL does not verify with this EC key and this hash function") from error


_PKCS1: Final = padding.PKCS1v15()


@lru_cache(maxsize=64)
def _pss(mask_hash_name: str, salt_length: int) -> padding.PSS:
    mask = _HASHES.get(mask_hash_name)
    if mask is None:
        raise UnsupportedError(f"{mask_hash_name} is no hash function that is supported for masks")
    return padding.PSS(mgf=padding.MGF1(mask), salt_length=salt_length)


@lru_cache(maxsize=256)  # one signer signs thousands of documents
def _openssl_rsa_key(e: int, n: int) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(e, n).public_key()


@lru_cache(maxsize=256)
def _openssl_ec_key(x: int, y: int, curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()


def _verify_ecdsa_slowly(key: ECPublicKey, hash_name: str, message: bytes, r: int, s: int) -> None:
    """BSI TR-03111 §4.2.1.2, with the leftmost bits of the hash value."""
    n = key.curve.n
    hashed = compute_digest(hash_name, message)
    e = int.from_bytes(hashed, "big") >> max(0, 8 * len(hashed) - n.bit_length())
    w = pow(s, -1, n)
    point = ecdsa_fallback.multiply_add(key.curve, r * w % n, key.point, e * w % n)
    if point is None or point.x % n != r:
        raise SignatureError("the ECDSA signature is wrong")


def _split_plain(curve: Curve, signature: bytes) -> tuple[int, int]:
    length = curve.order_length
    if len(signature) != 2 * length:
        raise MalformedDataError(f"a plain signature of {len(signature)} bytes on {curve.name}")
    return int.from_bytes(signature[:length], "big"), int.from_bytes(signature[length:], "big")


def _decode_der(signature: bytes) -> tuple[int, int]:
    try:
        values = [der.decode_integer(one) for one in der.parse_sequence(signature)]
    except TLVError as error:
        raise SignatureError("a signature is not encoded as two numbers") from error
    if len(values) != 2:
        raise SignatureError("a signature is not encoded as two numbers")
    return values[0], values[1]
