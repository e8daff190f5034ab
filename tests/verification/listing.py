"""Deviation lists of the issuers in :mod:`tests.verification.forge`, really signed, and stores that hold them."""

from __future__ import annotations

from datetime import datetime, timedelta

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.trust.draft import Delivery
from chipid.trust.imports import import_deviation_list
from chipid.trust.store import TrustStore
from tests.pki.builders import Signer
from tests.scenarios import readings
from tests.support import issuing
from tests.support.issuing import Issued, Key
from tests.verification import forge

SIGNER_KEY = tlv.encode(0x82, forge.SIGNER.ski)
OTHER_KEY = tlv.encode(0x82, forge.OTHER_CSCA.ski)


def described(kind: str, parameter: int | None = None, text: str = "") -> bytes:
    words = tlv.encode(der.PRINTABLE_STRING, text.encode()) if text else b""
    value = b"" if parameter is None else tlv.encode(0xA0, der.encode_integer(parameter))
    return der.encode_sequence(words, der.encode_oid(kind), value)


def entry(*descriptions: bytes, documents: tuple[bytes, ...] = (SIGNER_KEY,)) -> bytes:
    return der.encode_sequence(der.encode_sequence(*documents), der.encode_set(*descriptions))


def of_type(kind: str) -> bytes:
    return tlv.encode(0x80, kind.encode())


def issued_between(first: datetime, last: datetime) -> bytes:
    ends = (tlv.encode(der.GENERALIZED_TIME, f"{one:%Y%m%d%H%M%SZ}".encode()) for one in (first, last))
    return tlv.encode(0xA4, *ends)


def numbered(*numbers: str) -> bytes:
    return tlv.encode(0xA5, *(tlv.encode(der.PRINTABLE_STRING, one.encode()) for one in numbers))


def deviation_list(
    *entries: bytes, csca: Signer = forge.CSCA, country: str = "VN", signed_at: datetime | None = None
) -> bytes:
    """A list that a deviation list signer of ``csca`` signs."""
    root = Issued(raw=forge.csca_certificate(csca), key=Key(private=csca.private), subject=csca.name, serial=7)
    signer = issuing.list_signer(root, country, "DL", issuing.DEVIATION_SIGNER)
    content = der.encode_sequence(der.encode_integer(0), der.encode_set(*entries))
    time = signed_at or readings.NOW - timedelta(days=4)
    return issuing.sign_list(content, signer, content_type=oids.ICAO_DEVIATION_LIST, signing_time=time)


def with_list(store: TrustStore, data: bytes) -> TrustStore:
    """The store with the list; what it refuses raises."""
    delivery = Delivery.of(data, file="deviations", approved_by="test", at=readings.NOW)
    return import_deviation_list(store, data, delivery)[0]
