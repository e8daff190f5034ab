"""Bringing a revocation list into a trust store (ICAO Doc 9303-12 §7.2)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from apdu.errors import ToolkitError
from chipid.errors import SignatureError
from chipid.pki.crl import CRL, parse_crl, verify_crl
from chipid.trust.description import describe_crl
from chipid.trust.draft import Delivery, Draft
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.list_signer import CLOCK_TOLERANCE
from chipid.trust.records import Basis
from chipid.trust.store import Anchor, TrustStore
from chipid.trust.stored import StoredCRL

MAX_TRIES: Final = 256


def bring_crl(draft: Draft, crl: CRL) -> None:
    """Add the list if a CSCA of its state signed it and it is newer than the one of the same name and key.

    Raises :class:`TrustRefusedError`. An older list is refused: it would bring revoked signers back.
    """
    if draft.knows(crl.fingerprint):
        return
    if crl.this_update > draft.delivery.at + CLOCK_TOLERANCE:
        raise TrustRefusedError(Refusal.FROM_THE_FUTURE, f"the CRL of {crl.issuer} is dated {crl.this_update:%Y-%m-%d}")
    store = draft.store()
    signer = _find_signer(store, crl)
    before = _stored_before(store, crl, signer)
    if before is not None and _is_older(crl, before.crl):
        raise TrustRefusedError(
            Refusal.OLDER_THAN_STORED,
            f"the store has a CRL of {crl.issuer} of {before.record.this_update:%Y-%m-%d}, "
            f"newer than that of {crl.this_update:%Y-%m-%d}",
        )
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


def _find_signer(store: TrustStore, crl: CRL) -> Anchor:
    """The CSCA of the list's state whose key signed it: the one it names first, then every other."""
    aki = None if crl.aki is None else crl.aki.hex()
    own = [one for one in store.anchors if one.record.country == crl.country]
    own.sort(key=lambda one: (aki is None or one.record.ski != aki, not _bears_name_of(crl, one)))
    refuted = False
    for anchor in own[:MAX_TRIES]:
        certificate = anchor.certificate
        try:
            verify_crl(crl, certificate)
        except SignatureError:
            is_named = crl.aki is not None and crl.aki == certificate.ski
            refuted = refuted or (is_named and _bears_name_of(crl, anchor))
            continue
        except ToolkitError:
            continue
        return anchor
    if refuted:
        raise TrustRefusedError(Refusal.SIGNATURE_WRONG, f"the CSCA that the CRL of {crl.issuer} names did not sign it")
    raise TrustRefusedError(Refusal.ISSUER_UNKNOWN, f"no key of the store signed the CRL of {crl.issuer}")


def _bears_name_of(crl: CRL, anchor: Anchor) -> bool:
    return crl.issuer_name.matches(anchor.certificate.subject_name)


def _stored_before(store: TrustStore, crl: CRL, signer: Anchor) -> StoredCRL | None:
    """The list that this one replaces: of the same name, and signed with the same key.

    A name may stand over many keys, and each may keep a list of its own: one must not take back what another revoked.
    Which key that is, the signatures of both lists decide, whatever key identifiers they bear.
    """
    same_key = {one.fingerprint for one in store.anchors if one.record.key == signer.record.key}
    of_key = (one for one in store.crls if one.record.signer in same_key)
    return next((one for one in of_key if one.crl.issuer_name.matches(crl.issuer_name)), None)


def _is_older(crl: CRL, stored: CRL) -> bool:
    return (crl.this_update, crl.number or 0) < (stored.this_update, stored.number or 0)
