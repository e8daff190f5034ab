"""Which key of DG14 a reading takes where there are several or DG14 does not say, and long answers of the chip."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from chipid.asn1 import oids
from chipid.evidence.evidence import Evidence, ProofOutcome
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.files import FileId
from chipid.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo
from chipid.verification.report import Check, Result
from simulator.chip import Chip
from simulator.scenarios import build_card
from tests.inspection import cards
from tests.inspection.cards import ListeningCard, name_of
from tests.scenarios import readings

CAN = readings.can_of(readings.card("genuine"))


def offered() -> tuple[ChipAuthenticationPublicKeyInfo, ChipAuthenticationInfo]:
    """The key and the info in DG14 of the genuine card."""
    infos = parse_dg14(readings.evidence_of().content(FileId.DG14) or b"").security_infos
    (key,) = infos.chip_authentication_keys
    (info,) = infos.chip_authentication
    return key, info


def read(chip: Chip, *infos: ChipAuthenticationPublicKeyInfo | ChipAuthenticationInfo) -> Evidence:
    return readings.read(
        cards.transport_to(ListeningCard(cards.with_files(chip, {FileId.DG14: build_dg14(infos)}))), CAN
    )


def outcome(evidence: Evidence) -> ProofOutcome | None:
    return None if evidence.chip_authentication is None else evidence.chip_authentication.outcome


def test_a_refused_key_is_followed_by_the_next_and_the_evidence_says_so() -> None:
    chip = cards.genuine_chip()
    (own,) = chip.chip_authentication
    dg14 = build_dg14([replace(one, key_id=number) for number in (1, 2) for one in offered()])
    several = replace(chip, chip_authentication=tuple(replace(own, key_id=number) for number in (1, 2)))

    def first_key(command: CommandAPDU) -> int | None:
        is_set_at = name_of(command) == "SET AT (CA)"
        return 0x6A88 if is_set_at and command.data.endswith(bytes.fromhex("840101")) else None

    card = ListeningCard(cards.with_files(several, {FileId.DG14: dg14}), refuses=first_key)
    evidence = readings.read(cards.transport_to(card), CAN)
    assert outcome(evidence) is ProofOutcome.COMPLETED
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.key_id == 2
    assert evidence.quirks == ("chip-authentication-choice-refused",)


@pytest.mark.parametrize("place", [0, 1], ids=["the key", "the info"])
def test_a_key_that_alone_has_an_identifier_is_used_all_the_same(place: int) -> None:
    key, info = offered()
    infos = (replace(key, key_id=5), info) if place == 0 else (key, replace(info, key_id=5))
    evidence = read(cards.genuine_chip(), *infos)
    assert outcome(evidence) is ProofOutcome.COMPLETED
    assert evidence.quirks == ("chip-authentication-key-id-missing",)


def test_a_suite_that_is_guessed_is_a_quirk() -> None:
    chip = cards.genuine_chip()
    (own,) = chip.chip_authentication
    suites = {oids.ID_CA_ECDH_3DES_CBC_CBC: CipherSuite.TDES}
    evidence = read(replace(chip, chip_authentication=(replace(own, suites=suites),)), offered()[0])
    assert outcome(evidence) is ProofOutcome.COMPLETED
    assert evidence.quirks == ("chip-authentication-inferred",)


def test_a_signature_longer_than_a_short_answer_is_fetched_in_pieces() -> None:
    """RSA-2048 under secure messaging, on a chip that knows no extended length (ISO/IEC 7816-4 §5.3.4)."""
    card = build_card("genuine", profile="cccd-2021-rsa")
    transport = cards.transport_to(ListeningCard(replace(card.chip, extended_length=False)))
    sent: list[bytes] = []
    honest = transport.transmit

    def transmit(apdu: bytes) -> bytes:
        sent.append(apdu)
        return honest(apdu)

    transport.transmit = transmit  # type: ignore[method-assign]
    evidence = readings.read(transport, card.access_key)
    record = evidence.active_authentication
    assert record is not None
    assert (record.outcome, len(record.response)) == (ProofOutcome.COMPLETED, 256)
    assert [apdu[:4].hex() for apdu in sent].count("00c00000") == 1
    found = readings.judged(evidence, readings.trust_of(card)).find(Check.ACTIVE_AUTHENTICATION)
    assert found is not None
    assert found.result is Result.PASSED
