"""Certificates and signed data with one thing changed at a time; OpenSSL makes the signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.asn1.times import encode_time
from tests.support.vectors import VECTORS

Sign = Callable[[bytes], bytes]

MASTER_LIST = Path(__file__).parents[3] / "shared" / "trust" / "DE_ML_2026-05-28.ml"
NOT_BEFORE = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
NOT_AFTER = datetime(2034, 1, 2, 3, 4, 5, tzinfo=UTC)
ECDSA_SHA256 = encode_algorithm_identifier(oids.ECDSA_WITH_SHA256)


class Signer:
    """An EC key on secp256r1 made from a number, with a name and a key identifier."""

    def __init__(self, number: int, name: str = "Example CSCA", country: str = "UT") -> None:
        self.private = ec.derive_private_key(number, ec.SECP256R1())
        self.spki = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.name = name_der(name, country)
        self.ski = hashlib.sha1(self.spki, usedforsecurity=False).digest()

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign_with_rsa(message: bytes) -> bytes:
    return rsa_key().sign(message, padding.PKCS1v15(), hashes.SHA256())


def name_der(common_name: str, country: str = "UT", *, text_tag: int = der.UTF8_STRING) -> bytes:
    return der.encode_sequence(
        _attribute(oids.COUNTRY_NAME, tlv.encode(der.PRINTABLE_STRING, country.encode())),
        _attribute(oids.COMMON_NAME, tlv.encode(text_tag, common_name.encode())),
    )


def _attribute(oid: str, value: bytes) -> bytes:
    return der.encode_set(der.encode_sequence(der.encode_oid(oid), value))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = tlv.encode(der.BOOLEAN, b"\xff") if critical else b""
    return der.encode_sequence(der.encode_oid(oid), flag, der.encode_octet_string(value))


def key_identifiers(subject: Signer, issuer: Signer) -> list[bytes]:
    return [
        extension(oids.SUBJECT_KEY_IDENTIFIER, der.encode_octet_string(subject.ski)),
        extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, issuer.ski))),
    ]


def issuing_rights() -> list[bytes]:
    constraints = der.encode_sequence(tlv.encode(der.BOOLEAN, b"\xff"), der.encode_integer(0))
    return [
        extension(oids.KEY_USAGE, bytes.fromhex("03020106"), critical=True),
        extension(oids.BASIC_CONSTRAINTS, constraints, critical=True),
    ]


def build_certificate(
    holder: Signer,
    issuing: Signer,
    /,
    *,
    extensions: list[bytes] | None = None,
    sign: Sign | None = None,
    **changes: bytes,
) -> bytes:
    """A version 3 certificate; ``changes`` replaces encoded fields by name."""
    if extensions is None:
        extensions = [*key_identifiers(holder, issuing), *issuing_rights()]
    fields = {
        "version": tlv.encode(0xA0, der.encode_integer(2)),
        "serial": der.encode_integer(7),
        "algorithm": ECDSA_SHA256,
        "issuer": issuing.name,
        "validity": der.encode_sequence(encode_time(NOT_BEFORE), encode_time(NOT_AFTER)),
        "subject": holder.name,
        "spki": holder.spki,
        "extensions": tlv.encode(0xA3, der.encode_sequence(*extensions)),
    }
    outer_algorithm = changes.pop("outer_algorithm", changes.get("algorithm", ECDSA_SHA256))
    fields.update(changes)
    tbs = der.encode_sequence(*fields.values())
    signature = (sign or issuing.sign)(tbs)
    return der.encode_sequence(tbs, outer_algorithm, der.encode_bit_string(signature))


def build_signed_attributes(content: bytes, *, hash_name: str = "sha256", content_type: str = oids.PKCS7_DATA) -> bytes:
    """The SET of contentType and messageDigest."""
    digest = hashlib.new(hash_name, content).digest()
    return der.encode_set(
        attribute(oids.ATTRIBUTE_CONTENT_TYPE, der.encode_oid(content_type)),
        attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, der.encode_octet_string(digest)),
    )


def attribute(oid: str, *values: bytes) -> bytes:
    return der.encode_sequence(der.encode_oid(oid), der.encode_set(*values))


def build_signed_data(
    content: bytes,
    signature: bytes,
    *,
    certificates: list[bytes],
    sid: bytes,
    attributes: bytes | None,
    signature_algorithm: bytes = ECDSA_SHA256,
    digest_algorithm: bytes | None = None,
    content_type: str = oids.PKCS7_DATA,
) -> bytes:
    """A ContentInfo with one SignerInfo; ``attributes`` is the SET that was signed, or None."""
    digest_algorithm = digest_algorithm or encode_algorithm_identifier(oids.SHA256)
    info = der.encode_sequence(
        der.encode_integer(1),
        sid,
        digest_algorithm,
        b"" if attributes is None else b"\xa0" + attributes[1:],
        signature_algorithm,
        der.encode_octet_string(signature),
    )
    signed = der.encode_sequence(
        der.encode_integer(3),
        der.encode_set(digest_algorithm),
        der.encode_sequence(der.encode_oid(content_type), tlv.encode(0xA0, der.encode_octet_string(content))),
        tlv.encode(0xA0, *certificates) if certificates else b"",
        der.encode_set(info),
    )
    return der.encode_sequence(der.encode_oid(oids.PKCS7_SIGNED_DATA), tlv.encode(0xA0, signed))


def issuer_and_serial(issuer: Signer, serial: int = 7) -> bytes:
    return der.encode_sequence(issuer.name, der.encode_integer(serial))


def reference_sod() -> bytes:
    """The ContentInfo in EF.SOD of the reference data set of BSI TR-03105 part 5."""
    return tlv.parse_one((VECTORS / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes(), 0x77).value


def published_certificates() -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((VECTORS / "trust").glob("*.cer"))}
