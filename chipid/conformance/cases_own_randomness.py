"""Cases of our own about random numbers: what a chip draws must be new and unpredictable each time.

The published cases ask for two challenges in a row and compare them. A chip whose random source begins anew with each
power-up, counts, or repeats after a while passes those, and its sessions can be replayed (ICAO Doc 9303-11 §4.3, §4.4,
§6.1 and §7.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Final

from apdu import instructions
from chipid.conformance.case import Case, DeviationError, NotApplicableError
from chipid.conformance.cases_active_authentication import key_and_signature, verify_plain_signature
from chipid.conformance.cases_chip_authentication import authenticate_chip
from chipid.conformance.cases_eac_files import require_terminal_authentication
from chipid.conformance.pace_steps import PACESteps
from chipid.conformance.terminal import ConformanceTerminal, expect_ok
from chipid.conformance.terminal_steps import CHALLENGE_LENGTH
from chipid.crypto.iso9796 import verify_recoverable_signature
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.lds.protocols import PACEMapping

SESSIONS: Final = 4
CHALLENGES: Final = 32
# Of 64 random bits, the chance that two values differ in fewer is below 2^-37, of 128 bits far below that.
FEWEST_BITS: Final = 8


def require_random(values: Sequence[bytes], what: str) -> None:
    """No value repeats, and none is close to another, as those of a counter are."""
    for one, other in combinations(values, 2):
        if one == other:
            raise DeviationError(f"{what} came twice")
        distance = (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
        if distance < FEWEST_BITS:
            raise DeviationError(f"{what}: two of them differ in {distance} bits only")


def _require_moving(values: Sequence[bytes], what: str) -> None:
    """No bit is the same in all of them: of 32 random values that is one run in 2^25."""
    numbers = [int.from_bytes(one, "big") for one in values]
    always, never = numbers[0], ~numbers[0]
    for number in numbers:
        always, never = always & number, never & ~number
    if (always | never) & ((1 << 8 * len(values[0])) - 1):
        raise DeviationError(f"{what}: a bit never changes")


# Challenges


def _plain_challenges(terminal: ConformanceTerminal, count: int) -> list[bytes]:
    if not terminal.chip.has_bac:
        raise NotApplicableError("the chip gives no challenge in the clear")
    terminal.select_application()
    return [expect_ok(terminal.plain(instructions.get_challenge())) for _ in range(count)]


def _challenges(terminal: ConformanceTerminal) -> None:
    found = _plain_challenges(terminal, CHALLENGES)
    require_random(found, "a challenge")
    _require_moving(found, "challenges")


def _challenges_after_resets(terminal: ConformanceTerminal) -> None:
    found = []
    for _ in range(SESSIONS):
        terminal.reset()
        found += _plain_challenges(terminal, 2)
    require_random(found, "a challenge after a reset")


def _terminal_challenges(terminal: ConformanceTerminal) -> None:
    """Challenges of Terminal Authentication, in sessions and across them."""
    _ready(terminal)
    found = [_terminal_challenge(terminal) for _ in range(CHALLENGES)]
    _require_moving(found, "challenges of Terminal Authentication")
    for _ in range(2):
        terminal.reset()
        _ready(terminal)
        found += [_terminal_challenge(terminal), _terminal_challenge(terminal)]
    require_random(found, "a challenge of Terminal Authentication")


def _ready(terminal: ConformanceTerminal) -> None:
    """As far as a chip goes without any key of a terminal."""
    require_terminal_authentication(terminal)
    authenticate_chip(terminal)


def _terminal_challenge(terminal: ConformanceTerminal) -> bytes:
    return expect_ok(terminal.secure(instructions.get_challenge(CHALLENGE_LENGTH)))


# Keys


def _key_material(terminal: ConformanceTerminal) -> None:
    """K_IC of Basic Access Control."""
    found = []
    for _ in range(SESSIONS):
        terminal.reset()
        terminal.bac()
        found.append(terminal.k_ic)
    require_random(found, "key material of Basic Access Control")


def _runs(terminal: ConformanceTerminal, steps_to_take: int) -> Iterator[PACESteps]:
    terminal.pace_variant()
    for variant in terminal.chip.pace:
        for _ in range(SESSIONS):
            terminal.reset()
            steps = terminal.pace_start(variant)
            terminal.pace_to(steps, steps_to_take)
            yield steps


def _nonces(terminal: ConformanceTerminal) -> None:
    require_random([steps.s for steps in _runs(terminal, 1)], "a nonce of PACE")


def _mapping_keys(terminal: ConformanceTerminal) -> None:
    generic = [one for one in _runs(terminal, 2) if one.variant.protocol.mapping is not PACEMapping.INTEGRATED]
    if not generic:
        raise NotApplicableError("the chip has Integrated Mapping only")
    require_random([steps.mapping_ic for steps in generic], "a mapping key of the chip")


def _ephemeral_keys(terminal: ConformanceTerminal) -> None:
    require_random([steps.pk_ic for steps in _runs(terminal, 3)], "an ephemeral key of the chip")


# Signatures


def _signatures(terminal: ConformanceTerminal, kind: type[object]) -> tuple[object, list[tuple[bytes, bytes]]]:
    """The key, and challenges with their signatures; the first challenge twice."""
    first, second = terminal.entropy(8), terminal.entropy(8)
    found = []
    for challenge in (first, first, second):
        terminal.reset()
        key, signature = key_and_signature(terminal, challenge)
        if not isinstance(key, kind):
            raise NotApplicableError("the key of Active Authentication is of another kind")
        found.append((challenge, signature))
    return key, found


def _recoverable_part(terminal: ConformanceTerminal) -> None:
    """An RSA signature holds random bytes of the chip, and is right for challenges that nobody could foresee."""
    key, found = _signatures(terminal, RSAPublicKey)
    if isinstance(key, RSAPublicKey):
        for challenge, signature in found:
            verify_recoverable_signature(key, signature, challenge)
    if found[0][1] == found[1][1]:
        raise DeviationError("two signatures of a challenge are the same: they hold nothing of the chip's")


def _one_time_number(terminal: ConformanceTerminal) -> None:
    """Two ECDSA signatures with the same r give the private key away; each is right for its challenge."""
    key, found = _signatures(terminal, ECPublicKey)
    for challenge, signature in found:
        verify_plain_signature(terminal, key, challenge, signature)
    halves = [signature[: len(signature) // 2] for _, signature in found[1:]]
    if halves[0] == halves[1]:
        raise DeviationError("two signatures were made with the same secret number")


_CASES: Final[tuple[tuple[str, Callable[[ConformanceTerminal], None]], ...]] = (
    ("challenges repeat, count or have constant bits", _challenges),
    ("challenges begin anew after a reset", _challenges_after_resets),
    ("key material of Basic Access Control repeats", _key_material),
    ("nonces of PACE repeat or count", _nonces),
    ("mapping keys of the chip repeat", _mapping_keys),
    ("ephemeral keys of the chip repeat", _ephemeral_keys),
    ("challenges of Terminal Authentication repeat or count", _terminal_challenges),
    ("signatures of RSA hold nothing random, or do not fit a random challenge", _recoverable_part),
    ("signatures of ECDSA share their secret number, or do not fit a random challenge", _one_time_number),
)
CASES: Final = tuple(
    Case(id=f"X_RND_{number}", purpose=f"looks whether {what}", script=script)
    for number, (what, script) in enumerate(_CASES, start=1)
)
