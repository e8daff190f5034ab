"""What a reading costs the terminal beyond its cryptography.

1. Terminal-side CPU time of a whole ``cccd-2021`` reading, as a ratio to the sum of its cryptographic primitives
   measured alone in the same process. The card is a recorded conversation, so that only the terminal computes.
2. Both sides together for one protected READ BINARY of 240 bytes, in process.
3. The start of ``chipid --help`` against a bare ``import click``.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel, SessionKeys, TerminalChannel
from apdu.trace import RecordingTransport, ReplayTransport
from benchmarks.measure import median_seconds, report
from chipid import EVERYTHING, AccessKey, read_card, system_entropy
from chipid.crypto.points import KeyPair
from simulator.scenarios import build_card

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def record() -> tuple[str, str]:
    """Record one reading of the genuine card; returns the trace and the CAN that opens it."""
    card = build_card("genuine")
    sink = io.StringIO()
    transport = RecordingTransport(card.transport(), sink, clock=time.monotonic, unsafe=True)
    read_card(
        transport,
        AccessKey.from_can(card.can),
        EVERYTHING,
        entropy=transport.record_entropy(system_entropy),
        clock=time.monotonic,
        now=lambda: NOW,
    )
    return sink.getvalue(), card.can


def replayed(trace: str, can: str) -> Callable[[], object]:
    """The terminal's half of the recorded reading."""
    lines = trace.splitlines()
    key = AccessKey.from_can(can)

    def run() -> object:
        transport = ReplayTransport(lines)
        return read_card(transport, key, EVERYTHING, entropy=transport.entropy, clock=time.monotonic, now=lambda: NOW)

    return run


def count_primitives(run: Callable[[], object]) -> Counter[tuple[str, int]]:
    """Which primitives one run uses, each with the number of bytes it works on."""
    counted: Counter[tuple[str, int]] = Counter()

    def watch(owner: type, name: str, describe: Callable[..., tuple[str, int]]) -> None:
        original = getattr(owner, name)

        def counting(*arguments: Any, **options: Any) -> Any:
            counted[describe(*arguments)] += 1
            return original(*arguments, **options)

        patches.append((owner, name, original))
        setattr(owner, name, counting)

    patches: list[tuple[type, str, Any]] = []
    watch(KeyPair, "__init__", lambda *_: ("derive", 0))
    watch(KeyPair, "_multiply_x", lambda *_: ("exchange", 0))
    watch(BlockCipher, "encrypt_block", lambda _, block: ("ecb", len(block)))
    watch(BlockCipher, "encrypt", lambda _, data, *__: ("cbc", len(data)))
    watch(BlockCipher, "decrypt", lambda _, data, *__: ("cbc", len(data)))
    watch(MessageAuthentication, "compute_blocks", lambda _, message: ("cmac", len(message)))
    try:
        run()
    finally:
        for owner, name, original in patches:
            setattr(owner, name, original)
    return counted


def primitive(kind: str, length: int) -> Callable[[], object]:
    """One primitive alone, as a program would call OpenSSL through ``cryptography`` for it."""
    curve = ec.BrainpoolP256R1()
    own = ec.derive_private_key(0x1234567890ABCDEF << 160, curve)
    peer = ec.derive_private_key(0x0FEDCBA987654321 << 160, curve).public_key().public_numbers()
    key, data = AES(bytes(16)), bytes(length)
    ecb = Cipher(key, modes.ECB()).encryptor()
    keyed = CMAC(key)

    def cmac() -> bytes:
        running = keyed.copy()
        running.update(data)
        return running.finalize()

    actions: dict[str, Callable[[], object]] = {
        "derive": lambda: ec.derive_private_key(0x1234567890ABCDEF << 160, curve).public_key().public_numbers(),
        "exchange": lambda: own.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(peer.x, peer.y, curve).public_key()),
        "ecb": lambda: ecb.update(data),
        "cbc": lambda: Cipher(key, modes.CBC(bytes(16))).decryptor().update(data),
        "cmac": cmac,
    }
    return actions[kind]


def whole_reading() -> bool:
    """1. The terminal's CPU time against its primitives."""
    run = replayed(*record())
    counted = count_primitives(run)
    alone = sum(
        count * median_seconds(primitive(kind, length), repeat=50, clock=time.perf_counter)
        for (kind, length), count in counted.items()
    )
    whole = median_seconds(run, repeat=15, clock=time.process_time)
    return report(f"reading, CPU over its primitives ({whole * 1000:.1f} ms)", whole / alone, 2.5, "times")


def protected_read() -> bool:
    """2. One protected READ BINARY of 240 bytes, terminal and card together."""
    keys = SessionKeys(suite=CipherSuite.AES_128, ks_enc=bytes(16), ks_mac=bytes(range(16)))
    terminal, card = TerminalChannel(keys), CardChannel(keys)
    command = CommandAPDU(cla=0, ins=0xB0, p1=0, p2=0, ne=240)
    answer = ResponseAPDU(data=bytes(240))

    def exchange() -> object:
        protected = CommandAPDU.decode(terminal.protect(command).encode())
        card.unprotect(protected)
        return terminal.unprotect(ResponseAPDU.decode(card.protect(answer, odd=False).encode()))

    return report("protected READ BINARY, both sides", 1000 * median_seconds(exchange, repeat=2000), 0.2, "ms")


def start_up() -> bool:
    """3. The command line's start against importing click."""
    program = Path(sys.executable).with_name("chipid")

    def start(*command: str) -> Callable[[], object]:
        return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    helped = median_seconds(start(str(program), "--help"), repeat=9)
    bare = median_seconds(start(sys.executable, "-c", "import click"), repeat=9)
    return report(f"chipid --help over import click ({helped * 1000:.0f} ms)", helped / bare, 2.0, "times")


def main() -> int:
    results = [whole_reading(), protected_read(), start_up()]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
