"""Terminal Authentication against libeac: the one signs and the other verifies, both ways.

libeac runs version 2, which comes before Chip Authentication; what is signed, ID_IC, challenge and Comp(PK_IFD), and
how, is that of version 1 (Doc 9303-11 §7.1.2). Its auxiliary data stays away.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.points import KeyPair, encode_point, openssl_curve
from chipid.lds.files import AID_EMRTD, FileId
from chipid.pki.chat import Role
from chipid.pki.cv_public_key import ALGORITHMS
from chipid.protocols import terminal_authentication
from chipid.protocols.terminal_key import load_terminal_key
from simulator.pki.cv_issuer import CVAlgorithm, CVHolder
from simulator.pki.signing import ECPrivateKey, KeyKind
from tests.interop.libeac import LibEAC
from tests.interop.libeac_chip import LibEACTerminal, Password, pace_context
from tests.pki.cv_builders import Authority
from tests.protocols.pace_card import pace_info
from tests.simulator import cards, eac
from tests.simulator.eac import RIGHTS, Authorities
from tests.support.script_card import drive

CURVE_ALGORITHMS = {
    oids.ID_TA_ECDSA_SHA_1: "secp256r1",
    oids.ID_TA_ECDSA_SHA_224: "secp224r1",
    oids.ID_TA_ECDSA_SHA_256: "brainpoolP256r1",
    oids.ID_TA_ECDSA_SHA_384: "secp384r1",
    oids.ID_TA_ECDSA_SHA_512: "brainpoolP512r1",
}
IDENTIFIERS = {"BAC": b"T220001293", "PACE": bytes(range(32))}
COMPRESSED = bytes(range(100, 132))
CAN = Password(kind=2, secret=cards.CAN.encode())


@pytest.mark.parametrize("oid", ALGORITHMS, ids=oids.name_of)
@pytest.mark.parametrize("id_ic", IDENTIFIERS.values(), ids=IDENTIFIERS)
def test_libeac_verifies_what_our_terminal_signs(libeac: LibEAC, oid: str, id_ic: bytes) -> None:
    curve = CURVES[CURVE_ALGORITHMS.get(oid, "brainpoolP256r1")]
    cvca, dv, terminal = (
        Authority(reference, role, number=number, oid=oid, curve=curve)
        for number, (reference, role) in enumerate(
            (("UTCVCA00001", Role.CVCA), ("UTDV00001", Role.DV_DOMESTIC), ("UTIS00001", Role.TERMINAL)), start=11
        )
    )
    private = terminal.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    key = load_terminal_key(private, [cvca.issue(dv), dv.issue(terminal)])
    chip = libeac.context(oid.encode())
    chip.init_terminal_authentication(b"", cvca.issue(cvca))
    chip.ignore_dates()  # libeac asks the clock
    signatures: list[bytes] = []

    def answer(command: CommandAPDU) -> ResponseAPDU:
        if command.ins == 0x2A:
            assert chip.import_certificate(tlv.encode(0x7F21, command.data))
        if command.ins == 0x84:
            return ResponseAPDU(data=chip.draw_challenge())
        if command.ins == 0x82:
            signatures.append(command.data)
        return ResponseAPDU()

    script = terminal_authentication.authenticate(
        key, trust_points=["UTCVCA00001"], id_ic=id_ic, compressed_terminal_key=COMPRESSED
    )
    drive(script, answer)
    (signature,) = signatures
    assert chip.verify(COMPRESSED, id_ic, signature)
    for wrong in (
        (COMPRESSED[:-1] + b"\x00", id_ic, signature),
        (COMPRESSED, id_ic[:-1] + b"\xff", signature),
        (COMPRESSED, id_ic, signature[:-1] + bytes((signature[-1] ^ 1,))),
    ):
        assert not chip.verify(*wrong)


CARD_ALGORITHMS = [
    *(CVAlgorithm(kind=KeyKind(curve=CURVES[curve]), oid=oid) for oid, curve in CURVE_ALGORITHMS.items()),
    CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_V1_5_SHA_256),
    pytest.param(CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_V1_5_SHA_512), marks=pytest.mark.long),
]


@pytest.mark.parametrize("algorithm", CARD_ALGORITHMS, ids=lambda one: oids.name_of(one.oid))
def test_our_card_lets_in_a_terminal_of_libeac(libeac: LibEAC, algorithm: CVAlgorithm) -> None:
    """PACE, Chip and Terminal Authentication up to DG3; on the terminal's side libeac computes everything."""
    session = _terminal_authenticates(libeac, algorithm, expected=0x9000)
    assert _readable(session) == set(RIGHTS)


def test_after_basic_access_control_libeac_signs_the_document_number(libeac: LibEAC) -> None:
    authorities = Authorities()
    chain = authorities.chain()
    terminal = eac.ready(eac.powered(authorities), "bac")
    assert terminal.present(*(one.certificate for one in chain)) == 0x9000
    assert terminal.set_at(chain[-1].reference) == 0x9000
    signer = libeac.context(b"signer")
    signer.init_terminal_authentication(_pkcs8(chain[-1]), chain[-1].certificate.raw)
    signer.set_challenge(terminal.challenge())
    signature = signer.sign(terminal.pk_ifd, eac.DOCUMENT_NUMBER)
    assert terminal.chained(instructions.external_authenticate(signature)).sw == 0x9000
    assert terminal.readable() == set(RIGHTS)


def test_a_salt_of_another_length_than_the_hash_value_is_refused(libeac: LibEAC) -> None:
    """libeac takes the longest salt that fits, where Doc 9303-11 §7.1.4.1.1 says as long as the hash value."""
    algorithm = CVAlgorithm(kind=KeyKind(bits=2048), oid=oids.ID_TA_RSA_PSS_SHA_256)
    assert _readable(_terminal_authenticates(libeac, algorithm, expected=0x6300)) == set()


def _terminal_authenticates(libeac: LibEAC, algorithm: CVAlgorithm, *, expected: int) -> LibEACTerminal:
    authorities = Authorities(algorithm=algorithm)
    chain = authorities.chain()
    session, id_ic, compressed = _open_and_authenticate_chip(libeac, authorities)
    assert _readable(session) == set()
    for one in chain:
        reference = tlv.encode(0x83, one.certificate.authority_reference.encode())
        assert session.secure(instructions.set_dst(reference)).sw == 0x9000
        assert _chained(session, instructions.verify_certificate(one.certificate.value)) == 0x9000
    reference = tlv.encode(0x83, chain[-1].reference.encode())
    assert session.secure(instructions.set_at_external_authentication(reference)).sw == 0x9000
    session.eac.init_terminal_authentication(_pkcs8(chain[-1]), chain[-1].certificate.raw)
    session.eac.set_challenge(session.secure(instructions.get_challenge()).data)
    signature = session.eac.sign(compressed, id_ic)
    assert _chained(session, instructions.external_authenticate(signature)) == expected
    return session


def _open_and_authenticate_chip(libeac: LibEAC, authorities: Authorities) -> tuple[LibEACTerminal, bytes, bytes]:
    """A session after Chip Authentication, ID_IC and Comp(PK_IFD)."""
    info = pace_info(cards.BP256, CipherSuite.AES_128)
    for seed in range(100):
        card = eac.powered(authorities)
        session = LibEACTerminal(pace_context(libeac, info, CAN, b"terminal%d" % seed), card.process)
        assert session.pace(info, CAN) == 0x9000
        assert session.secure(instructions.select_application(AID_EMRTD)).sw == 0x9000
        (key,) = card.chip.chip_authentication
        ((oid, _),) = key.suites.items()
        session.eac.init_chip_authentication(oid, cards.BP256.parameter_id)
        compressed = session.eac.chip_key_for_terminal()
        public = session.eac.ephemeral_chip_authentication_key()
        template = tlv.encode(0x80, der.oid_value(oid))
        assert session.secure(instructions.set_at_internal_authentication(template)).sw == 0x9000
        assert session.secure(instructions.general_authenticate(tlv.encode(0x80, public), last=True)).sw == 0x9000
        session.eac.agree_with_chip(encode_point(cards.BP256, KeyPair(cards.BP256, key.private).public))
        session.eac.derive_version_1_keys()
        session.start("CA")
        id_ic = session.eac.compress("PACE", session.chip_key)
        if len(id_ic) == len(compressed) == cards.BP256.byte_length:  # see test_libeac_chip_authentication
            return session, id_ic, compressed
    raise AssertionError("no coordinates had their full length")


def _chained(session: LibEACTerminal, command: CommandAPDU) -> int:
    data = command.data
    while len(data) > 200:
        part = replace(command, cla=0x10, data=data[:200], ne=0)
        assert session.secure(part).sw == 0x9000
        data = data[200:]
    return int(session.secure(replace(command, data=data)).sw)


def _readable(session: LibEACTerminal) -> set[FileId]:
    return {one for one in RIGHTS if session.secure(instructions.read_binary_sfi(one.sfi, 0, 1)).sw == 0x9000}


def _pkcs8(holder: CVHolder) -> bytes:
    key = holder.key.private
    if isinstance(key, ECPrivateKey):
        curve = openssl_curve(key.public.curve)
        assert curve is not None
        private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = ec.derive_private_key(key.secret, curve)
    else:
        private = rsa.RSAPrivateNumbers(
            key.p,
            key.q,
            d := pow(key.public.e, -1, (key.p - 1) * (key.q - 1)),
            d % (key.p - 1),
            d % (key.q - 1),
            pow(key.q, -1, key.p),
            rsa.RSAPublicNumbers(key.public.e, key.public.n),
        ).private_key()
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
