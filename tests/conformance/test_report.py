"""The results as text, JSON and JUnit XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from chipid.conformance import report
from chipid.conformance.case import CaseResult, Exchange, Verdict
from simulator.scenarios import build_card
from tests.conformance.chips import outcomes

RESULTS = (
    CaseResult(
        id="C_1",
        purpose="GET CHALLENGE twice",
        verdict=Verdict.PASSED,
        reason="",
        exchanges=(Exchange(stimulus="0084000008", answer="8 bytes, 9000"),) * 2,
    ),
    CaseResult(
        id="X_1",
        purpose='<a> & "b" \x00',
        verdict=Verdict.FAILED,
        reason="9000 was expected, <6982> & none came",
        exchanges=(Exchange(stimulus="00" * 40 + "…", answer="0 bytes, 6982"),),
    ),
    CaseResult(id="R_2", purpose="a signature", verdict=Verdict.NOT_APPLICABLE, reason="there is none", exchanges=()),
)


def test_the_text_has_a_line_a_case_the_reason_of_what_has_not_passed_and_the_sums() -> None:
    lines = report.to_text(RESULTS).splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["ID", "C_1", "X_1", "R_2", "1"]
    assert lines[3].strip() == RESULTS[1].reason
    assert lines[-1] == "1 passed, 1 failed, 1 not-applicable, 0 interrupted"
    assert max(map(len, lines)) < 140


def test_the_json_has_what_the_schema_says() -> None:
    document = json.loads(report.to_json(RESULTS))
    assert document["schema"] == "chipid.conformance/1"
    assert document["summary"] == {"passed": 1, "failed": 1, "not-applicable": 1, "interrupted": 0}
    assert [set(one) for one in document["cases"]] == 3 * [
        {"id", "purpose", "stimulus", "answer", "verdict", "reason", "exchanges"}
    ]
    assert document["cases"][1]["reason"] == RESULTS[1].reason
    assert document["cases"][0]["answer"] == "8 bytes, 9000"
    assert document["cases"][2]["stimulus"] == ""


def test_the_junit_xml_is_well_formed_whatever_the_texts_are() -> None:
    root = ET.fromstring(report.to_junit(RESULTS).encode())
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    passed, failed, skipped = suite
    assert passed.find("failure") is None
    assert passed.find("skipped") is None
    assert failed.get("name") == 'X_1 <a> & "b" \ufffd'
    (failure,) = failed.findall("failure")
    assert failure.get("message") == RESULTS[1].reason
    (skip,) = skipped.findall("skipped")
    assert skip.get("message") == "there is none"


def test_no_results_are_a_report_too() -> None:
    assert report.to_text(()).splitlines()[-1] == "0 passed, 0 failed, 0 not-applicable, 0 interrupted"
    assert json.loads(report.to_json(()))["cases"] == []
    assert ET.fromstring(report.to_junit(()))[0].get("tests") == "0"


@pytest.mark.parametrize("make", [report.to_text, report.to_json, report.to_junit])
def test_a_report_is_the_same_each_time_and_holds_no_data_of_the_card(make: object) -> None:
    assert callable(make)
    built = build_card("genuine", profile="eac")
    results = tuple(outcomes("eac").values())
    text = make(results)
    assert text == make(results)
    names = built.mrz[-30:].strip("<").split("<")
    for secret in (built.mrz[5:14], *(name for name in names if len(name) > 2)):
        assert secret not in text
        assert secret.encode().hex().upper() not in text
    assert built.can.encode().hex() not in text


def test_a_proof_is_told_by_its_header_alone() -> None:
    """The cryptogram of Basic Access Control holds known text, so that the key could be searched for."""
    proofs = [
        one.stimulus
        for result in outcomes("bac-aa-rsa").values()
        for one in result.exchanges
        if one.stimulus.startswith("0082")
    ]
    assert proofs
    assert set(proofs) == {"00820000 and 42 bytes"}
