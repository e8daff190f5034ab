"""Every product that the simulator knows, read by the terminal: two sides written apart from the standard agree."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import resources

import pytest

from chipid.evidence.evidence import AccessProtocol, Evidence, ProofOutcome
from chipid.inspection.plan import EVERYTHING
from chipid.lds.files import FileId
from chipid.lds.protocols import pace_protocol
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import parse_mrz
from chipid.protocols.terminal_key import load_terminal_key
from chipid.verification.report import Verdict
from simulator.personalisation.profile import load_profile
from simulator.pki.signing import encode_private_key
from simulator.scenarios import SimulatedCard, build_card
from simulator.transport import SimulatedTransport
from tests.scenarios import readings

PROFILES = sorted(
    file.name.removesuffix(".toml")
    for file in resources.files("simulator.personalisation").joinpath("profiles").iterdir()
)


class _ShortTransport(SimulatedTransport):
    """A reader that passes short commands only, whatever the card can take."""

    @property
    def extended_length(self) -> bool:
        return False


@cache
def product(profile: str) -> SimulatedCard:
    return build_card("genuine", profile=profile)


def proofs(evidence: Evidence) -> set[str]:
    runs = {"CA": evidence.chip_authentication, "AA": evidence.active_authentication}
    done = {name for name, run in runs.items() if run is not None and run.outcome is ProofOutcome.COMPLETED}
    return done | ({"CAM"} if evidence.chip_authentication_mapping is not None else set())


@pytest.mark.parametrize("profile", PROFILES)
def test_each_product_is_opened_as_its_name_says_and_its_proofs_hold(profile: str) -> None:
    card = product(profile)
    evidence = readings.read(card.transport(), card.access_key)
    access = evidence.access
    assert (access.protocol is AccessProtocol.BAC) is profile.startswith("bac-")
    # Its DG14 holds nothing but the key, as early documents have it.
    inferred = profile == "bac-ca-3des-secp192r1"
    assert evidence.quirks == (("chip-authentication-inferred",) if inferred else ())
    if profile.startswith("pace-"):
        _, mapping, *_ = profile.split("-")
        assert access.oid is not None
        protocol = pace_protocol(access.oid)
        assert protocol.mapping.value == ("GM" if mapping == "dh" else mapping.upper())
        assert protocol.agreement.value == ("DH" if mapping == "dh" else "ECDH")
    found = proofs(evidence)
    assert ("CAM" in found) is ("-cam-" in profile)
    assert not {part.upper() for part in profile.split("-")} & {"CA", "AA"} - found
    report = readings.judged(evidence, readings.trust_of(card))
    assert report.verdict is (Verdict.ACCEPTED if found else Verdict.UNDECIDED)
    assert report.failed == ()


@pytest.mark.parametrize("profile", [name for name in PROFILES if name.startswith("pace-")])
def test_the_machine_readable_zone_opens_what_the_can_opens(profile: str) -> None:
    card = product(profile)
    evidence = readings.read(card.transport(), AccessKey.from_mrz(parse_mrz(card.mrz)))
    assert (evidence.access.protocol, evidence.access.password) == (AccessProtocol.PACE, "MRZ")


@pytest.mark.parametrize("profile", ["pace-dh-gm-3des-group2", "pace-cam-aes256-brainpoolP384r1", "eac"])
def test_a_reader_without_extended_length_reads_the_same(profile: str) -> None:
    card = product(profile)
    evidence = readings.read(_ShortTransport(card.start(), name="short"), card.access_key)
    long = readings.read(card.transport(), card.access_key)
    files = [(one.file, one.content) for one in long.files if one.file is not FileId.ATR_INFO]
    assert [(one.file, one.content) for one in evidence.files] == files
    assert proofs(evidence) == proofs(long)


def test_one_session_can_have_every_protocol() -> None:
    everything = replace(
        load_profile("eac"),
        data_groups=(1, 2, 3, 4, 14, 15),
        active_authentication=load_profile("cccd-2021").active_authentication,
    )
    card = build_card("genuine", profile=everything)
    assert card.terminals is not None
    key = load_terminal_key(encode_private_key(card.terminals.terminal.key.private), card.terminals.chain)
    evidence = readings.read(card.transport(), card.access_key, replace(EVERYTHING, terminal_key=key))
    assert (evidence.access.protocol, proofs(evidence)) == (AccessProtocol.PACE, {"CA", "AA"})
    assert None not in (evidence.content(FileId.DG3), evidence.content(FileId.DG4))
    assert readings.judged(evidence, readings.trust_of(card)).verdict is Verdict.ACCEPTED
