"""EF.CVCA where DG14 says (BSI TR-03110-3 §A.1.1.3; TR-03105-5.1 E_22, E_23), and long reads as EF.ATR/INFO says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from apdu.command import CommandAPDU
from chipid.evidence.evidence import Evidence, FileOutcome, ProofOutcome
from chipid.inspection.plan import EVERYTHING
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.ef_atr_info import build_ef_atr_info
from chipid.lds.files import FileId
from chipid.lds.security_infos import TerminalAuthenticationInfo
from simulator.chip import Chip
from simulator.file_system import DedicatedFile, FileSystem
from tests.inspection import cards
from tests.inspection.cards import ListeningCard, name_of
from tests.inspection.test_terminal import FINGER, IRIS, card, terminal_key
from tests.scenarios import readings

MOVED = (0x0131, 0x1B)


@cache
def chip_saying(fid: int | None, sfi: int | None) -> Chip:
    """The chip with fingers and irises, whose DG14 gives EF.CVCA these identifiers."""
    chip = card().chip
    (application,) = chip.files.applications
    dg14 = application.by_fid(FileId.DG14.fid)
    assert dg14 is not None
    infos = [
        TerminalAuthenticationInfo(cvca_fid=fid, cvca_sfi=sfi) if isinstance(one, TerminalAuthenticationInfo) else one
        for one in parse_dg14(dg14.content).security_infos.infos
    ]
    return cards.with_files(chip, {FileId.DG14: build_dg14(infos)})


def with_moved_file(chip: Chip) -> Chip:
    (application,) = chip.files.applications
    files = [
        replace(one, fid=MOVED[0], sfi=MOVED[1]) if one.fid == FileId.CVCA.fid else one for one in application.files
    ]
    moved = DedicatedFile(aid=application.aid, files=files, rule=application.rule)
    return replace(chip, files=FileSystem(master_file=chip.files.master_file, applications=(moved,)))


def read(chip: Chip) -> Evidence:
    plan = replace(EVERYTHING, terminal_key=terminal_key(FINGER, IRIS))
    return readings.read(cards.transport_to(ListeningCard(chip)), card().access_key, plan)


def ending(evidence: Evidence) -> tuple[ProofOutcome, str]:
    assert evidence.terminal_authentication is not None
    return evidence.terminal_authentication.outcome, evidence.terminal_authentication.detail


@pytest.mark.parametrize(
    ("fid", "sfi"), [(None, None), (FileId.CVCA.fid, None), (FileId.CVCA.fid, FileId.CVCA.sfi)], ids=str
)
def test_the_file_is_read_where_dg14_says(fid: int | None, sfi: int | None) -> None:
    evidence = read(chip_saying(fid, sfi))
    assert ending(evidence) == (ProofOutcome.COMPLETED, "")
    assert evidence.content(FileId.DG3) is not None


@pytest.mark.parametrize("sfi", [None, MOVED[1]])
def test_a_file_in_another_place_is_found_there(sfi: int | None) -> None:
    assert ending(read(with_moved_file(chip_saying(MOVED[0], sfi)))) == (ProofOutcome.COMPLETED, "")


@pytest.mark.parametrize(
    ("fid", "sfi"),
    [
        (MOVED[0], None),
        (FileId.DG1.fid, None),
        (FileId.CVCA.fid, MOVED[1]),
        (FileId.CVCA.fid, 1),
        (FileId.CVCA.fid, 0xFF),
    ],
    ids=["no file", "another file", "no short identifier", "that of another file", "none that can be"],
)
def test_a_file_that_is_not_what_dg14_says_ends_terminal_authentication(fid: int, sfi: int | None) -> None:
    evidence = read(chip_saying(fid, sfi))
    assert ending(evidence) == (ProofOutcome.ABORTED, "trust-points-unreadable")
    assert evidence.record(FileId.DG3) is None
    assert evidence.content(FileId.DG2) is not None


@pytest.mark.parametrize(("size", "longest"), [(0xFFFF, 0xFFFF), (1000, 1000), (300, 300), (100, 256), (0, 256)])
def test_no_answer_is_longer_than_the_buffer_that_the_card_announces(size: int, longest: int) -> None:
    chip = cards.genuine_chip()
    atr_info = build_ef_atr_info(chaining=True, max_command=size, max_response=size)
    transport = cards.transport_to(ListeningCard(cards.with_files(chip, {FileId.ATR_INFO: atr_info})))
    honest, lengths = transport.transmit, []

    def transmit(apdu: bytes) -> bytes:
        answer = honest(apdu)
        lengths.append(len(answer))
        return answer

    transport.transmit = transmit  # type: ignore[method-assign]
    evidence = readings.read(transport, card().access_key)
    assert max(lengths) <= max(longest, 256 + 2)
    assert evidence.quirks == ()
    assert evidence.content(FileId.DG2) == readings.evidence_of("genuine").content(FileId.DG2)


def test_a_card_that_cannot_keep_what_it_announces_is_read_in_short_pieces() -> None:
    def too_long(command: CommandAPDU) -> int | None:
        return 0x6700 if name_of(command) == "READ" and command.ne > 0xE0 else None

    evidence = readings.read(
        cards.transport_to(ListeningCard(cards.genuine_chip(), refuses=too_long)), card().access_key
    )
    assert evidence.quirks == ("read-length-limited",)
    assert {one.outcome for one in evidence.files} == {FileOutcome.READ}


@pytest.mark.parametrize(
    "content", [None, bytes.fromhex("4703940160"), b"", bytes.fromhex("7F6603020101"), b"\xff" * 9]
)
def test_a_card_that_announces_nothing_is_read_in_short_pieces(content: bytes | None) -> None:
    listening = ListeningCard(cards.with_files(cards.genuine_chip(), {FileId.ATR_INFO: content}))
    evidence = readings.read(cards.transport_to(listening), card().access_key)
    assert max(command.ne for command in listening.heard if name_of(command) == "READ") <= 256
    assert evidence.content(FileId.DG2) == readings.evidence_of("genuine").content(FileId.DG2)
