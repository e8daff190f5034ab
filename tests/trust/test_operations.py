from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl

from chipid.asn1 import der, oids
from chipid.errors import TrustStoreError
from chipid.trust import operations
from chipid.trust.draft import ImportReport
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.operations import Approval
from chipid.trust.records import CertificateRecord, ListKind
from tests.support import issuing
from tests.support.ldif import attribute, entry

OWNER = "Nguyễn Văn A"
DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
DS = issuing.document_signer(VN, "VN")
LIST = issuing.sign_list(issuing.list_content([DE.raw, VN.raw]), issuing.list_signer(DE, "DE"))


@pytest.fixture
def bring(tmp_path: Path) -> "Bring":
    return Bring(tmp_path)


class Bring:
    """Writes a file and imports it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"

    def __call__(self, name: str, data: bytes, **approval: object) -> ImportReport:
        (self.folder / name).write_bytes(data)
        given = Approval(by=OWNER, **approval)  # type: ignore[arg-type]
        return operations.import_file(self.store, self.folder / name, given, issuing.NOW)


def test_files_are_recognised_by_what_is_in_them(bring: Bring) -> None:
    assert len(bring("germany.txt", DE.raw, certificates=[DE.fingerprint]).certificates) == 1
    assert len(bring("list.bin", LIST).certificates) == 1
    assert len(bring("vn.cer", issuing.revoke(VN, [])).crls) == 1
    described = der.encode_sequence(der.encode_oid("2.23.136.1.1.7.1"))
    deviations = der.encode_set(der.encode_sequence(der.encode_sequence(), der.encode_set(described)))
    signer = issuing.list_signer(VN, "VN", "DL", issuing.DEVIATION_SIGNER)
    content = der.encode_sequence(der.encode_integer(0), deviations)
    deviation_list = issuing.sign_list(content, signer, content_type=oids.ICAO_DEVIATION_LIST)
    assert bring("deviations", deviation_list).lists[0].kind is ListKind.DEVIATION_LIST
    assert len(bring("pkd", entry(attribute("userCertificate;binary", DS.raw)).encode()).certificates) == 1
    listing = operations.list_store(bring.store)
    assert (len(listing.certificates), len(listing.document_signers), len(listing.crls), len(listing.lists)) == (
        2,
        1,
        1,
        2,
    )
    assert listing.generation == 5


def test_pem_files_are_read_too(bring: Bring) -> None:
    both = b"".join(load_der_x509_certificate(one.raw).public_bytes(Encoding.PEM) for one in (VN, FR))
    report = bring("both.pem", both, certificates=[VN.fingerprint, FR.fingerprint])
    assert len(report.certificates) == 2
    crl = load_der_x509_crl(issuing.revoke(VN, [])).public_bytes(Encoding.PEM)
    assert len(bring("crl.pem", crl).crls) == 1
    with pytest.raises(TrustStoreError, match="several"):
        bring("mixed.pem", both + crl)


def test_a_fingerprint_may_be_written_as_people_copy_it(bring: Bring) -> None:
    written = ":".join(VN.fingerprint[place : place + 2] for place in range(0, 64, 2)).upper()
    assert len(bring("vn.cer", VN.raw, certificates=[f" {written} "]).certificates) == 1
    for wrong in (VN.fingerprint[:40], "g" * 64, ""):
        with pytest.raises(TrustStoreError, match="fingerprint"):
            bring("vn.cer", VN.raw, certificates=[wrong])


def test_a_refused_file_makes_no_store(bring: Bring) -> None:
    with pytest.raises(TrustRefusedError) as caught:
        bring("vn.cer", VN.raw)
    assert caught.value.refusal is Refusal.NOT_APPROVED
    assert not bring.store.exists()


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x80", b"0\x03\x02\x01\x00", b"\xff" * 40, b"dn: x", b"hello\n\n"])
def test_a_file_that_is_nothing_known_is_named(bring: Bring, data: bytes) -> None:
    with pytest.raises(TrustStoreError, match="strange"):
        bring("strange", data)
    assert not bring.store.exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreError, match="missing"):
        operations.import_file(tmp_path / "store", tmp_path / "missing", Approval(by=OWNER), issuing.NOW)
    with pytest.raises(TrustStoreError, match="missing"):
        operations.diff(tmp_path / "missing", tmp_path)


def test_a_listing_can_be_of_one_state(bring: Bring) -> None:
    bring("a.cer", VN.raw, certificates=[VN.fingerprint])
    bring("b.cer", FR.raw, certificates=[FR.fingerprint])
    assert [one.country for one in operations.list_store(bring.store, country="vn").certificates] == ["VN"]


def test_a_thing_is_shown_with_its_bytes_and_its_way_to_trust(bring: Bring) -> None:
    bring("a.cer", VN.raw, certificates=[VN.fingerprint])
    bring("ds.cer", DS.raw)
    shown = operations.show(bring.store, DS.fingerprint[:12])
    assert shown.data == DS.raw
    assert [one.fingerprint for one in shown.path] == [DS.fingerprint, VN.fingerprint]
    assert isinstance(shown.record, CertificateRecord)
    assert shown.record.provenance[0].approved_by == OWNER
    with pytest.raises(TrustStoreError):
        operations.show(bring.store, "0" * 64)


def test_the_owner_audits_and_removes_on_disk(bring: Bring) -> None:
    bring("a.cer", VN.raw, certificates=[VN.fingerprint])
    bring("ds.cer", DS.raw)
    assert operations.audit(bring.store, issuing.NOW).document_signers == 1
    report = operations.remove(bring.store, VN.fingerprint)
    assert len(report.certificates) == 2
    assert operations.list_store(bring.store).certificates == ()
    with pytest.raises(TrustStoreError):
        operations.remove(bring.folder, VN.fingerprint)


def test_stores_and_list_files_are_compared(bring: Bring) -> None:
    bring("a.cer", DE.raw, certificates=[DE.fingerprint])
    (bring.folder / "list.ml").write_bytes(LIST)
    found = operations.diff(bring.store, bring.folder / "list.ml")
    assert [one.fingerprint for one in found.added] == [VN.fingerprint]
    with pytest.raises(TrustStoreError, match=r"a\.cer"):
        operations.diff(bring.store, bring.folder / "a.cer")


def test_a_plain_folder_is_not_turned_into_a_store(bring: Bring) -> None:
    bring.store.mkdir()
    (bring.store / "mine.cer").write_bytes(FR.raw)
    with pytest.raises(TrustStoreError, match=r"mine\.cer"):
        bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    assert [one.country for one in operations.list_store(bring.store).certificates] == ["FR"]
