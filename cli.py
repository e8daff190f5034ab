"""The command line: parse, wire, call, render. The only place that knows reader, simulator and chipid together.

Long because a dozen commands live in the one module that the top level has for them. Nothing is decided here.
Modules are imported where they are used, so that ``chipid --help`` answers at once.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial, reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from chipid.exports.errors import FailureError, failure_of

if TYPE_CHECKING:
    from datetime import datetime

    from apdu.transport import Transport
    from chipid.evidence.evidence import Evidence
    from chipid.inspection.plan import ReadingPlan
    from chipid.messages.catalogue import Catalogue
    from chipid.mrz.access_key import AccessKey
    from chipid.protocols.terminal_key import FileTerminalKey
    from chipid.trust.store import TrustStore
    from chipid.verification.policy import Policy

USAGE, CONFIGURATION, DEFECT, INTERRUPTED = 2, 7, 70, 130
FILE_HINT = "Check the file's name and rights."
DEFECT_HINT = "This is a defect of chipid. Please report it with the command and a trace."

PATH = click.Path(path_type=Path)
SIMULATED, REPLAYED = "sim:", "replay:"


def main() -> NoReturn:
    """Run the command line and leave with one of the documented exit codes."""
    from chipid.exports.streams import prepare_standard_streams

    prepare_standard_streams()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; every ending becomes an exit code, and never a traceback."""
    try:
        outcome = chipid.main(args=arguments, prog_name="chipid", standalone_mode=False)
    except FailureError as error:
        failure = error
    except click.UsageError as error:
        if not arguments and error.ctx is not None:
            click.echo(error.ctx.get_help(), err=True)
            return USAGE
        usage = "Usage: chipid --help" if error.ctx is None else error.ctx.get_usage()
        failure = FailureError("usage", error.format_message(), usage, USAGE)
    except click.ClickException as error:
        failure = FailureError("configuration", error.format_message(), FILE_HINT, CONFIGURATION)
    except (click.Abort, KeyboardInterrupt):
        failure = FailureError("interrupted", "interrupted", "Run the command again.", INTERRUPTED)
    except SystemExit:
        # Click's ending when the reader of our output has left: nobody has seen a verdict.
        failure = FailureError("configuration", "the output was not read", "Keep the pipe open.", CONFIGURATION)
    except OSError as error:
        failure = FailureError("configuration", f"a file: {error.strerror}", FILE_HINT, CONFIGURATION)
    except Exception as error:  # noqa: BLE001 - the last door: a defect of ours must not look like a verdict
        failure = FailureError("internal-error", f"unexpected {type(error).__name__}", DEFECT_HINT, DEFECT)
    else:
        return outcome if isinstance(outcome, int) else 0
    return _complain(failure, json_wanted="--json" in arguments)


def _complain(failure: FailureError, *, json_wanted: bool) -> int:
    """Tell how the command ended; where nobody listens any more, the exit code still does."""
    with suppress(OSError, ValueError):
        _print(failure.lines(), err=True)
        if json_wanted:
            _tell(failure.document(), (), as_json=True)
    return failure.exit_code


def _handled(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the toolkit's errors of a command into endings, told in the language of the desk."""

    @wraps(command)
    def handling(**options: Any) -> Any:
        from apdu.errors import ToolkitError

        try:
            return command(**options)
        except (ToolkitError, OSError) as error:
            if isinstance(error, OSError) and error.filename is None:
                raise  # of the output
            raise failure_of(error, _texts()) from error

    return handling


def _texts() -> Catalogue:
    """The texts in the language of this run."""
    from chipid.messages.catalogue import Language, catalogue

    return catalogue(Language(click.get_current_context().find_root().obj))


def _print(lines: Iterable[str], *, err: bool = False) -> None:
    """Print an answer that is no verdict: whoever has read enough of it may leave, and the command ends well."""
    from chipid.exports.streams import lead_nowhere
    from chipid.exports.terminal import printable

    try:
        for line in lines:
            click.echo(printable(line), err=err)
    except BrokenPipeError:
        lead_nowhere(sys.stderr if err else sys.stdout)


def _tell(document: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Print an answer, for programs or for people."""
    from chipid.exports.terminal import json_text

    _print(json_text(document).splitlines() if as_json else lines)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
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


_SECONDS = click.IntRange(1, 86_400)
_DAY, _MOMENT = click.DateTime(["%Y-%m-%d"]), click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"])
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def _options(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Several decorators as one, the innermost first."""
    return lambda command: reduce(lambda decorated, option: option(decorated), options, command)


_judging_options = _options(
    click.option(
        "--trust", type=PATH, help="Trust store: a folder that chipid trust keeps, or one of CSCA certificates."
    ),
    _AS_JSON,
    click.option("--portrait", type=PATH, help="Write the portrait to this file."),
    click.option("--policy", help="Judge by this policy: default, strict, offline-counter, or a TOML file."),
    click.option("--profile", help="Read and release only what this service may know; see chipid profiles."),
    click.option("--nonce-file", type=PATH, help="Have the chip sign a challenge made from this file's bytes."),
    click.option("--role", help="Whose card it is, where the service reads several."),
    click.option("--profiles", type=PATH, multiple=True, help="Folder of your own profiles, beside the shipped."),
)
# Where an access key comes from: never from the command line itself.
_key_options = _options(
    click.option("--qr-picture", type=PATH, help="Take the access key from a picture of the QR code."),
    click.option("--key-file", type=PATH, help="Take the access key from this file."),
    click.option("--key-stdin", is_flag=True, help="Take the access key from standard input."),
)
_TERMINAL_KEY = click.option(
    "--terminal-key", type=PATH, help="Prove this terminal to the chip, for fingerprints and irises: a folder or file."
)


@chipid.command()
@click.option(
    "--reader", "reader_name", help="Reader by name or number, sim:SCENARIO, sim:FOLDER of a card, or replay:TRACE."
)
@_key_options
@_TERMINAL_KEY
@click.option("--tries", type=click.IntRange(1, 6), default=1, show_default=True, help="Keys of a QR code to try.")
@click.option("--groups", help="Read only these data groups, such as DG1,DG13.")
@click.option("--save", type=PATH, help="Keep the evidence in this file, for chipid verify.")
@click.option("--trace", type=PATH, help="Write a trace without card data to this file.")
@click.option("--unsafe-trace", is_flag=True, help="Keep card data and random numbers in the trace.")
@click.option("--timeout", type=_SECONDS, default=60, show_default=True, help="Seconds, all in all.")
@_judging_options
@_handled
def read(
    *,
    reader_name: str | None,
    key_stdin: bool,
    key_file: Path | None,
    qr_picture: Path | None,
    tries: int,
    groups: str | None,
    save: Path | None,
    trace: Path | None,
    unsafe_trace: bool,
    timeout: int,
    trust: Path | None,
    terminal_key: Path | None,
    **judging: Any,
) -> int:
    """Read a card, judge it, and show the result.

    The access key is the CAN (six digits), the personal number (twelve digits), the text of the card's QR code,
    the lines of the machine readable zone, or its fields: document number, date of birth and date of expiry
    (YYMMDD); a PIN or PUK has that word before it. It comes from a prompt, standard input, a file or a picture,
    never from the command line. A wrong key is tried once; a QR code gives several, of which --tries allows more
    than the likeliest.
    """
    import time

    from apdu.trace import RecordingTransport, ReplayTransport
    from chipid.crypto.entropy import system_entropy
    from chipid.exports.kept import save_evidence
    from chipid.exports.private_file import private_file
    from chipid.inspection.attempts import read_with_candidates
    from chipid.inspection.progress_text import ProgressLines

    if unsafe_trace and trace is None:
        raise click.UsageError("--unsafe-trace goes with --trace")
    judge = _Judge(_texts(), **judging)
    plan = judge.plan(groups)
    if terminal_key is not None:
        if not plan.wants_locked_groups:
            raise click.UsageError("--terminal-key opens DG3 and DG4, which this reading does not ask for")
        plan = replace(plan, terminal_key=_terminal_key(terminal_key))
    store = _trust(trust)
    keys = _access_keys(key_file, qr_picture, from_stdin=key_stdin)
    deadline = time.monotonic() + timeout
    with ExitStack() as stack:
        transport, own_trust = _open(stack, reader_name, timeout)
        if store is None and own_trust.anchors:
            click.echo(_texts().text("word", "simulated"), err=True)
        entropy = transport.entropy if isinstance(transport, ReplayTransport) else system_entropy
        if trace is not None:
            sink = io.TextIOWrapper(stack.enter_context(private_file(trace)), encoding="utf-8", write_through=True)
            transport = RecordingTransport(transport, sink, clock=time.monotonic, unsafe=unsafe_trace)
            entropy = transport.record_entropy(entropy)
        evidence = read_with_candidates(
            transport,
            keys,
            plan,
            tries=tries,
            entropy=entropy,
            clock=time.monotonic,
            now=_now,
            deadline=deadline,
            progress=ProgressLines(_texts(), sys.stderr),
        )
    if save is not None:
        save_evidence(evidence, save)
    return judge.show(evidence, store or own_trust, _now())


@chipid.command()
@click.argument("evidence", type=PATH)
@click.option("--at", "date", type=_MOMENT, help="Judge as of this day, or moment in UTC, instead of now.")
@click.option("--trust-as-of", type=_DAY, help="Use the trust store as it was at the end of this day.")
@_judging_options
@_handled
def verify(
    evidence: Path, date: datetime | None, trust: Path | None, trust_as_of: datetime | None, **judging: Any
) -> int:
    """Judge the EVIDENCE of an earlier reading again, or a folder with EF.SOD and groups that were read elsewhere."""
    from datetime import UTC, datetime, time

    from chipid.exports.kept import load_evidence
    from chipid.trust.history import as_of
    from chipid.trust.store import TrustStore

    judge = _Judge(_texts(), **judging)
    content = load_evidence(evidence)
    store = _trust(trust) or TrustStore(anchors=())
    if trust_as_of is not None:
        store = as_of(store, datetime.combine(trust_as_of, time.max, UTC))
    return judge.show(content, store, _moment(date))


class _Judge:
    """What reading and verifying share: by which policy to judge, for which service, and how to show it."""

    def __init__(
        self,
        texts: Catalogue,
        *,
        as_json: bool,
        portrait: Path | None,
        policy: str | None,
        profile: str | None,
        role: str | None,
        profiles: tuple[Path, ...],
        nonce_file: Path | None,
    ) -> None:
        if profile is None and (role is not None or profiles):
            raise click.UsageError("--role and --profiles go with --profile")
        from chipid.evidence.nonce import read_nonce
        from chipid.exports.shown import Terms
        from chipid.profiles.library import find_service

        self._portrait = portrait
        self._service = None if profile is None else find_service(profile, role, *profiles)
        self._terms = Terms(
            policy=_policy(policy or ("default" if self._service is None else self._service.profile.policy)),
            release=None if self._service is None else self._service.release,
            texts=texts,
            as_json=as_json,
            nonce=None if nonce_file is None else read_nonce(nonce_file),
        )

    def plan(self, groups: str | None) -> ReadingPlan:
        """The reading that the profile allows, or that ``--groups`` names."""
        from chipid.evidence.nonce import challenge_for

        if self._service is not None and groups is not None:
            raise click.UsageError("--groups and --profile exclude each other")
        plan = _plan(groups) if self._service is None else self._service.reading_plan()
        nonce = self._terms.nonce
        return plan if nonce is None else replace(plan, challenge=challenge_for(nonce))

    def show(self, evidence: Evidence, trust: TrustStore, now: datetime) -> int:
        """Judge, print the result, and return the exit code of the verdict."""
        from chipid.exports.shown import save_portrait, show_reading
        from chipid.verification.report import Verdict

        shown = show_reading(evidence, trust, now, self._terms)
        if self._portrait is not None and not save_portrait(shown.holder, self._portrait):
            click.echo(_texts().text("word", "no-portrait"), err=True)
        click.echo(shown.text)
        return {Verdict.ACCEPTED: 0, Verdict.REJECTED: 1, Verdict.UNDECIDED: 3}[shown.verdict]


def _plan(groups: str | None) -> ReadingPlan:
    from chipid.errors import UnsupportedError
    from chipid.inspection.plan import EVERYTHING, plan_for_groups

    try:
        return EVERYTHING if groups is None else plan_for_groups(groups.split(","))
    except UnsupportedError as error:
        raise click.UsageError("--groups takes data groups from DG1 to DG16, with commas between") from error


def _policy(name: str) -> Policy:
    from chipid.verification.policy_file import SHIPPED, load_policy, shipped_policy

    return shipped_policy(name) if name in SHIPPED else load_policy(Path(name))


def _trust(folder: Path | None) -> TrustStore | None:
    from chipid.trust.store import TrustStore

    return None if folder is None else TrustStore.from_directory(folder)


def _access_keys(
    key_file: Path | None, qr_picture: Path | None, *, from_stdin: bool, several: bool = False
) -> tuple[AccessKey, ...]:
    from chipid.identity.key_sources import read_access_keys

    if sum((key_file is not None, qr_picture is not None, from_stdin)) > 1:
        raise click.UsageError("--key-file, --key-stdin and --qr-picture exclude each other")
    stream = sys.stdin if from_stdin else None
    prompt = partial(_ask, "prompt")
    return read_access_keys(file=key_file, picture=qr_picture, stream=stream, prompt=prompt, several=several)


def _ask(word: str) -> str:
    """What somebody types blindly; where there is no terminal Python says so itself, with the place in its code."""
    with warnings.catch_warnings(action="ignore"):
        return str(click.prompt(_texts().text("word", word), hide_input=True, err=True))


def _terminal_key(path: Path) -> FileTerminalKey:
    from chipid.protocols.terminal_key_folder import is_readable_by_others, read_terminal_key

    if is_readable_by_others(path):
        click.echo(_texts().text("word", "key-readable"), err=True)
    return read_terminal_key(path, passphrase=partial(_ask, "passphrase"))


def _open(stack: ExitStack, reader_name: str | None, timeout: float) -> tuple[Transport, TrustStore]:
    """The transport that ``--reader`` names, and the trust that comes with it: none, but for a simulated card."""
    import time

    from chipid.trust.store import TrustStore

    nothing = TrustStore(anchors=())
    if reader_name is not None and reader_name.startswith(SIMULATED):
        from chipid.trust.crl_import import with_crls
        from simulator.card_image import open_card

        card = open_card(reader_name.removeprefix(SIMULATED))
        own = TrustStore.from_certificates(card.trust_anchors, source="simulator")
        return card.transport(), with_crls(own, card.crls, source="simulator")
    if reader_name is not None and reader_name.startswith(REPLAYED):
        from apdu.trace import ReplayTransport

        with Path(reader_name.removeprefix(REPLAYED)).open(encoding="utf-8") as lines:
            return ReplayTransport(lines), nothing
    from reader.pcsc import open_reader

    transport = stack.enter_context(open_reader(reader_name, clock=time.monotonic, timeout=timeout))
    stack.enter_context(transport.transaction())
    return transport, nothing


def _now() -> datetime:
    """Now, by the calendar of the desk: a card is valid through its last day there, not in Greenwich."""
    from datetime import UTC, datetime

    return datetime.now(UTC).astimezone()


def _moment(day: datetime | None) -> datetime:
    from datetime import UTC

    return _now() if day is None else day.replace(tzinfo=UTC)


@chipid.group(name="evidence", no_args_is_help=False)
def kept_evidence() -> None:
    """Look after evidence that is kept: take data groups out of it, put them back."""


_OUTPUT = click.option("--output", type=PATH, required=True, help="Write the evidence to this file.")


@kept_evidence.command()
@click.argument("evidence", type=PATH)
@click.option("--groups", required=True, help="Data groups to take out, such as DG2,DG13.")
@click.option("--separate", type=PATH, help="Keep what is taken out in this folder, a file a group.")
@_OUTPUT
@_handled
def redact(evidence: Path, groups: str, separate: Path | None, output: Path) -> None:
    """Take data groups out of EVIDENCE; their digests stay, and the rest verifies as before."""
    from chipid.exports.kept import kept_lines, redact_file

    kept = redact_file(evidence, output, _plan(groups).data_groups or (), separate)
    _print(kept_lines(kept, "taken-out", _texts()))


@kept_evidence.command()
@click.argument("evidence", type=PATH)
@click.argument("groups", nargs=-1, required=True, type=PATH)
@_OUTPUT
@_handled
def restore(evidence: Path, groups: tuple[Path, ...], output: Path) -> None:
    """Put GROUPS back into EVIDENCE: files such as DG2.bin that evidence redact --separate wrote."""
    from chipid.exports.kept import kept_lines, restore_file

    _print(kept_lines(restore_file(evidence, output, groups), "put-back", _texts()))


@chipid.command()
@_AS_JSON
@_handled
def readers(as_json: bool) -> None:
    """List the card readers and whether a card lies on them."""
    from reader.discovery import list_readers
    from reader.text import reader_lines, reader_rows

    found = list_readers()
    _tell({"schema": "chipid.readers/1", "readers": reader_rows(found)}, reader_lines(found), as_json=as_json)


@chipid.command()
@_AS_JSON
def doctor(as_json: bool) -> int:
    """Look at everything between this program and a card, and say what is wrong."""
    from reader.doctor import Severity, diagnose
    from reader.text import finding_lines, finding_rows

    findings = diagnose()
    _tell({"schema": "chipid.doctor/1", "findings": finding_rows(findings)}, finding_lines(findings), as_json=as_json)
    return 4 if any(one.severity is Severity.FAIL for one in findings) else 0


@chipid.command()
@click.argument("name", required=False)
@click.option("--folder", type=PATH, multiple=True, help="Folder of your own profiles, beside the shipped.")
@_handled
def profiles(name: str | None, folder: tuple[Path, ...]) -> None:
    """List the services that chipid knows, or show the one of NAME in full."""
    from chipid.profiles.library import find_profile, load_profiles
    from chipid.profiles.text import profile_lines, profile_table

    texts = _texts()
    known = load_profiles(*folder)
    _print(profile_table(known.values(), texts) if name is None else profile_lines(find_profile(known, name), texts))


@chipid.group(no_args_is_help=False)
def trust() -> None:
    """Keep a trust store: whose signatures are believed, and why. Nothing is trusted by default."""


_OWNER = click.option("--approved-by", "by", required=True, help="Who approves this change; kept in the store.")
_on_store = _options(
    _handled, _AS_JSON, click.option("--store", type=PATH, required=True, help="Folder of the trust store.")
)


def _tell_trust(outcome: object, *, as_json: bool) -> None:
    from chipid.exports.trust_json import trust_document
    from chipid.exports.trust_text import trust_lines

    _tell(trust_document(outcome), trust_lines(outcome, _texts()), as_json=as_json)


@trust.command(name="import")
@click.argument("files", nargs=-1, required=True, type=PATH)
@_OWNER
@click.option("--approve", "certificates", multiple=True, metavar="SHA256", help="Trust the CSCA of this fingerprint.")
@click.option("--accept-signer", "list_signers", multiple=True, metavar="SHA256", help="Believe lists of this signer.")
@click.option("--pinned", multiple=True, type=PATH, help="CSCA that a list's signer comes from.")
@_on_store
def bring(files: tuple[Path, ...], store: Path, as_json: bool, **approved: Any) -> int:
    """Bring FILES into the store: certificates, master lists, revocation lists, deviation lists, PKD LDIF.

    They may need each other, in any order. Ends with 7 if a file is refused, and then nothing comes in.
    """
    from chipid.trust.approval import Approval
    from chipid.trust.operations import import_files

    done = import_files(store, files, Approval(**approved), _now())
    _tell_trust(done, as_json=as_json)
    return 0 if done.error is None else _complain(failure_of(done.error, _texts()), json_wanted=False)


@trust.command(name="list")
@click.option("--country", help="Only what belongs to this country (two letters).")
@_on_store
def list_trust(store: Path, country: str | None, as_json: bool) -> None:
    """List what is in the store."""
    from chipid.trust import operations

    _tell_trust(operations.list_store(store, country=country), as_json=as_json)


@trust.command()
@click.argument("fingerprint")
@_on_store
def show(fingerprint: str, store: Path, as_json: bool) -> None:
    """Show the one thing whose FINGERPRINT begins so, and why it is trusted."""
    from chipid.trust import operations

    _tell_trust(operations.show(store, fingerprint), as_json=as_json)


@trust.command()
@click.option("--days", type=click.IntRange(0, 36_500), default=90, show_default=True, help="How far to look ahead.")
@click.option("--at", "date", type=_DAY, help="Look as of this day instead of now.")
@click.option("--country", "countries", multiple=True, help="Only what this country needs (two letters); repeatable.")
@_on_store
def audit(store: Path, days: int, date: datetime | None, countries: tuple[str, ...], as_json: bool) -> int:
    """Say what there is to do so that cards go on being accepted, and what else is good to know.

    Ends with 0 if there is nothing to do, with 1 if there is, today or within --days: damage, a State whose last key
    here has ceased to certify signers, a revocation list out of date, an old master list. A cron job names the
    countries whose cards it meets, and fewer days than a revocation list lives: --country VN --days 7.
    """
    from datetime import timedelta

    from chipid.trust import operations

    found = operations.audit(store, _moment(date), look_ahead=timedelta(days=days), countries=countries)
    _tell_trust(found, as_json=as_json)
    return 0 if found.is_in_order else 1


@trust.command()
@click.argument("fingerprint")
@_OWNER
@click.option("--wipe", is_flag=True, help="Forget it: it is not there as of an earlier day either.")
@click.option("--dry-run", is_flag=True, help="Tell what would go, and take nothing out.")
@_on_store
def remove(fingerprint: str, store: Path, as_json: bool, **change: Any) -> None:
    """Take out the one thing whose FINGERPRINT begins so, and all that is trusted only because of it."""
    from chipid.trust import operations

    _tell_trust(operations.remove(store, fingerprint, at=_now(), **change), as_json=as_json)


@trust.command()
@click.argument("first", type=PATH)
@click.argument("second", type=PATH)
@_AS_JSON
@_handled
def diff(first: Path, second: Path, as_json: bool) -> None:
    """Say what changed from the FIRST to the SECOND; each is a store, or a file as for import."""
    from chipid.trust import operations

    _tell_trust(operations.diff(first, second), as_json=as_json)


@chipid.command()
@click.option("--reader", "reader_name", help="Reader by name or number, or sim:SCENARIO.")
@_key_options
@_TERMINAL_KEY
@click.option("--junit", is_flag=True, help="Print JUnit XML instead of text.")
@click.option("--with-wrong-keys", "wrong_key", is_flag=True, help="Try wrong passwords, which may slow down a chip.")
@click.option("--with-blocked-pin", "blocked_pin", is_flag=True, help="Use up the tries of the PIN, and reset them.")
@click.option(
    "--with-lasting-changes", "lasting_change", is_flag=True, help="Move date and trust points of the chip, for good."
)
@click.option("--within", type=_SECONDS, default=3600, show_default=True, help="Seconds for all cases.")
@click.option("--timeout", type=_SECONDS, default=60, show_default=True, help="Seconds for a card.")
@_AS_JSON
@_handled
def conformance(
    reader_name: str | None,
    key_stdin: bool,
    key_file: Path | None,
    qr_picture: Path | None,
    terminal_key: Path | None,
    junit: bool,
    within: int,
    timeout: int,
    as_json: bool,
    **risks: bool,
) -> int:
    """Put a chip to the published test cases of ICAO and the BSI; 1 if it fails any of them, 4 if it was taken away.

    The access keys come as for chipid read, several with an empty line between them: the lines of the MRZ, a CAN, a
    PIN and a PUK. Cases that need a key which is not there do not apply. The folder of --terminal-key may hold the
    keys of its authorities too, in a folder "authorities", for the cases with wrong certificates.
    """
    import time

    from chipid.conformance.case import Risk
    from chipid.conformance.catalogue import CASES
    from chipid.conformance.examination import credentials_of, examine_chip
    from chipid.crypto.entropy import system_entropy

    keys = _access_keys(key_file, qr_picture, from_stdin=key_stdin, several=True)
    terminals = None
    if terminal_key is not None:
        terminals = credentials_of(_terminal_key(terminal_key), terminal_key, today=_now().date())
    asked = [Risk[name.upper()] for name, is_wanted in risks.items() if is_wanted]
    options: dict[str, Any] = {"terminals": terminals, "risks": asked, "within": within}
    with ExitStack() as stack:
        transport, _ = _open(stack, reader_name, timeout)
        done = examine_chip(CASES, transport, keys, entropy=system_entropy, clock=time.monotonic, **options)
    click.echo(done.render(as_json=as_json, junit=junit), nl=False)
    return done.exit_code


class _RunByDefault(click.Group):
    """``chipid simulate genuine`` is ``chipid simulate run genuine``."""

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        return super().resolve_command(context, args if args[0] in self.commands else ["run", *args])


@chipid.group(cls=_RunByDefault, no_args_is_help=False)
def simulate() -> None:
    """Make simulated cards and put them on the virtual reader.

    The virtual reader is vsmartcard-vpcd under pcscd; any PC/SC program sees the cards.
    """


@simulate.command(name="list")
@_handled
def list_scenarios() -> None:
    """List the scenarios with the keys of their cards, and the quirks that any of them can have."""
    from simulator.desk import scenario_lines

    _print(scenario_lines())


@simulate.command(name="run")
@click.argument("cards", nargs=-1, required=True)
@click.option(
    "--chip", "--profile", "chip", help="The chip's profile for scenarios, such as cccd-2021 or pace-gm-3des."
)
@click.option("--quirk", help="Give the cards this habit of the field.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the virtual reader listens.")
@click.option("--port", default=35963, show_default=True, help="Port of the virtual reader's first slot.")
@click.option("--export-trust", "trust", type=PATH, help="Write the issuers' certificates to this folder.")
@click.option(
    "--export-terminal", "terminal", type=PATH, help="Write a terminal's key and certificates to this folder."
)
@_handled
def run_cards(
    cards: tuple[str, ...], chip: str | None, quirk: str | None, host: str, port: int, **exports: Path | None
) -> None:
    """Serve CARDS, scenarios or folders of issued cards, one in each slot, until interrupted."""
    from simulator.desk import lay_out
    from simulator.slots import serve_until_interrupted

    chips = lay_out(cards, profile=chip, quirk=quirk, **exports)
    click.echo(f"on the virtual reader at {host}:{port}; Ctrl-C takes the cards off", err=True)
    serve_until_interrupted(chips, host=host, port=port)


@simulate.command()
@click.argument("folder", type=PATH)
@click.option("--scenario", default="genuine", show_default=True, help="What kind of card; see chipid simulate list.")
@click.option("--person", help="Whose card: a named invented citizen, or citizen-N.")
@click.option("--chip", "--profile", "chip", help="The chip's profile, such as cccd-2021 or pace-gm-3des.")
@click.option("--seed", default="", help="The same seed gives the same bytes.")
@click.option("--count", type=click.IntRange(1, 100_000), help="So many cards of so many citizens, a folder each.")
@_handled
def issue(folder: Path, scenario: str, person: str | None, chip: str | None, seed: str, count: int | None) -> None:
    """Issue a card with its keys, files and trust material into FOLDER."""
    from simulator import desk

    issued = desk.issue(folder, scenario, person=person, profile=chip, seed=seed, count=count)
    click.echo(f"issued {issued} into {folder.name}", err=True)


if __name__ == "__main__":
    main()
