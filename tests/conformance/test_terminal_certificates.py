"""Keys from files: a terminal's key alone runs the cases with right certificates, all keys run all cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chipid.conformance.case import CaseResult, Verdict
from chipid.conformance.catalogue import CASES
from chipid.conformance.runner import examine
from chipid.conformance.terminal_certificates import TerminalCredentials
from chipid.errors import TerminalKeyError
from chipid.pki.chat import InspectionRight, Role
from chipid.pki.cv_certificate import parse_cv_certificate
from chipid.protocols.terminal_key import FileTerminalKey, load_authority_key, load_terminal_key
from simulator.card_os import CardOS
from simulator.chip import TerminalAuthentication
from simulator.scenarios import build_card
from simulator.trust_points import root_key
from tests.conformance.chips import CardLink, access_keys, entropy, powered, run
from tests.pki.cv_builders import Authority

FINGERS = (InspectionRight.READ_DG3,)
CVCA, NEXT = (Authority(f"UTCVCA0000{number}", Role.CVCA, number=number) for number in (1, 2))
DV = Authority("UTDV00001", Role.DV_DOMESTIC, number=3)
TERMINAL = Authority("UTIS00001", Role.TERMINAL, number=4, rights=FINGERS)
CHAIN = (CVCA.issue(DV), DV.issue(TERMINAL))
TODAY = date(2024, 6, 1)
RIGHT = {"B32 J_1", "B32 J_3", "B32 J_12", "B32 K_1", "B32 K_10", "B32 K_20", "B32 L_9", "X_TA_3"}
CHOSEN = RIGHT | {f"B32 {one}" for one in ["J_43", "J_25", "J_55", "L_1", "L_8", "J_11", "M_1", "M_2", "M_3", "M_4"]}


def _private(authority: Authority) -> bytes:
    return authority.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _authority(authority: Authority, certificate: bytes) -> FileTerminalKey:
    return load_authority_key(_private(authority), certificate)


KEY = load_terminal_key(_private(TERMINAL), CHAIN)
ROOT, VERIFIER = _authority(CVCA, CVCA.issue(CVCA)), _authority(DV, CHAIN[0])


def _card() -> CardOS:
    built = build_card("genuine", profile="eac")
    root = parse_cv_certificate(CVCA.issue(CVCA))
    trusted = TerminalAuthentication(trust_points=(root_key(root, CVCA.public),), personalised_on=TODAY)
    return powered(replace(built.chip, terminal_authentication=trusted))


def _results(credentials: TerminalCredentials) -> dict[str, CaseResult]:
    card = _card()
    keys = access_keys(build_card("genuine", profile="eac"))
    chip = examine(CardLink(card), keys, entropy=entropy(), terminals=credentials)
    chosen = [case for case in CASES if case.id in CHOSEN]
    results = run(CardLink(card), chip, chosen)
    assert [(one.id, one.reason) for one in results if one.verdict is Verdict.FAILED] == []
    return {one.id: one for one in results}


def test_a_terminal_key_alone_runs_the_cases_with_right_certificates() -> None:
    found = _results(TerminalCredentials.from_keys(KEY))
    passed = {case_id for case_id, result in found.items() if result.verdict is Verdict.PASSED}
    assert passed >= RIGHT
    assert found["B32 J_43"].reason == found["B32 L_1"].reason
    assert found["B32 J_43"].reason.startswith("it needs the keys of the CVCA")


def test_with_the_keys_of_the_authorities_all_cases_run() -> None:
    later = [_authority(NEXT, NEXT.issue(NEXT))]
    credentials = TerminalCredentials.from_keys(
        KEY, verifier=VERIFIER, cvca=ROOT, successors=later, horizon=date(2024, 7, 1)
    )
    found = _results(credentials)
    passed = {case_id for case_id, result in found.items() if result.verdict is Verdict.PASSED}
    assert {"B32 J_43", "B32 J_25", "B32 L_1", "B32 L_8", "B32 J_11", "B32 M_1", "B32 M_2", "B32 M_3"} <= passed
    assert found["B32 M_4"].reason == "it needs later keys of the CVCA"
    assert found["B32 J_55"].verdict is Verdict.NOT_APPLICABLE


def test_a_chain_below_another_cvca_does_not_apply() -> None:
    other = load_terminal_key(_private(TERMINAL), (NEXT.issue(DV), DV.issue(TERMINAL)))
    found = _results(TerminalCredentials.from_keys(other))
    assert found["B32 K_1"].reason == "the chip trusts another CVCA than the one of the terminal"


def test_rights_are_those_of_both_certificates() -> None:
    assert TerminalCredentials.from_keys(KEY).rights == set(FINGERS)


def test_keys_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(TerminalKeyError, match="does not belong to the chain"):
        TerminalCredentials.from_keys(KEY, cvca=_authority(NEXT, NEXT.issue(NEXT)))
    with pytest.raises(TerminalKeyError, match="does not belong to the chain"):
        TerminalCredentials.from_keys(KEY, verifier=ROOT)
    with pytest.raises(TerminalKeyError, match="document verifier is not there"):
        TerminalCredentials.from_keys(load_terminal_key(_private(TERMINAL), CHAIN[1:]))


def test_an_authority_has_a_certificate_over_its_key() -> None:
    with pytest.raises(TerminalKeyError, match="cannot be used"):
        load_authority_key(_private(CVCA), b"\x7f\x21\x00")
    with pytest.raises(TerminalKeyError, match="this role"):
        load_authority_key(_private(NEXT), CVCA.issue(CVCA))
