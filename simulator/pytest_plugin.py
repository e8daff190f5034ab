"""A chip ID card in a test suite: pytest fixtures that need no configuration.

``card`` is a genuine card. Another one comes by marker or by indirect parameters::

    @pytest.mark.card(scenario="cloned", person="tran-thi-b", profile="cccd-2021")
    def test_...(card, transport, trust_store): ...

    @pytest.mark.parametrize("card", ["genuine", "cloned"], indirect=True)
    def test_...(card): ...

``issuer`` is the public key infrastructure that issued it, ``trust_store`` what a relying party holds of it,
``transport`` the card in process, ``virtual_reader`` a slot of a private pcscd. Like the command line this module
wires rooms together that do not know each other; it imports them where they are used, so that it costs a test run
nothing that asks for no card.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from datetime import date

    from chipid.trust.store import TrustStore
    from simulator.pcsc_stack import PCSCStack
    from simulator.pki.issuer import IssuingAuthority
    from simulator.scenarios import SimulatedCard
    from simulator.transport import SimulatedTransport
    from simulator.virtual_reader import VirtualReader

    IssuerKey = tuple[str, str, date]

MARKER = "card"
ARGUMENTS = ("scenario", "person", "profile")
GENUINE = "genuine"
SOURCE = "simulated issuer"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARKER}(scenario, person, profile): the simulated card that the fixtures of chipid give this test"
    )


@pytest.fixture(scope="session")
def _issuers() -> dict[IssuerKey, IssuingAuthority]:
    """Issuers made in this run: keys and certificates are drawn once."""
    return {}


@pytest.fixture
def issuer(request: pytest.FixtureRequest, _issuers: dict[IssuerKey, IssuingAuthority]) -> IssuingAuthority:
    """The issuing state behind ``card``: CSCA, links, document signers, revocation list, master list."""
    from simulator.personalisation.population import find_citizen
    from simulator.personalisation.profile import load_profile
    from simulator.randomness import SeededEntropy
    from simulator.scenarios import FIXED_SEED, HOLDER, PROFILE, build_issuer, find_scenario

    wanted = _specification(request)
    scenario = find_scenario(wanted.get("scenario", GENUINE))
    recipe = scenario.recipe
    profile = wanted.get("profile") or recipe.profile or PROFILE
    day = find_citizen(wanted.get("person") or recipe.person or HOLDER).issue_date
    key = (recipe.architecture, profile, day)
    if key not in _issuers:
        entropy = SeededEntropy(FIXED_SEED)
        _issuers[key] = build_issuer(scenario, entropy=entropy, issued_on=day, profile=load_profile(profile))
    return _issuers[key]


@pytest.fixture
def card(request: pytest.FixtureRequest, issuer: IssuingAuthority) -> SimulatedCard:
    """A simulated card, genuine unless a marker or an indirect parameter asks for another one."""
    from simulator.scenarios import build_card

    wanted = _specification(request)
    return build_card(
        wanted.get("scenario", GENUINE), person=wanted.get("person"), profile=wanted.get("profile"), issuer=issuer
    )


@pytest.fixture
def transport(card: SimulatedCard) -> Iterator[SimulatedTransport]:
    """The card in process, powered and behind the same door as a card on a reader."""
    opened = card.transport()
    yield opened
    opened.close()


@pytest.fixture
def trust_store(card: SimulatedCard) -> TrustStore:
    """What a relying party of the card's scenario trusts: CSCA and link certificates, and the revocation list."""
    return trust_in(card, source=SOURCE)


@pytest.fixture(scope="session")
def _pcsc_stack() -> Iterator[PCSCStack]:
    from simulator import pcsc_stack

    reason = pcsc_stack.missing()
    if reason is not None:
        pytest.skip(f"no pcscd of our own: {reason}")
    with pcsc_stack.temporary_folder() as folder:
        before = os.environ.get(pcsc_stack.SOCKET_VARIABLE)
        os.environ[pcsc_stack.SOCKET_VARIABLE] = str(pcsc_stack.socket_in(folder))
        try:
            with pcsc_stack.PCSCStack(folder) as running:
                yield running
        finally:
            if before is None:
                del os.environ[pcsc_stack.SOCKET_VARIABLE]
            else:
                os.environ[pcsc_stack.SOCKET_VARIABLE] = before


@pytest.fixture
def virtual_reader(_pcsc_stack: PCSCStack) -> VirtualReader:
    """An empty slot of a pcscd that only this test run sees; ``with virtual_reader.holding(card.transport())``.

    The test is skipped, with the reason, where pcscd, vpcd or pyscard are missing. pcsc-lite chooses its pcscd once in
    a process: a run that has spoken to the machine's own readers before cannot see this one.
    """
    from reader.discovery import list_readers
    from simulator.virtual_reader import VirtualReader

    name = _pcsc_stack.readers[0]
    if name not in {one.name for one in list_readers()}:
        pytest.skip("this process already speaks to another pcscd")
    return VirtualReader(name=name, port=_pcsc_stack.ports[0])


def trust_in(card: SimulatedCard, *, source: str) -> TrustStore:
    """The trust store of a relying party that holds what the card's certificate architecture lets it hold."""
    from chipid.trust.crl_import import with_crls
    from chipid.trust.store import TrustStore

    return with_crls(TrustStore.from_certificates(card.trust_anchors, source=source), card.crls, source=source)


def _specification(request: pytest.FixtureRequest) -> Mapping[str, str]:
    """What the test asks for, by the names of :data:`ARGUMENTS`: an indirect parameter comes before the marker."""
    marker = request.node.get_closest_marker(MARKER)
    asked: dict[str, Any] = (
        {} if marker is None else {**dict(zip(ARGUMENTS, marker.args, strict=False)), **marker.kwargs}
    )
    call = getattr(request.node, "callspec", None)
    parameter = None if call is None else call.params.get("card")
    if isinstance(parameter, str):
        asked["scenario"] = parameter
    elif isinstance(parameter, Mapping):
        asked.update(parameter)
    unknown = set(asked) - set(ARGUMENTS)
    if unknown:
        raise pytest.UsageError(f"a card is asked for by {', '.join(ARGUMENTS)}, not by {', '.join(sorted(unknown))}")
    return asked
