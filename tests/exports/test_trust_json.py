"""What programs are told about a trust store."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chipid.exports.trust_json import SCHEMAS, trust_document
from chipid.trust import operations
from chipid.trust.approval import Approval
from chipid.trust.errors import Refusal
from tests.support import issuing
from tests.support.issuing import Form
from tests.support.ldif import attribute, entry

# The moment that stands for "not known" in the record of a plain folder is a date like any other in a certificate.
VN = issuing.csca("VN", form=Form(not_before=datetime(1970, 1, 1, tzinfo=UTC)))
DE = issuing.csca("DE")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vn.cer").write_bytes(VN.raw)
    return tmp_path


def test_a_thing_is_told_with_its_bytes_its_times_in_utc_and_the_codes_of_enumerations(folder: Path) -> None:
    document = trust_document(operations.show(folder, VN.fingerprint))
    assert base64.b64decode(document["data"]) == VN.raw
    record = document["record"]
    assert (record["role"], record["lineage"]) == ("csca", "self-signed")
    assert (record["not_before"], record["not_after"]) == ("1970-01-01T00:00:00Z", "2036-01-01T00:00:00Z")
    assert json.loads(json.dumps(document)) == document


def test_a_plain_folder_does_not_know_when_something_came(folder: Path) -> None:
    (provenance,) = trust_document(operations.show(folder, VN.fingerprint))["record"]["provenance"]
    assert provenance["imported_at"] is None
    assert (provenance["basis"], provenance["file"]) == ("owner", "vn.cer")


def test_an_import_is_told_file_by_file(folder: Path) -> None:
    approval = Approval(by="Nguyễn Văn A", certificates=[VN.fingerprint])
    document = trust_document(operations.import_files(folder / "store", [folder / "vn.cer"], approval, issuing.NOW))
    (came,) = document["files"]
    assert document["error"] is None
    assert came["delivery"]["file"] == "vn.cer"
    assert came["approved"] == [VN.fingerprint]
    assert [one["fingerprint"] for one in came["certificates"]] == [VN.fingerprint]


def test_a_file_of_which_all_was_refused_is_told_by_codes_and_by_what_it_is_about(folder: Path) -> None:
    signer = issuing.document_signer(DE, "DE")
    text = entry(attribute("userCertificate;binary", signer.raw))
    (folder / "pkd.ldif").write_text(text, encoding="utf-8")
    files = [folder / "pkd.ldif"]
    document = trust_document(operations.import_files(folder / "store", files, Approval(by="A"), issuing.NOW))
    assert {name: document["error"][name] for name in ("code", "problem", "file")} == {
        "code": "trust-refused",
        "problem": Refusal.ISSUER_UNKNOWN.value,
        "file": "pkd.ldif",
    }
    ((refused,),) = (one["refused"] for one in document["files"])
    assert (refused["fingerprint"], refused["refusal"]) == (signer.fingerprint, "issuer-unknown")
    assert refused["subject"] == "C=DE, O=Test, CN=DS 1"


def test_every_document_has_a_schema_of_its_own() -> None:
    assert len(set(SCHEMAS.values())) == len(SCHEMAS)
    assert all(one.startswith("chipid.trust.") and one.endswith("/1") for one in SCHEMAS.values())
