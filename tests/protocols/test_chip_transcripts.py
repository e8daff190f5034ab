"""Conversations with real chips, replayed to the byte on both ends of secure messaging.

The private keys of the chips are theirs alone: their side is replayed below the protocol.
"""

from __future__ import annotations

from typing import Any

import pytest

from apdu import instructions
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.errors import SecureMessagingError
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel, SessionKeys, TerminalChannel
from chipid.crypto import points
from chipid.crypto.iso9796 import verify_recoverable_signature
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.errors import SignatureError
from chipid.lds.dg14 import parse_dg14
from chipid.lds.dg15 import parse_dg15
from chipid.protocols import active_authentication, chip_authentication
from chipid.protocols.chip_authentication import ChipAuthenticationResult
from tests.support.script_card import ListedEntropy, drive, run
from tests.support.vectors import load

TRANSCRIPTS = load("chip_transcripts")
CHIPS = TRANSCRIPTS["chip_authentication"]
(SIGNED,) = TRANSCRIPTS["active_authentication"]
COMPUTED = TRANSCRIPTS["reading_under_aes_256"]
SUITES = {suite.label: suite for suite in CipherSuite}
KAT = 0xA6  # P2 of MSE:Set KAT


def _before(case: dict[str, Any]) -> SessionKeys:
    printed = case["before"]
    return SessionKeys(
        suite=SUITES[printed["suite"]],
        ks_enc=bytes.fromhex(printed["KSEnc"]),
        ks_mac=bytes.fromhex(printed["KSMAC"]),
        ssc=int(printed["SSC"], 16),
    )


def _after(case: dict[str, Any]) -> SessionKeys:
    ks_enc, ks_mac = bytes.fromhex(case["KSEnc"]), bytes.fromhex(case["KSMAC"])
    return SessionKeys(suite=SUITES[case["suite"]], ks_enc=ks_enc, ks_mac=ks_mac)


def _authenticate(case: dict[str, Any]) -> ChipAuthenticationResult:
    """Chip Authentication through a terminal's channel, against the printed conversation.

    The terminal of the transcript did not try MSE:Set KAT with the chip that had 3DES and MSE:Set AT: what ours asks
    first is answered here as by a chip that does not know it, and outside the session.
    """
    channel = TerminalChannel(_before(case))
    waiting = list(case["exchanges"])

    def card(command: CommandAPDU) -> ResponseAPDU:
        if command.p2 == KAT and len(waiting) > 1:
            return ResponseAPDU.decode(b"\x6d\x00")
        exchange = waiting.pop(0)
        assert channel.protect(command).encode().hex().upper() == exchange["C"]
        return channel.unprotect(ResponseAPDU.decode(bytes.fromhex(exchange["R"])))

    (choice,) = chip_authentication.choose(parse_dg14(bytes.fromhex(case["dg14"])).security_infos)
    assert (choice.oid, choice.suite.label) == (case["oid"], case["suite"])
    entropy = ListedEntropy(case["SK_IFD"])
    result = drive(chip_authentication.authenticate(choice, entropy), card)
    assert entropy.is_used_up
    assert waiting == []
    return result


@pytest.mark.parametrize("case", CHIPS, ids=lambda case: case["chip"])
def test_the_commands_to_the_chip_and_the_new_keys_are_the_recorded_ones(case: dict[str, Any]) -> None:
    result = _authenticate(case)
    assert result.terminal_public_key.hex().upper() == case["PK_IFD"]
    assert result.keys == _after(case)
    quirks = []
    if not parse_dg14(bytes.fromhex(case["dg14"])).security_infos.chip_authentication:
        quirks.append(chip_authentication.QUIRK_INFERRED)
    if case["suite"] == "3DES-CBC-CBC" and len(case["exchanges"]) > 1:
        quirks.append(chip_authentication.QUIRK_KAT_REFUSED)
    assert result.quirks == tuple(quirks)


@pytest.mark.parametrize("case", CHIPS, ids=lambda case: case["chip"])
def test_the_first_exchange_under_the_new_keys_proves_the_chip(case: dict[str, Any]) -> None:
    channel = TerminalChannel(_authenticate(case).keys)
    command = instructions.select_ef(0x010E)
    assert channel.protect(command).encode().hex().upper() == case["after"]["C"]
    assert channel.unprotect(ResponseAPDU.decode(bytes.fromhex(case["after"]["R"]))).sw == 0x9000


@pytest.mark.parametrize("case", CHIPS, ids=lambda case: case["chip"])
def test_under_the_keys_of_another_secret_the_chips_answer_is_refused(case: dict[str, Any]) -> None:
    channel = TerminalChannel(derive_session_keys(b"another secret", SUITES[case["suite"]]))
    channel.protect(instructions.select_ef(0x010E))
    with pytest.raises(SecureMessagingError):
        channel.unprotect(ResponseAPDU.decode(bytes.fromhex(case["after"]["R"])))


@pytest.mark.parametrize("case", CHIPS, ids=lambda case: case["chip"])
def test_the_cards_end_of_the_channel_answers_as_the_chip_did(case: dict[str, Any]) -> None:
    for keys, exchanges in ((_before(case), case["exchanges"]), (_after(case), [case["after"]])):
        terminal, card = TerminalChannel(keys), CardChannel(keys)
        for exchange in exchanges:
            command = card.unprotect(CommandAPDU.decode(bytes.fromhex(exchange["C"])))
            assert terminal.protect(command).encode().hex().upper() == exchange["C"]
            plain = terminal.unprotect(ResponseAPDU.decode(bytes.fromhex(exchange["R"])))
            assert plain.data == (b"\x7c\x00" if command.ins == 0x86 else b"")
            assert card.protect(plain, odd=False).encode().hex().upper() == exchange["R"]


def test_active_authentication_with_rsa_and_sha_256_sends_the_recorded_challenge_and_verifies() -> None:
    challenge = bytes.fromhex(SIGNED["RND_IFD"])
    key = parse_dg15(bytes.fromhex(SIGNED["dg15"])).public_key
    assert isinstance(key, RSAPublicKey)
    assert (key.bits, active_authentication.answer_length(bytes.fromhex(SIGNED["dg15"]))) == (1792, 224)
    channel = TerminalChannel(_before(SIGNED))

    def is_recorded(command: CommandAPDU) -> bool:
        # Whoever made the recording asked for the longest answer of a short command.
        assert channel.protect(command).encode().hex().upper() == SIGNED["C"]
        return True

    signature = run(active_authentication.sign_challenge(challenge, ne=256), (is_recorded, SIGNED["S"] + "9000"))
    assert channel.unprotect(ResponseAPDU.decode(bytes.fromhex(SIGNED["R"]))).data == signature
    assert verify_recoverable_signature(key, signature, challenge) == "sha256"
    with pytest.raises(SignatureError):
        verify_recoverable_signature(key, signature, challenge[:-1] + b"\x00")


def test_a_file_is_read_under_aes_256_with_the_recorded_commands_on_both_ends() -> None:
    reading = TRANSCRIPTS["reading"]
    terminal, card = TerminalChannel(_before(reading)), CardChannel(_before(reading))
    content = b""
    commands = (instructions.select_ef(0x011E), instructions.read_binary(0, 4), instructions.read_binary(4, 0x16))
    for command, exchange in zip(commands, reading["exchanges"], strict=True):
        protected = terminal.protect(command)
        assert protected.encode().hex().upper() == exchange["C"]
        assert card.unprotect(protected) == command
        answer = terminal.unprotect(ResponseAPDU.decode(bytes.fromhex(exchange["R"])))
        assert card.protect(answer, odd=False).encode().hex().upper() == exchange["R"]
        content += answer.data
    assert content.hex().upper() == reading["file"]


def test_a_shared_secret_with_the_sign_byte_of_an_integer_gives_other_keys_than_the_chip_has() -> None:
    """A foreign program derived keys from 41 bytes; an x coordinate of this curve has 40 (BSI TR-03111 §4.3.1)."""
    secret = bytes.fromhex(COMPUTED["K"])
    (choice,) = chip_authentication.choose(parse_dg14(bytes.fromhex(COMPUTED["dg14"])).security_infos)
    key = choice.key.public_key
    assert isinstance(key, ECPublicKey)
    points.decode_point(key.curve, bytes.fromhex(COMPUTED["PK_IFD"]))
    assert (secret[0], len(secret)) == (0, key.curve.byte_length + 1)
    assert derive_session_keys(secret, choice.suite) == _after(COMPUTED)
    assert derive_session_keys(secret[1:], choice.suite) != _after(COMPUTED)


def test_aes_256_protects_a_reading_of_255_bytes_as_a_foreign_program_computes_it_on_both_ends() -> None:
    terminal, card = TerminalChannel(_after(COMPUTED)), CardChannel(_after(COMPUTED))
    command = instructions.read_binary_sfi(0x0E, 0, 255)
    protected = terminal.protect(command)
    assert protected.encode().hex().upper() == COMPUTED["C"]
    assert card.unprotect(protected) == command
    answer = terminal.unprotect(ResponseAPDU.decode(bytes.fromhex(COMPUTED["R"])))
    assert answer.data == bytes.fromhex(COMPUTED["dg14"])[:255]
    assert card.protect(answer, odd=False).encode().hex().upper() == COMPUTED["R"]
