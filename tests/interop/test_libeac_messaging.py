"""Secure messaging against libeac, byte for byte: what either end sends under keys that PACE agreed on.

Cryptograms and checksums with AES-192 and AES-256 have no published transcript; here another program computes them.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel, SessionKeys, TerminalChannel
from apdu.status import StatusWord
from chipid.crypto.domain_parameters import CURVES
from tests.interop.libeac import Context, LibEAC
from tests.interop.libeac_chip import Password, pace_context
from tests.interop.libeac_messaging import Messaging
from tests.protocols.pace_card import pace_info

CAN = Password(kind=2, secret=b"123456")
ROUNDS = 40
LENGTHS = (0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 223, 239, 240, 255, 256, 300, 2000)
COUNTERS = (0, 1, 2**32 - 2, 2**64 - 3)  # the last one rolls over under 3DES, whose counter has eight bytes


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("suite", CipherSuite, ids=lambda suite: suite.name)
def test_commands_and_answers_are_those_of_libeac(libeac: LibEAC, suite: CipherSuite, counter: int) -> None:
    random = Random(f"{suite.name} {counter}")
    context, keys = _session(libeac, suite)
    keys = replace(keys, ssc=counter)
    theirs, terminal, card = Messaging(context, "PACE", counter=counter), TerminalChannel(keys), CardChannel(keys)
    for length in LENGTHS + tuple(random.randrange(400) for _ in range(ROUNDS)):
        command = _command(random, length)
        protected = terminal.protect(command)
        assert protected.header + protected.data == theirs.protect_command(command)
        assert replace(card.unprotect(protected), extended=False) == replace(command, extended=False)
        answer = ResponseAPDU(data=random.randbytes(random.choice(LENGTHS)), sw=StatusWord(random.choice(STATUS)))
        sent = card.protect(answer, odd=command.is_odd)
        assert sent.data == theirs.protect_response(answer, odd=command.is_odd)
        assert terminal.unprotect(sent) == answer


@pytest.mark.parametrize("suite", CipherSuite, ids=lambda suite: suite.name)
def test_libeac_opens_what_we_protect(libeac: LibEAC, suite: CipherSuite) -> None:
    random = Random(suite.name)
    context, keys = _session(libeac, suite)
    theirs, terminal, card = Messaging(context, "PACE"), TerminalChannel(keys), CardChannel(keys)
    for length in LENGTHS:
        command = _command(random, length)
        protected = terminal.protect(command)
        opened = theirs.open_command(protected)
        assert (opened.header, opened.data, opened.ne) == (command.header, command.data, command.ne)
        card.unprotect(protected)
        answer = ResponseAPDU(data=random.randbytes(length))
        sent = card.protect(answer, odd=command.is_odd)
        assert theirs.open_response(sent) == terminal.unprotect(sent) == answer


STATUS = (0x9000, 0x6282, 0x6A82, 0x63C2)


def _command(random: Random, length: int) -> CommandAPDU:
    """Any of the four cases, even and odd instructions, short and long."""
    return CommandAPDU(
        cla=0,
        ins=random.choice((0xA4, 0xB0, 0xB1, 0x86, 0x2A)),
        p1=random.randrange(256),
        p2=random.randrange(256),
        data=random.randbytes(length),
        ne=random.choice((0, 0, 1, 8, 224, 256, 257, 65536)),
        extended=random.choice((False, False, True)),
    )


def _session(libeac: LibEAC, suite: CipherSuite) -> tuple[Context, SessionKeys]:
    """Keys that two contexts of libeac agreed on by PACE; one of them goes on."""
    info = pace_info(CURVES["brainpoolP256r1"], suite)
    chip, terminal = (pace_context(libeac, info, CAN, name) for name in (b"chip", b"terminal"))
    terminal.dec_nonce(chip.enc_nonce())
    data = chip.mapping_data()
    chip.map_generator(terminal.mapping_data())
    terminal.map_generator(data)
    public = terminal.ephemeral_key()
    terminal.shared_secret(chip.ephemeral_key())
    chip.shared_secret(public)
    ks_enc, ks_mac = (bytes.fromhex(one) for one in chip.derive_keys())
    assert [ks_enc.hex(), ks_mac.hex()] == terminal.derive_keys()
    return chip, SessionKeys(suite=suite, ks_enc=ks_enc, ks_mac=ks_mac)
