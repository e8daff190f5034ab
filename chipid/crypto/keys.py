"""Public keys in SubjectPublicKeyInfo (RFC 5280 §4.1.2.7; RFC 3279, 4055, 5480; BSI TR-03110-3 §A.2).

Doc 9303-12 §4.1.6.3 demands explicit curve parameters, which most libraries refuse. Here they are compared, as
integers and all of them, with the known curves: an unknown curve is never calculated on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import AlgorithmIdentifier, encode_algorithm_identifier, parse_algorithm_identifier
from chipid.crypto import dh, points
from chipid.crypto.domain_parameters import (
    CURVES,
    DH_GROUPS,
    Curve,
    DHGroup,
    Point,
    curve_by_oid,
    domain_by_parameter_id,
    match_curve,
)
from chipid.errors import UnsupportedError

RSA_BITS: Final = range(512, 8192 + 1)
MAX_RSA_EXPONENT_BITS: Final = 64
DH_BITS: Final = range(1024, 4096 + 1)
DH_ORDER_BITS: Final = range(160, 512 + 1)
DSA_BITS: Final = frozenset({1024, 2048, 3072, 4096})
DSA_ORDER_BITS: Final = frozenset({160, 224, 256})


@dataclass(frozen=True, slots=True, kw_only=True)
class RSAPublicKey:
    """Modulus and public exponent; within the bounds of this module if it was loaded.

    ``pss`` is None for a key of any scheme. A key for RSASSA-PSS alone has the encoded parameters that it is restricted
    to, empty where it takes any (RFC 4055 §1.2).
    """

    n: int = field(repr=False)
    e: int
    pss: bytes | None = field(default=None, repr=False)

    @property
    def bits(self) -> int:
        return self.n.bit_length()

    @property
    def byte_length(self) -> int:
        """Bytes of a signature."""
        return (self.bits + 7) // 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ECPublicKey:
    """A point on a known curve; ``explicit`` tells whether the key carries the curve's parameters or its name."""

    curve: Curve
    point: Point = field(repr=False)
    explicit: bool

    @property
    def bits(self) -> int:
        return self.curve.n.bit_length()


@dataclass(frozen=True, slots=True, kw_only=True)
class DHPublicKey:
    """A number of a Diffie-Hellman group."""

    group: DHGroup
    y: int = field(repr=False)

    @property
    def bits(self) -> int:
        return self.group.p.bit_length()


@dataclass(frozen=True, slots=True, kw_only=True)
class DSAPublicKey:
    """A number and the group that it belongs to (FIPS 186-4 §4.1); a few States signed so."""

    p: int = field(repr=False)
    q: int = field(repr=False)
    g: int = field(repr=False)
    y: int = field(repr=False)

    @property
    def bits(self) -> int:
        return self.p.bit_length()


PublicKey = RSAPublicKey | ECPublicKey | DHPublicKey | DSAPublicKey

_KINDS: Final = {RSAPublicKey: "RSA", DHPublicKey: "DH", DSAPublicKey: "DSA"}


def describe_key(key: PublicKey) -> str:
    """Kind and size of a key, or its curve: ``RSA-2048``, ``brainpoolP256r1``."""
    return key.curve.name if isinstance(key, ECPublicKey) else f"{_KINDS[type(key)]}-{key.bits}"


def load_public_key(spki_der: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo and check the key.

    Raises :class:`MalformedDataError` for a damaged or impossible key, :class:`UnsupportedError` for an algorithm,
    curve or size that is not known.
    """
    return _load(*_split(spki_der))


def load_verification_key(spki_der: bytes) -> PublicKey:
    """As :func:`load_public_key`, for the key of somebody who signs.

    Diffie-Hellman keys are :class:`UnsupportedError` unread: they sign nothing, and to look at one takes 20 ms.
    """
    algorithm, key = _split(spki_der)
    is_number = algorithm.oid in (oids.DH_PUBLIC_NUMBER, oids.PKCS3_DH_KEY_AGREEMENT)
    is_named = algorithm.oid == oids.STANDARDIZED_DOMAIN_PARAMETERS
    if is_number or (is_named and isinstance(_standardized_domain(algorithm), DHGroup)):
        raise UnsupportedError("a Diffie-Hellman key signs nothing")
    return _load(algorithm, key)


def _split(spki_der: bytes) -> tuple[AlgorithmIdentifier, bytes]:
    elements = der.parse_sequence(spki_der)
    if len(elements) != 2:
        raise MalformedDataError("a SubjectPublicKeyInfo does not have two elements")
    return parse_algorithm_identifier(elements[0].raw), der.decode_bit_string(elements[1])


def _load(algorithm: AlgorithmIdentifier, key: bytes) -> PublicKey:
    match algorithm.oid:
        case oids.RSA_ENCRYPTION:
            return _load_rsa(key)
        case oids.RSASSA_PSS:
            return replace(_load_rsa(key), pss=b"" if algorithm.has_no_parameters else algorithm.parameters)
        case oids.EC_PUBLIC_KEY:
            return _load_ec(algorithm, key)
        case oids.DH_PUBLIC_NUMBER | oids.PKCS3_DH_KEY_AGREEMENT:
            return _load_dh(algorithm, key)
        case oids.DSA:
            return _load_dsa(algorithm, key)
        case oids.STANDARDIZED_DOMAIN_PARAMETERS:
            return _load_standardized(algorithm, key)
    raise UnsupportedError(f"{algorithm.name} is no public key algorithm that is supported")


def encode_public_key(key: PublicKey) -> bytes:
    """Write a SubjectPublicKeyInfo: EC keys named or explicit as they say, DH keys in X9.42 form if q is known."""
    if isinstance(key, RSAPublicKey):
        algorithm = encode_algorithm_identifier(oids.RSA_ENCRYPTION, der.encode_null())
        if key.pss is not None:
            algorithm = encode_algorithm_identifier(oids.RSASSA_PSS, key.pss)
        value = der.encode_sequence(der.encode_integer(key.n), der.encode_integer(key.e))
    elif isinstance(key, ECPublicKey):
        parameters = encode_ec_parameters(key.curve) if key.explicit else der.encode_oid(key.curve.oid)
        algorithm = encode_algorithm_identifier(oids.EC_PUBLIC_KEY, parameters)
        value = points.encode_point(key.curve, key.point)
    elif isinstance(key, DSAPublicKey):
        group = der.encode_sequence(*(der.encode_integer(number) for number in (key.p, key.q, key.g)))
        algorithm = encode_algorithm_identifier(oids.DSA, group)
        value = der.encode_integer(key.y)
    else:
        algorithm = _encode_dh_algorithm(key.group)
        value = der.encode_integer(key.y)
    return der.encode_sequence(algorithm, der.encode_bit_string(value))


def encode_ec_parameters(curve: Curve) -> bytes:
    """ECParameters with every value, no seed and the cofactor (BSI TR-03111 §4.1.1, RFC 3279 §2.3.5)."""
    length = curve.byte_length
    return der.encode_sequence(
        der.encode_integer(1),
        der.encode_sequence(der.encode_oid(oids.PRIME_FIELD), der.encode_integer(curve.p)),
        der.encode_sequence(
            der.encode_octet_string(curve.a.to_bytes(length, "big")),
            der.encode_octet_string(curve.b.to_bytes(length, "big")),
        ),
        der.encode_octet_string(points.encode_point(curve, curve.generator)),
        der.encode_integer(curve.n),
        der.encode_integer(curve.h),
    )


def parse_ec_parameters(parameters: bytes) -> Curve:
    """The known curve that explicit ECParameters describe.

    Tolerated, because certificates in circulation have it: a seed (ignored), coefficients with leading zeros or
    not reduced, no cofactor, a compressed generator. Raises :class:`UnsupportedError` if the curve is not known.
    """
    elements = der.parse_sequence(parameters)
    if not 5 <= len(elements) <= 6:
        raise MalformedDataError(f"ECParameters of {len(elements)} elements")
    if der.decode_integer(elements[0]) not in (1, 2, 3):
        raise UnsupportedError("ECParameters of an unknown version")
    field_id = der.parse_sequence(elements[1].raw)
    if len(field_id) != 2:
        raise MalformedDataError("a field identifier does not have two elements")
    if der.oid_of(field_id[0]) != oids.PRIME_FIELD:
        raise UnsupportedError("a curve is not defined over a prime field")
    coefficients = der.parse_sequence(elements[2].raw)
    if not 2 <= len(coefficients) <= 3:
        raise MalformedDataError("a curve does not have two coefficients")
    a, b = (int.from_bytes(der.decode_octet_string(one), "big") for one in coefficients[:2])
    x, y = _read_generator(der.decode_octet_string(elements[3]))
    return match_curve(
        p=der.decode_integer(field_id[1]),
        a=a,
        b=b,
        x=x,
        y=y,
        n=der.decode_integer(elements[4]),
        h=der.decode_integer(elements[5]) if len(elements) == 6 else 1,
    )


def parse_domain_parameters(algorithm_identifier_der: bytes) -> Curve | DHGroup:
    """The known curve or group in the AlgorithmIdentifier of a PACEDomainParameterInfo (ICAO Doc 9303-11 §9.2.2).

    Raises :class:`MalformedDataError`, and :class:`UnsupportedError` for parameters that are not known.
    """
    algorithm = parse_algorithm_identifier(algorithm_identifier_der)
    match algorithm.oid:
        case oids.EC_PUBLIC_KEY:
            return _ec_domain(algorithm)[0]
        case oids.DH_PUBLIC_NUMBER | oids.PKCS3_DH_KEY_AGREEMENT:
            group = _dh_domain(algorithm)
            if group.parameter_id is None:
                raise UnsupportedError("the explicit Diffie-Hellman parameters are those of no known group")
            return group
        case oids.STANDARDIZED_DOMAIN_PARAMETERS:
            return _standardized_domain(algorithm)
    raise UnsupportedError(f"{algorithm.name} names no domain parameters that are supported")


def encode_domain_parameters(domain: Curve | DHGroup) -> bytes:
    """Write an AlgorithmIdentifier with explicit parameters, as a PACEDomainParameterInfo has it."""
    if isinstance(domain, DHGroup):
        return _encode_dh_algorithm(domain)
    return encode_algorithm_identifier(oids.EC_PUBLIC_KEY, encode_ec_parameters(domain))


def _read_generator(data: bytes) -> tuple[int, int]:
    length, remainder = divmod(len(data) - 1, 2)
    if data[:1] == b"\x04" and remainder == 0:
        return int.from_bytes(data[1 : length + 1], "big"), int.from_bytes(data[length + 1 :], "big")
    if data[:1] in (b"\x02", b"\x03"):
        x, parity = int.from_bytes(data[1:], "big"), data[0] & 1
        for curve in CURVES.values():
            if curve.x == x and curve.y & 1 == parity:
                return curve.x, curve.y
        raise UnsupportedError("a compressed generator is that of no known curve")
    raise MalformedDataError("a generator is no encoded point")


def _load_rsa(key: bytes) -> RSAPublicKey:
    numbers = der.parse_sequence(key)
    if len(numbers) != 2:
        raise MalformedDataError("an RSA public key does not have two numbers")
    n, e = (der.decode_integer(number) for number in numbers)
    if n.bit_length() not in RSA_BITS or n < 0:
        raise UnsupportedError(f"an RSA modulus of {n.bit_length()} bits")
    if n % 2 == 0 or e < 3 or e % 2 == 0:
        raise MalformedDataError("an RSA modulus or exponent is even, or the exponent is below 3")
    if e.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise UnsupportedError(f"an RSA exponent of {e.bit_length()} bits")
    return RSAPublicKey(n=n, e=e)


def _load_ec(algorithm: AlgorithmIdentifier, key: bytes) -> ECPublicKey:
    curve, explicit = _ec_domain(algorithm)
    return ECPublicKey(curve=curve, point=_load_point(curve, key), explicit=explicit)


def _ec_domain(algorithm: AlgorithmIdentifier) -> tuple[Curve, bool]:
    """The curve, and whether it is written with explicit parameters."""
    parameters = tlv.parse_one(algorithm.parameters or b"\x05\x00")
    if parameters.tag == der.SEQUENCE:
        return parse_ec_parameters(parameters.raw), True
    if parameters.tag == der.OBJECT_IDENTIFIER:
        return curve_by_oid(der.oid_of(parameters)), False
    raise UnsupportedError("an EC key inherits its curve from somewhere else")


def _load_point(curve: Curve, key: bytes) -> Point:
    if key[:1] in (b"\x02", b"\x03"):
        raise UnsupportedError("an EC public key is compressed")
    return points.decode_point(curve, key)


def _load_dh(algorithm: AlgorithmIdentifier, key: bytes) -> DHPublicKey:
    return _dh_key(_dh_domain(algorithm), tlv.parse_one(key))


def _dh_domain(algorithm: AlgorithmIdentifier) -> DHGroup:
    numbers = der.parse_sequence(algorithm.parameters or b"")
    required = 3 if algorithm.oid == oids.DH_PUBLIC_NUMBER else 2
    if len(numbers) < required:
        raise MalformedDataError("Diffie-Hellman parameters are incomplete")
    p, g = (der.decode_integer(number) for number in numbers[:2])
    q = der.decode_integer(numbers[2]) if required == 3 else None
    if p.bit_length() not in DH_BITS or (q is not None and q.bit_length() not in DH_ORDER_BITS):
        raise UnsupportedError(f"a Diffie-Hellman group of {p.bit_length()} bits")
    if p % 2 == 0 or not 2 <= g <= p - 2 or (q is not None and (q < 2 or (p - 1) % q)):
        raise MalformedDataError("Diffie-Hellman parameters are impossible")
    group = next((known for known in DH_GROUPS.values() if (known.p, known.g) == (p, g) and q in (None, known.q)), None)
    return group or DHGroup(name="explicit", p=p, g=g, q=q, parameter_id=None)


def _load_dsa(algorithm: AlgorithmIdentifier, key: bytes) -> DSAPublicKey:
    """Dss-Parms of p, q and g, and the number y (RFC 3279 §2.3.2); parameters are never inherited."""
    numbers = [der.decode_integer(number) for number in der.parse_sequence(algorithm.parameters or b"")]
    if len(numbers) != 3:
        raise MalformedDataError("DSA parameters are not three numbers")
    (p, q, g), y = numbers, der.decode_integer(tlv.parse_one(key))
    if p.bit_length() not in DSA_BITS or q.bit_length() not in DSA_ORDER_BITS:
        raise UnsupportedError(f"a DSA key of {p.bit_length()} bits in a group of {q.bit_length()} bits")
    if min(p, q) < 0 or p % 2 == 0 or (p - 1) % q or not (1 < g < p and 1 < y < p - 1):
        raise MalformedDataError("a DSA key is impossible")
    return DSAPublicKey(p=p, q=q, g=g, y=y)


def _load_standardized(algorithm: AlgorithmIdentifier, key: bytes) -> PublicKey:
    """{standardizedDomainParameters, INTEGER}: the curve or group by its identifier (BSI TR-03110-3 §A.2.1.1)."""
    domain = _standardized_domain(algorithm)
    if isinstance(domain, DHGroup):
        return _dh_key(domain, tlv.parse_one(key))
    return ECPublicKey(curve=domain, point=_load_point(domain, key), explicit=False)


def _standardized_domain(algorithm: AlgorithmIdentifier) -> Curve | DHGroup:
    return domain_by_parameter_id(der.decode_integer(tlv.parse_one(algorithm.parameters or b"\x05\x00")))


def _dh_key(group: DHGroup, number: TLV) -> DHPublicKey:
    """The key, whose subgroup is looked at here if the group is known.

    Who makes up a group makes up its order too, and lets the look at it cost what he likes: that is left to whoever
    uses the key (:func:`chipid.crypto.dh.agree`).
    """
    y = der.decode_integer(number)
    dh.check_public_key(replace(group, q=None) if group.parameter_id is None else group, y)
    return DHPublicKey(group=group, y=y)


def _encode_dh_algorithm(group: DHGroup) -> bytes:
    p, g = der.encode_integer(group.p), der.encode_integer(group.g)
    if group.q is None:
        return encode_algorithm_identifier(oids.PKCS3_DH_KEY_AGREEMENT, der.encode_sequence(p, g))
    return encode_algorithm_identifier(oids.DH_PUBLIC_NUMBER, der.encode_sequence(p, g, der.encode_integer(group.q)))
