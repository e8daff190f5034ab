"""Invented authorities that issue card verifiable certificates; OpenSSL makes the signatures."""

from __future__ import annotations

from datetime import date
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.crypto.points import KeyPair, openssl_curve
from chipid.crypto.signatures import SignatureScheme
from chipid.pki.chat import CHAT, InspectionRight, Role, inspection_chat
from chipid.pki.cv_certificate import build_cv_certificate
from chipid.pki.cv_public_key import ALGORITHMS, TerminalPublicKey

BP256 = CURVES["brainpoolP256r1"]
BOTH = (InspectionRight.READ_DG3, InspectionRight.READ_DG4)
EFFECTIVE, EXPIRATION = date(2024, 1, 2), date(2026, 3, 4)
HASHES = {"sha1": hashes.SHA1(), "sha224": hashes.SHA224(), "sha256": hashes.SHA256()}
HASHES |= {"sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


class Authority:
    """A key with a reference and rights; ``number`` makes the key on a curve."""

    def __init__(
        self,
        reference: str,
        role: Role,
        *,
        number: int = 5,
        oid: str = oids.ID_TA_ECDSA_SHA_256,
        curve: Curve = BP256,
        rights: tuple[InspectionRight, ...] = BOTH,
    ) -> None:
        self.reference = reference
        self.chat: CHAT = inspection_chat(role, rights)
        self._hash = HASHES[ALGORITHMS[oid].hash_name]
        self._scheme = ALGORITHMS[oid].scheme
        self._curve = curve
        key: ECPublicKey | RSAPublicKey
        if self._scheme is SignatureScheme.ECDSA_PLAIN:
            openssl = openssl_curve(curve)
            assert openssl is not None
            self.private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = ec.derive_private_key(number, openssl)
            key = ECPublicKey(curve=curve, point=KeyPair(curve, number).public, explicit=True)
        else:
            self.private = rsa_key(number)
            numbers = self.private.public_key().public_numbers()
            key = RSAPublicKey(n=numbers.n, e=numbers.e)
        self.public = TerminalPublicKey(oid=oid, key=key)

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            scheme: padding.AsymmetricPadding = padding.PKCS1v15()
            if self._scheme is SignatureScheme.RSA_PSS:
                scheme = padding.PSS(padding.MGF1(self._hash), self._hash.digest_size)
            return self.private.sign(message, scheme, self._hash)
        r, s = utils.decode_dss_signature(self.private.sign(message, ec.ECDSA(self._hash)))
        length = self._curve.order_length
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    def issue(self, holder: Authority, *, effective: date = EFFECTIVE, expiration: date = EXPIRATION) -> bytes:
        return build_cv_certificate(
            authority_reference=self.reference,
            public_key=holder.public,
            holder_reference=holder.reference,
            chat=holder.chat,
            effective_date=effective,
            expiration_date=expiration,
            sign=self.sign,
        )


@cache
def rsa_key(number: int) -> rsa.RSAPrivateKey:
    """One key a number and process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
