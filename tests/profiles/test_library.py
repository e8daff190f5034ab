"""The shipped profiles are the table of services, and a site's own stand beside them."""

from __future__ import annotations

from dataclasses import fields
from importlib import resources
from pathlib import Path

import pytest

from chipid.errors import ConfigurationError
from chipid.identity.holder import Holder
from chipid.lds.files import FileId
from chipid.profiles.library import MAX_PROFILES, find_profile, load_profiles, shipped_profiles
from chipid.profiles.profile import CLAIMS, SOURCES, Confidence, FaceDemand, Profile
from chipid.verification.policy_file import shipped_policy

# The codes of the table of services.
CODES = {
    "P": "personal_number",
    "N": "full_name",
    "B": "birth_date",
    "S": "sex",
    "Na": "nationality",
    "E": "ethnicity",
    "religion": "religion",
    "R": "residence",
    "O": "place_of_origin",
    "I": "issue_date",
    "X": "expiry_date",
    "F": "father",
    "M": "mother",
    "Sp": "spouse",
    "Old": "old_number",
    "Ph": "portrait",
}
SERVICES = {
    ("bank-identity-authentication", "customer"): ("P N B S Na R I X Ph Old", "H"),
    ("hospital-check-in", "patient"): ("P N B S", "H"),
    ("hospital-check-in", "new-patient"): ("P N B S E R Na I Ph", "H"),
    ("electronic-health-book", "patient"): ("P N B S E R", "M"),
    ("judicial-record", "applicant"): ("P N S B Na E R I F M Sp Old", "H"),
    ("pension-payment", "beneficiary"): ("P N B S R I Ph", "M"),
    ("unemployment-benefit", "applicant"): ("P N B S E religion R I", "M"),
    ("birth-registration", "requester"): ("P N B E Na R", "M"),
    ("birth-registration", "parent"): ("P N B E Na R", "M"),
    ("death-registration", "requester"): ("P N I", "H"),
    ("death-registration", "deceased"): ("P N B S E Na I", "H"),
    ("first-tax-registration", "taxpayer"): ("P N B", "H"),
    ("drivers-licence-change", "driver"): ("P N B I Ph", "H"),
    ("marriage-registration", "partner"): ("P N B E Na R I", "M"),  # M/H
    ("digital-school-record", "pupil"): ("P N B S E O", "M"),
    ("digital-school-record", "parent"): ("P N", "M"),
    ("e-identification-account", "applicant"): ("P N B S Na I X Ph", "M"),
}
each_profile = pytest.mark.parametrize("profile", shipped_profiles().values(), ids=lambda one: one.name)


def shipped_text(name: str) -> str:
    return resources.files("chipid.profiles").joinpath(f"{name}.toml").read_text(encoding="utf-8")


def test_there_are_thirteen_profiles_and_they_are_the_table_of_services() -> None:
    assert len(shipped_profiles()) == 13
    found = {
        (profile.name, card.role): (card.claims, card.confidence.value)
        for profile in shipped_profiles().values()
        for card in profile.cards
    }
    expected = {key: (tuple(CODES[code] for code in codes.split()), level) for key, (codes, level) in SERVICES.items()}
    assert found == expected


@each_profile
def test_a_shipped_profile_reads_the_portrait_only_to_release_it(profile: Profile) -> None:
    for card in profile.cards:
        assert (FileId.DG2 in card.groups) == ("portrait" in card.claims)
        assert set(card.groups) <= {FileId.DG1, FileId.DG2, FileId.DG13}
        assert (card.face is not FaceDemand.NONE) == ("portrait" in card.claims)


@each_profile
def test_a_shipped_profile_reads_what_its_policy_judges(profile: Profile) -> None:
    policy = shipped_policy(profile.policy)
    assert profile.chip_proof or not policy.chip_proof
    assert all(FileId.DG1 in card.groups for card in profile.cards)  # its check digits and its date of expiry


@each_profile
def test_a_shipped_profile_says_why_in_both_languages_and_rests_on_the_data_protection_law(profile: Profile) -> None:
    texts = [profile.title, profile.purpose, profile.retention.reason, *(card.title for card in profile.cards)]
    texts += [basis.law for basis in profile.legal_basis]
    assert all(text.vi != text.en for text in texts)
    assert any("91/2025/QH15" in basis.law.en and basis.confidence is Confidence.HIGH for basis in profile.legal_basis)


def test_only_a_bank_keeps_what_it_was_told_because_it_must() -> None:
    assert {name for name, one in shipped_profiles().items() if one.retention.days} == {"bank-identity-authentication"}


def test_every_attribute_of_a_holder_is_a_claim_with_its_groups() -> None:
    assert set(CLAIMS) == {field.name for field in fields(Holder)} - {"verdict"} == set(SOURCES)
    assert set(CODES.values()) <= set(CLAIMS)


def test_a_site_adds_its_own_profiles_beside_the_shipped_ones(tmp_path: Path) -> None:
    text = shipped_text("first-tax-registration").replace('name = "first-tax-registration"', 'name = "library-card"')
    (tmp_path / "library-card.toml").write_text(text, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no profile", encoding="utf-8")
    found = load_profiles(tmp_path)
    assert set(found) == {*shipped_profiles(), "library-card"}
    assert find_profile(found, "library-card").source == "library-card.toml"
    assert load_profiles() == shipped_profiles()


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    text = shipped_text("first-tax-registration").replace('"birth_date"]', '"birth_date", "religion"]')
    (tmp_path / "first-tax-registration.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"first-tax-registration\.toml: name: .* is there already"):
        load_profiles(tmp_path)


def test_a_folder_that_is_none_and_a_file_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        load_profiles(tmp_path / "nowhere")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ConfigurationError, match=r"folder\.toml cannot be read"):
        load_profiles(tmp_path)


def test_the_number_of_profiles_is_bounded(tmp_path: Path) -> None:
    text = shipped_text("first-tax-registration")
    for number in range(MAX_PROFILES - 12):
        own = text.replace('name = "first-tax-registration"', f'name = "own-{number}"')
        (tmp_path / f"own-{number}.toml").write_text(own, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="more than"):
        load_profiles(tmp_path)


def test_an_unknown_name_is_answered_with_the_names_that_there_are() -> None:
    with pytest.raises(ConfigurationError, match="hospital-check-in"):
        find_profile(shipped_profiles(), "hospital")


def test_the_shipped_profiles_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        shipped_profiles()["own"] = next(iter(shipped_profiles().values()))  # type: ignore[index]
