"""A third opinion: cvc-create and cvc-print of OpenPACE write and read the same certificates."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.keys import ECPublicKey, encode_ec_parameters
from chipid.crypto.points import KeyPair, encode_point
from chipid.errors import SignatureError
from chipid.pki.chat import Role, inspection_chat
from chipid.pki.cv_certificate import parse_cv_certificate
from chipid.pki.cv_chain import trust_point_of, verify_chain
from tests.pki.cv_builders import BOTH, Authority, rsa_key
from tests.support.third_opinions import needs_programs

pytestmark = needs_programs("openpace", "cvc-create", "cvc-print")

ISSUED, EXPIRES, DAY = date(2024, 1, 1), date(2090, 1, 1), date(2025, 1, 1)


def test_the_certificates_of_cvc_create_are_read_and_verified(tmp_path: Path) -> None:
    curve = CURVES["brainpoolP256r1"]
    keys = {name: tmp_path / f"{name}.pkcs8" for name in ("cvca", "dv")}
    for number, path in enumerate(keys.values(), start=1000):
        path.write_bytes(pkcs8(curve, number))
    files = {name: tmp_path / f"{name}.cv" for name in ("cvca", "dv", "is")}
    root = ["--role=cvca", "--type=is", "--chat=C3", "--chr=UTCVCA00001", f"--key={keys['cvca']}"]
    create(files["cvca"], keys["cvca"], *root)
    verifier = ["--role=dv_domestic", "--chat=83", "--chr=UTDV00001", f"--key={keys['dv']}"]
    create(files["dv"], keys["cvca"], *verifier, f"--sign-as={files['cvca']}")
    terminal = ["--role=terminal", "--chat=02", "--chr=UTIS00001", f"--out-key={tmp_path / 'is.pkcs8'}"]
    create(files["is"], keys["dv"], *terminal, f"--sign-as={files['dv']}")
    cvca, dv, terminal_ = (parse_cv_certificate(path.read_bytes()) for path in files.values())
    assert cvca.public_key.curve == curve
    assert (cvca.effective_date, cvca.expiration_date) == (ISSUED, EXPIRES)
    assert cvca.chat == inspection_chat(Role.CVCA, BOTH)
    assert dv.public_key.curve is None
    point = trust_point_of(cvca)
    assert point.key.key == ECPublicKey(curve=curve, point=KeyPair(curve, 1000).public, explicit=True)
    assert verify_chain([dv, terminal_], point, on=DAY).rights == b"\x02"


@pytest.mark.parametrize("scheme", ["RSA_v1_5_SHA_256", "RSA_v1_5_SHA_512", "RSA_PSS_SHA_256"])
def test_an_rsa_certificate_of_cvc_create_verifies_unless_its_salt_has_another_length(
    tmp_path: Path, scheme: str
) -> None:
    key, file = tmp_path / "rsa.pkcs8", tmp_path / "rsa.cv"
    key.write_bytes(rsa_key(1).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    root = ["--role=cvca", "--type=is", "--chat=C3", "--chr=UTCVCA00001", f"--key={key}"]
    create(file, key, *root, scheme=scheme)
    certificate = parse_cv_certificate(file.read_bytes())
    if "PSS" not in scheme:
        trust_point_of(certificate)
        return
    # OpenPACE takes the longest salt that fits, where Doc 9303-11 §7.1.4.1.1 says as long as the hash value.
    with pytest.raises(SignatureError):
        trust_point_of(certificate)


@pytest.mark.parametrize(
    ("oid", "curve"),
    [
        (oids.ID_TA_ECDSA_SHA_256, "brainpoolP256r1"),
        (oids.ID_TA_ECDSA_SHA_256, "secp256r1"),
        (oids.ID_TA_ECDSA_SHA_384, "brainpoolP384r1"),
        (oids.ID_TA_RSA_V1_5_SHA_256, "brainpoolP256r1"),
        (oids.ID_TA_RSA_PSS_SHA_256, "brainpoolP256r1"),
    ],
    ids=lambda value: oids.name_of(value) if value[0].isdigit() else value,
)
def test_our_certificates_are_read_and_verified_by_cvc_print(tmp_path: Path, oid: str, curve: str) -> None:
    root = Authority("UTCVCA00001", Role.CVCA, oid=oid, curve=CURVES[curve])
    dv = Authority("UTDV00001", Role.DV_FOREIGN, oid=oid, curve=CURVES[curve], number=2)
    # OpenPACE asks the machine's clock whether a certificate has begun and ended.
    today = datetime.now(tz=UTC).date()
    dates = {"effective": today - timedelta(days=2), "expiration": today + timedelta(days=2)}
    (tmp_path / "UTCVCA00001").write_bytes(root.issue(root, **dates))
    (tmp_path / "dv.cv").write_bytes(root.issue(dv, **dates))
    for name, words in (("UTCVCA00001", ("CVCA certificate", "CHR: UTCVCA00001")), ("dv.cv", ("CHR: UTDV00001",))):
        printed = run("cvc-print", f"--cvc={tmp_path / name}", f"--cvc-dir={tmp_path}")
        for word in ("certificate verified", "CAR: UTCVCA00001", "Read fingerprint", "Read iris", *words):
            assert word in printed
        assert f"Effective Date: {dates['effective']}" in printed
        assert f"Expiration Date: {dates['expiration']}" in printed


def create(out: Path, sign_with: Path, *options: str, scheme: str = "ECDSA_SHA_256") -> None:
    dates = (f"--issued={ISSUED:%y%m%d}", f"--expires={EXPIRES:%y%m%d}")
    run("cvc-create", f"--out-cert={out}", f"--sign-with={sign_with}", f"--scheme={scheme}", *dates, *options)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pkcs8(curve: Curve, number: int) -> bytes:
    """A private key with explicit parameters, which is the form that OpenPACE takes (RFC 5208, RFC 5915)."""
    private = number.to_bytes(curve.order_length, "big")
    public = tlv.encode(0xA1, der.encode_bit_string(encode_point(curve, KeyPair(curve, number).public)))
    key = der.encode_sequence(der.encode_integer(1), der.encode_octet_string(private), public)
    algorithm = encode_algorithm_identifier(oids.EC_PUBLIC_KEY, encode_ec_parameters(curve))
    return der.encode_sequence(der.encode_integer(0), algorithm, der.encode_octet_string(key))
