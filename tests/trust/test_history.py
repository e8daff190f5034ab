"""A trust store as it was on an earlier day."""

from __future__ import annotations

from datetime import timedelta

from chipid.trust.history import as_of
from chipid.trust.imports import import_certificates, import_crl, import_master_list
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.trust.support import EMPTY, delivery, fingerprints

DAY = timedelta(days=1)
FIRST, SECOND, THIRD = (issuing.NOW + number * 10 * DAY for number in range(3))
DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
LIST = issuing.sign_list(issuing.list_content([DE.raw, VN.raw]), issuing.list_signer(DE, "DE"))


def grown() -> TrustStore:
    """Germany by its owner, then a list that brings Germany again and Viet Nam, then a CRL."""
    store, _ = import_certificates(EMPTY, [DE.raw], delivery("first", at=FIRST), approved=[DE.fingerprint])
    store, _ = import_master_list(store, LIST, delivery("second", at=SECOND))
    store, _ = import_crl(store, issuing.revoke(VN, []), delivery("third", at=THIRD))
    return store


def test_what_came_later_is_left_away() -> None:
    store = grown()
    assert fingerprints(as_of(store, FIRST - DAY)) == set()
    assert fingerprints(as_of(store, FIRST)) == {DE.fingerprint}
    assert fingerprints(as_of(store, SECOND)) == {DE.fingerprint, VN.fingerprint}
    assert [len(as_of(store, day).lists) for day in (FIRST, SECOND)] == [0, 1]
    assert [len(as_of(store, day).crls) for day in (SECOND, THIRD)] == [0, 1]
    assert as_of(store, THIRD) == store


def test_a_certificate_keeps_the_reasons_that_there_were_then() -> None:
    before, after = as_of(grown(), FIRST).anchors[0], as_of(grown(), SECOND).anchors[0]
    assert [one.file for one in before.record.provenance] == ["first"]
    assert [one.file for one in after.record.provenance] == ["first", "second"]


def test_a_plain_folder_stays_as_it_is() -> None:
    plain = TrustStore.from_certificates([FR.raw], source="folder")
    assert as_of(plain, FIRST - 3650 * DAY) == plain
