"""PACE on the card over groups, with Integrated and with Chip Authentication Mapping: App. G.2, H.1 and I.1."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup, domain_by_parameter_id
from chipid.crypto.points import decode_point, multiply
from chipid.lds.files import AID_EMRTD
from chipid.lds.protocols import PACE_PROTOCOLS, KeyAgreement, PACEMapping
from simulator.access_rules import AccessStatus, PasswordId
from simulator.card_os import CardOS
from simulator.chip import ChipAuthenticationKey, PACEOffer
from simulator.protocols.key_agreement import domain_of
from tests.simulator import cards
from tests.simulator.cards import BP256, ScriptedEntropy
from tests.simulator.pace_terminal import PACETerminal, chip_authentication_data
from tests.simulator.terminal import Terminal
from tests.support import vectors

CAM_PRIVATE = 0x1CA3_1CA3_1CA3
GROUPS = tuple(DH_GROUPS.values())
MAPPABLE_CURVES = tuple(curve for curve in CURVES.values() if curve.name != "secp224r1")


def _offer(domain: Curve | DHGroup, mapping: PACEMapping, suite: CipherSuite) -> PACEOffer:
    agreement = KeyAgreement.ECDH if isinstance(domain, Curve) else KeyAgreement.DH
    oid = next(
        oid
        for oid, one in PACE_PROTOCOLS.items()
        if (one.mapping, one.agreement, one.suite) == (mapping, agreement, suite)
    )
    return PACEOffer(oid=oid, mapping=mapping, suite=suite, domain=domain, parameter_id=domain.parameter_id)


def _cam_key(offer: PACEOffer, private: int = CAM_PRIVATE) -> ChipAuthenticationKey:
    suites = {oids.ID_CA_ECDH_AES_CBC_CMAC_128: CipherSuite.AES_128}
    return ChipAuthenticationKey(key_id=offer.parameter_id, domain=offer.domain, private=private, suites=suites)


def _terminal(offer: PACEOffer, **changes: Any) -> PACETerminal:
    card = cards.card(pace=cards.pace_configuration(offer), **changes)
    return PACETerminal(terminal=Terminal(card), offer=offer)


def _opens(run: PACETerminal) -> bool:
    return run.terminal.secure(instructions.select_application(AID_EMRTD)).sw == 0x9000


def _published(name: str, mapping: PACEMapping, entropy: list[str], **changes: Any) -> tuple[CardOS, Any]:
    printed = vectors.example(name)
    domain = domain_by_parameter_id(printed["parameterId"])
    protocol = PACE_PROTOCOLS[printed["oid"]]
    assert protocol.mapping is mapping
    offer = _offer(domain, mapping, protocol.suite)
    configuration = cards.pace_configuration(offer)
    if "K" in printed["password"]:
        passwords = {**configuration.passwords, PasswordId.MRZ: bytes.fromhex(printed["password"]["K"])}
        configuration = replace(configuration, passwords=passwords)
    return CardOS(cards.chip(pace=configuration, **changes), entropy=ScriptedEntropy(entropy)), printed


def test_the_card_answers_the_published_example_over_a_group_byte_for_byte() -> None:
    """App. G.2; the DO'87' of its last answer is that of a chip with Terminal Authentication, tested there."""
    printed = vectors.example("9303-11_G2_pace_gm_dh_1024_160_aes128")
    secrets = [printed["s"], printed["map"]["SK_IC"], printed["ka"]["SK_IC"]]
    card, printed = _published("9303-11_G2_pace_gm_dh_1024_160_aes128", PACEMapping.GENERIC, secrets)
    *first, last = printed["apdus"]
    for exchange in first:
        assert card.process(bytes.fromhex(exchange["C"])).hex().upper() == exchange["R"]
    answer = ResponseAPDU.decode(card.process(bytes.fromhex(last["C"])))
    token = tlv.parse_one(answer.data, 0x7C).child(0x86)
    assert token.value.hex().upper() == printed["T_IC"]
    assert card.state.terminal.status is AccessStatus.PACE


def test_the_card_answers_the_published_example_of_integrated_mapping() -> None:
    """App. H.1 prints values instead of commands; the password is the CAN 123456."""
    printed = vectors.example("9303-11_H1_pace_im_ecdh_bp256_aes128")
    card, printed = _published(
        "9303-11_H1_pace_im_ecdh_bp256_aes128", PACEMapping.INTEGRATED, [printed["s"], printed["SK_IC"]]
    )

    def step(data: str, *, last: bool = False) -> str:
        command = instructions.general_authenticate(bytes.fromhex(data), last=last)
        answer = ResponseAPDU.decode(card.process(command.encode()))
        assert answer.sw == 0x9000
        return answer.data.hex().upper()

    assert card.process(bytes.fromhex("0022C1A40F800A04007F00070202040402830102")) == b"\x90\x00"
    assert step("") == "7C128010" + printed["z"]
    assert step("8110" + printed["t"]) == "7C028200"
    assert step("834104" + printed["PK_IFD"]) == "7C43844104" + printed["PK_IC"]
    assert step("8508" + printed["T_IFD"], last=True) == "7C0A8608" + printed["T_IC"]


def test_the_card_answers_the_published_example_of_chip_authentication_mapping_byte_for_byte() -> None:
    printed = vectors.example("9303-11_I1_pace_cam_ecdh_bp256_aes128")
    offer = _offer(BP256, PACEMapping.CHIP_AUTHENTICATION, CipherSuite.AES_128)
    static = _cam_key(offer, int(printed["derived_SK_IC_static"], 16))
    assert domain_of(BP256).key(static.private).public.hex().upper() == "04" + printed["PK_IC_static"]
    # The last key is printed above the order of the curve.
    last = int(printed["ka"]["SK_IC"], 16) % BP256.n
    secrets = [printed["s"], printed["map"]["SK_IC"], last.to_bytes(32, "big").hex()]
    card, printed = _published(
        "9303-11_I1_pace_cam_ecdh_bp256_aes128",
        PACEMapping.CHIP_AUTHENTICATION,
        secrets,
        chip_authentication=(static,),
    )
    for exchange in printed["apdus"]:
        assert card.process(bytes.fromhex(exchange["C"])).hex().upper() == exchange["R"]


@pytest.mark.parametrize("suite", CipherSuite, ids=lambda suite: suite.label)
@pytest.mark.parametrize("mapping", [PACEMapping.GENERIC, PACEMapping.INTEGRATED], ids=lambda one: one.value)
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_pace_runs_over_every_group(group: DHGroup, mapping: PACEMapping, suite: CipherSuite) -> None:
    run = _terminal(_offer(group, mapping, suite), extended_length=True)
    run.open()
    assert _opens(run)


@pytest.mark.parametrize("suite", CipherSuite, ids=lambda suite: suite.label)
@pytest.mark.parametrize("curve", MAPPABLE_CURVES, ids=lambda curve: curve.name)
def test_integrated_mapping_runs_on_every_curve_but_secp224r1(curve: Curve, suite: CipherSuite) -> None:
    run = _terminal(_offer(curve, PACEMapping.INTEGRATED, suite))
    run.open()
    assert _opens(run)


def test_integrated_mapping_is_refused_on_secp224r1() -> None:
    run = _terminal(_offer(CURVES["secp224r1"], PACEMapping.INTEGRATED, CipherSuite.AES_128))
    assert run.select() == 0x9000
    run.nonce()
    assert run.step(tlv.encode(0x81, bytes(16))).sw == 0x6300


@pytest.mark.parametrize("suite", [CipherSuite.AES_128, CipherSuite.AES_192, CipherSuite.AES_256])
@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_chip_authentication_mapping_proves_the_static_key_on_every_curve(curve: Curve, suite: CipherSuite) -> None:
    offer = _offer(curve, PACEMapping.CHIP_AUTHENTICATION, suite)
    run = _terminal(offer, chip_authentication=(_cam_key(offer),))
    done = run.open()
    static = multiply(curve, CAM_PRIVATE, curve.generator)
    proven = multiply(curve, chip_authentication_data(done), static)
    assert proven == decode_point(curve, done.pk_map_ic)
    assert run.terminal.card.state.terminal.chip_authenticated
    assert _opens(run)


@pytest.mark.parametrize("mapping", [PACEMapping.GENERIC, PACEMapping.INTEGRATED], ids=lambda one: one.value)
def test_other_mappings_give_no_chip_authentication_data_p_78(mapping: PACEMapping) -> None:
    offer = _offer(BP256, mapping, CipherSuite.AES_128)
    cam = _offer(BP256, PACEMapping.CHIP_AUTHENTICATION, CipherSuite.AES_128)
    configuration = cards.pace_configuration(offer, cam)
    card = cards.card(pace=configuration, chip_authentication=(_cam_key(cam),))
    assert set(PACETerminal(terminal=Terminal(card), offer=offer).open().data) == {0x86}
    assert set(PACETerminal(terminal=Terminal(card), offer=cam).open().data) == {0x86, 0x8A}


@pytest.mark.parametrize("key_id", [None, 12])
def test_chip_authentication_mapping_needs_the_key_of_its_parameters(key_id: int | None) -> None:
    offer = _offer(BP256, PACEMapping.CHIP_AUTHENTICATION, CipherSuite.AES_128)
    run = _terminal(offer, chip_authentication=(replace(_cam_key(offer), key_id=key_id),))
    assert run.select() == 0x9000
    run.run()
    assert run.statuses[-1] == 0x6A81


@pytest.mark.parametrize("suite", CipherSuite, ids=lambda suite: suite.label)
@pytest.mark.parametrize("change", [-1, 1])
def test_a_second_nonce_of_another_length_is_refused_p_51(suite: CipherSuite, change: int) -> None:
    run = _terminal(_offer(BP256, PACEMapping.INTEGRATED, suite))
    run.select()
    run.nonce()
    assert run.step(tlv.encode(0x81, bytes(suite.key_length + change))).sw == 0x6A80


GROUP = GROUPS[0]
BAD_NUMBERS = [
    ("P_29/P_47", GROUP.p + 2),
    ("P_48/P_53", 0),
    ("one", 1),
    ("p - 1", GROUP.p - 1),
    ("outside the subgroup", 2),
]


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize(("case", "number"), BAD_NUMBERS, ids=[case for case, _ in BAD_NUMBERS])
def test_a_number_outside_the_group_is_refused(case: str, number: int, step: int) -> None:
    run = _terminal(_offer(GROUP, PACEMapping.GENERIC, CipherSuite.AES_128))
    run.select()
    run.nonce()
    if step == 2:
        y = pow(GROUP.g, 77, GROUP.p)
        run.step(tlv.encode(0x81, y.to_bytes(128, "big")))
    assert run.step(tlv.encode(0x80 | (2 * step - 1), number.to_bytes(128, "big"))).sw == 0x6A80
    run.open()


@pytest.mark.parametrize("zeros", [0, 1])
def test_a_reflected_number_is_refused(zeros: int) -> None:
    secret = "00" * 19 + "05"
    card = CardOS(
        cards.chip(pace=cards.pace_configuration(_offer(GROUP, PACEMapping.GENERIC, CipherSuite.AES_128))),
        entropy=ScriptedEntropy(["11" * 16, secret]),
    )
    run = PACETerminal(terminal=Terminal(card), offer=_offer(GROUP, PACEMapping.GENERIC, CipherSuite.AES_128))
    run.select()
    run.nonce()
    y = pow(GROUP.g, 5, GROUP.p)
    reflected = bytes(zeros) + y.to_bytes((y.bit_length() + 7) // 8, "big")
    assert run.step(tlv.encode(0x81, reflected)).sw == 0x6300


def _leading_zero_exponent(group: DHGroup) -> int:
    y = 1
    for exponent in range(1, 3000):
        y = y * group.g % group.p
        if exponent > 1 and y.bit_length() <= 8 * (group.byte_length - 1):
            return exponent
    raise AssertionError("no such exponent in range")


def test_numbers_go_out_without_leading_zeros() -> None:
    """Doc 9303-11 §9.4.3."""
    exponent = _leading_zero_exponent(GROUP)
    offer = _offer(GROUP, PACEMapping.GENERIC, CipherSuite.AES_128)
    entropy = ScriptedEntropy(["11" * 16, exponent.to_bytes(20, "big").hex(), "00" * 19 + "09"])
    terminal = Terminal(CardOS(cards.chip(pace=cards.pace_configuration(offer)), entropy=entropy))
    done = PACETerminal(terminal=terminal, offer=offer).open()
    assert len(done.pk_map_ic) == 127


@pytest.mark.parametrize("piece", [1, 2, 3, 100, 255])
def test_a_long_number_comes_in_a_chain_and_goes_out_in_pieces(piece: int) -> None:
    """Keys of 2048 bits on a chip and a reader without extended length: chaining and GET RESPONSE."""
    offer = _offer(DH_GROUPS["modp2048-256"], PACEMapping.GENERIC, CipherSuite.TDES)
    run = _terminal(offer)
    plain = run.terminal.plain

    def in_pieces(command: CommandAPDU) -> ResponseAPDU:
        data = command.data
        while len(data) > 255:
            part = replace(command, cla=command.cla | 0x10, data=data[:piece], ne=0)
            assert plain(part).sw == 0x9000
            data = data[piece:]
        response = plain(replace(command, data=data, ne=256))
        collected = response.data
        while response.sw.sw1 == 0x61:
            ne = response.sw.sw2 or 256
            response = plain(CommandAPDU(cla=0, ins=0xC0, p1=0, p2=0, ne=ne))
            collected += response.data
        return ResponseAPDU(data=collected, sw=response.sw)

    run.terminal.plain = in_pieces  # type: ignore[method-assign]
    run.open()
    run.terminal.plain = plain  # type: ignore[method-assign]
    assert _opens(run)


def test_another_command_drops_the_rest_of_an_answer() -> None:
    offer = _offer(DH_GROUPS["modp2048-256"], PACEMapping.GENERIC, CipherSuite.TDES)
    run = _terminal(offer)
    run.select()
    run.nonce()
    y = pow(offer.domain.g, 77, offer.domain.p).to_bytes(256, "big")  # type: ignore[union-attr]
    template = tlv.encode(0x7C, tlv.encode(0x81, y))
    run.terminal.plain(CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=template[:200]))
    response = run.terminal.plain(CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=template[200:], ne=256))
    assert (len(response.data), response.sw) == (256, 0x6108)
    assert run.terminal.raw("00C0000004")[1] == 0x6104
    assert run.terminal.raw("00B09C0001") == ("31", 0x9000)
    assert run.terminal.sw("00C0000004") == 0x6D00


def test_own_parameters_are_chosen_by_their_own_identifier() -> None:
    own = replace(_offer(BP256, PACEMapping.GENERIC, CipherSuite.AES_128), parameter_id=90, explicit=True)
    standard = _offer(CURVES["secp256r1"], PACEMapping.GENERIC, CipherSuite.AES_128)
    card = cards.card(pace=cards.pace_configuration(own, standard))
    for offer in (own, standard):
        card.reset()
        run = PACETerminal(terminal=Terminal(card), offer=offer, name_parameters=True)
        run.open()
        assert _opens(run)
    unnamed = PACETerminal(terminal=Terminal(card), offer=own)
    assert unnamed.select() == 0x6A80
