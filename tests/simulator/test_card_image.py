"""Cards in folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipid.errors import ConfigurationError
from chipid.trust.store import TrustStore
from chipid.verification.report import Verdict
from simulator.card_image import CARD, KEYS, issue_card, issue_population, load_card, open_card
from simulator.scenarios import SimulatedCard, build_card
from tests.scenarios import readings


def _verdict(card: SimulatedCard, trust: Path) -> Verdict:
    evidence = readings.read(card.transport(), card.access_key)
    return readings.judged(evidence, TrustStore.from_directory(trust)).verdict


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_issued_card_is_read_back_and_accepted(tmp_path: Path) -> None:
    issue_card(tmp_path / "card", "genuine", person="tran-thi-b")
    card = load_card(tmp_path / "card")
    assert card.person.key == "tran-thi-b"
    assert _verdict(card, tmp_path / "card" / "trust") is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("scenario", "verdict"),
    [("cloned", Verdict.REJECTED), ("unknown-issuer", Verdict.UNDECIDED), ("issuer-after-rollover", Verdict.ACCEPTED)],
)
def test_a_scenario_stays_what_it_is(tmp_path: Path, scenario: str, verdict: Verdict) -> None:
    issue_card(tmp_path / "card", scenario)
    assert _verdict(load_card(tmp_path / "card"), tmp_path / "card" / "trust") is verdict


def test_a_card_with_rsa_keys_is_read_back(tmp_path: Path) -> None:
    issued = issue_card(tmp_path / "card", "genuine", profile="cccd-2021-rsa")
    assert load_card(tmp_path / "card").chip.active_authentication == issued.chip.active_authentication


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        issue_card(tmp_path / name, "issuer-after-rollover", seed=b"seed")
    issue_card(tmp_path / "three", "issuer-after-rollover", seed=b"other")
    first = _snapshot(tmp_path / "one")
    assert first == _snapshot(tmp_path / "two")
    third = _snapshot(tmp_path / "three")
    assert set(first) == set(third)
    same = {name for name in first if first[name] == third[name]}
    # What the keys do not touch: the person, and what the chip says without them.
    unsigned = ("DG1", "DG2", "DG13", "EF.COM", "EF.DIR", "EF.ATR-INFO", "EF.CardAccess")
    assert same == {f"files/{one}.bin" for one in unsigned}


def test_whoever_edits_a_file_has_made_a_forgery(tmp_path: Path) -> None:
    issue_card(tmp_path / "card", "genuine")
    path = tmp_path / "card" / "files" / "DG13.bin"
    path.write_bytes(path.read_bytes().replace(b"Kinh", b"King"))
    assert _verdict(load_card(tmp_path / "card"), tmp_path / "card" / "trust") is Verdict.REJECTED


def test_whoever_exchanges_a_key_has_made_a_clone(tmp_path: Path) -> None:
    issue_card(tmp_path / "card", "genuine")
    path = tmp_path / "card" / KEYS
    path.write_text("".join(f'{line.split(" = ")[0]} = "1234"\n' for line in path.read_text().splitlines()))
    assert _verdict(load_card(tmp_path / "card"), tmp_path / "card" / "trust") is Verdict.REJECTED


def test_citizens_get_a_card_each(tmp_path: Path) -> None:
    cards = list(issue_population(tmp_path, "genuine", 3))
    assert [one.person.key for one in cards] == ["citizen-0", "citizen-1", "citizen-2"]
    assert load_card(tmp_path / "citizen-2").person == cards[2].person
    assert len({one.personal_number for one in cards}) == 3


def test_a_name_is_a_folder_or_a_scenario(tmp_path: Path) -> None:
    issue_card(tmp_path / "card", "cloned")
    assert open_card(str(tmp_path / "card")).scenario.name == "cloned"
    assert open_card("genuine").can == build_card("genuine").can
    with pytest.raises(ConfigurationError, match="there is no scenario"):
        open_card(str(tmp_path))


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        issue_card(tmp_path, "genuine")
    with pytest.raises(ConfigurationError, match="not an empty folder"):
        issue_card(tmp_path / "letter", "genuine")


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (CARD, "format = 1", "format = 2", r"card.toml line 1: format: 1 is expected"),
        (CARD, 'scenario = "genuine"', 'scenario = "none"', "there is no scenario 'none'"),
        (CARD, 'person = "nguyen-van-a"', 'person = "none"', "there is no person 'none'"),
        (CARD, 'seed = "', 'seed = "x', r"card.toml line 5: seed: hexadecimal digits"),
        (CARD, "format = 1", "format = ", "card.toml: "),
        (
            KEYS,
            'chip_authentication_0 = "',
            'chip_authentication_0 = "x',
            "line 1: chip_authentication_0: hexa",
        ),
        (KEYS, "chip_authentication_0", "chip_authentication_7", "chip_authentication_0: this key is missing"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(tmp_path: Path, file: str, old: str, new: str, complaint: str) -> None:
    issue_card(tmp_path / "card", "genuine")
    path = tmp_path / "card" / file
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ConfigurationError, match=complaint):
        load_card(tmp_path / "card")


def test_what_is_missing_or_too_large_is_named(tmp_path: Path) -> None:
    issue_card(tmp_path / "card", "genuine")
    (tmp_path / "card" / "files" / "DG2.bin").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(ConfigurationError, match=r"DG2\.bin has more than"):
        load_card(tmp_path / "card")
    (tmp_path / "card" / KEYS).unlink()
    (tmp_path / "card" / "files" / "DG2.bin").unlink()
    with pytest.raises(ConfigurationError, match=r"keys\.toml"):
        load_card(tmp_path / "card")
