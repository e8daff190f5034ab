"""EF.SOD in every form that documents in the field have: one signer, and how its envelope is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.asn1.times import encode_time
from tests.pki import builders
from tests.pki.builders import Signer

SIGNED_AT = datetime(2024, 6, 1, tzinfo=UTC)
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}
HASH_OIDS = {"sha256": oids.SHA256, "sha384": oids.SHA384, "sha512": oids.SHA512}


def ecdsa(signer: Signer, hash_name: str = "sha256") -> Callable[[bytes], bytes]:
    return lambda message: signer.private.sign(message, ec.ECDSA(HASHES[hash_name]))


def plain_ecdsa(signer: Signer, hash_name: str = "sha256") -> Callable[[bytes], bytes]:
    """r and s side by side (BSI TR-03111 §5.2.1)."""

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(ecdsa(signer, hash_name)(message))
        length = (signer.private.key_size + 7) // 8
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    return sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How a SignedData is written. ``sid`` is issuer and serial number, or a key identifier under the tag 80.

    ``attributes`` follow the three usual ones; None of ``signed_at`` leaves the signing time out.
    """

    certificates: Sequence[bytes]
    sid: bytes
    sign: Callable[[bytes], bytes] = field(repr=False)
    signature_algorithm: bytes = builders.ECDSA_SHA256
    digest_name: str = "sha256"
    signed_at: datetime | None = SIGNED_AT
    attributes: Sequence[bytes] = ()
    unsigned_attributes: Sequence[bytes] = ()
    without_attributes: bool = False

    def seal(self, content: bytes, content_type: str = oids.ICAO_LDS_SECURITY_OBJECT) -> bytes:
        """ContentInfo around ``content``."""
        digest_algorithm = encode_algorithm_identifier(HASH_OIDS[self.digest_name])
        signed = self._signed_attributes(content, content_type)
        message = content if self.without_attributes else der.encode_set(*signed)
        info = der.encode_sequence(
            der.encode_integer(3 if self.sid[0] == 0x80 else 1),
            self.sid,
            digest_algorithm,
            b"" if self.without_attributes else tlv.encode(0xA0, tlv.parse_one(message).value),
            self.signature_algorithm,
            der.encode_octet_string(self.sign(message)),
            tlv.encode(0xA1, *self.unsigned_attributes) if self.unsigned_attributes else b"",
        )
        data = der.encode_sequence(
            der.encode_integer(3),
            der.encode_set(digest_algorithm),
            der.encode_sequence(der.encode_oid(content_type), tlv.encode(0xA0, der.encode_octet_string(content))),
            tlv.encode(0xA0, *self.certificates) if self.certificates else b"",
            der.encode_set(info),
        )
        return der.encode_sequence(der.encode_oid(oids.PKCS7_SIGNED_DATA), tlv.encode(0xA0, data))

    def _signed_attributes(self, content: bytes, content_type: str) -> list[bytes]:
        digest = hashlib.new(self.digest_name, content).digest()
        usual = [
            builders.attribute(oids.ATTRIBUTE_CONTENT_TYPE, der.encode_oid(content_type)),
            builders.attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, der.encode_octet_string(digest)),
        ]
        if self.signed_at is not None:
            usual.append(builders.attribute(oids.ATTRIBUTE_SIGNING_TIME, encode_time(self.signed_at)))
        return sorted([*usual, *self.attributes])


def key_identifier(signer: Signer) -> bytes:
    return tlv.encode(0x80, signer.ski)


def indefinite(content_info: bytes, *, chunk: int = 64) -> bytes:
    """The same ContentInfo in BER: indefinite lengths down to the content, which comes in pieces (X.690 §8.1.3.6).

    What is signed, and the certificates, keep their definite form.
    """
    content_type, explicit = tlv.parse_one(content_info).children()
    version, digests, encapsulated, *rest = tlv.parse_one(explicit.value).children()
    econtent_type, wrapped = encapsulated.children()
    content = tlv.parse_one(wrapped.value).value
    pieces = b"".join(
        der.encode_octet_string(content[start : start + chunk]) for start in range(0, len(content), chunk)
    )
    inner = _endless(0x30, econtent_type.raw + _endless(0xA0, _endless(0x24, pieces)))
    signed = _endless(0x30, version.raw + digests.raw + inner + b"".join(one.raw for one in rest))
    return _endless(0x30, content_type.raw + _endless(0xA0, signed))


def _endless(tag: int, value: bytes) -> bytes:
    return bytes((tag, 0x80)) + value + b"\x00\x00"
