"""A foreign reader on our card: mrtdreader (Debian ``mrtdreader``), through libnfc and a serial reader that is ours.

It knows Basic Access Control, reads EF.COM, EF.SOD, DG1 and DG2, and checks nothing.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chipid.crypto.entropy import system_entropy
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import parse_mrz
from simulator.scenarios import SimulatedCard, build_card
from tests.interop.pn532 import serial_reader
from tests.support.third_opinions import needs_programs

pytestmark = needs_programs("mrtdreader", "mrtdreader")

SECONDS = 60
IMAGES = {".jpg": b"\xff\xd8\xff", ".jp2": b"\x00\x00\x00\x0cjP  \r\n"}
PROFILES = ("bac-only", "bac-aa-rsa", "cccd-2021", "cccd-2021-rsa", "eac", "pace-gm-aes256-brainpoolP512r1")
PEOPLE = ("nguyen-van-a", "tran-thi-b")


def _card(profile: str, person: str) -> SimulatedCard:
    return build_card("genuine", profile=profile, person=person)


@pytest.mark.parametrize("profile", PROFILES)
def test_mrtdreader_reads_our_card(tmp_path: Path, profile: str) -> None:
    card = _card(profile, PEOPLE[0])
    _assert_read(card, tmp_path)


def test_mrtdreader_reads_another_person_and_a_card_of_its_own_keys(tmp_path: Path) -> None:
    _assert_read(build_card("genuine", person=PEOPLE[1], entropy=system_entropy), tmp_path)


def test_mrtdreader_does_not_open_the_card_with_the_zone_of_another(tmp_path: Path) -> None:
    card, other = (_card("bac-only", person) for person in PEOPLE)
    status, printed = _read(card, _zone_key(other), tmp_path)
    assert status != 0
    assert "Challenge failed" in printed


def _assert_read(card: SimulatedCard, folder: Path) -> None:
    status, printed = _read(card, _zone_key(card), folder)
    assert status == 0, printed
    (application,) = card.chip.files.applications
    for file in (FileId.COM, FileId.SOD):
        content = application.by_fid(file.fid)
        assert content is not None
        assert f"File content: {content.content.hex()}\n" in printed
    assert card.mrz in printed
    portrait = application.by_fid(FileId.DG2.fid)
    assert portrait is not None
    (saved,) = folder.iterdir()
    assert saved.read_bytes().startswith(IMAGES[saved.suffix])
    assert portrait.content.endswith(saved.read_bytes())


def _zone_key(card: SimulatedCard) -> bytes:
    """The key information of the zone, as mrtdreader takes it."""
    return AccessKey.from_mrz(parse_mrz(card.mrz)).secret


def _read(card: SimulatedCard, key: bytes, folder: Path) -> tuple[int, str]:
    with serial_reader(card.transport().transmit) as line:
        environment = {**os.environ, "LIBNFC_DEVICE": f"pn532_uart:{line}", "LIBNFC_AUTO_SCAN": "false"}
        done = subprocess.run(
            ["mrtdreader", key],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="ascii",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    return done.returncode, done.stdout + done.stderr
