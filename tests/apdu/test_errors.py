"""The error tree: codes, endings and hints of the card branch."""

from __future__ import annotations

import re

import pytest

from apdu import errors
from apdu.errors import SecureMessagingError, StatusError, ToolkitError

TREE = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ToolkitError)]
EXIT_CODES = {0, 1, 2, 3, 4, 5, 6, 7, 70, 130}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in TREE]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("error", TREE)
def test_every_error_has_a_documented_ending_and_a_hint(error: type[ToolkitError]) -> None:
    assert error.exit_code in EXIT_CODES
    assert error.hint.endswith(".")
    assert error.__doc__


def test_the_message_is_the_text_of_the_error() -> None:
    error = ToolkitError("what happened")
    assert str(error) == error.message == "what happened"


def test_a_status_error_shows_four_digits() -> None:
    error = StatusError("SELECT", 0x0982, "unknown status")
    assert str(error) == "SELECT: the card answered 0982 (unknown status)"


def test_a_secure_messaging_error_says_incorrect_objects_unless_told_otherwise() -> None:
    assert SecureMessagingError("broken").sw == 0x6988
    assert SecureMessagingError("broken", sw=0x6987).sw == 0x6987
