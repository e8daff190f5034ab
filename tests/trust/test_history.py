"""A trust store as it was on an earlier day."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from chipid.errors import TrustStoreError
from chipid.pki.certificate import parse_certificate
from chipid.trust.history import as_of
from chipid.trust.imports import import_certificates, import_crl, import_master_list
from chipid.trust.records import Basis, Ended, Ending
from chipid.trust.removal import remove
from chipid.trust.revocation import CRLState
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


# What was replaced or taken out since

DS = parse_certificate(issuing.document_signer(VN, "VN").raw)


def removed(store: TrustStore, fingerprint: str, at: datetime, *, wipe: bool = False) -> TrustStore:
    return remove(store, fingerprint, by="Trần Thị B", at=at, wipe=wipe)[0]


def test_a_list_that_was_replaced_held_until_then() -> None:
    store, _ = import_certificates(EMPTY, [VN.raw], delivery(at=FIRST), approved=[VN.fingerprint])
    old = issuing.revoke(VN, [], this_update=FIRST - DAY, next_update=SECOND + DAY)
    new = issuing.revoke(VN, [DS.serial], this_update=SECOND, next_update=THIRD)
    store, _ = import_crl(store, old, delivery(at=FIRST))
    store, _ = import_crl(store, new, delivery(at=SECOND, by="Trần Thị B"))
    assert [len(as_of(store, day).crls) for day in (FIRST - DAY, FIRST, SECOND, THIRD)] == [0, 1, 1, 1]
    assert as_of(store, SECOND - DAY).crl_status(DS, FIRST).state is CRLState.GOOD
    assert as_of(store, SECOND).crl_status(DS, SECOND).state is CRLState.REVOKED
    assert len(store.crls) == 1  # the store itself shows only what holds now
    (former,) = store.past.things()
    replaced_by = store.crls[0].record.fingerprint
    assert former.ended == Ended(until=SECOND, ending=Ending.REPLACED, ended_by="Trần Thị B", successor=replaced_by)
    assert store.find(former.thing.record.fingerprint) is None
    assert store.find(former.thing.record.fingerprint, former=True) == former.thing


def test_what_was_taken_out_was_there_before_and_came_back_later() -> None:
    before = grown()
    store = removed(before, VN.fingerprint, THIRD + DAY)
    store, _ = import_certificates(store, [VN.raw], delivery(at=THIRD + 3 * DAY), approved=[VN.fingerprint])
    there = [VN.fingerprint in fingerprints(as_of(store, THIRD + days * DAY)) for days in range(-11, 5)]
    assert there == [False, *[True] * 11, False, False, True, True]
    assert as_of(store, THIRD) == as_of(before, THIRD)
    assert [len(as_of(store, day).crls) for day in (THIRD, THIRD + DAY)] == [1, 0]


def test_a_reason_that_was_taken_out_since_was_one_before() -> None:
    store = grown()
    changed = removed(store, store.lists[0].record.fingerprint, THIRD)
    germany = next(one for one in changed.anchors if one.fingerprint == DE.fingerprint)
    assert [one.file for one in germany.record.provenance] == ["first"]
    assert as_of(changed, THIRD - DAY) == as_of(store, THIRD - DAY)


def test_a_link_had_no_parent_until_it_was_found() -> None:
    new = issuing.csca("VN", "2")
    lists = [
        issuing.sign_list(
            issuing.list_content([one.raw for one in held]), issuing.list_signer(DE, "DE"), signing_time=day
        )
        for held, day in (((issuing.link(new, VN),), FIRST), ((issuing.link(new, VN), VN), SECOND))
    ]
    store, _ = import_certificates(EMPTY, [DE.raw], delivery(at=FIRST), approved=[DE.fingerprint])
    early, _ = import_master_list(store, lists[0], delivery("early", at=FIRST))
    late, _ = import_master_list(early, lists[1], delivery("late", at=SECOND))
    assert as_of(late, FIRST) == early


def test_the_path_does_not_depend_on_the_order_in_which_things_came() -> None:
    """Two certificates of one key are equally good; one that was taken out and came back stands last."""
    twin = issuing.csca("VN", form=issuing.Form(serial=5))
    store, _ = import_certificates(
        EMPTY, [VN.raw, twin.raw], delivery(at=FIRST), approved=[VN.fingerprint, twin.fingerprint]
    )
    changed = removed(store, VN.fingerprint, SECOND)
    for raw in (twin, VN):
        changed, _ = import_certificates(changed, [raw.raw], delivery(at=THIRD), approved=[raw.fingerprint])
    assert as_of(changed, FIRST).path(DS) == store.path(DS)


def test_what_was_wiped_does_not_come_back() -> None:
    store = removed(grown(), VN.fingerprint, THIRD, wipe=True)
    assert fingerprints(as_of(store, THIRD - DAY)) == {DE.fingerprint}
    assert store.past.things() == ()


def test_removing_and_bringing_back_again_and_again_can_be_wiped() -> None:
    store = grown()
    for number in range(5):
        store = removed(store, VN.fingerprint, THIRD + number * DAY)
        store, _ = import_certificates(store, [VN.raw], delivery(at=THIRD + number * DAY), approved=[VN.fingerprint])
    count = len(store.past.things())
    assert count >= 5
    store = removed(store, VN.fingerprint, THIRD + 9 * DAY, wipe=True)
    assert VN.fingerprint not in {one.thing.record.fingerprint for one in store.past.things()}
    left = store.past.things()
    for one in left:
        store = removed(store, one.thing.record.fingerprint, THIRD + 10 * DAY, wipe=True)
    assert store.past.things() == ()
    assert fingerprints(store) == {DE.fingerprint}


def test_wiping_what_has_left_does_not_touch_what_is_there() -> None:
    """A replaced list is forgotten; its successor, and the key of both, stay as they are."""
    store, _ = import_crl(grown(), issuing.revoke(VN, [7], this_update=THIRD), delivery(at=THIRD + DAY))
    (former,) = store.past.things()
    after = removed(store, former.thing.record.fingerprint, THIRD + 2 * DAY, wipe=True)
    assert (after.past.things(), after.crls, after.anchors) == ((), store.crls, store.anchors)
    with pytest.raises(TrustStoreError):
        removed(store, former.thing.record.fingerprint, THIRD + 2 * DAY)


# What hung on what was wiped


def vouching() -> TrustStore:
    """Germany by its owner, and on the second day a list that brings Germany again and Viet Nam, and a link."""
    store, _ = import_certificates(EMPTY, [DE.raw], delivery("first", at=FIRST), approved=[DE.fingerprint])
    store, _ = import_master_list(store, LIST, delivery("list", at=SECOND))
    return import_certificates(store, [LINK.raw], delivery("link", at=SECOND))[0]


LINK = issuing.link(issuing.csca("DE", "2"), DE)


def test_a_wiped_list_is_no_reason_of_an_earlier_day_for_what_its_owner_approved_since() -> None:
    store, _ = import_certificates(vouching(), [VN.raw], delivery(at=SECOND + DAY), approved=[VN.fingerprint])
    store = removed(store, store.lists[0].record.fingerprint, THIRD, wipe=True)
    assert VN.fingerprint not in fingerprints(as_of(store, SECOND))
    (kept,) = (one for one in as_of(store, SECOND + DAY).anchors if one.fingerprint == VN.fingerprint)
    assert [one.basis for one in kept.record.provenance] == [Basis.OWNER]
    assert fingerprints(store) == {DE.fingerprint, LINK.fingerprint, VN.fingerprint}


def test_a_link_of_what_a_wiped_list_brought_is_not_believed_before_its_owner_approved_that() -> None:
    new = issuing.link(issuing.csca("VN", "2"), VN)
    store, _ = import_certificates(vouching(), [new.raw], delivery("new", at=SECOND + DAY))
    store, _ = import_certificates(store, [VN.raw], delivery(at=THIRD), approved=[VN.fingerprint])
    store = removed(store, store.lists[0].record.fingerprint, THIRD + DAY, wipe=True)
    assert new.fingerprint in fingerprints(store)
    there = [new.fingerprint in fingerprints(as_of(store, day)) for day in (SECOND + 2 * DAY, THIRD)]
    assert there == [False, True]


@pytest.mark.parametrize("days", [0, 1])
def test_with_a_csca_is_wiped_all_that_hung_on_it_also_when_it_was_taken_out_before(days: int) -> None:
    store = removed(vouching(), DE.fingerprint, THIRD, wipe=not days)
    if days:
        store, report = remove(store, DE.fingerprint, by="A", at=THIRD + DAY, wipe=True)
        assert {one.fingerprint for one in report.certificates} == {DE.fingerprint, VN.fingerprint, LINK.fingerprint}
        assert len(report.lists) == 1
    assert store.past.things() == ()
    assert fingerprints(as_of(store, THIRD - DAY)) == set()


def test_with_a_list_that_was_taken_out_is_wiped_what_only_it_brought() -> None:
    store = vouching()
    fingerprint = store.lists[0].record.fingerprint
    store = removed(removed(store, fingerprint, THIRD), fingerprint, THIRD + DAY, wipe=True)
    then = as_of(store, THIRD - DAY)
    assert (fingerprints(then), then.lists) == ({DE.fingerprint, LINK.fingerprint}, ())
    former = [why for one in store.past.things() for why in one.thing.record.provenance]
    assert fingerprint not in {why.voucher for why in former}


def test_wiping_a_csca_wipes_the_past_of_other_certificates_of_its_key_and_leaves_one_that_is_there() -> None:
    twins = [issuing.csca("DE", form=issuing.Form(serial=serial)) for serial in (5, 6)]
    approved = [one.fingerprint for one in twins]
    store, _ = import_certificates(vouching(), [one.raw for one in twins], delivery(at=SECOND), approved=approved)
    store, _ = import_crl(store, issuing.revoke(DE, []), delivery("crl", at=SECOND))
    store = removed(store, DE.fingerprint, THIRD)
    store, _ = import_certificates(store, [twins[0].raw], delivery(at=THIRD + DAY), approved=approved[:1])
    store = removed(store, DE.fingerprint, THIRD + 2 * DAY, wipe=True)
    assert fingerprints(store) == {twins[0].fingerprint}
    assert fingerprints(as_of(store, THIRD - DAY)) == {twins[0].fingerprint}
    assert [one.record.signer for one in as_of(store, THIRD - DAY).crls] == [twins[0].fingerprint]
