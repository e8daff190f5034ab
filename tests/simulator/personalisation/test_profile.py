"""Card profiles."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from apdu.ciphers import CipherSuite
from chipid.errors import ConfigurationError
from chipid.lds.face_record import ImageFormat
from chipid.toml_table import parse_table
from simulator.access_rules import PasswordId
from simulator.chip import EndOfFile
from simulator.personalisation.profile import load_profile, read_profile

TEXT = files("simulator.personalisation").joinpath("profiles/cccd-2021.toml").read_text(encoding="utf-8")


def test_the_vietnamese_card_is_as_it_is_known() -> None:
    profile = load_profile("cccd-2021")
    (pace,) = profile.pace
    assert (pace.suite, pace.domain.name, pace.parameter_id) == (CipherSuite.AES_128, "brainpoolP256r1", 13)
    assert profile.passwords == (PasswordId.MRZ, PasswordId.CAN)
    assert profile.bac
    assert profile.select_mf_refused
    assert profile.extended_length
    assert profile.data_groups == (1, 2, 3, 13, 14, 15)
    assert profile.end_of_file is EndOfFile.WARNING
    assert profile.portrait is ImageFormat.JPEG


def test_its_sister_has_rsa() -> None:
    profile = load_profile("cccd-2021-rsa")
    assert profile.active_authentication is not None
    assert profile.active_authentication.bits == 2048
    assert profile.issuer.csca_key.curve is None
    assert profile.issuer.pss


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('portrait = "JPEG"', 'portrait = "PNG"', "files.portrait: one of JPEG, JPEG 2000 is expected"),
        ("[1, 2, 3, 13, 14, 15]", "[1, 3]", "files.data_groups: 1 and 2 are needed"),
        ("[1, 2, 3, 13, 14, 15]", "[1, 2, 11]", "files.data_groups: 1 and 2 are needed"),
        ("[1, 2, 3, 13, 14, 15]", "[1, 2, 2]", "files.data_groups: a list of different whole numbers"),
        ("[1, 2, 3, 13, 14, 15]", "[1, 2, 15]", "files.data_groups: 14 belongs to"),
        ("[1, 2, 3, 13, 14, 15]", "[1, 2, 14]", "files.data_groups: 15 belongs to"),
        ("extended_length = true", "extended_length = 1", "behaviour.extended_length: true or false is expected"),
        ('end_of_file = "6282"', 'end_of_file = "6E00"', "behaviour.end_of_file: one of 6282"),
        ('["MRZ", "CAN"]', '["KEY"]', "access.passwords: one of MRZ, CAN, PIN, PUK"),
        ('["MRZ", "CAN"]', '"CAN"', "access.passwords: a list of texts"),
        ("id-PACE-ECDH-GM-AES-CBC-CMAC-128", "id-PACE-XX", r"access.pace\[1\].protocol: one of"),
        ('curve = "brainpoolP256r1"', 'curve = "P-256"', r"access.pace\[1\].curve: one of"),
        ('key = "brainpoolP256r1"', 'key = "RSA-512"', "active_authentication.key: a curve or one of"),
        ('hash = "sha256"', 'hash = "md5"', "active_authentication.hash: one of"),
        ('csca_key = "brainpoolP384r1"', 'csca_key = "brainpoolP320r1"', "issuer.csca_key: RSA-2048"),
        ('signer_hash = "sha256"', 'signer_hash = "sha1"', "issuer.signer_hash: one of"),
        ('group_hash = "sha256"', "", "issuer.group_hash: this key is missing"),
        ('security_object = "v0"', 'security_object = "v0"\nx = 1', "issuer.x: this key is unknown"),
        ("description", "title", "description: this key is missing"),
        ("[behaviour]", "[conduct]", "behaviour: this key is missing"),
        ("[issuer]", "[issuer", "profile.toml: "),
    ],
)
def test_a_mistake_is_named_by_file_and_key(old: str, new: str, complaint: str) -> None:
    read_profile(parse_table(TEXT, "profile.toml"), "profile")
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        read_profile(parse_table(TEXT.replace(old, new, 1), "profile.toml"), "profile")
    assert re.match("profile.toml( line [0-9]+)?: ", caught.value.message)


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(ConfigurationError, match=re.escape("profiles/none.toml")):
        load_profile("none")
