"""The terminal's key in a file, and the chain of certificates that leads to it."""

from __future__ import annotations

import base64
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.keys import ECPublicKey, encode_ec_parameters
from chipid.crypto.points import KeyPair
from chipid.crypto.signatures import verify_signature
from chipid.errors import TerminalKeyError
from chipid.pki.chat import Role
from chipid.pki.cv_certificate import CVCertificate, build_cv_certificate, parse_cv_certificate
from chipid.pki.cv_public_key import ALGORITHMS, TerminalPublicKey
from chipid.protocols.terminal_key import FileTerminalKey, find_chain, load_terminal_key
from tests.pki.cv_builders import BP256, Authority

CVCA, NEW_CVCA = (Authority(f"UTCVCA0000{n}", Role.CVCA, number=n) for n in (1, 2))
DV = Authority("UTDV00001", Role.DV_DOMESTIC, number=3)
TERMINAL = Authority("UTIS00001", Role.TERMINAL, number=0x1234)
CERTIFICATES = [NEW_CVCA.issue(DV), CVCA.issue(NEW_CVCA), DV.issue(TERMINAL), CVCA.issue(CVCA)]


def key_file(
    authority: Authority, encoding: Encoding = Encoding.DER, encryption: KeySerializationEncryption | None = None
) -> bytes:
    return authority.private.private_bytes(encoding, PrivateFormat.PKCS8, encryption or NoEncryption())


def _explicit_key_file(scalar: int, curve: Curve = BP256) -> bytes:
    secret = scalar.to_bytes(curve.order_length, "big")
    private = der.encode_sequence(der.encode_integer(1), der.encode_octet_string(secret))
    algorithm = encode_algorithm_identifier(oids.EC_PUBLIC_KEY, encode_ec_parameters(curve))
    return der.encode_sequence(der.encode_integer(0), algorithm, der.encode_octet_string(private))


def _pem(data: bytes) -> bytes:
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(data) + b"-----END PRIVATE KEY-----\n"


FILES = {
    "DER": key_file(TERMINAL),
    "PEM": key_file(TERMINAL, Encoding.PEM),
    "explicit parameters": _explicit_key_file(0x1234),
    "explicit parameters in PEM": _pem(_explicit_key_file(0x1234)),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_a_key_file_signs_for_its_certificate(data: bytes) -> None:
    key = load_terminal_key(data, CERTIFICATES)
    assert key.certificate.holder_reference == "UTIS00001"
    assert len(key.certificates) == 3
    verify_signature(TERMINAL.public.key, TERMINAL.public.algorithm, b"data", key.sign(b"data"))
    assert key.sign(b"data") == key.sign(b"data")
    assert repr(key) == "FileTerminalKey(UTIS00001)"


def test_an_encrypted_key_file_needs_its_password() -> None:
    data = key_file(TERMINAL, Encoding.PEM, BestAvailableEncryption(b"invented"))
    assert load_terminal_key(data, CERTIFICATES, password=b"invented").certificate.role is Role.TERMINAL
    for password in (None, b"wrong"):
        with pytest.raises(TerminalKeyError):
            load_terminal_key(data, CERTIFICATES, password=password)


@pytest.mark.parametrize("oid", ALGORITHMS, ids=oids.name_of)
def test_every_algorithm_of_a_certificate_is_signed_with(oid: str) -> None:
    curve = CURVES["secp521r1"] if oid == oids.ID_TA_ECDSA_SHA_512 else BP256
    dv = Authority("UTDV00001", Role.DV_DOMESTIC, number=3, oid=oid, curve=curve)
    terminal = Authority("UTIS00001", Role.TERMINAL, number=4, oid=oid, curve=curve)
    key = load_terminal_key(key_file(terminal), [dv.issue(terminal)])
    verify_signature(terminal.public.key, ALGORITHMS[oid], b"data", key.sign(b"data"))


@pytest.mark.parametrize("name", ["brainpoolP192r1", "brainpoolP224r1", "brainpoolP320r1"])
def test_a_curve_that_openssl_lacks_is_signed_on_too(name: str) -> None:
    curve, oid = CURVES[name], oids.ID_TA_ECDSA_SHA_224
    public = ECPublicKey(curve=curve, point=KeyPair(curve, 0x9876).public, explicit=True)
    certificate = build_cv_certificate(
        authority_reference=DV.reference,
        public_key=TerminalPublicKey(oid=oid, key=public),
        holder_reference=TERMINAL.reference,
        chat=TERMINAL.chat,
        effective_date=parse_cv_certificate(CERTIFICATES[0]).effective_date,
        expiration_date=parse_cv_certificate(CERTIFICATES[0]).expiration_date,
        sign=DV.sign,
    )
    key = load_terminal_key(_explicit_key_file(0x9876, curve), [certificate, *CERTIFICATES])
    verify_signature(public, ALGORITHMS[oid], b"data", key.sign(b"data"))
    assert "9876" not in repr(key)
    for scalar in (0x9875, 0, curve.n):
        with pytest.raises(TerminalKeyError):
            load_terminal_key(_explicit_key_file(scalar, curve), [certificate])


UNUSABLE = {
    "no key": b"",
    "no DER": b"\x30\x03\x02\x01",
    "no PEM": b"-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----\n",
    "another kind": ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    ),
    "a scalar of zero": _explicit_key_file(0),
    "the key of somebody else": key_file(DV),
    "an RSA key": key_file(Authority("UTIS00001", Role.TERMINAL, oid=oids.ID_TA_RSA_PSS_SHA_256)),
}


@pytest.mark.parametrize("data", UNUSABLE.values(), ids=UNUSABLE)
def test_a_key_that_cannot_be_used_is_refused(data: bytes) -> None:
    with pytest.raises(TerminalKeyError):
        load_terminal_key(data, CERTIFICATES)


def test_certificates_that_cannot_be_used_are_refused() -> None:
    for certificates in ([], [b"\x00"], CERTIFICATES[:2], [CERTIFICATES[2]] * 2, CERTIFICATES * 20):
        with pytest.raises(TerminalKeyError):
            load_terminal_key(FILES["DER"], certificates)


@dataclass
class _Key:
    """A key that some device holds."""

    certificate: CVCertificate
    certificates: list[CVCertificate]

    def sign(self, data: bytes) -> bytes:
        raise AssertionError("nothing is signed here")


def _references(chain: tuple[CVCertificate, ...]) -> list[str]:
    return [one.holder_reference for one in chain]


def test_the_chain_begins_at_the_trust_point_that_the_card_has() -> None:
    key = load_terminal_key(FILES["DER"], CERTIFICATES)
    assert _references(find_chain(key, ["UTCVCA00002", "UTCVCA00001"])) == ["UTDV00001", "UTIS00001"]
    assert _references(find_chain(key, ["UTCVCA00001"])) == ["UTCVCA00002", "UTDV00001", "UTIS00001"]
    assert _references(find_chain(key, ["UTDV00001"])) == ["UTIS00001"]


def test_without_a_way_to_a_trust_point_there_is_no_chain() -> None:
    key = load_terminal_key(FILES["DER"], CERTIFICATES)
    for trust_points in ([], ["UTCVCA00003"], ["utcvca00001"]):
        with pytest.raises(TerminalKeyError):
            find_chain(key, trust_points)


def test_the_way_goes_over_the_certificate_that_a_trusted_cvca_gave() -> None:
    """A document verifier has one name, and certificates of the CVCAs of several States."""
    foreign = Authority("UTCVCA00009", Role.CVCA, number=9)
    verifier = parse_cv_certificate(foreign.issue(DV))
    key = load_terminal_key(FILES["DER"], CERTIFICATES)
    for certificates in ([verifier, *key.certificates], [*key.certificates, verifier]):
        both = _Key(key.certificate, certificates)
        assert find_chain(both, ["UTCVCA00009"])[0].raw == verifier.raw
        assert _references(find_chain(both, ["UTCVCA00001"])) == ["UTCVCA00002", "UTDV00001", "UTIS00001"]


def test_certificates_in_a_circle_end_the_search() -> None:
    first, second = (Authority(f"UTDV0000{n}", Role.DV_DOMESTIC, number=n) for n in (1, 2))
    circle = [parse_cv_certificate(raw) for raw in (first.issue(second), second.issue(first))]
    terminal = parse_cv_certificate(first.issue(TERMINAL))
    with pytest.raises(TerminalKeyError):
        find_chain(_Key(terminal, circle), ["UTCVCA00001"])


@pytest.mark.skipif(shutil.which("cvc-create") is None, reason="OpenPACE's cvc-create is not installed")
def test_the_key_that_cvc_create_makes_for_a_terminal_is_read(tmp_path: Path) -> None:
    (tmp_path / "dv.pkcs8").write_bytes(_explicit_key_file(3))
    (tmp_path / "dv.cv").write_bytes(NEW_CVCA.issue(DV))
    # OpenPACE learns the curve of the verifier from its key, and writes the terminal's as RFC 5915 has it.
    command = ["cvc-create", "--role=terminal", "--chat=03", "--chr=UTIS00009", "--scheme=ECDSA_SHA_256"]
    command += ["--issued=240102", "--expires=260304", "--sign-with=dv.pkcs8", "--sign-as=dv.cv"]
    command += ["--out-key=is.pkcs8", "--out-cert=is.cv"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    key = load_terminal_key((tmp_path / "is.pkcs8").read_bytes(), [(tmp_path / "is.cv").read_bytes(), *CERTIFICATES])
    assert isinstance(key, FileTerminalKey)
    assert _references(find_chain(key, ["UTCVCA00002"])) == ["UTDV00001", "UTIS00009"]
    resolved = key.certificate.public_key.resolve(DV.public)
    verify_signature(resolved.key, resolved.algorithm, b"data", key.sign(b"data"))


def test_a_flipped_byte_of_a_key_file_is_a_terminal_key_error_or_another_key() -> None:
    data = FILES["explicit parameters"]
    for place in range(len(data)):
        damaged = data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]
        try:
            load_terminal_key(damaged, CERTIFICATES)
        except TerminalKeyError:
            continue
        assert tlv.parse_one(damaged)  # damage that changes nothing that matters
