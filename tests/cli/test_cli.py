"""Every ending of the command line: exit code, answer on stdout, everything else on stderr."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

import cli
from apdu.errors import CardRemovedError
from apdu.transport import Transport
from chipid.evidence.codec import decode_evidence
from chipid.identity.key_input import parse_access_key
from chipid.inspection.progress import Step
from chipid.lds.files import FileId
from reader.discovery import ReaderInfo
from reader.doctor import Finding, Severity
from reader.errors import NoCardError, ServiceDownError
from simulator.personalisation.profile import profile_names
from simulator.quirks import QUIRKS
from simulator.scenario_file import Scenario
from simulator.scenarios import SCENARIOS, SimulatedCard
from simulator.vpcd import VPCDUnreachableError
from tests.cli.conftest import Ending, Run
from tests.scenarios import readings

ERROR = re.compile(r"error: .+ \[([a-z-]+)\]\nhint: .+")
PERSONAL = ("Nguyễn", "NGUYEN", "001099000001", "099000001", "000001", "Kinh", "Hà Nội", "990101")


def assert_error(ending: Ending, exit_code: int, code: str) -> None:
    """The exit code, the form of the error, nothing on stdout, and nobody's data."""
    assert ending.code == exit_code, ending.err
    found = ERROR.fullmatch(ending.error)
    assert found is not None, ending.err
    assert found[1] == code
    assert ending.out == ""
    assert_private(ending.err)


def assert_private(text: str) -> None:
    assert "Traceback" not in text
    for word in PERSONAL:
        assert word not in text


# Verdicts


@pytest.mark.parametrize(
    ("scenario", "code", "word"),
    [("genuine", 0, "ACCEPTED"), ("cloned", 1, "REJECTED"), ("unknown-issuer", 3, "UNDECIDED")],
)
def test_the_verdict_is_the_exit_code_and_the_first_line(read: Run, scenario: str, code: int, word: str) -> None:
    ending = read(scenario)
    assert ending.code == code
    assert ending.out.splitlines()[0] == word
    assert "error" not in ending.err
    assert_private(ending.err)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_every_simulated_card_ends_with_the_code_of_its_verdict(run: Run, scenario: Scenario) -> None:
    card = readings.card(scenario.name)
    key = card.can if scenario.opens_with == "CAN" else card.mrz
    ending = run("read", "--reader", f"sim:{scenario.name}", "--key-stdin", stdin=key)
    assert ending.code == {"accepted": 0, "rejected": 1, "undecided": 3, "unreadable": 6}[scenario.verdict]
    if scenario.verdict == "unreadable":
        assert_error(ending, 6, scenario.check)


def test_progress_and_notes_are_no_part_of_the_answer(read: Run) -> None:
    ending = read("genuine")
    first = f"[1/{len(Step)}] "
    assert ending.err.startswith(f"note: simulated card; its own issuer is trusted for this reading\n{first}")
    assert ending.err.count("\n") <= 1 + len(Step)
    assert "note" not in ending.out
    assert first not in ending.out


@pytest.mark.parametrize("scenario", ["genuine", "cloned", "unknown-issuer"])
def test_json_is_one_document_with_a_schema(read: Run, scenario: str) -> None:
    document = json.loads(read(scenario, "--json").out)
    assert document["schema"] == "chipid.reading/1"
    assert document["verdict"] == next(one.verdict for one in SCENARIOS if one.name == scenario)


def test_the_desk_reads_vietnamese(run: Run) -> None:
    ending = run("--lang", "vi", "read", "--reader", "sim:genuine", "--key-stdin", stdin="000001")
    assert ending.out.startswith("CHẤP NHẬN\n")
    assert "] Đang nhận thẻ\n" in ending.err
    ending = run("--lang", "vi", "read", "--reader", "sim:genuine", "--key-stdin", stdin="999999")
    assert ending.error == (
        "error: Thẻ không nhận khóa mở thẻ [wrong-access-key]\n"
        "hint: So số với trên thẻ và nhập lại. Nhập sai không khóa thẻ."
    )


# Usage


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["read", "--no-such-option"],
        ["read", "--timeout", "0"],
        ["read", "--timeout", "nan"],
        ["conformance", "--within", "inf"],
        ["read", "--reader"],
        ["read", "an-argument"],
        ["--lang", "fr", "readers"],
        ["verify"],
        ["trust"],
        ["verify", "file", "--at", "yesterday"],
        ["read", "--unsafe-trace"],
        ["read", "--key-stdin", "--key-file", "f"],
        ["read", "--groups", "DG17"],
        ["read", "--groups", "EF.SOD"],
        ["read", "--groups", ""],
        ["read", "--groups", "DG1", "--profile", "hospital-check-in"],
        ["read", "--role", "patient"],
        ["simulate", "genuine", "--port", "many"],
    ],
    ids=" ".join,
)
def test_a_command_that_is_not_understood_is_a_usage_error(run: Run, arguments: list[str]) -> None:
    assert_error(run(*arguments), 2, "usage")


def test_without_a_command_the_help_is_shown_and_nothing_was_accepted(run: Run) -> None:
    ending = run()
    assert ending.code == 2
    assert ending.out == ""
    assert "Commands:" in ending.err


@pytest.mark.parametrize("typed", ["", "12345", "no key at all"])
def test_what_is_no_access_key_is_a_usage_error(read: Run, typed: str) -> None:
    assert_error(read("genuine", key=typed), 2, "access-key-invalid")


def every_command(command: click.Command = cli.chipid, *names: str) -> Iterator[tuple[list[str], click.Command]]:
    yield list(names), command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from every_command(inner, *names, name)


COMMANDS = list(every_command())


@pytest.mark.parametrize("names", [names for names, _ in COMMANDS], ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself(run: Run, names: list[str], option: str) -> None:
    ending = run(*names, option)
    assert ending.code == 0
    assert ending.err == ""
    assert ending.out.startswith("Usage: chipid")
    assert all(len(line) < 100 for line in ending.out.splitlines())


def test_the_version_is_told(run: Run) -> None:
    ending = run("--version")
    assert (ending.code, ending.err) == (0, "")
    assert re.fullmatch(r"chipid, version \d+\.\d+\.\d+\n", ending.out)


def test_no_option_takes_a_secret() -> None:
    """An access key on the command line is in the history of the shell and in the list of processes."""
    for _, command in COMMANDS:
        for parameter in command.params:
            if any(word in parameter.name for word in ("key", "can", "mrz", "number", "qr") if parameter.name):
                assert isinstance(parameter, click.Option)
                assert parameter.is_flag or isinstance(parameter.type, click.Path)


# Keys


def test_a_wrong_key_is_told_and_tried_once(read: Run) -> None:
    assert_error(read("genuine", key="999999"), 5, "wrong-access-key")


@pytest.mark.parametrize("typed", ["000001", "001099000001\n", "099000001 990101 390101"])
def test_the_key_comes_from_a_file(run: Run, tmp_path: Path, typed: str) -> None:
    (tmp_path / "key").write_text(typed)
    assert run("read", "--reader", "sim:genuine", "--key-file", tmp_path / "key").code == 0


def test_a_key_file_that_is_no_text_is_no_key(run: Run, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00\xd8")
    ending = run("read", "--reader", "sim:genuine", "--key-file", tmp_path / "key")
    assert_error(ending, 2, "access-key-invalid")


def test_the_key_is_asked_for_without_showing_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def prompt(text: str, **options: Any) -> str:
        asked.update(options, text=text)
        return "000001"

    monkeypatch.setattr(click, "prompt", prompt)
    assert run("read", "--reader", "sim:genuine").code == 0
    assert asked["hide_input"] is True
    assert asked["err"] is True


@pytest.mark.parametrize("error", [KeyboardInterrupt, EOFError, click.Abort])
def test_an_interrupted_prompt_ends_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupt(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr("click.termui.hidden_prompt_func", interrupt)
    assert_error(run("read", "--reader", "sim:genuine"), 130, "interrupted")


def test_an_interrupted_reading_ends_the_command(read: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.transport.SimulatedTransport.transmit", interrupt)
    ending = read("genuine")
    assert (ending.code, ending.out) == (130, "")
    assert ending.error.startswith("error: interrupted [interrupted]")


def test_a_qr_code_opens_the_card(read: Run) -> None:
    scan = "001099000001|012345678|Nguyễn Văn A|01011999|Nam|Số 1, Phường B, Quận D, Hà Nội|01062023"
    assert read("genuine", key=scan).code == 0
    assert read("genuine", "--tries", "3", key=scan).code == 0


# Files


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["verify", "{missing}"], "configuration"),
        (["verify", "{folder}"], "evidence-unreadable"),
        (["verify", "{garbage}"], "evidence-unreadable"),
        (["verify", "{garbage}", "--trust", "{missing}"], "evidence-unreadable"),
        (["verify", "{garbage}", "--policy", "{missing}"], "configuration"),
        (["verify", "{garbage}", "--profile", "no-such-profile"], "configuration"),
        (["read", "--reader", "sim:genuine", "--key-file", "{missing}"], "configuration"),
        (["read", "--reader", "sim:genuine", "--key-stdin", "--trust", "{missing}"], "trust-store"),
        (["read", "--reader", "sim:no-such-card", "--key-stdin"], "configuration"),
        (["read", "--reader", "replay:{missing}", "--key-stdin"], "configuration"),
        (["read", "--reader", "replay:{garbage}", "--key-stdin"], "trace-unusable"),
        (["read", "--reader", "sim:genuine", "--key-stdin", "--trace", "{missing}/trace"], "configuration"),
        (["read", "--reader", "sim:genuine", "--key-stdin", "--save", "{missing}/evidence"], "configuration"),
        (["read", "--reader", "sim:genuine", "--key-stdin", "--portrait", "{folder}"], "configuration"),
        (["simulate", "no-such-card"], "configuration"),
        (["profiles", "no-such-profile"], "configuration"),
        (["trust", "list", "--store", "{missing}"], "trust-store"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_a_file_that_cannot_be_used_is_named(run: Run, tmp_path: Path, arguments: list[str], code: str) -> None:
    (tmp_path / "garbage").write_bytes(b"\x00\xff{")
    places = {"missing": tmp_path / "missing", "folder": tmp_path, "garbage": tmp_path / "garbage"}
    ending = run(*(argument.format(**places) for argument in arguments), stdin="000001")
    assert_error(ending, 7, code)


def test_an_error_in_json_is_one_document_too(run: Run, read: Run, tmp_path: Path) -> None:
    endings = {
        2: run("read", "--json", "--no-such-option"),
        5: read("genuine", "--json", key="999999"),
        7: run("verify", "--json", tmp_path / "missing"),
    }
    for code, ending in endings.items():
        assert ending.code == code
        document = json.loads(ending.out)
        assert document["schema"] == "chipid.error/1"
        assert set(document) == {"schema", "code", "message", "hint"}
        assert ending.error == f"error: {document['message']} [{document['code']}]\nhint: {document['hint']}"


def test_saved_evidence_is_private_and_gets_the_same_report(
    run: Run, read: Run, tmp_path: Path, trust_folder: Path
) -> None:
    saved = tmp_path / "evidence"
    live = json.loads(read("genuine", "--json", "--trust", trust_folder, "--save", saved).out)
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    ending = run("verify", saved, "--json", "--trust", trust_folder)
    again = json.loads(ending.out)
    assert ending.code == 0
    assert ending.err == ""
    del live["judged_at"], again["judged_at"]
    assert again == live


@pytest.mark.parametrize(("at", "code"), [("2039-01-01", 0), ("2039-01-02", 1)])
def test_evidence_is_judged_as_of_another_day(
    run: Run, read: Run, tmp_path: Path, trust_folder: Path, at: str, code: int
) -> None:
    read("genuine", "--save", tmp_path / "evidence")
    ending = run("verify", tmp_path / "evidence", "--trust", trust_folder, "--at", at)
    assert ending.code == code
    assert f"judged {at}" in ending.out


def test_nothing_is_trusted_by_default(run: Run, read: Run, tmp_path: Path) -> None:
    read("genuine", "--save", tmp_path / "evidence")
    ending = run("verify", tmp_path / "evidence")
    assert ending.code == 3
    told = ending.out.splitlines()
    assert told[2] == "  ? Signer is known to the trust store: no issuer is trusted here"
    assert told[3] == "  > What to do: Name the trust store with --trust, or fill one: chipid trust import."


def test_a_trust_of_the_caller_takes_the_place_of_the_simulators(read: Run, tmp_path: Path) -> None:
    ending = read("genuine", "--trust", tmp_path)
    assert ending.code == 3
    assert "its own issuer is trusted" not in ending.err


def test_the_portrait_is_written_for_its_owner(read: Run, tmp_path: Path) -> None:
    portrait = tmp_path / "portrait.jpg"
    assert read("genuine", "--portrait", portrait).code == 0
    assert portrait.read_bytes()[:3] == b"\xff\xd8\xff"
    assert stat.S_IMODE(portrait.stat().st_mode) == 0o600


def test_a_rejected_card_gives_no_portrait(read: Run, tmp_path: Path) -> None:
    ending = read("cloned", "--portrait", tmp_path / "portrait.jpg")
    assert ending.code == 1
    assert "note: there is no portrait to write" in ending.err
    assert not (tmp_path / "portrait.jpg").exists()


def test_only_the_groups_that_are_asked_for_are_read(read: Run, tmp_path: Path) -> None:
    saved = tmp_path / "evidence"
    ending = read("genuine", "--groups", "dg1, DG13", "--save", saved)
    assert ending.code == 0
    evidence = decode_evidence(saved.read_bytes())
    groups = {record.file for record in evidence.files if record.file.dg_number is not None}
    assert groups == {FileId.DG1, FileId.DG13, FileId.DG14, FileId.DG15}
    assert "Portrait" not in ending.out


def test_a_service_sees_only_what_its_profile_releases(read: Run, tmp_path: Path) -> None:
    ending = read("genuine", "--json", "--profile", "hospital-check-in", "--save", tmp_path / "evidence")
    assert ending.code in (0, 3)
    released = set(json.loads(ending.out)["holder"])
    everything = set(json.loads(read("genuine", "--json").out)["holder"])
    assert released < everything


def test_a_policy_file_is_followed(read: Run, tmp_path: Path) -> None:
    assert read("expired-card", "--policy", "offline-counter").code == 0
    assert read("expired-card").code == 1
    (tmp_path / "policy.toml").write_text("name = 1")
    assert_error(read("genuine", "--policy", str(tmp_path / "policy.toml")), 7, "policy-invalid")


# Traces


def test_a_trace_without_data_holds_none(read: Run, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    assert read("genuine", "--trace", trace).code == 0
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert lines[0]["redacted"] is True
    assert len(lines) > 30
    for line in lines[1:]:
        assert set(line) == {"command", "response", "ms"}
        assert set(line["command"]) == {"header", "nc", "ne"}
        assert set(line["response"]) == {"length", "sw"}
        assert len(line["command"]["header"]) == 8


def test_an_unsafe_trace_replays_to_the_same_evidence(run: Run, read: Run, tmp_path: Path, trust_folder: Path) -> None:
    trace, live, replayed = (tmp_path / name for name in ("trace", "live", "replayed"))
    assert read("genuine", "--trace", trace, "--unsafe-trace", "--save", live).code == 0
    arguments = ("read", "--reader", f"replay:{trace}", "--key-stdin", "--save", replayed)
    assert run(*arguments, stdin="000001").code == 3  # nothing is trusted for a replay
    assert run(*arguments, "--trust", trust_folder, stdin="000001").code == 0
    first, second = (decode_evidence(path.read_bytes()) for path in (live, replayed))
    assert first.files == second.files
    assert first.access == second.access
    assert first.chip_authentication == second.chip_authentication
    assert first.active_authentication == second.active_authentication
    assert second.reader == "replay of sim:genuine"


def test_a_replay_with_another_key_is_another_conversation(run: Run, read: Run, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    read("genuine", "--trace", trace, "--unsafe-trace")
    assert_error(run("read", "--reader", f"replay:{trace}", "--key-stdin", stdin="999999"), 7, "trace-unusable")
    read("genuine", "--trace", trace)
    assert_error(run("read", "--reader", f"replay:{trace}", "--key-stdin", stdin="000001"), 7, "trace-unusable")


def test_a_card_that_breaks_its_protocol_is_no_verdict(run: Run, read: Run, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    read("genuine", "--trace", trace, "--unsafe-trace")
    lines = trace.read_text().splitlines()
    first_read = next(place for place, line in enumerate(lines) if '"command":"00b0' in line)
    lines[first_read] = re.sub(r'"response":"[^"]*"', '"response":"3003020100009000"', lines[first_read])
    trace.write_text("\n".join(lines))
    assert_error(run("read", "--reader", f"replay:{trace}", "--key-stdin", stdin="000001"), 6, "malformed-data")


# Defects


@pytest.mark.parametrize("json_wanted", [False, True])
def test_a_crash_is_a_defect_and_no_verdict(read: Run, monkeypatch: pytest.MonkeyPatch, json_wanted: bool) -> None:
    def crash(*_: object, **__: object) -> object:
        raise RuntimeError("Nguyễn Văn A, 001099000001")

    monkeypatch.setattr("chipid.exports.shown.judge", crash)
    ending = read("genuine", *(["--json"] if json_wanted else []))
    assert ending.code == 70
    assert ending.error.startswith("error: unexpected RuntimeError [internal-error]\nhint: ")
    assert_private(ending.err)
    if json_wanted:
        assert json.loads(ending.out)["code"] == "internal-error"


def test_an_answer_that_nobody_reads_is_no_verdict(read: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of the pipe has left before the verdict was written."""

    def leave(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(cli._Judge, "show", leave)
    assert read("genuine").code == 7


def test_a_full_disk_is_no_verdict(read: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli._Judge, "show", fill)
    assert_error(read("genuine"), 7, "configuration")


def test_an_exit_code_outlives_a_closed_stderr(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> None:
        raise ValueError("I/O operation on closed file")

    monkeypatch.setattr(cli, "_print", closed)
    assert run("read", "--no-such-option").code == 2


# Readers


@pytest.fixture
def on_reader(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Put a simulated card where the readers would be."""
    asked: dict[str, Any] = {"card": readings.card("genuine"), "remove_at": None}

    @dataclass
    class Connected:
        inner: Transport

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        @contextmanager
        def transaction(self) -> Iterator[None]:
            asked["in transaction"] = True
            yield
            asked["in transaction"] = False

    @contextmanager
    def open_reader(name: str | None, **options: Any) -> Iterator[Connected]:
        asked.update(options, name=name)
        card: SimulatedCard | None = asked["card"]
        if card is None:
            raise NoCardError("no card came in time")
        yield Connected(card.transport(remove_at=asked["remove_at"]))

    monkeypatch.setattr("reader.pcsc.open_reader", open_reader)
    return asked


def test_a_card_on_a_reader_is_read_in_one_transaction(run: Run, on_reader: dict[str, Any], trust_folder: Path) -> None:
    ending = run("read", "--reader", "ACS", "--key-stdin", "--trust", trust_folder, "--timeout", "5", stdin="000001")
    assert ending.code == 0
    assert on_reader["name"] == "ACS"
    assert on_reader["timeout"] == 5
    assert on_reader["in transaction"] is False
    assert "simulated" not in ending.err


def test_a_card_on_a_reader_is_not_trusted_by_itself(run: Run, on_reader: dict[str, Any]) -> None:
    ending = run("read", "--key-stdin", stdin="000001")
    assert ending.code == 3
    assert on_reader["name"] is None


def test_no_card_is_told(run: Run, on_reader: dict[str, Any]) -> None:
    on_reader["card"] = None
    assert_error(run("read", "--key-stdin", stdin="000001"), 4, "no-card")


@pytest.mark.parametrize("remove_at", [1, 8, 20])
def test_a_card_that_is_taken_away_is_told(run: Run, on_reader: dict[str, Any], remove_at: int) -> None:
    on_reader["remove_at"] = remove_at
    assert_error(run("read", "--key-stdin", stdin="000001"), 4, CardRemovedError.code)


def test_readers_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        ReaderInfo(name="ACS ACR1252", index=0, card_present=True, atr=b"\x3b\x00"),
        ReaderInfo(name="Empty\x1b[2J", index=1, card_present=False),
    )
    monkeypatch.setattr("reader.discovery.list_readers", lambda: found)
    ending = run("readers")
    assert (ending.code, ending.err) == (0, "")
    assert ending.out == "0  ACS ACR1252  card 3b00\n1  Empty�[2J  empty\n"
    assert json.loads(run("readers", "--json").out) == {
        "schema": "chipid.readers/1",
        "readers": [
            {"name": "ACS ACR1252", "index": 0, "card_present": True, "atr": "3b00"},
            {"name": "Empty\x1b[2J", "index": 1, "card_present": False, "atr": None},
        ],
    }


def test_a_service_that_is_down_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> tuple[ReaderInfo, ...]:
        raise ServiceDownError("the service does not answer")

    monkeypatch.setattr("reader.discovery.list_readers", down)
    assert_error(run("readers"), 4, "pcsc-service-down")


@pytest.mark.parametrize(("severity", "code"), [(Severity.OK, 0), (Severity.WARN, 0), (Severity.FAIL, 4)])
def test_the_doctor_says_what_is_wrong(
    run: Run, monkeypatch: pytest.MonkeyPatch, severity: Severity, code: int
) -> None:
    finding = Finding(severity=severity, code="a-code", text="a text", hint="a hint")
    monkeypatch.setattr("reader.doctor.diagnose", lambda: [finding, Finding(severity=Severity.OK, code="b", text="t")])
    ending = run("doctor")
    assert (ending.code, ending.err) == (code, "")
    assert ending.out == f"{severity.value:<4}  a text [a-code]\n      a hint\nok    t [b]\n"
    ending = run("doctor", "--json")
    assert ending.code == code
    document = json.loads(ending.out)
    assert document["schema"] == "chipid.doctor/1"
    assert document["findings"][0] == {"severity": severity.value, "code": "a-code", "text": "a text", "hint": "a hint"}
    assert document["findings"][1]["hint"] is None


# The simulated card


def test_scenarios_are_listed_with_the_keys_that_open_them(run: Run) -> None:
    ending = run("simulate", "list")
    assert (ending.code, ending.err) == (0, "")
    lines = ending.out.splitlines()
    assert [line.split()[:2] for line in lines[len(SCENARIOS) :]] == [
        *([name, "chip"] for name in profile_names()),
        *([name, "quirk"] for name in QUIRKS),
    ]
    for one, line in zip(SCENARIOS, lines, strict=False):
        found = re.fullmatch(r"(\S+) +(?:CAN (\d{6})|MRZ (\S{90}))  (.+)", line)
        assert found is not None
        assert (found[1], found[4]) == (one.name, one.description)
        assert parse_access_key(found[2] or found[3]) == readings.card(one.name).access_key


def test_a_card_is_put_on_the_virtual_reader_and_its_issuer_beside_it(
    run: Run, read: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served: dict[str, Any] = {}
    monkeypatch.setattr(
        "simulator.slots.serve_until_interrupted",
        lambda cards, **where: served.update(where, names=[card.name for card in cards]),
    )
    folder = tmp_path / "new" / "trust"
    ending = run("simulate", "genuine", "--port", "35964", "--export-trust", folder)
    assert (ending.code, ending.out) == (0, "")
    assert "127.0.0.1:35964" in ending.err
    assert served == {"names": ["sim:genuine"], "host": "127.0.0.1", "port": 35964}
    assert read("genuine", "--trust", folder).code == 0


def test_issued_cards_are_served_from_their_folders_in_both_slots(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served: list[Any] = []
    monkeypatch.setattr("simulator.slots.serve_until_interrupted", lambda cards, **_: served.extend(cards))
    for name in ("one", "two"):
        assert run("simulate", "issue", tmp_path / name, "--seed", name).code == 0
    assert run("simulate", "run", tmp_path / "one", tmp_path / "two", "--quirk", "aa-empty").code == 0
    assert len({card.transmit(bytes.fromhex("0084000008")) for card in served}) == 2
    assert run("simulate", "run", "genuine", "--chip", "pace-gm-3des").code == 0
    assert run("simulate", "run", "genuine", "--quirk", "no-such-quirk").code == 7
    assert run("simulate", "issue", tmp_path / "many", "--count", "2", "--chip", "bac-only").code == 0
    assert len(list((tmp_path / "many").iterdir())) == 2


def test_a_missing_virtual_reader_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise VPCDUnreachableError("no virtual reader listens there")

    monkeypatch.setattr("simulator.slots.serve_until_interrupted", unreachable)
    ending = run("simulate", "genuine")
    assert ending.code == 4
    assert ending.error.startswith("error: no virtual reader listens there [vpcd-unreachable]")


# Profiles and trust


def test_profiles_are_listed_and_shown(run: Run) -> None:
    ending = run("profiles")
    assert (ending.code, ending.err) == (0, "")
    assert "hospital-check-in: " in ending.out
    ending = run("--lang", "vi", "profiles", "hospital-check-in")
    assert ending.code == 0
    assert ending.out.startswith("hospital-check-in: ")


def test_a_store_is_filled_listed_audited_and_emptied(run: Run, tmp_path: Path, trust_folder: Path) -> None:
    store = tmp_path / "store"
    (certificate,) = trust_folder.iterdir()
    unapproved = run("trust", "import", certificate, "--store", store, "--approved-by", "test")
    assert unapproved.code == 7
    assert "[trust-refused]" in unapproved.error
    full = readings.trust().anchors[0].certificate.fingerprint
    done = run("trust", "import", certificate, "--store", store, "--approved-by", "test", "--approve", full)
    assert done.code == 0
    assert "certificates added: 1" in done.out
    assert full[:16] in run("trust", "list", "--store", store).out
    assert full[:16] not in run("trust", "list", "--store", store, "--country", "FR").out
    assert full in run("trust", "show", full[:10], "--store", store).out
    assert "CSCA certificates: 1," in run("trust", "audit", "--store", store).out
    assert "unchanged: 1" in run("trust", "diff", store, store).out
    removal = ("trust", "remove", full[:10], "--store", store)
    assert run(*removal).code == 2  # by whose word?
    assert run(*removal, "--approved-by", "test").out.startswith("removed: 1 certificates")
    assert "added: 0" in run("trust", "diff", store, store).out
