"""Chip Authentication on the card: the I cases of the ICAO test specification, part 3, and of BSI TR-03105-3.3."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.errors import SecureMessagingError
from apdu.secure_messaging import SessionKeys, TerminalChannel
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import DH_GROUPS, DHGroup
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.points import KeyPair, add, encode_point
from chipid.lds.protocols import PACEMapping
from simulator.chip import ChipAuthenticationKey, PACEOffer
from tests.simulator import cards
from tests.simulator.cards import BP256
from tests.simulator.pace_terminal import PACETerminal
from tests.simulator.terminal import Terminal

READ_COM = "00B09E0006"
COM = cards.EF_COM[:6].hex().upper()
EPHEMERAL = KeyPair(BP256, 0x1357_9BDF)
EPHEMERAL_KEY = encode_point(BP256, EPHEMERAL.public)
AES = tlv.encode(0x80, der.oid_value(oids.ID_CA_ECDH_AES_CBC_CMAC_128))
GENERAL = tlv.encode(0x80, EPHEMERAL_KEY)


def _keys(suite: CipherSuite, key: ChipAuthenticationKey | None = None, scalar: KeyPair = EPHEMERAL) -> SessionKeys:
    private = cards.CA_PRIVATE if key is None else key.private
    return derive_session_keys(scalar.shared_secret(KeyPair(BP256, private).public), suite)


def _terminal(**changes: Any) -> Terminal:
    terminal = Terminal(cards.card(**changes))
    terminal.bac()
    return terminal


def _old_keys_stay(terminal: Terminal) -> None:
    assert terminal.secure_hex(READ_COM) == (COM, 0x9000)


def _new_keys_hold(terminal: Terminal, keys: SessionKeys) -> None:
    terminal.channel = TerminalChannel(keys)
    assert terminal.secure_hex(READ_COM) == (COM, 0x9000)
    assert terminal.card.state.terminal.chip_authenticated


def test_set_kat_renews_the_keys_after_its_answer_i_1() -> None:
    terminal = _terminal(chip_authentication=(cards.chip_authentication_key(tdes=True),))
    response = terminal.secure(instructions.set_kat(tlv.encode(0x91, EPHEMERAL_KEY)))
    assert response.sw == 0x9000
    assert not response.data
    _new_keys_hold(terminal, _keys(CipherSuite.TDES))


@pytest.mark.parametrize("case", ["I_2", "I_17"])
def test_the_old_keys_are_dead_after_chip_authentication(case: str) -> None:
    terminal = _terminal(chip_authentication=(cards.chip_authentication_key(tdes=True),))
    if case == "I_2":
        terminal.secure(instructions.set_kat(tlv.encode(0x91, EPHEMERAL_KEY)))
    else:
        terminal.secure(instructions.set_at_internal_authentication(AES))
        terminal.secure(instructions.general_authenticate(GENERAL, last=True))
    with pytest.raises(SecureMessagingError) as caught:
        terminal.secure_hex(READ_COM)
    assert caught.value.sw in (0x6987, 0x6988)
    terminal.channel = TerminalChannel(_keys(CipherSuite.TDES if case == "I_2" else CipherSuite.AES_128))
    with pytest.raises(SecureMessagingError):
        terminal.secure_hex(READ_COM)


@pytest.mark.parametrize("access", ["bac", "pace"])
def test_set_at_and_general_authenticate_renew_the_keys_i_16(access: str) -> None:
    terminal = Terminal(cards.card())
    if access == "bac":
        terminal.bac()
    else:
        terminal.pace()
        terminal.secure_sw("00A4040C07A0000002471001")
    assert terminal.secure(instructions.set_at_internal_authentication(AES)).sw == 0x9000
    response = terminal.secure(instructions.general_authenticate(GENERAL, last=True))
    assert (response.sw, response.data.hex()) == (0x9000, "7c00")
    _new_keys_hold(terminal, _keys(CipherSuite.AES_128))


def test_chip_authentication_may_be_repeated() -> None:
    terminal = _terminal()
    for _ in range(3):
        terminal.secure(instructions.set_at_internal_authentication(AES))
        assert terminal.secure(instructions.general_authenticate(GENERAL, last=True)).sw == 0x9000
        _new_keys_hold(terminal, _keys(CipherSuite.AES_128))


def _bordering(*, small: bool) -> KeyPair:
    point = BP256.generator
    for scalar in range(2, 4000):
        point = add(BP256, point, BP256.generator)
        first = point.y >> 248
        if first == 0 if small else first >= BP256.p >> 248:
            return KeyPair(BP256, scalar)
    raise AssertionError("no such scalar in range")


@pytest.mark.parametrize(("case", "small"), [("I_10", True), ("I_11", False)])
def test_borderline_keys_are_accepted(case: str, small: bool) -> None:
    pair = _bordering(small=small)
    terminal = _terminal()
    terminal.secure(instructions.set_at_internal_authentication(AES))
    data = tlv.encode(0x80, encode_point(BP256, pair.public))
    assert terminal.secure(instructions.general_authenticate(data, last=True)).sw == 0x9000
    _new_keys_hold(terminal, _keys(CipherSuite.AES_128, scalar=pair))


BAD_KEYS = [
    ("I_13", b"\x04" + b"\xff" * 64),
    ("I_14", EPHEMERAL_KEY[:-1] + bytes((EPHEMERAL_KEY[-1] ^ 1,))),
    ("I_18", EPHEMERAL_KEY[:-1]),
    ("B33 I_9", b"\x04" + bytes(64)),
    ("empty", b""),
    ("infinity", b"\x00"),
]


@pytest.mark.parametrize(("case", "key"), BAD_KEYS, ids=[case for case, _ in BAD_KEYS])
def test_an_invalid_key_is_refused_and_the_old_keys_stay(case: str, key: bytes) -> None:
    terminal = _terminal(chip_authentication=(cards.chip_authentication_key(tdes=True),))
    assert terminal.secure(instructions.set_kat(tlv.encode(0x91, key))).sw == 0x6A80
    _old_keys_stay(terminal)
    terminal.secure(instructions.set_at_internal_authentication(AES))
    response = terminal.secure(instructions.general_authenticate(tlv.encode(0x80, key), last=True))
    assert response.sw == 0x6A80
    _old_keys_stay(terminal)
    assert not terminal.card.state.terminal.chip_authenticated


@pytest.mark.parametrize(
    ("case", "data", "sw"),
    [
        ("I_21", tlv.encode(0x92, EPHEMERAL_KEY), 0x6A80),
        ("I_12", tlv.encode(0x91, EPHEMERAL_KEY) + b"\x84\x01\x63", 0x6A88),
        ("empty reference", tlv.encode(0x91, EPHEMERAL_KEY) + b"\x84\x00", 0x6A80),
        ("no key", b"", 0x6A80),
        ("garbage", b"\x91", 0x6A80),
    ],
)
def test_a_malformed_set_kat_is_refused_and_the_old_keys_stay(case: str, data: bytes, sw: int) -> None:
    terminal = _terminal(chip_authentication=(cards.chip_authentication_key(1, tdes=True),))
    assert terminal.secure(instructions.set_kat(data)).sw == sw
    _old_keys_stay(terminal)


@pytest.mark.parametrize(
    ("case", "data", "sw"),
    [
        ("unknown algorithm", tlv.encode(0x80, der.oid_value(oids.ID_CA_DH_AES_CBC_CMAC_128)), 0x6A80),
        ("no algorithm", b"\x84\x01\x01", 0x6A80),
        ("B33 I_14", AES + b"\x84\x01\x63", 0x6A88),
        ("unknown object", AES + b"\x85\x01\x01", 0x6A80),
    ],
)
def test_a_malformed_choice_is_refused_and_the_old_keys_stay(case: str, data: bytes, sw: int) -> None:
    terminal = _terminal(chip_authentication=(cards.chip_authentication_key(1),))
    assert terminal.secure(instructions.set_at_internal_authentication(data)).sw == sw
    _old_keys_stay(terminal)
    assert terminal.secure(instructions.general_authenticate(GENERAL, last=True)).sw == 0x6985


def test_the_key_is_chosen_by_its_identifier() -> None:
    keys = tuple(cards.chip_authentication_key(number) for number in (1, 2, 300))
    terminal = _terminal(chip_authentication=keys)
    assert terminal.secure(instructions.set_at_internal_authentication(AES)).sw == 0x6A80
    for key, reference in zip(keys, (b"\x01", b"\x02", b"\x01\x2c"), strict=True):
        terminal.secure(instructions.set_at_internal_authentication(AES + tlv.encode(0x84, reference)))
        assert terminal.secure(instructions.general_authenticate(GENERAL, last=True)).sw == 0x9000
        _new_keys_hold(terminal, _keys(CipherSuite.AES_128, key))


def test_a_key_without_identifier_is_not_found_by_one() -> None:
    terminal = _terminal()
    assert terminal.secure(instructions.set_at_internal_authentication(AES + b"\x84\x01\x01")).sw == 0x6A88


def test_set_kat_is_refused_by_a_chip_that_has_no_3des_key() -> None:
    terminal = _terminal()
    assert terminal.secure(instructions.set_kat(tlv.encode(0x91, EPHEMERAL_KEY))).sw == 0x6A80


def test_a_chip_without_chip_authentication_refuses_with_6a81() -> None:
    terminal = _terminal(chip_authentication=())
    assert terminal.secure(instructions.set_at_internal_authentication(AES)).sw == 0x6A81


def test_chip_authentication_in_the_clear_is_refused_i_19() -> None:
    terminal = Terminal(cards.card(chip_authentication=(cards.chip_authentication_key(tdes=True),)))
    terminal.select_application()
    assert terminal.plain(instructions.set_kat(tlv.encode(0x91, EPHEMERAL_KEY))).sw == 0x6982
    assert terminal.plain(instructions.set_at_internal_authentication(AES)).sw == 0x6982


@pytest.mark.parametrize("case", ["I_20", "B33 I_4"])
def test_plain_chip_authentication_inside_a_session_ends_it(case: str) -> None:
    terminal = _terminal(chip_authentication=(cards.chip_authentication_key(tdes=True),))
    command = (
        instructions.set_kat(tlv.encode(0x91, EPHEMERAL_KEY))
        if case == "I_20"
        else instructions.general_authenticate(GENERAL, last=True)
    )
    assert terminal.plain(command).sw in (0x6982, 0x6985)
    with pytest.raises(SecureMessagingError):
        terminal.secure_hex(READ_COM)


@pytest.mark.parametrize(
    ("case", "command", "sw"),
    [
        ("chaining bit", instructions.general_authenticate(GENERAL, last=False), 0x6883),
        ("B33 I_8", CommandAPDU(cla=0, ins=0x86, p1=0, p2=0, data=tlv.encode(0x7C, GENERAL)), 0x6700),
        ("B33 I_6", instructions.general_authenticate(tlv.encode(0x81, EPHEMERAL_KEY), last=True), 0x6A80),
    ],
)
def test_a_malformed_step_is_refused_and_the_old_keys_stay(case: str, command: CommandAPDU, sw: int) -> None:
    terminal = _terminal()
    terminal.secure(instructions.set_at_internal_authentication(AES))
    assert terminal.secure(command).sw == sw
    _old_keys_stay(terminal)


def test_the_ephemeral_key_may_come_in_a_chain_of_commands() -> None:
    terminal = _terminal()
    terminal.secure(instructions.set_at_internal_authentication(AES))
    data = tlv.encode(0x7C, GENERAL)
    assert terminal.secure(CommandAPDU(cla=0x10, ins=0x86, p1=0, p2=0, data=data[:40])).sw == 0x9000
    response = terminal.secure(CommandAPDU(cla=0x00, ins=0x86, p1=0, p2=0, data=data[40:], ne=256))
    assert (response.sw, response.data.hex()) == (0x9000, "7c00")
    _new_keys_hold(terminal, _keys(CipherSuite.AES_128))


DH_EXPONENT = 0x1357_9BDF_0246


def _group_key(group: DHGroup, key_id: int | None = None) -> ChipAuthenticationKey:
    suites = {
        oids.ID_CA_DH_3DES_CBC_CBC: CipherSuite.TDES,
        oids.ID_CA_DH_AES_CBC_CMAC_256: CipherSuite.AES_256,
    }
    return ChipAuthenticationKey(key_id=key_id, domain=group, private=cards.CA_PRIVATE, suites=suites)


def _in_pieces(terminal: Terminal, command: CommandAPDU) -> tuple[bytes, int]:
    """A protected command in a chain of short ones."""
    data = command.data
    while len(data) > 200:
        part = replace(command, cla=command.cla | 0x10, data=data[:200], ne=0)
        assert terminal.secure(part).sw == 0x9000
        data = data[200:]
    response = terminal.secure(replace(command, data=data, ne=min(command.ne, 256)))
    return response.data, int(response.sw)


@pytest.mark.parametrize("group", DH_GROUPS.values(), ids=lambda group: group.name)
@pytest.mark.parametrize("suite", [CipherSuite.TDES, CipherSuite.AES_256], ids=lambda suite: suite.label)
@pytest.mark.parametrize("extended", [False, True])
def test_a_key_over_a_group_agrees(group: DHGroup, suite: CipherSuite, extended: bool) -> None:
    terminal = _terminal(chip_authentication=(_group_key(group),), extended_length=extended)
    y = pow(group.g, DH_EXPONENT, group.p)
    public = y.to_bytes((y.bit_length() + 7) // 8, "big")
    if suite is CipherSuite.TDES:
        command = instructions.set_kat(tlv.encode(0x91, public))
    else:
        algorithm = tlv.encode(0x80, der.oid_value(oids.ID_CA_DH_AES_CBC_CMAC_256))
        assert terminal.secure(instructions.set_at_internal_authentication(algorithm)).sw == 0x9000
        command = instructions.general_authenticate(tlv.encode(0x80, public), last=True)
    if extended:
        response = terminal.secure(command)
        answer = response.data, int(response.sw)
    else:
        answer = _in_pieces(terminal, command)
    assert answer == (b"" if suite is CipherSuite.TDES else b"\x7c\x00", 0x9000)
    shared = pow(pow(group.g, cards.CA_PRIVATE, group.p), DH_EXPONENT, group.p).to_bytes(group.byte_length, "big")
    _new_keys_hold(terminal, derive_session_keys(shared, suite))
    assert terminal.card.state.terminal.pk_ifd == hashlib.sha1(public).digest()


@pytest.mark.parametrize(
    ("case", "number"),
    [("I_13", lambda group: group.p + 1), ("zero", lambda _: 0), ("one", lambda _: 1), ("outside", lambda _: 2)],
)
def test_a_number_outside_the_group_is_refused_and_the_old_keys_stay(case: str, number: Any) -> None:
    group = DH_GROUPS["modp1024-160"]
    terminal = _terminal(chip_authentication=(_group_key(group),))
    public = number(group).to_bytes(128, "big")
    assert terminal.secure(instructions.set_kat(tlv.encode(0x91, public))).sw == 0x6A80
    _old_keys_stay(terminal)


def test_keys_over_curves_and_groups_stand_side_by_side() -> None:
    group = DH_GROUPS["modp1024-160"]
    keys = (cards.chip_authentication_key(1, tdes=True), _group_key(group, 2), cards.chip_authentication_key(3))
    terminal = _terminal(chip_authentication=keys)
    public = pow(group.g, DH_EXPONENT, group.p).to_bytes(128, "big")
    assert terminal.secure(instructions.set_kat(tlv.encode(0x91, public) + b"\x84\x01\x01")).sw == 0x6A80
    assert terminal.secure(instructions.set_kat(tlv.encode(0x91, public) + b"\x84\x01\x03")).sw == 0x6A88
    assert terminal.secure(instructions.set_kat(tlv.encode(0x91, public))).sw == 0x6A80
    assert terminal.secure(instructions.set_kat(tlv.encode(0x91, public) + b"\x84\x01\x02")).sw == 0x9000
    shared = pow(pow(group.g, cards.CA_PRIVATE, group.p), DH_EXPONENT, group.p).to_bytes(128, "big")
    _new_keys_hold(terminal, derive_session_keys(shared, CipherSuite.TDES))


def test_chip_authentication_follows_pace_with_chip_authentication_mapping_i_15() -> None:
    offer = PACEOffer(
        oid=oids.ID_PACE_ECDH_CAM_AES_CBC_CMAC_128,
        mapping=PACEMapping.CHIP_AUTHENTICATION,
        suite=CipherSuite.AES_128,
        domain=BP256,
        parameter_id=13,
    )
    key = cards.chip_authentication_key(13)
    terminal = Terminal(cards.card(pace=cards.pace_configuration(offer), chip_authentication=(key,)))
    PACETerminal(terminal=terminal, offer=offer).open()
    assert terminal.secure_sw("00A4040C07A0000002471001") == 0x9000
    terminal.secure(instructions.set_at_internal_authentication(AES))
    assert terminal.secure(instructions.general_authenticate(GENERAL, last=True)).sw == 0x9000
    _new_keys_hold(terminal, _keys(CipherSuite.AES_128, key))
