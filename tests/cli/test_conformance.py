"""``chipid conformance``: the published chip test cases from the command line."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree as ET

import pytest

import cli
from apdu.errors import CardRemovedError
from chipid.conformance import catalogue
from simulator.transport import SimulatedTransport


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small part of the catalogue: the whole of it is run in tests/conformance."""
    monkeypatch.setattr(catalogue, "CASES", catalogue.CASES[:40])


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO("000001"))
    code = cli.run(["conformance", "--reader", "sim:genuine", "--key-stdin", *arguments])
    return code, capsys.readouterr().out


@pytest.mark.usefixtures("few_cases")
def test_a_right_chip_passes_in_every_form_of_report(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = run(capsys, monkeypatch)
    assert code == 0
    assert " 0 failed, " in text.splitlines()[-1]
    code, text = run(capsys, monkeypatch, "--json")
    assert code == 0
    assert json.loads(text)["schema"] == "chipid.conformance/1"
    code, text = run(capsys, monkeypatch, "--junit")
    assert code == 0
    assert len(list(ET.fromstring(text).iter("testcase"))) == 40


@pytest.mark.usefixtures("few_cases")
def test_a_chip_that_fails_a_case_ends_with_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = SimulatedTransport.transmit
    # Protected files that open to anybody.
    monkeypatch.setattr(
        SimulatedTransport,
        "transmit",
        lambda self, apdu: b"\x60\x90\x00" if apdu[:2] == b"\x00\xb0" else honest(self, apdu),
    )
    code, text = run(capsys, monkeypatch)
    assert code == 1
    assert "failed" in text


def test_risks_are_taken_on_request_only(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"C_6", "B33 P_1", "B32 M_1"}
    monkeypatch.setattr(catalogue, "CASES", [case for case in catalogue.CASES if case.id in wanted])
    reasons = {
        "--with-wrong-keys": "C_6",
        "--with-blocked-pin": "B33 P_1",
        "--with-lasting-changes": "B32 M_1",
    }
    for option, case_id in reasons.items():
        _, text = run(capsys, monkeypatch, "--json", option)
        asked = {
            one["id"] for one in json.loads(text)["cases"] if not one["reason"].startswith("its risk was not asked for")
        }
        assert asked == {case_id}


@pytest.mark.usefixtures("few_cases")
def test_a_card_that_is_taken_away_ends_with_four(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, left = SimulatedTransport.transmit, iter(range(60))

    def transmit(self: SimulatedTransport, apdu: bytes) -> bytes:
        if next(left, None) is None:
            raise CardRemovedError("gone")
        return honest(self, apdu)

    monkeypatch.setattr(SimulatedTransport, "transmit", transmit)
    code, text = run(capsys, monkeypatch)
    assert code == 4
    assert "the card was removed, in case " in text
    assert not text.splitlines()[-1].endswith(" 0 interrupted")
