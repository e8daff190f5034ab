"""The order of a reading, what it fetches and what it leaves, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from apdu.command import CommandAPDU
from apdu.errors import APDUError, CardRemovedError, DeadlineError, SecureMessagingError, TransportError
from chipid.asn1 import der, oids
from chipid.evidence.evidence import Evidence, FileOutcome, FileRecord, ProofOutcome
from chipid.inspection.plan import EVERYTHING, ReadingPlan
from chipid.inspection.progress import ProgressEvent, Step
from chipid.inspection.reading import read_card
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.ef_com import build_ef_com
from chipid.lds.files import FileId
from chipid.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo
from chipid.protocols.read_file import QUIRK_SHORT_READS
from simulator.access_rules import Never
from simulator.chip import Chip
from simulator.randomness import SeededEntropy
from tests.inspection import cards
from tests.inspection.cards import ListeningCard, name_of
from tests.scenarios import readings

CAN = readings.can_of(readings.card("genuine"))
MRZ = readings.mrz_of(readings.card("genuine"))


# What a reading without a terminal's key does.
STEPS = [step for step in Step if step is not Step.TERMINAL_AUTHENTICATION]


def read(chip: Chip, plan: ReadingPlan = EVERYTHING) -> tuple[Evidence, ListeningCard]:
    card = ListeningCard(chip)
    return readings.read(cards.transport_to(card), CAN, plan), card


def selected(card: ListeningCard) -> list[str]:
    return [name.removeprefix("SELECT ") for name in card.names if name.startswith("SELECT ")]


def record(evidence: Evidence, file: FileId) -> FileRecord:
    found = evidence.record(file)
    assert found is not None
    return found


# Order and plan


def test_a_reading_opens_proves_and_fetches_in_this_order() -> None:
    _, card = read(cards.genuine_chip())
    assert card.names == [
        "SELECT EF.CardAccess",
        "READ",
        "SELECT EF.ATR/INFO",
        "READ",
        "SET AT (PACE)",
        *["GENERAL AUTHENTICATE"] * 4,
        "SELECT application",
        "SELECT EF.COM",
        "READ",
        "SELECT EF.SOD",
        "READ",
        "SELECT DG14",
        "READ",
        "SET AT (CA)",
        "GENERAL AUTHENTICATE",
        "SELECT EF.SOD",  # the first answer under the new keys
        "SELECT DG15",
        "READ",
        "INTERNAL AUTHENTICATE",
        "SELECT DG1",
        "READ",
        "SELECT DG13",
        "READ",
        "SELECT DG2",
        "READ",
    ]


def test_nothing_is_fetched_twice_and_fingerprints_not_at_all() -> None:
    evidence, card = read(cards.genuine_chip())
    fetched = [name for name in selected(card) if name.startswith("DG")]
    assert len(set(fetched)) == len(fetched)
    assert "DG3" not in fetched
    assert [one.file for one in evidence.files] == [
        FileId.CARD_ACCESS,
        FileId.ATR_INFO,
        FileId.COM,
        FileId.SOD,
        FileId.DG14,
        FileId.DG15,
        FileId.DG1,
        FileId.DG13,
        FileId.DG2,
    ]


@pytest.mark.parametrize(
    ("plan", "groups"),
    [
        (ReadingPlan(data_groups=frozenset({FileId.DG1})), {"DG14", "DG15", "DG1"}),
        (ReadingPlan(data_groups=frozenset({FileId.DG13}), active_authentication=False), {"DG14", "DG13"}),
        (
            ReadingPlan(data_groups=frozenset({FileId.DG1}), chip_authentication=False, active_authentication=False),
            {"DG1"},
        ),
        (
            ReadingPlan(data_groups=frozenset(), chip_authentication=False, active_authentication=False),
            set(),
        ),
        (ReadingPlan(data_groups=frozenset({FileId.DG3, FileId.DG4, FileId.DG11})), {"DG14", "DG15"}),
        (ReadingPlan(chip_authentication=False, active_authentication=False), {"DG1", "DG2", "DG13", "DG14", "DG15"}),
    ],
    ids=["one group", "one proof", "no proofs", "nothing", "locked and absent groups", "all groups without proofs"],
)
def test_no_command_is_sent_for_a_group_that_the_plan_does_not_want(plan: ReadingPlan, groups: set[str]) -> None:
    evidence, card = read(cards.genuine_chip(), plan)
    assert {name for name in selected(card) if name.startswith("DG")} == groups
    assert {one.file.label for one in evidence.files if one.file.dg_number} == groups
    assert ("INTERNAL AUTHENTICATE" in card.names) is plan.active_authentication
    assert ("SET AT (CA)" in card.names) is plan.chip_authentication
    assert (evidence.chip_authentication is not None) is plan.chip_authentication
    assert (evidence.active_authentication is not None) is plan.active_authentication


def test_the_plan_of_everything_wants_every_group() -> None:
    assert all(EVERYTHING.wants(file) for file in FileId)
    assert not ReadingPlan(data_groups=frozenset({FileId.DG1})).wants(FileId.DG2)


# What the card lists


def test_the_security_object_is_followed_without_ef_com() -> None:
    for change in ({FileId.COM: None}, {FileId.COM: b"\x60\x00"}):
        evidence, _ = read(cards.with_files(cards.genuine_chip(), change))
        assert {FileId.DG1, FileId.DG2, FileId.DG13} <= {one.file for one in evidence.files}
    assert record(evidence, FileId.COM).outcome is FileOutcome.READ  # the judge sees that it is damaged


def test_ef_com_is_followed_without_a_security_object() -> None:
    for change in ({FileId.SOD: None}, {FileId.SOD: b"\x77\x02\x30\x00"}):
        evidence, _ = read(cards.with_files(cards.genuine_chip(), change))
        assert {FileId.DG1, FileId.DG2, FileId.DG13} <= {one.file for one in evidence.files}


def test_without_both_lists_no_group_is_asked_for() -> None:
    evidence, card = read(cards.with_files(cards.genuine_chip(), {FileId.COM: None, FileId.SOD: None}))
    assert not [name for name in selected(card) if name.startswith("DG")]
    assert record(evidence, FileId.COM).outcome is FileOutcome.ABSENT
    assert evidence.chip_authentication is None
    assert evidence.active_authentication is None


def test_a_listed_group_that_is_not_there_is_recorded() -> None:
    evidence, _ = read(cards.with_files(cards.genuine_chip(), {FileId.DG13: None}))
    assert record(evidence, FileId.DG13) == FileRecord(file=FileId.DG13, outcome=FileOutcome.ABSENT, sw=0x6A82)


def test_a_locked_group_is_recorded() -> None:
    evidence, _ = read(cards.with_rules(cards.genuine_chip(), {FileId.DG2: Never()}))
    assert record(evidence, FileId.DG2) == FileRecord(file=FileId.DG2, outcome=FileOutcome.DENIED, sw=0x6982)


def test_a_group_that_is_another_file_is_recorded_without_its_bytes() -> None:
    evidence, _ = read(cards.with_files(cards.genuine_chip(), {FileId.DG13: b"\x61\x02\x04\x00"}))
    assert record(evidence, FileId.DG13) == FileRecord(file=FileId.DG13, outcome=FileOutcome.FAILED)


def test_a_group_that_ends_before_its_length_is_recorded_with_the_status() -> None:
    evidence, _ = read(cards.with_files(cards.genuine_chip(), {FileId.DG13: b"\x6d\x20\x04\x00\x00"}))
    assert record(evidence, FileId.DG13).outcome is FileOutcome.FAILED
    assert record(evidence, FileId.DG13).sw == 0x6B00


def test_ef_com_may_name_groups_that_the_security_object_does_not() -> None:
    com = build_ef_com([1, 2, 11, 13, 14, 15])
    evidence, card = read(cards.with_files(cards.genuine_chip(), {FileId.COM: com}))
    assert "DG11" in selected(card)
    assert record(evidence, FileId.DG11).outcome is FileOutcome.ABSENT


# Proofs


def test_a_completed_proof_says_with_which_key() -> None:
    evidence, _ = read(cards.genuine_chip())
    proof = evidence.chip_authentication
    assert proof is not None
    assert proof.outcome is ProofOutcome.COMPLETED
    assert proof.protocol == oids.ID_CA_ECDH_AES_CBC_CMAC_128
    (key,) = parse_dg14(evidence.content(FileId.DG14) or b"").security_infos.chip_authentication_keys
    assert proof.public_key == key.spki
    assert len(proof.terminal_public_key) == 65
    assert proof.sw is None


def test_a_clone_is_opened_again_after_its_failed_proof_and_read_to_the_end() -> None:
    evidence, card = read(readings.card("cloned").chip)
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.outcome is ProofOutcome.FAILED
    assert card.names.count("SET AT (PACE)") == 2
    assert {one.outcome for one in evidence.files} == {FileOutcome.READ}
    assert record(evidence, FileId.DG2).content


def test_a_refused_chip_authentication_leaves_the_session_as_it_is() -> None:
    evidence, card = read(cards.genuine_chip(chip_authentication=()))
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.outcome is ProofOutcome.ABORTED
    assert evidence.chip_authentication.sw is not None
    assert card.names.count("SET AT (PACE)") == 1
    assert record(evidence, FileId.DG2).outcome is FileOutcome.READ


def test_a_refused_active_authentication_is_recorded() -> None:
    evidence, card = read(cards.genuine_chip(active_authentication=None))
    proof = evidence.active_authentication
    assert proof is not None
    assert (proof.outcome, proof.response) == (ProofOutcome.ABORTED, b"")
    assert proof.sw is not None
    assert card.names.count("SET AT (PACE)") == 1


def once(name: str) -> Callable[[CommandAPDU], bool]:
    """True for the first command of this name."""
    waiting = [name]

    def is_first(command: CommandAPDU) -> bool:
        if waiting and name_of(command) == waiting[0]:
            waiting.clear()
            return True
        return False

    return is_first


@pytest.mark.parametrize("name", ["SET AT (CA)", "INTERNAL AUTHENTICATE"])
def test_a_proof_that_breaks_the_session_is_followed_by_a_new_one(name: str) -> None:
    card = ListeningCard(cards.genuine_chip(), breaks=once(name))
    evidence = readings.read(cards.transport_to(card), CAN)
    proofs = {"SET AT (CA)": evidence.chip_authentication, "INTERNAL AUTHENTICATE": evidence.active_authentication}
    broken = proofs.pop(name)
    (other,) = proofs.values()
    assert broken is not None
    assert other is not None
    assert broken.outcome is ProofOutcome.ABORTED
    assert broken.sw == 0x6F00
    assert other.outcome is ProofOutcome.COMPLETED
    assert card.names.count("SET AT (PACE)") == 2
    assert {one.outcome for one in evidence.files} == {FileOutcome.READ}


def test_the_session_that_breaks_while_files_are_read_ends_the_reading() -> None:
    card = ListeningCard(cards.genuine_chip(), breaks=once("SELECT DG13"))
    with pytest.raises(SecureMessagingError):
        readings.read(cards.transport_to(card), CAN)
    assert card.names[-1] == "SELECT DG13"


def test_a_chip_without_proofs_is_read_without_them() -> None:
    chip = cards.with_files(cards.genuine_chip(), {FileId.DG14: None, FileId.DG15: None})
    evidence, card = read(chip)
    assert evidence.chip_authentication is None
    assert evidence.active_authentication is None
    assert "INTERNAL AUTHENTICATE" not in card.names
    assert record(evidence, FileId.DG14).outcome is FileOutcome.ABSENT


def test_a_malformed_dg14_is_left_to_the_judge() -> None:
    evidence, _ = read(cards.with_files(cards.genuine_chip(), {FileId.DG14: b"\x6e\x02\x30\x00"}))
    assert evidence.chip_authentication is None
    assert record(evidence, FileId.DG14).outcome is FileOutcome.READ
    assert evidence.active_authentication is not None


def test_a_key_that_cannot_be_used_proves_nothing_and_is_passed_over() -> None:
    infos = parse_dg14(readings.evidence_of().content(FileId.DG14) or b"").security_infos
    (key,) = infos.chip_authentication_keys
    (offer,) = infos.chip_authentication
    unusable = ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=der.encode_sequence(), key_id=1)
    offers = [ChipAuthenticationInfo(oid=oids.ID_CA_ECDH_AES_CBC_CMAC_256, key_id=1), offer]
    alone = cards.with_files(cards.genuine_chip(), {FileId.DG14: build_dg14([unusable, offers[0]])})
    evidence, card = read(alone)
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.outcome is ProofOutcome.ABORTED
    assert "SET AT (CA)" not in card.names
    both = cards.with_files(cards.genuine_chip(), {FileId.DG14: build_dg14([unusable, key, *offers])})
    evidence, _ = read(both)
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.outcome is ProofOutcome.COMPLETED
    assert evidence.chip_authentication.key_id is None


def test_a_malformed_dg15_is_asked_for_a_signature_all_the_same() -> None:
    """What the answer is worth is for the judge."""
    evidence, _ = read(cards.with_files(cards.genuine_chip(), {FileId.DG15: b"\x6f\x02\x30\x00"}))
    assert evidence.active_authentication is not None
    assert evidence.active_authentication.outcome is ProofOutcome.COMPLETED


def test_the_challenge_of_the_caller_is_the_one_that_is_signed() -> None:
    challenge = bytes(range(8))
    evidence = readings.read(readings.card("genuine").transport(), CAN, challenge=challenge)
    assert evidence.active_authentication is not None
    assert evidence.active_authentication.challenge == challenge
    assert readings.judged(evidence).verdict.value == "accepted"


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_challenge_of_another_length_is_a_fault_of_the_caller_and_no_card_hears_of_it(length: int) -> None:
    transport = readings.card("genuine").transport()
    with pytest.raises(ValueError, match="8 bytes"):
        readings.read(transport, CAN, challenge=bytes(length))
    assert transport.sent == 0


# Endings


@pytest.mark.parametrize("scenario", ["genuine", "cloned"])
def test_a_card_torn_out_at_any_moment_is_a_removed_card_and_nothing_else(scenario: str) -> None:
    simulated = readings.card(scenario)
    whole = simulated.transport()
    readings.read(whole, readings.can_of(simulated))
    assert whole.sent > 30
    for index in range(1, whole.sent + 1):
        with pytest.raises(CardRemovedError):
            readings.read(simulated.transport(remove_at=index), readings.can_of(simulated))


def test_a_card_torn_out_under_basic_access_control_is_a_removed_card_too() -> None:
    whole = cards.transport_to(ListeningCard(cards.bac_only_chip()))
    readings.read(whole, MRZ)
    for index in range(1, whole.sent + 1, 3):
        with pytest.raises(CardRemovedError):
            readings.read(cards.transport_to(ListeningCard(cards.bac_only_chip()), remove_at=index), MRZ)


def test_no_command_is_sent_after_the_deadline() -> None:
    """The clock ticks a millisecond a look, and at each command it is looked at."""
    whole = readings.card("genuine").transport()
    readings.read(whole, CAN)
    for deadline in (0.0, 0.005, 0.03):
        transport = readings.card("genuine").transport()
        with pytest.raises(DeadlineError):
            readings.read(transport, CAN, deadline=deadline)
        assert transport.sent <= deadline * 1000
    transport = readings.card("genuine").transport()
    readings.read(transport, CAN, deadline=1.0)
    assert transport.sent == whole.sent


def test_an_answer_that_is_none_ends_the_reading() -> None:
    """One byte, from a reader that swallows the rest: after it nobody knows where the session stands."""

    class Swallowing(ListeningCard):
        def process(self, raw: bytes) -> bytes:
            answer = super().process(raw)
            return answer[:1] if name_of(self.heard[-1]) == "SELECT DG13" else answer

    with pytest.raises(APDUError):
        readings.read(cards.transport_to(Swallowing(cards.genuine_chip())), CAN)


def test_a_transport_that_fails_ends_the_reading() -> None:
    class Failing(type(readings.card("genuine").transport())):  # type: ignore[misc]
        def reset(self) -> bytes:
            raise TransportError("the reader does not reset")

    cloned = readings.card("cloned")
    with pytest.raises(TransportError):
        readings.read(Failing(cloned.start(), name="failing"), readings.can_of(cloned))


# Progress, times and lengths


def test_progress_tells_each_step_once_and_the_bytes_of_each_file_to_the_end() -> None:
    events: list[ProgressEvent] = []
    evidence = readings.read(readings.card("genuine").transport(), CAN, progress=events.append)
    assert [event.step for event in events if event.file is None] == STEPS
    assert [step.number for step in Step] == [1, 2, 3, 4, 5, 6, 7]
    told = {event.file for event in events if event.file is not None}
    assert told == {one.file.label for one in evidence.files if not one.file.in_mf}
    for label in told:
        counts = [(event.done, event.total) for event in events if event.file == label]
        total = len(evidence.content(FileId.by_label(label or "")) or b"")
        assert [done for done, _ in counts] == sorted(done for done, _ in counts)
        assert {total_told for _, total_told in counts} == {total}
        assert counts[-1][0] == total
    portrait = [event for event in events if event.file == "DG2"]
    assert {event.step for event in portrait} == {Step.DATA_GROUPS}


def test_the_steps_are_timed_by_the_clock_of_the_caller() -> None:
    evidence = readings.read(readings.card("genuine").transport(), CAN)
    assert [step.name for step in evidence.steps] == [step.label for step in STEPS]
    assert all(step.milliseconds >= 1 for step in evidence.steps)


def test_the_times_of_the_evidence_are_those_of_the_caller_to_the_millisecond() -> None:
    moments = iter(
        [datetime(2025, 1, 1, 8, 0, 0, 123456, tzinfo=UTC), datetime(2025, 1, 1, 8, 0, 7, 999999, tzinfo=UTC)]
    )
    evidence = read_card(
        readings.card("genuine").transport(),
        CAN,
        EVERYTHING,
        entropy=SeededEntropy(b"times"),
        clock=readings.TickingClock(),
        now=lambda: next(moments),
    )
    assert evidence.started_at == datetime(2025, 1, 1, 8, 0, 0, 123000, tzinfo=UTC)
    assert evidence.finished_at == datetime(2025, 1, 1, 8, 0, 7, 999000, tzinfo=UTC)


def test_short_and_extended_length_bring_the_same_files() -> None:
    sent = {}
    contents = {}
    for extended in (False, True):
        card = ListeningCard(cards.genuine_chip(extended_length=extended))
        transport = cards.transport_to(card)
        files = readings.read(transport, CAN).files
        contents[extended] = [(one.file, one.content) for one in files if one.file is not FileId.ATR_INFO]
        sent[extended] = transport.sent
    assert contents[False] == contents[True]
    assert sent[True] < sent[False]


def test_a_chip_that_refuses_long_answers_is_asked_for_short_ones_from_then_on() -> None:
    def too_long(command: CommandAPDU) -> int | None:
        return 0x6700 if name_of(command) == "READ" and command.ne > 0xC0 else None

    card = ListeningCard(cards.genuine_chip(extended_length=False), refuses=too_long)
    evidence = readings.read(cards.transport_to(card), CAN)
    assert evidence.quirks == (QUIRK_SHORT_READS,)
    assert {one.outcome for one in evidence.files} == {FileOutcome.READ}
    refused = [command for command in card.heard if too_long(command) is not None]
    assert len(refused) == 1
