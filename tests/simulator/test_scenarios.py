"""The scenarios: each card opened by a terminal written by hand, and its one fault found."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from asn1crypto import cms, x509

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.secure_messaging import SessionKeys, TerminalChannel
from chipid.asn1 import der, oids
from chipid.crypto.entropy import system_entropy
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.crypto.keys import ECPublicKey, load_public_key
from chipid.crypto.points import KeyPair, encode_point
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme, parse_signature_algorithm, verify_signature
from chipid.errors import ConfigurationError, SignatureError
from chipid.lds.dg14 import parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.lds_security_object import parse_lds_security_object
from chipid.mrz.dates import resolve_expiry_date
from chipid.mrz.mrz import parse_mrz
from simulator.personalisation.profile import load_profile
from simulator.randomness import SeededEntropy
from simulator.scenarios import SCENARIOS, SimulatedCard, build_card
from tests.simulator.terminal import Terminal, child

NAMES = [one.name for one in SCENARIOS]
# Those whose one fault this terminal can see by itself.
SEEN = (
    "genuine",
    "cloned",
    "tampered-dg13",
    "tampered-portrait",
    "unknown-issuer",
    "expired-signer",
    "expired-card",
    "wrong-hash",
)
READABLE = (1, 2, 13, 14, 15)
CHALLENGE = bytes(range(8))


def open_card(card: SimulatedCard) -> Terminal:
    """PACE with the CAN that is known of the card, then the application."""
    terminal = Terminal(card.start())
    (offer,) = load_profile("cccd-2021").pace
    steps = terminal.pace_set_at(offer)
    terminal.pace_nonce(steps, card.can.encode())
    terminal.pace_map(steps)
    terminal.pace_agree(steps)
    assert terminal.pace_token(steps).sw == 0x9000
    assert steps.keys is not None
    terminal.channel = TerminalChannel(steps.keys)
    assert terminal.secure(instructions.select_application(AID_EMRTD)).sw == 0x9000
    return terminal


def _read(terminal: Terminal, file: FileId) -> bytes:
    content = terminal.secure(instructions.read_binary_sfi(file.sfi, 0, 8)).data
    _, header, length = tlv.read_header(content)
    while len(content) < header + length:
        command = instructions.read_binary(len(content), min(220, header + length - len(content)))
        content += terminal.secure(command).data
    return content


def _wrong_hashes(terminal: Terminal) -> list[int]:
    signed = _signed_data(terminal)
    hashes = dict(parse_lds_security_object(signed["encap_content_info"]["content"].parsed.dump()).hashes)
    assert sorted(hashes) == [1, 2, 3, 13, 14, 15]
    return [
        number
        for number in READABLE
        if hashlib.sha256(_read(terminal, FileId.data_group(number))).digest() != hashes[number]
    ]


def _signed_data(terminal: Terminal) -> cms.SignedData:
    sod = tlv.parse_one(_read(terminal, FileId.SOD), 0x77).value
    return cms.ContentInfo.load(sod, strict=True)["content"]


def _is_anchored(terminal: Terminal, card: SimulatedCard) -> bool:
    signer = _signed_data(terminal)["certificates"][0].chosen
    (anchor,) = card.trust_anchors
    key = load_public_key(x509.Certificate.load(anchor).public_key.dump())
    algorithm = parse_signature_algorithm(signer["signature_algorithm"].dump(), digest=None)
    try:
        verify_signature(key, algorithm, signer["tbs_certificate"].dump(), signer["signature_value"].native)
    except SignatureError:
        return False
    return True


def _signer_was_valid(terminal: Terminal) -> bool:
    signed = _signed_data(terminal)
    attributes = signed["signer_infos"][0]["signed_attrs"]
    (at,) = (one["values"][0].native for one in attributes if one["type"].native == "signing_time")
    validity = signed["certificates"][0].chosen["tbs_certificate"]["validity"]
    return bool(validity["not_before"].native <= at <= validity["not_after"].native)


def _signs_with_its_key(terminal: Terminal) -> bool:
    key = parse_dg15(_read(terminal, FileId.DG15)).public_key
    signature = terminal.secure(instructions.internal_authenticate(CHALLENGE)).data
    algorithm = SignatureAlgorithm(scheme=SignatureScheme.ECDSA_PLAIN, hash_name="sha256")
    try:
        verify_signature(key, algorithm, CHALLENGE, signature)
    except SignatureError:
        return False
    return True


def _holds_its_agreement_key(terminal: Terminal) -> bool:
    (info,) = parse_dg14(_read(terminal, FileId.DG14)).security_infos.chip_authentication_keys
    public = info.public_key
    assert isinstance(public, ECPublicKey)
    own = KeyPair(public.curve, 0x42424242)
    suite = tlv.encode(0x80, der.oid_value(oids.ID_CA_ECDH_AES_CBC_CMAC_128))
    assert terminal.secure(instructions.set_at_internal_authentication(suite)).sw == 0x9000
    data = tlv.encode(0x80, encode_point(public.curve, own.public))
    assert terminal.secure(instructions.general_authenticate(data, last=True)).sw == 0x9000
    terminal.channel = TerminalChannel(derive_session_keys(own.shared_secret(public.point), CipherSuite.AES_128))
    return terminal.plain(terminal.channel.protect(instructions.read_binary_sfi(0x1E, 0, 8))).sw == 0x9000


def _has_expired(card: SimulatedCard) -> bool:
    expiry = resolve_expiry_date(parse_mrz(card.mrz).expiry_date, reference=date(2024, 1, 1))
    assert expiry < date(2024, 1, 1) or expiry >= date(2039, 1, 1)
    return expiry < date(2024, 1, 1)


@pytest.mark.parametrize("name", SEEN)
def test_a_card_is_wrong_in_exactly_the_way_its_scenario_says(name: str) -> None:
    card = build_card(name)
    scenario, terminal = card.scenario, open_card(card)
    hashes = {"tampered-dg13": [13], "tampered-portrait": [2], "wrong-hash": [1]}.get(name, [])
    assert _wrong_hashes(terminal) == hashes
    assert [f"DG{number}" for number in hashes] == ([scenario.subject] if scenario.check == "group-hash" else [])
    assert _is_anchored(terminal, card) is (scenario.check != "signer-chain")
    assert _signer_was_valid(terminal) is (scenario.check != "signer-validity")
    assert _has_expired(card) is (scenario.check == "document-expiry")
    assert _signs_with_its_key(terminal) is (scenario.check != "chip-authentication")
    assert _holds_its_agreement_key(terminal) is (scenario.check != "chip-authentication")


def test_scenarios_have_different_names_and_a_verdict() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert {one.verdict for one in SCENARIOS} == {"accepted", "rejected", "undecided", "unreadable"}
    assert {one.name for one in SCENARIOS if not one.check} == {
        one.name for one in SCENARIOS if one.verdict == "accepted"
    }


def test_the_known_behaviour_of_the_vietnamese_card() -> None:
    card = build_card("genuine")
    terminal = Terminal(card.start())
    assert terminal.sw("00A4000C023F00") == 0x6D00
    assert terminal.sw("00A4020C02011C") == 0x9000
    assert len(terminal.raw("00B0000000")[0]) == 108
    opened = open_card(card)
    assert opened.secure_sw("00A4020C020103") == 0x6982
    assert opened.secure_sw("00A4020C02010B") == 0x6A82
    assert opened.secure_hex("00B09E0000")[0].endswith("5C066175636D6E6F")


def test_a_wrong_can_ends_with_6300_and_the_right_one_still_opens() -> None:
    card = build_card("genuine")
    terminal = Terminal(card.start())
    (offer,) = load_profile("cccd-2021").pace
    steps = terminal.pace_set_at(offer)
    terminal.pace_nonce(steps, b"999999")
    terminal.pace_map(steps)
    terminal.pace_agree(steps)
    assert terminal.pace_token(steps).sw == 0x6300
    assert _read(open_card(card), FileId.DG13)


def test_basic_access_control_opens_the_card_with_its_zone() -> None:
    card = build_card("genuine")
    mrz = parse_mrz(card.mrz)
    information = mrz.text[5:15] + mrz.text[30:37] + mrz.text[38:45]
    k_seed = hashlib.sha1(information.encode()).digest()[:16]
    enc = BlockCipher(CipherSuite.TDES, derive_key(k_seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES))
    mac = MessageAuthentication(CipherSuite.TDES, derive_key(k_seed, KeyPurpose.MAC, CipherSuite.TDES))
    terminal = Terminal(card.start())
    terminal.select_application()
    rnd_ic = terminal.plain(instructions.get_challenge()).data
    e_ifd = enc.encrypt(bytes(8) + rnd_ic + bytes(16))
    answer = terminal.plain(instructions.external_authenticate(e_ifd + mac.compute(e_ifd), ne=40))
    assert answer.sw == 0x9000
    k_ic = enc.decrypt(answer.data[:32])[16:]
    keys: SessionKeys = derive_session_keys(k_ic, CipherSuite.TDES, int.from_bytes(rnd_ic[4:] + bytes(4), "big"))
    terminal.channel = TerminalChannel(keys)
    assert _read(terminal, FileId.DG1) == tlv.encode(0x61, tlv.encode(0x5F1F, card.mrz.encode()))


def _all_contents(card: SimulatedCard) -> list[bytes]:
    return [one.content for one in card.chip.files.applications[0].files]


def test_without_a_random_source_a_card_is_always_the_same() -> None:
    assert _all_contents(build_card("genuine")) == _all_contents(build_card("genuine"))
    assert build_card("genuine").trust_anchors == build_card("cloned").trust_anchors


def test_a_random_source_decides_every_key() -> None:
    seeded = [build_card("genuine", entropy=SeededEntropy(b"seed")) for _ in range(2)]
    assert _all_contents(seeded[0]) == _all_contents(seeded[1])
    assert seeded[0].trust_anchors == seeded[1].trust_anchors
    drawn = [build_card("genuine", entropy=system_entropy) for _ in range(2)]
    assert drawn[0].trust_anchors != drawn[1].trust_anchors
    assert drawn[0].chip.chip_authentication != drawn[1].chip.chip_authentication


def test_a_clone_has_the_files_of_the_genuine_card() -> None:
    assert _all_contents(build_card("cloned")) == _all_contents(build_card("genuine"))


def test_the_date_of_issue_can_be_given() -> None:
    card = build_card("genuine", issued_on=date(2025, 2, 3))
    assert b"03/02/2025" in card.chip.files.applications[0].by_fid(FileId.DG13.fid).content  # type: ignore[union-attr]
    assert _signer_was_valid(open_card(card))


def test_a_powered_card_starts_anew_and_never_repeats_a_challenge() -> None:
    card = build_card("genuine")
    challenges = {Terminal(card.start()).raw("0084000008")[0] for _ in range(5)}
    assert len(challenges) == 5


def test_nothing_personal_is_printed() -> None:
    card = build_card("genuine")
    assert card.can not in repr(card)
    assert "NGUYEN" not in repr(card)
    assert repr(card) == f"SimulatedCard(scenario={card.scenario!r})"


@pytest.mark.parametrize("arguments", [{"scenario": "none"}, {"scenario": "genuine", "person": "none"}])
def test_an_unknown_name_is_refused_with_those_that_exist(arguments: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="there is no"):
        build_card(**arguments)  # type: ignore[arg-type]


def test_the_last_answer_of_pace_carries_the_token_alone() -> None:
    terminal = Terminal(build_card("genuine").start())
    (offer,) = load_profile("cccd-2021").pace
    steps = terminal.pace_set_at(offer)
    terminal.pace_nonce(steps, b"000001")
    terminal.pace_map(steps)
    terminal.pace_agree(steps)
    assert len(child(terminal.pace_token(steps).data, 0x86)) == 8
