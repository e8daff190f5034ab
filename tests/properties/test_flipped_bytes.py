"""One wrong byte anywhere: in a file of the evidence, or in what passes between card and terminal.

Nothing that the state signed may change under an accepted card, and nothing but an error of the toolkit or a report
may come out. The suite takes places at even distances; ``make test-long`` takes them all.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from apdu.errors import ToolkitError
from apdu.trace import RecordingTransport, ReplayTransport
from apdu.transport import Transport, WrappedTransport
from chipid.evidence.codec import decode_evidence, encode_evidence
from chipid.evidence.evidence import Evidence
from chipid.identity.holder import Holder
from chipid.inspection.plan import EVERYTHING
from chipid.inspection.reading import read_card
from chipid.lds.card_access import parse_card_access
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.verification.report import Report, Verdict
from simulator.card_os import CardOS
from simulator.randomness import SeededEntropy
from simulator.scenarios import build_card
from simulator.transport import SimulatedTransport
from tests.scenarios import readings
from tests.verification import forge

MASKS = (0x01, 0x80, 0xFF, 0x20)
FILES_IN_SUITE, ANSWERS_IN_SUITE, LIVE_IN_SUITE = 25, 2, 1  # places in one file or answer that the suite looks at
KEY = readings.can_of(readings.card("genuine"))

Place = tuple[int, int]
"""Which file or answer, and which of its bytes."""


def what_counts(evidence: Evidence) -> object:
    """What an accepted card is accepted for: signed bytes, signatures, and what unsigned files must repeat of them.

    The envelope of EF.SOD has fields without meaning, such as version numbers; EF.COM and EF.CardAccess too.
    """
    signed = parse_sod(evidence.content(FileId.SOD) or b"").signed_data
    signer = signed.signer
    com = parse_ef_com(evidence.content(FileId.COM) or b"")
    card_access = parse_card_access(evidence.content(FileId.CARD_ACCESS) or b"")
    return (
        {group: evidence.content(group) for group in DATA_GROUPS},
        (signed.econtent, signed.certificates, signer.signature, signer.attributes and signer.attributes.raw),
        set(com.data_groups),
        set(card_access.security_infos.pace),
        evidence.access,
    )


def assert_not_fooled(report: Report) -> None:
    if report.verdict is not Verdict.ACCEPTED:
        return
    assert what_counts(report.evidence) == what_counts(forge.genuine())
    # A proof may be broken off and the other one suffice.
    assert any(one.passed for one in report.checks if one.check in forge.PROOFS)
    assert Holder.from_report(report) == Holder.from_report(readings.judged(forge.genuine()))


def sampled(places: list[Place], count: int) -> list[Place]:
    """About ``count`` places in each file or answer, at even distances; its last one always."""
    chosen: list[Place] = []
    for number in sorted({one for one, _ in places}):
        own = [place for place in places if place[0] == number]
        chosen += sorted({*own[:: max(1, len(own) // count)], own[-1]})
    return chosen


# Files of the evidence


def places_in_files() -> list[Place]:
    return [
        (number, place) for number, record in enumerate(forge.genuine().files) for place in range(len(record.content))
    ]


def judge_with_file(number: int, content: bytes) -> None:
    files = list(forge.genuine().files)
    files[number] = replace(files[number], content=content)
    evidence = replace(forge.genuine(), files=tuple(files))
    assert_not_fooled(readings.judged(evidence))


def flip_and_cut_files(places: list[Place]) -> None:
    for turn, (number, place) in enumerate(places):
        content = forge.genuine().files[number].content
        judge_with_file(number, forge.flipped(content, place, MASKS[turn % len(MASKS)]))
        if turn % 3 == 0:
            judge_with_file(number, content[:place])


def test_a_wrong_byte_in_a_file_is_never_accepted() -> None:
    flip_and_cut_files(sampled(places_in_files(), FILES_IN_SUITE))


@pytest.mark.long
def test_no_wrong_byte_in_any_file_is_ever_accepted() -> None:
    flip_and_cut_files(places_in_files())


@pytest.mark.parametrize("file", [FileId.DG1, FileId.DG13, FileId.DG14, FileId.DG15, FileId.DG2])
def test_a_wrong_byte_in_a_signed_group_rejects_the_card(file: FileId) -> None:
    content = forge.genuine().content(file) or b""
    for _, place in sampled([(0, place) for place in range(len(content))], 12):
        report = readings.judged(forge.with_file(forge.genuine(), file, forge.flipped(content, place)))
        assert report.verdict is Verdict.REJECTED
        assert ("group-hash", file.label) in readings.failures(report)


# The recorded conversation


class FlippingTransport(WrappedTransport):
    """A transport whose answer of one number is wrong in one byte, or cut off there."""

    def __init__(self, inner: Transport, answer: int, byte: int, mask: int | None) -> None:
        super().__init__(inner)
        self._waiting = answer
        self._byte = byte
        self._mask = mask

    def transmit(self, apdu: bytes) -> bytes:
        answer = self._inner.transmit(apdu)
        self._waiting -= 1
        if self._waiting != -1:
            return answer
        return answer[: self._byte] if self._mask is None else forge.flipped(answer, self._byte, self._mask)


@cache
def recording() -> tuple[str, ...]:
    """The lines of an unsafe trace of one genuine reading."""
    sink = io.StringIO()
    transport = RecordingTransport(build_card("genuine").transport(), sink, clock=readings.TickingClock(), unsafe=True)
    entropy = transport.record_entropy(SeededEntropy(b"terminal"))
    clock = readings.TickingClock()
    read_card(transport, KEY, EVERYTHING, entropy=entropy, clock=clock, now=lambda: readings.NOW)
    return tuple(sink.getvalue().splitlines())


def places_in_answers() -> list[Place]:
    answers = (json.loads(line).get("response") for line in recording())
    lengths = [len(answer) // 2 for answer in answers if answer is not None]
    return [(number, byte) for number, length in enumerate(lengths) for byte in range(length)]


def read_flipped(place: Place, mask: int | None, *, live: bool = False) -> None:
    replay = ReplayTransport(recording())
    inner: Transport = live_card() if live else replay
    try:
        evidence = read_card(
            FlippingTransport(inner, *place, mask),
            KEY,
            EVERYTHING,
            entropy=SeededEntropy(b"terminal") if live else replay.entropy,
            clock=readings.TickingClock(),
            now=lambda: readings.NOW,
        )
    except ToolkitError:
        return
    assert_not_fooled(readings.judged(decode_evidence(encode_evidence(evidence))))


def live_card() -> Transport:
    """The genuine chip, freshly started, with the same random numbers every time."""
    chip = readings.card("genuine").chip
    return SimulatedTransport(CardOS(chip, entropy=SeededEntropy(b"live card")), name="live")


def flip_and_cut_answers(places: list[Place]) -> Iterator[tuple[Place, int | None]]:
    for turn, place in enumerate(places):
        yield place, MASKS[turn % len(MASKS)]
        if turn % 5 == 0:
            yield place, None


def test_the_recording_replays_to_the_genuine_evidence() -> None:
    replay = ReplayTransport(recording())
    evidence = read_card(
        replay, KEY, EVERYTHING, entropy=replay.entropy, clock=readings.TickingClock(), now=lambda: readings.NOW
    )
    report = readings.judged(evidence)
    assert report.verdict is Verdict.ACCEPTED
    assert_not_fooled(report)


def test_a_wrong_byte_in_an_answer_is_never_accepted() -> None:
    for place, mask in flip_and_cut_answers(sampled(places_in_answers(), ANSWERS_IN_SUITE)):
        read_flipped(place, mask)


def test_a_wrong_byte_on_the_way_from_a_card_that_goes_on_is_never_accepted() -> None:
    """The card is alive and answers what the wrong byte makes the terminal ask."""
    for place, mask in flip_and_cut_answers(sampled(places_in_answers(), LIVE_IN_SUITE)):
        read_flipped(place, mask, live=True)


@pytest.mark.long
def test_no_wrong_byte_in_any_answer_is_ever_accepted() -> None:
    for place, mask in flip_and_cut_answers(places_in_answers()):
        read_flipped(place, mask)


@pytest.mark.long
def test_no_wrong_byte_before_the_session_is_secure_is_ever_accepted() -> None:
    """EF.CardAccess and PACE are in the clear: every byte, in every way, with the card alive."""
    for place in places_in_answers():
        if place[0] < 8:
            for mask in (*MASKS, 0x02, 0x04, 0x08, 0x10, 0x40, None):
                read_flipped(place, mask, live=True)
