"""One document for one judged reading."""

from __future__ import annotations

import json

import pytest

from chipid.exports.flat_json import SCHEMA, reading_document
from chipid.exports.terminal import json_text
from chipid.identity.holder import Holder
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import Report, Verdict
from simulator.scenarios import build_card
from tests.scenarios import readings


def report_of(scenario: str) -> Report:
    return readings.judged(readings.evidence_of(scenario), readings.trust_of(readings.card(scenario)))


def document_of(report: Report) -> dict[str, object]:
    rejected = report.verdict is Verdict.REJECTED
    holder = None if rejected else Holder.from_report(report, allow_undecided=True)
    document: dict[str, object] = json.loads(json_text(reading_document(report, holder)))
    return document


def test_the_document_of_the_genuine_card() -> None:
    report = report_of("genuine")
    document = document_of(report)
    assert report.anchor is not None
    assert report.signer is not None
    checks = document.pop("checks")
    holder = document.pop("holder")
    assert document == {
        "schema": SCHEMA,
        "verdict": "accepted",
        "grounds": [],
        "policy": "default",
        "policy_sha256": shipped_policy("default").sha256,
        "judged_at": "2025-06-01T12:00:00Z",
        "read_at": "2025-06-01T12:00:00Z",
        "reader": "sim:genuine",
        "evidence_sha256": report.evidence_digest,
        "redacted": [],
        "redacted_from_sha256": None,
        "nonce_demanded": False,
        "signing_time": "2023-06-01T09:00:00Z",
        "signer": {
            "sha256": report.signer.fingerprint,
            "subject": report.signer.subject,
            "issuer": report.anchor.subject,
            "serial": f"{report.signer.serial:x}",
            "not_before": "2023-05-02T00:00:00Z",
            "not_after": "2043-04-27T23:59:59Z",
        },
        "path": [{"sha256": report.anchor.fingerprint, "subject": report.anchor.subject}],
        "trust_generation": 0,
        "trust_as_of": None,
        "anchor": {
            "sha256": report.anchor.fingerprint,
            "subject": "C=VN, O=Simulated Issuing Authority, CN=Simulated CSCA, serialNumber=001",
            "country": "VN",
            "source": "simulator",
            "provenance": [
                {
                    "file": "simulator",
                    "file_sha256": report.anchor.fingerprint,
                    "basis": "owner",
                    "voucher_sha256": None,
                    "imported_at": None,
                    "approved_by": None,
                }
            ],
        },
        "deviations": ["explicit-ec-parameters"],
        "known_deviations": [],
        "quirks": [],
        "biometrics": None,
        "release": None,
    }
    assert isinstance(checks, list)
    assert checks[0] == {
        "number": 1,
        "check": "access-protocol",
        "subject": None,
        "result": "passed",
        "reason": "pace-used",
        "facts": [
            {"name": "password", "value": "CAN"},
            {"name": "suite", "value": "AES-CBC-CMAC-128"},
        ],
        "known_deviation": None,
        "proof": "witnessed",
        "tr_03135": {"section": "5.6.3.1", "result": "successful"},
    }
    assert len(checks) == len(report.checks)
    assert isinstance(holder, dict)
    assert holder["full_name"] == {"value": "Nguyễn Văn A", "group": "DG13", "vouched": True}
    assert holder["birth_date"] == {"value": "1999-01-01", "group": "DG13", "vouched": True}
    assert holder["sex"] == {"value": "M", "group": "DG1", "vouched": True}
    assert holder["portrait"]["value"]["format"] == "jpeg"
    assert set(holder["portrait"]["value"]) == {"format", "bytes"}


@pytest.mark.parametrize("scenario", ["cloned", "tampered-dg13", "expired-card"])
def test_a_rejected_card_has_no_holder_in_its_document(scenario: str) -> None:
    document = document_of(report_of(scenario))
    assert document["verdict"] == "rejected"
    assert document["holder"] is None


def test_an_undecided_card_has_unvouched_attributes_and_no_anchor() -> None:
    document = document_of(report_of("unknown-issuer"))
    assert document["anchor"] is None
    assert isinstance(document["holder"], dict)
    assert not any(attribute["vouched"] for attribute in document["holder"].values())


def test_a_card_for_life_has_null_for_its_last_day() -> None:
    card = build_card("genuine", person="le-van-c")
    report = readings.judged(readings.read(card.transport(), readings.can_of(card)), readings.trust_of(card))
    holder = document_of(report)["holder"]
    assert isinstance(holder, dict)
    assert holder["expiry_date"] == {"value": None, "group": "DG1", "vouched": True}


def test_an_unsigned_time_is_null() -> None:
    report = readings.judged(readings.evidence_of(), readings.NOTHING_TRUSTED)
    assert document_of(report)["signing_time"] == "2023-06-01T09:00:00Z"
    missing = readings.judged(readings.evidence_of())
    assert document_of(missing)["anchor"] is not None
