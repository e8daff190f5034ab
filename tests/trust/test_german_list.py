"""The published German list: every certificate loads, every signature is checked, and it is quick."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from chipid.pki.certificate import parse_certificate
from chipid.pki.master_list import parse_master_list
from chipid.trust import directory
from chipid.trust.draft import Delivery, ImportReport
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.imports import import_master_list
from chipid.trust.records import Basis, Lineage, Role
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.trust import german_list
from tests.trust.support import EMPTY

pytestmark = german_list.needed


def imported() -> tuple[TrustStore, ImportReport]:
    data = german_list.LIST.read_bytes()
    delivery = Delivery.of(data, file=german_list.LIST.name, approved_by="Nguyễn Văn A", at=german_list.NOW)
    return import_master_list(EMPTY, data, delivery, pinned=[german_list.CSCA.read_bytes()])


@pytest.fixture(scope="module")
def result() -> tuple[TrustStore, ImportReport]:
    return imported()


def test_its_signer_comes_from_the_pinned_german_csca(result: tuple[TrustStore, ImportReport]) -> None:
    store, report = result
    (record,) = report.lists
    assert record.csca == parse_certificate(german_list.CSCA.read_bytes()).fingerprint
    assert record.signer_subject == "C=DE, O=bund, OU=bsi, serialNumber=0039, CN=CSCA Master List Signer"
    assert (record.country, record.entries, len(store.lists)) == ("DE", 588, 1)
    assert record.signing_time is not None
    assert record.signing_time.date().isoformat() == "2026-05-28"


def test_every_certificate_loads_and_is_classified(result: tuple[TrustStore, ImportReport]) -> None:
    store, report = result
    assert report.refused == ()
    assert len(store.anchors) == len(report.certificates) == 588
    assert len({one.record.country for one in store.anchors}) == 112
    assert report.lineages == {
        Lineage.SELF_SIGNED: 375,
        Lineage.PARENT_BY_KEY_IDENTIFIER: 200,
        Lineage.PARENT_BY_TRYING: 1,
        Lineage.PARENT_ABSENT: 12,
    }
    assert Counter(one.record.role for one in store.anchors) == {Role.CSCA: 375, Role.LINK: 213}
    assert all(one.certificate.public_key for one in store.anchors)


def test_what_its_certificates_do_otherwise_is_named(result: tuple[TrustStore, ImportReport]) -> None:
    counted = Counter(name for one in result[0].anchors for name in one.record.deviations)
    assert counted == {
        "explicit-ec-parameters": 160,
        "aki-missing": 98,
        "sha1-signature": 34,
        "rsa-small-exponent": 14,
        "ecdsa-null-parameters": 13,
        "rsa-large-key": 6,
        "countries-differ": 2,
        "pss-parameters": 2,
        "zero-serial": 1,
        "negative-serial": 1,
        "pathlen-without-ca": 1,
    }


def test_names_do_not_tell_links_from_roots(result: tuple[TrustStore, ImportReport]) -> None:
    links = [one for one in result[0].anchors if one.record.role is Role.LINK]
    same_name = [one for one in links if one.certificate.subject_name.raw == one.certificate.issuer_name.raw]
    assert len(same_name) > len(links) // 2


def test_every_certificate_says_where_it_came_from(result: tuple[TrustStore, ImportReport]) -> None:
    store, report = result
    for one in store.anchors:
        (provenance,) = one.record.provenance
        assert (provenance.basis, provenance.voucher) == (Basis.LIST, report.lists[0].fingerprint)
        assert (provenance.file, provenance.approved_by) == (german_list.LIST.name, "Nguyễn Văn A")


def test_the_vietnamese_passport_csca_is_in_it(result: tuple[TrustStore, ImportReport]) -> None:
    raw = (german_list.CSCA.parent / "VN_CSCA_epassport_2022.cer").read_bytes()
    certificate = parse_certificate(raw)
    (issuer, *_) = result[0].path(certificate)
    assert issuer.fingerprint == certificate.fingerprint
    assert "explicit-ec-parameters" in issuer.record.deviations


def test_without_the_pinned_csca_nothing_of_it_is_believed() -> None:
    data = german_list.LIST.read_bytes()
    delivery = Delivery.of(data, file="list", approved_by="Nguyễn Văn A", at=german_list.NOW)
    for pinned, refusal in (
        ([], Refusal.SIGNER_NOT_TRUSTED),
        ([issuing.csca("DE").raw], Refusal.SIGNER_NOT_OF_PINNED),
    ):
        with pytest.raises(TrustRefusedError) as caught:
            import_master_list(EMPTY, data, delivery, pinned=pinned)
        assert caught.value.refusal is refusal


def test_one_changed_byte_makes_it_worthless() -> None:
    data = bytearray(german_list.LIST.read_bytes())
    data[400_000] ^= 1
    delivery = Delivery.of(bytes(data), file="list", approved_by="Nguyễn Văn A", at=german_list.NOW)
    with pytest.raises(TrustRefusedError) as caught:
        import_master_list(EMPTY, bytes(data), delivery, pinned=[german_list.CSCA.read_bytes()])
    assert caught.value.refusal in (Refusal.SIGNATURE_WRONG, Refusal.MALFORMED)


def test_a_saved_store_opens_with_what_was_imported(tmp_path: Path) -> None:
    store, _ = imported()
    directory.save(tmp_path / "store", store.contents())
    assert TrustStore.from_directory(tmp_path / "store").anchors == store.anchors


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_openssl_finds_the_same_content_under_the_same_signature(tmp_path: Path) -> None:
    content = tmp_path / "content"
    # OpenSSL refuses chains with explicit curve parameters: it gives its opinion on the signature only.
    command = ["openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER"]
    subprocess.run([*command, "-in", german_list.LIST, "-out", content], check=True, capture_output=True)
    assert content.read_bytes() == parse_master_list(german_list.LIST.read_bytes()).signed.econtent
    damaged = tmp_path / "damaged"
    data = bytearray(german_list.LIST.read_bytes())
    data[400_000] ^= 1
    damaged.write_bytes(data)
    refused = subprocess.run([*command, "-in", damaged, "-out", content], check=False, capture_output=True)
    assert refused.returncode != 0
