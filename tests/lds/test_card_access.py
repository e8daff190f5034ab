from typing import Any

import pytest

from apdu.errors import MalformedDataError
from chipid.asn1 import oids
from chipid.lds.card_access import build_card_access, parse_card_access
from chipid.lds.security_infos import (
    ChipAuthenticationInfo,
    PACEInfo,
    SecurityInfosDeviation,
    TerminalAuthenticationInfo,
)
from tests.support.hostile import assert_survives
from tests.support.vectors import example

SAMPLES = example("EF_CardAccess_samples")["cases"]
VIETNAMESE = bytes.fromhex(
    "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
)


@pytest.mark.parametrize("case", SAMPLES, ids=lambda case: case["why"])
def test_published_samples_offer_pace_as_they_are_described(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"])
    found = parse_card_access(raw)
    assert [[info.oid, info.version, info.parameter_id] for info in found.security_infos.pace] == case["pace"]
    assert found.raw == raw
    assert found.security_infos.raw + found.trailing == raw
    assert found.security_infos.deviations == ()


def test_padding_after_the_set_is_kept_and_told_from_other_bytes() -> None:
    padded = parse_card_access(bytes.fromhex(SAMPLES[3]["hex"]))
    assert (padded.trailing, padded.is_padding_only) == (bytes(8), True)
    german = parse_card_access(bytes.fromhex(SAMPLES[5]["hex"]))
    assert german.trailing
    assert not german.is_padding_only


def test_the_german_test_card_keeps_what_is_not_read() -> None:
    infos = parse_card_access(bytes.fromhex(SAMPLES[5]["hex"])).security_infos
    assert infos.terminal_authentication == (TerminalAuthenticationInfo(version=2),)
    assert infos.chip_authentication[0].key_id == 0x41
    assert [info.oid for info in infos.unknown] == [oids.ID_CA_ECDH, oids.ID_CI]


def test_the_vietnamese_file_of_54_bytes_is_read_and_written_again() -> None:
    infos = parse_card_access(VIETNAMESE).security_infos.infos
    assert infos == (
        TerminalAuthenticationInfo(),
        ChipAuthenticationInfo(oid=oids.ID_CA_ECDH_AES_CBC_CMAC_128),
        PACEInfo(oid=oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, parameter_id=13),
    )
    assert len(VIETNAMESE) == 54
    assert build_card_access(reversed(infos)) == VIETNAMESE


def test_a_file_with_a_repeated_entry_says_so() -> None:
    entry = VIETNAMESE[-20:]
    found = parse_card_access(bytes((0x31, 40)) + entry + entry)
    assert found.security_infos.deviations == (SecurityInfosDeviation.DUPLICATE_ENTRY,)


@pytest.mark.parametrize("raw", [b"", b"\x00", bytes(32), b"\x30\x00", VIETNAMESE[:-1]])
def test_what_does_not_begin_with_a_set_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_card_access(raw)


@pytest.mark.parametrize("raw", [VIETNAMESE, bytes.fromhex(SAMPLES[5]["hex"])], ids=["Vietnamese", "German"])
def test_damaged_files_raise_only_errors_of_the_toolkit(raw: bytes) -> None:
    assert_survives(parse_card_access, raw)
