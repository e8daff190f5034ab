"""EF.SOD in the forms of the field: each is accepted, and refused when one byte of it is changed.

The command ``openssl cms -verify`` is asked about each as well, up to the CSCA; where it cannot, the row says why.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.lds.ef_sod import build_sod
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.trust.store import TrustStore
from chipid.verification.report import Check, Reason, Report, Result, Verdict
from tests.pki import builders
from tests.scenarios import readings
from tests.support import sods
from tests.support.sods import Envelope
from tests.verification import forge

CERTIFICATE = forge.signer_certificate()
CSCA_OF_ANOTHER_NUMBER = forge.csca_certificate(serial=der.encode_integer(9))
OTHER_CERTIFICATE = forge.signer_certificate(holder=forge.OTHER_CSCA, serial=der.encode_integer(8))
RSA_CERTIFICATE = forge.signer_certificate(
    spki=builders.rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
SID = builders.issuer_and_serial(forge.CSCA)
PLAIN_SHA256 = encode_algorithm_identifier(oids.ECDSA_PLAIN_SHA256)
RSA_ENCRYPTION = encode_algorithm_identifier(oids.RSA_ENCRYPTION, der.encode_null())
RSA_SHA256 = encode_algorithm_identifier(oids.SHA256_WITH_RSA, der.encode_null())
UNKNOWN_ATTRIBUTE = builders.attribute("1.2.3.4.5", der.encode_octet_string(b"of the maker"), der.encode_null())


def envelope(**changes: object) -> Envelope:
    usual = {"certificates": [CERTIFICATE], "sid": SID, "sign": sods.ecdsa(forge.SIGNER)}
    return Envelope(**{**usual, **changes})  # type: ignore[arg-type]


def sign_pss(message: bytes) -> bytes:
    return builders.rsa_key().sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def pss_sha256() -> bytes:
    """id-RSASSA-PSS with SHA-256, MGF1 over SHA-256 and a salt of 32 bytes (RFC 4055 §3.1)."""
    sha256 = encode_algorithm_identifier(oids.SHA256)
    mgf = encode_algorithm_identifier("1.2.840.113549.1.1.8", sha256)
    parts = [b"\xa0" + _short(sha256), b"\xa1" + _short(mgf), b"\xa2" + _short(der.encode_integer(32))]
    return encode_algorithm_identifier(oids.RSASSA_PSS, der.encode_sequence(*parts))


def _short(value: bytes) -> bytes:
    return bytes((len(value),)) + value


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form; ``stored`` is a signer that only the trust store has, ``not_for_openssl`` why that cannot judge it."""

    name: str
    envelope: Envelope
    version: int = 0
    write: Callable[[bytes], bytes] = bytes
    stored: bytes | None = None
    not_for_openssl: str = ""

    def sod(self) -> bytes:
        content = build_lds_security_object(
            "sha256", dict(sorted(forge.hashes_of(forge.genuine()).items())), version=self.version
        )
        return build_sod(self.write(self.envelope.seal(content)))

    def sign_again_with_another_key(self) -> bytes:
        """The same form under the same certificate, signed by somebody else."""
        return replace(self, envelope=replace(self.envelope, sign=sods.ecdsa(forge.OTHER_CSCA))).sod()

    def judge(self, sod: bytes) -> Report:
        certificates = [forge.csca_certificate(), *([] if self.stored is None else [self.stored])]
        store = TrustStore.from_certificates(certificates, source="test")
        return readings.judged(forge.with_file(forge.genuine(), FileId.SOD, sod), store)


FORMS = (
    Form(name="SignerInfo v1 by issuer and serial number", envelope=envelope()),
    Form(name="SignerInfo v3 by key identifier", envelope=envelope(sid=sods.key_identifier(forge.SIGNER))),
    Form(name="the DS in the store alone, by number", envelope=envelope(certificates=[]), stored=CERTIFICATE),
    Form(
        name="the DS in the store alone, by key identifier",
        envelope=envelope(certificates=[], sid=sods.key_identifier(forge.SIGNER)),
        stored=CERTIFICATE,
    ),
    Form(
        name="several certificates, the DS last",
        envelope=envelope(certificates=[CSCA_OF_ANOTHER_NUMBER, OTHER_CERTIFICATE, CERTIFICATE]),
    ),
    Form(
        name="digest of the content differs from the hash of the signature",
        envelope=envelope(
            digest_name="sha512",
            sign=sods.ecdsa(forge.SIGNER, "sha256"),
            signature_algorithm=builders.ECDSA_SHA256,
        ),
        not_for_openssl="takes the hash of the content for that of the signature",
    ),
    Form(
        name="SHA-384 throughout",
        envelope=envelope(
            digest_name="sha384",
            sign=sods.ecdsa(forge.SIGNER, "sha384"),
            signature_algorithm=encode_algorithm_identifier(oids.ECDSA_WITH_SHA384),
        ),
    ),
    Form(name="BER with indefinite lengths", envelope=envelope(), write=sods.indefinite),
    Form(name="BER in pieces of a byte", envelope=envelope(), write=lambda data: sods.indefinite(data, chunk=1)),
    Form(
        name="plain ECDSA",
        envelope=envelope(sign=sods.plain_ecdsa(forge.SIGNER), signature_algorithm=PLAIN_SHA256),
        not_for_openssl="does not know the signatures of BSI TR-03111",
    ),
    Form(
        name="rsaEncryption as the signature's algorithm",
        envelope=envelope(
            certificates=[RSA_CERTIFICATE], sign=builders.sign_with_rsa, signature_algorithm=RSA_ENCRYPTION
        ),
    ),
    Form(
        name="sha256WithRSAEncryption",
        envelope=envelope(certificates=[RSA_CERTIFICATE], sign=builders.sign_with_rsa, signature_algorithm=RSA_SHA256),
    ),
    Form(
        name="RSA-PSS",
        envelope=envelope(certificates=[RSA_CERTIFICATE], sign=sign_pss, signature_algorithm=pss_sha256()),
    ),
    Form(name="LDS security object v1", envelope=envelope(), version=1),
    Form(name="an unknown signed attribute", envelope=envelope(attributes=[UNKNOWN_ATTRIBUTE])),
    Form(name="an unknown unsigned attribute", envelope=envelope(unsigned_attributes=[UNKNOWN_ATTRIBUTE])),
    Form(name="no signing time", envelope=envelope(signed_at=None)),
    Form(name="no signed attributes", envelope=envelope(without_attributes=True)),
)


def by_name(form: Form) -> str:
    return form.name


@pytest.mark.parametrize("form", FORMS, ids=by_name)
def test_every_form_of_the_field_is_accepted(form: Form) -> None:
    report = form.judge(form.sod())
    assert readings.outcome(report, Check.SOD_SIGNATURE) == (Result.PASSED, Reason.VERIFIED)
    assert readings.outcome(report, Check.SIGNER_CHAIN) == (Result.PASSED, Reason.VERIFIED)
    assert report.verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("form", [form for form in FORMS if form.write is bytes], ids=by_name)
def test_no_form_lets_a_changed_hash_or_signature_through(form: Form) -> None:
    digest = forge.hashes_of(forge.genuine())[2]
    sod = form.sod()
    for changed in (sod.replace(digest, forge.flipped(digest, 0)), form.sign_again_with_another_key()):
        report = form.judge(changed)
        assert readings.outcome(report, Check.SOD_SIGNATURE)[0] is Result.FAILED
        assert report.verdict is Verdict.REJECTED


def openssl(folder: Path, form: Form, content_info: bytes) -> subprocess.CompletedProcess[bytes]:
    """Ask OpenSSL, with the CSCA as its only anchor, as of the day of signing."""
    (folder / "sod").write_bytes(content_info)
    for name, raw in (("csca", forge.csca_certificate()), ("ds", form.stored)):
        if raw is not None:
            pem = subprocess.run(
                ["openssl", "x509", "-inform", "DER"], input=raw, capture_output=True, check=True
            ).stdout
            (folder / f"{name}.pem").write_bytes(pem)
    options = [] if form.stored is None else ["-certfile", "ds.pem"]
    attime = str(int(sods.SIGNED_AT.timestamp()))
    command = "openssl cms -verify -inform DER -in sod -CAfile csca.pem -purpose any -binary -out content -attime"
    return subprocess.run([*command.split(), attime, *options], cwd=folder, capture_output=True, check=False)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the command openssl is not there")
@pytest.mark.parametrize("form", [form for form in FORMS if not form.not_for_openssl], ids=by_name)
def test_openssl_accepts_the_same_form(form: Form, tmp_path: Path) -> None:
    content_info = form.write(form.envelope.seal(b"content"))
    answer = openssl(tmp_path, form, content_info)
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "content").read_bytes() == b"content"
    if form.write is bytes:
        forged = content_info.replace(b"content", b"contend")
        assert openssl(tmp_path, form, forged).returncode != 0
