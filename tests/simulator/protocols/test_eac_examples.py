"""The card's side of the worked examples of Extended Access Control."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from apdu import instructions, tlv
from apdu.response import ResponseAPDU
from apdu.secure_messaging import TerminalChannel
from chipid.asn1 import der
from chipid.crypto.kdf import derive_session_keys
from chipid.lds.protocols import PACE_PROTOCOLS
from chipid.pki.cv_certificate import verify_cv_signature
from chipid.pki.cv_chain import trust_point_of
from simulator.access_rules import AccessStatus, PasswordId
from simulator.card_os import CardOS
from simulator.chip import PACEOffer, TerminalAuthentication
from simulator.protocols.key_agreement import domain_of
from simulator.state import TerminalCertificates
from simulator.trust_points import root_key, subordinate_key
from tests.simulator import cards
from tests.simulator.cards import ScriptedEntropy
from tests.support.eac_examples import EXAMPLES, PASSWORD, SUITE, EACExample

by_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)
PERSONALISED = date(2010, 4, 1)


def _card(example: EACExample) -> CardOS:
    """A chip with the PIN and the secrets of the example, after PACE."""
    oid = example.printed["pace_oid"]
    protocol = PACE_PROTOCOLS[oid]
    offer = PACEOffer(
        oid=oid, mapping=protocol.mapping, suite=SUITE, domain=example.domain, parameter_id=example.domain.parameter_id
    )
    configuration = replace(cards.pace_configuration(offer), passwords={PasswordId.PIN: PASSWORD.encode()})
    cvca = example.certificate("cvca")
    root = root_key(cvca, trust_point_of(cvca).key)
    values = [example.value("pace", "s"), example.secret("pace", "map", "SK_IC"), example.secret("pace", "ka", "SK_IC")]
    entropy = ScriptedEntropy([one.hex() for one in (*values, example.value("ta", "r_PICC"))])
    chip = cards.chip(
        pace=configuration,
        terminal_authentication=TerminalAuthentication(trust_points=(root,), personalised_on=PERSONALISED),
    )
    card = CardOS(chip, entropy=entropy)
    set_at = tlv.encode(0x80, der.oid_value(oid)) + bytes.fromhex("830103")
    for command, answer in example.pace_exchanges(set_at):
        assert card.process(command).hex() == answer.hex()
    return card


@by_example
def test_the_card_answers_pace_with_the_printed_values_byte_for_byte(example: EACExample) -> None:
    card = _card(example)
    assert (card.state.terminal.status, card.state.terminal.password) == (AccessStatus.PACE, PasswordId.PIN)


@by_example
def test_the_card_answers_the_first_protected_command_as_the_chip_of_the_example(example: EACExample) -> None:
    card = _card(example)
    # A chip of version 1 wants Chip Authentication first: it is told that it has happened.
    pk_pcd = domain_of(example.domain).compress(example.value("ca", "PK_PCD"))
    card.state = replace(card.state, terminal=replace(card.state.terminal, pk_ifd=pk_pcd))
    first = example.printed["ta"]["conversation"]["exchanges"][0]
    assert card.process(bytes.fromhex(first["C"])).hex().upper() == first["R"] + "9000"


@by_example
def test_the_card_takes_the_printed_signature_of_the_terminal_and_no_other(example: EACExample) -> None:
    for position in (None, 0, -1):
        card = _card(example)
        # The chip of the example is of version 2: it takes authentication terminals, and authenticates itself later.
        cvca, dv, terminal = (example.certificate(name) for name in ("cvca", "dv", "terminal"))
        root = root_key(cvca, trust_point_of(cvca).key)
        above = subordinate_key(dv, verify_cv_signature(dv, root.key), root)
        own = subordinate_key(terminal, verify_cv_signature(terminal, above.key), above)
        pk_pcd = domain_of(example.domain).compress(example.value("ca", "PK_PCD"))
        card.state = replace(
            card.state,
            terminal=replace(card.state.terminal, pk_ifd=pk_pcd),
            certificates=TerminalCertificates(imported=(own, above), authenticating=own),
        )
        channel = TerminalChannel(derive_session_keys(example.value("pace", "ka", "K"), SUITE))
        signature = bytearray(example.value("ta", "signature"))
        if position is not None:
            signature[position] ^= 1
        challenge, answer = (
            channel.unprotect(ResponseAPDU.decode(card.process(channel.protect(command).encode())))
            for command in (instructions.get_challenge(), instructions.external_authenticate(bytes(signature)))
        )
        assert challenge.data == example.value("ta", "r_PICC")
        assert answer.sw == (0x9000 if position is None else 0x6300)
        assert card.state.terminal.terminal_authenticated is (position is None)


@by_example
def test_the_chips_private_key_makes_its_public_key_and_the_printed_secret(example: EACExample) -> None:
    key = domain_of(example.domain).key(int.from_bytes(example.value("ca", "SK_PICC"), "big"))
    assert key.public == example.value("ca", "PK_PICC")
    assert key.agree(example.value("ca", "PK_PCD")) == example.value("ca", "K")
