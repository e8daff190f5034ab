"""CSCA master lists: what one state says are the CSCA certificates of states (ICAO Doc 9303-12 §8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chipid.asn1 import der, oids
from chipid.crypto.entropy import Entropy
from simulator.pki.security_object import DocumentSigner, sign_content


def build_master_list(
    certificates: Iterable[bytes],
    signer: DocumentSigner,
    *,
    csca_certificate: bytes,
    signed_at: datetime,
    entropy: Entropy,
) -> bytes:
    """A CscaMasterList in its CMS envelope; the signer's certificate and its CSCA's come with it (§8.1)."""
    content = der.encode_sequence(der.encode_integer(0), der.encode_set(*dict.fromkeys(certificates)))
    return sign_content(
        signer,
        content,
        oids.ICAO_CSCA_MASTER_LIST,
        signed_at=signed_at,
        entropy=entropy,
        more_certificates=(csca_certificate,),
    )
