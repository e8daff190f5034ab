from __future__ import annotations

import pytest

from apdu.errors import CardRemovedError, DeadlineError, ToolkitError, TransportError
from reader import errors

EXPECTED: list[tuple[int, type[TransportError], str, int]] = [
    (0x80100002, errors.WaitCancelledError, "wait-cancelled", 130),
    (0x80100003, errors.ServiceDownError, "pcsc-service-down", 4),
    (0x80100009, errors.ReaderGoneError, "reader-gone", 4),
    (0x8010000A, DeadlineError, "deadline-exceeded", 6),
    (0x8010000B, errors.ReaderBusyError, "reader-busy", 4),
    (0x8010000C, errors.NoCardError, "no-card", 4),
    (0x8010000F, errors.ProtocolMismatchError, "protocol-mismatch", 4),
    (0x80100013, errors.ServiceDownError, "pcsc-service-down", 4),
    (0x80100017, errors.ReaderGoneError, "reader-gone", 4),
    (0x8010001D, errors.ServiceDownError, "pcsc-service-down", 4),
    (0x8010001E, errors.ServiceDownError, "pcsc-service-down", 4),
    (0x80100027, errors.PermissionDeniedError, "pcsc-permission-denied", 4),
    (0x8010002E, errors.NoReaderError, "no-reader", 4),
    (0x80100065, errors.CardMuteError, "card-mute", 4),
    (0x80100066, errors.CardMuteError, "card-mute", 4),
    (0x80100067, errors.CardMuteError, "card-mute", 4),
    (0x80100068, errors.CardResetError, "card-reset", 6),
    (0x80100069, CardRemovedError, "card-removed", 4),
    (0x8010006A, errors.PermissionDeniedError, "pcsc-permission-denied", 4),
    (0x00000458, CardRemovedError, "card-removed", 4),
    (0x80100001, TransportError, "transport-failed", 6),
    (0xDEADBEEF, TransportError, "transport-failed", 6),
]


@pytest.mark.parametrize(("number", "kind", "code", "exit_code"), EXPECTED)
def test_a_pcsc_result_becomes_its_error(number: int, kind: type[TransportError], code: str, exit_code: int) -> None:
    error = errors.error_for(number, "testing")
    assert type(error) is kind
    assert (error.code, error.exit_code) == (code, exit_code)
    assert error.message.startswith("testing: ")
    assert f"0x{number:08X}" in error.message


@pytest.mark.parametrize("number", sorted(errors.ERRORS))
def test_a_signed_result_is_the_same_error(number: int) -> None:
    signed = number - (1 << 32) if number & 0x80000000 else number
    assert type(errors.error_for(signed, "x")) is errors.ERRORS[number][0]


def test_every_error_of_this_room_has_a_code_and_a_hint_of_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ToolkitError)]
    own = [kind for kind in kinds if kind.__module__ == errors.__name__]
    assert len({kind.code for kind in own}) == len({kind.hint for kind in own}) == len(own)
