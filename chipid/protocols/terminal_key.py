"""The key of an inspection system: a small interface, and a key that lies in a file (ICAO Doc 9303-11 §7.1).

Keys that open fingerprints belong into a security module. Whatever holds one need only sign and know its
certificates; nothing else here sees the key.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

from apdu.errors import ToolkitError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto import points
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.keys import parse_domain_parameters
from chipid.crypto.points import openssl_curve
from chipid.crypto.signatures import SignatureScheme
from chipid.errors import TerminalKeyError, UnsupportedError
from chipid.pki.chat import Role
from chipid.pki.cv_certificate import CVCertificate, parse_cv_certificate
from chipid.pki.cv_public_key import ALGORITHMS

MAX_CERTIFICATES = 64

_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----([^-]*)-----END PRIVATE KEY-----")
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - old documents know nothing better
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


class TerminalKey(Protocol):
    """What Terminal Authentication needs of a terminal; a PKCS#11 token or a remote signer may stand behind it."""

    @property
    def certificate(self) -> CVCertificate:
        """The terminal's own certificate."""
        ...

    @property
    def certificates(self) -> Sequence[CVCertificate]:
        """The certificates above it: of its document verifier and the links of the CVCA, in any order."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Sign with the algorithm that the own certificate names; ECDSA as r ‖ s in full length."""
        ...


def find_chain(key: TerminalKey, trust_points: Sequence[str]) -> tuple[CVCertificate, ...]:
    """The certificates that lead from one of the card's trust points to the terminal, which comes last.

    Raises :class:`TerminalKeyError` if there is no such chain.
    """
    chain = [key.certificate]
    while chain[0].authority_reference not in trust_points:
        wanted = chain[0].authority_reference
        issuer = next(
            (one for one in key.certificates if one.holder_reference == wanted and not one.is_self_signed), None
        )
        if issuer is None or issuer in chain:
            raise TerminalKeyError("no chain of certificates leads from the card's trust points to the terminal")
        chain.insert(0, issuer)
    return tuple(chain)


class FileTerminalKey:
    """A terminal's key in the memory of this process, read from PKCS#8; or, of another role, an authority's."""

    def __init__(
        self,
        private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
        certificates: Sequence[CVCertificate],
        *,
        role: Role = Role.TERMINAL,
    ) -> None:
        """Raises :class:`TerminalKeyError` if no certificate of that role belongs to the key."""
        own = [one for one in certificates if one.role is role and _belongs(private, one)]
        if len(own) != 1:
            what = "a terminal" if role is Role.TERMINAL else "this role"
            raise TerminalKeyError(f"not exactly one certificate of {what} belongs to the key")
        self._private = private
        self._certificate = own[0]
        self._certificates = tuple(one for one in certificates if one is not own[0])

    def __repr__(self) -> str:
        return f"FileTerminalKey({self._certificate.holder_reference})"

    @property
    def certificate(self) -> CVCertificate:
        return self._certificate

    @property
    def certificates(self) -> tuple[CVCertificate, ...]:
        return self._certificates

    def sign(self, data: bytes) -> bytes:
        """OpenSSL draws the salt of PSS; ECDSA is deterministic (RFC 6979)."""
        algorithm = ALGORITHMS[self._certificate.public_key.oid]
        hash_function = _HASHES[algorithm.hash_name]
        if isinstance(self._private, rsa.RSAPrivateKey):
            scheme: padding.AsymmetricPadding = padding.PKCS1v15()
            if algorithm.scheme is SignatureScheme.RSA_PSS:
                scheme = padding.PSS(padding.MGF1(hash_function), hash_function.digest_size)
            return self._private.sign(data, scheme, hash_function)
        signature = self._private.sign(data, ec.ECDSA(hash_function, deterministic_signing=True))
        r, s = utils.decode_dss_signature(signature)
        length = (self._private.curve.key_size + 7) // 8
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")


def load_terminal_key(
    private_key: bytes, certificates: Sequence[bytes], *, password: bytes | None = None
) -> FileTerminalKey:
    """Read a key in PKCS#8 (DER or PEM), or as RFC 5915 has it, with its CV certificates.

    A key on a curve may carry the curve's parameters or its name, an encrypted one its name only. Raises
    :class:`TerminalKeyError` for a key that cannot be read or used, or to which no certificate belongs.
    """
    if len(certificates) > MAX_CERTIFICATES:
        raise TerminalKeyError(f"more than {MAX_CERTIFICATES} certificates for one terminal")
    try:
        parsed = [parse_cv_certificate(raw) for raw in certificates]
    except ToolkitError as error:
        raise TerminalKeyError(f"a certificate of the terminal cannot be used: {error.message}") from error
    return FileTerminalKey(_load_private_key(private_key, password), parsed)


def load_authority_key(private_key: bytes, certificate: bytes, *, password: bytes | None = None) -> FileTerminalKey:
    """Read the key of a CVCA or a document verifier with its certificate, as :func:`load_terminal_key` does.

    Such keys are at hand for test cards only; the cases of :mod:`chipid.conformance` sign wrong certificates with them.
    """
    try:
        parsed = parse_cv_certificate(certificate)
    except ToolkitError as error:
        raise TerminalKeyError(f"the certificate of the authority cannot be used: {error.message}") from error
    return FileTerminalKey(_load_private_key(private_key, password), (parsed,), role=parsed.role)


def _load_private_key(data: bytes, password: bytes | None) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    explicit = _explicit_private_key(_unarmoured(data))
    if explicit is not None:
        return explicit
    try:
        load = load_pem_private_key if data.lstrip().startswith(b"-----BEGIN") else load_der_private_key
        private = load(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise TerminalKeyError("the terminal's key cannot be read") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TerminalKeyError("the terminal's key is of a kind that Terminal Authentication does not have")
    return private


def _unarmoured(data: bytes) -> bytes:
    """The DER in a PEM file of PKCS#8; other data as it is."""
    found = _PEM.search(data)
    try:
        return data if found is None else base64.b64decode(found[1])
    except ValueError:
        return data


def _explicit_private_key(data: bytes) -> ec.EllipticCurvePrivateKey | None:
    """A DER key on a curve, whose parameters OpenSSL's binding does not read; None for anything else."""
    try:
        parameters, scalar = _split_curve_key(data)
        curve = parse_domain_parameters(encode_algorithm_identifier(oids.EC_PUBLIC_KEY, parameters))
    except (ToolkitError, ValueError):
        return None
    openssl = openssl_curve(curve) if isinstance(curve, Curve) else None
    if openssl is None:
        return None
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


def _belongs(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, certificate: CVCertificate) -> bool:
    """True if the certificate holds the public key; a key on a curve is compared by its encoded point."""
    key = certificate.public_key
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        return key.rsa is not None and (key.rsa.n, key.rsa.e) == (numbers.n, numbers.e)
    point = private.public_key().public_numbers()
    length = (private.curve.key_size + 7) // 8
    encoded = bytes((points.UNCOMPRESSED,)) + point.x.to_bytes(length, "big") + point.y.to_bytes(length, "big")
    return key.rsa is None and key.point == encoded
