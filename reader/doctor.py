"""Why does it not work: findings on packages, pyscard, service, readers and cards. Holds no card data."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions
from pathlib import Path

from apdu.errors import TransportError
from reader import errors
from reader.scard import Context, ReaderState

OUR_PACKAGES = ("apdu", "chipid", "cli", "reader", "simulator")
OUR_DISTRIBUTION = "chipid"
SERVICE_SOCKET = Path("/run/pcscd/pcscd.comm")
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
KERNEL_MODULES = Path("/sys/module")
RIVAL_MODULES = ("pn533_usb", "pn533")


class Severity(Enum):
    """How a finding is to be taken."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: ``code`` is stable, ``text`` says what was found, ``hint`` what to do about it."""

    severity: Severity
    code: str
    text: str
    hint: str = ""


def diagnose() -> list[Finding]:
    """Look at everything between this program and a card, from the ground up. Raises nothing of its own."""
    return [*check_packages(), *check_kernel_modules(), *check_pcsc()]


def check_packages(root: Path | None = None) -> Iterator[Finding]:
    """Whether Python imports our top-level packages, and not something else of the same name.

    Names as common as ``reader`` or ``cli`` may be taken by another distribution, or by a file that stands
    beside the program. ``root`` is where ours are; without it, where this module is.
    """
    root = root or Path(__file__).resolve().parent.parent
    distributions = packages_distributions()
    clean = True
    for name in OUR_PACKAGES:
        origin = _origin(name)
        if origin is not None and origin != root:
            clean = False
            yield Finding(
                severity=Severity.FAIL,
                code="package-shadowed",
                text=f"Python imports the package {name!r} from {origin}, which is not part of chipid",
                hint="Rename that file or package, or install chipid in a virtual environment of its own.",
            )
        others = sorted(set(distributions.get(name, [])) - {OUR_DISTRIBUTION})
        if others:
            clean = False
            yield Finding(
                severity=Severity.WARN,
                code="package-clash",
                text=f"the package {name!r} is also installed by {', '.join(others)}",
                hint="Install chipid in a virtual environment of its own.",
            )
    if clean:
        yield Finding(severity=Severity.OK, code="packages", text="Python imports chipid's own packages")


def check_kernel_modules(modules: Path = KERNEL_MODULES) -> Iterator[Finding]:
    """Whether the kernel's NFC driver takes readers such as the ACR122U away from the smart card service."""
    loaded = [name for name in RIVAL_MODULES if (modules / name).exists()]
    if loaded:
        yield Finding(
            severity=Severity.WARN,
            code="kernel-nfc-driver",
            text=f"the kernel module {loaded[0]} is loaded; it takes some readers away from pcscd",
            hint=f"Run: sudo modprobe -r {' '.join(loaded)}, and blacklist it under /etc/modprobe.d.",
        )


def check_pcsc() -> Iterator[Finding]:
    """Whether pyscard, service, permission, reader and card are there; ends with the first that is missing."""
    try:
        with Context() as context:
            yield Finding(severity=Severity.OK, code="pcsc-service", text="the smart card service answers")
            yield from _look_at_readers(context.snapshot())
    except errors.ServiceDownError as error:
        if _socket_is_forbidden():
            yield _failure(errors.PermissionDeniedError("the socket of pcscd does not let this user in"))
        else:
            yield _failure(error)
    except TransportError as error:
        yield _failure(error)


def _look_at_readers(states: tuple[ReaderState, ...]) -> Iterator[Finding]:
    if not states:
        yield _failure(errors.NoReaderError("no reader is attached"))
        return
    for state in states:
        yield Finding(severity=Severity.OK, code="reader", text=f"reader {state.reader!r}")
        if state.is_mute:
            missing: errors.ReaderError = errors.CardMuteError(f"the card in {state.reader!r} does not answer")
        elif state.card_present:
            yield Finding(severity=Severity.OK, code="card", text=f"a card lies on {state.reader!r}")
            continue
        else:
            missing = errors.NoCardError(f"no card on {state.reader!r}")
        yield Finding(severity=Severity.WARN, code=missing.code, text=missing.message, hint=missing.hint)


def _failure(error: TransportError) -> Finding:
    return Finding(severity=Severity.FAIL, code=error.code, text=error.message, hint=error.hint)


def _socket_is_forbidden() -> bool:
    """True if pcscd listens but the file rights keep this user out, which pcsc-lite reports as "no service"."""
    socket = Path(os.environ.get(SOCKET_VARIABLE) or SERVICE_SOCKET)
    try:
        return socket.exists() and not os.access(socket, os.W_OK)
    except PermissionError:
        return True


def _origin(name: str) -> Path | None:
    """The folder that a top-level package would be imported from, without importing it."""
    spec = PathFinder.find_spec(name, sys.path)
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))).resolve().parent
    return Path(spec.origin).resolve().parent if spec.origin else None
