"""The files of an issuing state, read by the library's own importers and by OpenSSL."""

from __future__ import annotations

import io
from datetime import date

import pytest
from cryptography import x509

from chipid.pki.ldif import PKDKind, read_pkd
from chipid.pki.master_list import parse_master_list
from simulator.personalisation.profile import load_profile
from simulator.pki.export import published_files
from simulator.pki.issuer import IssuingAuthority, establish
from simulator.randomness import SeededEntropy


@pytest.fixture(scope="module")
def issuer() -> IssuingAuthority:
    plan = load_profile("cccd-2021").issuer
    return establish(plan, entropy=SeededEntropy(b"export"), issued_on=date(2023, 6, 1), architecture="rollover")


def test_every_certificate_is_there_in_der_and_pem(issuer: IssuingAuthority) -> None:
    files = published_files(issuer)
    for name in ("old-csca", "csca", "link"):
        der = x509.load_der_x509_certificate(files[f"{name}.cer"])
        assert x509.load_pem_x509_certificate(files[f"{name}.pem"]) == der
    assert files["signer-signer.der"] == issuer.signer.certificate


def test_the_directory_files_hold_what_the_files_hold(issuer: IssuingAuthority) -> None:
    files = published_files(issuer)
    found = list(read_pkd(io.BytesIO(files["pkd-signers.ldif"]))) + list(
        read_pkd(io.BytesIO(files["pkd-masterlist.ldif"]))
    )
    assert [(one.kind, one.data) for one in found] == [
        (PKDKind.CERTIFICATE, files["signer-signer.der"]),
        (PKDKind.CRL, files["revocation.crl"]),
        (PKDKind.MASTER_LIST, files["masterlist.ml"]),
    ]
    assert all(len(line) <= 76 for line in files["pkd-signers.ldif"].splitlines())


def test_the_master_list_has_all_csca_certificates(issuer: IssuingAuthority) -> None:
    files = published_files(issuer)
    listed = parse_master_list(files["masterlist.ml"])
    assert set(listed.certificates) == {files[f"{name}.cer"] for name in ("old-csca", "csca", "link")}


def test_the_files_are_the_same_every_time(issuer: IssuingAuthority) -> None:
    assert published_files(issuer) == published_files(issuer)
