"""CV certificates on the card: the J and M cases of BSI TR-03105-3.2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from apdu import instructions, tlv
from apdu.errors import SecureMessagingError
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES
from chipid.lds.files import FileId
from chipid.pki.chat import Role
from chipid.pki.cv_certificate import CVCertificate
from simulator.pki.cv_issuer import CVAlgorithm, CVHolder, CVRequest, certify, link
from simulator.pki.signing import KeyKind
from simulator.randomness import SeededEntropy
from tests.simulator import cards
from tests.simulator.eac import ECDSA, TODAY, Authorities, EACTerminal, days, powered, ready

REFUSALS = (0x6300, 0x6A80)
AUTHORITIES = Authorities()
VERIFIER, SYSTEM = AUTHORITIES.chain()


def _terminal() -> EACTerminal:
    return ready(powered(AUTHORITIES))


def test_a_valid_chain_is_accepted_j_1() -> None:
    terminal = _terminal()
    assert terminal.present(VERIFIER.certificate, SYSTEM.certificate) == 0x9000
    assert [one.reference for one in terminal.card.state.certificates.imported] == [
        SYSTEM.reference,
        VERIFIER.reference,
    ]


def test_an_unknown_authority_is_not_found_j_2() -> None:
    terminal = _terminal()
    assert terminal.set_dst("XXCVCA00009") == 0x6A88
    assert terminal.verify(VERIFIER.certificate.value) == 0x6985
    assert terminal.set_dst(VERIFIER.reference) == 0x6A88


def _replaced(certificate: CVCertificate, tag: int, new: bytes | None) -> bytes:
    """The data field with one object of the body exchanged or left out."""
    body = tlv.parse_one(certificate.body, 0x7F4E)
    parts = [new if one.tag == tag else one.raw for one in body.children()]
    signature = tlv.encode(0x5F37, certificate.signature)
    return tlv.encode(0x7F4E, b"".join(part for part in parts if part is not None)) + signature


def _resigned(certificate: CVCertificate, issuer: CVHolder, tag: int, new: bytes | None) -> bytes:
    """The same with a right signature over the wrong body."""
    wrong = _replaced(certificate, tag, new)
    body = tlv.parse_all(wrong)[0].raw
    return body + tlv.encode(0x5F37, issuer.key.sign(body, SeededEntropy(b"again")))


_CERTIFICATE = VERIFIER.certificate
_SIGNATURE = _CERTIFICATE.signature
_NEW_KEY = tlv.parse_one(_CERTIFICATE.public_key.raw, 0x7F49)
_POINT = _NEW_KEY.child(0x86).raw


def _with_signature(signature: bytes, tag: int = 0x5F37) -> bytes:
    return _CERTIFICATE.body + tlv.encode(tag, signature)


def _with_body(tag: int, new: bytes | None) -> bytes:
    return _resigned(_CERTIFICATE, AUTHORITIES.cvca, tag, new)


WRONG_CERTIFICATES: list[tuple[str, bytes]] = [
    ("J_3", _with_signature(_SIGNATURE[:-1] + bytes((_SIGNATURE[-1] ^ 1,)))),
    ("J_4", _CERTIFICATE.body),
    ("J_5", tlv.encode(0x5F37, _SIGNATURE)),
    ("J_6", _with_body(0x7F4C, None)),
    ("J_7", _with_body(0x5F25, None)),
    ("J_8", _with_body(0x5F24, None)),
    ("J_9", _with_body(0x5F25, tlv.encode(0x5F25, bytes.fromhex("02050A000101")))),
    ("J_10", _with_body(0x5F24, tlv.encode(0x5F24, bytes.fromhex("02050B000101")))),
    ("J_19", _with_body(0x5F25, tlv.encode(0x5F25, bytes.fromhex("020501030001")))),
    ("J_20", _with_body(0x5F24, tlv.encode(0x5F24, bytes.fromhex("020501030302")))),
    ("J_21", _with_body(0x5F24, tlv.encode(0x5F24, bytes.fromhex("020500050301")))),
    ("J_17", b"\x7f\x4f" + _CERTIFICATE.value[2:]),
    ("J_18", _with_signature(_SIGNATURE, 0x5F38)),
    ("J_23", _with_body(0x7F4C, tlv.encode(0x7F4C, der.encode_oid("0.4.0.127.0.7.3.1.2.9"), b"\x53\x01\x83"))),
    ("J_24", _with_body(0x7F49, tlv.encode(0x7F49, der.encode_oid("0.4.0.127.0.7.2.2.2.2.9"), _POINT))),
    ("J_25 other authority", _with_body(0x42, tlv.encode(0x42, b"XXCVCA00002"))),
    ("J_26 wrong tag", _with_body(0x5F20, tlv.encode(0x5F21, b"XXDVDOM00001"))),
    ("J_27 long reference", _with_body(0x5F20, tlv.encode(0x5F20, b"XXDVDOMDOMDOM00001"))),
    ("J_28 profile", _with_body(0x5F29, b"\x5f\x29\x01\x01")),
    ("J_29 last byte dropped", _with_signature(_SIGNATURE[:-1])),
    ("J_30 long signature", _with_signature(_SIGNATURE + b"\x00")),
    ("J_31 r = 0", _with_signature(bytes(32) + _SIGNATURE[32:])),
    ("J_32 s = 0", _with_signature(_SIGNATURE[:32] + bytes(32))),
    ("J_33 r = n", _with_signature(cards.BP256.n.to_bytes(32, "big") + _SIGNATURE[32:])),
    ("J_34 length field", _CERTIFICATE.value[:2] + b"\x82\x00" + _CERTIFICATE.value[3:]),
    ("J_37", _with_body(0x7F49, tlv.encode(0x7F49, _POINT))),
    ("J_38", _with_body(0x7F49, tlv.encode(0x7F49, der.encode_oid(oids.ID_TA_ECDSA_SHA_256)))),
    ("J_41", _with_body(0x7F49, tlv.encode(0x7F49, _NEW_KEY.value, b"\x88\x01\x01"))),
    ("J_55", _with_body(0x7F49, tlv.encode(0x7F49, der.encode_oid(oids.ID_TA_ECDSA_SHA_256), b"\x86\x03\x04\x01\x01"))),
    ("other algorithm", _with_body(0x7F49, tlv.encode(0x7F49, der.encode_oid(oids.ID_TA_ECDSA_SHA_384), _POINT))),
]


@pytest.mark.parametrize(("case", "value"), WRONG_CERTIFICATES, ids=[case for case, _ in WRONG_CERTIFICATES])
def test_a_wrong_certificate_is_refused_and_a_right_one_accepted_after_it(case: str, value: bytes) -> None:
    terminal = _terminal()
    assert terminal.set_dst(AUTHORITIES.cvca.reference) == 0x9000
    assert terminal.verify(value) in REFUSALS
    memory = terminal.card.state.memory
    assert (memory.today, len(memory.trust_points)) == (TODAY, 1)
    assert terminal.set_dst(VERIFIER.reference) == 0x6A88
    assert terminal.present(VERIFIER.certificate, SYSTEM.certificate) == 0x9000


def test_a_certificate_needs_a_chosen_key_j_35() -> None:
    terminal = _terminal()
    assert terminal.verify(VERIFIER.certificate.value) == 0x6985
    assert terminal.present(VERIFIER.certificate) == 0x9000
    assert terminal.verify(SYSTEM.certificate.value) == 0x6985


@pytest.mark.parametrize("data", [b"", b"\x83\x00", b"\x84\x0bXXCVCA00001", b"\x83\x0bXXCVCA00001\x84\x00", b"\x83"])
def test_a_malformed_choice_of_a_key_is_refused(data: bytes) -> None:
    assert _terminal().secure(instructions.set_dst(data)).sw == 0x6A80


def test_certificates_are_for_a_session_after_chip_authentication() -> None:
    terminal = EACTerminal(powered(AUTHORITIES))
    terminal.open()
    assert terminal.set_dst(AUTHORITIES.cvca.reference) == 0x6982
    assert terminal.verify(VERIFIER.certificate.value) == 0x6982


def test_certificates_in_the_clear_are_refused_j_12() -> None:
    terminal = _terminal()
    assert terminal.plain(instructions.set_dst(tlv.encode(0x83, b"XXCVCA00001"))).sw == 0x6982
    assert terminal.plain(instructions.verify_certificate(VERIFIER.certificate.value)).sw == 0x6982
    with pytest.raises(SecureMessagingError):
        terminal.set_dst("XXCVCA00001")


@pytest.mark.parametrize(("case", "command"), [("J_13", "8C2281B6"), ("J_15", "8C2A00BE")])
def test_an_invalid_class_byte_is_refused(case: str, command: str) -> None:
    terminal = _terminal()
    assert terminal.sw(command) == 0x6E00


def test_temporary_keys_are_gone_after_a_reset_j_22() -> None:
    terminal = _terminal()
    assert terminal.present(VERIFIER.certificate) == 0x9000
    terminal.card.reset()
    again = ready(terminal.card)
    assert again.set_dst(VERIFIER.reference) == 0x6A88


def test_a_foreign_terminal_does_not_move_the_date_and_a_domestic_one_does_j_11_m_1() -> None:
    later = date(2025, 7, 1)
    for role, expected in ((Role.DV_FOREIGN, TODAY), (Role.DV_DOMESTIC, later)):
        terminal = _terminal()
        chain = AUTHORITIES.chain(dv=role, first=later)
        assert terminal.present(*(one.certificate for one in chain)) == 0x9000
        assert terminal.card.state.memory.today == expected


def test_the_date_outlives_a_reset_and_makes_old_certificates_expire_m_1_m_2() -> None:
    card = powered(AUTHORITIES)
    old = AUTHORITIES.issue(AUTHORITIES.cvca, "XXDVOLD00001", Role.DV_FOREIGN, last=date(2025, 6, 15))
    new = AUTHORITIES.issue(AUTHORITIES.cvca, "XXDVNEW00001", Role.DV_FOREIGN, first=date(2025, 6, 16))
    assert ready(card).present(old.certificate) == 0x9000
    assert ready(card).present(new.certificate) == 0x9000
    card.reset()
    assert card.state.memory.today == date(2025, 6, 16)
    assert ready(card).present(old.certificate) == 0x6300
    assert ready(card).present(new.certificate) == 0x9000


def test_the_last_day_of_a_certificate_counts() -> None:
    last = AUTHORITIES.issue(AUTHORITIES.cvca, "XXDVDAY00001", Role.DV_DOMESTIC, last=TODAY)
    assert _terminal().present(last.certificate) == 0x9000


def _role(issuer: CVHolder, role: Role) -> CVHolder:
    return AUTHORITIES.issue(issuer, "XXOTHER00001", role)


FORBIDDEN: list[tuple[str, Callable[[], tuple[CVHolder, ...]]]] = [
    ("J_43 CVCA to IS", lambda: (_role(AUTHORITIES.cvca, Role.TERMINAL),)),
    ("J_44 DV to CVCA", lambda: (VERIFIER, _role(VERIFIER, Role.CVCA))),
    ("J_45 DV to DV", lambda: (VERIFIER, _role(VERIFIER, Role.DV_DOMESTIC))),
    ("J_46 DV to DV", lambda: (VERIFIER, _role(VERIFIER, Role.DV_FOREIGN))),
    ("J_47 IS to CVCA", lambda: (VERIFIER, SYSTEM, _role(SYSTEM, Role.CVCA))),
    ("J_48 IS to DV", lambda: (VERIFIER, SYSTEM, _role(SYSTEM, Role.DV_DOMESTIC))),
    ("J_49 IS to DV", lambda: (VERIFIER, SYSTEM, _role(SYSTEM, Role.DV_FOREIGN))),
    ("J_50 IS to IS", lambda: (VERIFIER, SYSTEM, _role(SYSTEM, Role.TERMINAL))),
]


@pytest.mark.parametrize(("case", "chain"), FORBIDDEN, ids=[case for case, _ in FORBIDDEN])
def test_forbidden_transitions_are_refused(case: str, chain: Callable[[], tuple[CVHolder, ...]]) -> None:
    *first, last = (one.certificate for one in chain())
    terminal = _terminal()
    assert terminal.present(*first) == 0x9000
    assert terminal.present(last) == 0x6300


def _successor(number: int = 2, *, year: int = 2026, algorithm: CVAlgorithm | None = None) -> CVHolder:
    validity = days(date(year, 1, 1), date(year + 3, 12, 31))
    return AUTHORITIES.new_cvca(f"XXCVCA{number:05}", validity, algorithm=algorithm)


def test_a_terminal_under_a_link_is_refused_j_51() -> None:
    new = _successor()
    terminal = _terminal()
    assert terminal.present(link(AUTHORITIES.cvca, new, SeededEntropy(b"link")).certificate) == 0x9000
    assert terminal.present(_role(new, Role.TERMINAL).certificate) == 0x6300


def _references(terminal: EACTerminal) -> bytes:
    response = terminal.secure(instructions.read_binary_sfi(FileId.CVCA.sfi, 0, 36))
    assert (response.sw, len(response.data)) == (0x9000, 36)
    return response.data


def test_a_link_adds_a_trust_point_and_a_second_link_removes_the_oldest_m_3_m_4() -> None:
    first, second, third = AUTHORITIES.cvca, _successor(2), _successor(3, year=2028)
    terminal = _terminal()
    assert _references(terminal) == b"\x42\x0bXXCVCA00001".ljust(36, b"\x00")
    assert terminal.present(link(first, second, SeededEntropy(b"link")).certificate) == 0x9000
    assert _references(terminal) == b"\x42\x0bXXCVCA00002\x42\x0bXXCVCA00001".ljust(36, b"\x00")
    assert terminal.card.state.memory.today == date(2026, 1, 1)
    assert terminal.present(link(second, third, SeededEntropy(b"link")).certificate) == 0x9000
    assert _references(terminal) == b"\x42\x0bXXCVCA00003\x42\x0bXXCVCA00002".ljust(36, b"\x00")
    terminal.card.reset()
    again = ready(terminal.card)
    assert _references(again) == b"\x42\x0bXXCVCA00003\x42\x0bXXCVCA00002".ljust(36, b"\x00")
    assert again.set_dst(first.reference) == 0x6A88


def test_both_trust_points_verify_until_the_older_one_expires_m_6() -> None:
    old, new = AUTHORITIES.cvca, _successor(2)
    terminal = _terminal()
    assert terminal.present(link(old, new, SeededEntropy(b"link")).certificate) == 0x9000
    dates: dict[str, Any] = {"first": date(2026, 2, 1), "last": date(2026, 4, 1)}
    for issuer in (old, new):
        verifier = AUTHORITIES.issue(issuer, "XXDVNOW00001", Role.DV_DOMESTIC, **dates)
        assert terminal.present(verifier.certificate) == 0x9000
    late = AUTHORITIES.issue(new, "XXDVNEW00001", Role.DV_DOMESTIC, first=date(2028, 1, 1), last=date(2028, 3, 1))
    assert terminal.present(late.certificate) == 0x9000
    under_old = AUTHORITIES.issue(old, "XXDVOLD00001", Role.DV_DOMESTIC, first=date(2028, 1, 1), last=date(2028, 3, 1))
    assert terminal.present(under_old.certificate) == 0x6300
    other = _successor(3, year=2027)
    assert terminal.present(link(old, other, SeededEntropy(b"link")).certificate) == 0x9000


def test_a_link_of_somebody_else_changes_nothing() -> None:
    stranger = Authorities(entropy=SeededEntropy(b"stranger"))
    validity = days(date(2026, 1, 1), date(2028, 1, 1))
    request = CVRequest(reference="XXCVCA00002", role=Role.CVCA, validity=validity)
    key = stranger.cvca.key
    forged = certify(key, AUTHORITIES.cvca.reference, key, request, SeededEntropy(b"forged"))
    terminal = _terminal()
    memory = terminal.card.state.memory
    assert terminal.present(forged.certificate) == 0x6300
    assert terminal.card.state.memory == memory


MIGRATIONS = [
    CVAlgorithm(kind=KeyKind(curve=CURVES["secp384r1"]), oid=oids.ID_TA_ECDSA_SHA_384),
    CVAlgorithm(kind=KeyKind(curve=CURVES["brainpoolP512r1"]), oid=oids.ID_TA_ECDSA_SHA_512),
    CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_PSS_SHA_256),
]


@pytest.mark.parametrize("algorithm", MIGRATIONS, ids=lambda one: oids.name_of(one.oid))
def test_a_link_may_bring_another_algorithm_n_1(algorithm: CVAlgorithm) -> None:
    new = _successor(2, algorithm=algorithm)
    terminal = _terminal()
    assert terminal.present(link(AUTHORITIES.cvca, new, SeededEntropy(b"link")).certificate) == 0x9000
    dates: dict[str, Any] = {"first": date(2026, 2, 1), "last": date(2026, 4, 1), "algorithm": algorithm}
    verifier = AUTHORITIES.issue(new, "XXDVNEW00001", Role.DV_DOMESTIC, **dates)
    system = AUTHORITIES.issue(verifier, "XXISNEW00001", Role.TERMINAL, **dates)
    assert terminal.authenticate(verifier, system) == 0x9000


@pytest.mark.parametrize("case", ["J_55", "J_56"])
def test_a_shorter_rsa_key_is_refused(case: str) -> None:
    long = CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_PSS_SHA_256)
    short = replace(long, kind=KeyKind(bits=1024))
    authorities = Authorities(algorithm=long, entropy=SeededEntropy(b"rsa"))
    terminal = ready(powered(authorities))
    dv_algorithm = short if case == "J_55" else long
    verifier = authorities.issue(authorities.cvca, "XXDVRSA00001", Role.DV_DOMESTIC, algorithm=dv_algorithm)
    if case == "J_56":
        assert terminal.present(verifier.certificate) == 0x9000
        system = authorities.issue(verifier, "XXISRSA00001", Role.TERMINAL, algorithm=short)
        assert terminal.present(system.certificate) == 0x6300
    else:
        assert terminal.present(verifier.certificate) == 0x6300


def test_a_temporary_key_never_takes_the_name_of_a_trust_point() -> None:
    impostor = AUTHORITIES.issue(AUTHORITIES.cvca, AUTHORITIES.cvca.reference, Role.DV_DOMESTIC)
    assert _terminal().present(impostor.certificate) == 0x6300


def test_a_certificate_of_another_curve_must_come_from_the_cvca() -> None:
    """A document verifier inherits its domain parameters."""
    other = replace(ECDSA, kind=KeyKind(curve=CURVES["secp256r1"]))
    foreign = AUTHORITIES.issue(AUTHORITIES.cvca, "XXDVOTH00001", Role.DV_DOMESTIC, algorithm=other)
    assert _terminal().present(foreign.certificate) in REFUSALS
