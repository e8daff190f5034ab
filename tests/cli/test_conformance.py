"""``chipid conformance``: the published chip test cases from the command line."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree as ET

import pytest

import cli
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
