"""Private keys of the issuer and the signatures they make (RFC 8017 §8 and §9.1, RFC 6979, BSI TR-03111 §5.2).

Everything comes from the injected random source, so that a seed gives the same bytes again: OpenSSL makes ECDSA
deterministic and PKCS#1 v1.5 is so by itself; for PSS the salt is drawn here and the encoding is our own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.digests import encode_digest_algorithm
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.entropy import Entropy
from chipid.crypto.keys import ECPublicKey, PublicKey, RSAPublicKey
from chipid.crypto.points import KeyPair, openssl_curve, random_scalar
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme
from simulator.rsa import PUBLIC_EXPONENT, generate_primes

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - for the scenarios with a weak signature
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA_OIDS = {
    "sha1": oids.SHA1_WITH_RSA,
    "sha224": oids.SHA224_WITH_RSA,
    "sha256": oids.SHA256_WITH_RSA,
    "sha384": oids.SHA384_WITH_RSA,
    "sha512": oids.SHA512_WITH_RSA,
}
_ECDSA_OIDS = {
    "sha1": oids.ECDSA_WITH_SHA1,
    "sha224": oids.ECDSA_WITH_SHA224,
    "sha256": oids.ECDSA_WITH_SHA256,
    "sha384": oids.ECDSA_WITH_SHA384,
    "sha512": oids.ECDSA_WITH_SHA512,
}
_PLAIN_OIDS = {
    "sha1": oids.ECDSA_PLAIN_SHA1,
    "sha224": oids.ECDSA_PLAIN_SHA224,
    "sha256": oids.ECDSA_PLAIN_SHA256,
    "sha384": oids.ECDSA_PLAIN_SHA384,
    "sha512": oids.ECDSA_PLAIN_SHA512,
}
RSA_PREFIX = "RSA-"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyKind:
    """What key to make: RSA of ``bits``, or one on ``curve`` written with explicit parameters or its name."""

    curve: Curve | None = None
    bits: int = 0
    explicit: bool = True
    exponent: int = PUBLIC_EXPONENT

    @classmethod
    def by_name(cls, name: str, *, explicit: bool = True, exponent: int | None = None) -> KeyKind | None:
        """``RSA-2048`` or the name of a curve that OpenSSL signs on; None for anything else.

        ``exponent`` is a prime and the public exponent of an RSA key, 65537 if it is not given.
        """
        size = name.removeprefix(RSA_PREFIX)
        if name.startswith(RSA_PREFIX) and size.isascii() and size.isdigit() and int(size) in (1024, 2048, 3072, 4096):
            return cls(bits=int(size), exponent=exponent or PUBLIC_EXPONENT)
        curve = CURVES.get(name)
        return None if curve is None or openssl_curve(curve) is None else cls(curve=curve, explicit=explicit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ECPrivateKey:
    """A secret scalar and its public key."""

    secret: int = field(repr=False)
    public: ECPublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class RSAPrivateKey:
    """Two primes and their public key."""

    p: int = field(repr=False)
    q: int = field(repr=False)
    public: RSAPublicKey


PrivateKey = ECPrivateKey | RSAPrivateKey


def generate_key(kind: KeyKind, entropy: Entropy) -> PrivateKey:
    """Draw a key of that kind."""
    if kind.curve is None:
        p, q = generate_primes(kind.bits, entropy, exponent=kind.exponent)
        return RSAPrivateKey(p=p, q=q, public=RSAPublicKey(n=p * q, e=kind.exponent))
    secret = random_scalar(kind.curve, entropy)
    point = KeyPair(kind.curve, secret).public
    return ECPrivateKey(secret=secret, public=ECPublicKey(curve=kind.curve, point=point, explicit=kind.explicit))


def encode_private_key(key: PrivateKey) -> bytes:
    """PKCS#8 in DER (RFC 5208 §5); a curve by its name."""
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    private = _openssl_ec(key) if isinstance(key, ECPrivateKey) else _openssl_rsa(key)
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def default_algorithm(public: PublicKey, hash_name: str, *, pss: bool = False) -> SignatureAlgorithm:
    """ECDSA for a key on a curve; PKCS#1 v1.5 or PSS with a salt as long as the hash for an RSA key."""
    if isinstance(public, ECPublicKey):
        return SignatureAlgorithm(scheme=SignatureScheme.ECDSA, hash_name=hash_name)
    if not pss:
        return SignatureAlgorithm(scheme=SignatureScheme.RSA_PKCS1, hash_name=hash_name)
    length = hashlib.new(hash_name).digest_size
    return SignatureAlgorithm(
        scheme=SignatureScheme.RSA_PSS, hash_name=hash_name, mgf_hash_name=hash_name, salt_length=length
    )


def encode_signature_algorithm(algorithm: SignatureAlgorithm) -> bytes:
    """The AlgorithmIdentifier: NULL for PKCS#1 v1.5, every parameter for PSS, nothing for ECDSA (RFC 4055, 5758)."""
    match algorithm.scheme:
        case SignatureScheme.RSA_PKCS1:
            return encode_algorithm_identifier(_RSA_OIDS[algorithm.hash_name], der.encode_null())
        case SignatureScheme.RSA_PSS:
            return encode_algorithm_identifier(oids.RSASSA_PSS, _pss_parameters(algorithm))
        case SignatureScheme.ECDSA:
            return encode_algorithm_identifier(_ECDSA_OIDS[algorithm.hash_name])
        case SignatureScheme.ECDSA_PLAIN:
            return encode_algorithm_identifier(_PLAIN_OIDS[algorithm.hash_name])
        case SignatureScheme.DSA:
            raise ValueError("nothing is signed with DSA any more")


def sign(key: PrivateKey, algorithm: SignatureAlgorithm, message: bytes, entropy: Entropy) -> bytes:
    """Sign; the key must be of the algorithm's kind."""
    if isinstance(key, ECPrivateKey):
        return _sign_ecdsa(key, algorithm, message)
    if algorithm.scheme is SignatureScheme.RSA_PSS:
        return _sign_pss(key, algorithm, message, entropy)
    return _openssl_rsa(key).sign(message, padding.PKCS1v15(), _HASHES[algorithm.hash_name])


def _sign_ecdsa(key: ECPrivateKey, algorithm: SignatureAlgorithm, message: bytes) -> bytes:
    curve, private = key.public.curve, _openssl_ec(key)
    signature = private.sign(message, ec.ECDSA(_HASHES[algorithm.hash_name], deterministic_signing=True))
    if algorithm.scheme is SignatureScheme.ECDSA:
        return signature
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(curve.order_length, "big") + s.to_bytes(curve.order_length, "big")


def _sign_pss(key: RSAPrivateKey, algorithm: SignatureAlgorithm, message: bytes, entropy: Entropy) -> bytes:
    """RSASSA-PSS with a drawn salt (RFC 8017 §9.1.1); OpenSSL would draw one of its own."""
    hash_name = algorithm.hash_name
    bits = key.public.n.bit_length() - 1
    length = (bits + 7) // 8
    salt = entropy(algorithm.salt_length or 0)
    h = hashlib.new(hash_name, bytes(8) + hashlib.new(hash_name, message).digest() + salt).digest()
    block = bytes(length - len(salt) - len(h) - 2) + b"\x01" + salt
    mask = _mgf1(h, len(block), algorithm.mgf_hash_name or hash_name)
    masked = int.from_bytes(block, "big") ^ int.from_bytes(mask, "big")
    masked &= (1 << (8 * len(block) - (8 * length - bits))) - 1
    encoded = masked.to_bytes(len(block), "big") + h + b"\xbc"
    n, e = key.public.n, key.public.e
    d_p, d_q = pow(e, -1, key.p - 1), pow(e, -1, key.q - 1)
    number = int.from_bytes(encoded, "big")
    m_p, m_q = pow(number % key.p, d_p, key.p), pow(number % key.q, d_q, key.q)
    signature = m_q + key.q * (pow(key.q, -1, key.p) * (m_p - m_q) % key.p)
    return signature.to_bytes((n.bit_length() + 7) // 8, "big")


def _mgf1(seed: bytes, length: int, hash_name: str) -> bytes:
    """RFC 8017 §B.2.1."""
    size = hashlib.new(hash_name).digest_size
    blocks = (hashlib.new(hash_name, seed + index.to_bytes(4, "big")).digest() for index in range(-(-length // size)))
    return b"".join(blocks)[:length]


def _pss_parameters(algorithm: SignatureAlgorithm) -> bytes:
    mask_hash = encode_digest_algorithm(algorithm.mgf_hash_name or algorithm.hash_name)
    mask = encode_algorithm_identifier(oids.MGF1, mask_hash)
    return der.encode_sequence(
        tlv.encode(0xA0, encode_digest_algorithm(algorithm.hash_name)),
        tlv.encode(0xA1, mask),
        tlv.encode(0xA2, der.encode_integer(algorithm.salt_length or 0)),
    )


def _openssl_ec(key: ECPrivateKey) -> ec.EllipticCurvePrivateKey:
    openssl = openssl_curve(key.public.curve)
    if openssl is None:
        raise ValueError(f"OpenSSL does not sign on {key.public.curve.name}")
    return ec.derive_private_key(key.secret, openssl)


@lru_cache(maxsize=8)
def _openssl_rsa(key: RSAPrivateKey) -> rsa.RSAPrivateKey:
    d = pow(key.public.e, -1, (key.p - 1) * (key.q - 1))
    numbers = rsa.RSAPrivateNumbers(
        key.p,
        key.q,
        d,
        d % (key.p - 1),
        d % (key.q - 1),
        pow(key.q, -1, key.p),
        rsa.RSAPublicNumbers(key.public.e, key.public.n),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)
