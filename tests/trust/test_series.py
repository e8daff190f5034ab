"""Lists that follow one another, certificates that they withdraw, and keys that their owner has taken out."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest

from chipid.trust.audit import Finding, audit
from chipid.trust.draft import ImportReport
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.imports import import_certificates, import_deviation_list, import_ldif, import_master_list
from chipid.trust.records import Basis, Lineage
from chipid.trust.removal import remove
from chipid.trust.series import withdrawn
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.issuing import Form, Issued
from tests.support.ldif import attribute, entry
from tests.trust.support import EMPTY, approve, delivery, fingerprints
from tests.trust.test_imports import deviation_list

NOW = issuing.NOW
DAY = timedelta(days=1)
OLD, NEW = NOW - 30 * DAY, NOW - 4 * DAY
DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
SIGNER, OTHER_SIGNER = issuing.list_signer(DE, "DE"), issuing.list_signer(DE, "DE", "2")


def master_list(*held: Issued, at: datetime | None = NEW, signer: Issued = SIGNER) -> bytes:
    return issuing.sign_list(issuing.list_content([one.raw for one in held]), signer, signing_time=at)


def brought(store: TrustStore, *lists: bytes) -> TrustStore:
    for one in lists:
        store, _ = import_master_list(store, one, delivery())
    return store


def refusal(store: TrustStore, data: bytes, **options: object) -> Refusal:
    with pytest.raises(TrustRefusedError) as caught:
        import_master_list(store, data, delivery(), **options)  # type: ignore[arg-type]
    return caught.value.refusal


# Older than what the store has


@pytest.mark.parametrize("signer", [SIGNER, OTHER_SIGNER])
def test_an_older_list_of_the_same_csca_is_refused(signer: Issued) -> None:
    store = brought(approve(EMPTY, DE), master_list(VN))
    assert refusal(store, master_list(VN, FR, at=OLD, signer=signer)) is Refusal.OLDER_THAN_STORED
    assert brought(store, master_list(VN, FR, at=NEW, signer=signer)).lists[1:]  # of the same moment
    assert brought(store, master_list(VN, FR, at=NEW + DAY, signer=signer)).lists[1:]


def test_a_list_that_is_in_the_store_does_not_come_again_behind_a_newer_one() -> None:
    old = master_list(VN, FR, at=OLD)
    assert refusal(brought(approve(EMPTY, DE), old, master_list(VN)), old) is Refusal.OLDER_THAN_STORED


def test_a_list_that_is_refused_for_its_age_brings_nothing() -> None:
    store = brought(approve(EMPTY, DE), master_list(VN))
    text = "version: 1\n\n" + entry(attribute("pkdMasterListContent", master_list(FR, at=OLD)), dn="cn=old,c=DE")
    after, report = import_ldif(store, io.BytesIO(text.encode()), delivery())
    assert fingerprints(after) == fingerprints(store)
    assert [(one.subject, one.refusal) for one in report.refused] == [("cn=old,c=DE", Refusal.OLDER_THAN_STORED)]


def test_a_csca_issued_anew_for_the_same_key_does_not_begin_another_series() -> None:
    again = issuing.csca("DE", form=Form(serial=99))
    store = brought(approve(EMPTY, DE), master_list(VN))
    store, _ = remove(store, DE.fingerprint, by="A", at=NOW)
    store = brought(approve(store, again), master_list(VN))
    assert refusal(store, master_list(FR, at=OLD), pinned=[DE.raw]) is Refusal.OLDER_THAN_STORED


@pytest.mark.parametrize("accepted_first", [True, False])
def test_whether_its_signer_is_accepted_or_below_a_csca_a_list_stays_in_its_series(accepted_first: bool) -> None:
    """Otherwise an old list of the same signer would come in by the other door."""
    doors: list[dict[str, object]] = [{"accepted_signers": [SIGNER.fingerprint]}, {"pinned": [DE.raw]}]
    first, second = doors if accepted_first else reversed(doors)
    store, _ = import_master_list(EMPTY, master_list(VN), delivery(), **first)  # type: ignore[arg-type]
    assert refusal(store, master_list(VN, FR, at=OLD), **second) is Refusal.OLDER_THAN_STORED


def rolled_over(*, linked: bool) -> TrustStore:
    """Germany's list under its old key; then the owner approves the new key, with or without the link between them."""
    new = issuing.csca("DE", "2")
    store = approve(brought(approve(EMPTY, DE), master_list(VN, FR, at=OLD)), new)
    return import_certificates(store, [issuing.link(new, DE).raw], delivery())[0] if linked else store


UNDER_NEW_KEY = issuing.list_signer(issuing.csca("DE", "2"), "DE", "new")


def test_a_series_goes_on_over_a_link_to_a_new_key() -> None:
    """Otherwise each new key of a CSCA would make old lists acceptable and withdrawals unseen."""
    store, report = import_master_list(rolled_over(linked=True), master_list(VN, signer=UNDER_NEW_KEY), delivery())
    assert [one.fingerprint for one in report.withdrawn] == [FR.fingerprint]
    assert refusal(store, master_list(VN, FR, at=OLD + DAY)) is Refusal.OLDER_THAN_STORED
    assert refusal(rolled_over(linked=True), master_list(VN, at=OLD - DAY, signer=UNDER_NEW_KEY)) is (
        Refusal.OLDER_THAN_STORED
    )


def test_a_new_key_that_no_link_connects_with_the_old_one_begins_another_series() -> None:
    store, report = import_master_list(rolled_over(linked=False), master_list(VN, signer=UNDER_NEW_KEY), delivery())
    assert report.withdrawn == ()
    assert len(brought(store, master_list(VN, at=OLD + DAY)).lists) == 3


def test_lists_of_another_state_or_signer_or_kind_are_another_series() -> None:
    store = brought(approve(EMPTY, DE, FR), master_list(VN))
    french = master_list(VN, at=OLD, signer=issuing.list_signer(FR, "FR"))
    assert len(brought(store, french).lists) == 2
    accepted = [OTHER_SIGNER.fingerprint]
    alone, _ = import_master_list(EMPTY, master_list(VN), delivery(), accepted_signers=[SIGNER.fingerprint])
    data = master_list(VN, at=OLD, signer=OTHER_SIGNER)
    assert len(import_master_list(alone, data, delivery(), accepted_signers=accepted)[0].lists) == 2
    deviations = deviation_list(issuing.list_signer(DE, "DE", "DL", issuing.DEVIATION_SIGNER), OLD)
    assert len(import_deviation_list(store, deviations, delivery())[0].lists) == 2


def test_an_older_deviation_list_is_refused_too() -> None:
    signer = issuing.list_signer(VN, "VN", "DL", issuing.DEVIATION_SIGNER)
    store, _ = import_deviation_list(approve(EMPTY, VN), deviation_list(signer, NEW), delivery())
    with pytest.raises(TrustRefusedError) as caught:
        import_deviation_list(store, deviation_list(signer, OLD), delivery())
    assert caught.value.refusal is Refusal.OLDER_THAN_STORED


def test_a_list_that_does_not_say_its_age_comes_only_where_none_does() -> None:
    store = brought(approve(EMPTY, DE), master_list(VN, at=None))
    assert len(brought(store, master_list(FR, at=None)).lists) == 2
    store = brought(store, master_list(VN, at=OLD))
    assert refusal(store, master_list(FR, at=None)) is Refusal.OLDER_THAN_STORED


def test_a_list_from_the_future_is_refused_even_of_an_accepted_signer() -> None:
    """It would be newer than every list to come, and keep them out."""
    data = master_list(VN, at=NOW + 3650 * DAY)
    assert refusal(EMPTY, data, accepted_signers=[SIGNER.fingerprint]) is Refusal.FROM_THE_FUTURE


# No longer in the newest list


def test_what_a_newer_list_no_longer_holds_is_told_and_stays() -> None:
    store = brought(approve(EMPTY, DE), master_list(DE, VN, FR, at=OLD))
    store, report = import_master_list(store, master_list(VN), delivery())
    assert [one.fingerprint for one in report.withdrawn] == [FR.fingerprint]  # the owner vouches for Germany
    assert FR.fingerprint in fingerprints(store)
    found = [one for one in audit(store, NOW).findings if one.finding is Finding.WITHDRAWN]
    assert [one.fingerprint for one in found] == [FR.fingerprint]
    again, report = import_master_list(store, master_list(VN, at=NEW + DAY), delivery())
    assert report.withdrawn == ()  # told once
    assert [one.fingerprint for one in withdrawn(again)] == [FR.fingerprint]


def test_what_another_series_still_holds_is_not_withdrawn() -> None:
    french = master_list(FR, at=OLD, signer=issuing.list_signer(FR, "FR"))
    store = brought(approve(approve(EMPTY, DE), FR), french, master_list(VN, FR, at=OLD), master_list(VN))
    assert withdrawn(store) == ()
    store, report = import_master_list(store, master_list(DE, at=NEW, signer=issuing.list_signer(FR, "FR")), delivery())
    assert report.withdrawn == ()


def test_what_comes_back_into_the_list_is_not_withdrawn() -> None:
    lists = [master_list(VN, FR, at=OLD), master_list(VN), master_list(VN, FR, at=NEW + DAY)]
    assert withdrawn(brought(approve(EMPTY, DE), *lists)) == ()


def test_of_lists_without_a_time_the_last_that_came_counts() -> None:
    store = brought(approve(EMPTY, DE), master_list(VN, FR, at=None), master_list(VN, at=None))
    assert [one.fingerprint for one in withdrawn(store)] == [FR.fingerprint]


# Taken out by the owner


LIST = master_list(DE, VN, FR)


def without_vn() -> TrustStore:
    store = brought(approve(EMPTY, DE), LIST)
    return remove(store, VN.fingerprint, by="Trần Thị B", at=NOW)[0]


def skipped(report: ImportReport) -> list[tuple[str, Refusal]]:
    return [(one.fingerprint, one.refusal) for one in report.refused]


def test_a_list_does_not_bring_back_what_the_owner_took_out() -> None:
    store, report = import_master_list(without_vn(), LIST, delivery())
    assert fingerprints(store) == {DE.fingerprint, FR.fingerprint}
    assert skipped(report) == [(VN.fingerprint, Refusal.DISTRUSTED)]
    assert report.refused[0].subject
    (distrust,) = store.distrusted
    assert (distrust.fingerprint, distrust.approved_by, distrust.removed_at) == (VN.fingerprint, "Trần Thị B", NOW)


def test_another_certificate_of_the_same_key_does_not_bring_it_back() -> None:
    again = issuing.csca("VN", form=Form(serial=4711))
    crossing = issuing.link(VN, issuing.csca("VN", "0"))
    store, report = import_master_list(without_vn(), master_list(again, crossing, DE), delivery())
    assert fingerprints(store) == {DE.fingerprint, FR.fingerprint}
    assert {one for one, _ in skipped(report)} == {again.fingerprint, crossing.fingerprint}


def test_a_link_from_a_key_of_the_store_does_not_bring_it_back() -> None:
    root = issuing.csca("VN", "root")
    store = approve(without_vn(), root)
    with pytest.raises(TrustRefusedError) as caught:
        import_certificates(store, [issuing.link(VN, root).raw], delivery())
    assert caught.value.refusal is Refusal.DISTRUSTED
    text = entry(attribute("cACertificate;binary", issuing.link(VN, root).raw), dn="cn=link,c=VN")
    store, report = import_ldif(store, io.BytesIO(text.encode()), delivery())
    assert [one.refusal for one in report.refused] == [Refusal.DISTRUSTED]


def test_a_link_of_a_list_from_a_key_that_was_taken_out_has_no_parent() -> None:
    crossing = issuing.link(issuing.csca("VN", "2"), VN)
    store, _ = import_master_list(without_vn(), master_list(VN, crossing), delivery())
    link = next(one.record for one in store.anchors if one.fingerprint == crossing.fingerprint)
    assert (link.lineage, link.parent) == (Lineage.PARENT_ABSENT, None)


@pytest.mark.parametrize("in_list", [True, False])
def test_the_owner_brings_it_back_by_its_fingerprint(in_list: bool) -> None:
    approved = [VN.fingerprint]
    store, report = (
        import_master_list(without_vn(), LIST, delivery(), approved=approved)
        if in_list
        else import_certificates(without_vn(), [VN.raw], delivery(), approved=approved)
    )
    assert VN.fingerprint in fingerprints(store)
    assert (len(store.distrusted), len(report.refused), *report.approved) == (0, 0, VN.fingerprint)
    vietnam = next(one.record for one in store.anchors if one.fingerprint == VN.fingerprint)
    assert vietnam.provenance[0].basis is Basis.OWNER
    assert VN.fingerprint in fingerprints(brought(store, LIST))


def test_a_document_signer_that_was_taken_out_stays_out() -> None:
    ds = issuing.document_signer(VN, "VN")
    store = approve(approve(EMPTY, VN), ds)
    store, _ = remove(store, ds.fingerprint, by="A", at=NOW)
    with pytest.raises(TrustRefusedError) as caught:
        import_certificates(store, [ds.raw], delivery())
    assert caught.value.refusal is Refusal.DISTRUSTED
    assert ds.fingerprint in fingerprints(approve(store, ds))


def test_a_key_that_was_taken_out_vouches_for_no_list_by_a_link_that_comes_along() -> None:
    new = issuing.csca("DE", "2")
    crossing, signer = issuing.link(new, DE), issuing.list_signer(new, "DE", "below the new key")
    data = issuing.sign_list(issuing.list_content([VN.raw]), signer, embedded=[signer.raw, crossing.raw])
    store = approve(EMPTY, DE, new)
    assert import_master_list(approve(EMPTY, DE), data, delivery())[1].lists
    store, _ = remove(store, new.fingerprint, by="A", at=NOW)
    assert refusal(store, data) is Refusal.SIGNER_NOT_TRUSTED
    assert refusal(store, data, pinned=[new.raw]) is Refusal.DISTRUSTED


def test_an_accepted_list_signer_is_no_csca_that_the_owner_approved() -> None:
    """Believing its lists is less than trusting its certificates, even if it holds itself."""
    signer = issuing.list_signer(DE, "DE", "both", Form(extended_key_usage=issuing.LIST_SIGNER.extended_key_usage))
    store, _ = import_master_list(
        EMPTY, master_list(signer, signer=signer), delivery(), accepted_signers=[signer.fingerprint]
    )
    assert [one.basis for one in store.anchors[0].record.provenance] == [Basis.LIST]


def test_what_only_hung_on_it_comes_back_with_its_own_reason() -> None:
    """The owner took the list out, not what it held: another list may hold it."""
    store = brought(approve(EMPTY, DE), LIST)
    store, _ = remove(store, store.lists[0].record.fingerprint, by="A", at=NOW)
    assert (fingerprints(store), store.distrusted) == ({DE.fingerprint}, ())
    assert VN.fingerprint in fingerprints(brought(store, LIST))
