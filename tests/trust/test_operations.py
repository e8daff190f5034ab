import hashlib
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl

from chipid.asn1 import der, oids
from chipid.errors import TrustStoreError
from chipid.pki.master_list import parse_master_list
from chipid.trust import directory, operations
from chipid.trust.approval import Approval
from chipid.trust.draft import ImportReport
from chipid.trust.errors import ApprovalError, ManifestMissingError, Refusal, TrustRefusedError
from chipid.trust.history import as_of
from chipid.trust.imports import import_crl
from chipid.trust.records import CertificateRecord, Ended, Ending, ListKind
from chipid.trust.store import TrustStore
from chipid.trust.stored import Contents
from tests.support import issuing
from tests.support.ldif import attribute, entry
from tests.trust.support import delivery

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
        return operations.import_files(self.store, [self.folder / name], given, issuing.NOW).files[0]


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
        operations.import_files(tmp_path / "store", [tmp_path / "missing"], Approval(by=OWNER), issuing.NOW)
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
    report = operations.remove(bring.store, VN.fingerprint, by=OWNER, at=issuing.NOW)
    assert len(report.certificates) == 2
    assert operations.list_store(bring.store).certificates == ()
    with pytest.raises(TrustStoreError):
        operations.remove(bring.folder, VN.fingerprint, by=OWNER, at=issuing.NOW)


def test_stores_and_list_files_are_compared(bring: Bring) -> None:
    bring("a.cer", DE.raw, certificates=[DE.fingerprint])
    (bring.folder / "list.ml").write_bytes(LIST)
    found = operations.diff(bring.store, bring.folder / "list.ml")
    assert [one.fingerprint for one in found.added] == [VN.fingerprint]
    (bring.folder / "a.txt").write_bytes(b"no list")
    with pytest.raises(TrustStoreError, match=r"a\.txt"):
        operations.diff(bring.store, bring.folder / "a.txt")


def test_a_plain_folder_is_not_turned_into_a_store(bring: Bring) -> None:
    bring.store.mkdir()
    (bring.store / "mine.cer").write_bytes(FR.raw)
    with pytest.raises(TrustStoreError, match=r"mine\.cer"):
        bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    assert [one.country for one in operations.list_store(bring.store).certificates] == ["FR"]


# By whose word


@pytest.mark.parametrize("name", ["", "  ", "A\nB", "A\x1b[31mB", "A\u202eB", "\udcff", "A" * 201])
def test_a_change_needs_a_name_that_can_be_read(bring: Bring, name: str) -> None:
    (bring.folder / "vn.cer").write_bytes(VN.raw)
    with pytest.raises(ApprovalError, match="named"):
        Approval(by=name, certificates=[VN.fingerprint])
    bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    with pytest.raises(ApprovalError, match="named"):
        operations.remove(bring.store, VN.fingerprint, by=name, at=issuing.NOW)
    assert operations.list_store(bring.store).generation == 1


def test_a_name_is_kept_without_the_blanks_around_it(bring: Bring) -> None:
    (bring.folder / "vn.cer").write_bytes(VN.raw)
    given = Approval(by=f" {OWNER} ", certificates=[VN.fingerprint])
    (report,) = operations.import_files(bring.store, [bring.folder / "vn.cer"], given, issuing.NOW).files
    assert report.certificates[0].provenance[0].approved_by == OWNER


@pytest.mark.parametrize("kind", ["certificates", "list_signers"])
def test_a_fingerprint_that_nothing_in_the_files_has_is_a_mistake(bring: Bring, kind: str) -> None:
    bring("de.cer", DE.raw, certificates=[DE.fingerprint])
    for name, data in (("list.ml", LIST), ("vn.crl", issuing.revoke(DE, []))):
        with pytest.raises(ApprovalError, match="ab" * 32):
            bring(name, data, **{kind: ["ab" * 32]})
    assert operations.list_store(bring.store).generation == 1


def test_approvals_are_looked_for_in_all_files_of_a_command(bring: Bring) -> None:
    for name, data in (("vn.cer", VN.raw), ("fr.cer", FR.raw), ("list.ml", LIST)):
        (bring.folder / name).write_bytes(data)
    files = [bring.folder / name for name in ("vn.cer", "fr.cer", "list.ml")]
    given = [VN.fingerprint, FR.fingerprint]
    with pytest.raises(TrustRefusedError) as caught:
        operations.import_files(bring.store, files, Approval(by=OWNER, certificates=given), issuing.NOW)
    assert caught.value.refusal is Refusal.SIGNER_NOT_TRUSTED
    assert caught.value.message.startswith("list.ml: ")
    assert not bring.store.exists()  # all or nothing
    signer = hashlib.sha256(parse_master_list(LIST).signed.certificates[0]).hexdigest()
    whole = Approval(by=OWNER, certificates=given, list_signers=[signer])
    reports = operations.import_files(bring.store, files, whole, issuing.NOW).files
    assert [(len(one.certificates), one.known) for one in reports] == [(1, 0), (1, 0), (1, 1)]
    assert operations.list_store(bring.store).generation == 1


def test_a_file_name_that_cannot_be_shown_is_kept_readable(bring: Bring) -> None:
    report = bring("a\x1b[31m.cer", VN.raw, certificates=[VN.fingerprint])
    assert report.delivery.file == "a\N{REPLACEMENT CHARACTER}[31m.cer"


# Two at once


def test_a_change_that_comes_second_is_made_again_on_top_of_the_first(bring: Bring) -> None:
    """The first one is made while the second is at work, between opening and writing."""
    bring("de.cer", DE.raw, certificates=[DE.fingerprint])
    seen: list[int] = []

    def change(contents: Contents) -> tuple[Contents, str]:
        seen.append(contents.generation)
        if len(seen) == 1:
            bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
        added = TrustStore.from_certificates([FR.raw], source="fr.cer").anchors
        return replace(contents, anchors=(*contents.anchors, *added)), "done"

    assert directory.update(bring.store, change, approved_by=OWNER, at=issuing.NOW) == "done"
    assert seen == [1, 2]
    assert {one.country for one in operations.list_store(bring.store).certificates} == {"DE", "VN", "FR"}


def test_the_first_two_changes_of_a_store_that_is_not_there_yet_are_both_made(bring: Bring) -> None:
    seen: list[int] = []

    def change(contents: Contents) -> tuple[Contents, None]:
        seen.append(contents.generation)
        if len(seen) == 1:
            bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
        added = TrustStore.from_certificates([FR.raw], source="fr.cer").anchors
        return replace(contents, anchors=(*contents.anchors, *added)), None

    directory.update(bring.store, change, approved_by=OWNER, at=issuing.NOW)
    assert {one.country for one in operations.list_store(bring.store).certificates} == {"VN", "FR"}


def test_a_store_that_somebody_else_begins_is_no_folder_of_other_things(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there when it was looked for, and is when the folder is."""
    bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    answers = iter((False, False))
    real = directory.holds_store
    monkeypatch.setattr(directory, "holds_store", lambda folder: next(answers, True) and real(folder))
    bring("fr.cer", FR.raw, certificates=[FR.fingerprint])
    assert {one.country for one in operations.list_store(bring.store).certificates} == {"VN", "FR"}


def test_what_the_first_change_makes_impossible_is_refused_to_the_second(bring: Bring) -> None:
    """A list is newer than the one that was there when its import began, and older than the one that came meanwhile."""
    bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    day = timedelta(days=1)
    old, new = (issuing.revoke(VN, [], this_update=issuing.NOW - days * day) for days in (2, 1))
    seen: list[int] = []

    def change(contents: Contents) -> tuple[Contents, None]:
        seen.append(contents.generation)
        if len(seen) == 1:
            bring("new.crl", new)
        return import_crl(TrustStore.from_contents(contents), old, delivery())[0].contents(), None

    with pytest.raises(TrustRefusedError) as caught:
        directory.update(bring.store, change, approved_by=OWNER, at=issuing.NOW)
    assert caught.value.refusal is Refusal.OLDER_THAN_STORED
    assert operations.list_store(bring.store).generation == 2


def test_a_change_that_fails_because_of_another_is_made_again(bring: Bring) -> None:
    """What it was to read was taken away while it was at work; what still fails then is told."""
    bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    seen: list[int] = []

    def change(contents: Contents) -> tuple[Contents, str]:
        seen.append(contents.generation)
        if len(seen) == 1:
            bring("de.cer", DE.raw, certificates=[DE.fingerprint])
            raise TrustStoreError("gone")
        if len(seen) > 2:
            raise TrustStoreError("still gone")
        return contents, "done"

    assert directory.update(bring.store, change, approved_by=OWNER, at=issuing.NOW) == "done"
    with pytest.raises(TrustStoreError, match="still gone"):
        directory.update(bring.store, change, approved_by=OWNER, at=issuing.NOW)
    assert (seen, operations.list_store(bring.store).generation) == ([1, 2, 3], 3)


IMPORTING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from chipid.trust import operations
from chipid.trust.approval import Approval

store, file, fingerprint = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
given = Approval(by="A", certificates=[fingerprint])
operations.import_files(Path(store), [Path(file)], given, datetime(2026, 6, 1, tzinfo=UTC))
"""


def test_processes_that_import_at_once_all_succeed(bring: Bring) -> None:
    processes = []
    for one in (DE, VN, FR):
        file = bring.folder / f"{one.fingerprint}.cer"
        file.write_bytes(one.raw)
        command = [sys.executable, "-c", IMPORTING, str(bring.store), str(file), one.fingerprint]
        root = Path(__file__).parents[2]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
        processes.append(process)
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    listing = operations.list_store(bring.store)
    assert (listing.generation, {one.country for one in listing.certificates}) == (3, {"DE", "VN", "FR"})


# An earlier day


def test_each_change_is_numbered_and_the_number_of_an_earlier_day_is_known(bring: Bring) -> None:
    day = timedelta(days=1)
    bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    operations.remove(bring.store, VN.fingerprint, by="Trần Thị B", at=issuing.NOW + day)
    store = TrustStore.from_directory(bring.store)
    assert [as_of(store, issuing.NOW + days * day).generation for days in (-1, 0, 1)] == [0, 1, 2]
    assert [(one.generation, one.approved_by) for one in store.past.changes()] == [(1, OWNER), (2, "Trần Thị B")]


def test_what_has_left_the_store_is_shown_by_its_fingerprint_only(bring: Bring) -> None:
    bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    bring("ds.cer", DS.raw)
    operations.remove(bring.store, DS.fingerprint, by="Trần Thị B", at=issuing.NOW)
    assert operations.list_store(bring.store).document_signers == ()
    shown = operations.show(bring.store, DS.fingerprint[:12])
    assert (shown.data, shown.path) == (DS.raw, ())
    assert shown.ended == Ended(until=issuing.NOW, ending=Ending.REMOVED, ended_by="Trần Thị B")
    operations.remove(bring.store, DS.fingerprint, by=OWNER, at=issuing.NOW, wipe=True)
    with pytest.raises(TrustStoreError):
        operations.show(bring.store, DS.fingerprint)


# A manifest that is lost


def test_a_store_without_its_manifest_is_neither_shown_nor_changed(bring: Bring) -> None:
    bring("vn.cer", VN.raw, certificates=[VN.fingerprint])
    (bring.store / directory.MANIFEST).unlink()
    kept = sorted((bring.store / directory.OBJECTS).iterdir())
    for attempt in (
        lambda: operations.list_store(bring.store),
        lambda: operations.audit(bring.store, issuing.NOW),
        lambda: operations.remove(bring.store, VN.fingerprint, by=OWNER, at=issuing.NOW),
        lambda: operations.diff(bring.store, bring.store),
        lambda: bring("fr.cer", FR.raw, certificates=[FR.fingerprint]),
    ):
        with pytest.raises(ManifestMissingError):
            attempt()
    assert sorted((bring.store / directory.OBJECTS).iterdir()) == kept
