"""Private keys of terminals in files: PKCS#8 (RFC 5208, RFC 5958) and RFC 5915, in DER or PEM, encrypted or not."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from apdu.errors import ToolkitError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.keys import parse_domain_parameters
from chipid.crypto.points import openssl_curve
from chipid.errors import TerminalKeyError, UnsupportedError

_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePrivateKey:
    """A secret scalar on a curve that OpenSSL's Python binding lacks."""

    curve: Curve
    secret: int = field(repr=False)


PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | CurvePrivateKey


def load_private_key(data: bytes, password: bytes | None) -> PrivateKey:
    """Read a key that signs. Raises :class:`TerminalKeyError` for anything else, and for a wrong password."""
    explicit = _curve_key(_unarmoured(data))
    if explicit is not None:
        return explicit
    try:
        private = _load(data, password)
    except UnsupportedAlgorithm as error:
        raise TerminalKeyError("the terminal's key is of a kind or on a curve that cannot be used") from error
    except (ValueError, TypeError) as error:
        raise TerminalKeyError("the terminal's key cannot be read, or its passphrase is wrong") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TerminalKeyError("the terminal's key is of a kind that Terminal Authentication does not have")
    return private


def needs_password(data: bytes) -> bool:
    """True if ``data`` is an encrypted key."""
    try:
        _load(data, None)
    except TypeError:
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def _load(data: bytes, password: bytes | None) -> object:
    load = load_pem_private_key if data.lstrip().startswith(b"-----BEGIN") else load_der_private_key
    return load(data, password)


def _unarmoured(data: bytes) -> bytes:
    """The DER in a PEM file of PKCS#8; other data as it is."""
    found = _PEM.search(data)
    try:
        return data if found is None else base64.b64decode(found[1])
    except ValueError:
        return data


def _curve_key(data: bytes) -> ec.EllipticCurvePrivateKey | CurvePrivateKey | None:
    """A DER key on a curve, whose explicit parameters OpenSSL's binding does not read; None for anything else."""
    try:
        parameters, scalar = _split_curve_key(data)
        curve = parse_domain_parameters(encode_algorithm_identifier(oids.EC_PUBLIC_KEY, parameters))
    except (ToolkitError, ValueError):
        return None
    if not isinstance(curve, Curve):
        return None
    openssl = openssl_curve(curve)
    if openssl is None:
        if not 1 <= scalar < curve.n:
            raise TerminalKeyError("the terminal's key is out of range")
        return CurvePrivateKey(curve=curve, secret=scalar)
    try:
        return ec.derive_private_key(scalar, openssl)
    except ValueError as error:
        raise TerminalKeyError("the terminal's key is out of range") from error


def _split_curve_key(data: bytes) -> tuple[bytes, int]:
    """Parameters and scalar of a key on a curve, in PKCS#8 (RFC 5208 §5) or alone (RFC 5915 §3)."""
    fields = der.parse_sequence(data)
    version, second, third = fields[:3]
    if der.decode_integer(version) == 1:
        return der.expect(third, 0xA0).value, int.from_bytes(der.decode_octet_string(second), "big")
    oid, parameters = der.expect(second, der.SEQUENCE).children()
    if der.oid_of(oid) != oids.EC_PUBLIC_KEY:
        raise UnsupportedError("this is no key on a curve")
    _, scalar, *_ = der.parse_sequence(der.decode_octet_string(third))
    return parameters.raw, int.from_bytes(der.decode_octet_string(scalar), "big")
