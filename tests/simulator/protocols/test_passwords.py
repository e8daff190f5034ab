"""PIN and PUK on the card: the P cases of BSI TR-03105-3.3."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apdu import tlv
from apdu.command import CommandAPDU
from chipid.asn1 import der, oids
from simulator.access_rules import PasswordId
from simulator.card_os import CardOS
from tests.simulator import cards
from tests.simulator.pace_terminal import PACETerminal
from tests.simulator.terminal import Terminal

PIN, PUK = b"123456", b"0123456789"
SECRETS = {2: cards.CAN.encode(), 3: PIN, 4: PUK}


def _card(**changes: Any) -> CardOS:
    configuration = cards.pace_configuration()
    passwords = {**configuration.passwords, PasswordId.PIN: PIN, PasswordId.PUK: PUK}
    tries = {PasswordId.PIN: 3, PasswordId.PUK: 10}
    return cards.card(pace=replace(configuration, passwords=passwords, tries=tries, **changes))


def _pace(card: CardOS, password: int, secret: bytes | None = None, *, inside: Terminal | None = None) -> PACETerminal:
    return PACETerminal(
        terminal=inside or Terminal(card),
        offer=cards.offer(),
        password=password,
        secret=SECRETS[password] if secret is None else secret,
        inside=inside is not None,
    )


def _try(card: CardOS, password: int, secret: bytes | None = None, *, inside: Terminal | None = None) -> list[int]:
    """The status words of MSE:Set AT and of the last step that was answered."""
    run = _pace(card, password, secret, inside=inside)
    selected = run.select()
    response = run.step(b"")
    if response.sw != 0x9000:
        return [selected, int(response.sw)]
    run.select()
    run.run()
    return [selected, run.statuses[-1]]


def _suspend(card: CardOS) -> None:
    for _ in range(2):
        _try(card, 3, b"999999")


def _block(card: CardOS) -> None:
    _suspend(card)
    session = Terminal(card)
    run = PACETerminal(terminal=session, offer=cards.offer())
    run.open()
    assert _try(card, 3, b"999999", inside=session) == [0x63C1, 0x63C0]


@pytest.mark.parametrize(("case", "password"), [("B33 H_1", 2), ("B33 H_2", 3), ("B33 H_3", 4)])
def test_each_password_opens_the_chip(case: str, password: int) -> None:
    assert _try(_card(), password) == [0x9000, 0x9000]


def test_a_wrong_pin_costs_a_try_and_a_right_one_gives_them_back() -> None:
    """B33 P_1 and P_2."""
    card = _card()
    assert _try(card, 3, b"999999") == [0x9000, 0x63C2]
    assert _try(card, 3) == [0x63C2, 0x9000]
    assert _try(card, 3) == [0x9000, 0x9000]


def test_the_counter_outlives_a_reset() -> None:
    card = _card()
    _try(card, 3, b"999999")
    card.reset()
    assert _pace(card, 3).select() == 0x63C2


def test_the_last_try_of_a_pin_is_suspended_b33_p_3_p_4() -> None:
    card = _card()
    _suspend(card)
    assert _try(card, 3) == [0x63C1, 0x6985]
    card.reset()
    assert _try(card, 3) == [0x63C1, 0x6985]


def test_the_can_resumes_a_suspended_pin_for_its_session_b33_p_5_p_6() -> None:
    card = _card()
    _suspend(card)
    session = Terminal(card)
    PACETerminal(terminal=session, offer=cards.offer()).open()
    assert _pace(card, 3, inside=session).select() == 0x63C1
    card.reset()
    assert _try(card, 3) == [0x63C1, 0x6985]
    session = Terminal(card)
    PACETerminal(terminal=session, offer=cards.offer()).open()
    assert _try(card, 3, inside=session) == [0x63C1, 0x9000]
    card.reset()
    assert _try(card, 3) == [0x9000, 0x9000]


def test_a_session_of_the_mrz_resumes_nothing() -> None:
    card = _card()
    _suspend(card)
    session = Terminal(card)
    session.pace(password=1)
    assert _try(card, 3, inside=session) == [0x63C1, 0x6985]


def test_a_blocked_pin_stays_blocked_b33_p_8_p_8a() -> None:
    card = _card()
    _block(card)
    for _ in range(2):
        assert _try(card, 3) == [0x63C0, 0x6983]
        card.reset()


def test_the_puk_is_blocked_after_its_tries_without_suspension() -> None:
    card = _card()
    left = [_try(card, 4, b"9999999999")[1] for _ in range(10)]
    assert left == [0x63C0 | tries for tries in range(9, -1, -1)]
    assert _try(card, 4) == [0x63C0, 0x6983]


def test_a_deactivated_pin_is_not_usable_b33_p_19() -> None:
    assert _try(_card(deactivated=frozenset({PasswordId.PIN})), 3) == [0x6283, 0x6984]


def _reset_retry_counter(terminal: Terminal, p1: int, p2: int, data: bytes = b"") -> int:
    return int(terminal.secure(CommandAPDU(cla=0, ins=0x2C, p1=p1, p2=p2, data=data)).sw)


def test_the_puk_unblocks_the_pin() -> None:
    card = _card()
    _block(card)
    session = Terminal(card)
    PACETerminal(terminal=session, offer=cards.offer(), password=4, secret=PUK).open()
    assert _reset_retry_counter(session, 3, 3) == 0x9000
    card.reset()
    assert _try(card, 3) == [0x9000, 0x9000]


def test_the_holder_of_the_pin_changes_it() -> None:
    card = _card()
    session = Terminal(card)
    PACETerminal(terminal=session, offer=cards.offer(), password=3, secret=PIN).open()
    assert _reset_retry_counter(session, 2, 3, b"12") == 0x6A80
    assert _reset_retry_counter(session, 2, 3, b"654321") == 0x9000
    card.reset()
    assert _try(card, 3) == [0x9000, 0x63C2]
    assert _try(card, 3, b"654321") == [0x63C2, 0x9000]


@pytest.mark.parametrize(
    ("case", "password", "p1", "p2", "sw"),
    [
        ("B33 P_12", 2, 0x02, 3, 0x6982),
        ("B33 P_13", 3, 0x02, 2, 0x6982),
        ("B33 P_16", 2, 0x03, 3, 0x6982),
        ("B33 P_18", 3, 0x03, 3, 0x6982),
        ("no such password", 4, 0x03, 9, 0x6A88),
        ("no such form", 4, 0x01, 3, 0x6A86),
    ],
)
def test_a_password_is_not_changed_without_the_right(case: str, password: int, p1: int, p2: int, sw: int) -> None:
    card = _card()
    session = Terminal(card)
    PACETerminal(terminal=session, offer=cards.offer(), password=password, secret=SECRETS[password]).open()
    assert _reset_retry_counter(session, p1, p2, b"654321" if p1 == 2 else b"") == sw
    assert session.secure_sw("00A4040C07A0000002471001") == 0x9000


def test_nothing_is_changed_in_the_clear() -> None:
    assert Terminal(_card()).sw("002C020306363534333231") == 0x6982


def _authorisation(role: str) -> bytes:
    return tlv.encode(0x7F4C, der.encode_oid(role), tlv.encode(0x53, b"\x03"))


@pytest.mark.parametrize(
    ("case", "role", "password", "sw"),
    [
        ("9303-11 §4.4.4.1", oids.ID_IS, 2, 0x9000),
        ("B33 H_5 IS with PIN", oids.ID_IS, 3, 0x6A80),
        ("B33 H_5 AT with CAN", oids.ID_AT, 2, 0x6A80),
        ("B33 H_5 ST with PUK", oids.ID_ST, 4, 0x6A80),
    ],
)
def test_a_terminal_type_is_bound_to_its_passwords(case: str, role: str, password: int, sw: int) -> None:
    run = replace(_pace(_card(), password), extra=_authorisation(role))
    assert run.select() == sw


def test_unknown_objects_of_mse_set_at_are_ignored() -> None:
    """Doc 9303-11 §4.4.4.1, Note 2."""
    assert replace(_pace(_card(), 2), extra=b"\x85\x01\x01").select() == 0x9000
