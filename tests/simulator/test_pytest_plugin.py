"""The fixtures as a test suite of somebody else meets them."""

from __future__ import annotations

import pytest

from simulator import pcsc_stack
from simulator.pytest_plugin import trust_in
from simulator.scenarios import SimulatedCard, build_card
from simulator.transport import SimulatedTransport

pytest_plugins = ["pytester"]

IMPORTS = "import sys\nimport pytest\n"


def _run(pytester: pytest.Pytester, tests: str, *, fresh: bool = False) -> pytest.RunResult:
    pytester.makepyfile(IMPORTS + tests)
    arguments = ("-q", "-rs", "--strict-markers", "-p", "no:hypothesispytest", "-p", "no:cov")
    return (pytester.runpytest_subprocess if fresh else pytester.runpytest_inprocess)(*arguments)


def test_the_card_is_genuine_unless_another_is_asked_for(card: SimulatedCard, transport: SimulatedTransport) -> None:
    assert card.scenario.name == "genuine"
    assert transport.transmit(bytes.fromhex("00B09C0001")) == b"\x31\x90\x00"


@pytest.mark.card("cloned", person="tran-thi-b")
def test_a_marker_asks_for_another_card(card: SimulatedCard) -> None:
    assert (card.scenario.name, card.person.key) == ("cloned", "tran-thi-b")


@pytest.mark.parametrize("card", ["cloned", {"scenario": "tampered-dg13", "person": "le-van-c"}], indirect=True)
def test_an_indirect_parameter_asks_for_another_card(card: SimulatedCard) -> None:
    assert card.scenario.name in ("cloned", "tampered-dg13")


def test_it_is_the_card_that_the_scenario_has_everywhere(card: SimulatedCard) -> None:
    alone = build_card("genuine")
    assert card.trust_anchors == alone.trust_anchors
    contents = [[one.content for one in each.chip.files.applications[0].files] for each in (card, alone)]
    assert contents[0] == contents[1]


@pytest.mark.card(scenario="revoked-signer")
def test_the_trust_store_holds_anchors_and_revocation_list(card: SimulatedCard) -> None:
    store = trust_in(card, source="test")
    assert tuple(one.certificate.raw for one in store.anchors) == card.trust_anchors
    assert len(store.crls) == 1


@pytest.mark.card(scenario="unknown-issuer")
def test_no_list_of_an_issuer_comes_in_that_is_not_trusted(card: SimulatedCard) -> None:
    assert trust_in(card, source="test").crls == ()


def test_a_closed_transport_is_left_after_the_test(pytester: pytest.Pytester) -> None:
    tests = """
kept = []
def test_it(transport):
    kept.append(transport)
def test_after():
    with pytest.raises(Exception, match="gone"):
        kept[0].transmit(b"")
"""
    _run(pytester, tests).assert_outcomes(passed=2)


def test_what_is_not_known_of_cards_is_refused_with_what_is(pytester: pytest.Pytester) -> None:
    tests = """
@pytest.mark.card(colour="red")
def test_it(card): pass
@pytest.mark.card("no-such-card")
def test_other(card): pass
"""
    result = _run(pytester, tests)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*asked for by scenario, person, profile*", "*there is no scenario 'no-such-card'*"])


def test_a_run_without_cards_imports_nothing_of_them(pytester: pytest.Pytester) -> None:
    tests = """
def test_it():
    assert not {"chipid", "apdu", "reader", "cryptography", "asn1crypto", "simulator.scenarios"} & set(sys.modules)
"""
    _run(pytester, tests, fresh=True).assert_outcomes(passed=1)


@pytest.mark.skipif(pcsc_stack.missing() is not None, reason="no pcscd of our own")
def test_a_card_lies_on_a_reader_of_its_own(pytester: pytest.Pytester) -> None:
    tests = """
def test_it(card, virtual_reader):
    from reader.pcsc import PCSCTransport
    with virtual_reader.holding(card.transport()), PCSCTransport(virtual_reader.name) as transport:
        assert transport.transmit(bytes.fromhex("00B09C0001")) == b"\\x31\\x90\\x00"
"""
    _run(pytester, tests, fresh=True).assert_outcomes(passed=1)


def test_without_a_stack_the_test_is_skipped_with_the_reason(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_stack, "missing", lambda: "pcscd is not installed")
    result = _run(pytester, "def test_it(virtual_reader): pass\n")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*pcscd is not installed*"])
