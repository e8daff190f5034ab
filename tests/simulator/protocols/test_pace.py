"""PACE on the card: App. G.1 and the P cases of the ICAO test specification, part 3."""

from __future__ import annotations

import hashlib

import pytest

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.errors import SecureMessagingError
from apdu.secure_messaging import TerminalChannel
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES, Curve, curve_by_oid
from chipid.crypto.points import KeyPair, add, encode_point
from chipid.lds.files import AID_EMRTD
from simulator.access_rules import AccessStatus, PasswordId
from simulator.card_os import CardOS
from tests.simulator import cards
from tests.simulator.cards import BP256, ScriptedEntropy
from tests.simulator.terminal import MAP_SCALAR, PACESteps, Terminal, child
from tests.support import vectors

ALL_SUITES = tuple(CipherSuite)
SET_AT = "0022C1A40F800A04007F00070202040202830102"
SET_AT_BOTH = "0022C1A412800A04007F0007020204020283010284010D"
READ_CARD_ACCESS = "00B09C0001"


def test_the_card_answers_the_published_example_byte_for_byte() -> None:
    printed = vectors.example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
    entropy = ScriptedEntropy([printed["s"], printed["map"]["SK_IC"], printed["ka"]["SK_IC"]])
    card = CardOS(cards.chip(), entropy=entropy)
    for exchange in printed["apdus"]:
        assert card.process(bytes.fromhex(exchange["C"])).hex().upper() == exchange["R"]
    assert card.state.terminal.status is AccessStatus.PACE
    assert card.state.terminal.password is PasswordId.MRZ
    session = vectors.example("SM_AES128_select_read_efcom")
    assert session["KSEnc"] == printed["KSEnc"]


def test_the_session_of_the_example_protects_as_published() -> None:
    printed = vectors.example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
    session = vectors.example("SM_AES128_select_read_efcom")
    entropy = ScriptedEntropy([printed["s"], printed["map"]["SK_IC"], printed["ka"]["SK_IC"]])
    card = CardOS(cards.chip(), entropy=entropy)
    card.process(b"\x00\xa4\x04\x0c" + bytes((len(AID_EMRTD),)) + AID_EMRTD)
    for exchange in printed["apdus"]:
        card.process(bytes.fromhex(exchange["C"]))
    for exchange in session["apdus"]:
        assert card.process(bytes.fromhex(exchange["C"])).hex().upper() == exchange["R"]


@pytest.mark.parametrize(("case", "password"), [("P_1", 1), ("P_2", 2)])
def test_each_password_opens_the_chip(case: str, password: int) -> None:
    terminal = Terminal(cards.card())
    terminal.pace(password=password)
    assert terminal.secure(instructions.select_application(AID_EMRTD)).sw == 0x9000
    assert terminal.secure_hex("00B09E0006") == (cards.EF_COM[:6].hex().upper(), 0x9000)


@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_pace_runs_on_every_curve(curve: Curve) -> None:
    offer = cards.offer(curve)
    terminal = Terminal(cards.card(pace=cards.pace_configuration(offer)))
    terminal.pace(offer)
    assert terminal.secure_sw("00A4040C07A0000002471001") == 0x9000


@pytest.mark.parametrize("suite", ALL_SUITES, ids=lambda suite: suite.label)
def test_pace_runs_with_every_suite(suite: CipherSuite) -> None:
    offer = cards.offer(BP256, suite)
    terminal = Terminal(cards.card(pace=cards.pace_configuration(offer)))
    terminal.pace(offer)
    assert terminal.secure_sw("00A4040C07A0000002471001") == 0x9000


@pytest.mark.parametrize(("case", "parameter"), [("P_73", True), ("P_74", False)])
def test_a_single_parameter_set_may_be_named_or_not(case: str, parameter: bool) -> None:
    Terminal(cards.card()).pace_set_at(parameter=parameter)


def test_several_parameter_sets_must_be_told_apart() -> None:
    other = cards.offer(curve_by_oid(oids.SECP256R1))
    terminal = Terminal(cards.card(pace=cards.pace_configuration(cards.offer(), other)))
    assert terminal.sw(SET_AT) == 0x6A80
    terminal.pace_set_at(other, parameter=True)


# Concrete commands of the public test suites; parameter 0D is brainpoolP256r1.
@pytest.mark.parametrize(
    ("case", "command", "sw"),
    [
        ("P_5", "0022C1A412810A04007F0007020204020283010184010D", 0x6A80),
        ("P_6", "0022C1A412800A04007F0007020204020383010184010D", 0x6A80),
        ("P_7", "0022C1A414800C060A04007F0007020204020283010184010D", 0x6A80),
        ("P_8", "0022C1A412800A04007F000702020402028301FF84010D", 0x6A88),
        ("B33 H_23", "0022C1A40F800A04007F00070202040202830105", 0x6A88),
        ("P_9", "0022C1A412800A04007F000702020402028301018401FF", 0x6A88),
        ("P_64", "0022C1A40683010184010D", 0x6A80),
        ("P_65", "0022C1A408800083010184010D", 0x6A80),
        ("P_66", "0022C1A413800B04007F000702020402020083010184010D", 0x6A80),
        ("P_67", "0022C1A411800904007F00070202040283010184010D", 0x6A80),
        ("P_68", "0022C1A412800A04007F0007020204020483010184010D", 0x6A80),
        ("P_69", "0022C1A40F800A04007F0007020204020284010D", 0x6A80),
        ("P_70", "0022C1A411800A04007F00070202040202830084010D", 0x6A80),
        ("P_71", "0022C1A411800A04007F000702020402028303018401", 0x6A80),
        ("P_72", "0022C1A413800A04007F00070202040202830201FF84010D", 0x6A80),
        ("P_75", "0022C1A411800A04007F000702020402028301018400", 0x6A80),
        ("P_77", "0022C1A412060A04007F0007020204020283010184010D", 0x6A80),
        ("P_4", "8022C1A40F800A04007F00070202040202830102", 0x6E00),
        ("no data", "0022C1A4", 0x6A80),
        ("object twice", "0022C1A412800A04007F00070202040202830102830102", 0x6A80),
    ],
)
def test_a_malformed_choice_is_refused(case: str, command: str, sw: int) -> None:
    terminal = Terminal(cards.card())
    assert terminal.sw(command) == sw
    assert terminal.sw("10860000027C0000") == 0x6985


def test_a_chip_without_pace_refuses_with_6a81() -> None:
    assert Terminal(cards.card(pace=None)).sw(SET_AT) == 0x6A81


def _at_step(step: int) -> tuple[Terminal, PACESteps]:
    """A PACE run of which ``step`` steps of GENERAL AUTHENTICATE are done."""
    terminal = Terminal(cards.card())
    steps = terminal.pace_set_at()
    for advance in (terminal.pace_nonce, terminal.pace_map, terminal.pace_agree)[:step]:
        advance(steps)
    return terminal, steps


@pytest.mark.parametrize(
    ("case", "step", "command", "sw"),
    [
        ("P_11", 0, "10860000027D0000", 0x6A80),
        ("P_11 8C", 0, "10860000028C0000", 0x6A80),
        ("P_12", 0, "1086000000", 0x6A80),
        ("P_13", 0, "10860000057C0381010100", 0x6A80),
        ("P_13 short", 0, "10860000047C02810000", 0x6A80),
        ("P_15", 1, "10860000057D0381010400", 0x6A80),
        ("P_15 8C", 1, "10860000058C0381010400", 0x6A80),
        ("P_16", 1, "108600000381010400", 0x6A80),
        ("P_17", 1, "10860000057C0380010400", 0x6A80),
        ("P_17 82", 1, "10860000057C0382010400", 0x6A80),
        ("P_19", 2, "10860000057D0383010400", 0x6A80),
        ("P_20", 2, "108600000383010400", 0x6A80),
        ("P_21", 2, "10860000057C0381010400", 0x6A80),
        ("P_21 84", 2, "10860000057C0384010400", 0x6A80),
        ("P_22", 2, "10860000087C0683010484010100", 0x6A80),
        ("P_31", 3, "008600000C7D0A8508000000000000000000", 0x6A80),
        ("P_32", 3, "008600000A8508000000000000000000", 0x6A80),
        ("P_33", 3, "008600000C7C0A8408000000000000000000", 0x6A80),
        ("P_33 86", 3, "008600000C7C0A8608000000000000000000", 0x6A80),
        ("P_34", 3, "008600000F7C0D85080000000000000000860101" + "00", 0x6A80),
        ("P_35", 3, "008600000C7C0A8508000000000000000000", 0x6300),
        ("P_36", 3, "008600000B7C0985070000000000000000", 0x6A80),
        ("P_36 one", 3, "00860000057C0385010000", 0x6A80),
        ("P_76", 3, "008600000D7C0B850900000000000000000000", 0x6A80),
        ("P_10", 0, "80860000027C0000", 0x6E00),
        ("P_54", 0, "00860000027C0000", 0x6883),
        ("P_57", 3, "108600000C7C0A8508000000000000000000", 0x6883),
        ("truncated", 0, "00860000017C00", 0x6883),
        ("no Le", 0, "10860000027C00", 0x6700),
        ("P1-P2", 0, "10860001027C0000", 0x6A86),
    ],
)
def test_a_malformed_step_is_refused_and_pace_must_start_again(case: str, step: int, command: str, sw: int) -> None:
    terminal, _ = _at_step(step)
    assert terminal.sw(command) == sw
    assert terminal.sw("10860000027C0000") == 0x6985
    terminal.pace()


@pytest.mark.parametrize(("case", "step", "tag"), [("P_55", 1, 0x81), ("P_56", 2, 0x83)])
def test_a_step_without_the_chaining_bit_is_refused(case: str, step: int, tag: int) -> None:
    terminal, _ = _at_step(step)
    key = encode_point(BP256, KeyPair(BP256, 5).public)
    response = terminal.plain(instructions.general_authenticate(tlv.encode(tag, key), last=True))
    assert response.sw == 0x6883


def test_a_second_nonce_voids_the_first_p_14() -> None:
    terminal, steps = _at_step(1)
    first = steps.s
    terminal.pace_nonce(steps)
    assert steps.s != first
    terminal.pace_map(steps)
    terminal.pace_agree(steps)
    assert terminal.pace_token(steps).sw == 0x9000


P = BP256.p
SIZE = BP256.byte_length


def _xy(x: int, y: int, *, lead: int = 4, size: int = SIZE) -> bytes:
    return bytes((lead,)) + x.to_bytes(size, "big") + y.to_bytes(size, "big")


BAD_KEYS = [
    ("P_41/P_23 short", b"\x04" + bytes(62)),
    ("P_41/P_23 long", _xy(BP256.x, BP256.y, size=33)),
    ("P_42/P_24", _xy(0, 0)),
    ("P_47/P_29", _xy(BP256.x + P, BP256.y) if BP256.x + P < 1 << 256 else _xy((1 << 256) - 1, BP256.y)),
    ("P_49/P_30", _xy(BP256.x, BP256.y ^ 1)),
    ("P_50/P_52", _xy(BP256.x, BP256.y, lead=5)),
    ("P_48/P_53", b"\x04" + bytes(64)),
    ("infinity", b"\x00"),
    ("empty", b""),
    ("compressed", bytes((2,)) + BP256.x.to_bytes(SIZE, "big")),
]


@pytest.mark.parametrize(("step", "tag"), [(1, 0x81), (2, 0x83)])
@pytest.mark.parametrize(("case", "key"), BAD_KEYS, ids=[case for case, _ in BAD_KEYS])
def test_a_key_that_is_no_point_is_refused(case: str, key: bytes, step: int, tag: int) -> None:
    terminal, _ = _at_step(step)
    response = terminal.plain(instructions.general_authenticate(tlv.encode(tag, key), last=False))
    assert response.sw == 0x6A80
    assert not response.data
    terminal.pace()


def _borderline(coordinate: str, *, small: bool) -> int:
    """A scalar whose public key has a first byte of 00, or of the highest kind, in one coordinate."""
    point = BP256.generator
    for scalar in range(2, 4000):
        point = add(BP256, point, BP256.generator)
        first = getattr(point, coordinate) >> 8 * (SIZE - 1)
        if first == 0 if small else first >= P >> 8 * (SIZE - 1):
            return scalar
    raise AssertionError("no such scalar in range")


@pytest.mark.parametrize(
    ("case", "coordinate", "small"),
    [("P_43", "x", True), ("P_44", "x", False), ("P_45", "y", True), ("P_46", "y", False)],
)
def test_borderline_mapping_keys_are_accepted(case: str, coordinate: str, small: bool) -> None:
    terminal, steps = _at_step(1)
    terminal.pace_map(steps, _borderline(coordinate, small=small))
    terminal.pace_agree(steps)
    assert terminal.pace_token(steps).sw == 0x9000


@pytest.mark.parametrize(
    ("case", "coordinate", "small"),
    [("P_25", "x", True), ("P_26", "x", False), ("P_27", "y", True), ("P_28", "y", False)],
)
def test_borderline_agreement_keys_are_accepted(case: str, coordinate: str, small: bool) -> None:
    terminal, steps = _at_step(2)
    public = steps.generator
    for scalar in range(2, 4000):  # noqa: B007
        public = add(BP256, public, steps.generator)
        first = getattr(public, coordinate) >> 8 * (SIZE - 1)
        if first == 0 if small else first >= P >> 8 * (SIZE - 1):
            break
    terminal.pace_agree(steps, scalar)
    assert terminal.pace_token(steps).sw == 0x9000


def test_a_reflected_key_is_refused() -> None:
    key = "3EE51CF3A6B7A0B6C0D0E9F2A3B4C5D6E7F8091A2B3C4D5E6F708192A3B4C5D6"
    entropy = ScriptedEntropy(["00" * 15 + "01", key])
    terminal = Terminal(CardOS(cards.chip(), entropy=entropy))
    terminal.pace_nonce(terminal.pace_set_at())
    reflected = encode_point(BP256, KeyPair(BP256, int(key, 16)).public)
    response = terminal.plain(instructions.general_authenticate(tlv.encode(0x81, reflected), last=False))
    assert response.sw == 0x6300


def test_a_mapping_to_infinity_is_refused() -> None:
    """With s = 1 and SK_IC = 1 the terminal's key -G maps to infinity."""
    entropy = ScriptedEntropy(["00" * 15 + "01", "00" * 31 + "01"])
    terminal = Terminal(CardOS(cards.chip(), entropy=entropy))
    terminal.pace_nonce(terminal.pace_set_at())
    negative = _xy(BP256.x, P - BP256.y)
    response = terminal.plain(instructions.general_authenticate(tlv.encode(0x81, negative), last=False))
    assert response.sw == 0x6300


def test_a_wrong_can_fails_at_the_token_and_locks_nothing_p_35() -> None:
    terminal = Terminal(cards.card())
    for _ in range(20):
        steps = terminal.pace_set_at()
        terminal.pace_nonce(steps, b"654321")
        terminal.pace_map(steps)
        terminal.pace_agree(steps)
        assert terminal.pace_token(steps).sw == 0x6300
    terminal.pace()


def test_a_token_without_the_key_template_is_refused_p_62() -> None:
    terminal, steps = _at_step(3)
    assert steps.keys is not None
    bare = tlv.encode(0x86, steps.pk_ic)
    token = MessageAuthentication(steps.suite, steps.keys.ks_mac).compute(bare)
    response = terminal.plain(instructions.general_authenticate(tlv.encode(0x85, token), last=True))
    assert response.sw == 0x6300


def test_another_command_in_place_of_the_last_step_ends_pace_p_58() -> None:
    terminal, steps = _at_step(3)
    assert terminal.raw(READ_CARD_ACCESS) == ("31", 0x9000)
    assert terminal.pace_token(steps).sw == 0x6985
    terminal.pace()


@pytest.mark.parametrize(
    ("case", "step", "command"),
    [
        ("P_59", 1, "10860000057C0381010400"),
        ("P_60", 2, "10860000057C0383010400"),
        ("P_61", 3, "008600000C7C0A8508000000000000000000"),
    ],
)
def test_a_command_in_between_ends_pace(case: str, step: int, command: str) -> None:
    terminal, _ = _at_step(step)
    assert terminal.raw(READ_CARD_ACCESS) == ("31", 0x9000)
    assert terminal.sw(command) == 0x6985


@pytest.mark.parametrize("command", ["00A404", "0CB09E000D9701068E08000000000000000000"])
def test_a_malformed_or_protected_command_in_between_ends_pace(command: str) -> None:
    terminal, _ = _at_step(1)
    assert terminal.sw(command) in (0x6700, 0x6987)
    assert terminal.sw("10860000057C0381010400") == 0x6985


def test_a_pseudo_command_of_the_reader_does_not_disturb_pace() -> None:
    terminal, steps = _at_step(2)
    assert terminal.sw("FFCA000000") == 0x6E00
    terminal.pace_agree(steps)
    assert terminal.pace_token(steps).sw == 0x9000


def test_a_step_may_come_in_a_chain_of_commands() -> None:
    terminal, _ = _at_step(1)
    own = KeyPair(BP256, MAP_SCALAR)
    data = tlv.encode(0x7C, tlv.encode(0x81, encode_point(BP256, own.public)))
    for part in (data[:30], data[30:60]):
        assert terminal.plain(CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=part)).sw == 0x9000
    response = terminal.plain(CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=data[60:], ne=256))
    assert response.sw == 0x9000
    assert len(child(response.data, 0x82)) == 65


def test_a_chain_has_a_limit_and_another_command_breaks_it() -> None:
    terminal, _ = _at_step(1)
    part = CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=bytes.fromhex("7C83010000") + bytes(250))
    assert terminal.plain(part).sw == 0x9000
    statuses = {int(terminal.plain(CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=bytes(255))).sw) for _ in range(16)}
    assert statuses == {0x9000, 0x6700}
    fresh, _ = _at_step(1)
    assert fresh.plain(part).sw == 0x9000
    assert fresh.sw(READ_CARD_ACCESS) == 0x9000
    fresh.pace()


def test_a_wrong_counter_after_pace_kills_the_session_p_79() -> None:
    terminal = Terminal(cards.card())
    steps = terminal.pace()
    assert terminal.channel is not None
    terminal.channel.protect(instructions.select_application(AID_EMRTD))  # counts, but is never sent
    with pytest.raises(SecureMessagingError) as caught:
        terminal.secure(instructions.select_application(AID_EMRTD))
    assert caught.value.sw == 0x6988
    assert steps.keys is not None
    terminal.channel = TerminalChannel(steps.keys)
    with pytest.raises(SecureMessagingError):
        terminal.secure(instructions.select_application(AID_EMRTD))


def test_a_select_without_its_cryptogram_kills_the_session_or_is_refused_p_80() -> None:
    terminal = Terminal(cards.card())
    terminal.pace()
    assert terminal.secure_sw("00A4040C") == 0x6A82


def test_pace_inside_a_session_replaces_it() -> None:
    """The answers still go out under the old keys; only the last step brings the new ones."""
    terminal = Terminal(cards.card())
    terminal.pace()
    inside = Terminal(terminal.card)
    outer = terminal.channel
    assert outer is not None
    inside.plain = lambda command: outer.unprotect(Terminal(terminal.card).plain(outer.protect(command)))  # type: ignore[method-assign]
    inside.pace(password=1)
    inside.plain = Terminal(terminal.card).plain  # type: ignore[method-assign]
    assert inside.secure_sw("00A4040C07A0000002471001") == 0x9000
    assert terminal.card.state.terminal.password is PasswordId.MRZ


def test_the_mrz_password_is_the_hash_of_the_key_information() -> None:
    printed = vectors.example("9303-11_G1_pace_gm_ecdh_bp256_aes128")["password"]
    assert hashlib.sha1(cards.MRZ_INFORMATION).hexdigest().upper() == printed["K"]


def test_the_identifier_travels_without_its_tag() -> None:
    assert der.oid_value(cards.offer().oid).hex().upper() == SET_AT[14:34]
