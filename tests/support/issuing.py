"""An issuing side for tests of the trust store: certificates, CRLs and signed lists, right ones and wrong ones.

Written apart from the library's readers and from the simulator, on the DER helpers and OpenSSL only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.times import encode_time

NOW = datetime(2026, 6, 1, tzinfo=UTC)
START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2036, 1, 1, tzinfo=UTC)

KEY_CERT_SIGN = b"\x03\x02\x01\x06"  # keyCertSign and cRLSign
DIGITAL_SIGNATURE = b"\x03\x02\x07\x80"
CRL_SIGN_ABSENT = b"\x03\x02\x02\x04"  # keyCertSign alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key pair on P-256 or of RSA."""

    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    @property
    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def identifier(self) -> bytes:
        bits = der.decode_bit_string(der.parse_sequence(self.spki)[1])
        return hashlib.sha1(bits, usedforsecurity=False).digest()

    @property
    def algorithm(self) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return der.encode_sequence(der.encode_oid(oids.SHA256_WITH_RSA), der.encode_null())
        return der.encode_sequence(der.encode_oid(oids.ECDSA_WITH_SHA256))

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))


@cache
def ec_key(label: str) -> Key:
    """One key for each label within a process."""
    return Key(private=ec.generate_private_key(ec.SECP256R1()))


@cache
def rsa_key(label: str, exponent: int = 65537) -> Key:
    """One key for each label within a process."""
    return Key(private=rsa.generate_private_key(exponent, 2048))


def name(country: str, common_name: str) -> bytes:
    """A Name of country, organisation and common name."""
    values = ((oids.COUNTRY_NAME, country), (oids.ORGANIZATION_NAME, "Test"), (oids.COMMON_NAME, common_name))
    return der.encode_sequence(
        *(
            der.encode_set(der.encode_sequence(der.encode_oid(oid), tlv.encode(der.PRINTABLE_STRING, text.encode())))
            for oid, text in values
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate with the key of its subject."""

    raw: bytes = field(repr=False)
    key: Key
    subject: bytes = field(repr=False)
    serial: int

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a certificate deviates from the usual one; None leaves an extension out."""

    key_usage: bytes | None = KEY_CERT_SIGN
    is_issuer: bool | None = True
    extended_key_usage: str | None = None
    ski: bytes | None = b"own"
    aki: bytes | None = b"issuer"
    not_before: datetime = START
    not_after: datetime = END
    spki: bytes | None = None
    serial: int | None = None
    extra: tuple[bytes, ...] = ()


CSCA = Form()
DS = Form(key_usage=DIGITAL_SIGNATURE, is_issuer=None)
LIST_SIGNER = Form(
    key_usage=DIGITAL_SIGNATURE, is_issuer=None, extended_key_usage=oids.ICAO_CSCA_MASTER_LIST_SIGNING_KEY
)
DEVIATION_SIGNER = Form(
    key_usage=DIGITAL_SIGNATURE, is_issuer=None, extended_key_usage=oids.ICAO_DEVIATION_LIST_SIGNING_KEY
)


def issue(
    subject: bytes, key: Key, form: Form = CSCA, *, by: Issued | None = None, issuer: bytes | None = None
) -> Issued:
    """A certificate for ``key``, signed by ``by`` or with its own key; ``issuer`` overrides the issuer's name."""
    signer = key if by is None else by.key
    issuer_name = issuer or (subject if by is None else by.subject)
    serial = form.serial or int.from_bytes(hashlib.sha256(subject + key.spki + issuer_name).digest()[:8], "big")
    extensions = _extensions(form, key, signer)
    body = der.encode_sequence(
        tlv.encode(0xA0, der.encode_integer(2)),
        der.encode_integer(serial),
        signer.algorithm,
        issuer_name,
        der.encode_sequence(encode_time(form.not_before), encode_time(form.not_after)),
        subject,
        form.spki or key.spki,
        tlv.encode(0xA3, der.encode_sequence(*extensions)),
    )
    raw = der.encode_sequence(body, signer.algorithm, der.encode_bit_string(signer.sign(body)))
    return Issued(raw=raw, key=key, subject=subject, serial=serial)


def csca(country: str, label: str = "1", form: Form = CSCA) -> Issued:
    """A self-signed CSCA of that country."""
    return issue(name(country, "CSCA"), ec_key(f"CSCA {country} {label}"), form)


def link(new: Issued, old: Issued, form: Form = CSCA) -> Issued:
    """The new key signed with the old one."""
    return issue(new.subject, new.key, form, by=old)


def document_signer(issuer: Issued, country: str, label: str = "1", form: Form = DS) -> Issued:
    return issue(name(country, f"DS {label}"), ec_key(f"DS {country} {label}"), form, by=issuer)


def list_signer(issuer: Issued, country: str, label: str = "1", form: Form = LIST_SIGNER) -> Issued:
    return issue(name(country, f"List Signer {label}"), ec_key(f"MLS {country} {label}"), form, by=issuer)


def _extensions(form: Form, key: Key, signer: Key) -> list[bytes]:
    found = []
    if form.aki is not None:
        aki = signer.identifier if form.aki == b"issuer" else form.aki
        found.append(extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, aki))))
    if form.ski is not None:
        ski = key.identifier if form.ski == b"own" else form.ski
        found.append(extension(oids.SUBJECT_KEY_IDENTIFIER, der.encode_octet_string(ski)))
    if form.key_usage is not None:
        found.append(extension(oids.KEY_USAGE, form.key_usage, critical=True))
    if form.is_issuer is not None:
        constraints = der.encode_sequence(tlv.encode(der.BOOLEAN, b"\xff"), der.encode_integer(0))
        found.append(
            extension(oids.BASIC_CONSTRAINTS, constraints if form.is_issuer else der.encode_sequence(), critical=True)
        )
    if form.extended_key_usage is not None:
        usage = der.encode_sequence(der.encode_oid(form.extended_key_usage))
        found.append(extension(oids.EXTENDED_KEY_USAGE, usage, critical=True))
    return [*found, *form.extra]


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = tlv.encode(der.BOOLEAN, b"\xff") if critical else b""
    return der.encode_sequence(der.encode_oid(oid), flag, der.encode_octet_string(value))


def revoke(
    issuer: Issued,
    serials: Iterable[int | tuple[int, datetime, int | None]],
    *,
    this_update: datetime = NOW - timedelta(days=10),
    next_update: datetime | None = NOW + timedelta(days=50),
    number: int | None = 1,
    subject: bytes | None = None,
    aki: bytes | None = b"issuer",
    extra: Sequence[bytes] = (),
) -> bytes:
    """A CRL over serial numbers, each with the time and reason of its revocation if they are given."""
    entries = []
    for one in serials:
        serial, at, reason = one if isinstance(one, tuple) else (one, this_update, None)
        enumerated = None if reason is None else tlv.encode(0x0A, bytes((reason,)))
        details = b"" if enumerated is None else der.encode_sequence(extension(oids.CRL_REASON, enumerated))
        entries.append(der.encode_sequence(der.encode_integer(serial), encode_time(at), details))
    extensions = list(extra)
    if aki is not None:
        named = issuer.key.identifier if aki == b"issuer" else aki
        extensions.insert(0, extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, named))))
    if number is not None:
        extensions.append(extension(oids.CRL_NUMBER, der.encode_integer(number)))
    body = der.encode_sequence(
        der.encode_integer(1),
        issuer.key.algorithm,
        subject or issuer.subject,
        encode_time(this_update),
        b"" if next_update is None else encode_time(next_update),
        der.encode_sequence(*entries) if entries else b"",
        tlv.encode(0xA0, der.encode_sequence(*extensions)),
    )
    return der.encode_sequence(body, issuer.key.algorithm, der.encode_bit_string(issuer.key.sign(body)))


def list_content(certificates: Iterable[bytes]) -> bytes:
    """CscaMasterList, not yet signed."""
    return der.encode_sequence(der.encode_integer(0), der.encode_set(*certificates))


def sign_list(
    content: bytes,
    signer: Issued,
    *,
    content_type: str = oids.ICAO_CSCA_MASTER_LIST,
    signing_time: datetime | None = NOW - timedelta(days=4),
    embedded: Sequence[bytes] | None = None,
    signature: bytes | None = None,
    attributes: bool = True,
    enclosed: bytes | None = None,
) -> bytes:
    """A CMS SignedData of version 3 with one signer, named by its key identifier.

    ``enclosed`` is put inside instead of the content that was signed.
    """
    sha256 = der.encode_sequence(der.encode_oid(oids.SHA256))
    signed = [
        _attribute(oids.ATTRIBUTE_CONTENT_TYPE, der.encode_oid(content_type)),
        _attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, der.encode_octet_string(hashlib.sha256(content).digest())),
    ]
    if signing_time is not None:
        signed.append(_attribute(oids.ATTRIBUTE_SIGNING_TIME, encode_time(signing_time)))
    to_sign = der.encode_set(*signed) if attributes else content
    info = der.encode_sequence(
        der.encode_integer(3),
        tlv.encode(0x80, signer.key.identifier),
        sha256,
        tlv.encode(0xA0, *sorted(signed)) if attributes else b"",
        signer.key.algorithm,
        der.encode_octet_string(signer.key.sign(to_sign) if signature is None else signature),
    )
    return envelope(
        content if enclosed is None else enclosed, content_type, [signer.raw] if embedded is None else embedded, [info]
    )


def envelope(content: bytes, content_type: str, certificates: Sequence[bytes], signers: Sequence[bytes]) -> bytes:
    """ContentInfo around SignedData."""
    encapsulated = der.encode_sequence(der.encode_oid(content_type), tlv.encode(0xA0, der.encode_octet_string(content)))
    signed_data = der.encode_sequence(
        der.encode_integer(3),
        der.encode_set(der.encode_sequence(der.encode_oid(oids.SHA256))),
        encapsulated,
        tlv.encode(0xA0, *certificates),
        tlv.encode(der.SET, *signers),
    )
    return der.encode_sequence(der.encode_oid(oids.PKCS7_SIGNED_DATA), tlv.encode(0xA0, signed_data))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.encode_sequence(der.encode_oid(oid), der.encode_set(value))
