from datetime import timedelta

from chipid.trust.audit import Audit, Finding, audit
from chipid.trust.imports import import_crl, import_master_list
from chipid.trust.records import Basis, Lineage
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.issuing import Form
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
        (Finding.COUNTRY_EXPIRES, "DE"),
        (Finding.CERTIFICATE_EXPIRES, "VN"),
        (Finding.COUNTRY_EXPIRES, "VN"),
        (Finding.CERTIFICATE_NOT_YET_VALID, "FR"),
    }
    assert (Finding.COUNTRY_EXPIRES, "FR") not in found(report)
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
