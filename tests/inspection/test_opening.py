"""Opening a chip: EF.CardAccess in all the ways of chips, PACE, and when Basic Access Control may follow."""

from __future__ import annotations

import pytest

from apdu.command import CommandAPDU
from apdu.errors import CardError, MalformedDataError, StatusError, TLVError
from chipid.asn1 import oids
from chipid.errors import AccessKeyError, AccessRefusedError, UnsupportedError, WrongAccessKeyError
from chipid.evidence.evidence import AccessProtocol, Evidence, FileOutcome
from chipid.inspection.opening import QUIRK_CARD_ACCESS_AFTER_MF, QUIRK_CARD_ACCESS_BY_SFI
from chipid.inspection.plan import EVERYTHING, BACUse, ReadingPlan
from chipid.lds.card_access import build_card_access
from chipid.lds.files import FileId
from chipid.lds.security_infos import PACEInfo
from chipid.mrz.access_key import AccessKey
from simulator import scenarios
from simulator.quirks import LongRead, Quirks
from tests.inspection import cards
from tests.inspection.cards import InterferingTransport, ListeningCard, Rule, name_of
from tests.scenarios import readings

CARD = "SELECT EF.CardAccess"
CAN = readings.can_of(readings.card("genuine"))
MRZ = readings.mrz_of(readings.card("genuine"))
ACCESS_ONLY = ReadingPlan(data_groups=frozenset(), chip_authentication=False, active_authentication=False)
AFTER_PACE_FAILED = ReadingPlan(bac=BACUse.AFTER_PACE_FAILED)
WRONG_CAN = AccessKey.from_can("999999")
WRONG_MRZ = AccessKey.from_mrz_fields("123456789", "900101", "300101")


def refusing(names: set[str], answer: str) -> Rule:
    """Answer ``answer`` to the commands of these names."""
    return lambda command: answer if name_of(command) in names else None


def read_through(rule: Rule, *, key: AccessKey = CAN, select_mf_refused: bool = False) -> tuple[Evidence, list[str]]:
    chip = cards.genuine_chip(select_mf_refused=select_mf_refused)
    transport = InterferingTransport(ListeningCard(chip), rule)
    return readings.read(transport, key, ACCESS_ONLY), transport.asked


def card_access(evidence: Evidence) -> FileOutcome:
    record = evidence.record(FileId.CARD_ACCESS)
    assert record is not None
    return record.outcome


# EF.CardAccess


def test_the_plain_way_to_card_access_is_tried_first_and_alone() -> None:
    evidence, asked = read_through(lambda _: None)
    assert asked[:3] == [CARD, "READ", "READ"]
    assert "SELECT MF" not in asked
    assert evidence.quirks == ()
    assert card_access(evidence) is FileOutcome.READ


def test_card_access_is_read_by_its_short_identifier_where_select_is_refused() -> None:
    evidence, asked = read_through(refusing({CARD}, "6A82"))
    assert asked[:2] == [CARD, "READ SFI 1C"]
    assert "SELECT MF" not in asked
    assert evidence.quirks == (QUIRK_CARD_ACCESS_BY_SFI,)
    assert evidence.access.protocol is AccessProtocol.PACE


class AfterMasterFile:
    """A chip that answers nothing about EF.CardAccess before the master file was selected."""

    def __init__(self, answer_to_mf: str | None) -> None:
        self._answer_to_mf = answer_to_mf
        self._selected = False

    def __call__(self, command: CommandAPDU) -> str | None:
        if name_of(command) == "SELECT MF":
            self._selected = True
            return self._answer_to_mf
        if name_of(command) in (CARD, "READ SFI 1C") and not self._selected:
            return "6985"
        return None


def test_card_access_is_read_after_the_master_file_where_nothing_else_helps() -> None:
    evidence, asked = read_through(AfterMasterFile(None))
    assert asked[:4] == [CARD, "READ SFI 1C", "SELECT MF", CARD]
    assert evidence.quirks == (QUIRK_CARD_ACCESS_AFTER_MF,)


def test_a_refused_master_file_does_not_end_the_reading() -> None:
    evidence, _ = read_through(AfterMasterFile("6D00"), select_mf_refused=True)
    assert evidence.quirks == (QUIRK_CARD_ACCESS_AFTER_MF,)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("6A82", FileOutcome.ABSENT), ("6982", FileOutcome.DENIED), ("6F00", FileOutcome.FAILED)],
)
def test_a_chip_without_card_access_is_opened_with_basic_access_control(answer: str, outcome: FileOutcome) -> None:
    """The first refusal is the one that is recorded."""
    first = iter([answer, "6900", "6900"])
    rule: Rule = lambda command: next(first) if name_of(command) in (CARD, "READ SFI 1C") else None  # noqa: E731
    evidence, asked = read_through(rule, key=MRZ)
    assert card_access(evidence) is outcome
    record = evidence.record(FileId.CARD_ACCESS)
    assert record is not None
    assert record.sw == int(answer, 16)
    assert evidence.access.protocol is AccessProtocol.BAC
    assert evidence.access.pace_skipped is None
    assert asked[:4] == [CARD, "READ SFI 1C", "SELECT MF", CARD]


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"\x31\x02\x30\x05", TLVError), (b"\x60\x00\x00\x00\x00", MalformedDataError)],
    ids=["no infos", "another file"],
)
def test_a_card_access_that_is_none_ends_the_reading(content: bytes, error: type[CardError]) -> None:
    chip = cards.with_files(cards.genuine_chip(), {FileId.CARD_ACCESS: content})
    card = ListeningCard(chip)
    with pytest.raises(error):
        readings.read(cards.transport_to(card), CAN)
    assert not any(name.startswith(("SET", "GET", "GENERAL")) for name in card.names)


# PACE and Basic Access Control


def test_pace_is_recorded_with_what_was_used() -> None:
    evidence, _ = read_through(lambda _: None, key=MRZ)
    assert evidence.access.protocol is AccessProtocol.PACE
    assert evidence.access.password == "MRZ"
    assert evidence.access.oid == oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128
    assert evidence.access.parameter_id == 13
    assert evidence.access.pace_skipped is None


def test_a_chip_without_pace_is_opened_with_the_zone() -> None:
    card = ListeningCard(cards.bac_only_chip())
    evidence = readings.read(cards.transport_to(card), MRZ)
    assert evidence.access.protocol is AccessProtocol.BAC
    assert evidence.access.pace_skipped is None
    assert {record.outcome for record in evidence.files if not record.file.in_mf} == {FileOutcome.READ}
    start = card.names.index("SELECT application")
    assert card.names[start : start + 3] == ["SELECT application", "GET CHALLENGE", "EXTERNAL AUTHENTICATE"]


def test_a_card_access_number_does_not_open_a_chip_without_pace() -> None:
    card = ListeningCard(cards.bac_only_chip())
    with pytest.raises(AccessKeyError):
        readings.read(cards.transport_to(card), CAN)
    assert "GET CHALLENGE" not in card.names
    assert "SELECT application" not in card.names


def test_a_plan_without_basic_access_control_refuses_a_chip_without_pace() -> None:
    card = ListeningCard(cards.bac_only_chip())
    with pytest.raises(AccessRefusedError):
        readings.read(cards.transport_to(card), MRZ, ReadingPlan(bac=BACUse.NEVER))
    assert "GET CHALLENGE" not in card.names


def test_pace_that_we_cannot_run_is_named_when_basic_access_control_stands_in() -> None:
    reserved = PACEInfo(oid=oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, parameter_id=31)
    chip = cards.with_files(cards.genuine_chip(), {FileId.CARD_ACCESS: build_card_access([reserved])})
    evidence = readings.read(cards.transport_to(ListeningCard(chip)), MRZ, ACCESS_ONLY)
    assert evidence.access.protocol is AccessProtocol.BAC
    assert evidence.access.pace_skipped == "unsupported"
    with pytest.raises(AccessRefusedError):
        readings.read(cards.transport_to(ListeningCard(chip)), MRZ, ReadingPlan(bac=BACUse.NEVER))


def test_a_chip_that_offers_no_access_protocol_is_not_supported() -> None:
    chip = cards.bac_only_chip()
    for answer in ("6A88", "6D00"):
        transport = InterferingTransport(ListeningCard(chip), refusing({"GET CHALLENGE"}, answer))
        with pytest.raises(UnsupportedError):
            readings.read(transport, MRZ)
    transport = InterferingTransport(ListeningCard(chip), refusing({"GET CHALLENGE"}, "6F00"))
    with pytest.raises(StatusError):
        readings.read(transport, MRZ)


def test_an_application_selected_with_a_remark_is_selected() -> None:
    class Remarking(ListeningCard):
        def process(self, raw: bytes) -> bytes:
            answer = super().process(raw)
            return answer[:-2] + bytes.fromhex("6283") if raw[:3] == bytes.fromhex("00A404") else answer

    evidence = readings.read(cards.transport_to(Remarking(cards.bac_only_chip())), MRZ, ACCESS_ONLY)
    assert evidence.access.protocol is AccessProtocol.BAC


def test_a_chip_without_the_application_ends_the_reading() -> None:
    transport = InterferingTransport(ListeningCard(cards.bac_only_chip()), refusing({"SELECT application"}, "6A82"))
    with pytest.raises(StatusError):
        readings.read(transport, MRZ)


# One attempt


def test_a_wrong_card_access_number_is_tried_once() -> None:
    card = ListeningCard(cards.genuine_chip())
    with pytest.raises(WrongAccessKeyError):
        readings.read(cards.transport_to(card), WRONG_CAN)
    assert card.names.count("SET AT (PACE)") == 1
    assert card.names[-1] == "GENERAL AUTHENTICATE"


@pytest.mark.parametrize("plan", [EVERYTHING, AFTER_PACE_FAILED])
def test_a_wrong_zone_is_not_tried_again_with_the_weaker_protocol(plan: ReadingPlan) -> None:
    card = ListeningCard(cards.genuine_chip())
    with pytest.raises(WrongAccessKeyError):
        readings.read(cards.transport_to(card), WRONG_MRZ, plan)
    assert card.names.count("SET AT (PACE)") == 1
    assert "GET CHALLENGE" not in card.names


def test_a_wrong_zone_is_tried_once_with_basic_access_control() -> None:
    card = ListeningCard(cards.bac_only_chip())
    with pytest.raises(WrongAccessKeyError):
        readings.read(cards.transport_to(card), WRONG_MRZ)
    assert card.names.count("EXTERNAL AUTHENTICATE") == 1
    assert card.names[-1] == "EXTERNAL AUTHENTICATE"


# Falling back


class BrokenPACE:
    """A chip whose PACE breaks at the n-th run and later, for a technical reason."""

    def __init__(self, first_broken_run: int = 1) -> None:
        self._first = first_broken_run
        self._runs = 0

    def __call__(self, command: CommandAPDU) -> str | None:
        if name_of(command) == "SET AT (PACE)":
            self._runs += 1
        return "6F00" if name_of(command) == "GENERAL AUTHENTICATE" and self._runs >= self._first else None


def test_pace_that_fails_ends_the_reading_by_default() -> None:
    transport = InterferingTransport(ListeningCard(cards.genuine_chip()), BrokenPACE())
    with pytest.raises(StatusError):
        readings.read(transport, MRZ)
    assert "GET CHALLENGE" not in transport.asked


def test_a_plan_may_fall_back_and_the_evidence_says_so() -> None:
    transport = InterferingTransport(ListeningCard(cards.genuine_chip()), BrokenPACE())
    evidence = readings.read(transport, MRZ, AFTER_PACE_FAILED)
    assert evidence.access.protocol is AccessProtocol.BAC
    assert evidence.access.pace_skipped == "unexpected-status"


def test_a_card_access_number_has_nothing_to_fall_back_to() -> None:
    transport = InterferingTransport(ListeningCard(cards.genuine_chip()), BrokenPACE())
    with pytest.raises(StatusError):
        readings.read(transport, CAN, AFTER_PACE_FAILED)


def test_a_fallback_in_the_middle_of_a_reading_is_not_forgotten() -> None:
    """The clone breaks the session at its proof and then refuses PACE: the rest was read under the weaker protocol."""
    card = ListeningCard(readings.card("cloned").chip)
    transport = InterferingTransport(card, BrokenPACE(first_broken_run=2))
    evidence = readings.read(transport, MRZ, AFTER_PACE_FAILED)
    assert transport.asked.count("SET AT (PACE)") == 2
    assert evidence.access.protocol is AccessProtocol.BAC
    assert evidence.access.pace_skipped == "unexpected-status"


def test_pace_that_works_again_does_not_hide_an_earlier_fallback() -> None:
    class OnceBroken(BrokenPACE):
        def __call__(self, command: CommandAPDU) -> str | None:
            broken = super().__call__(command)
            return broken if self._runs == 1 else None

    card = ListeningCard(readings.card("cloned").chip)
    evidence = readings.read(InterferingTransport(card, OnceBroken()), MRZ, AFTER_PACE_FAILED)
    assert evidence.access.protocol is AccessProtocol.BAC
    assert evidence.access.pace_skipped == "unexpected-status"


def test_card_security_that_breaks_the_session_is_read_while_the_chip_is_opened_anew() -> None:
    """It lies in the master file, and the application is selected again by then."""
    simulated = scenarios.build_card("genuine", profile="pace-cam-aes256-brainpoolP384r1")
    transport = simulated.transport(quirks=Quirks(max_ne=192, long_read=LongRead.NAKED))
    evidence = readings.read(transport, readings.can_of(simulated))
    assert evidence.quirks == ("naked-length-refusal",)
    assert evidence.content(FileId.CARD_SECURITY) is not None
    assert all(record.outcome is FileOutcome.READ for record in evidence.files)
