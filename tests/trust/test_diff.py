import base64
import hashlib
from pathlib import Path

import pytest

from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust import operations
from chipid.trust.diff import Side, diff
from tests.support import issuing
from tests.support.issuing import Form, Issued
from tests.support.ldif import attribute, entry
from tests.trust.support import EMPTY, approve

DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
SIGNER = issuing.list_signer(DE, "DE")
NEW_VN = issuing.csca("VN", "2")
AGAIN = issuing.csca("VN", form=Form(serial=77))  # the same key in a new certificate


def listed(*certificates: Issued) -> Side:
    return Side.of_certificates([one.raw for one in certificates])


def test_two_lists_differ_by_certificates_keys_and_countries() -> None:
    found = diff(listed(DE, VN), listed(VN, NEW_VN, AGAIN, FR))
    assert [one.fingerprint for one in found.removed] == [DE.fingerprint]
    assert {one.fingerprint for one in found.added} == {NEW_VN.fingerprint, AGAIN.fingerprint, FR.fingerprint}
    assert found.unchanged == 1
    assert [one.fingerprint for one in found.new_keys] == [FR.fingerprint, NEW_VN.fingerprint]
    assert [one.fingerprint for one in found.lost_keys] == [DE.fingerprint]
    assert (found.new_countries, found.lost_countries) == (("FR",), ("DE",))


def test_a_store_is_compared_with_a_list_and_with_itself() -> None:
    store = Side.of_store(approve(EMPTY, DE, VN))
    assert diff(store, store).unchanged == 2
    assert diff(store, listed(DE, VN)) == diff(listed(DE, VN), store)
    assert diff(store, listed(DE, VN)).added == ()
    assert [one.country for one in diff(Side.of_store(EMPTY), store).added] == ["DE", "VN"]


def test_a_key_issued_anew_is_neither_new_nor_lost() -> None:
    found = diff(listed(VN), listed(AGAIN))
    assert (len(found.added), len(found.removed), found.new_keys, found.lost_keys) == (1, 1, (), ())


def test_a_damaged_certificate_is_named_and_stops_nothing_and_a_document_signer_is_left_out() -> None:
    damaged = b"\x30\x03\x02\x01\x00"
    side = Side.of_certificates([DE.raw, damaged, issuing.document_signer(DE, "DE").raw, damaged])
    found = diff(side, listed(DE, VN))
    assert (found.unchanged, [one.country for one in found.added]) == (1, ["VN"])
    assert found.damaged == (hashlib.sha256(damaged).hexdigest(),)


@pytest.mark.parametrize("form", ["der", "pem", "ldif", "certificates"])
def test_every_file_that_an_import_takes_can_be_compared(tmp_path: Path, form: str) -> None:
    signed = issuing.sign_list(issuing.list_content([DE.raw, VN.raw]), issuing.list_signer(DE, "DE"))
    content = {
        "der": signed,
        "pem": pem("CMS", signed),
        "ldif": (
            entry(attribute("pkdMasterListContent", issuing.sign_list(issuing.list_content([DE.raw]), SIGNER)))
            + entry(attribute("cACertificate;binary", VN.raw))
        ).encode(),
        "certificates": pem("CERTIFICATE", DE.raw) + pem("CERTIFICATE", VN.raw),
    }
    (tmp_path / "file").write_bytes(content[form])
    (tmp_path / "list").write_bytes(signed)
    found = operations.diff(tmp_path / "file", tmp_path / "list")
    assert (found.added, found.removed, found.unchanged) == ((), (), 2)


def test_a_revocation_list_cannot_be_compared(tmp_path: Path) -> None:
    (tmp_path / "crl").write_bytes(issuing.revoke(DE, []))
    with pytest.raises(TrustStoreError) as caught:
        operations.diff(tmp_path / "crl", tmp_path / "crl")
    assert caught.value.problem is StoreProblem.FILE_NOT_COMPARABLE


def pem(label: str, data: bytes) -> bytes:
    return f"-----BEGIN {label}-----\n{base64.b64encode(data).decode()}\n-----END {label}-----\n".encode()
