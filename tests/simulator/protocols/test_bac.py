"""Basic Access Control on the card: App. D.3 and the C cases of the ICAO test specification, part 3."""

from __future__ import annotations

import pytest

from apdu import instructions
from apdu.command import CommandAPDU
from chipid.lds.files import FileId
from simulator.card_os import CardOS
from simulator.chip import BACKeys
from simulator.randomness import SeededEntropy
from tests.simulator import cards
from tests.simulator.cards import ScriptedEntropy
from tests.simulator.terminal import Terminal, bac_data
from tests.support import vectors

RND_IFD = bytes(range(8))
K_IFD = bytes(range(16))


def test_the_card_answers_the_published_example_byte_for_byte() -> None:
    printed = vectors.example("9303-11_D3_bac")
    card = CardOS(cards.chip(), entropy=ScriptedEntropy([printed["RND_IC"], printed["K_IC"]]))
    terminal = Terminal(card)
    terminal.select_application()
    for exchange in printed["apdus"]:
        assert card.process(bytes.fromhex(exchange["C"])).hex().upper() == exchange["R"]
    for step in vectors.example("9303-11_D4_sm_3des")["steps"]:
        assert card.process(bytes.fromhex(step["protected_C"])).hex().upper() == step["protected_R"]


def test_two_challenges_differ_c_1() -> None:
    terminal = Terminal(cards.card())
    terminal.select_application()
    first, second = terminal.raw("0084000008"), terminal.raw("0084000008")
    assert first[1] == second[1] == 0x9000
    assert len(first[0]) == len(second[0]) == 16
    assert first != second


def test_authentication_opens_a_session_c_2() -> None:
    terminal = Terminal(cards.card())
    terminal.bac()
    assert terminal.secure(instructions.read_binary_sfi(FileId.COM.sfi, 0, 6)).data == cards.EF_COM[:6]


def test_a_second_challenge_serves_when_it_is_used_j_2() -> None:
    terminal = Terminal(cards.card())
    terminal.select_application()
    terminal.sw("0084000008")
    terminal.bac()


def _challenged(terminal: Terminal) -> bytes:
    terminal.select_application()
    return terminal.plain(instructions.get_challenge()).data


def test_another_zone_is_refused_with_6300_c_3() -> None:
    terminal = Terminal(cards.card(bac=BACKeys(k_enc=bytes(16), k_mac=bytes(16))))
    rnd_ic = _challenged(terminal)
    data = bac_data(RND_IFD, rnd_ic, K_IFD)
    assert terminal.plain(instructions.external_authenticate(data, ne=40)).sw == 0x6300
    assert terminal.sw("00B09E0001") == 0x6982


@pytest.mark.parametrize("case", ["C_4a", "J-1"])
def test_authentication_without_a_challenge_is_refused_with_6985(case: str) -> None:
    terminal = Terminal(cards.card())
    terminal.select_application()
    data = bac_data(RND_IFD, bytes(8), K_IFD)
    assert terminal.plain(instructions.external_authenticate(data, ne=40)).sw == 0x6985


def test_the_challenge_before_the_last_is_refused_c_4b() -> None:
    terminal = Terminal(cards.card())
    first = _challenged(terminal)
    terminal.sw("0084000008")
    data = bac_data(RND_IFD, first, K_IFD)
    assert terminal.plain(instructions.external_authenticate(data, ne=40)).sw == 0x6300


def test_a_wrong_checksum_is_refused_with_6300_and_uses_up_the_challenge_c_6() -> None:
    terminal = Terminal(cards.card())
    data = bac_data(RND_IFD, _challenged(terminal), K_IFD)
    wrong = data[:-1] + bytes(((data[-1] + 1) & 0xFF,))
    assert terminal.plain(instructions.external_authenticate(wrong, ne=40)).sw == 0x6300
    assert terminal.plain(instructions.external_authenticate(data, ne=40)).sw == 0x6985


def test_a_challenge_does_not_survive_another_command() -> None:
    terminal = Terminal(cards.card())
    data = bac_data(RND_IFD, _challenged(terminal), K_IFD)
    terminal.select_application()
    assert terminal.plain(instructions.external_authenticate(data, ne=40)).sw == 0x6985


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        (CommandAPDU(cla=0, ins=0x82, p1=0, p2=0, data=bytes(39), ne=40), 0x6700),
        (CommandAPDU(cla=0, ins=0x82, p1=0, p2=0, data=bytes(40)), 0x6700),
        (CommandAPDU(cla=0, ins=0x82, p1=0, p2=1, data=bytes(40), ne=40), 0x6A86),
        (CommandAPDU(cla=0, ins=0x84, p1=0, p2=0, ne=7), 0x6700),
        (CommandAPDU(cla=0, ins=0x84, p1=0, p2=0), 0x6700),
        (CommandAPDU(cla=0, ins=0x84, p1=1, p2=0, ne=8), 0x6A86),
    ],
)
def test_malformed_commands_are_refused(command: CommandAPDU, sw: int) -> None:
    terminal = Terminal(cards.card())
    _challenged(terminal)
    assert terminal.plain(command).sw == sw


def test_a_chip_without_bac_or_without_the_application_refuses_with_6985() -> None:
    without = Terminal(cards.card(bac=None))
    data = bac_data(RND_IFD, _challenged(without), K_IFD)
    assert without.plain(instructions.external_authenticate(data, ne=40)).sw == 0x6985
    unselected = Terminal(cards.card())
    data = bac_data(RND_IFD, unselected.plain(instructions.get_challenge()).data, K_IFD)
    assert unselected.plain(instructions.external_authenticate(data, ne=40)).sw == 0x6985


def test_the_same_random_source_gives_the_same_answers() -> None:
    answers = []
    for _ in range(2):
        terminal = Terminal(CardOS(cards.chip(), entropy=SeededEntropy(b"again")))
        rnd_ic = _challenged(terminal)
        answers.append(terminal.plain(instructions.external_authenticate(bac_data(RND_IFD, rnd_ic, K_IFD), ne=40)))
    assert answers[0] == answers[1]
