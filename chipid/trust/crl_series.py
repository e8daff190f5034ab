"""Which key signed a revocation list, and which list it follows (ICAO Doc 9303-12 §7.2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from apdu.errors import ToolkitError
from chipid.errors import SignatureError
from chipid.pki.crl import CRL, verify_crl
from chipid.trust.errors import Refusal, refused
from chipid.trust.stored import StoredCertificate, StoredCRL

MAX_TRIES: Final = 256


def find_crl_signer(crl: CRL, anchors: Iterable[StoredCertificate]) -> StoredCertificate:
    """The CSCA of the list's state whose key signed it: the one it names first, then every other.

    Raises :class:`TrustRefusedError`.
    """
    aki = None if crl.aki is None else crl.aki.hex()
    own = [one for one in anchors if one.record.country == crl.country]
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
        raise refused(Refusal.SIGNATURE_WRONG, crl, "names a CSCA that did not sign it")
    raise refused(Refusal.ISSUER_UNKNOWN, crl, "is signed by no key of the store")


def _bears_name_of(crl: CRL, anchor: StoredCertificate) -> bool:
    return crl.issuer_name.matches(anchor.certificate.subject_name)


def stored_before(
    crl: CRL, signer: StoredCertificate, anchors: Iterable[StoredCertificate], crls: Iterable[StoredCRL]
) -> StoredCRL | None:
    """The list among ``crls`` that this one replaces: of the same name, and signed with the same key.

    A name may stand over many keys, and each may keep a list of its own: one must not take back what another revoked.
    Which key that is, the signatures of both lists decide, whatever key identifiers they bear.
    """
    same_key = {one.fingerprint for one in anchors if one.record.key == signer.record.key}
    of_key = (one for one in crls if one.record.signer in same_key)
    return next((one for one in of_key if one.crl.issuer_name.matches(crl.issuer_name)), None)


def age_of(crl: CRL) -> tuple[datetime, int]:
    """By what two lists of one series are told apart: the greater is the newer."""
    return crl.this_update, crl.number or 0
