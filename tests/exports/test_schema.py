"""The published schema of a judged reading, held against the documents that are really written."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chipid.asn1 import oids
from chipid.exports.flat_json import SCHEMA, reading_document
from chipid.exports.terminal import json_text
from chipid.exports.text import render_reading
from chipid.identity.holder import Holder
from chipid.lds.files import FileId
from chipid.messages.catalogue import Language, catalogue
from chipid.pki.certificate import parse_certificate
from chipid.pki.deviation_kinds import DeviationKind
from chipid.profiles.library import shipped_profiles
from chipid.profiles.release import release
from chipid.trust.draft import Delivery
from chipid.trust.imports import import_certificates
from chipid.trust.store import TrustStore
from chipid.verification.recheck import Proof
from chipid.verification.report import Report, Result, Verdict
from tests.scenarios import readings
from tests.verification import forge, listing
from tests.verification.test_reference_data import reference

PATH = Path(__file__).parents[2] / "docs" / "report.schema.json"
DOCUMENT: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(DOCUMENT)


def written(report: Report, service: str | None = None) -> dict[str, Any]:
    rejected = report.verdict is Verdict.REJECTED
    holder = None if rejected else Holder.from_report(report, allow_undecided=True)
    profile = None if service is None else shipped_profiles()[service]
    released = None if profile is None else release(holder, profile, profile.card())
    document: dict[str, Any] = json.loads(json_text(reading_document(report, holder, released)))
    return document


def complaints(document: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def test_the_schema_is_a_schema_and_names_the_version_that_is_written() -> None:
    Draft202012Validator.check_schema(DOCUMENT)
    assert DOCUMENT["title"] == DOCUMENT["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.parametrize("scenario", ["genuine", "cloned", "tampered-dg13", "expired-card", "unknown-issuer"])
def test_what_is_written_of_a_simulated_card_is_valid(scenario: str) -> None:
    report = readings.judged(readings.evidence_of(scenario), readings.trust_of(readings.card(scenario)))
    assert complaints(written(report)) == []


def test_the_anchor_tells_how_it_came_into_a_store_and_by_whose_word() -> None:
    csca = forge.csca_certificate()
    delivery = Delivery.of(csca, file="csca.cer", approved_by="Nguyễn Văn A", at=readings.NOW)
    approved = [parse_certificate(csca).fingerprint]
    store, _ = import_certificates(TrustStore(anchors=()), [csca], delivery, approved=approved)
    report = readings.judged(forge.resigned(forge.genuine()), store)
    document = written(report)
    assert complaints(document) == []
    (provenance,) = document["anchor"]["provenance"]
    assert (provenance["basis"], provenance["approved_by"]) == ("owner", "Nguyễn Văn A")
    assert (provenance["imported_at"], provenance["file_sha256"]) == ("2025-06-01T12:00:00Z", approved[0])
    lines = render_reading(report, None, catalogue(Language.ENGLISH)).splitlines()
    assert any("csca.cer (" in line and line.endswith("2025-06-01, approved by Nguyễn Văn A") for line in lines)


@pytest.mark.parametrize("scenario", ["genuine", "cloned"])
def test_what_is_written_for_a_service_is_valid(scenario: str) -> None:
    report = readings.judged(readings.evidence_of(scenario), readings.trust_of(readings.card(scenario)))
    document = written(report, "judicial-record")
    assert complaints(document) == []
    document["release"]["secret"] = "more"
    assert complaints(document) != []


def known_report() -> Report:
    """A wrong hash that the issuing State knows of, with what it says in words."""
    told = listing.described(oids.ICAO_DEVIATION_DG_HASH_WRONG, 2, "DG2 WAS EXCHANGED")
    store = listing.with_list(forge.trusting(), listing.deviation_list(listing.entry(told)))
    portrait = forge.genuine().content(FileId.DG2) or b""
    evidence = forge.with_file(forge.resigned(forge.genuine()), FileId.DG2, forge.flipped(portrait, -1))
    return readings.judged(evidence, store)


def test_known_deviations_are_written_and_valid() -> None:
    report = known_report()
    document = written(report)
    assert complaints(document) == []
    (known,) = document["known_deviations"]
    assert (known["kind"], known["subject"], known["text"]) == ("dg-hash-wrong", "DG2", "DG2 WAS EXCHANGED")
    (concerned,) = [one for one in document["checks"] if one["known_deviation"]]
    assert (concerned["check"], concerned["subject"], concerned["result"]) == ("group-hash", "DG2", "failed")
    known["kind"] = "made-up"
    assert complaints(document) != []


def test_known_deviations_are_told_at_the_desk_in_both_languages() -> None:
    english = render_reading(known_report(), None, catalogue(Language.ENGLISH)).splitlines()
    told = "the signed hash of the file is wrong"
    assert english[3] == f"  * Known to the issuing State: {told} (DG2), “DG2 WAS EXCHANGED”"
    assert [line for line in english if line.endswith(f"[{told}]")] != []
    vietnamese = render_reading(known_report(), None, catalogue(Language.VIETNAMESE)).splitlines()
    assert vietnamese[3].startswith("  * Lỗi đã được nước cấp công bố: giá trị băm đã ký của tệp sai (DG2)")


def test_what_is_written_of_the_reference_data_is_valid() -> None:
    assert complaints(written(readings.judged(reference(), readings.NOTHING_TRUSTED))) == []


def test_closed_sets_are_those_of_the_library() -> None:
    definitions = DOCUMENT["$defs"]
    assert set(DOCUMENT["properties"]["verdict"]["enum"]) == {one.value for one in Verdict}
    assert set(definitions["check"]["properties"]["result"]["enum"]) == {one.value for one in Result}
    assert set(definitions["check"]["properties"]["proof"]["enum"]) == {None, *(one.value for one in Proof)}
    assert definitions["known_deviation"]["properties"]["kind"]["enum"] == [one.value for one in DeviationKind]
    assert set(definitions["holder"]["properties"]) == {field.name for field in fields(Holder)} - {"verdict"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["verdict"], "probably"),
        (["judged_at"], "2025-06-01"),
        (["evidence_sha256"], "00"),
        (["anchor", "fingerprint"], "00"),
        (["checks", 0, "result"], "ok"),
        (["checks", 0, "number"], "1"),
        (["checks", 1, "tr_03135", "result"], "passed"),
        (["holder", "full_name", "vouched"], "yes"),
        (["holder", "full_name", "of"], "DG13"),
        (["holder", "shoe_size"], 42),
        (["quirks"], ["one", "one"]),
    ],
)
def test_the_schema_refuses_what_is_not_written(path: list[str | int], value: object) -> None:
    document = written(readings.judged(readings.evidence_of("genuine")))
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert complaints(document) != []


@pytest.mark.parametrize("key", [*DOCUMENT["required"]])
def test_the_schema_misses_what_must_be_there(key: str) -> None:
    document = written(readings.judged(readings.evidence_of("genuine")))
    del document[key]
    assert complaints(document) != []
