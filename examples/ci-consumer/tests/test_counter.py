"""The counter against simulated cards: the fixtures ``card``, ``transport`` and ``trust_store`` come with chipid."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from counter import open_account

from apdu.errors import CardRemovedError
from chipid.errors import WrongAccessKeyError
from chipid.mrz.access_key import AccessKey


def noon() -> datetime:
    return datetime(2025, 6, 1, 12, tzinfo=UTC)


def test_the_holder_of_a_genuine_card_gets_an_account(card, transport, trust_store):
    decision = open_account(transport, card.access_key, trust_store, now=noon)
    assert decision.opened
    assert decision.name == card.person.full_name


@pytest.mark.card(person="tran-thi-b", profile="cccd-2021")
def test_another_person_gets_an_account_in_her_own_name(card, transport, trust_store):
    assert open_account(transport, card.access_key, trust_store, now=noon).name == "Trần Thị B"


@pytest.mark.parametrize("card", ["cloned", "tampered-dg13", "expired-card", "revoked-signer"], indirect=True)
def test_nobody_gets_an_account_with_a_false_card(card, transport, trust_store):
    decision = open_account(transport, card.access_key, trust_store, now=noon)
    assert not decision.opened
    assert card.scenario.check in decision.failed


@pytest.mark.card(scenario="unknown-issuer")
def test_an_unknown_issuer_is_no_forgery_and_no_account(card, transport, trust_store):
    decision = open_account(transport, card.access_key, trust_store, now=noon)
    assert not decision.opened
    assert not decision.failed


def test_a_card_torn_from_the_reader_is_an_error_of_its_own(card, trust_store):
    with pytest.raises(CardRemovedError):
        open_account(card.transport(remove_at=20), card.access_key, trust_store, now=noon)


def test_a_wrong_number_does_not_open_the_chip(transport, trust_store):
    with pytest.raises(WrongAccessKeyError):
        open_account(transport, AccessKey.from_can("999999"), trust_store, now=noon)


def test_the_issuer_can_issue_more(issuer, trust_store):
    assert issuer.csca_certificate in {anchor.certificate.raw for anchor in trust_store.anchors}


def test_the_counter_reads_through_a_real_pcsc_stack(card, trust_store, virtual_reader):
    from reader.pcsc import PCSCTransport

    with virtual_reader.holding(card.transport()), PCSCTransport(virtual_reader.name) as transport:
        assert open_account(transport, card.access_key, trust_store, now=noon).opened
