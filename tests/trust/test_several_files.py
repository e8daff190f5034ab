"""Several files in one command: none waits for another by its place, and what is refused stops nothing else."""

from __future__ import annotations

import base64
from itertools import permutations
from pathlib import Path

import pytest

from chipid.asn1 import der, oids
from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust import operations
from chipid.trust.approval import Approval
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.operations import Imports
from tests.support import issuing
from tests.support.ldif import attribute, entry

OLD, NEW, FR = issuing.csca("VN"), issuing.csca("VN", "2"), issuing.csca("FR")
LINK, DS = issuing.link(NEW, OLD), issuing.document_signer(NEW, "VN")
CRL = issuing.revoke(NEW, [])
DIRECTORY = entry(attribute("userCertificate;binary", issuing.document_signer(FR, "FR").raw)).encode()


def deviation_list() -> bytes:
    described = der.encode_set(der.encode_sequence(der.encode_oid(oids.ICAO_DEVIATION_CHIP)))
    deviations = der.encode_set(der.encode_sequence(der.encode_sequence(), described))
    signer = issuing.list_signer(NEW, "VN", "DL", issuing.DEVIATION_SIGNER)
    content = der.encode_sequence(der.encode_integer(0), deviations)
    return issuing.sign_list(content, signer, content_type=oids.ICAO_DEVIATION_LIST)


FILES = {"csca.cer": OLD.raw, "link.cer": LINK.raw, "ds.cer": DS.raw, "a.crl": CRL, "a.dl": deviation_list()}


def bring(folder: Path, *names: str, **files: bytes) -> Imports:
    for name, data in {**FILES, **files}.items():
        (folder / name).write_bytes(data)
    approved = [OLD.fingerprint] if {"csca.cer", "all.pem"} & set(names) else []
    approval = Approval(by="Nguyễn Văn A", certificates=approved)
    return operations.import_files(folder / "store", [folder / name for name in names], approval, issuing.NOW)


@pytest.mark.parametrize("order", list(permutations(FILES))[::7], ids=" ".join)
def test_files_that_need_each_other_come_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    done = bring(tmp_path, *order)
    assert [one.delivery.file for one in done.files] == list(order)
    assert done.error is None
    listing = operations.list_store(tmp_path / "store")
    things = (listing.certificates, listing.document_signers, listing.crls, listing.lists)
    assert [len(one) for one in things] == [2, 1, 1, 1]
    assert listing.generation == 1


def test_certificates_of_one_file_come_in_any_order(tmp_path: Path) -> None:
    pem = "".join(
        f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(one).decode()}\n-----END CERTIFICATE-----\n"
        for one in (issuing.document_signer(OLD, "VN").raw, LINK.raw, OLD.raw)
    )
    (report,) = bring(tmp_path, "all.pem", **{"all.pem": pem.encode()}).files
    assert len(report.certificates) == 3


def test_nothing_comes_in_if_one_of_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrustRefusedError) as caught:
        bring(tmp_path, "fr.cer", "csca.cer", **{"fr.cer": FR.raw})
    assert caught.value.refusal is Refusal.NOT_APPROVED
    assert caught.value.details["file"] == "fr.cer"
    assert not (tmp_path / "store").exists()


def test_an_ldif_of_which_all_is_refused_makes_no_store_and_is_an_error(tmp_path: Path) -> None:
    for names in (["pkd.ldif"], ["csca.cer", "pkd.ldif"]):
        done = bring(tmp_path, *names, **{"pkd.ldif": DIRECTORY})
        (report,) = done.files
        assert len(report.refused) == 1
        assert done.error is not None
        assert done.error.refusal is Refusal.ISSUER_UNKNOWN
        assert done.error.details["file"] == "pkd.ldif"
        assert not (tmp_path / "store").exists()


def test_an_ldif_of_which_something_was_known_is_no_error(tmp_path: Path) -> None:
    both = DIRECTORY + entry(attribute("certificateRevocationList;binary", CRL)).encode()
    bring(tmp_path, "csca.cer", "link.cer", "a.crl")
    done = bring(tmp_path, "pkd.ldif", **{"pkd.ldif": both})
    assert done.error is None
    (report,) = done.files
    assert (report.known_lists, len(report.refused)) == (1, 1)
    assert operations.list_store(tmp_path / "store").generation == 2


def test_nothing_comes_in_if_one_of_the_files_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreError) as caught:
        bring(tmp_path, "csca.cer", "absent.cer")
    assert caught.value.problem is StoreProblem.FILE_MISSING
    assert not (tmp_path / "store").exists()
