"""EF.SOD: the hashes of the data groups in a CMS envelope (ICAO Doc 9303-10 §4.6.2, RFC 5652 §5)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, cms, core, x509

from chipid.asn1 import oids
from chipid.crypto.digests import encode_digest_algorithm
from chipid.crypto.entropy import Entropy
from chipid.crypto.signatures import SignatureAlgorithm
from chipid.lds.ef_sod import build_sod
from chipid.lds.lds_security_object import build_lds_security_object
from simulator.pki.signing import PrivateKey, encode_signature_algorithm, sign


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSigner:
    """A certificate in DER with its key and the algorithm that it signs with."""

    certificate: bytes
    key: PrivateKey
    algorithm: SignatureAlgorithm


def sign_security_object(
    signer: DocumentSigner,
    groups: Mapping[int, bytes],
    *,
    hash_name: str,
    version: int,
    signed_at: datetime | None,
    entropy: Entropy,
    wrong_hashes: frozenset[int] = frozenset(),
) -> bytes:
    """EF.SOD over complete data group files by number, LDS security object version 0 or 1.

    ``signed_at`` of None leaves the signing time out. A group in ``wrong_hashes`` is signed with another hash than
    its own: a fault for readers to find.
    """
    values = {number: hashlib.new(hash_name, content).digest() for number, content in sorted(groups.items())}
    for number in wrong_hashes:
        values[number] = hashlib.new(hash_name, b"another content").digest()
    content = build_lds_security_object(hash_name, values, version=version)
    return build_sod(sign_content(signer, content, oids.ICAO_LDS_SECURITY_OBJECT, signed_at=signed_at, entropy=entropy))


def sign_content(
    signer: DocumentSigner,
    content: bytes,
    content_type: str,
    *,
    signed_at: datetime | None,
    entropy: Entropy,
    more_certificates: tuple[bytes, ...] = (),
) -> bytes:
    """A ContentInfo with one SignedData of version 3, the signer's certificate inside, signed attributes always.

    ``more_certificates`` in DER come after the signer's.
    """
    digest_name = signer.algorithm.hash_name
    digest_algorithm = algos.DigestAlgorithm.load(encode_digest_algorithm(digest_name))
    certificate = x509.Certificate.load(signer.certificate)
    others = [x509.Certificate.load(one) for one in more_certificates]
    attributes = [
        {"type": "content_type", "values": [content_type]},
        {"type": "message_digest", "values": [hashlib.new(digest_name, content).digest()]},
    ]
    if signed_at is not None:
        attributes.append({"type": "signing_time", "values": [cms.Time("utc_time", signed_at)]})
    signed_attributes = cms.CMSAttributes(attributes)
    signature = sign(signer.key, signer.algorithm, signed_attributes.dump(), entropy)
    signer_info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": signed_attributes,
            "signature_algorithm": algos.SignedDigestAlgorithm.load(encode_signature_algorithm(signer.algorithm)),
            "signature": signature,
        }
    )
    signed_data = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [digest_algorithm],
            "encap_content_info": {"content_type": content_type, "content": core.ParsableOctetString(content)},
            "certificates": [cms.CertificateChoices("certificate", one) for one in (certificate, *others)],
            "signer_infos": [signer_info],
        }
    )
    encoded: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
    return encoded
