"""Public keys of card verifiable certificates (ICAO Doc 9303-11 §7.1.4, 9303-12 §7.2.3, BSI TR-03110-3 §D.3).

The object identifier of such a key names the signature algorithm that is used with it. Keys on curves carry domain
parameters in certificates of a CVCA only; all others inherit them from their issuer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.crypto import points
from chipid.crypto.domain_parameters import Curve, match_curve
from chipid.crypto.keys import MAX_RSA_EXPONENT_BITS, RSA_BITS, ECPublicKey, RSAPublicKey
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme
from chipid.errors import UnsupportedError

TAG: Final = 0x7F49
_OID: Final = 0x06
_MODULUS, _EXPONENT = 0x81, 0x82
_PRIME, _A, _B, _GENERATOR, _ORDER, _POINT, _COFACTOR = range(0x81, 0x88)
_DOMAIN: Final = (_PRIME, _A, _B, _GENERATOR, _ORDER)


def _plain(hash_name: str) -> SignatureAlgorithm:
    return SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name=hash_name)


def _pkcs1(hash_name: str) -> SignatureAlgorithm:
    return SignatureAlgorithm(scheme=SignatureScheme.RSA_PKCS1, hash_name=hash_name)


def _pss(hash_name: str) -> SignatureAlgorithm:
    # MGF1 with the same hash function and a salt as long as its values.
    return SignatureAlgorithm(scheme=SignatureScheme.RSA_PSS, hash_name=hash_name)


ALGORITHMS: Final[Mapping[str, SignatureAlgorithm]] = {
    oids.ID_TA_RSA_V1_5_SHA_1: _pkcs1("sha1"),
    oids.ID_TA_RSA_V1_5_SHA_256: _pkcs1("sha256"),
    oids.ID_TA_RSA_V1_5_SHA_512: _pkcs1("sha512"),
    oids.ID_TA_RSA_PSS_SHA_1: _pss("sha1"),
    oids.ID_TA_RSA_PSS_SHA_256: _pss("sha256"),
    oids.ID_TA_RSA_PSS_SHA_512: _pss("sha512"),
    oids.ID_TA_ECDSA_SHA_1: _plain("sha1"),
    oids.ID_TA_ECDSA_SHA_224: _plain("sha224"),
    oids.ID_TA_ECDSA_SHA_256: _plain("sha256"),
    oids.ID_TA_ECDSA_SHA_384: _plain("sha384"),
    oids.ID_TA_ECDSA_SHA_512: _plain("sha512"),
}
"""What the identifiers of BSI TR-03110-3 §A.1.1.3 stand for; Doc 9303-11 §9.2.9 keeps a part of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalPublicKey:
    """A complete key with the algorithm that goes with it."""

    oid: str
    key: RSAPublicKey | ECPublicKey

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return ALGORITHMS[self.oid]


@dataclass(frozen=True, slots=True, kw_only=True)
class CVPublicKey:
    """The key as a certificate holds it: an RSA key, or a point with the curve that it names, if it names one."""

    raw: bytes = field(repr=False)
    oid: str
    rsa: RSAPublicKey | None = None
    curve: Curve | None = None
    point: bytes = field(default=b"", repr=False)

    def resolve(self, issuer: TerminalPublicKey | None) -> TerminalPublicKey:
        """The complete key; a curve that is not named is that of the issuer's key.

        Raises :class:`MalformedDataError` if there is no curve, or the point does not lie on it.
        """
        if self.rsa is not None:
            return TerminalPublicKey(oid=self.oid, key=self.rsa)
        curve = self.curve
        if curve is None and issuer is not None and isinstance(issuer.key, ECPublicKey):
            curve = issuer.key.curve
        if curve is None:
            raise MalformedDataError("a key on a curve has no domain parameters, and nobody to inherit them from")
        point = points.decode_point(curve, self.point)
        return TerminalPublicKey(oid=self.oid, key=ECPublicKey(curve=curve, point=point, explicit=True))


def parse_cv_public_key(found: TLV) -> CVPublicKey:
    """Read a public key data object; its elements are in the order of their tags.

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for an unknown algorithm or curve.
    """
    if found.tag != TAG:
        raise MalformedDataError(f"a public key has tag {found.tag:X}")
    elements = found.children()
    tags = tuple(one.tag for one in elements)
    if not tags or tags[0] != _OID:
        raise MalformedDataError("a public key does not begin with its object identifier")
    oid = der.decode_oid(elements[0].value)
    algorithm = ALGORITHMS.get(oid)
    if algorithm is None:
        raise UnsupportedError(f"{oids.name_of(oid)} is no algorithm of Terminal Authentication")
    values = {one.tag: one.value for one in elements[1:]}
    if algorithm.scheme is not SignatureScheme.ECDSA_PLAIN:
        if tags[1:] != (_MODULUS, _EXPONENT):
            raise MalformedDataError("an RSA key does not consist of modulus and exponent")
        return CVPublicKey(raw=found.raw, oid=oid, rsa=_rsa_key(values))
    if tags[1:] not in ((_POINT,), (*_DOMAIN, _POINT), (*_DOMAIN, _POINT, _COFACTOR)):
        raise MalformedDataError("a key on a curve does not consist of its domain parameters, or none, and a point")
    curve = _curve(values) if _PRIME in values else None
    return CVPublicKey(raw=found.raw, oid=oid, curve=curve, point=values[_POINT])


def encode_cv_public_key(key: TerminalPublicKey, *, domain_parameters: bool) -> bytes:
    """Write a public key data object; ``domain_parameters`` matters for keys on curves only."""
    parts = [tlv.encode(_OID, der.oid_value(key.oid))]
    if isinstance(key.key, RSAPublicKey):
        parts += [tlv.encode(_MODULUS, _unsigned(key.key.n)), tlv.encode(_EXPONENT, _unsigned(key.key.e))]
        return tlv.encode(TAG, *parts)
    curve = key.key.curve
    if domain_parameters:
        generator = points.encode_point(curve, curve.generator)
        numbers = (_unsigned(curve.p), _unsigned(curve.a), _unsigned(curve.b), generator, _unsigned(curve.n))
        parts += [tlv.encode(tag, value) for tag, value in zip(_DOMAIN, numbers, strict=True)]
    parts.append(tlv.encode(_POINT, points.encode_point(curve, key.key.point)))
    if domain_parameters:
        parts.append(tlv.encode(_COFACTOR, _unsigned(curve.h)))
    return tlv.encode(TAG, *parts)


def _rsa_key(values: Mapping[int, bytes]) -> RSAPublicKey:
    n, e = _number(values[_MODULUS]), _number(values[_EXPONENT])
    if n.bit_length() not in RSA_BITS or e.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise UnsupportedError("an RSA key of this size is not supported")
    if n % 2 == 0 or e < 3 or e % 2 == 0:
        raise MalformedDataError("an RSA key has an impossible modulus or exponent")
    return RSAPublicKey(n=n, e=e)


def _curve(values: Mapping[int, bytes]) -> Curve:
    p = _number(values[_PRIME])
    length = (p.bit_length() + 7) // 8
    a, b, generator = values[_A], values[_B], values[_GENERATOR]
    # The coefficients are met as numbers and as field elements of full length; the rest has one form only.
    if max(len(a), len(b)) > length or len(generator) != 2 * length + 1 or generator[0] != points.UNCOMPRESSED:
        raise MalformedDataError("domain parameters do not have the length of their prime")
    return match_curve(
        p=p,
        a=int.from_bytes(a, "big"),
        b=int.from_bytes(b, "big"),
        x=int.from_bytes(generator[1 : length + 1], "big"),
        y=int.from_bytes(generator[length + 1 :], "big"),
        n=_number(values[_ORDER]),
        h=_number(values[_COFACTOR]) if _COFACTOR in values else 1,
    )


def _number(value: bytes) -> int:
    if not value or value[0] == 0:
        raise MalformedDataError("a number of a public key is empty or begins with zero")
    return int.from_bytes(value, "big")


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
