"""Whatever goes wrong with a store is told with what helps against it, in the language of its owner."""

from __future__ import annotations

import base64
import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chipid.errors import StoreProblem, TrustStoreError
from chipid.messages.catalogue import Language, catalogue
from chipid.trust import directory, operations
from chipid.trust.approval import Approval
from chipid.trust.errors import Refusal, TrustRefusedError, not_written, unreadable
from tests.support import issuing
from tests.support.issuing import Form
from tests.support.ldif import attribute, entry
from tests.trust.support import EMPTY

ENGLISH, VIETNAMESE = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)
DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
DS, FOREIGN_DS = issuing.document_signer(VN, "VN"), issuing.document_signer(FR, "FR")
SIGNER = issuing.list_signer(DE, "DE")
LIST = issuing.sign_list(issuing.list_content([DE.raw, VN.raw]), SIGNER)
PRIVATE_KEY = b"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"


def pem(*blocks: bytes) -> bytes:
    return b"".join(
        b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(one) + b"\n-----END CERTIFICATE-----\n" for one in blocks
    )


def remove(store: Path, fingerprint: str) -> object:
    return operations.remove(store, fingerprint, by="Nguyễn Văn A", at=issuing.NOW)


class Desk:
    """A folder with a store of one CSCA, and what is done with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.bring("vietnam.cer", VN.raw, certificates=[VN.fingerprint])

    def bring(self, name: str, data: bytes | None = None, *, store: str = "store", **approval: object) -> None:
        if data is not None:
            (self.folder / name).write_bytes(data)
        given = Approval(**{"by": "Nguyễn Văn A", **approval})  # type: ignore[arg-type]
        operations.import_files(self.folder / store, [self.folder / name], given, issuing.NOW)

    def file(self, name: str, data: bytes) -> Path:
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def read_plain_folder(self) -> None:
        self.file("a.cer", b"\x30\x05\x30\x03\x02\x01\x00")
        operations.list_store(self.folder)

    def damage(self) -> None:
        (self.store / directory.MANIFEST).write_text("{}", encoding="utf-8")
        operations.list_store(self.store)

    def lose(self) -> None:
        for one in (self.store / directory.OBJECTS).iterdir():
            one.unlink()
        operations.list_store(self.store)

    def open_to_all(self) -> None:
        self.store.chmod(0o777)
        operations.list_store(self.store)

    def lose_the_manifest(self) -> None:
        (self.store / directory.MANIFEST).unlink()
        operations.list_store(self.store)

    def forge_a_list(self) -> None:
        self.file("vn.cer", VN.raw)
        self.file("vn.crl", issuing.revoke(VN, [])[:-4] + bytes(4))
        operations.list_store(self.folder)

    def of_another_version(self) -> None:
        manifest = self.store / directory.MANIFEST
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(re.sub(r'"version": \d+', '"version": 99', text), encoding="utf-8")
        operations.list_store(self.store)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


CAUSES: dict[str, tuple[Callable[[Desk], object], StoreProblem]] = {
    "an empty file": (lambda desk: desk.bring("a", b""), StoreProblem.FILE_EMPTY),
    "no file": (lambda desk: desk.bring("absent.cer"), StoreProblem.FILE_MISSING),
    "a folder": (lambda desk: desk.bring("store"), StoreProblem.FILE_IS_FOLDER),
    "a text": (lambda desk: desk.bring("a.txt", b"Dear Sir\n\nhere it is: x\n"), StoreProblem.FILE_UNKNOWN),
    "an archive": (lambda desk: desk.bring("a.zip", b"PK\x03\x04" + bytes(60)), StoreProblem.FILE_UNKNOWN),
    "a private key": (lambda desk: desk.bring("a.pem", PRIVATE_KEY), StoreProblem.FILE_UNKNOWN),
    "a damaged PEM": (
        lambda desk: desk.bring("a.pem", b"-----BEGIN CERTIFICATE-----\n"),
        StoreProblem.FILE_DAMAGED,
    ),
    "a damaged LDIF": (lambda desk: desk.bring("a.ldif", b"dn: c=VN\nnonsense\n\n"), StoreProblem.FILE_DAMAGED),
    "an LDIF of people": (lambda desk: desk.bring("a.ldif", b"dn: c=VN\ncn: x\n\n"), StoreProblem.FILE_WITHOUT_TRUST),
    "a file that is too large": (lambda desk: desk.bring("a", b"0" * (9 << 20)), StoreProblem.FILE_TOO_LARGE),
    "a bad fingerprint": (
        lambda desk: desk.bring("a.cer", FR.raw, certificates=[FR.fingerprint[:40]]),
        StoreProblem.FINGERPRINT_MALFORMED,
    ),
    "an unknown fingerprint": (lambda desk: operations.show(desk.store, "zz"), StoreProblem.FINGERPRINT_UNKNOWN),
    "a pin that is a list": (
        lambda desk: desk.bring("a.ml", LIST, pinned=[desk.file("pin", LIST)]),
        StoreProblem.PINNED_UNUSABLE,
    ),
    "a pin that is a document signer": (
        lambda desk: desk.bring("a.ml", LIST, pinned=[desk.file("pin", DS.raw)]),
        StoreProblem.PINNED_UNUSABLE,
    ),
    "no store": (lambda desk: operations.list_store(desk.folder / "absent"), StoreProblem.NO_STORE),
    "a plain folder": (lambda desk: remove(desk.folder, VN.fingerprint), StoreProblem.PLAIN_FOLDER),
    "a folder of other things": (
        lambda desk: desk.bring("a.cer", FR.raw, store=".", certificates=[FR.fingerprint]),
        StoreProblem.FOREIGN_FILES,
    ),
    "nobody's word": (lambda desk: desk.bring("a.cer", FR.raw, by=" "), StoreProblem.APPROVER_UNNAMED),
    "a mistyped fingerprint": (
        lambda desk: desk.bring("ds.cer", DS.raw, certificates=["ab" * 32]),
        StoreProblem.FINGERPRINT_NOT_FOUND,
    ),
    "a forged list in a plain folder": (Desk.forge_a_list, StoreProblem.FILE_FORGED),
    "a lost manifest": (Desk.lose_the_manifest, StoreProblem.MANIFEST_MISSING),
    "a damaged manifest": (Desk.damage, StoreProblem.DAMAGED),
    "a lost object": (Desk.lose, StoreProblem.DAMAGED),
    "two kinds in one file": (lambda desk: desk.bring("a.pem", pem(FR.raw, LIST)), StoreProblem.FILE_MIXED),
    "a revocation list to compare": (
        lambda desk: operations.diff(desk.file("a.crl", issuing.revoke(VN, [])), desk.store),
        StoreProblem.FILE_NOT_COMPARABLE,
    ),
    "a folder with a file that is no certificate": (Desk.read_plain_folder, StoreProblem.NO_CERTIFICATE),
    "another version": (Desk.of_another_version, StoreProblem.OTHER_VERSION),
    "another writer": (
        lambda desk: directory.save(desk.store, EMPTY.contents()),
        StoreProblem.CHANGED_MEANWHILE,
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_its_own_text_and_hint_in_both_languages(desk: Desk, cause: str) -> None:
    act, problem = CAUSES[cause]
    with pytest.raises(TrustStoreError) as caught:
        act(desk)
    check_told(caught.value, problem)


def test_there_is_a_cause_for_every_problem_of_a_file_or_fingerprint() -> None:
    named = {one for one in StoreProblem if one.value.startswith(("file-", "fingerprint-", "pinned-"))}
    apart = {StoreProblem.FILE_FORBIDDEN, StoreProblem.FILE_UNREADABLE, StoreProblem.FINGERPRINT_AMBIGUOUS}  # below
    assert named - {problem for _, problem in CAUSES.values()} == apart


@pytest.mark.parametrize("problem", [StoreProblem.FULL, StoreProblem.PAST_FULL, StoreProblem.FILES_FULL])
def test_a_store_that_is_full_says_how_much_it_holds(problem: StoreProblem) -> None:
    check_told(TrustStoreError("at most 9", problem, limit=9), problem)


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_store_that_everybody_may_write_to_says_how_to_close_it(desk: Desk) -> None:
    with pytest.raises(TrustStoreError) as caught:
        desk.open_to_all()
    check_told(caught.value, StoreProblem.OPEN_TO_ALL)
    assert "chmod o-w" in ENGLISH.hint(caught.value)


@pytest.mark.parametrize(
    ("number", "reading", "writing"),
    [
        (errno.ENOENT, StoreProblem.FILE_MISSING, StoreProblem.NOT_WRITTEN),
        (errno.EACCES, StoreProblem.FILE_FORBIDDEN, StoreProblem.NOT_WRITTEN),
        (errno.EIO, StoreProblem.FILE_UNREADABLE, StoreProblem.NOT_WRITTEN),
        (errno.ENOSPC, StoreProblem.FILE_UNREADABLE, StoreProblem.DISK_FULL),
    ],
)
def test_what_the_system_refuses_is_told_by_its_kind(number: int, reading: StoreProblem, writing: StoreProblem) -> None:
    error = OSError(number, os.strerror(number))
    check_told(unreadable("file", error), reading)
    check_told(not_written(Path("store"), error), writing)


def check_told(error: TrustStoreError, problem: StoreProblem) -> None:
    assert error.problem is problem
    told, hint = VIETNAMESE.error(error), VIETNAMESE.hint(error)
    assert told.startswith(f"{VIETNAMESE.text('error', error.code)}: ")
    assert "{" not in told
    assert error.message not in told
    assert hint == VIETNAMESE.text("store-hint", problem.value)
    assert ENGLISH.hint(error) == ENGLISH.text("store-hint", problem.value)
    for name in set(error.details) & {"file", "folder", "prefix"}:
        assert error.details[name] in error.message
        assert error.details[name] in told


def test_several_fingerprints_that_begin_alike_are_listed(desk: Desk) -> None:
    number, begun = 0, ""
    while not begun:
        number += 1
        other = issuing.csca("UT", form=Form(serial=number))
        begun = VN.fingerprint[0] if other.fingerprint[0] == VN.fingerprint[0] else ""
    desk.bring("b.cer", other.raw, certificates=[other.fingerprint])
    for act in (operations.show, remove):
        with pytest.raises(TrustStoreError) as caught:
            act(desk.store, begun)
        assert caught.value.problem is StoreProblem.FINGERPRINT_AMBIGUOUS
        for told in (caught.value.message, VIETNAMESE.error(caught.value)):
            assert f"{VN.fingerprint[:16]} (VN)" in told
            assert f"{other.fingerprint[:16]} (UT)" in told


REFUSALS: dict[str, tuple[Callable[[Desk], object], Refusal, str]] = {
    "a CSCA that nobody approved": (lambda desk: desk.bring("a.cer", FR.raw), Refusal.NOT_APPROVED, FR.fingerprint),
    "a list without a pin": (
        lambda desk: desk.bring("a.ml", LIST),
        Refusal.SIGNER_NOT_TRUSTED,
        SIGNER.fingerprint,
    ),
    "a list with a wrong pin": (
        lambda desk: desk.bring("a.ml", LIST, pinned=[desk.file("pin", FR.raw)]),
        Refusal.SIGNER_NOT_OF_PINNED,
        SIGNER.fingerprint,
    ),
    "a document signer of nobody": (
        lambda desk: desk.bring("a.cer", FOREIGN_DS.raw),
        Refusal.ISSUER_UNKNOWN,
        FOREIGN_DS.fingerprint,
    ),
    "a revocation list of nobody": (
        lambda desk: desk.bring("a.crl", issuing.revoke(FR, [])),
        Refusal.ISSUER_UNKNOWN,
        "",
    ),
}


@pytest.mark.parametrize("cause", REFUSALS)
def test_a_refusal_names_file_fingerprint_and_subject_in_both_languages(desk: Desk, cause: str) -> None:
    act, refusal, fingerprint = REFUSALS[cause]
    with pytest.raises(TrustRefusedError) as caught:
        act(desk)
    error = caught.value
    assert error.refusal is refusal
    assert fingerprint in error.details["fingerprint"]
    for told in (ENGLISH.error(error), VIETNAMESE.error(error)):
        assert error.details["file"] in told
        assert error.details["fingerprint"] in told
        assert error.details["subject"] in told
    approving = "--approve " in ENGLISH.hint(error)
    assert approving == (refusal is Refusal.NOT_APPROVED)


def test_an_ldif_may_begin_with_comments_a_version_or_an_entry(desk: Desk) -> None:
    content = entry(attribute("userCertificate;binary", DS.raw))
    for number, beginning in enumerate(("", "version: 1\n\n", "# of the directory\n # more\n\nversion: 1\n")):
        desk.bring(f"{number}.ldif", (beginning + content).encode())
