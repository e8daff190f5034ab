from datetime import datetime, timedelta
from pathlib import Path

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.trust import operations
from chipid.trust.audit import Audit, Finding, audit
from chipid.trust.imports import import_crl, import_master_list
from chipid.trust.records import Basis, Lineage, Role
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.issuing import Form, Issued
from tests.trust.support import EMPTY, approve, delivery

NOW = issuing.NOW
DAY = timedelta(days=1)
DE, VN = issuing.csca("DE"), issuing.csca("VN")


def found(report: Audit) -> set[tuple[Finding, str]]:
    return {(one.finding, one.country) for one in report.findings}


def test_a_store_in_order_only_lacks_its_revocation_lists() -> None:
    report = audit(approve(EMPTY, DE, VN), NOW)
    assert found(report) == {(Finding.CRL_MISSING, "DE"), (Finding.CRL_MISSING, "VN")}
    assert (report.anchors, report.countries, report.at) == (2, 2, NOW)
    assert report.by_basis[Basis.OWNER] == 2
    assert report.by_lineage[Lineage.SELF_SIGNED] == 2


def test_an_empty_store_has_nothing_to_find() -> None:
    assert audit(EMPTY, NOW).findings == ()


def test_expiry_is_seen_before_and_after_it() -> None:
    store = approve(
        EMPTY,
        issuing.csca("DE", form=Form(not_after=NOW - DAY)),
        issuing.csca("VN", form=Form(not_after=NOW + 30 * DAY)),
        issuing.csca("FR", form=Form(not_before=NOW + DAY)),
        issuing.csca("FR", "2"),
    )
    report = audit(store, NOW)
    assert found(report) >= {
        (Finding.CERTIFICATE_EXPIRED, "DE"),
        (Finding.KEY_OVER, "DE"),
        (Finding.CERTIFICATE_EXPIRES, "VN"),
        (Finding.KEY_ENDS, "VN"),
        (Finding.CERTIFICATE_NOT_YET_VALID, "FR"),
    }
    assert not found(report) & {(Finding.KEY_OVER, "FR"), (Finding.KEY_ENDS, "FR")}
    dates = [one.date for one in report.findings if one.date is not None]
    assert dates == sorted(dates)
    assert (Finding.CERTIFICATE_EXPIRES, "VN") not in found(audit(store, NOW, look_ahead=10 * DAY))


def with_crl() -> TrustStore:
    return import_crl(approve(EMPTY, VN), issuing.revoke(VN, [], next_update=NOW + 100 * DAY), delivery())[0]


def test_revocation_lists_are_watched() -> None:
    store = with_crl()
    assert found(audit(store, NOW)) == set()
    assert found(audit(store, NOW + 50 * DAY)) == {(Finding.CRL_EXPIRES, "VN")}
    assert found(audit(store, NOW + 101 * DAY)) == {(Finding.CRL_STALE, "VN")}


def test_old_lists_and_links_without_parents_are_named() -> None:
    new = issuing.csca("VN", "2")
    data = issuing.sign_list(
        issuing.list_content([issuing.link(new, VN).raw]), issuing.list_signer(DE, "DE"), signing_time=NOW - 10 * DAY
    )
    store, _ = import_master_list(approve(EMPTY, DE), data, delivery())
    assert (Finding.PARENT_ABSENT, "VN") in found(audit(store, NOW))
    assert (Finding.LIST_OLD, "DE") not in found(audit(store, NOW))
    assert (Finding.LIST_OLD, "DE") in found(audit(store, NOW + 300 * DAY))


def signs_until(end: datetime, name: str = "CSCA", key: str = "1") -> Issued:
    """A CSCA that is valid for long, whose key signs until ``end`` only."""
    period = der.encode_sequence(tlv.encode(0x81, end.strftime("%Y%m%d%H%M%SZ").encode()))
    extra = (issuing.extension(oids.PRIVATE_KEY_USAGE_PERIOD, period),)
    return issuing.issue(issuing.name("VN", name), issuing.ec_key(f"CSCA VN {key}"), Form(extra=extra))


def test_the_last_key_of_a_state_that_signs_no_more_is_told_though_its_certificate_is_valid() -> None:
    old = signs_until(NOW - DAY)
    report = audit(approve(EMPTY, old), NOW)
    (over,) = [one for one in report.findings if one.finding is Finding.KEY_OVER]
    assert (over.fingerprint, over.date, over.to_do) == (old.fingerprint, NOW - DAY, True)
    assert not report.is_in_order
    assert (Finding.KEY_OVER, "VN") not in found(audit(approve(EMPTY, old, issuing.csca("VN", "2")), NOW))
    (ends,) = [one for one in audit(approve(EMPTY, signs_until(NOW + DAY)), NOW).findings if one.to_do]
    assert ends.finding is Finding.KEY_ENDS


def test_each_csca_that_its_owner_approved_needs_a_successor_of_its_own_name() -> None:
    cards, passports = signs_until(NOW - DAY, "CSCA Cards 1"), issuing.csca("VN", "2")
    report = audit(approve(EMPTY, cards, passports), NOW)
    assert [one.fingerprint for one in report.findings if one.finding is Finding.KEY_OVER] == [cards.fingerprint]
    successor = signs_until(NOW + 1000 * DAY, "CSCA Cards 2", "3")
    assert audit(approve(EMPTY, cards, passports, successor), NOW).is_in_order


def test_the_last_list_of_an_old_key_is_no_reason_to_worry() -> None:
    old, new = signs_until(NOW - 100 * DAY), issuing.csca("VN", "2")
    store = approve(EMPTY, old, new)
    left = issuing.revoke(old, [], this_update=NOW - 120 * DAY, next_update=NOW - 30 * DAY)
    for data in (left, issuing.revoke(new, [])):
        store, _ = import_crl(store, data, delivery())
    assert found(audit(store, NOW, look_ahead=DAY)) == {(Finding.CRL_LEFT_BEHIND, "VN")}
    assert audit(store, NOW, look_ahead=DAY).is_in_order
    # Once the newer one is out of date too, the State has none.
    assert (Finding.CRL_STALE, "VN") in found(audit(store, NOW + 60 * DAY))


def test_two_states_are_looked_at_and_the_others_left_out() -> None:
    store = approve(EMPTY, DE, VN)
    report = audit(store, NOW, countries={"VN", "FR"})
    assert found(report) == {(Finding.CRL_MISSING, "VN"), (Finding.COUNTRY_ABSENT, "FR")}
    assert (report.anchors, report.countries, report.is_in_order) == (1, 1, False)


def test_an_old_list_need_not_be_replaced_where_a_newer_one_of_its_state_is_there() -> None:
    store = approve(EMPTY, DE)
    for days in (400, 10):
        content = issuing.list_content([DE.raw, VN.raw])
        signed = issuing.sign_list(content, issuing.list_signer(DE, "DE"), signing_time=NOW - days * DAY)
        store, _ = import_master_list(store, signed, delivery())
    assert (Finding.LIST_OLD, "DE") not in found(audit(store, NOW))


def test_a_plain_folder_is_told_apart_by_signatures(tmp_path: Path) -> None:
    new = issuing.csca("VN", "2")
    link, signer = issuing.link(new, VN), issuing.document_signer(new, "VN")
    for number, one in enumerate((VN, new, link, signer)):
        (tmp_path / f"{number}.cer").write_bytes(one.raw)
    report = operations.audit(tmp_path, NOW)
    assert report.by_lineage[Lineage.SELF_SIGNED] == 2
    assert report.by_lineage[Lineage.PARENT_BY_KEY_IDENTIFIER] == 1
    roles = {one.fingerprint: one.role for one in operations.list_store(tmp_path).certificates}
    assert roles == {VN.fingerprint: Role.CSCA, new.fingerprint: Role.CSCA, link.fingerprint: Role.LINK}
    path = [one.fingerprint for one in operations.show(tmp_path, signer.fingerprint).path]
    assert path[0] == signer.fingerprint
    assert path[1] in (new.fingerprint, link.fingerprint)
