"""The command line: parse, wire, call, render. The only place that knows reader, simulator and chipid together.

Nothing is decided here. Modules are imported where they are used, so that ``chipid --help`` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from datetime import datetime

    from apdu.errors import ToolkitError
    from apdu.transport import Transport
    from chipid.identity.holder import Holder
    from chipid.inspection.plan import ReadingPlan
    from chipid.messages.catalogue import Catalogue
    from chipid.mrz.access_key import AccessKey
    from chipid.trust.store import TrustStore
    from chipid.verification.report import Report

USAGE, CONFIGURATION, DEFECT, INTERRUPTED = 2, 7, 70, 130

SIMULATED = "sim:"
REPLAYED = "replay:"


class FailureError(Exception):
    """An ending of our own: the texts that go to stderr, and the exit code."""

    def __init__(self, code: str, message: str, hint: str, exit_code: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


def main() -> NoReturn:
    """Run the command line and leave with one of the documented exit codes."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; every ending becomes an exit code, and never a traceback."""
    json_wanted = "--json" in arguments
    try:
        outcome = chipid.main(args=arguments, prog_name="chipid", standalone_mode=False)
    except FailureError as failure:
        return _complain(failure.code, failure.message, failure.hint, failure.exit_code, json_wanted=json_wanted)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.UsageError as error:
        hint = error.ctx.get_usage() if error.ctx is not None else "chipid --help"
        return _complain("usage", error.format_message(), hint, USAGE, json_wanted=json_wanted)
    except click.ClickException as error:
        hint = "Check the file's name and rights."
        return _complain("configuration", error.format_message(), hint, CONFIGURATION, json_wanted=json_wanted)
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted", "interrupted", "Run the command again.", INTERRUPTED, json_wanted=json_wanted)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left; there is nobody to tell
        return 0
    except Exception as error:  # noqa: BLE001 - the last door: a defect of ours must not look like a verdict
        kind = type(error).__name__
        hint = "This is a defect of chipid. Please report it with the command and a trace."
        return _complain("internal-error", f"unexpected {kind}", hint, DEFECT, json_wanted=json_wanted)
    return outcome if isinstance(outcome, int) else 0


def _complain(code: str, message: str, hint: str, exit_code: int, *, json_wanted: bool) -> int:
    click.echo(f"error: {message} [{code}]\nhint: {hint}", err=True)
    if json_wanted:
        _emit({"schema": "chipid.error/1", "code": code, "message": message, "hint": hint})
    return exit_code


def _emit(document: object) -> None:
    import json

    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@contextmanager
def _translated(texts: Catalogue) -> Iterator[None]:
    """Turn the toolkit's errors, and those of the file system, into endings of the command."""
    from apdu.errors import ToolkitError

    try:
        yield
    except ToolkitError as error:
        raise _failure(error, texts) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else "a file"
        hint = "Check the file's name and rights."
        raise FailureError("configuration", f"{name}: {error.strerror}", hint, CONFIGURATION) from error


def _failure(error: ToolkitError, texts: Catalogue) -> FailureError:
    return FailureError(error.code, texts.error(error), texts.hint(error), error.exit_code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chipid", prog_name="chipid")
@click.option(
    "--lang", type=click.Choice(["en", "vi"]), default="en", show_default=True, help="Language of the output."
)
@click.pass_context
def chipid(context: click.Context, lang: str) -> None:
    """Read and authenticate chip ID cards.

    Exit codes: 0 accepted, 1 rejected, 2 usage, 3 undecided, 4 no reader or card, 5 wrong access key,
    6 card protocol, 7 configuration or file, 70 defect of chipid, 130 interrupted.
    """
    context.obj = lang


def _texts(context: click.Context) -> Catalogue:
    from chipid.messages.catalogue import Language, catalogue

    return catalogue(Language(context.find_root().obj))


def _judging_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that reading and verifying share."""
    for option in (
        click.option(
            "--trust", type=click.Path(path_type=Path), help="Folder of trusted CSCA certificates (DER or PEM)."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text."),
        click.option("--portrait", type=click.Path(path_type=Path), help="Write the portrait to this file."),
    ):
        command = option(command)
    return command


# read and verify


@chipid.command()
@click.option("--reader", "reader_name", help="Reader by name or number, sim:SCENARIO, or replay:TRACE.")
@click.option("--key-stdin", is_flag=True, help="Take the access key from standard input.")
@click.option("--key-file", type=click.Path(path_type=Path), help="Take the access key from this file.")
@click.option("--groups", help="Read only these data groups, such as DG1,DG13.")
@click.option("--save", type=click.Path(path_type=Path), help="Keep the evidence in this file, for chipid verify.")
@click.option("--trace", type=click.Path(path_type=Path), help="Write a trace without card data to this file.")
@click.option("--unsafe-trace", is_flag=True, help="Keep card data and random numbers in the trace.")
@click.option("--timeout", type=click.FloatRange(min=1), default=60.0, show_default=True, help="Seconds, all in all.")
@_judging_options
@click.pass_context
def read(context: click.Context, /, **options: Any) -> int:
    """Read a card, judge it, and show the result.

    The access key is the CAN (six digits), the personal number (twelve digits), the lines of the machine
    readable zone, or its fields: document number, date of birth and date of expiry (YYMMDD). It comes from a
    prompt, standard input or a file, never from the command line. A wrong key is tried once, not again.
    """
    texts = _texts(context)
    with _translated(texts):
        return _read(texts, **options)


def _read(
    texts: Catalogue,
    *,
    reader_name: str | None,
    key_stdin: bool,
    key_file: Path | None,
    groups: str | None,
    save: Path | None,
    trace: Path | None,
    unsafe_trace: bool,
    timeout: float,
    trust: Path | None,
    as_json: bool,
    portrait: Path | None,
) -> int:
    import time

    from apdu.trace import RecordingTransport, ReplayTransport
    from chipid.crypto.entropy import system_entropy
    from chipid.evidence.codec import encode_evidence
    from chipid.inspection.reading import read_card
    from chipid.verification.engine import judge
    from chipid.verification.policy_file import DEFAULT_POLICY

    plan = _plan(groups)
    if unsafe_trace and trace is None:
        raise click.UsageError("--unsafe-trace goes with --trace")
    store = None if trust is None else _trust(trust)
    key = _access_key(key_file, from_stdin=key_stdin)
    with ExitStack() as stack:
        transport, own_trust = _open(stack, reader_name, timeout)
        entropy = transport.entropy if isinstance(transport, ReplayTransport) else system_entropy
        if trace is not None:
            sink = stack.enter_context(_private_file(trace))
            transport = RecordingTransport(transport, sink, clock=time.monotonic, unsafe=unsafe_trace)
            entropy = transport.record_entropy(entropy)
        evidence = read_card(
            transport,
            key,
            plan,
            entropy=entropy,
            clock=time.monotonic,
            now=_now,
            deadline=time.monotonic() + timeout,
            progress=_Progress(texts),
        )
    if save is not None:
        with _private_file(save) as sink:
            sink.write(encode_evidence(evidence).decode())
    report = judge(evidence, store or own_trust, DEFAULT_POLICY, _now())
    return _show(report, texts, as_json=as_json, portrait=portrait)


@chipid.command()
@click.argument("evidence", type=click.Path(path_type=Path))
@click.option("--at", "date", type=click.DateTime(["%Y-%m-%d"]), help="Judge as of this day instead of now.")
@_judging_options
@click.pass_context
def verify(
    context: click.Context,
    evidence: Path,
    date: datetime | None,
    trust: Path | None,
    as_json: bool,
    portrait: Path | None,
) -> int:
    """Judge the EVIDENCE of an earlier reading again, without the card."""
    texts = _texts(context)
    with _translated(texts):
        from datetime import UTC

        from chipid.evidence.codec import MAX_SIZE, decode_evidence
        from chipid.trust.store import TrustStore
        from chipid.verification.engine import judge
        from chipid.verification.policy_file import DEFAULT_POLICY

        with evidence.open("rb") as file:
            content = decode_evidence(file.read(MAX_SIZE + 1))
        store = TrustStore(anchors=()) if trust is None else _trust(trust)
        report = judge(content, store, DEFAULT_POLICY, _now() if date is None else date.replace(tzinfo=UTC))
        return _show(report, texts, as_json=as_json, portrait=portrait)


def _show(report: Report, texts: Catalogue, *, as_json: bool, portrait: Path | None) -> int:
    from chipid.exports.flat_json import reading_document
    from chipid.exports.text import render_reading
    from chipid.identity.holder import Holder
    from chipid.verification.report import Verdict

    rejected = report.verdict is Verdict.REJECTED
    holder = None if rejected else Holder.from_report(report, allow_undecided=True)
    if portrait is not None:
        _write_portrait(holder, portrait)
    if as_json:
        _emit(reading_document(report, holder))
    else:
        click.echo(render_reading(report, holder, texts))
    return {Verdict.ACCEPTED: 0, Verdict.REJECTED: 1, Verdict.UNDECIDED: 3}[report.verdict]


def _write_portrait(holder: Holder | None, path: Path) -> None:
    if holder is None or holder.portrait is None:
        click.echo("note: there is no portrait to write", err=True)
        return
    with _private_file(path, binary=True) as sink:
        sink.write(holder.portrait.value.image)


def _plan(groups: str | None) -> ReadingPlan:
    from chipid.errors import UnsupportedError
    from chipid.inspection.plan import EVERYTHING, ReadingPlan
    from chipid.lds.files import DATA_GROUPS, FileId

    if groups is None:
        return EVERYTHING
    try:
        wanted = frozenset(FileId.by_label(label.strip().upper()) for label in groups.split(","))
    except UnsupportedError:
        wanted = frozenset()
    if not wanted or not wanted <= set(DATA_GROUPS):
        raise click.UsageError("--groups takes data groups from DG1 to DG16, with commas between")
    return ReadingPlan(data_groups=wanted)


def _trust(folder: Path) -> TrustStore:
    from chipid.trust.store import TrustStore

    return TrustStore.from_directory(folder)


def _access_key(key_file: Path | None, *, from_stdin: bool) -> AccessKey:
    from chipid.identity.key_input import MAX_INPUT, parse_access_key

    if key_file is not None and from_stdin:
        raise click.UsageError("--key-file and --key-stdin exclude each other")
    if key_file is not None:
        with key_file.open(encoding="utf-8", errors="replace") as file:
            return parse_access_key(file.read(MAX_INPUT + 1))
    if from_stdin:
        return parse_access_key(sys.stdin.read(MAX_INPUT + 1))
    typed: str = click.prompt("Access key (CAN, personal number or MRZ fields)", hide_input=True, err=True)
    return parse_access_key(typed)


def _open(stack: ExitStack, reader_name: str | None, timeout: float) -> tuple[Transport, TrustStore]:
    """The transport that ``--reader`` names, and the trust that comes with it: none, but for a simulated card."""
    import time

    from chipid.trust.store import TrustStore

    nothing = TrustStore(anchors=())
    if reader_name is not None and reader_name.startswith(SIMULATED):
        from simulator.scenarios import build_card

        card = build_card(reader_name.removeprefix(SIMULATED))
        click.echo("note: simulated card; its own issuer is trusted for this reading", err=True)
        return card.transport(), TrustStore.from_certificates(card.trust_anchors, source="simulator")
    if reader_name is not None and reader_name.startswith(REPLAYED):
        from apdu.trace import ReplayTransport

        with Path(reader_name.removeprefix(REPLAYED)).open(encoding="utf-8") as lines:
            return ReplayTransport(lines), nothing
    from reader.pcsc import open_reader

    transport = stack.enter_context(open_reader(reader_name, clock=time.monotonic, timeout=timeout))
    stack.enter_context(transport.transaction())
    return transport, nothing


class _Progress:
    """Progress on stderr: a line for each step, and the bytes of the long files where a person watches."""

    def __init__(self, texts: Catalogue) -> None:
        self._texts = texts
        self._watched = sys.stderr.isatty()

    def __call__(self, event: Any) -> None:
        if event.file is None:
            click.echo(f"[{event.step.number}/6] {self._texts.text('step', event.step.label)}", err=True)
        elif self._watched:
            share = 100 * event.done // event.total
            click.echo(f"\r      {event.file} {share:>3} %", err=True, nl=event.done == event.total)


@contextmanager
def _private_file(path: Path, *, binary: bool = False) -> Iterator[Any]:
    """Open a file for writing that only its owner may read: it holds what is on somebody's card."""
    import os

    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(descriptor, 0o600)  # the file may have been there before
    with os.fdopen(descriptor, "wb") if binary else os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yield file


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


# readers and doctor


@chipid.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
@click.pass_context
def readers(context: click.Context, as_json: bool) -> int:
    """List the card readers and whether a card lies on them."""
    with _translated(_texts(context)):
        from reader.discovery import list_readers

        found = list_readers()
    if as_json:
        rows = [
            {"index": one.index, "name": one.name, "card_present": one.card_present, "atr": one.atr.hex() or None}
            for one in found
        ]
        _emit({"schema": "chipid.readers/1", "readers": rows})
        return 0
    for one in found:
        click.echo(f"{one.index}  {one.name}  {'card ' + one.atr.hex() if one.card_present else 'empty'}")
    return 0


@chipid.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
def doctor(as_json: bool) -> int:
    """Look at everything between this program and a card, and say what is wrong."""
    from reader.doctor import Severity, diagnose

    findings = diagnose()
    if as_json:
        rows = [
            {"severity": one.severity.value, "code": one.code, "text": one.text, "hint": one.hint or None}
            for one in findings
        ]
        _emit({"schema": "chipid.doctor/1", "findings": rows})
    else:
        for one in findings:
            click.echo(f"{one.severity.value:<4}  {one.text} [{one.code}]")
            if one.hint:
                click.echo(f"      {one.hint}")
    return 4 if any(one.severity is Severity.FAIL for one in findings) else 0


# simulate


@chipid.command()
@click.argument("scenario", required=False)
@click.option("--list", "listing", is_flag=True, help="List the scenarios and the keys of their cards.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the virtual reader listens.")
@click.option("--port", default=35963, show_default=True, help="Port of the virtual reader's slot.")
@click.option("--export-trust", type=click.Path(path_type=Path), help="Write the issuer's certificates to this folder.")
@click.pass_context
def simulate(
    context: click.Context, scenario: str | None, listing: bool, host: str, port: int, export_trust: Path | None
) -> int:
    """Put the simulated card of SCENARIO on the virtual reader until interrupted.

    The virtual reader is vsmartcard-vpcd under pcscd; any PC/SC program sees the card.
    """
    with _translated(_texts(context)):
        if listing or scenario is None:
            return _list_scenarios()
        from simulator.scenarios import build_card

        card = build_card(scenario)
        if export_trust is not None:
            export_trust.mkdir(parents=True, exist_ok=True)
            for number, certificate in enumerate(card.trust_anchors, start=1):
                (export_trust / f"simulated-csca-{number}.cer").write_bytes(certificate)
        return _serve(card, host, port)


def _serve(card: Any, host: str, port: int) -> int:
    import signal
    import threading

    from simulator.vpcd import serve

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    click.echo(f"the card is on the virtual reader at {host}:{port}; Ctrl-C takes it off", err=True)
    serve(card.transport(), host=host, port=port, stop=stop)
    return 0


def _list_scenarios() -> int:
    from simulator.scenarios import SCENARIOS, build_card

    for one in SCENARIOS:
        click.echo(f"{one.name:<18} CAN {build_card(one.name).can}  {one.description}")
    return 0


if __name__ == "__main__":
    main()
