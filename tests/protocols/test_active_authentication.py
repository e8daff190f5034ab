"""Active Authentication: the command of Doc 9303-11 appendix F, its Le, and refusals."""

from __future__ import annotations

import pytest

from apdu.errors import StatusError
from chipid.protocols import active_authentication
from tests.support.script_card import run
from tests.support.vectors import example

VECTOR = example("9303-11_F_active_authentication_rsa1024_sha1")
CHALLENGE = bytes.fromhex(VECTOR["RND_IFD"])


def test_the_command_of_the_worked_example_is_sent_and_its_signature_returned() -> None:
    script = active_authentication.sign_challenge(CHALLENGE, ne=256)
    assert run(script, (VECTOR["C_APDU"], VECTOR["S"] + "9000")).hex().upper() == VECTOR["S"]


@pytest.mark.parametrize(
    ("ne", "command"),
    [
        (64, "0088000008F173589974BF40C640"),
        (128, "0088000008F173589974BF40C680"),
        (255, "0088000008F173589974BF40C6FF"),
        (256, "0088000008F173589974BF40C600"),
        (384, "00880000000008F173589974BF40C60180"),
        (512, "00880000000008F173589974BF40C60200"),
    ],
)
def test_the_length_asked_for_is_the_one_given(ne: int, command: str) -> None:
    signature = bytes(ne)
    assert run(active_authentication.sign_challenge(CHALLENGE, ne=ne), (command, signature + b"\x90\x00")) == signature


@pytest.mark.parametrize("length", [0, 1, 231])
def test_a_short_answer_is_returned_as_it_came(length: int) -> None:
    answer = bytes(range(length))
    assert (
        run(active_authentication.sign_challenge(CHALLENGE, ne=256), (VECTOR["C_APDU"], answer + b"\x90\x00")) == answer
    )


@pytest.mark.parametrize("sw", [0x6300, 0x6282, 0x6700, 0x6982, 0x6985, 0x6A88, 0x6D00, 0x6F00])
def test_a_refusal_is_a_status_error(sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        run(active_authentication.sign_challenge(CHALLENGE, ne=256), (VECTOR["C_APDU"], f"{sw:04X}"))
    assert caught.value.sw == sw


@pytest.mark.parametrize("length", [0, 7, 9, 16])
def test_a_challenge_of_another_length_is_an_error_of_the_caller(length: int) -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        run(active_authentication.sign_challenge(bytes(length), ne=256))
