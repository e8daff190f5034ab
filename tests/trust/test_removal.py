from dataclasses import replace

import pytest

from chipid.errors import TrustStoreError
from chipid.pki.certificate import parse_certificate
from chipid.pki.path import IssuerUnknownError
from chipid.trust import removal
from chipid.trust.imports import import_certificates, import_crl, import_master_list
from chipid.trust.records import Lineage
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.trust.support import EMPTY, approve, delivery, fingerprints

DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
NEW_VN = issuing.csca("VN", "2")
LINK = issuing.link(NEW_VN, VN)
DS = issuing.document_signer(NEW_VN, "VN")
SIGNER = issuing.list_signer(DE, "DE")
LIST = issuing.sign_list(issuing.list_content([DE.raw, VN.raw, FR.raw]), SIGNER)


def remove(store: TrustStore, fingerprint: str) -> tuple[TrustStore, removal.RemovalReport]:
    return removal.remove(store, fingerprint, by="Trần Thị B", at=issuing.NOW)


def hanging_together() -> TrustStore:
    """VN approved; a link, a DS under the new key and a CRL hang on it."""
    store, _ = import_certificates(approve(EMPTY, VN, FR), [LINK.raw, DS.raw], delivery())
    return import_crl(store, issuing.revoke(NEW_VN, []), delivery())[0]


def test_with_a_csca_goes_all_that_it_signed() -> None:
    store, report = remove(hanging_together(), VN.fingerprint)
    assert fingerprints(store) == {FR.fingerprint}
    assert (len(report.certificates), len(report.crls)) == (3, 1)
    with pytest.raises(IssuerUnknownError):
        store.path(parse_certificate(DS.raw))


def test_a_key_leaves_with_every_certificate_that_carries_it() -> None:
    store = approve(hanging_together(), NEW_VN)
    store, _ = remove(store, NEW_VN.fingerprint)
    assert fingerprints(store) == {VN.fingerprint, FR.fingerprint}


def test_with_a_list_go_the_certificates_that_only_it_brought() -> None:
    store, report = import_master_list(approve(EMPTY, DE, VN), LIST, delivery())
    store, removed = remove(store, report.lists[0].fingerprint)
    assert fingerprints(store) == {DE.fingerprint, VN.fingerprint}
    assert [one.fingerprint for one in removed.certificates] == [FR.fingerprint]
    assert all(len(one.record.provenance) == 1 for one in store.anchors)
    assert store.lists == ()


def test_with_the_csca_of_its_signer_goes_a_list() -> None:
    store, _ = import_master_list(approve(EMPTY, DE, VN), LIST, delivery())
    store, removed = remove(store, DE.fingerprint)
    assert fingerprints(store) == {VN.fingerprint}
    assert len(removed.lists) == 1


def test_a_list_that_contains_its_own_pinned_csca_stays_when_something_else_goes() -> None:
    store, _ = import_master_list(approve(EMPTY, NEW_VN), LIST, delivery(), pinned=[DE.raw])
    after, removed = remove(store, NEW_VN.fingerprint)
    assert [one.fingerprint for one in removed.certificates] == [NEW_VN.fingerprint]
    assert fingerprints(after) == {DE.fingerprint, VN.fingerprint, FR.fingerprint}
    assert len(after.lists) == 1
    after, removed = remove(store, DE.fingerprint)  # but with that CSCA goes the list
    assert fingerprints(after) == {NEW_VN.fingerprint}
    assert len(removed.lists) == 1


def test_what_another_reason_speaks_for_stays() -> None:
    store = approve(hanging_together(), LINK)
    store, _ = remove(store, VN.fingerprint)
    assert fingerprints(store) == {FR.fingerprint, LINK.fingerprint, DS.fingerprint}
    link = next(one for one in store.anchors if one.fingerprint == LINK.fingerprint)
    assert (link.record.lineage, link.record.parent) == (Lineage.PARENT_ABSENT, None)


def test_links_that_speak_for_each_other_alone_go_with_their_root() -> None:
    """A signed B's key, B signed C's, and C signed B's once more: without A they hang in the air."""
    key_b, key_c = issuing.ec_key("ring B"), issuing.ec_key("ring C")
    first_b = issuing.issue(issuing.name("VN", "B one"), key_b, replace(issuing.CSCA, ski=b"1" * 20), by=VN)
    second_b = issuing.name("VN", "B three")
    of_c = issuing.issue(
        issuing.name("VN", "C"), key_c, replace(issuing.CSCA, aki=b"3" * 20), by=replace(first_b, subject=second_b)
    )
    again_b = issuing.issue(second_b, key_b, replace(issuing.CSCA, ski=b"3" * 20), by=of_c)
    store = approve(EMPTY, VN, FR)
    for one in (first_b, of_c, again_b, of_c):
        store, _ = import_certificates(store, [one.raw], delivery(one.fingerprint))
    ring = {first_b.fingerprint, of_c.fingerprint, again_b.fingerprint}
    assert fingerprints(store) == {VN.fingerprint, FR.fingerprint, *ring}
    store, report = remove(store, VN.fingerprint)
    assert fingerprints(store) == {FR.fingerprint}
    assert {one.fingerprint for one in report.certificates} == {VN.fingerprint, *ring}
    signer = issuing.document_signer(of_c, "VN")
    with pytest.raises(IssuerUnknownError):
        store.path(parse_certificate(signer.raw))


def test_a_crl_can_be_removed_alone() -> None:
    store = hanging_together()
    after, report = remove(store, store.crls[0].record.fingerprint)
    assert (after.crls, len(report.crls), report.certificates) == ((), 1, ())


@pytest.mark.parametrize("beginning", ["", "zz", "f" * 64])
def test_a_beginning_that_fits_nothing_or_everything_removes_nothing(beginning: str) -> None:
    with pytest.raises(TrustStoreError):
        remove(hanging_together(), beginning)


def test_a_revocation_list_stays_as_long_as_its_key_is_trusted() -> None:
    """Otherwise taking out one certificate of a key would take back what the key has revoked."""
    again = issuing.csca("VN", form=issuing.Form(serial=77))
    listed, report = import_master_list(approve(EMPTY, DE), LIST, delivery())
    with_crl, _ = import_crl(listed, issuing.revoke(VN, [DS.serial]), delivery())
    assert with_crl.crls[0].record.signer == VN.fingerprint
    store, removed = remove(approve(with_crl, again), report.lists[0].fingerprint)
    assert fingerprints(store) == {DE.fingerprint, again.fingerprint}
    assert (removed.crls, [one.record.signer for one in store.crls]) == ((), [again.fingerprint])
    newer = issuing.revoke(VN, [], this_update=issuing.NOW)
    assert len(import_crl(store, newer, delivery())[0].crls) == 1
