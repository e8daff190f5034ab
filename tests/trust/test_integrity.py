"""Bytes that were flipped and manifests that were edited: what rests on them is refused, and an audit names them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipid.pki.certificate import parse_certificate
from chipid.trust import directory
from chipid.trust.audit import AuditFinding, Finding, audit
from chipid.trust.errors import StoreDamagedError
from chipid.trust.imports import import_certificates, import_crl, import_deviation_list, import_master_list
from chipid.trust.removal import remove
from chipid.trust.store import TrustStore
from chipid.trust.strict_json import encode_document
from tests.support import issuing
from tests.trust import german_list
from tests.trust.support import EMPTY, approve, delivery
from tests.trust.test_imports import deviation_list

NOW = issuing.NOW
DE, VN, FR, NEW_VN = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR"), issuing.csca("VN", "2")
LINK, DS = issuing.link(NEW_VN, VN), issuing.document_signer(VN, "VN")
SIGNER = parse_certificate(DS.raw)
DEVIATIONS = deviation_list(issuing.list_signer(VN, "VN", "DL", issuing.DEVIATION_SIGNER))
Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with something of everything, a former revocation list included."""
    store, _ = import_master_list(
        approve(EMPTY, DE),
        issuing.sign_list(issuing.list_content([VN.raw, LINK.raw, FR.raw]), issuing.list_signer(DE, "DE")),
        delivery(),
    )
    store, _ = import_certificates(store, [DS.raw], delivery())
    for number in (1, 2):
        store, _ = import_crl(store, issuing.revoke(VN, [5], number=number), delivery())
    store, _ = import_deviation_list(store, DEVIATIONS, delivery())
    directory.save(tmp_path / "store", store.contents())
    return tmp_path / "store"


def edited(folder: Path, edit: Edit) -> TrustStore:
    """The store after somebody wrote into its manifest."""
    path = folder / directory.MANIFEST
    document = json.loads(path.read_bytes())
    edit(document)
    path.write_bytes(encode_document(document, "manifest"))
    return TrustStore.from_directory(folder)


def flipped(folder: Path, part: bytes) -> TrustStore:
    """The store after one bit of a thing was turned over."""
    for path in (folder / directory.OBJECTS).glob("*.der"):
        data = bytearray(path.read_bytes())
        if part in data:
            data[data.index(part) + len(part) - 1] ^= 1
            path.write_bytes(data)
    return TrustStore.from_directory(folder)


def damage(store: TrustStore) -> list[AuditFinding]:
    wrong = (Finding.BYTES_DAMAGED, Finding.MANIFEST_WRONG)
    return [one for one in audit(store, NOW).findings if one.finding in wrong]


def row(table: str, fingerprint: str, **values: object) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        found = next(one for one in document[table] if one["fingerprint"] == fingerprint)
        assert found.keys() >= values.keys()
        found.update(values)

    return edit


def first(table: str, **values: object) -> Edit:
    return lambda document: row(table, document[table][0]["fingerprint"], **values)(document)


def deviations(**values: object) -> Edit:
    def edit(document: dict[str, Any]) -> None:
        next(one for one in document["lists"] if one["kind"] == "deviation-list").update(values)

    return edit


def test_a_store_as_it_was_written_is_sound(folder: Path) -> None:
    assert damage(TrustStore.from_directory(folder)) == []


# What a judgement rests on


def test_the_dates_of_a_revocation_list_are_those_that_were_signed(folder: Path) -> None:
    """A list that is fresh until 2099 in the manifest alone would clear everybody."""
    store = edited(folder, first("crls", next_update="2099-01-01T00:00:00+00:00"))
    with pytest.raises(StoreDamagedError, match="next_update"):
        store.crl_status(SIGNER, NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [("this_update", "2026-05-31T00:00:00+00:00"), ("number", "9"), ("revoked", 0), ("issuer", "C=VN, CN=other")],
)
def test_nothing_else_of_a_revocation_list_can_be_written_over(folder: Path, field: str, value: object) -> None:
    with pytest.raises(StoreDamagedError, match=field):
        edited(folder, first("crls", **{field: value})).crl_status(SIGNER, NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("not_before", "2000-01-01T00:00:00+00:00"),
        ("not_after", "2099-01-01T00:00:00+00:00"),
        ("key", "ab" * 32),
        ("serial", "1"),
        ("ski", None),
        ("aki", "0102"),
        ("subject", "C=VN, CN=other"),
        ("issuer", "C=VN, CN=other"),
    ],
)
def test_an_anchor_is_what_its_certificate_says(folder: Path, field: str, value: object) -> None:
    store = edited(folder, row("certificates", VN.fingerprint, **{field: value}))
    with pytest.raises(StoreDamagedError, match=field):
        store.path(SIGNER)


def test_a_document_signer_is_not_made_an_anchor(folder: Path) -> None:
    store = edited(folder, row("certificates", DS.fingerprint, role="csca"))
    below = issuing.document_signer(DS, "VN", "below")
    with pytest.raises(StoreDamagedError, match="role"):
        store.path(parse_certificate(below.raw))


def test_an_anchor_of_one_state_is_not_made_one_of_another(folder: Path) -> None:
    store = edited(folder, row("certificates", FR.fingerprint, country="VN"))
    with pytest.raises(StoreDamagedError, match="country"):
        store.path(parse_certificate(issuing.document_signer(FR, "VN", "of another state").raw))


@pytest.mark.parametrize(
    ("field", "value"), [("signing_time", "2026-05-30T00:00:00+00:00"), ("signer", "ab" * 32), ("entries", 9)]
)
def test_a_deviation_list_is_what_was_signed(folder: Path, field: str, value: object) -> None:
    with pytest.raises(StoreDamagedError, match=field):
        edited(folder, deviations(**{field: value})).deviation_list("VN", NOW)


def test_a_master_list_does_not_pass_for_a_deviation_list(folder: Path) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["lists"] = [one for one in document["lists"] if one["kind"] == "master-list"]
        document["lists"][0].update(kind="deviation-list", country="VN")

    with pytest.raises(StoreDamagedError, match="no deviation list"):
        edited(folder, edit).deviation_list("VN", NOW)


@pytest.mark.parametrize("raw", [VN.raw, DS.raw, DEVIATIONS])
def test_flipped_bytes_are_not_used(folder: Path, raw: bytes) -> None:
    store = flipped(folder, raw)  # opening does not look at them
    (finding,) = damage(store)
    assert finding.finding is Finding.BYTES_DAMAGED
    thing = store.find(finding.fingerprint or "")
    assert thing is not None
    with pytest.raises(StoreDamagedError, match="does not hold"):
        thing.blob.read()
    with pytest.raises(StoreDamagedError):
        directory.save(folder.parent / "copy", replace(store.contents(), generation=0))


# What an audit finds besides


@pytest.mark.parametrize(
    ("edit", "fields"),
    [
        (row("certificates", VN.fingerprint, deviations=["aki-missing"]), "deviations"),
        (row("certificates", LINK.fingerprint, role="csca"), "role"),
        (row("certificates", LINK.fingerprint, lineage="self-signed"), "lineage"),
        (row("certificates", LINK.fingerprint, parent=FR.fingerprint), "parent"),
        (row("certificates", VN.fingerprint, not_after="2099-01-01T00:00:00+00:00", key="ab" * 32), "key, not_after"),
        (first("crls", signer=FR.fingerprint), "signer"),
        (first("crls", signer="ab" * 32), "signer"),
        (first("crls", country="FR"), "country"),
        (first("lists", csca_key="ab" * 32), "csca_key"),
        (first("lists", entries=4), "entries"),
        (deviations(country="FR"), "country"),
    ],
)
def test_an_audit_names_each_field_that_is_not_true(folder: Path, edit: Edit, fields: str) -> None:
    findings = damage(edited(folder, edit))
    assert [(one.finding, one.subject.rpartition(" (")[2]) for one in findings] == [
        (Finding.MANIFEST_WRONG, f"{fields})")
    ]


def test_a_certificate_that_no_list_holds_is_not_vouched_for_by_one(folder: Path) -> None:
    """Somebody adds his certificate to store and manifest, and says that the list brought it."""
    store = TrustStore.from_directory(folder)
    forged = TrustStore.from_certificates([issuing.csca("ZZ").raw], source="x").anchors
    contents = store.contents()
    directory.save(folder, replace(contents, anchors=(*contents.anchors, *forged)))

    def edit(document: dict[str, Any]) -> None:
        rows = document["certificates"]
        listed = next(one for one in rows if one["fingerprint"] == VN.fingerprint)
        next(one for one in rows if one["country"] == "ZZ")["provenance"] = listed["provenance"]

    findings = damage(edited(folder, edit))
    assert [(one.country, one.subject.rpartition(" (")[2]) for one in findings] == [("ZZ", "provenance)")]


def test_what_the_store_held_before_is_looked_at_too(folder: Path) -> None:
    former = TrustStore.from_directory(folder).past.things()[0].thing
    findings = damage(flipped(folder, former.blob.read()))
    assert [one.fingerprint for one in findings] == [former.record.fingerprint]


def test_a_damaged_thing_can_be_taken_out(folder: Path) -> None:
    store = flipped(folder, FR.raw)
    store, _ = remove(store, FR.fingerprint, by="A", at=NOW, wipe=True)
    directory.save(folder, store.contents())
    assert damage(TrustStore.from_directory(folder)) == []


@german_list.needed
def test_the_german_list_is_sound(tmp_path: Path) -> None:
    data = german_list.LIST.read_bytes()
    pinned = [german_list.CSCA.read_bytes()]
    store, _ = import_master_list(EMPTY, data, delivery(at=german_list.NOW), pinned=pinned)
    directory.save(tmp_path / "store", store.contents())
    assert damage(TrustStore.from_directory(tmp_path / "store")) == []
