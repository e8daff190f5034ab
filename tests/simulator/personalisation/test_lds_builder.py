"""Files and keys of a personalised chip."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.crypto.points import KeyPair
from chipid.lds.dg2 import parse_dg2
from chipid.lds.dg13 import parse_dg13
from chipid.lds.dg14 import parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.face_record import ImageFormat
from chipid.lds.files import FileId
from simulator.access_rules import AccessStatus, Authorisation, TerminalRight
from simulator.chip import ChipAuthenticationKey, ECSigningKey, RSASigningKey
from simulator.personalisation.chip_keys import generate_chip_keys
from simulator.personalisation.lds_builder import assemble_chip, build_atr_info, build_files
from simulator.personalisation.people import load_people
from simulator.personalisation.profile import CardProfile, load_profile
from simulator.pki.issuer import establish
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card

# The dummy of the documented example, 393 bytes.
DUMMY_DG13 = bytes.fromhex(
    "6d82018530820181020101060628d31601000831820172"
    "3011020101130c303031303939303030303031"
    "30140201020c0f4e677579e1bb856e2056c4836e2041"
    "300f020103130a30312f30312f31393939"
    "30080201040c034e616d"
    "300f0201050c0a5669e1bb8774204e616d"
    "30090201060c044b696e68"
    "300b0201070c064b68c3b46e67"
    "30200201080c1b58c3a320412c20487579e1bb876e20422c2048c3a0204ee1bb9969"
    "302d0201090c2853e1bb9120312c205068c6b0e1bb9d6e6720422c205175e1baad6e20442c2048c3a0204ee1bb9969"
    "302b02010a0c264ee1bb9174207275e1bb936920433a31636d2064c6b0e1bb9b69206de1baaf74207472c3a169"
    "300f02010b130a30312f30362f32303233"
    "300f02010c0c0a30312f30312f32303339"
    "302802010d30110c0f4e677579e1bb856e2056c4836e204230100c0e5472e1baa76e205468e1bb8b2043"
    "301202010e300d0c0b4cc3aa205468e1bb8b2044"
    "300e02010f1309303132333435363738"
    "301502011013103032393430303030303030303030"
    "3030"
)
CARD_ACCESS = bytes.fromhex(
    "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
)


@pytest.fixture(scope="module")
def card() -> SimulatedCard:
    return build_card("genuine")


@pytest.fixture(scope="module")
def rsa_card() -> SimulatedCard:
    return build_card("genuine", profile="cccd-2021-rsa")


def _content(card: SimulatedCard, file: FileId) -> bytes:
    home = card.chip.files.master_file if file.in_mf else card.chip.files.applications[0]
    found = home.by_fid(file.fid)
    assert found is not None
    assert found is home.by_sfi(file.sfi)
    return found.content


def test_the_card_access_file_is_that_of_the_known_card(card: SimulatedCard) -> None:
    assert _content(card, FileId.CARD_ACCESS) == CARD_ACCESS


def test_dg13_is_the_documented_one(card: SimulatedCard) -> None:
    assert _content(card, FileId.DG13) == DUMMY_DG13


def test_the_list_of_groups_is_that_of_the_known_card(card: SimulatedCard) -> None:
    assert parse_ef_com(_content(card, FileId.COM)).data_groups == (1, 2, 3, 13, 14, 15)
    files = {one.fid for one in card.chip.files.applications[0].files}
    assert files == {0x011E, 0x011D, 0x0101, 0x0102, 0x0103, 0x010D, 0x010E, 0x010F}


@pytest.mark.parametrize("key", load_people())
def test_every_person_gets_a_card_that_says_who_they_are(key: str) -> None:
    card = build_card("genuine", person=key)
    details = parse_dg13(_content(card, FileId.DG13))
    assert details.full_name == card.person.full_name
    assert (details.father, details.mother, details.spouse) == (
        card.person.father,
        card.person.mother,
        card.person.spouse,
    )
    (image,) = parse_dg2(_content(card, FileId.DG2)).images
    assert image.format is ImageFormat.JPEG
    assert 13_000 < len(_content(card, FileId.DG2)) < 18_000


def test_the_portrait_of_the_other_profile_is_jpeg_2000(rsa_card: SimulatedCard) -> None:
    (image,) = parse_dg2(_content(rsa_card, FileId.DG2)).images
    assert image.format is ImageFormat.JPEG_2000
    assert image.image_data_type == 1


def test_dg14_names_the_protocols_and_the_key_of_the_chip(card: SimulatedCard) -> None:
    infos = parse_dg14(_content(card, FileId.DG14)).security_infos
    assert not infos.deviations
    assert [one.parameter_id for one in infos.pace] == [13]
    assert [one.oid for one in infos.chip_authentication] == [oids.ID_CA_ECDH_AES_CBC_CMAC_128]
    assert [one.signature_algorithm for one in infos.active_authentication] == [oids.ECDSA_PLAIN_SHA256]
    assert len(infos.terminal_authentication) == 1
    (static,) = card.chip.chip_authentication
    public = infos.chip_authentication_keys[0].public_key
    assert isinstance(public, ECPublicKey)
    assert isinstance(static.domain, Curve)
    assert public.point == KeyPair(static.domain, static.private).public


def test_dg15_holds_the_key_of_the_chip(card: SimulatedCard, rsa_card: SimulatedCard) -> None:
    key, public = card.chip.active_authentication, parse_dg15(_content(card, FileId.DG15)).public_key
    assert isinstance(key, ECSigningKey)
    assert isinstance(public, ECPublicKey)
    assert public.point == KeyPair(key.curve, key.private).public
    rsa_key, rsa_public = rsa_card.chip.active_authentication, parse_dg15(_content(rsa_card, FileId.DG15)).public_key
    assert isinstance(rsa_key, RSASigningKey)
    assert isinstance(rsa_public, RSAPublicKey)
    assert rsa_public.n == rsa_key.p * rsa_key.q


def test_fingerprints_are_behind_terminal_authentication_and_there_are_none(card: SimulatedCard) -> None:
    file = card.chip.files.applications[0].by_fid(FileId.DG3.fid)
    assert file is not None
    assert tlv.parse_one(file.content, 0x63).child(0x7F61).value == b"\x02\x01\x00"
    opened = Authorisation(status=AccessStatus.PACE, chip_authenticated=True)
    assert not file.rule.allows(opened)
    assert file.rule.allows(replace(opened, terminal_rights=frozenset({TerminalRight.READ_FINGERPRINTS})))


def test_the_security_object_holds_the_hash_of_every_file(card: SimulatedCard, rsa_card: SimulatedCard) -> None:
    for one in (card, rsa_card):
        sod = _content(one, FileId.SOD)
        for number in (1, 2, 3, 13, 14, 15):
            assert hashlib.sha256(_content(one, FileId.data_group(number))).digest() in sod


@pytest.mark.parametrize("extended", [False, True])
def test_the_card_tells_whether_long_commands_are_possible(extended: bool) -> None:
    found = {one.tag: one for one in tlv.parse_all(build_atr_info(extended_length=extended))}
    assert (0x7F66 in found) is extended
    assert len(found[0x47].value) == 3
    if extended:
        assert [one.value for one in found[0x7F66].children()] == [b"\xff\xff", b"\xff\xff"]


def test_several_chip_authentication_keys_carry_their_identifiers() -> None:
    profile = load_profile("cccd-2021")
    (plan,) = profile.chip_authentication
    protocols = (oids.ID_CA_ECDH_AES_CBC_CMAC_128, oids.ID_CA_ECDH_3DES_CBC_CBC)
    several = replace(
        profile,
        chip_authentication=(replace(plan, key_id=1), replace(plan, key_id=2, protocols=protocols)),
        card_access_repeats_all=False,
    )
    keys = _personalise(several)
    assert [one.key_id for one in keys] == [1, 2]
    assert set(keys[1].suites.values()) == {CipherSuite.AES_128, CipherSuite.TDES}


def _personalise(profile: CardProfile) -> tuple[ChipAuthenticationKey, ...]:
    entropy = SeededEntropy(b"several")
    person = load_people()["tran-thi-b"]
    issuer = establish(profile.issuer, entropy=entropy.fork("issuer"), issued_on=person.issue_date)
    keys = generate_chip_keys(profile, entropy.fork("chip"))
    files = build_files(person, profile, keys, issuer, entropy=entropy.fork("files"))
    infos = parse_dg14(files.contents[FileId.DG14]).security_infos
    assert sorted((one.key_id or 0) for one in infos.chip_authentication) == [1, 2, 2]
    chip = assemble_chip(person, profile, keys, files)
    access = chip.files.master_file.by_fid(FileId.CARD_ACCESS.fid)
    assert access is not None
    assert access.content == bytes.fromhex("31143012060A04007F0007020204020202010202010D")
    return chip.chip_authentication
