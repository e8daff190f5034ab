"""The key of an inspection system: a small interface, and a key that lies in a file (ICAO Doc 9303-11 §7.1).

Keys that open fingerprints belong into a security module. Whatever holds one need only sign and know its
certificates; nothing else here sees the key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from apdu.errors import ToolkitError
from chipid.crypto import ecdsa_fallback, points
from chipid.crypto.signatures import SignatureScheme
from chipid.errors import TerminalKeyError
from chipid.pki.chat import Role
from chipid.pki.cv_certificate import CVCertificate, parse_cv_certificate
from chipid.pki.cv_public_key import ALGORITHMS
from chipid.protocols.private_key import CurvePrivateKey, PrivateKey, load_private_key

MAX_CERTIFICATES = 64

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

    The shortest chain: a document verifier may hold certificates of several CVCAs under one name. Raises
    :class:`TerminalKeyError` if there is no chain.
    """
    chains: list[tuple[CVCertificate, ...]] = [(key.certificate,)]
    unused = [one for one in key.certificates if not one.is_self_signed]
    while chains:
        for chain in chains:
            if chain[0].authority_reference in trust_points:
                return chain
        longer: list[tuple[CVCertificate, ...]] = []
        for chain in chains:
            issuers = [one for one in unused if one.holder_reference == chain[0].authority_reference]
            longer += [(one, *chain) for one in issuers]
            unused = [one for one in unused if one not in issuers]
        chains = longer
    raise TerminalKeyError("no chain of certificates leads from the card's trust points to the terminal")


class FileTerminalKey:
    """A terminal's key in the memory of this process, read from PKCS#8; or, of another role, an authority's."""

    def __init__(
        self, private: PrivateKey, certificates: Sequence[CVCertificate], *, role: Role = Role.TERMINAL
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
        """OpenSSL draws the salt of PSS; ECDSA is deterministic (RFC 6979).

        On a curve that OpenSSL's Python binding lacks this takes no constant time: whoever can measure this process
        may learn the key. Such a key belongs into a device. Raises :class:`TerminalKeyError` for a key that is too
        short for its algorithm.
        """
        algorithm = ALGORITHMS[self._certificate.public_key.oid]
        if isinstance(self._private, CurvePrivateKey):
            curve, secret = self._private.curve, self._private.secret
            r, s = ecdsa_fallback.sign(curve, secret, data, hash_name=algorithm.hash_name)
            return r.to_bytes(curve.order_length, "big") + s.to_bytes(curve.order_length, "big")
        hash_function = _HASHES[algorithm.hash_name]
        if isinstance(self._private, rsa.RSAPrivateKey):
            scheme: padding.AsymmetricPadding = padding.PKCS1v15()
            if algorithm.scheme is SignatureScheme.RSA_PSS:
                scheme = padding.PSS(padding.MGF1(hash_function), hash_function.digest_size)
            try:
                return self._private.sign(data, scheme, hash_function)
            except ValueError as error:
                raise TerminalKeyError("the terminal's key is too short for its algorithm") from error
        signature = self._private.sign(data, ec.ECDSA(hash_function, deterministic_signing=True))
        r, s = utils.decode_dss_signature(signature)
        length = (self._private.curve.key_size + 7) // 8
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")


def load_terminal_key(
    private_key: bytes, certificates: Sequence[bytes], *, password: bytes | None = None
) -> FileTerminalKey:
    """Read a key in PKCS#8 (DER or PEM), or as RFC 5915 has it, with its CV certificates.

    A key on a curve may carry the curve's parameters or its name, an encrypted one its name only, and must be on one
    that OpenSSL has. Raises
    :class:`TerminalKeyError` for a key that cannot be read or used, or to which no certificate belongs.
    """
    if len(certificates) > MAX_CERTIFICATES:
        raise TerminalKeyError(f"more than {MAX_CERTIFICATES} certificates for one terminal")
    try:
        parsed = [parse_cv_certificate(raw) for raw in certificates]
    except ToolkitError as error:
        raise TerminalKeyError(f"a certificate of the terminal cannot be used: {error.message}") from error
    return FileTerminalKey(load_private_key(private_key, password), parsed)


def load_authority_key(private_key: bytes, certificate: bytes, *, password: bytes | None = None) -> FileTerminalKey:
    """Read the key of a CVCA or a document verifier with its certificate, as :func:`load_terminal_key` does.

    Such keys are at hand for test cards only; the cases of :mod:`chipid.conformance` sign wrong certificates with them.
    """
    try:
        parsed = parse_cv_certificate(certificate)
    except ToolkitError as error:
        raise TerminalKeyError(f"the certificate of the authority cannot be used: {error.message}") from error
    return FileTerminalKey(load_private_key(private_key, password), (parsed,), role=parsed.role)


def _belongs(private: PrivateKey, certificate: CVCertificate) -> bool:
    """True if the certificate holds the public key; a key on a curve is compared by its encoded point."""
    key = certificate.public_key
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        return key.rsa is not None and (key.rsa.n, key.rsa.e) == (numbers.n, numbers.e)
    if key.rsa is not None:
        return False
    if isinstance(private, CurvePrivateKey):
        curve = private.curve
        return key.point == points.encode_point(curve, points.KeyPair(curve, private.secret).public)
    point = private.public_key().public_numbers()
    length = (private.curve.key_size + 7) // 8
    encoded = bytes((points.UNCOMPRESSED,)) + point.x.to_bytes(length, "big") + point.y.to_bytes(length, "big")
    return key.point == encoded
