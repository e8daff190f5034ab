"""Revocation lists of the issuers in :mod:`tests.verification.forge`, and stores that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.times import encode_time
from chipid.trust.draft import Delivery
from chipid.trust.errors import TrustRefusedError
from chipid.trust.imports import import_crl
from chipid.trust.store import TrustStore
from tests.pki import builders
from tests.pki.builders import Signer
from tests.scenarios import readings

DAY = timedelta(days=1)


def crl(
    issuer: Signer,
    serials: Iterable[int],
    *,
    this_update: datetime = readings.NOW - 10 * DAY,
    next_update: datetime = readings.NOW + 50 * DAY,
    subject: bytes | None = None,
) -> bytes:
    """A list that ``issuer`` signs, under its own name or another."""
    entries = [der.encode_sequence(der.encode_integer(one), encode_time(this_update)) for one in serials]
    extensions = [
        builders.extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, issuer.ski))),
        builders.extension(oids.CRL_NUMBER, der.encode_integer(1)),
    ]
    body = der.encode_sequence(
        der.encode_integer(1),
        builders.ECDSA_SHA256,
        subject or issuer.name,
        encode_time(this_update),
        encode_time(next_update),
        der.encode_sequence(*entries) if entries else b"",
        tlv.encode(0xA0, der.encode_sequence(*extensions)),
    )
    return der.encode_sequence(body, builders.ECDSA_SHA256, der.encode_bit_string(issuer.sign(body)))


def with_crls(store: TrustStore, *crls: bytes) -> TrustStore:
    """The store with those of the lists that it lets in."""
    for one in crls:
        try:
            store, _ = import_crl(store, one, Delivery.of(one, file="crl", approved_by="test", at=readings.NOW))
        except TrustRefusedError:
            continue
    return store
