import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chipid.errors import StoreProblem, TrustStoreError
from chipid.pki.certificate import parse_certificate
from chipid.pki.extensions import MAX_KEY_IDENTIFIER_BYTES
from chipid.trust import bundles, directory, removal
from chipid.trust.errors import ManifestMissingError
from chipid.trust.history import as_of
from chipid.trust.imports import import_certificates, import_crl, import_master_list
from chipid.trust.safe_files import PART
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.trust.support import EMPTY, approve, delivery, fingerprints

DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")


def full_store() -> TrustStore:
    """A store with something of everything."""
    store = approve(EMPTY, DE)
    signer = issuing.list_signer(DE, "DE")
    store, _ = import_master_list(store, issuing.sign_list(issuing.list_content([VN.raw]), signer), delivery("DE.ml"))
    store, _ = import_crl(store, issuing.revoke(VN, [7]), delivery("VN.crl"))
    ds = issuing.document_signer(VN, "VN")
    return approve(store, ds)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    store = full_store()
    assert directory.save(tmp_path / "store", store.contents()) == 1
    opened = TrustStore.from_directory(tmp_path / "store")
    assert opened.generation == 1
    assert (opened.anchors, opened.signers, opened.crls, opened.lists) == (
        store.anchors,
        store.signers,
        store.crls,
        store.lists,
    )
    assert opened.anchors[0].certificate.raw == DE.raw
    assert opened.crls[0].crl.find(7) is not None
    assert opened.lists[0].master_list.certificates == (VN.raw,)


def test_writing_the_same_again_gives_the_same_records_and_no_new_bytes(tmp_path: Path) -> None:
    directory.save(tmp_path / "store", full_store().contents())
    before = sorted((tmp_path / "store" / directory.OBJECTS).iterdir())
    opened = TrustStore.from_directory(tmp_path / "store")
    assert directory.save(tmp_path / "store", opened.contents()) == 2
    assert sorted((tmp_path / "store" / directory.OBJECTS).iterdir()) == before


def test_bytes_that_nothing_names_any_more_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    directory.save(folder, approve(EMPTY, DE).contents())
    opened = TrustStore.from_directory(folder)
    directory.save(folder, TrustStore(anchors=(), generation=opened.generation).contents())
    assert list((folder / directory.OBJECTS).iterdir()) == []
    assert TrustStore.from_directory(folder).anchors == ()


def test_bytes_that_share_a_file_with_what_was_wiped_are_kept_and_the_others_are_not(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    directory.save(folder, approve(EMPTY, DE, VN).contents())
    store, _ = removal.remove(TrustStore.from_directory(folder), DE.fingerprint, by="A", at=issuing.NOW, wipe=True)
    directory.save(folder, store.contents())
    assert [path.read_bytes() for path in (folder / directory.OBJECTS).iterdir()] == [VN.raw]
    assert fingerprints(TrustStore.from_directory(folder)) == {VN.fingerprint}


# What the store held before


def with_past(folder: Path, store: TrustStore) -> TrustStore:
    """The full store after its revocation list was replaced and Germany was taken out."""
    day = timedelta(days=1)
    store, _ = import_crl(store, issuing.revoke(VN, [], this_update=issuing.NOW - day), delivery(at=issuing.NOW + day))
    store, _ = removal.remove(store, DE.fingerprint, by="Trần Thị B", at=issuing.NOW + 2 * day)
    directory.save(folder, store.contents())
    return store


def test_what_was_held_before_is_written_and_read_again(tmp_path: Path) -> None:
    before = full_store()
    store = with_past(tmp_path / "store", before)
    opened = TrustStore.from_directory(tmp_path / "store")
    assert {one.thing.record.fingerprint for one in opened.past.things()} == {
        one.thing.record.fingerprint for one in store.past.things()
    }
    assert fingerprints(as_of(opened, issuing.NOW)) == fingerprints(before)
    assert as_of(opened, issuing.NOW).crls[0].crl.find(7) is not None
    assert directory.save(tmp_path / "store", opened.contents()) == 2
    assert TrustStore.from_directory(tmp_path / "store").past.things() == opened.past.things()


def test_who_opens_a_store_does_not_read_what_it_held_before(tmp_path: Path) -> None:
    with_past(tmp_path / "store", full_store())
    (past,) = (tmp_path / "store" / directory.OBJECTS).glob("*.json")
    past.write_bytes(past.read_bytes().replace(b"replaced", b"removed"))
    opened = TrustStore.from_directory(tmp_path / "store")
    assert len(opened.crls) == 0
    for look in (
        opened.past.things,
        lambda: as_of(opened, issuing.NOW),
        lambda: directory.save(tmp_path / "store", opened.contents()),
    ):
        with pytest.raises(TrustStoreError, match="damaged"):
            look()
    past.unlink()
    with pytest.raises(TrustStoreError, match=past.name):
        TrustStore.from_directory(tmp_path / "store").past.things()


# Changed while somebody has it open


def changed_again(folder: Path, times: int) -> None:
    for number in range(times):
        store, at = approve(TrustStore.from_directory(folder), FR), issuing.NOW + timedelta(days=number)
        store, _ = removal.remove(store, FR.fingerprint, by="A", at=at)
        directory.save(folder, store.contents())


@pytest.mark.parametrize("many", [0, bundles.MANY_BUNDLES])
def test_who_opened_a_store_before_it_was_changed_reads_the_past_that_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(bundles, "MANY_BUNDLES", many)
    before = full_store()
    with_past(tmp_path / "store", before)
    opened = TrustStore.from_directory(tmp_path / "store")
    changed_again(tmp_path / "store", 1)
    assert fingerprints(as_of(opened, issuing.NOW)) == fingerprints(before)


def test_a_past_that_was_replaced_twice_is_to_be_read_anew_and_not_damaged(tmp_path: Path) -> None:
    with_past(tmp_path / "store", full_store())
    opened = TrustStore.from_directory(tmp_path / "store")
    changed_again(tmp_path / "store", 2)
    with pytest.raises(TrustStoreError) as caught:
        as_of(opened, issuing.NOW)
    assert caught.value.problem is StoreProblem.CHANGED_MEANWHILE
    as_of(TrustStore.from_directory(tmp_path / "store"), issuing.NOW)


def test_nothing_that_was_wiped_is_left_for_who_has_the_store_open(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with_past(folder, full_store())
    opened, at = TrustStore.from_directory(folder), issuing.NOW + timedelta(days=3)
    store, _ = removal.remove(TrustStore.from_directory(folder), DE.fingerprint, by="A", at=at, wipe=True)
    directory.save(folder, store.contents())
    assert not [path for path in (folder / directory.OBJECTS).iterdir() if DE.fingerprint.encode() in path.read_bytes()]
    with pytest.raises(TrustStoreError) as caught:
        as_of(opened, issuing.NOW)
    assert caught.value.problem is StoreProblem.CHANGED_MEANWHILE


# One file for each change, and many changes


def grown(folder: Path, changes: int) -> None:
    """A store of Viet Nam after as many changes, each a newer revocation list and another document signer."""
    directory.save(folder, approve(EMPTY, VN).contents())
    for number in range(1, changes):
        at = issuing.NOW + timedelta(minutes=number)
        store, _ = import_crl(
            TrustStore.from_directory(folder), issuing.revoke(VN, [7], number=number), delivery(at=at)
        )
        signer = issuing.document_signer(VN, "VN", f"DS {number}")
        store, _ = import_certificates(store, [signer.raw], delivery(at=at))
        directory.save(folder, store.contents())


def test_any_number_of_changes_leaves_a_bounded_number_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MANY_BUNDLES", 3)
    folder = tmp_path / "store"
    grown(folder, 15)
    manifest = json.loads((folder / directory.MANIFEST).read_bytes())
    assert len(manifest["bundles"]) <= 4
    assert len(list((folder / directory.OBJECTS).glob("*.der"))) <= 12
    opened = TrustStore.from_directory(folder)
    assert (len(opened.signers), len(opened.past.things())) == (14, 13)
    for number in range(1, 15):
        then = as_of(opened, issuing.NOW + timedelta(minutes=number))
        assert then.crls[0].crl.number == number
        assert len(then.signers) == number
    (former, *_) = opened.past.things()
    data = former.thing.blob.read()
    store, _ = removal.remove(opened, former.thing.record.fingerprint, by="A", at=issuing.NOW, wipe=True)
    directory.save(folder, store.contents())
    assert not [path for path in (folder / directory.OBJECTS).iterdir() if data in path.read_bytes()]


def test_what_is_merged_goes_into_another_file_where_one_would_become_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MANY_BUNDLES", 3)
    monkeypatch.setattr(bundles, "MAX_BUNDLE_BYTES", 4000)
    folder = tmp_path / "store"
    grown(folder, 8)
    assert max(path.stat().st_size for path in (folder / directory.OBJECTS).glob("*.der")) <= 4000
    assert len(as_of(TrustStore.from_directory(folder), issuing.NOW + timedelta(minutes=3)).signers) == 3
    with pytest.raises(TrustStoreError) as caught:
        directory.save(tmp_path / "other", approve(EMPTY, *(issuing.csca("FR", f"{n}") for n in range(20))).contents())
    assert caught.value.problem is StoreProblem.CHANGE_TOO_LARGE


def test_damaged_bytes_do_not_keep_a_store_of_many_changes_from_being_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MANY_BUNDLES", 3)
    folder = tmp_path / "store"
    grown(folder, 3)
    damaged = TrustStore.from_directory(folder).signers[0]
    for path in (folder / directory.OBJECTS).iterdir():
        path.write_bytes(path.read_bytes().replace(damaged.blob.read(), bytes(damaged.blob.length)))
    for number in range(8):
        store = approve(TrustStore.from_directory(folder), issuing.csca("FR", f"{number}"))
        directory.save(folder, store.contents())
    opened = TrustStore.from_directory(folder)
    assert [one for one in (*opened.anchors, *opened.signers) if not one.blob.is_whole()] == [damaged]


# A manifest that is lost


def test_a_store_that_lost_its_manifest_is_not_an_empty_one(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    directory.save(folder, approve(EMPTY, DE).contents())
    kept = sorted((folder / directory.OBJECTS).iterdir())
    (folder / directory.MANIFEST).unlink()
    with pytest.raises(ManifestMissingError, match="manifest"):
        TrustStore.from_directory(folder)
    with pytest.raises(ManifestMissingError):
        directory.save(folder, approve(EMPTY, VN).contents())
    assert sorted((folder / directory.OBJECTS).iterdir()) == kept
    for path in kept:
        path.unlink()
    with pytest.raises(ManifestMissingError):
        TrustStore.from_directory(folder)


def test_a_first_change_that_was_killed_can_be_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are written only under a manifest, be it that of an empty store."""
    folder = tmp_path / "store"
    real = os.replace

    def killed(source: Path, target: Path) -> None:
        if target.suffix == ".der":
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        directory.save(folder, approve(EMPTY, DE).contents())
    monkeypatch.setattr(os, "replace", real)
    assert TrustStore.from_directory(folder).anchors == ()
    assert directory.save(folder, approve(EMPTY, DE).contents()) == 1
    assert fingerprints(TrustStore.from_directory(folder)) == {DE.fingerprint}


def test_a_change_on_top_of_an_old_state_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    directory.save(folder, approve(EMPTY, DE).contents())
    one, other = TrustStore.from_directory(folder), TrustStore.from_directory(folder)
    directory.save(folder, approve(one, VN).contents())
    with pytest.raises(TrustStoreError, match="meanwhile"):
        directory.save(folder, approve(other, FR).contents())
    assert fingerprints(TrustStore.from_directory(folder)) == {DE.fingerprint, VN.fingerprint}


def test_a_folder_of_other_things_does_not_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "csca.cer").write_bytes(DE.raw)
    with pytest.raises(TrustStoreError, match=r"csca\.cer"):
        directory.save(tmp_path, approve(EMPTY, VN).contents())
    assert fingerprints(TrustStore.from_directory(tmp_path)) == {DE.fingerprint}


def test_a_store_that_was_begun_a_moment_ago_is_empty_and_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest is there first; whoever looks then, or after the writer was killed there, finds nothing in it."""
    folder = tmp_path / "store"
    real = Path.mkdir

    def killed(path: Path, mode: int = 0o777, *, parents: bool = False, exist_ok: bool = False) -> None:
        if path.name == directory.OBJECTS:
            raise KeyboardInterrupt
        real(path, mode, parents=parents, exist_ok=exist_ok)

    monkeypatch.setattr(Path, "mkdir", killed)
    with pytest.raises(KeyboardInterrupt):
        directory.save(folder, approve(EMPTY, DE).contents())
    monkeypatch.setattr(Path, "mkdir", real)
    assert TrustStore.from_directory(folder).anchors == ()
    directory.save(folder, approve(EMPTY, DE).contents())
    (folder / directory.OBJECTS).rename(folder / "elsewhere")
    with pytest.raises(TrustStoreError, match="missing"):
        TrustStore.from_directory(folder)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("name", [".", directory.MANIFEST, directory.OBJECTS])
def test_a_store_that_everybody_may_write_to_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "store"
    directory.save(folder, approve(EMPTY, DE).contents())
    (folder / name).chmod(0o777)
    with pytest.raises(TrustStoreError, match="no owner"):
        TrustStore.from_directory(folder)


def test_a_missing_or_short_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    directory.save(folder, approve(EMPTY, DE).contents())
    (bundle,) = (folder / directory.OBJECTS).iterdir()
    bundle.write_bytes(DE.raw[:-1])
    with pytest.raises(TrustStoreError, match="damaged"):
        TrustStore.from_directory(folder)
    bundle.unlink()
    with pytest.raises(TrustStoreError, match=bundle.name):
        TrustStore.from_directory(folder)


def test_only_what_is_used_is_decoded(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = approve(EMPTY, DE, VN)
    directory.save(folder, store.contents())
    (bundle,) = (folder / directory.OBJECTS).iterdir()
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    opened = TrustStore.from_directory(folder)
    assert opened.anchors[0].blob.read() == DE.raw
    with pytest.raises(TrustStoreError, match="damaged"):
        opened.anchors[1].blob.read()


def test_a_manifest_tells_everything_in_plain_text(tmp_path: Path) -> None:
    directory.save(tmp_path / "store", full_store().contents())
    manifest = json.loads((tmp_path / "store" / directory.MANIFEST).read_text("utf-8"))
    assert manifest["format"] == "chipid-trust-store"
    assert {one["file"] for one in manifest["provenance"]} == {"file", "DE.ml", "VN.crl"}
    assert {one["approved_by"] for one in manifest["provenance"]} == {"Nguyễn Văn A"}


# Killed in the middle

KILLED = 9

CHILD = """
import os, sys
from pathlib import Path
from chipid.trust import directory
from chipid.trust.store import TrustStore

folder, additions, operation = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
store = TrustStore.from_directory(folder)
added = TrustStore.from_directory(additions)
after = TrustStore(anchors=(*store.anchors, *added.anchors), generation=store.generation).contents()


def armed(call, real, countdown, torn):
    def kill(*arguments, **options):
        countdown[0] -= 1
        if countdown[0] == 0:
            if torn and call == "write":
                real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            os._exit(9)
        return real(*arguments, **options)
    return kill


# One child for each call of the system that a change makes, killed before it or in the middle of it.
for torn in (False, True):
    number = 0
    while True:
        number += 1
        child = os.fork()
        if child == 0:
            countdown = [number]
            for call in ("open", "write", "fsync", "close", "replace", "unlink", "mkdir"):
                setattr(os, call, armed(call, getattr(os, call), countdown, torn))
            directory.save(folder, after)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        opened = TrustStore.from_directory(folder)
        for one in opened.anchors:
            one.blob.read()
        print(torn, number, status, opened.generation, len(opened.anchors), flush=True)
        if opened.generation != store.generation:
            # The change is in place: put the old state back for the next round.
            (folder / directory.MANIFEST).write_bytes(Path(operation).read_bytes())
            for path in additions.parent.joinpath("kept").iterdir():
                (folder / directory.OBJECTS / path.name).write_bytes(path.read_bytes())
        if status == 0:
            break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_change_that_is_killed_at_any_moment_leaves_the_old_store_or_the_new_one(tmp_path: Path) -> None:
    folder, additions, kept = tmp_path / "store", tmp_path / "additions", tmp_path / "kept"
    directory.save(folder, approve(EMPTY, DE).contents())
    directory.save(additions, approve(EMPTY, VN, FR).contents())
    kept.mkdir()
    for path in (folder / directory.OBJECTS).iterdir():
        (kept / path.name).write_bytes(path.read_bytes())
    manifest = tmp_path / "manifest"
    manifest.write_bytes((folder / directory.MANIFEST).read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", CHILD, folder, additions, manifest],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    rounds = [line.split() for line in done.stdout.splitlines()]
    killed = [one for one in rounds if one[2] == str(KILLED)]
    assert len(killed) > 20
    assert {(one[3], one[4]) for one in rounds} == {("1", "1"), ("2", "3")}
    for torn in ("True", "False"):
        outcomes = [one[3] for one in rounds if one[0] == torn]
        assert outcomes == sorted(outcomes)  # old up to one call, new from that call on
        assert outcomes[0] == "1"
        assert outcomes[-1] == "2"


def test_bytes_are_on_the_disk_before_they_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "store"
    calls: list[tuple[str, str]] = []
    names: dict[int, str] = {}
    real_open, real_fsync, real_replace = os.open, os.fsync, os.replace

    def watched_open(path: str | Path, flags: int, mode: int = 0o777) -> int:
        descriptor = real_open(path, flags, mode)
        names[descriptor] = Path(path).name
        return descriptor

    def watched_fsync(descriptor: int) -> None:
        calls.append(("fsync", names[descriptor]))
        real_fsync(descriptor)

    def watched_replace(source: Path, target: Path) -> None:
        calls.append(("replace", source.name))
        real_replace(source, target)

    monkeypatch.setattr(os, "open", watched_open)
    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    directory.save(folder, approve(EMPTY, DE).contents())
    part = f"{DE.fingerprint}.der{PART}"
    assert calls == [
        ("fsync", directory.MANIFEST + PART),
        ("replace", directory.MANIFEST + PART),
        ("fsync", "store"),
        ("fsync", part),
        ("replace", part),
        ("fsync", directory.OBJECTS),
        ("fsync", directory.MANIFEST + PART),
        ("replace", directory.MANIFEST + PART),
        ("fsync", "store"),
    ]


@pytest.mark.parametrize("length", [20, MAX_KEY_IDENTIFIER_BYTES, MAX_KEY_IDENTIFIER_BYTES + 1, 200])
def test_a_key_identifier_of_any_length_leaves_a_store_that_opens(tmp_path: Path, length: int) -> None:
    """One believed list must not make a store that nobody can open any more."""
    unusual = issuing.csca("FR", f"{length}", replace(issuing.CSCA, ski=b"1" * length, aki=b"1" * length))
    signer = issuing.document_signer(unusual, "FR", "unusual", replace(issuing.DS, aki=b"1" * length))
    store = approve(EMPTY, unusual)
    store, _ = import_certificates(store, [signer.raw], delivery())
    crl = issuing.revoke(unusual, [1], number=1 << (8 * min(length, 39)))
    store, _ = import_crl(store, crl, delivery())
    directory.save(tmp_path / "store", store.contents())
    opened = TrustStore.from_directory(tmp_path / "store")
    assert fingerprints(opened) == fingerprints(store)
    assert len(opened.path(parse_certificate(signer.raw))) == 1
