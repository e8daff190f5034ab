"""The habits of the field: each one shown on the wire, and what the reader makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache

import pytest

from apdu import instructions
from apdu.errors import CardRemovedError
from apdu.secure_messaging import TerminalChannel
from chipid.errors import ConfigurationError, UnsupportedError, WrongAccessKeyError
from chipid.evidence.evidence import Evidence
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from chipid.verification.report import Check, Reason, Result, Verdict
from simulator.clock import SimulatedClock
from simulator.personalisation.profile import load_profile
from simulator.quirks import QUIRKS, STANDARD, find_quirk
from simulator.scenarios import SimulatedCard, build_card
from tests.scenarios import readings
from tests.simulator.terminal import Terminal

LIMITED = "read-length-limited"
NO_PARAMETERS = "pace-parameter-reference-refused"
NAKED = {"naked-6700", "naked-6700-counted"}
CARD_ACCESS = 0x1C  # short identifier
WRONG_CAN = AccessKey.from_can("999999")


@cache
def _card(scenario: str, profile: str = "cccd-2021") -> SimulatedCard:
    return build_card(scenario, profile=profile)


def _read(card: SimulatedCard, quirk: str) -> Evidence:
    clock = SimulatedClock()
    return readings.read(card.transport(quirks=QUIRKS[quirk].quirks, clock=clock), card.access_key, clock=clock)


# What the reader notes down about a card with PACE; whatever is not named here it copes with silently.
NOTED = {
    "le-ceiling-256": (LIMITED,),
    "le-ceiling-223": (LIMITED,),
    "le-ceiling-192": (LIMITED,),
    "le-ceiling-128": (LIMITED,),
    "naked-6700": ("naked-length-refusal",),
    "naked-6700-counted": ("naked-length-refusal",),
    "parameters-6a80": (NO_PARAMETERS,),
    "parameters-6a87": (NO_PARAMETERS,),
    "parameters-6a88": (NO_PARAMETERS,),
}


@pytest.mark.parametrize("quirk", sorted(QUIRKS))
def test_the_reader_copes_and_notes_the_detour(quirk: str) -> None:
    card = _card("genuine")
    evidence = _read(card, quirk)
    assert evidence.quirks == NOTED.get(quirk, ())
    # EF.ATR/INFO does not tell its length: chips differ in what they give of it, and it is no part of the document.
    genuine = readings.evidence_of("genuine")
    files, expected = ([one for one in each.files if one.file is not FileId.ATR_INFO] for each in (evidence, genuine))
    assert files == expected
    assert readings.judged(evidence, readings.trust_of(card)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("quirk", sorted(NAKED))
def test_a_naked_status_leaves_the_counters_alike_or_apart(quirk: str) -> None:
    card = _card("genuine")
    terminal = Terminal(card.start(quirks=QUIRKS[quirk].quirks))
    steps = terminal.pace_set_at(load_profile("cccd-2021").pace[0])
    terminal.pace_nonce(steps, card.can.encode())
    terminal.pace_map(steps)
    terminal.pace_agree(steps)
    terminal.pace_token(steps)
    assert steps.keys is not None
    counting, not_counting = TerminalChannel(steps.keys), TerminalChannel(steps.keys)
    refused = terminal.plain(counting.protect(instructions.read_binary_sfi(CARD_ACCESS, 0, 240)))
    assert (refused.sw, refused.data) == (0x6700, b"")
    goes_on = counting if quirk == "naked-6700-counted" else not_counting
    answer = goes_on.unprotect(terminal.plain(goes_on.protect(instructions.read_binary_sfi(CARD_ACCESS, 0, 8))))
    assert (answer.sw, len(answer.data)) == (0x9000, 8)


@pytest.mark.parametrize(
    ("quirk", "status"),
    [("mf-6d00", "6d00"), ("mf-6985", "6985"), ("mf-6a86", "6a86"), ("mf-6a87", "6a87")],
)
def test_the_master_file_is_refused_in_several_ways(quirk: str, status: str) -> None:
    card = build_card("genuine", profile="cccd-2021")
    for command in ("00a4000c023f00", "00a4000c"):
        started = card.start(quirks=QUIRKS[quirk].quirks)
        assert started.process(bytes.fromhex(command)).hex() == status


def test_a_card_that_falls_silent_at_the_master_file_is_lost() -> None:
    with pytest.raises(CardRemovedError):
        _read(_card("pace-removed"), "mf-silence")


def test_a_card_without_any_way_in_is_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        _read(_card("pace-removed"), "bac-absent")


@pytest.mark.parametrize(("quirk", "length"), [("aa-cut", 231), ("aa-empty", 0)])
def test_a_shortened_signature_proves_nothing_in_either_direction(quirk: str, length: int) -> None:
    card = _card("genuine", "cccd-2021-rsa")
    report = readings.judged(_read(card, quirk), readings.trust_of(card))
    found = report.find(Check.ACTIVE_AUTHENTICATION)
    assert found is not None
    assert (found.result, found.reason) == (Result.INDETERMINATE, Reason.ANSWER_LENGTH_WRONG)
    assert found.fact("bytes") == length
    assert report.verdict is Verdict.ACCEPTED  # Chip Authentication has proven the chip


def test_basic_access_control_wants_the_application_first() -> None:
    started = _card("genuine").start(quirks=QUIRKS["application-first"].quirks)
    assert started.process(bytes.fromhex("0084000008")).hex() == "6985"
    started.process(bytes.fromhex("00a4040c07a0000002471001"))
    assert started.process(bytes.fromhex("0084000008"))[-2:].hex() == "9000"


def test_an_le_on_mse_is_refused() -> None:
    started = _card("genuine").start(quirks=QUIRKS["mse-le-refused"].quirks)
    set_at = "0022c1a40f800a04007f00070202040202830102"
    assert started.process(bytes.fromhex(set_at)).hex() == "9000"
    assert started.process(bytes.fromhex(set_at + "00")).hex() == "6700"


def test_parameters_that_must_be_named_are_missed() -> None:
    started = _card("genuine").start(quirks=QUIRKS["parameters-required"].quirks)
    assert started.process(bytes.fromhex("0022c1a40f800a04007f00070202040202830102")).hex() == "6a80"
    assert started.process(bytes.fromhex("0022c1a412800a04007f0007020204020283010284010d")).hex() == "9000"


def test_data_is_announced_without_length_and_fetched() -> None:
    started = _card("genuine").start(quirks=QUIRKS["announced-data"].quirks)
    assert started.process(bytes.fromhex("00b09c0000")).hex() == "6100"
    first = started.process(bytes.fromhex("00c0000010"))
    assert (len(first), first[-2:].hex()) == (18, "6100")
    rest = started.process(bytes.fromhex("00c0000000"))
    assert first[:-2] + rest[:-2] == _card("genuine").start().process(bytes.fromhex("00b09c0000"))[:-2]
    assert rest[-2:].hex() == "9000"
    assert started.process(bytes.fromhex("00c0000000"))[-2:].hex() != "9000"


def test_only_the_exact_length_is_answered() -> None:
    started = _card("genuine").start(quirks=QUIRKS["exact-length"].quirks)
    answer = started.process(bytes.fromhex("00b09c0000"))
    assert answer[0] == 0x6C
    assert len(started.process(bytes.fromhex("00b09c00") + answer[1:])) == answer[1] + 2


def _tries(card: SimulatedCard, quirk: str, keys: list[AccessKey]) -> Iterator[tuple[bool, float]]:
    """Whether each key opens the chip, one after the other without loss of power, and the time that it took."""
    clock = SimulatedClock()
    transport = card.transport(quirks=QUIRKS[quirk].quirks, clock=clock)
    for key in keys:
        before = clock()
        try:
            readings.read(transport, key, clock=clock)
        except WrongAccessKeyError:
            yield False, clock() - before
        else:
            yield True, clock() - before


def test_each_wrong_can_takes_longer_until_the_right_one() -> None:
    card = _card("genuine")
    keys = [WRONG_CAN, WRONG_CAN, WRONG_CAN, card.access_key]
    found = list(_tries(card, "wrong-password-delay", keys))
    assert found == [(False, 1.0), (False, 2.0), (False, 4.0), (True, 0.0)]


def test_a_wrong_can_spoils_the_right_one_until_power_is_gone() -> None:
    card = _card("genuine")
    keys = [WRONG_CAN, card.access_key]
    assert [opened for opened, _ in _tries(card, "wrong-try-spoils-next", keys)] == [False, False]
    transport = card.transport(quirks=QUIRKS["wrong-try-spoils-next"].quirks)
    with pytest.raises(WrongAccessKeyError):
        readings.read(transport, WRONG_CAN)
    transport.reset()
    assert readings.read(transport, card.access_key).files


def test_a_read_across_the_end_is_padded_or_refused() -> None:
    for quirk, expected in (("padded-end", "6282"), ("end-refused", "6b00")):
        started = _card("genuine").start(quirks=QUIRKS[quirk].quirks)
        answer = started.process(bytes.fromhex("00b09c00f0"))
        assert answer[-2:].hex() == expected
        assert len(answer) == (0xF0 + 2 if quirk == "padded-end" else 2)


def test_every_quirk_departs_from_the_standard_and_names_its_reports() -> None:
    reported = {6, 7, 9, 11, 12, 13, 24}
    assert {one.failure for one in QUIRKS.values()} == reported
    assert all(one.quirks != STANDARD for one in QUIRKS.values())
    assert len({repr(one.quirks) for one in QUIRKS.values()}) == len(QUIRKS)


def test_an_unknown_quirk_is_named() -> None:
    with pytest.raises(ConfigurationError, match="le-ceiling-192"):
        find_quirk("none")
    assert find_quirk("aa-cut").failure == 13


def test_hostile_bytes_meet_a_status_word_on_every_card() -> None:
    for quirk in QUIRKS.values():
        started = _card("genuine").start(quirks=quirk.quirks)
        for raw in (b"", b"\x00", b"\x00\xa4", b"\x0c\xb0\x00\x00\x03\x97\x01", bytes.fromhex("0cb0000003970100")):
            with suppress(CardRemovedError):
                assert len(started.process(raw)) >= 2
