"""Bringing a revocation list into a trust store (ICAO Doc 9303-12 §7.2)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from chipid.asn1.times import later
from chipid.pki.crl import CRL, parse_crl
from chipid.trust.crl_series import age_of, find_crl_signer, stored_before
from chipid.trust.description import describe_crl
from chipid.trust.draft import Delivery, Draft
from chipid.trust.errors import Refusal, TrustRefusedError, refused
from chipid.trust.list_signer import CLOCK_TOLERANCE
from chipid.trust.records import Basis
from chipid.trust.store import TrustStore


def bring_crl(draft: Draft, crl: CRL) -> None:
    """Add the list if a CSCA of its state signed it and it is newer than the one of the same name and key.

    Raises :class:`TrustRefusedError`. An older list is refused: it would bring revoked signers back.
    """
    if draft.knows(crl.fingerprint):
        draft.known_lists += 1
        return
    if crl.this_update > later(draft.delivery.at, CLOCK_TOLERANCE):
        raise refused(Refusal.FROM_THE_FUTURE, crl, f"is dated {crl.this_update:%Y-%m-%d}")
    store = draft.store()
    signer = find_crl_signer(crl, store.anchors)
    before = stored_before(crl, signer, store.anchors, store.crls)
    if before is not None and age_of(crl) < age_of(before.crl):
        days = f"{crl.this_update:%Y-%m-%d}, and the store has one of {before.record.this_update:%Y-%m-%d}"
        raise refused(Refusal.OLDER_THAN_STORED, crl, f"is of {days}")
    vouched = (draft.delivery.provenance(Basis.ISSUER, signer.fingerprint),)
    record = describe_crl(crl, signer=signer.fingerprint, provenance=vouched)
    draft.add_crl(record, crl.raw, before)


def with_crls(store: TrustStore, crls: Iterable[bytes], *, source: str) -> TrustStore:
    """``store`` with the revocation lists (DER) that a CSCA in it signed; the others are left out.

    For a store in memory, whose owner says where all of it comes from. Raises :class:`MalformedDataError` children.
    """
    for der in crls:
        crl = parse_crl(der)
        draft = Draft(store, Delivery.of(der, file=source, approved_by=source, at=crl.this_update))
        with suppress(TrustRefusedError):
            bring_crl(draft, crl)
            store, _ = draft.finish()
    return store
