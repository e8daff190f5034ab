"""The chips that issuing states use, by profile: each is opened, read and proven by a terminal of our own."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.secure_messaging import TerminalChannel
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.iso9796 import verify_recoverable_signature
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.crypto.keys import ECPublicKey, RSAPublicKey, load_public_key
from chipid.crypto.points import KeyPair, decode_point, encode_point, multiply
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.lds.ef_atr_info import parse_ef_atr_info
from chipid.lds.ef_card_security import parse_card_security
from chipid.lds.ef_cvca import parse_ef_cvca
from chipid.lds.ef_dir import parse_ef_dir
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.protocols import PACEMapping
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import parse_mrz
from chipid.pki.certificate import parse_certificate, verify_issued_by
from chipid.pki.cms import verify_signed_data
from chipid.pki.cv_certificate import parse_cv_certificate
from simulator.card_os import CardOS
from simulator.chip import BACKeys, ChipAuthenticationKey
from simulator.personalisation.chip_keys import generate_chip_keys
from simulator.personalisation.lds_builder import PIN
from simulator.personalisation.profile import load_profile
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card
from tests.simulator.eac import EACTerminal
from tests.simulator.pace_terminal import PACETerminal, Run, chip_authentication_data

CURVES = ("secp256r1", "secp384r1", "brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1")
PROFILES = (
    "bac-only",
    "bac-aa-rsa",
    "bac-ca-3des-secp192r1",
    "bac-ca-3des-brainpoolP256r1",
    "pace-gm-3des",
    *(f"pace-gm-aes{bits}-{curve}" for bits in (128, 256) for curve in CURVES),
    "pace-im-aes256-brainpoolP256r1",
    "pace-cam-aes256-brainpoolP384r1",
    "pace-dh-gm-3des-group2",
    "eac",
    "eid-pin",
)
SCALAR = 0x1F2E3D4C5B6A


class ProfileTerminal(EACTerminal):
    """Opens any chip with what stands on the card."""

    def __init__(self, card: SimulatedCard) -> None:
        super().__init__(card.start())
        self.simulated = card
        self.key = AccessKey.from_mrz(parse_mrz(card.mrz))

    def enter(self) -> Run | None:
        """PACE with the last offer of the chip, or BAC; then the application."""
        pace = self.card.chip.pace
        if pace is None:
            self.enter_by_bac()
            return None
        offer, can = pace.offers[-1], self.simulated.can.encode()
        run = PACETerminal(terminal=self, offer=offer, secret=can, name_parameters=True).open()
        assert self.secure(instructions.select_application(AID_EMRTD)).sw == 0x9000
        return run

    def enter_by_bac(self) -> None:
        keys = BACKeys(
            k_enc=derive_key(self.key.k_seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES),
            k_mac=derive_key(self.key.k_seed, KeyPurpose.MAC, CipherSuite.TDES),
        )
        self.bac(keys=keys)

    def file(self, file: FileId) -> bytes:
        """A whole file by its short identifier, in pieces."""
        content = self.secure(instructions.read_binary_sfi(file.sfi, 0, 256)).data
        while True:
            response = self.secure(instructions.read_binary(len(content), 200))
            if response.sw not in (0x9000, 0x6282):
                return content
            content += response.data


def _card(profile: str) -> SimulatedCard:
    return build_card("genuine", profile=profile)


def test_every_profile_is_tested() -> None:
    folder = files("simulator.personalisation").joinpath("profiles")
    names = {one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")}
    assert names == {*PROFILES, "cccd-2021", "cccd-2021-rsa"}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_chip_opens_and_its_files_are_those_that_were_signed(profile: str) -> None:
    terminal = ProfileTerminal(_card(profile))
    terminal.enter()
    sod = parse_sod(terminal.file(FileId.SOD))
    assert set(sod.data_group_hashes) == set(load_profile(profile).data_groups)
    for number, value in sod.data_group_hashes.items():
        if number not in (3, 4):
            assert hashlib.new(sod.hash_algorithm, terminal.file(FileId.data_group(number))).digest() == value
        else:
            assert terminal.secure(instructions.read_binary_sfi(number, 0, 1)).sw == 0x6982


@pytest.mark.parametrize("profile", PROFILES)
def test_the_chip_opens_by_bac_too(profile: str) -> None:
    terminal = ProfileTerminal(_card(profile))
    terminal.enter_by_bac()
    assert terminal.file(FileId.COM)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_master_file_tells_what_the_chip_can_do(profile: str) -> None:
    card = _card(profile)
    terminal = ProfileTerminal(card)
    extended = load_profile(profile).extended_length

    def read(file: FileId) -> tuple[bytes, int]:
        data, sw = terminal.raw(f"00B0{0x80 | file.sfi:02X}0000")
        return bytes.fromhex(data), sw

    assert parse_ef_dir(read(FileId.DIR)[0]).aids == (AID_EMRTD,)
    info = parse_ef_atr_info(read(FileId.ATR_INFO)[0])
    assert (info.has_extended_length, info.announces_buffers, info.has_command_chaining) == (extended, extended, True)
    content, sw = read(FileId.CARD_ACCESS)
    offers = () if card.chip.pace is None else card.chip.pace.offers
    assert sw == (0x9000 if offers else 0x6A82)
    if offers:
        infos = parse_card_access(content).security_infos.pace
        assert {(one.oid, one.parameter_id) for one in infos} == {(one.oid, one.parameter_id) for one in offers}


def _authenticate(terminal: ProfileTerminal, key: ChipAuthenticationKey, oid: str) -> None:
    """MSE:Set AT and GENERAL AUTHENTICATE with the key of DG14, and a protected read under the new keys."""
    assert isinstance(key.domain, Curve)
    own = KeyPair(key.domain, SCALAR)
    data = tlv.encode(0x80, der.oid_value(oid))
    if key.key_id is not None:
        data += tlv.encode(0x84, bytes((key.key_id,)))
    assert terminal.secure(instructions.set_at_internal_authentication(data)).sw == 0x9000
    public = encode_point(key.domain, own.public)
    assert terminal.secure(instructions.general_authenticate(tlv.encode(0x80, public), last=True)).sw == 0x9000
    shared = own.shared_secret(KeyPair(key.domain, key.private).public)
    terminal.channel = TerminalChannel(derive_session_keys(shared, key.suites[oid]))
    assert terminal.file(FileId.COM)
    terminal.pk_ifd = public[1 : 1 + key.domain.byte_length]


@pytest.mark.parametrize(
    "profile", ["bac-ca-3des-secp192r1", "bac-ca-3des-brainpoolP256r1", "pace-cam-aes256-brainpoolP384r1", "eac"]
)
def test_the_key_of_dg14_is_the_one_that_agrees(profile: str) -> None:
    terminal = ProfileTerminal(_card(profile))
    terminal.enter()
    infos = parse_dg14(terminal.file(FileId.DG14)).security_infos
    (info,) = infos.chip_authentication_keys
    (key,) = terminal.card.chip.chip_authentication
    assert isinstance(info.public_key, ECPublicKey)
    assert isinstance(key.domain, Curve)
    assert info.public_key.point == KeyPair(key.domain, key.private).public
    assert [one.oid for one in infos.chip_authentication] == ([] if "secp192r1" in profile else list(key.suites))
    _authenticate(terminal, key, next(iter(key.suites)))


@pytest.mark.parametrize("profile", ["bac-ca-3des-secp192r1", "bac-ca-3des-brainpoolP256r1"])
def test_3des_keys_agree_in_one_command_too(profile: str) -> None:
    terminal = ProfileTerminal(_card(profile))
    terminal.enter()
    (key,) = terminal.card.chip.chip_authentication
    assert isinstance(key.domain, Curve)
    own = KeyPair(key.domain, SCALAR)
    data = tlv.encode(0x91, encode_point(key.domain, own.public))
    assert terminal.secure(instructions.set_kat(data)).sw == 0x9000
    shared = own.shared_secret(KeyPair(key.domain, key.private).public)
    terminal.channel = TerminalChannel(derive_session_keys(shared, CipherSuite.TDES))
    assert terminal.file(FileId.COM)


def test_the_rsa_key_of_dg15_signs() -> None:
    terminal = ProfileTerminal(_card("bac-aa-rsa"))
    terminal.enter()
    key = parse_dg15(terminal.file(FileId.DG15)).public_key
    assert isinstance(key, RSAPublicKey)
    challenge = bytes.fromhex("5566778811223344")
    signature = terminal.secure(instructions.internal_authenticate(challenge)).data
    assert verify_recoverable_signature(key, signature, challenge) == "sha1"


def test_the_key_of_chip_authentication_mapping_is_signed_in_ef_card_security() -> None:
    card = _card("pace-cam-aes256-brainpoolP384r1")
    terminal = ProfileTerminal(card)
    assert card.chip.pace is not None
    generic, cam = card.chip.pace.offers
    assert (generic.mapping, cam.mapping) == (PACEMapping.GENERIC, PACEMapping.CHIP_AUTHENTICATION)
    assert terminal.raw("00B09D0001") == ("", 0x6982)
    run = PACETerminal(terminal=terminal, offer=cam, secret=card.can.encode(), name_parameters=True).open()
    security = parse_card_security(terminal.file(FileId.CARD_SECURITY))
    (certificate,) = (parse_certificate(one) for one in security.signed_data.certificates)
    verify_signed_data(security.signed_data, certificate)
    verify_issued_by(certificate, parse_certificate(card.trust_anchors[0]))
    (info,) = security.security_infos.chip_authentication_keys
    assert info.key_id == cam.parameter_id == 16
    key = load_public_key(info.spki)
    assert isinstance(key, ECPublicKey)
    assert multiply(key.curve, chip_authentication_data(run), key.point) == decode_point(key.curve, run.pk_map_ic)


def test_terminal_authentication_opens_fingers_and_irises() -> None:
    keys = generate_chip_keys(load_profile("eac"), SeededEntropy(b"eac"))
    assert keys.terminals is not None
    terminal = ProfileTerminal(_card("eac"))
    run = terminal.enter()
    assert run is not None
    terminal.id_ic = run.pk_ic[1:33]
    (info,) = parse_dg14(terminal.file(FileId.DG14)).security_infos.terminal_authentication
    assert (info.cvca_fid, info.cvca_sfi) == (FileId.CVCA.fid, FileId.CVCA.sfi)
    (reference,) = parse_ef_cvca(terminal.file(FileId.CVCA)).references
    (key,) = terminal.card.chip.chip_authentication
    _authenticate(terminal, key, oids.ID_CA_ECDH_AES_CBC_CMAC_128)
    terminals = terminal.simulated.terminals
    assert terminals is not None
    assert next(parse_cv_certificate(one) for one in terminals.chain).authority_reference == reference
    assert terminal.authenticate(terminals.verifier, terminals.terminal) == 0x9000
    assert terminal.file(FileId.DG3)[:1] == b"\x63"
    assert terminal.file(FileId.DG4)[:1] == b"\x76"


def test_the_same_seed_makes_the_same_chip() -> None:
    first, second = (build_card("genuine", profile="eac", entropy=SeededEntropy(b"again")) for _ in range(2))
    assert first.terminals is not None
    assert second.terminals is not None
    assert first.terminals.chain == second.terminals.chain
    assert first.chip.chip_authentication == second.chip.chip_authentication


def test_a_long_key_passes_without_extended_length_in_a_chain() -> None:
    """A reader that knows no extended length reads the chip of group 2."""
    card = _card("pace-dh-gm-3des-group2")
    assert card.chip.pace is not None
    (offer,) = card.chip.pace.offers
    assert isinstance(offer.domain, DHGroup)
    card_os: CardOS = card.start()
    set_at = tlv.encode(0x80, der.oid_value(offer.oid)) + tlv.encode(0x83, b"\x02")
    assert card_os.process(instructions.set_at_mutual_authentication(set_at).encode()) == b"\x90\x00"
    card_os.process(bytes.fromhex("10860000027C0000"))
    y = pow(offer.domain.g, 99, offer.domain.p).to_bytes(256, "big")
    template = tlv.encode(0x7C, tlv.encode(0x81, y))
    first = CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=template[:255])
    assert card_os.process(first.encode()) == b"\x90\x00"
    second = CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=template[255:], ne=256)
    answer = card_os.process(second.encode())
    assert (len(answer), answer[-2:]) == (258, b"\x61\x08")
    assert card_os.process(bytes.fromhex("00C0000008"))[-2:] == b"\x90\x00"


def test_the_pin_of_simulated_cards_is_nobodys() -> None:
    assert set(PIN) == {PIN[0]}
