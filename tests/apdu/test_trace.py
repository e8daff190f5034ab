"""Traces: what is recorded, what a redacted one keeps to itself, and what a replay refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import instructions
from apdu.ciphers import CipherSuite
from apdu.errors import CardRemovedError, DeadlineError, ToolkitError, TraceError, TransportError
from apdu.secure_messaging import SessionKeys
from apdu.session import CardSession
from apdu.trace import MAX_LINES, RecordingTransport, ReplayTransport
from tests.apdu.doubles import ManualClock, ScriptedTransport, SecureCard, conversation

HEADER: dict[str, Any] = {
    "format": "chipid-trace",
    "version": 1,
    "redacted": False,
    "reader": "a reader",
    "atr": "3b80",
    "extended_length": False,
}
KEYS = SessionKeys(suite=CipherSuite.AES_128, ks_enc=bytes(range(16)), ks_mac=bytes(range(16, 32)))


def record(
    inner: ScriptedTransport | ReplayTransport, *, unsafe: bool, clock: Callable[[], float] | None = None
) -> tuple[RecordingTransport, StringIO]:
    sink = StringIO()
    return RecordingTransport(inner, sink, clock=clock or ManualClock(), unsafe=unsafe), sink


def written(sink: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sink.getvalue().splitlines()]


def lines_of(*lines: dict[str, Any]) -> list[str]:
    return [json.dumps(line) for line in lines]


def talk(transport: RecordingTransport | ReplayTransport) -> list[bytes | str]:
    """One conversation with every kind of event; errors are noted by their code."""
    heard: list[bytes | str] = []

    def attempt(step: Callable[[], bytes]) -> None:
        try:
            heard.append(step())
        except ToolkitError as error:
            heard.append(error.code)

    attempt(lambda: transport.transmit(bytes.fromhex("0084000008")))
    attempt(transport.reset)
    attempt(lambda: transport.transmit(bytes.fromhex("00B0000004")))
    attempt(lambda: transport.transmit(b"\xff"))
    attempt(lambda: transport.transmit(bytes.fromhex("00B0000005")))
    attempt(lambda: transport.transmit(bytes.fromhex("00B0000006")))
    return heard


EVENTS: list[tuple[str, str | BaseException]] = [
    ("0084000008", "0102030405060708 9000"),
    ("00B0000004", CardRemovedError("gone")),
    ("FF", "6700"),
    ("00B0000005", TransportError("broken")),
    ("00B0000006", DeadlineError("late")),
]


# Recording


def test_an_unsafe_trace_describes_itself_and_keeps_every_byte() -> None:
    with conversation(("0084000008", "0102030405060708 9000")) as inner:
        transport, sink = record(inner, unsafe=True)
        assert transport.transmit(bytes.fromhex("0084000008")) == bytes.fromhex("01020304050607089000")
    assert written(sink) == [
        {**HEADER, "reader": "scripted card", "atr": inner.atr.hex()},
        {"command": "0084000008", "response": "01020304050607089000", "ms": 0.0},
    ]


def test_a_recording_transport_stands_for_the_one_inside() -> None:
    with conversation(extended_length=True) as inner:
        transport, sink = record(inner, unsafe=True)
        assert (transport.name, transport.atr, transport.extended_length) == (inner.name, inner.atr, True)
        assert transport.reset() == inner.atr
        assert inner.resets == 1
        assert written(sink)[-1] == {"reset": inner.atr.hex()}
    transport, _ = record(inner := ScriptedTransport(EVENTS), unsafe=True)
    transport.close()
    assert not inner.rest


def test_the_time_of_an_exchange_is_written_in_milliseconds() -> None:
    clock = ManualClock()

    class SlowTransport(ScriptedTransport):
        def transmit(self, apdu: bytes) -> bytes:
            clock.now += 0.0125
            return super().transmit(apdu)

    transport, sink = record(SlowTransport([("00A4000C", "9000")]), unsafe=False, clock=clock)
    transport.transmit(bytes.fromhex("00A4000C"))
    assert written(sink)[-1]["ms"] == 12.5


def test_errors_pass_and_are_recorded_by_their_code() -> None:
    inner = ScriptedTransport([("00A4000C", CardRemovedError("gone"))])
    inner.reset_error = DeadlineError("late")
    transport, sink = record(inner, unsafe=False)
    with pytest.raises(CardRemovedError):
        transport.transmit(bytes.fromhex("00A4000C"))
    with pytest.raises(DeadlineError):
        transport.reset()
    assert written(sink)[1:] == [
        {"command": {"header": "00a4000c", "nc": 0, "ne": 0}, "error": "card-removed"},
        {"reset": None, "error": "deadline-exceeded"},
    ]


def test_every_line_is_out_before_the_next_command() -> None:
    class Sink(StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    sink = Sink()
    RecordingTransport(ScriptedTransport([]), sink, clock=ManualClock())
    assert sink.flushed == sink.getvalue() != ""


def test_random_numbers_are_kept_in_an_unsafe_trace_only() -> None:
    for unsafe in (True, False):
        transport, sink = record(ScriptedTransport([]), unsafe=unsafe)
        draw = transport.record_entropy(lambda count: b"\xa5" * count)
        assert draw(3) == b"\xa5\xa5\xa5"
        assert [line for line in written(sink) if "entropy" in line] == ([{"entropy": "a5a5a5"}] if unsafe else [])


# Redaction


def test_a_redacted_trace_keeps_headers_lengths_and_status_words() -> None:
    with conversation(
        ("00A4020C 02 011E", "9000"), ("00B0000004", "60145F01 9000"), ("FF", "6700"), ("00B0000000", "01")
    ) as inner:
        transport, sink = record(inner, unsafe=False)
        for command in ("00A4020C02011E", "00B0000004", "FF", "00B0000000"):
            transport.transmit(bytes.fromhex(command))
    header, *exchanges = written(sink)
    assert header["redacted"] is True
    assert exchanges == [
        {"command": {"header": "00a4020c", "nc": 2, "ne": 0}, "response": {"length": 0, "sw": "9000"}, "ms": 0.0},
        {"command": {"header": "00b00000", "nc": 0, "ne": 4}, "response": {"length": 4, "sw": "9000"}, "ms": 0.0},
        {"command": {"length": 1}, "response": {"length": 0, "sw": "6700"}, "ms": 0.0},
        {"command": {"header": "00b00000", "nc": 0, "ne": 256}, "response": {"length": 1}, "ms": 0.0},
    ]


MARKER = st.binary(min_size=8, max_size=24)


def redacted_trace(before: int, secret: bytes, after: int) -> str:
    data = bytes(before) + secret + bytes(after)
    command = bytes.fromhex("00DA0000") + bytes((len(data),)) + data
    truncated = command[:-1]
    with conversation(
        (command.hex(), f"{data.hex()} 9000"), (truncated.hex(), "6700"), (command.hex(), TransportError("broken"))
    ) as inner:
        transport, sink = record(inner, unsafe=False)
        transport.transmit(command)
        transport.transmit(truncated)
        with pytest.raises(TransportError):
            transport.transmit(command)
        transport.record_entropy(lambda count: secret[:count])(8)
    return sink.getvalue()


@given(MARKER, st.integers(0, 100), st.integers(0, 100))
def test_a_redacted_trace_holds_no_byte_of_the_data(marker: bytes, before: int, after: int) -> None:
    text = redacted_trace(before, marker, after)
    assert marker.hex() not in text.lower()
    # Nothing depends on the data: other data of the same length leaves the very same trace.
    assert text == redacted_trace(before, bytes(byte ^ 0x5A for byte in marker), after)


def test_a_redacted_trace_of_a_secure_session_holds_no_cryptogram() -> None:
    card = SecureCard(KEYS, ("00B0000008", "5AC3A55A5AC3A55A 9000"))
    transport, sink = record(card, unsafe=False)
    session = CardSession(transport, clock=ManualClock())
    session.start_secure_messaging(KEYS)
    assert session.transmit(instructions.read_binary(0, 8)).data.hex() == "5ac3a55a5ac3a55a"
    assert written(sink)[1] == {
        "command": {"header": "0cb00000", "nc": 13, "ne": 256},
        "response": {"length": 19 + 4 + 10, "sw": "9000"},
        "ms": 0.0,
    }


# Replay


def test_a_replay_answers_as_the_recorded_card_did() -> None:
    transport, sink = record(ScriptedTransport(EVENTS), unsafe=True)
    heard = talk(transport)
    assert [one for one in heard if isinstance(one, str)] == ["card-removed", "transport-failed", "deadline-exceeded"]
    replay = ReplayTransport(sink.getvalue().splitlines())
    assert talk(replay) == heard
    assert (replay.name, replay.atr, replay.extended_length) == ("replay of scripted card", transport.atr, False)
    with pytest.raises(TraceError, match="no further command"):
        replay.transmit(bytes.fromhex("0084000008"))


def test_recording_a_replay_gives_the_same_trace() -> None:
    inner = ScriptedTransport(EVENTS, extended_length=True)
    transport, first = record(inner, unsafe=True)
    talk(transport)
    replay, second = record(ReplayTransport(first.getvalue().splitlines()), unsafe=True)
    talk(replay)
    header, *exchanges = written(second)
    assert exchanges == written(first)[1:]
    assert header == {**written(first)[0], "reader": "replay of scripted card"}


def test_a_failed_reset_is_replayed_as_it_failed() -> None:
    inner = ScriptedTransport([])
    inner.reset_error = CardRemovedError("gone")
    transport, sink = record(inner, unsafe=True)
    with pytest.raises(CardRemovedError):
        transport.reset()
    with pytest.raises(CardRemovedError):
        ReplayTransport(sink.getvalue().splitlines()).reset()


def test_an_error_of_unknown_code_is_replayed_as_a_transport_error() -> None:
    codes: list[object] = ["reader-on-fire", 7, [], None]
    for code in codes:
        replay = ReplayTransport(lines_of(HEADER, {"command": "00", "error": code}))
        with pytest.raises(TransportError) as caught:
            replay.transmit(b"\x00")
        assert type(caught.value) is TransportError


def test_a_secure_session_with_its_random_numbers_is_replayed() -> None:
    def read(transport: RecordingTransport | ReplayTransport, entropy: Callable[[int], bytes]) -> bytes:
        session = CardSession(transport, clock=ManualClock())
        session.start_secure_messaging(KEYS)
        return entropy(4) + session.transmit(instructions.read_binary(0, 4)).data + entropy(2)

    transport, sink = record(SecureCard(KEYS, ("00B0000004", "60145F01 9000")), unsafe=True)
    live = read(transport, transport.record_entropy(lambda count: bytes(range(count))))
    replay = ReplayTransport(sink.getvalue().splitlines())
    assert read(replay, replay.entropy) == live == bytes.fromhex("00010203 60145F01 0001")


def test_a_command_that_was_not_recorded_next_is_refused() -> None:
    recorded = lines_of(HEADER, {"command": "00A4000C", "response": "9000"}, {"reset": "3B80"})
    with pytest.raises(TraceError, match="not the one"):
        ReplayTransport(recorded).transmit(bytes.fromhex("00A4000D"))
    with pytest.raises(TraceError, match="no further reset"):
        ReplayTransport(recorded).reset()
    replay = ReplayTransport(recorded)
    replay.transmit(bytes.fromhex("00A4000C"))
    with pytest.raises(TraceError, match="no further command"):
        replay.transmit(bytes.fromhex("00A4000C"))
    assert replay.reset() == bytes.fromhex("3B80")
    with pytest.raises(TraceError, match="no further reset"):
        replay.reset()


def test_a_random_number_that_was_not_recorded_is_refused() -> None:
    replay = ReplayTransport(lines_of(HEADER, {"entropy": "0102"}))
    for count in (1, 3):
        with pytest.raises(TraceError):
            replay.entropy(count)
    assert replay.entropy(2) == b"\x01\x02"
    with pytest.raises(TraceError):
        replay.entropy(2)


def test_a_closed_replay_answers_nothing() -> None:
    replay = ReplayTransport(lines_of(HEADER, {"command": "00A4000C", "response": "9000"}))
    replay.close()
    replay.close()
    with pytest.raises(TraceError):
        replay.transmit(bytes.fromhex("00A4000C"))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {**HEADER, "format": "another"},
        {**HEADER, "version": 2},
        {**HEADER, "redacted": True},
        {key: value for key, value in HEADER.items() if key != "redacted"},
        {**HEADER, "atr": "3B8"},
        {**HEADER, "atr": None},
    ],
)
def test_a_trace_that_cannot_be_replayed_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(TraceError):
        ReplayTransport(lines_of(header))


def test_a_redacted_recording_is_refused() -> None:
    transport, sink = record(ScriptedTransport(EVENTS), unsafe=False)
    talk(transport)
    with pytest.raises(TraceError, match="redacted"):
        ReplayTransport(sink.getvalue().splitlines())


@pytest.mark.parametrize("line", ["", "{", "[]", '"text"', "null", '{"command":', "[" * 100_000, "1" * 5_000])
def test_a_damaged_line_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(TraceError, match="line 2"):
        ReplayTransport([json.dumps(HEADER), line])


def test_an_empty_trace_is_refused() -> None:
    with pytest.raises(TraceError, match="empty"):
        ReplayTransport([])


def test_a_trace_is_bounded() -> None:
    lines = [json.dumps(HEADER)] + ["{}"] * MAX_LINES
    ReplayTransport(lines[:MAX_LINES])
    with pytest.raises(TraceError, match="at most"):
        ReplayTransport(lines)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(json.dumps(HEADER).encode() + b"\n\xff\xfe\n")
    with path.open(encoding="utf-8") as lines, pytest.raises(TraceError, match="UTF-8"):
        ReplayTransport(lines)


@pytest.mark.parametrize("response", [None, 7, {"length": 0, "sw": "9000"}, "9", "xy"])
def test_a_damaged_exchange_is_refused_when_it_is_reached(response: object) -> None:
    replay = ReplayTransport(lines_of(HEADER, {"command": "00A4000C", "response": response}))
    with pytest.raises(TraceError, match="no hexadecimal response"):
        replay.transmit(bytes.fromhex("00A4000C"))


def use(lines: list[str]) -> None:
    """Whatever the lines are, only errors of ours come out."""
    try:
        replay = ReplayTransport(lines)
        for _ in range(3):
            talk(replay)
            replay.entropy(2)
    except ToolkitError:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["0084000008", "9000", "00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
LINE = st.dictionaries(st.sampled_from(["command", "response", "error", "reset", "entropy", "ms"]), JSON, max_size=4)


@given(st.lists(LINE | JSON, max_size=5))
def test_any_lines_are_replayed_or_refused(lines: list[Any]) -> None:
    use(lines_of(HEADER, *lines))
    use([json.dumps(line) for line in lines])


@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_text_is_replayed_or_refused(lines: list[str]) -> None:
    use([json.dumps(HEADER), *lines])


def test_every_truncation_and_changed_character_of_a_trace_is_replayed_or_refused() -> None:
    transport, sink = record(ScriptedTransport(EVENTS[:2]), unsafe=True)
    transport.record_entropy(bytes)(2)
    transport.transmit(bytes.fromhex("0084000008"))
    text = sink.getvalue()
    for place in range(len(text)):
        use(text[:place].splitlines())
        use((text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]).splitlines())
