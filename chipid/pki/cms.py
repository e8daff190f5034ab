"""CMS SignedData as EF.SOD, EF.CardSecurity and master lists use it (RFC 5652 §5, ICAO Doc 9303-10 §4.6.2.2).

BER is brought to definite lengths first; every object that was definite keeps the bytes that were signed.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import AlgorithmIdentifier, parse_algorithm_identifier
from chipid.asn1.times import decode_time
from chipid.crypto.digests import digest, hash_name_of
from chipid.crypto.signatures import parse_signature_algorithm, verify_signature
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.certificate import Certificate, parse_certificate, parse_serial
from chipid.pki.names import Name, parse_name

MAX_SIGNED_DATA_BYTES: Final = 1 << 23  # master lists approach 1 MiB; a file of a card is far smaller
MAX_CERTIFICATES: Final = 32
MAX_SIGNERS: Final = 8
MAX_REMEMBERED_BYTES: Final = 1024  # names and lists of algorithms; a longer one is read anew each time
MAX_VERSION: Final = 255
SIGNED_DATA_VERSION: Final = 3  # of every content type but plain data


class CMSReason(StrEnum):
    """Why signed data is wrong."""

    MESSAGE_DIGEST_MISMATCH = "message-digest-mismatch"
    CONTENT_TYPE_MISMATCH = "content-type-mismatch"
    ATTRIBUTE_MISSING = "attribute-missing"
    SIGNATURE_INVALID = "signature-invalid"
    SIGNER_NOT_FOUND = "signer-not-found"


class CMSSignatureError(SignatureError):
    """Signed data does not verify; ``reason`` tells at which step."""

    def __init__(self, reason: CMSReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerIdentifier:
    """Who signed: issuer and serial number, or the subject key identifier (RFC 5652 §5.3)."""

    issuer: Name | None
    serial: int | None
    ski: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAttributes:
    """``raw`` is the SET that was signed, with its universal tag 31 (RFC 5652 §5.4)."""

    raw: bytes = field(repr=False)
    content_type: str | None
    message_digest: bytes | None = field(repr=False)
    signing_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerInfo:
    """One signature; ``attributes`` is None where the content itself was signed."""

    version: int
    sid: SignerIdentifier
    digest_algorithm: AlgorithmIdentifier
    attributes: SignedAttributes | None
    signature_algorithm: AlgorithmIdentifier
    signature: bytes = field(repr=False)

    @property
    def hash_name(self) -> str:
        """The hash function of the content; raises :class:`UnsupportedError` if it is not known."""
        return hash_name_of(self.digest_algorithm.oid)

    @property
    def signing_time(self) -> datetime | None:
        """What the signer says about the time; None where he says nothing."""
        return None if self.attributes is None else self.attributes.signing_time


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedData:
    """A signed content: its type, its bytes, the certificates that came with it, undecoded, and the signatures."""

    raw: bytes = field(repr=False)
    version: int
    content_type: str
    econtent: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerInfo, ...]
    digest_algorithms: bytes = field(default=b"", repr=False)  # the SET as it came

    @property
    def signer(self) -> SignerInfo:
        """The one signature that a card's file has; the first of several."""
        return self.signers[0]

    @property
    def deviations(self) -> tuple[str, ...]:
        """What the envelope says of itself and is not so (RFC 5652 §5.1 and §5.3), by name; nothing depends on it."""
        return tuple(_deviations(self, self.signer))


def _deviations(signed: SignedData, info: SignerInfo) -> Iterator[str]:
    if signed.version != SIGNED_DATA_VERSION:
        yield "cms-version"
    if not _names(signed.digest_algorithms, info.digest_algorithm.oid):
        yield "cms-digest-algorithms"
    if info.version != (1 if info.sid.ski is None else 3):
        yield "signer-info-version"
    if info.attributes is None:
        yield "signed-attributes-missing"


def _names(digest_algorithms: bytes, oid: str) -> bool:
    """True if the SET names this algorithm, and none that nobody should use any more."""
    short = len(digest_algorithms) <= MAX_REMEMBERED_BYTES
    return (_remembered_names if short else _find_names)(digest_algorithms, oid)


def _find_names(digest_algorithms: bytes, oid: str) -> bool:
    try:
        found = {der.oid_of(one.children()[0]) for one in tlv.parse_one(digest_algorithms, der.SET).children()}
        return oid in found and all(hash_name_of(one) for one in found)
    except (TLVError, UnsupportedError, IndexError):
        return False


_remembered_names = lru_cache(maxsize=64)(_find_names)


def parse_signed_data(data: bytes, *, max_bytes: int = MAX_SIGNED_DATA_BYTES) -> SignedData:
    """Read a ContentInfo that holds SignedData with its content; raises :class:`MalformedDataError`."""
    if len(data) > max_bytes:
        raise MalformedDataError(f"signed data of {len(data)} bytes")
    try:
        return _parse(data, data)
    except TLVError:
        # Not DER: indefinite lengths or a content in pieces, which few signers write, or plain damage.
        return _parse(der.normalise_ber(data), data)


def _parse(definite: bytes, data: bytes) -> SignedData:
    content_info = der.parse_sequence(definite)
    if len(content_info) != 2 or der.oid_of(content_info[0]) != oids.PKCS7_SIGNED_DATA:
        raise MalformedDataError("this is no CMS SignedData")
    fields = list(der.parse_sequence(der.expect(content_info[1], 0xA0).value))
    if len(fields) < 4:
        raise MalformedDataError("SignedData is incomplete")
    version, digest_algorithms, encapsulated, *optional, signer_infos = fields
    der.expect(digest_algorithms, der.SET)
    content_type, econtent = _parse_encapsulated(encapsulated)
    if [one.tag for one in optional] not in ([], [0xA0], [0xA1], [0xA0, 0xA1]):
        raise MalformedDataError("SignedData has a field that does not belong there")
    infos = der.expect(signer_infos, der.SET).children()
    if not 1 <= len(infos) <= MAX_SIGNERS:
        raise MalformedDataError(f"SignedData has {len(infos)} signers")
    return SignedData(
        raw=data,
        version=der.decode_small(version, MAX_VERSION),
        content_type=content_type,
        econtent=econtent,
        certificates=_parse_certificates(tlv.find(optional, 0xA0)),
        signers=tuple(_parse_signer_info(info) for info in infos),
        digest_algorithms=digest_algorithms.raw,
    )


def find_signer_certificate(
    signed: SignedData, certificates: Sequence[Certificate], *, signer: SignerInfo | None = None, only: bool = True
) -> Certificate | None:
    """The certificate that ``signer`` (the first, if none is named) means, None if it is not among ``certificates``.

    An exact match comes first, then the same issuer in another way of writing. A single certificate is taken even
    if it is called otherwise: signers err there, and the signature decides. ``only`` is False where there were more
    than ``certificates``.
    """
    sid = (signer or signed.signer).sid
    for one in certificates:
        if sid.ski is not None and one.ski == sid.ski:
            return one
        if sid.issuer is not None and one.serial == sid.serial and one.issuer_name.matches(sid.issuer):
            return one
    return certificates[0] if only and len(certificates) == 1 else None


def verify_signed_data(signed: SignedData, certificate: Certificate, *, signer: SignerInfo | None = None) -> None:
    """Verify one signature over the content with the key of ``certificate`` (RFC 5652 §5.4 and §5.6).

    The hash of the content is that of the SignerInfo, the hash of the signature that of its own algorithm; they
    may differ. Raises :class:`CMSSignatureError` if something is wrong and :class:`UnsupportedError` if it could
    not be checked. Whether the certificate may sign is another question.

    A content that begins as signed attributes do needs some of its own: otherwise whoever has one signed file could
    pass its attributes off as a content, under the same signature. EF.CardSecurity is such a content, and RFC 5652
    §5.3 demands attributes of it anyway.
    """
    info = signer or signed.signer
    hash_name = info.hash_name
    message = signed.econtent
    if info.attributes is not None:
        _check_attributes(info.attributes, signed, hash_name)
        message = info.attributes.raw
    elif message[:1] == bytes((der.SET,)):
        raise CMSSignatureError(CMSReason.ATTRIBUTE_MISSING, "a content that could be signed attributes has none")
    algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=hash_name)
    key = certificate.public_key
    try:
        verify_signature(key, algorithm, message, info.signature)
    except (SignatureError, MalformedDataError) as error:
        raise CMSSignatureError(CMSReason.SIGNATURE_INVALID, error.message) from error


def verify_embedded_signer(signed: SignedData) -> Certificate:
    """Verify the first signature with a certificate that came along, and return that certificate.

    Raises :class:`CMSSignatureError` with ``signer-not-found`` if there is none; otherwise as
    :func:`verify_signed_data`, and :class:`MalformedDataError` for a damaged certificate.
    """
    certificate = find_signer_certificate(signed, [parse_certificate(raw) for raw in signed.certificates])
    if certificate is None:
        raise CMSSignatureError(CMSReason.SIGNER_NOT_FOUND, "the signer's certificate is not in the signed data")
    verify_signed_data(signed, certificate)
    return certificate


def _check_attributes(attributes: SignedAttributes, signed: SignedData, hash_name: str) -> None:
    if attributes.message_digest is None or attributes.content_type is None:
        raise CMSSignatureError(CMSReason.ATTRIBUTE_MISSING, "a signed attribute that must be there is missing")
    if not hmac.compare_digest(attributes.message_digest, digest(hash_name, signed.econtent)):
        raise CMSSignatureError(CMSReason.MESSAGE_DIGEST_MISMATCH, "the signed hash value is not that of the content")
    if attributes.content_type != signed.content_type:
        raise CMSSignatureError(CMSReason.CONTENT_TYPE_MISMATCH, "the signed content type is not that of the content")


def _parse_encapsulated(found: TLV) -> tuple[str, bytes]:
    parts = der.expect(found, der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedDataError("SignedData does not contain what it signs")
    return der.oid_of(parts[0]), der.decode_octet_string(tlv.parse_one(der.expect(parts[1], 0xA0).value))


def _parse_certificates(found: TLV | None) -> tuple[bytes, ...]:
    """The X.509 certificates; the other kinds of CertificateChoices have tags of their own."""
    certificates = () if found is None else tuple(one.raw for one in found.children() if one.tag == der.SEQUENCE)
    if len(certificates) > MAX_CERTIFICATES:
        raise MalformedDataError(f"SignedData carries {len(certificates)} certificates")
    return certificates


def _parse_signer_info(info: TLV) -> SignerInfo:
    fields = list(der.expect(info, der.SEQUENCE).children())
    if fields and fields[-1].tag == 0xA1:
        fields.pop()  # unsigned attributes say nothing that could be believed
    attributes = fields.pop(3) if len(fields) == 6 else None
    if len(fields) != 5:
        raise MalformedDataError("a SignerInfo does not have the fields it needs")
    version, sid, digest_algorithm, signature_algorithm, signature = fields
    return SignerInfo(
        version=der.decode_small(version, MAX_VERSION),
        sid=_parse_signer_identifier(sid),
        digest_algorithm=parse_algorithm_identifier(digest_algorithm.raw),
        attributes=None if attributes is None else _parse_attributes(der.expect(attributes, 0xA0)),
        signature_algorithm=parse_algorithm_identifier(signature_algorithm.raw),
        signature=der.decode_octet_string(signature),
    )


def _parse_signer_identifier(sid: TLV) -> SignerIdentifier:
    """The last ones are remembered: one signer stands in the documents of thousands."""
    return (_remembered_identifier if len(sid.raw) <= MAX_REMEMBERED_BYTES else _read_identifier)(sid)


def _read_identifier(sid: TLV) -> SignerIdentifier:
    if sid.tag == 0x80:
        return SignerIdentifier(issuer=None, serial=None, ski=sid.value)
    parts = der.expect(sid, der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedDataError("a signer is not named by issuer and serial number")
    return SignerIdentifier(issuer=parse_name(parts[0].raw), serial=parse_serial(parts[1]), ski=None)


_remembered_identifier = lru_cache(maxsize=256)(_read_identifier)


def _parse_attributes(found: TLV) -> SignedAttributes:
    """Read the attributes; each of ours has exactly one value and occurs once (RFC 5652 §11)."""
    values: dict[str, TLV] = {}
    for attribute in found.children():
        parts = der.expect(attribute, der.SEQUENCE).children()
        if len(parts) != 2:
            raise MalformedDataError("a signed attribute does not have two elements")
        oid = der.oid_of(parts[0])
        if oid not in _ATTRIBUTES:
            continue
        content = der.expect(parts[1], der.SET).children()
        if oid in values or len(content) != 1:
            raise MalformedDataError(f"the signed attribute {oids.name_of(oid)} does not occur with one value, once")
        values[oid] = content[0]
    content_type = values.get(oids.ATTRIBUTE_CONTENT_TYPE)
    message_digest = values.get(oids.ATTRIBUTE_MESSAGE_DIGEST)
    signing_time = values.get(oids.ATTRIBUTE_SIGNING_TIME)
    return SignedAttributes(
        raw=bytes((der.SET,)) + found.raw[1:],
        content_type=None if content_type is None else der.oid_of(content_type),
        message_digest=None if message_digest is None else der.decode_octet_string(message_digest),
        signing_time=None if signing_time is None else decode_time(signing_time),
    )


_ATTRIBUTES: Final = frozenset(
    {oids.ATTRIBUTE_CONTENT_TYPE, oids.ATTRIBUTE_MESSAGE_DIGEST, oids.ATTRIBUTE_SIGNING_TIME}
)
