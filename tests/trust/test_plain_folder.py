"""A folder of files that its owner trusts: what is used of it, and that the rest is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_crl

from chipid.errors import TrustStoreError
from chipid.exports.trust_text import listing_lines
from chipid.messages.catalogue import Language, catalogue
from chipid.pki.certificate import parse_certificate
from chipid.trust import operations
from chipid.trust.audit import Finding, audit
from chipid.trust.history import as_of
from chipid.trust.records import UNDATED, Basis
from chipid.trust.revocation import CRLState
from chipid.trust.store import TrustStore
from tests.support import issuing

NOW = issuing.NOW
DAY = timedelta(days=1)
VN, NEW_VN, FR = issuing.csca("VN"), issuing.csca("VN", "2"), issuing.csca("FR")
DS = parse_certificate(issuing.document_signer(VN, "VN").raw)
REVOKING = issuing.revoke(VN, [DS.serial])


def folder(tmp_path: Path, **files: bytes) -> TrustStore:
    for name, data in {"csca_cer": VN.raw, **files}.items():
        (tmp_path / name.replace("_", ".")).write_bytes(data)
    return TrustStore.from_directory(tmp_path)


@pytest.mark.parametrize("name", ["vn_crl", "vn_der", "vn_pem", "a_CRL"])
@pytest.mark.parametrize("as_pem", [True, False])
def test_a_revocation_list_beside_its_csca_counts(tmp_path: Path, name: str, as_pem: bool) -> None:
    data = load_der_x509_crl(REVOKING).public_bytes(Encoding.PEM) if as_pem else REVOKING
    store = folder(tmp_path, **{name: data})
    assert store.crl_status(DS, NOW).state is CRLState.REVOKED
    (reason,) = store.crls[0].record.provenance
    assert (reason.basis, reason.voucher, reason.imported_at) == (Basis.ISSUER, VN.fingerprint, UNDATED)
    assert as_of(store, NOW - 3650 * DAY).crls == store.crls
    assert store.unread == ()


def test_of_each_key_the_newest_list_counts(tmp_path: Path) -> None:
    """And none takes back what another key revoked, as in a store with a manifest."""
    store = folder(
        tmp_path,
        a_cer=NEW_VN.raw,
        b_crl=issuing.revoke(VN, [], this_update=NOW - 20 * DAY),
        c_crl=REVOKING,
        d_crl=issuing.revoke(VN, [], this_update=NOW - 15 * DAY),
        e_crl=issuing.revoke(NEW_VN, [], this_update=NOW - DAY, aki=VN.key.identifier),
    )
    assert len(store.crls) == 2
    assert store.crl_status(DS, NOW).state is CRLState.REVOKED


def test_a_forged_or_damaged_list_is_named(tmp_path: Path) -> None:
    forged = REVOKING[:-1] + bytes((REVOKING[-1] ^ 1,))
    for data in (forged, REVOKING[:-1], b"", b"no list"):
        with pytest.raises(TrustStoreError, match=r"vn\.crl"):
            folder(tmp_path, vn_crl=data)


def test_what_is_not_used_is_told(tmp_path: Path) -> None:
    signed = issuing.sign_list(issuing.list_content([FR.raw]), issuing.list_signer(VN, "VN"))
    partial = issuing.revoke(VN, [], extra=[issuing.extension("2.5.29.28", b"\x30\x00")])
    store = folder(tmp_path, list_ml=signed, fr_crl=issuing.revoke(FR, []), part_crl=partial, _hidden=b"x")
    assert [one.record.country for one in store.anchors] == ["VN"]
    assert (store.crls, store.unread) == ((), ("fr.crl", "list.ml", "part.crl"))
    told = [one.subject for one in audit(store, NOW).findings if one.finding is Finding.FILE_UNREAD]
    assert told == ["fr.crl", "list.ml", "part.crl"]
    lines = list(listing_lines(operations.list_store(tmp_path), catalogue(Language.ENGLISH)))
    assert [line for line in lines if "list.ml" in line] == ["not used: list.ml"]


def test_a_list_under_the_name_of_a_certificate_is_refused(tmp_path: Path) -> None:
    signed = issuing.sign_list(issuing.list_content([FR.raw]), issuing.list_signer(VN, "VN"))
    with pytest.raises(TrustStoreError, match=r"list\.der is not a certificate"):
        folder(tmp_path, list_der=signed)
