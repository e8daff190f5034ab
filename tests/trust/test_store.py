from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from chipid.errors import SignatureError, TrustStoreError
from chipid.pki import certificate
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import SignerIdentifier
from chipid.pki.names import parse_name
from chipid.pki.path import IssuerUnknownError, PathReason
from chipid.trust import stored
from chipid.trust.imports import import_certificates
from chipid.trust.records import Basis, Role
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.issuing import Form, Issued
from tests.support.vectors import VECTORS
from tests.trust.support import EMPTY, approve, delivery

VN, NEW_VN, THIRD_VN = (issuing.csca("VN", label) for label in "123")
FR = issuing.csca("FR")


def pem(certificate: Issued) -> bytes:
    return load_der_x509_certificate(certificate.raw).public_bytes(Encoding.PEM)


def order(store: TrustStore, certificate: Issued) -> list[str]:
    return [one.fingerprint for one in store.candidates(parse_certificate(certificate.raw))]


# Where a store comes from


def test_a_store_without_anything_trusts_nothing() -> None:
    assert EMPTY.anchors == ()
    with pytest.raises(IssuerUnknownError) as caught:
        EMPTY.path(parse_certificate(VN.raw))
    assert caught.value.reason is PathReason.NO_ANCHORS


def test_a_plain_folder_of_der_and_pem_files_is_a_store(tmp_path: Path) -> None:
    (tmp_path / "a.cer").write_bytes(VN.raw)
    (tmp_path / "b.PEM").write_bytes(b"text before\n" + pem(FR) + pem(VN) + pem(NEW_VN))
    (tmp_path / "note.txt").write_text("no certificate")
    store = TrustStore.from_directory(tmp_path)
    assert {one.fingerprint: one.source for one in store.anchors} == {
        VN.fingerprint: "a.cer",
        FR.fingerprint: "b.PEM",
        NEW_VN.fingerprint: "b.PEM",
    }
    assert {one.record.provenance[0].basis for one in store.anchors} == {Basis.OWNER}


@pytest.mark.parametrize(
    "data", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA", VN.raw + b"\x00", bytes((1 << 20) + 1)]
)
def test_a_file_that_is_no_certificate_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "damaged.cer").write_bytes(data)
    with pytest.raises(TrustStoreError, match=r"damaged\.cer"):
        TrustStore.from_directory(tmp_path)


def test_a_private_key_among_the_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "both.pem").write_bytes(pem(VN) + b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    with pytest.raises(TrustStoreError, match=r"both\.pem"):
        TrustStore.from_directory(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreError, match="nowhere"):
        TrustStore.from_directory(tmp_path / "nowhere")


def test_certificates_can_be_given_directly() -> None:
    ds = issuing.document_signer(VN, "VN")
    store = TrustStore.from_certificates([VN.raw, ds.raw], source="simulator")
    assert [(one.fingerprint, one.source) for one in store.anchors] == [(VN.fingerprint, "simulator")]
    assert [one.record.role for one in store.signers] == [Role.DOCUMENT_SIGNER]
    with pytest.raises(TrustStoreError):
        TrustStore.from_certificates([b"\x30\x00"], source="simulator")


def test_the_published_certificates_are_anchors() -> None:
    store = TrustStore.from_directory(VECTORS / "trust")
    assert sorted(one.record.country for one in store.anchors) == ["DE", "VN", "VN"]
    for one in store.anchors:
        assert store.path(one.certificate)[0].record.key == one.record.key


# Looking for issuers


def test_the_named_key_comes_first_then_the_name_then_the_country() -> None:
    other_name = issuing.issue(issuing.name("VN", "Another CSCA"), issuing.ec_key("another"))
    store = approve(EMPTY, other_name, NEW_VN, VN, FR)
    named = issuing.document_signer(VN, "VN")
    assert order(store, named) == [VN.fingerprint, NEW_VN.fingerprint, other_name.fingerprint]
    unnamed = issuing.document_signer(VN, "VN", "unnamed", Form(aki=None, key_usage=issuing.DIGITAL_SIGNATURE))
    assert order(store, unnamed)[-1] == other_name.fingerprint


def test_a_key_that_is_named_is_a_candidate_whatever_its_country() -> None:
    store = approve(EMPTY, FR)
    stray = issuing.document_signer(FR, "VN", "stray")
    assert order(store, stray) == [FR.fingerprint]


def test_a_wrong_or_missing_key_identifier_does_not_hide_the_issuer() -> None:
    store = approve(EMPTY, VN, NEW_VN, FR)
    for aki in (None, b"wrong", FR.key.identifier):
        form = Form(aki=aki, key_usage=issuing.DIGITAL_SIGNATURE, is_issuer=None)
        ds = issuing.document_signer(NEW_VN, "VN", "any", form)
        assert store.path(parse_certificate(ds.raw))[0].fingerprint == NEW_VN.fingerprint


def test_no_country_no_key_and_a_wrong_signature_are_told_apart() -> None:
    store = approve(EMPTY, VN)
    with pytest.raises(IssuerUnknownError) as caught:
        store.path(parse_certificate(issuing.document_signer(FR, "FR").raw))
    assert caught.value.reason is PathReason.NO_COUNTRY
    with pytest.raises(IssuerUnknownError) as caught:
        store.path(parse_certificate(issuing.document_signer(NEW_VN, "VN").raw))
    assert caught.value.reason is PathReason.NO_KEY
    forged = bytearray(issuing.document_signer(VN, "VN").raw)
    forged[-1] ^= 1
    with pytest.raises(SignatureError):
        store.path(parse_certificate(bytes(forged)))


def test_a_path_leads_over_links_to_where_trust_begins() -> None:
    first, second = issuing.link(NEW_VN, VN), issuing.link(THIRD_VN, NEW_VN)
    store, _ = import_certificates(approve(EMPTY, VN), [first.raw, second.raw], delivery())
    ds = issuing.document_signer(THIRD_VN, "VN", "third")
    assert [one.fingerprint for one in store.path(parse_certificate(ds.raw))] == [
        second.fingerprint,
        first.fingerprint,
        VN.fingerprint,
    ]


def test_a_root_comes_before_a_link_with_the_same_key() -> None:
    store, _ = import_certificates(approve(EMPTY, VN), [issuing.link(NEW_VN, VN).raw], delivery())
    store = approve(store, NEW_VN)
    ds = issuing.document_signer(NEW_VN, "VN", "rolled over")
    assert [one.fingerprint for one in store.path(parse_certificate(ds.raw))] == [NEW_VN.fingerprint]


# Looking for document signers


def test_a_document_signer_is_found_by_key_identifier_or_by_issuer_and_number() -> None:
    ds = issuing.document_signer(VN, "VN")
    store, _ = import_certificates(approve(EMPTY, VN), [ds.raw], delivery())
    by_key = SignerIdentifier(issuer=None, serial=None, ski=ds.key.identifier)
    by_number = SignerIdentifier(issuer=parse_name(VN.subject), serial=ds.serial, ski=None)
    for sid in (by_key, by_number):
        assert [one.fingerprint for one in store.signer_certificates(sid)] == [ds.fingerprint]
    for sid in (
        SignerIdentifier(issuer=None, serial=None, ski=b"other"),
        SignerIdentifier(issuer=parse_name(FR.subject), serial=ds.serial, ski=None),
        SignerIdentifier(issuer=parse_name(VN.subject), serial=1, ski=None),
        SignerIdentifier(issuer=None, serial=None, ski=None),
    ):
        assert store.signer_certificates(sid) == ()


def test_things_are_found_by_the_beginning_of_their_fingerprint() -> None:
    store = approve(EMPTY, VN, FR)
    found = store.find(VN.fingerprint[:16].upper())
    assert found is not None
    assert found.record.fingerprint == VN.fingerprint
    colons = ":".join(VN.fingerprint[place : place + 2] for place in range(0, 64, 2))
    assert store.find(colons) == found
    assert store.find("") is None
    assert store.find("zz") is None


def test_a_path_is_found_where_certificates_are_decoded_at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads that look at once decode twice, and a store may hold more certificates than are remembered."""
    monkeypatch.setattr(stored, "_certificate", stored._certificate.__wrapped__)
    monkeypatch.setattr(certificate, "_parse_certificate", certificate._parse_certificate.__wrapped__)
    store = TrustStore.from_certificates([FR.raw, VN.raw], source="test")
    assert [one.fingerprint for one in store.path(parse_certificate(VN.raw))] == [VN.fingerprint]
