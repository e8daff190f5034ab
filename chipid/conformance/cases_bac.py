"""Cases of Basic Access Control: C_1 to C_6 of the ICAO standard, J of the host tests of JMRTD."""

from __future__ import annotations

from typing import Final

from apdu import instructions
from apdu.response import ResponseAPDU
from chipid.conformance.case import Case, DeviationError, NotApplicableError, Risk
from chipid.conformance.terminal import ConformanceTerminal, bac_cryptogram, expect_error, expect_ok

K_IFD: Final = bytes(range(16))
RND_IFD: Final = bytes(range(8))


def _select(terminal: ConformanceTerminal) -> bytes:
    """The application, and the seed of the right keys."""
    if not terminal.chip.has_bac or terminal.chip.mrz is None:
        raise NotApplicableError("the chip has no Basic Access Control, or its zone is not known")
    terminal.select_application()
    return terminal.chip.mrz.k_seed


def _challenge(terminal: ConformanceTerminal) -> bytes:
    rnd_ic = expect_ok(terminal.plain(instructions.get_challenge()))
    if len(rnd_ic) != 8:
        raise DeviationError(f"a challenge of {len(rnd_ic)} bytes")
    return rnd_ic


def _authenticate(terminal: ConformanceTerminal, k_seed: bytes, rnd_ic: bytes) -> ResponseAPDU:
    return _send(terminal, bac_cryptogram(k_seed, RND_IFD + rnd_ic + K_IFD))


def _send(terminal: ConformanceTerminal, data: bytes) -> ResponseAPDU:
    return terminal.plain(instructions.external_authenticate(data, ne=40))


def _two_challenges(terminal: ConformanceTerminal) -> None:
    _select(terminal)
    if _challenge(terminal) == _challenge(terminal):
        raise DeviationError("two challenges are the same")


def _right(terminal: ConformanceTerminal) -> None:
    terminal.bac()


def _wrong_keys(terminal: ConformanceTerminal) -> None:
    k_seed = _select(terminal)
    wrong = bytes(byte ^ 0x55 for byte in k_seed)
    expect_error(_authenticate(terminal, wrong, _challenge(terminal)), or_warning=True)


def _without_challenge(terminal: ConformanceTerminal) -> None:
    expect_error(_authenticate(terminal, _select(terminal), bytes(8)), or_warning=True)


def _old_challenge(terminal: ConformanceTerminal) -> None:
    k_seed = _select(terminal)
    first = _challenge(terminal)
    _challenge(terminal)
    expect_error(_authenticate(terminal, k_seed, first), or_warning=True)


def _corrupted(terminal: ConformanceTerminal) -> None:
    k_seed = _select(terminal)
    data = bac_cryptogram(k_seed, RND_IFD + _challenge(terminal) + K_IFD)
    expect_error(_send(terminal, data[:-1] + bytes(((data[-1] + 1) & 0xFF,))), or_warning=True)


def _last_challenge(terminal: ConformanceTerminal) -> None:
    k_seed = _select(terminal)
    _challenge(terminal)
    _challenge(terminal)
    answer = expect_ok(_authenticate(terminal, k_seed, _challenge(terminal)))
    if len(answer) != 40:
        raise DeviationError(f"an answer of {len(answer)} bytes")


CASES: Final = (
    Case(id="C_1", purpose="GET CHALLENGE twice", script=_two_challenges),
    Case(id="C_2", purpose="MUTUAL AUTHENTICATE", script=_right),
    Case(id="C_3", purpose="MUTUAL AUTHENTICATE with wrong keys", script=_wrong_keys, risk=Risk.WRONG_KEY),
    Case(id="C_4a", purpose="MUTUAL AUTHENTICATE without a challenge", script=_without_challenge),
    Case(id="C_4b", purpose="MUTUAL AUTHENTICATE with the challenge before the last", script=_old_challenge),
    Case(id="C_6", purpose="MUTUAL AUTHENTICATE with a corrupted checksum", script=_corrupted, risk=Risk.WRONG_KEY),
    Case(id="J-1", purpose="MUTUAL AUTHENTICATE directly after SELECT", script=_without_challenge),
    Case(id="J-2", purpose="several challenges, the last one used", script=_last_challenge),
)
