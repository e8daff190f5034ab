"""Terminal Authentication on the card: the H, K and L cases of BSI TR-03105-3.2."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES, domain_by_parameter_id
from chipid.lds.protocols import PACEMapping
from chipid.pki.chat import InspectionRight, Role
from simulator.access_rules import AccessStatus, PasswordId
from simulator.card_os import CardOS
from simulator.chip import PACEOffer
from simulator.pki.cv_issuer import CVAlgorithm
from simulator.pki.signing import KeyKind
from simulator.randomness import SeededEntropy
from tests.simulator import cards
from tests.simulator.eac import RIGHTS, TODAY, Authorities, EACTerminal, chip, days, powered, ready
from tests.simulator.pace_terminal import PACETerminal
from tests.simulator.terminal import bac_data
from tests.support import vectors

AUTHORITIES = Authorities()
CHAIN = AUTHORITIES.chain()
VERIFIER, SYSTEM = CHAIN
BOTH = set(RIGHTS)


@pytest.mark.parametrize("access", ["bac", "pace"])
def test_a_terminal_with_all_rights_reads_fingers_and_irises_k_1(access: str) -> None:
    terminal = ready(powered(AUTHORITIES), access)
    assert terminal.readable() == set()
    assert terminal.authenticate(*CHAIN) == 0x9000
    assert terminal.readable() == BOTH


ALGORITHMS = [
    CVAlgorithm(kind=KeyKind(curve=CURVES["secp224r1"]), oid=oids.ID_TA_ECDSA_SHA_224),
    CVAlgorithm(kind=KeyKind(curve=CURVES["secp256r1"]), oid=oids.ID_TA_ECDSA_SHA_256),
    CVAlgorithm(kind=KeyKind(curve=CURVES["brainpoolP384r1"]), oid=oids.ID_TA_ECDSA_SHA_384),
    CVAlgorithm(kind=KeyKind(curve=CURVES["brainpoolP512r1"]), oid=oids.ID_TA_ECDSA_SHA_512),
    CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_V1_5_SHA_256),
    CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_V1_5_SHA_512),
    CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_PSS_SHA_256),
    CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_PSS_SHA_512),
]


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda one: oids.name_of(one.oid))
def test_every_algorithm_is_understood(algorithm: CVAlgorithm) -> None:
    authorities = Authorities(algorithm=algorithm)
    terminal = ready(powered(authorities))
    assert terminal.authenticate(*authorities.chain()) == 0x9000
    assert terminal.readable() == BOTH


def _rights(bits: int) -> set[InspectionRight]:
    return {right for right in InspectionRight if right.value & bits}


@pytest.mark.parametrize(("cvca", "verifier", "system"), list(product((1, 2, 3), (1, 2, 3), (0, 1, 2, 3))))
def test_the_effective_rights_are_those_of_every_certificate_l_1_to_l_8(cvca: int, verifier: int, system: int) -> None:
    root = AUTHORITIES.new_cvca("XXCVCA00001", days(TODAY, TODAY.replace(year=2027)), _rights(cvca))
    second = AUTHORITIES.issue(root, "XXDVDOM00001", Role.DV_DOMESTIC, rights=_rights(verifier))
    third = AUTHORITIES.issue(second, "XXISYS00001", Role.TERMINAL, rights=_rights(system))
    terminal = ready(powered(AUTHORITIES, root))
    assert terminal.authenticate(second, third) == 0x9000
    granted = _rights(cvca & verifier & system)
    assert terminal.readable() == {file for file, right in RIGHTS.items() if right in granted}


@pytest.mark.parametrize(
    ("case", "command"),
    [
        ("B32 H_1", "00A4020C020103"),
        ("B32 H_2", "00A4020C020104"),
        ("B32 H_3", "00B0830001"),
        ("B32 H_4", "00B0840001"),
        ("B32 H_5", "00B10003035401000A"),
        ("B32 H_6", "00B10004035401000A"),
        ("B32 H_11", "00B10103035401000A"),
        ("B32 H_12", "00B10104035401000A"),
    ],
)
def test_fingers_and_irises_are_closed_without_terminal_authentication(case: str, command: str) -> None:
    terminal = ready(powered(AUTHORITIES))
    assert terminal.secure_sw(command) == 0x6982
    assert terminal.secure_sw("00B09E0006") == 0x9000


@pytest.mark.parametrize(
    ("case", "command"),
    [
        ("B32 H_7", "00A4020C02011C"),
        ("B32 H_8", "00B09C0001"),
        ("B32 H_9", "00B1001C035401000A"),
        ("B32 H_10", "00B1011C035401000A"),
    ],
)
def test_ef_cvca_is_closed_before_access(case: str, command: str) -> None:
    terminal = EACTerminal(powered(AUTHORITIES))
    terminal.select_application()
    assert terminal.raw(command) == ("", 0x6982)


@pytest.mark.parametrize(
    ("case", "commands", "prefix"),
    [
        ("B32 H_13", ("00A4020C02011C", "00B0000024"), ""),
        ("B32 H_14", ("00B09C0024",), ""),
        ("B32 H_15", ("00B1001C0354010026",), "5324"),
        ("B32 H_16", ("00B1011C0354010026",), "5324"),
    ],
)
@pytest.mark.parametrize("access", ["bac", "pace"])
def test_ef_cvca_has_36_bytes_after_access(case: str, commands: tuple[str, ...], prefix: str, access: str) -> None:
    terminal = EACTerminal(powered(AUTHORITIES))
    terminal.open(access)
    answers = [terminal.secure_hex(command) for command in commands]
    expected = b"\x42\x0bXXCVCA00001".ljust(36, b"\x00").hex().upper()
    assert answers[-1] == (prefix + expected, 0x9000)


def _presented(terminal: EACTerminal) -> EACTerminal:
    assert terminal.present(*(one.certificate for one in CHAIN)) == 0x9000
    return terminal


def test_an_unknown_terminal_is_not_found_k_2() -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    assert terminal.set_at("XXISYS00009") == 0x6A88
    assert terminal.answer(SYSTEM, terminal.challenge()) == 0x6985


def test_a_signature_in_the_clear_is_refused_k_4() -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    terminal.set_at(SYSTEM.reference)
    r_ic = terminal.challenge()
    signature = SYSTEM.key.sign(terminal.id_ic + r_ic + terminal.pk_ifd, SeededEntropy(b""))
    assert terminal.plain(instructions.external_authenticate(signature)).sw == 0x6985
    assert terminal.card.state.terminal.status is AccessStatus.NONE


@pytest.mark.parametrize("case", ["K_5", "K_6"])
def test_only_a_terminal_authenticates_as_one(case: str) -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    holder = VERIFIER if case == "K_5" else AUTHORITIES.cvca
    assert terminal.set_at(holder.reference) == 0x9000
    assert terminal.answer(holder, terminal.challenge()) == 0x6985
    assert terminal.readable() == set()


def test_an_invalid_class_byte_is_refused_k_7() -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    assert terminal.sw("8C820000") == 0x6E00


def test_only_the_last_challenge_counts_k_10() -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    terminal.set_at(SYSTEM.reference)
    first = terminal.challenge()
    second = terminal.challenge()
    assert first != second
    assert terminal.answer(SYSTEM, first) == 0x6300
    assert terminal.answer(SYSTEM, second) == 0x6985
    assert terminal.answer(SYSTEM, terminal.challenge()) == 0x9000


def test_a_challenge_of_another_length_is_refused_k_12() -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    terminal.set_at(SYSTEM.reference)
    assert terminal.secure(instructions.get_challenge(7)).sw == 0x6700
    assert terminal.answer(SYSTEM, bytes(7)) == 0x6985


@pytest.mark.parametrize("case", ["K_14", "L_9", "L_10"])
def test_a_signature_needs_a_challenge(case: str) -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    terminal.set_at(SYSTEM.reference)
    if case == "K_14":
        assert terminal.answer(SYSTEM, bytes(8)) == 0x6985
    assert terminal.readable() == set()


def test_a_signature_needs_a_chosen_key_k_15() -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    assert terminal.answer(SYSTEM, terminal.challenge()) == 0x6985


@pytest.mark.parametrize(
    "data", [b"", b"\x83\x00", b"\x84\x0bXXISYS00001", b"\x83\x0cXXISYS00001", b"\x83\x01\x41\x83\x01\x41"]
)
def test_a_malformed_choice_of_the_terminal_is_refused_k_17(data: bytes) -> None:
    terminal = _presented(ready(powered(AUTHORITIES)))
    assert terminal.secure(instructions.set_at_external_authentication(data)).sw == 0x6A80
    assert terminal.authenticate(*CHAIN) == 0x9000


def test_selecting_the_application_takes_the_rights_back_k_18() -> None:
    terminal = ready(powered(AUTHORITIES))
    assert terminal.authenticate(*CHAIN) == 0x9000
    assert terminal.secure_sw("00A4040C07A0000002471001") == 0x9000
    assert terminal.readable() == set()


def test_other_files_may_be_read_in_between_k_19() -> None:
    terminal = ready(powered(AUTHORITIES))
    assert terminal.secure_sw("00B09D0006") == 0x9000
    assert terminal.secure(instructions.internal_authenticate(bytes(8))).sw == 0x9000
    assert terminal.present(VERIFIER.certificate) == 0x9000
    assert terminal.secure_sw("00B0810006") == 0x9000
    assert terminal.present(SYSTEM.certificate) == 0x9000
    assert terminal.set_at(SYSTEM.reference) == 0x9000
    assert terminal.answer(SYSTEM, terminal.challenge()) == 0x9000
    assert terminal.readable() == BOTH


@pytest.mark.parametrize(
    ("case", "access", "wrong"),
    [("K_20", "pace", "document"), ("bac with key", "bac", "pace"), ("ephemeral", "bac", "pk_ifd")],
)
def test_a_signature_is_bound_to_its_session(case: str, access: str, wrong: str) -> None:
    terminal = _presented(ready(powered(AUTHORITIES), access))
    if wrong == "document":
        terminal.id_ic = terminal.card.chip.document_number
    elif wrong == "pace":
        terminal.id_ic = bytes(32)
    else:
        terminal.pk_ifd = bytes(32)
    terminal.set_at(SYSTEM.reference)
    assert terminal.answer(SYSTEM, terminal.challenge()) == 0x6300
    assert terminal.readable() == set()


@pytest.mark.parametrize("case", ["L_11", "L_12"])
def test_a_failed_signature_opens_nothing_and_keeps_the_session(case: str) -> None:
    terminal = _presented(ready(powered(AUTHORITIES), "bac" if case == "L_11" else "pace"))
    terminal.set_at(SYSTEM.reference)
    assert terminal.answer(VERIFIER, terminal.challenge()) == 0x6300
    assert terminal.readable() == set()
    assert terminal.answer(SYSTEM, terminal.challenge()) == 0x9000
    assert terminal.readable() == BOTH


@pytest.mark.parametrize("case", ["B33 K_13", "B33 K_14", "B33 K_15"])
def test_a_second_terminal_authentication_is_refused(case: str) -> None:
    terminal = ready(powered(AUTHORITIES))
    assert terminal.authenticate(*CHAIN) == 0x9000
    match case:
        case "B33 K_13":
            assert terminal.set_dst(AUTHORITIES.cvca.reference) == 0x6982
        case "B33 K_14":
            assert terminal.set_at(SYSTEM.reference) == 0x6982
        case _:
            assert terminal.answer(SYSTEM, terminal.challenge()) == 0x6982
    assert terminal.readable() == BOTH


@pytest.mark.parametrize("case", ["L_13", "L_14"])
def test_a_second_bac_after_terminal_authentication_is_refused(case: str) -> None:
    terminal = ready(powered(AUTHORITIES))
    assert terminal.authenticate(*CHAIN) == 0x9000
    challenge = terminal.challenge()
    if case == "L_13":
        data = bac_data(bytes(8), challenge, bytes(16))
        assert terminal.secure(instructions.external_authenticate(data, ne=40)).sw == 0x6982
        assert terminal.readable() == BOTH
    else:
        terminal.bac()
        assert terminal.readable() == set()


@pytest.mark.parametrize("case", ["L_15", "L_16"])
def test_a_second_pace_after_terminal_authentication_takes_the_rights_back(case: str) -> None:
    terminal = ready(powered(AUTHORITIES), "pace")
    assert terminal.authenticate(*CHAIN) == 0x9000
    PACETerminal(terminal=terminal, offer=cards.offer(), inside=case == "L_15").open()
    terminal.secure_sw("00A4040C07A0000002471001")
    assert terminal.readable() == set()


def test_chip_authentication_again_takes_the_rights_back() -> None:
    terminal = ready(powered(AUTHORITIES))
    assert terminal.authenticate(*CHAIN) == 0x9000
    terminal.authenticate_chip()
    assert terminal.readable() == set()


def test_a_chip_without_terminal_authentication_does_not_know_the_commands() -> None:
    card = CardOS(cards.chip(), entropy=SeededEntropy(b"none"))
    terminal = ready(card)
    assert terminal.set_dst("XXCVCA00001") == 0x6D00
    assert terminal.verify(VERIFIER.certificate.value) == 0x6D00
    assert terminal.set_at("XXISYS00001") == 0x6D00


def _authorisation() -> bytes:
    return tlv.encode(0x7F4C, der.encode_oid(oids.ID_IS), tlv.encode(0x53, b"\x03"))


def test_pace_tells_the_references_to_a_terminal_that_asks_b33_h_4() -> None:
    previous = AUTHORITIES.cvca
    current = AUTHORITIES.new_cvca("XXCVCA00002", days(TODAY, TODAY.replace(year=2028)))
    card = powered(AUTHORITIES, current, previous)
    run = PACETerminal(terminal=EACTerminal(card), offer=cards.offer(), extra=_authorisation()).open()
    assert (run.data[0x87], run.data[0x88]) == (b"XXCVCA00002", b"XXCVCA00001")
    card.reset()
    assert set(PACETerminal(terminal=EACTerminal(card), offer=cards.offer()).open().data) == {0x86}


def test_the_last_answer_of_the_published_example_over_a_group_has_a_reference() -> None:
    """App. G.2, to its last byte."""
    printed = vectors.example("9303-11_G2_pace_gm_dh_1024_160_aes128")
    offer = PACEOffer(
        oid=printed["oid"],
        mapping=PACEMapping.GENERIC,
        suite=CipherSuite.AES_128,
        domain=domain_by_parameter_id(printed["parameterId"]),
        parameter_id=printed["parameterId"],
    )
    root = AUTHORITIES.new_cvca("DETESTCVCA00003", days(TODAY, TODAY.replace(year=2028)))
    base = chip(AUTHORITIES, root, pace=cards.pace_configuration(offer))
    assert base.terminal_authentication is not None
    unasked = replace(base, terminal_authentication=replace(base.terminal_authentication, references_unasked=True))
    secrets = [printed["s"], printed["map"]["SK_IC"], printed["ka"]["SK_IC"]]
    card = CardOS(unasked, entropy=cards.ScriptedEntropy(secrets))
    answers = [card.process(bytes.fromhex(exchange["C"])).hex().upper() for exchange in printed["apdus"]]
    assert answers[:-1] == [exchange["R"] for exchange in printed["apdus"][:-1]]
    assert answers[-1].removesuffix("9000") == printed["apdus"][-1]["R"].removesuffix("9000")
    assert card.state.terminal.password is PasswordId.MRZ


def test_chip_authentication_mapping_stands_in_for_chip_authentication() -> None:
    """Doc 9303-11 §7.1.2: the ephemeral key of PACE is what the signature binds."""
    offer = PACEOffer(
        oid=oids.ID_PACE_ECDH_CAM_AES_CBC_CMAC_128,
        mapping=PACEMapping.CHIP_AUTHENTICATION,
        suite=CipherSuite.AES_128,
        domain=cards.BP256,
        parameter_id=13,
    )
    key = replace(cards.chip_authentication_key(), key_id=13)
    card = powered(AUTHORITIES, pace=cards.pace_configuration(offer), chip_authentication=(key,))
    terminal = EACTerminal(card)
    run = PACETerminal(terminal=terminal, offer=offer).open()
    terminal.id_ic, terminal.pk_ifd = run.pk_ic[1:33], run.pk_ifd[1:33]
    terminal.secure_sw("00A4040C07A0000002471001")
    assert terminal.authenticate(*CHAIN) == 0x9000
    assert terminal.readable() == BOTH


_REFERENCES = [one.encode() for one in (AUTHORITIES.cvca.reference, VERIFIER.reference, SYSTEM.reference)]
_DATA = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([tlv.encode(0x83, one) for one in _REFERENCES]),
    st.sampled_from([one.certificate.value for one in CHAIN]),
    st.sampled_from([VERIFIER.certificate.signature, SYSTEM.certificate.signature]),
)
_COMMANDS = st.sampled_from([(0x22, 0x81, 0xB6), (0x22, 0x81, 0xA4), (0x2A, 0x00, 0xBE), (0x82, 0, 0), (0x84, 0, 0)])


@given(st.lists(st.tuples(_COMMANDS, _DATA, st.booleans()), max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_order_of_commands_without_the_key_opens_fingers(
    commands: list[tuple[tuple[int, int, int], bytes, bool]],
) -> None:
    terminal = ready(powered(AUTHORITIES))
    for (ins, p1, p2), data, is_chained in commands:
        is_challenge = ins == 0x84
        command = CommandAPDU(
            cla=0x10 if is_chained else 0,
            ins=ins,
            p1=p1,
            p2=p2,
            data=b"" if is_challenge else data[:200],
            ne=8 if is_challenge else 0,
        )
        terminal.secure(command)
    assert terminal.readable() == set()
    assert terminal.authenticate(*CHAIN) == 0x9000
    assert terminal.readable() == BOTH
