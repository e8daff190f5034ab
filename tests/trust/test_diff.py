from chipid.pki.master_list import MasterList, parse_master_list
from chipid.trust.diff import diff
from tests.support import issuing
from tests.support.issuing import Form, Issued
from tests.trust.support import EMPTY, approve

DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
NEW_VN = issuing.csca("VN", "2")
AGAIN = issuing.csca("VN", form=Form(serial=77))  # the same key in a new certificate


def listed(*certificates: Issued) -> MasterList:
    content = issuing.list_content([one.raw for one in certificates])
    return parse_master_list(issuing.sign_list(content, issuing.list_signer(DE, "DE")))


def test_two_lists_differ_by_certificates_keys_and_countries() -> None:
    found = diff(listed(DE, VN), listed(VN, NEW_VN, AGAIN, FR))
    assert [one.fingerprint for one in found.removed] == [DE.fingerprint]
    assert {one.fingerprint for one in found.added} == {NEW_VN.fingerprint, AGAIN.fingerprint, FR.fingerprint}
    assert found.unchanged == 1
    assert [one.fingerprint for one in found.new_keys] == [FR.fingerprint, NEW_VN.fingerprint]
    assert [one.fingerprint for one in found.lost_keys] == [DE.fingerprint]
    assert (found.new_countries, found.lost_countries) == (("FR",), ("DE",))


def test_a_store_is_compared_with_a_list_and_with_itself() -> None:
    store = approve(EMPTY, DE, VN)
    assert diff(store, store).unchanged == 2
    assert diff(store, listed(DE, VN)) == diff(listed(DE, VN), store)
    assert diff(store, listed(DE, VN)).added == ()
    assert [one.country for one in diff(EMPTY, store).added] == ["DE", "VN"]


def test_a_key_issued_anew_is_neither_new_nor_lost() -> None:
    found = diff(listed(VN), listed(AGAIN))
    assert (len(found.added), len(found.removed), found.new_keys, found.lost_keys) == (1, 1, (), ())
