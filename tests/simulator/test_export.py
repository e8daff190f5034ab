"""What is written beside simulated cards: certificates to trust, and a terminal that they let in."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipid.errors import ConfigurationError
from chipid.pki.chat import Role
from chipid.protocols.terminal_key import load_authority_key
from chipid.protocols.terminal_key_folder import is_readable_by_others, read_terminal_key
from simulator.card_image import issue_card
from simulator.export import AUTHORITIES, export_terminals, terminal_files
from simulator.personalisation.terminal_pki import TERMINAL_REFERENCE, establish_terminals
from simulator.pki.cv_issuer import CVAlgorithm
from simulator.pki.signing import KeyKind
from simulator.randomness import SeededEntropy
from simulator.scenarios import build_card


def nobody() -> str:
    raise AssertionError("nothing is asked for")


def test_the_terminal_of_a_card_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    card = build_card("genuine", profile="eac")
    export_terminals(tmp_path / "new", [card])
    key = read_terminal_key(tmp_path / "new", passphrase=nobody)
    assert key.certificate.holder_reference == TERMINAL_REFERENCE
    assert {one.role for one in key.certificates} == {Role.CVCA, Role.DV_DOMESTIC}
    assert not is_readable_by_others(tmp_path / "new")
    for name, role in (("cvca", Role.CVCA), ("verifier", Role.DV_DOMESTIC)):
        path = tmp_path / "new" / AUTHORITIES / f"{name}.pem"
        assert path.stat().st_mode & 0o077 == 0
        authority = load_authority_key(path.read_bytes(), path.with_suffix(".cvcert").read_bytes())
        assert authority.certificate.role is role


def test_several_cards_have_a_folder_each(tmp_path: Path) -> None:
    cards = [build_card("genuine", profile=profile) for profile in ("eac", "cccd-2021", "eac")]
    export_terminals(tmp_path, cards)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "3"]


def test_cards_without_terminal_authentication_have_no_terminal(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        export_terminals(tmp_path, [build_card("genuine")])
    issue_card(tmp_path / "card", "genuine")
    assert not (tmp_path / "card" / "terminal").exists()


@pytest.mark.parametrize("name", ["RSA-2048", "secp256r1"])
def test_every_kind_of_key_is_written(name: str) -> None:
    kind = KeyKind.by_name(name)
    assert kind is not None
    algorithm = CVAlgorithm(kind=kind) if kind.curve else CVAlgorithm(kind=kind, oid="0.4.0.127.0.7.2.2.2.1.2")
    terminals = establish_terminals(algorithm, SeededEntropy(name.encode()))
    files = terminal_files(terminals)
    authority = load_authority_key(files[f"{AUTHORITIES}/cvca.pem"], files[f"{AUTHORITIES}/cvca.cvcert"])
    assert authority.certificate == terminals.cvca.certificate
