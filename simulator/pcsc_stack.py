"""A pcscd of our own with vsmartcard's virtual reader, apart from any other pcscd of the machine.

It runs in a mount namespace: /run is an empty tmpfs there, with /run/pcscd bound to a temporary folder, which
is how clients outside reach its socket (``PCSCLITE_CSOCK_NAME``); the folder of the reader drivers is empty,
so that no USB reader is touched. The virtual reader listens on free TCP ports. Root, or unprivileged user
namespaces, are needed for that. Where neither is allowed, as in most containers, root runs it in place, unless a
pcscd is there already. :func:`missing` says what is not there.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
READER = "Virtual PCD"
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
START_SECONDS = 10.0
STOP_SECONDS = 5.0
PORT_TRIES = 5

SERVICE_FOLDER = Path("/run/pcscd")
SOCKET = "pcscd.comm"

# Arguments: the folder, the pcscd. Whatever is mounted here disappears with the process, and the process with
# the thread that started it.
MOUNT = """
set -e
mount -t tmpfs tmpfs /usr/lib/pcsc/drivers
mount --bind "$1/run" /mnt
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --bind /mnt /run/pcscd
"""
RUN = 'exec setpriv --pdeathsig TERM "$2" --foreground --error --config "$1/conf"'

CONFIGURATION = """FRIENDLYNAME "{reader}"
DEVICENAME /dev/null:0x{port:04X}
LIBPATH {driver}
CHANNELID 0x{port:04X}
"""


class PCSCStackError(Exception):
    """The private pcscd did not start; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """How the private pcscd is kept apart: a command that enters a namespace, or none if it runs in place."""

    command: tuple[str, ...] = ()
    missing: str | None = None


@functools.cache
def isolation() -> Isolation:
    """Try what this machine allows."""
    is_root = os.geteuid() == 0
    command = ("unshare", "--mount") if is_root else ("unshare", "--mount", "--map-root-user")
    probe = subprocess.run([*command, "sh", "-c", "mount -t tmpfs tmpfs /mnt"], capture_output=True, check=False)
    if probe.returncode == 0:
        return Isolation(command=command)
    why = f"mount namespaces are not allowed here ({probe.stderr.decode(errors='replace').strip()})"
    if not is_root:
        return Isolation(missing=why)
    if _answers(SERVICE_FOLDER / SOCKET):
        return Isolation(missing=f"{why}, and another pcscd runs")
    return Isolation()


@functools.cache
def missing() -> str | None:
    """Why the stack cannot run on this machine, or None if it can."""
    if _pcscd() is None:
        return "pcscd is not installed"
    if not DRIVER.exists():
        return "vsmartcard-vpcd is not installed"
    if importlib.util.find_spec("smartcard") is None:
        return "pyscard is not installed"
    return isolation().missing


class PCSCStack:
    """The private pcscd: two slots, ``readers`` by name and ``ports`` for the cards. A context manager."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is empty, short (the socket's path is limited to 107 bytes) and removed by the caller."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.readers = (f"{READER} 00 00", f"{READER} 00 01")
        self.ports = (0, 0)

    @property
    def socket(self) -> Path:
        return socket_in(self._folder)

    def __enter__(self) -> PCSCStack:
        (self._folder / "conf").mkdir()
        if isolation().command:
            (self._folder / "run").mkdir()
        else:
            (self._folder / "run").symlink_to(SERVICE_FOLDER)
        shutil.copy(DRIVER, self._folder / "driver.so")
        for _ in range(PORT_TRIES):
            self._configure(_free_port_pair())
            self.start()
            if self._listens():
                return self
            self.stop()  # somebody took a port in between
        raise PCSCStackError("no two free TCP ports in a row")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start pcscd and return when it listens. Its log is ``pcscd.log`` in the folder."""
        log = self._folder / "pcscd.log"
        enter = isolation().command
        script = MOUNT + RUN if enter else RUN
        command = [*enter, "sh", "-c", script, "sh", str(self._folder), str(_pcscd())]
        with log.open("wb") as sink:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink)
        tick = 0.01
        for _ in range(int(START_SECONDS / tick)):
            try:
                self._process.wait(tick)
            except subprocess.TimeoutExpired:
                if _answers(self.socket):
                    return
                continue
            break
        self.stop()
        raise PCSCStackError(f"pcscd did not start: {log.read_text(errors='replace').strip()}")

    def stop(self) -> None:
        """Stop pcscd and return when it is gone; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for name in (SOCKET, "pcscd.pid"):
            (self._folder / "run" / name).unlink(missing_ok=True)

    def _configure(self, port: int) -> None:
        self.ports = (port, port + 1)
        text = CONFIGURATION.format(reader=READER, port=port, driver=self._folder / "driver.so")
        (self._folder / "conf" / "vpcd").write_text(text)

    def _listens(self) -> bool:
        """Whether pcscd could bind both ports: then nobody else can."""
        return not any(_is_free(port) for port in self.ports)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of :func:`make_folder` for the length of a block."""
    folder = make_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_folder() -> Path:
    """A folder for a stack, with a path short enough for its socket."""
    folder = Path(tempfile.mkdtemp(prefix="chipid-pcscd-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


def socket_in(folder: Path) -> Path:
    """Where a stack in ``folder`` listens."""
    return folder / "run" / SOCKET


def _pcscd() -> str | None:
    return shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


def _free_port_pair() -> int:
    for _ in range(100):
        with socket.socket() as probe:
            probe.bind(("", 0))
            port: int = probe.getsockname()[1]
        if port < 0xFFFF and _is_free(port) and _is_free(port + 1):
            return port
    raise PCSCStackError("no two free TCP ports in a row")
