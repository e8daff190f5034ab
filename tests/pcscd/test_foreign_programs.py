"""Programs of others see the simulated card as they see any: OpenSC and pcsc-tools through pcscd.

scriptor, which knows nothing of cards, plays the terminal of the published examples; the card answers to the byte.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable

import pytest

from apdu.atr import historical_bytes
from chipid.lds.card_access import parse_card_access
from chipid.lds.files import FileId
from simulator.card_os import CardOS
from simulator.scenarios import SimulatedCard, build_card
from simulator.transport import SimulatedTransport
from simulator.virtual_reader import VirtualReader
from tests.simulator import cards
from tests.support import vectors
from tests.support.third_opinions import needs_programs

pytestmark = pytest.mark.pcscd

SECONDS = 60
needs_opensc = needs_programs("opensc", "opensc-tool")
needs_pcsc_tools = needs_programs("pcsc-tools", "pcsc_scan", "scriptor")
SELECT = ("00A4040C07A0000002471001", "9000")


@pytest.fixture(scope="module")
def simulated() -> SimulatedCard:
    return build_card("genuine")


def _run(command: list[str], script: str = "") -> str:
    outcome = subprocess.run(command, input=script, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def _received(output: str) -> list[tuple[str, bytes]]:
    """Status word and data of each APDU that ``opensc-tool -s`` reports."""
    answers = []
    for part in output.split("Received (SW1=0x")[1:]:
        status = part[:2] + re.findall(r"SW2=0x([0-9A-F]{2})", part)[0]
        lines = re.findall(r"^((?:[0-9A-F]{2} )+)", part, re.MULTILINE)
        answers.append((status, bytes.fromhex("".join(lines))))
    return answers


@needs_opensc
def test_opensc_reads_the_answer_to_reset(virtual_reader: VirtualReader, simulated: SimulatedCard) -> None:
    transport = simulated.transport()
    with virtual_reader.holding(transport):
        listed = _run(["opensc-tool", "--list-readers"])
        assert virtual_reader.name in listed
        printed = _run(["opensc-tool", "--reader", virtual_reader.name, "--atr"])
    atr = bytes.fromhex(printed.strip().replace(":", ""))
    assert atr == transport.atr
    historical = historical_bytes(atr)
    assert historical[:2] == b"\x80\x73"  # category and card capabilities, ISO/IEC 7816-4 §12.1.1


@needs_opensc
def test_opensc_reads_ef_card_access(virtual_reader: VirtualReader, simulated: SimulatedCard) -> None:
    command = ["opensc-tool", "--reader", virtual_reader.name, "--card-driver", "default"]
    with virtual_reader.holding(simulated.transport()):
        printed = _run([*command, "-s", "00A4020C02011C", "-s", "00B0000000"])
    selected, read = _received(printed)
    assert selected == ("9000", b"")
    content = simulated.chip.files.master_file.by_fid(FileId.CARD_ACCESS.fid)
    assert content is not None
    assert read == ("9000", content.content)
    assert parse_card_access(read[1]).security_infos.pace


@needs_opensc
def test_opensc_is_refused_what_it_may_not_read(virtual_reader: VirtualReader, simulated: SimulatedCard) -> None:
    command = ["opensc-tool", "--reader", virtual_reader.name, "--card-driver", "default"]
    with virtual_reader.holding(simulated.transport()):
        printed = _run([*command, "-s", "00A4040C07A0000002471001", "-s", "00B0810000", "-s", "00FF0000"])
    assert [status for status, _ in _received(printed)] == ["9000", "6982", "6D00"]


@needs_opensc
def test_opensc_reads_ef_dir_and_ef_atr_info(virtual_reader: VirtualReader, simulated: SimulatedCard) -> None:
    command = ["opensc-tool", "--reader", virtual_reader.name, "--card-driver", "default"]
    with virtual_reader.holding(simulated.transport()):
        printed = _run(
            [*command, "-s", "00A4020C022F00", "-s", "00B0000000", "-s", "00A4020C022F01", "-s", "00B0000000"]
        )
    answers = _received(printed)
    assert answers[1][1].hex() == "61094f07a0000002471001"
    assert answers[3][1][:2] == b"\x47\x03"
    # What EF.ATR/INFO says of the card, its historical bytes say too.
    assert answers[3][1][2:5] in simulated.transport().atr


@needs_pcsc_tools
def test_pcsc_scan_sees_a_card_in_the_slot(virtual_reader: VirtualReader, simulated: SimulatedCard) -> None:
    transport = simulated.transport()
    with virtual_reader.holding(transport):
        printed = _run(["pcsc_scan", "-t", "1", "-n"])
    assert "Card inserted" in printed
    assert transport.atr.hex(" ").upper() in printed


def _basic_access_control() -> tuple[list[str], list[tuple[str, str]]]:
    """What the card draws, and the exchanges of App. D.3 and D.4."""
    access, session = vectors.example("9303-11_D3_bac"), vectors.example("9303-11_D4_sm_3des")
    exchanges = [(one["C"], one["R"]) for one in access["apdus"]]
    exchanges += [(one["protected_C"], one["protected_R"]) for one in session["steps"]]
    return [access["RND_IC"], access["K_IC"]], exchanges


def _pace() -> tuple[list[str], list[tuple[str, str]]]:
    """The same of App. G.1, and of a session under its keys."""
    access = vectors.example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
    session = vectors.example("SM_AES128_select_read_efcom")
    drawn = [access["s"], access["map"]["SK_IC"], access["ka"]["SK_IC"]]
    return drawn, [(one["C"], one["R"]) for example in (access, session) for one in example["apdus"]]


@needs_pcsc_tools
@pytest.mark.parametrize("example", [_basic_access_control, _pace])
def test_scriptor_gets_the_published_answers(
    virtual_reader: VirtualReader, example: Callable[[], tuple[list[str], list[tuple[str, str]]]]
) -> None:
    drawn, exchanges = example()
    exchanges = [SELECT, *exchanges]
    card = CardOS(cards.chip(), entropy=cards.ScriptedEntropy(drawn))
    script = "".join(f"{bytes.fromhex(command).hex(' ')}\n" for command, _ in exchanges)
    with virtual_reader.holding(SimulatedTransport(card, name="example")):
        printed = _run(["scriptor", "-p", "T=1", "-r", virtual_reader.name], script)
    # "> command", then "< answer : meaning", which may go over several lines.
    answers = re.findall(r"^< ([0-9A-F \n]+) :", printed, re.MULTILINE)
    assert [bytes.fromhex(one) for one in answers] == [bytes.fromhex(answer) for _, answer in exchanges]
