from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from apdu import tlv
from chipid.asn1 import der
from chipid.asn1.times import LAST_MOMENT
from chipid.pki.certificate import parse_certificate
from chipid.pki.crl import RevocationReason
from chipid.trust.audit import Finding, audit
from chipid.trust.crl_import import with_crls
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.imports import import_crl
from chipid.trust.revocation import CRLState
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.issuing import Form, Issued
from tests.trust.support import EMPTY, approve, delivery

NOW = issuing.NOW
DAY = timedelta(days=1)
VN, NEW_VN, FR = issuing.csca("VN"), issuing.csca("VN", "2"), issuing.csca("FR")
RENAMED = issuing.issue(issuing.name("VN", "CSCA of another name"), issuing.ec_key("renamed"))
DS = issuing.document_signer(VN, "VN")
SIGNER = parse_certificate(DS.raw)


def with_lists(*crls: bytes, anchors: tuple[Issued, ...] = (VN, NEW_VN, FR, RENAMED)) -> TrustStore:
    store = approve(EMPTY, *anchors)
    for crl in crls:
        store, _ = import_crl(store, crl, delivery(at=NOW + 400 * DAY))
    return store


def state(store: TrustStore, at: datetime = NOW) -> CRLState:
    return store.crl_status(SIGNER, at).state


@pytest.mark.parametrize("next_update", [None, LAST_MOMENT.replace(microsecond=0)])
def test_a_list_of_the_last_day_there_is_never_outdated(next_update: datetime | None) -> None:
    last = LAST_MOMENT.replace(microsecond=0)
    crl = issuing.revoke(VN, [], this_update=last - DAY, next_update=next_update)
    store, _ = import_crl(approve(EMPTY, VN), crl, delivery(at=last - DAY))
    assert state(store, last) is CRLState.GOOD
    assert store.crl_turning_points(SIGNER)


def test_without_a_list_of_the_state_nothing_is_known() -> None:
    assert state(with_lists()) is CRLState.MISSING
    assert state(with_lists(issuing.revoke(FR, [DS.serial]))) is CRLState.MISSING


STATELESS = der.encode_sequence(tlv.parse_one(issuing.name("VN", "CSCA of no State")).children()[2].raw)


@pytest.mark.parametrize(
    "claimed", [issuing.name("UT", "CSCA"), issuing.name("XX", "CSCA"), STATELESS], ids=["UT", "XX", "none"]
)
def test_a_signer_that_calls_its_state_otherwise_is_revoked_all_the_same(claimed: bytes) -> None:
    """Its issuer is known by the key, so its lists are too; a name must not lead away from them."""
    named = replace(VN, subject=claimed)
    signer = issuing.issue(issuing.name("UT", "DS"), issuing.ec_key("led away"), issuing.DS, by=named)
    certificate = parse_certificate(signer.raw)
    store = with_lists(issuing.revoke(VN, [certificate.serial]))
    assert store.crl_status(certificate, NOW).state is CRLState.REVOKED
    good = with_lists(issuing.revoke(VN, []))
    assert good.crl_status(certificate, NOW).state is CRLState.GOOD
    assert list(store.crl_turning_points(certificate)) != []


def test_a_fresh_list_that_does_not_name_it_makes_it_good() -> None:
    store = with_lists(issuing.revoke(VN, [1]))
    status = store.crl_status(SIGNER, NOW)
    assert (status.state, status.crl) == (CRLState.GOOD, store.crls[0].record)


def test_a_revocation_comes_with_its_date_and_reason() -> None:
    at = NOW - 20 * DAY
    status = with_lists(issuing.revoke(VN, [(DS.serial, at, 1)])).crl_status(SIGNER, NOW)
    assert (status.state, status.revoked_at, status.reason) == (
        CRLState.REVOKED,
        at,
        RevocationReason.KEY_COMPROMISE,
    )


def test_an_outdated_list_still_revokes_but_clears_nobody() -> None:
    late = NOW + 200 * DAY
    assert state(with_lists(issuing.revoke(VN, [])), late) is CRLState.STALE
    assert state(with_lists(issuing.revoke(VN, [DS.serial])), late) is CRLState.REVOKED


@pytest.mark.parametrize(("days", "expected"), [(79, CRLState.GOOD), (81, CRLState.STALE)])
def test_a_list_that_does_not_say_when_the_next_comes_is_fresh_for_ninety_days(days: int, expected: CRLState) -> None:
    assert state(with_lists(issuing.revoke(VN, [], next_update=None)), NOW + days * DAY) is expected


def test_the_freshness_ends_with_the_moment_of_the_next_update() -> None:
    end = NOW + 50 * DAY
    store = with_lists(issuing.revoke(VN, [], next_update=end))
    assert state(store, end) is CRLState.GOOD
    assert state(store, end + timedelta(seconds=1)) is CRLState.STALE


def test_a_later_list_answers_for_an_earlier_moment() -> None:
    revoked_later = with_lists(issuing.revoke(VN, [(DS.serial, NOW + DAY, None)], this_update=NOW + 2 * DAY))
    assert state(revoked_later, NOW) is CRLState.GOOD
    assert state(revoked_later, NOW + DAY) is CRLState.REVOKED
    announced = with_lists(issuing.revoke(VN, [(DS.serial, NOW + 5 * DAY, None)], this_update=NOW - DAY))
    assert state(announced, NOW) is CRLState.REVOKED


def test_one_list_speaks_for_all_keys_of_the_state() -> None:
    assert state(with_lists(issuing.revoke(NEW_VN, []))) is CRLState.GOOD
    assert state(with_lists(issuing.revoke(NEW_VN, [DS.serial]))) is CRLState.REVOKED
    assert state(with_lists(issuing.revoke(RENAMED, []))) is CRLState.GOOD
    assert state(with_lists(issuing.revoke(RENAMED, [DS.serial]))) is CRLState.REVOKED


def test_a_newer_list_of_another_name_revokes_what_the_own_one_does_not_name() -> None:
    own = issuing.revoke(VN, [], this_update=NOW - 10 * DAY)
    newer = issuing.revoke(RENAMED, [DS.serial], this_update=NOW - 5 * DAY)
    assert state(with_lists(own, newer)) is CRLState.REVOKED


def test_another_name_cannot_have_revoked_it_before_it_existed() -> None:
    before = SIGNER.not_before - DAY
    own = issuing.revoke(VN, [], this_update=NOW - 10 * DAY)
    newer = issuing.revoke(RENAMED, [(DS.serial, before, None)], this_update=NOW - 5 * DAY)
    assert state(with_lists(own, newer)) is CRLState.GOOD
    assert state(with_lists(issuing.revoke(VN, [(DS.serial, before, None)]))) is CRLState.REVOKED


def test_a_fresh_list_of_another_name_stands_in_for_an_outdated_own_one() -> None:
    own = issuing.revoke(VN, [], this_update=NOW - 100 * DAY, next_update=NOW - 50 * DAY)
    assert state(with_lists(own)) is CRLState.STALE
    assert state(with_lists(own, issuing.revoke(RENAMED, []))) is CRLState.GOOD


@pytest.mark.parametrize("revoking_first", [True, False])
@pytest.mark.parametrize("aki", [b"issuer", VN.key.identifier, None], ids=["own key", "key of the other", "no key"])
def test_a_list_of_another_key_under_the_same_name_takes_nothing_back(revoking_first: bool, aki: bytes | None) -> None:
    revoking = issuing.revoke(VN, [SIGNER.serial])
    younger = issuing.revoke(NEW_VN, [], this_update=NOW - DAY, aki=aki)
    store = with_lists(*((revoking, younger) if revoking_first else (younger, revoking)))
    assert len(store.crls) == 2
    assert state(store) is CRLState.REVOKED


def test_a_list_without_key_identifier_is_replaced_by_its_own_key_only() -> None:
    revoking = issuing.revoke(VN, [SIGNER.serial], aki=None)
    other = issuing.revoke(NEW_VN, [], this_update=NOW - 2 * DAY, aki=None)
    assert state(with_lists(revoking, other)) is CRLState.REVOKED
    assert state(with_lists(revoking, other, issuing.revoke(VN, [], this_update=NOW - DAY))) is CRLState.GOOD


def test_an_older_list_of_another_key_is_not_kept_out_by_a_forged_key_identifier() -> None:
    """Otherwise a key of the same name could keep revocations out by a list dated today."""
    first = issuing.revoke(NEW_VN, [], this_update=NOW - DAY, aki=VN.key.identifier)
    assert state(with_lists(first, issuing.revoke(VN, [SIGNER.serial]))) is CRLState.REVOKED


@pytest.mark.parametrize(
    "other",
    [issuing.link(VN, issuing.csca("VN", "0")), issuing.csca("VN", form=Form(serial=2))],
    ids=["link", "issued anew"],
)
def test_a_younger_list_takes_the_place_whichever_certificate_of_the_key_is_found(other: Issued) -> None:
    revoking = issuing.revoke(VN, [SIGNER.serial])
    younger = issuing.revoke(VN, [], this_update=NOW - DAY)
    stored = with_lists(revoking, anchors=(VN,))
    both = approve(stored, other)
    # The other certificate is found first, as it would be where the anchors came in another order.
    turned = replace(both, anchors=tuple(reversed(both.anchors)))
    imported = [import_crl(store, younger, delivery())[0] for store in (both, turned)]
    assert [(len(store.crls), state(store)) for store in imported] == [(1, CRLState.GOOD)] * 2
    assert [store.crls[0].record.signer for store in imported] == [VN.fingerprint, other.fingerprint]


def test_a_younger_list_of_another_name_silences_no_list_that_revokes() -> None:
    """A key that a state has given up may be in other hands: what the others revoke stays revoked."""
    revoking = issuing.revoke(RENAMED, [SIGNER.serial], this_update=NOW - 20 * DAY)
    assert state(with_lists(revoking, issuing.revoke(VN, [], this_update=NOW - DAY))) is CRLState.REVOKED


def test_a_younger_list_of_the_same_key_takes_the_place_of_the_older() -> None:
    store = with_lists(issuing.revoke(VN, [SIGNER.serial]), issuing.revoke(VN, [], this_update=NOW - DAY))
    assert len(store.crls) == 1
    assert state(store) is CRLState.GOOD


def test_a_list_of_the_last_day_of_the_calendar_is_judged_like_any_other() -> None:
    late = issuing.revoke(VN, [DS.serial], this_update=LAST_MOMENT.replace(microsecond=0), next_update=None)
    with pytest.raises(TrustRefusedError) as caught:
        import_crl(approve(EMPTY, VN), late, delivery())
    assert caught.value.refusal is Refusal.FROM_THE_FUTURE
    store = with_crls(approve(EMPTY, VN), [late], source="memory")
    assert store.crl_status(SIGNER, LAST_MOMENT).state is CRLState.REVOKED
    assert Finding.CRL_STALE not in {one.finding for one in audit(store, LAST_MOMENT).findings}
