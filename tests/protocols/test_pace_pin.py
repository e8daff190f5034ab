"""PACE with passwords that the card counts the tries of (BSI TR-03110-2 §2.3, TR-03110-3 §B.14)."""

from __future__ import annotations

import pytest

from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.errors import StatusError
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.errors import PINBlockedError, PINSuspendedError, WrongAccessKeyError, WrongPINError
from chipid.mrz.access_key import AccessKey
from chipid.protocols import pace
from tests.protocols.pace_card import PACECard, pace_choice
from tests.protocols.pace_example import CURVE
from tests.support.script_card import drive

SUITE = CipherSuite.AES_128
CHOICE = pace_choice(CURVE, SUITE)
PIN, PUK = AccessKey.from_pin("123456"), AccessKey.from_puk("1234567890")
SET_AT, TOKEN = 0, 4


class _CountingCard:
    """A card that answers some steps with a status word of its own; ``sent`` counts the commands."""

    def __init__(self, access_key: AccessKey, statuses: dict[int, int]) -> None:
        reference = access_key.kind.value
        password = access_key.secret
        self._card = PACECard(CURVE, SUITE, password=password, reference=reference, s=bytes(16), scalars=(5, 7))
        self._statuses = statuses
        self.sent = 0

    def __call__(self, command: CommandAPDU) -> ResponseAPDU:
        step, self.sent = self.sent, self.sent + 1
        response = self._card(command)
        if step not in self._statuses:
            return response
        sw = StatusWord(self._statuses[step])
        return ResponseAPDU(sw=sw)


def _run(access_key: AccessKey, statuses: dict[int, int], *, last_try: bool = False) -> pace.PACEResult:
    card = _CountingCard(access_key, statuses)
    script = pace.authenticate(CHOICE, access_key, lambda count: bytes(count - 1) + b"\x09", last_try=last_try)
    return drive(script, card)


@pytest.mark.parametrize("access_key", [PIN, PUK], ids=["PIN", "PUK"])
def test_a_right_number_opens_the_chip_and_the_counter_is_reported(access_key: AccessKey) -> None:
    assert _run(access_key, {}).tries_left is None
    assert _run(access_key, {SET_AT: 0x63C2}).tries_left == 2


@pytest.mark.parametrize("access_key", [PIN, PUK], ids=["PIN", "PUK"])
def test_the_last_try_is_taken_only_if_the_caller_says_so(access_key: AccessKey) -> None:
    with pytest.raises(PINSuspendedError):
        _run(access_key, {SET_AT: 0x63C1})
    assert _run(access_key, {SET_AT: 0x63C1}, last_try=True).tries_left == 1


def test_no_try_is_lost_on_a_suspended_or_blocked_number() -> None:
    for sw, last_try, error in ((0x63C1, False, PINSuspendedError), (0x63C0, True, PINBlockedError)):
        card = _CountingCard(PIN, {SET_AT: sw})
        with pytest.raises(error):
            drive(pace.authenticate(CHOICE, PIN, bytes, last_try=last_try), card)
        assert card.sent == 1


@pytest.mark.parametrize(("sw", "tries_left"), [(0x63C2, 2), (0x63C1, 1), (0x6300, None), (0x6982, None)])
def test_a_wrong_number_tells_how_many_tries_are_left(sw: int, tries_left: int | None) -> None:
    with pytest.raises(WrongPINError) as caught:
        _run(PIN, {TOKEN: sw})
    assert caught.value.tries_left == tries_left
    assert isinstance(caught.value, WrongAccessKeyError)


@pytest.mark.parametrize("sw", [0x63C0, 0x6983])
def test_the_try_that_blocks_the_number_says_so(sw: int) -> None:
    with pytest.raises(PINBlockedError):
        _run(PIN, {TOKEN: sw})


def test_a_deactivated_number_is_a_status_error() -> None:
    with pytest.raises(StatusError) as caught:
        _run(PIN, {SET_AT: 0x6283})
    assert caught.value.sw == 0x6283


def test_a_counter_does_not_stop_a_password_that_does_not_block() -> None:
    can = AccessKey.from_can("123456")
    assert _run(can, {SET_AT: 0x63C0}).tries_left == 0
    with pytest.raises(WrongAccessKeyError) as caught:
        _run(can, {TOKEN: 0x63C0})
    assert not isinstance(caught.value, WrongPINError)
