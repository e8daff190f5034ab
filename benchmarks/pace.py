"""What PACE costs the terminal beyond the OpenSSL operations that it consists of, for every mapping and curve.

The card is a recorded conversation, so that only the terminal computes. The ratio is measured where OpenSSL has the
curve; for secp256r1 and brainpoolP256r1 it must not exceed 2. Integrated Mapping takes one modular exponentiation
more, which the binding does not offer: Python's counts among the bare operations there.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from itertools import cycle
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from benchmarks.measure import median_seconds, report
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.integrated_mapping import is_encodable
from chipid.crypto.points import KeyPair, openssl_curve
from chipid.lds.protocols import PACEMapping
from chipid.mrz.access_key import AccessKey
from chipid.protocols import pace
from tests.protocols.pace_card import PACECard, pace_choice
from tests.support.script_card import drive

MAX_RATIO = 2.0
ROUNDS = 9
LIMITED = ("secp256r1", "brainpoolP256r1")
SUITE = CipherSuite.AES_256
CAN = AccessKey.from_can("123456")


def entropy() -> Callable[[int], bytes]:
    """The same numbers in every run; the first bytes keep them below the order of every curve."""
    values = cycle((3, 5))
    return lambda count: b"\x00" + bytes((next(values),)) * (count - 1)


def terminal_half(curve: Curve, mapping: PACEMapping) -> Callable[[], object]:
    """The terminal's side of one recorded run."""
    s = bytes(range(32))
    card = PACECard(curve, SUITE, password=CAN.secret, reference=2, s=s, scalars=(77, 99), mapping=mapping)
    choice = pace_choice(curve, SUITE, mapping)
    answers: list[ResponseAPDU] = []

    def recording(command: CommandAPDU) -> ResponseAPDU:
        answers.append(card(command))
        return answers[-1]

    drive(pace.authenticate(choice, CAN, entropy()), recording)

    def run() -> object:
        replay = iter(answers)
        return drive(pace.authenticate(choice, CAN, entropy()), lambda _: next(replay))

    return run


def bare_operations(curve: Curve, mapping: PACEMapping, run: Callable[[], object]) -> Callable[[], object]:
    """As many key derivations and exchanges as one run makes, each as a program would ask OpenSSL for it."""
    counted: Counter[str] = Counter()
    patches: list[tuple[str, Any]] = [(name, getattr(KeyPair, name)) for name in ("__init__", "_multiply_x")]

    def counting(name: str, original: Any) -> Any:
        def call(*arguments: Any) -> Any:
            counted[name] += 1
            return original(*arguments)

        return call

    for name, original in patches:
        setattr(KeyPair, name, counting(name, original))
    try:
        run()
    finally:
        for name, original in patches:
            setattr(KeyPair, name, original)
    openssl = openssl_curve(curve)
    assert openssl is not None
    secret = int.from_bytes(b"\x07" * (curve.order_length - 1), "big")
    own = ec.derive_private_key(secret, openssl)
    peer = ec.derive_private_key(secret + 2, openssl).public_key().public_numbers()

    exponentiations = 1 if mapping is PACEMapping.INTEGRATED else 0

    def bare() -> None:
        for _ in range(exponentiations):
            pow(peer.x, curve.p - 1 - (curve.p + 1) // 4, curve.p)
        for _ in range(counted["__init__"]):
            ec.derive_private_key(secret, openssl).public_key().public_numbers()
        for _ in range(counted["_multiply_x"]):
            own.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(peer.x, peer.y, openssl).public_key())

    return bare


def compare(run: Callable[[], object], bare: Callable[[], object]) -> float:
    """The median of ratios that were each measured side by side, so that a busy machine slows both."""
    return statistics.median(median_seconds(run, repeat=3) / median_seconds(bare, repeat=3) for _ in range(ROUNDS))


def main() -> int:
    held = []
    for curve in CURVES.values():
        for mapping in PACEMapping:
            if mapping is PACEMapping.INTEGRATED and not is_encodable(curve):
                continue
            run = terminal_half(curve, mapping)
            name = f"PACE-{mapping.value} on {curve.name}, {1000 * median_seconds(run, repeat=5):.2f} ms"
            if openssl_curve(curve) is None:
                sys.stdout.write(f"      {name}: OpenSSL's binding lacks the curve\n")
                continue
            bound = MAX_RATIO if curve.name in LIMITED else math.inf
            held.append(report(name, compare(run, bare_operations(curve, mapping, run)), bound, "times bare"))
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
