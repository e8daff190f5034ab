"""Evidence that is kept: groups taken out and put back, a nonce to bind it to, a trust store as it was."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

import cli
from chipid.evidence.codec import decode_evidence, evidence_digest
from chipid.lds.files import FileId
from chipid.trust import operations
from chipid.trust.approval import Approval
from tests.cli.conftest import Ending, Run
from tests.scenarios import readings


@pytest.fixture
def saved(read: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The evidence of the genuine card."""
    monkeypatch.setattr(cli, "_now", lambda: readings.NOW)
    path = tmp_path / "full.evidence"
    assert read("genuine", "--save", path).code == 0
    return path


def verified(run: Run, evidence: Path, trust: Path, *arguments: str | Path) -> Ending:
    return run("verify", evidence, "--trust", trust, "--json", *arguments)


def check(ending: Ending, name: str, subject: str | None) -> tuple[str, str]:
    checks = json.loads(ending.out)["checks"]
    return next((one["result"], one["reason"]) for one in checks if (one["check"], one["subject"]) == (name, subject))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_groups_are_taken_out_and_the_rest_verifies(run: Run, saved: Path, trust_folder: Path, tmp_path: Path) -> None:
    rest = tmp_path / "rest.evidence"
    ending = run("evidence", "redact", saved, "--groups", "dg2,DG13", "--output", rest)
    assert ending.code == 0
    lines = ending.out.splitlines()
    assert lines[0] == "Taken out: DG2, DG13"
    assert lines[1] == f"Evidence: SHA-256 {evidence_digest(decode_evidence(rest.read_bytes()))}"
    assert lines[2] == f"Before that: SHA-256 {evidence_digest(decode_evidence(saved.read_bytes()))}"
    again = verified(run, rest, trust_folder)
    assert again.code == 3  # what needs DG13 may have failed before it was taken out
    assert check(again, "dg13-against-dg1", None) == ("indeterminate", "group-redacted")
    assert check(again, "group-hash", "DG2") == ("not-applicable", "group-redacted")
    assert check(again, "group-hash", "DG13") == ("not-applicable", "group-redacted")
    assert check(again, "group-hash", "DG1") == ("passed", "verified")
    holder = json.loads(again.out)["holder"]
    assert "portrait" not in holder
    assert "full_name" not in holder
    assert holder["document_number"]["vouched"]


def test_what_is_taken_out_can_be_kept_elsewhere_and_put_back(run: Run, saved: Path, tmp_path: Path) -> None:
    rest, separate, whole = tmp_path / "rest", tmp_path / "separate", tmp_path / "whole"
    arguments = ("--groups", "DG2,DG13", "--separate", separate, "--output", rest)
    assert run("evidence", "redact", saved, *arguments).code == 0
    assert sorted(path.name for path in separate.iterdir()) == ["DG13.bin", "DG2.bin"]
    ending = run("evidence", "restore", rest, separate / "DG2.bin", separate / "DG13.bin", "--output", whole)
    assert ending.out.splitlines()[0] == "Put back: DG2, DG13"
    assert len(ending.out.splitlines()) == 2  # nothing is missing any more, and it bears its old name
    assert whole.read_bytes() == saved.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="files have no such mode")
def test_every_file_is_readable_by_its_owner_alone(run: Run, saved: Path, tmp_path: Path) -> None:
    rest, separate = tmp_path / "rest", tmp_path / "separate"
    rest.write_bytes(b"")
    rest.chmod(0o644)
    before = os.umask(0)
    try:
        run("evidence", "redact", saved, "--groups", "DG2", "--separate", separate, "--output", rest)
        run("evidence", "restore", rest, separate / "DG2.bin", "--output", tmp_path / "whole")
    finally:
        os.umask(before)
    files = (saved, rest, separate / "DG2.bin", tmp_path / "whole")
    assert {mode(path) for path in files} == {0o600}
    assert mode(separate) == 0o700
    assert not list(tmp_path.rglob("*.part"))


def test_evidence_can_be_redacted_in_place(run: Run, saved: Path) -> None:
    assert run("evidence", "redact", saved, "--groups", "DG2", "--output", saved).code == 0
    assert decode_evidence(saved.read_bytes()).content(FileId.DG2) is None
    before = saved.read_bytes()
    again = run("evidence", "redact", saved, "--groups", "DG2", "--output", saved)
    assert (again.code, again.out) == (7, "")
    assert saved.read_bytes() == before


def test_what_cannot_be_done_leaves_everything_as_it_was(run: Run, saved: Path, tmp_path: Path) -> None:
    before, output = saved.read_bytes(), tmp_path / "output"
    wrong = tmp_path / "DG2.bin"
    wrong.write_bytes(b"another portrait")
    stranger = tmp_path / "portrait.bin"
    stranger.write_bytes(b"")
    for code, *arguments in (
        (7, "redact", saved, "--groups", "DG14"),
        (7, "redact", tmp_path / "missing", "--groups", "DG2"),
        (7, "redact", wrong, "--groups", "DG2"),
        (2, "redact", saved, "--groups", "EF.SOD"),
        (2, "redact", saved, "--groups", ""),
        (2, "redact", saved),
        (7, "restore", saved, wrong),
        (7, "restore", saved, stranger),
        (2, "restore", saved),
    ):
        assert run("evidence", *arguments, "--output", output).code == code, arguments
    assert run("evidence", "redact", saved, "--groups", "DG2").code == 2
    assert not output.exists()
    assert saved.read_bytes() == before
    run("evidence", "redact", saved, "--groups", "DG2", "--output", output)
    assert run("evidence", "restore", output, wrong, "--output", tmp_path / "whole").code == 7
    assert not (tmp_path / "whole").exists()


def test_redacting_speaks_vietnamese(run: Run, saved: Path, tmp_path: Path) -> None:
    arguments = ("evidence", "redact", saved, "--groups", "DG2", "--output", tmp_path / "rest")
    assert run("--lang", "vi", *arguments).out.startswith("Đã lược bỏ: DG2\n")


# A nonce


def nonce_file(folder: Path, content: bytes, name: str = "nonce") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_reading_is_bound_to_a_nonce_and_to_no_other(
    run: Run, read: Run, trust_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_now", lambda: readings.NOW)
    nonce, saved = nonce_file(tmp_path, b"transaction 4711"), tmp_path / "bound"
    live = read("genuine", "--nonce-file", nonce, "--save", saved, "--json")
    assert live.code == 0
    assert check(live, "active-authentication", "DG15") == ("passed", "verified")
    again = verified(run, saved, trust_folder, "--nonce-file", nonce)
    assert again.code == 0
    other = verified(run, saved, trust_folder, "--nonce-file", nonce_file(tmp_path, b"transaction 4712", "other"))
    assert other.code == 1
    assert check(other, "active-authentication", "DG15") == ("failed", "challenge-not-bound")
    assert verified(run, saved, trust_folder).code == 0  # who asks for no nonce gets the proof alone


def test_evidence_from_before_the_nonce_is_refused(run: Run, saved: Path, trust_folder: Path, tmp_path: Path) -> None:
    ending = verified(run, saved, trust_folder, "--nonce-file", nonce_file(tmp_path, b"transaction 4711"))
    assert ending.code == 1


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 5000])
def test_a_nonce_is_neither_short_nor_endless(run: Run, read: Run, tmp_path: Path, content: bytes) -> None:
    ending = read("genuine", "--nonce-file", nonce_file(tmp_path, content))
    assert ending.code == 7
    assert "a nonce has 8 to 4096 bytes" in ending.error


# The store as it was


def test_a_card_is_judged_with_the_store_of_an_earlier_day(
    run: Run, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, imported = tmp_path / "store", datetime(2025, 5, 20, 9, tzinfo=UTC)
    for number, certificate in enumerate(readings.card("genuine").trust_anchors):
        path = tmp_path / f"{number}.cer"
        path.write_bytes(certificate)
        approval = Approval(by="Nguyễn Văn A", certificates=[sha256(certificate).hexdigest()])
        operations.import_files(store, [path], approval, imported + timedelta(days=number))
    assert verified(run, saved, store).code == 0
    assert verified(run, saved, store, "--trust-as-of", "2025-05-31").code == 0
    assert (
        json.loads(verified(run, saved, store, "--trust-as-of", "2025-05-31").out)["trust_as_of"]
        == "2025-05-31T23:59:59Z"
    )
    assert (
        "Trust as of: 2025-05-31 23:59 UTC" in run("verify", saved, "--trust", store, "--trust-as-of", "2025-05-31").out
    )
    before = verified(run, saved, store, "--trust-as-of", "2025-05-19")
    assert before.code == 3
    assert '"trust-store-empty"' in before.out
    assert verified(run, saved, store, "--trust-as-of", "yesterday").code == 2


def test_a_report_as_of_a_day_stays_the_same_whatever_is_done_to_the_store_later(
    run: Run, saved: Path, tmp_path: Path
) -> None:
    card, store, imported = readings.card("genuine"), tmp_path / "store", datetime(2025, 5, 20, 9, tzinfo=UTC)
    contents = {f"{number}.cer": one for number, one in enumerate(card.trust_anchors)}
    contents |= {f"{number}.crl": one for number, one in enumerate(card.crls)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    approved = [sha256(one).hexdigest() for one in card.trust_anchors]
    files = [tmp_path / name for name in contents]
    operations.import_files(store, files, Approval(by="Nguyễn Văn A", certificates=approved), imported)
    day = ("--policy", "strict", "--at", "2025-05-31", "--trust-as-of", "2025-05-31")
    before = verified(run, saved, store, *day)
    assert len(operations.list_store(store).crls) == len(card.crls) > 0
    for one in (operations.list_store(store).crls[0].fingerprint, approved[0]):
        operations.remove(store, one, by="Trần Thị B", at=imported + timedelta(days=30))
        assert verified(run, saved, store, *day) == before
    assert verified(run, saved, store, "--policy", "strict", "--at", "2025-05-31") != before


def test_the_very_moment_of_an_earlier_judgement_can_be_asked_for(run: Run, saved: Path, trust_folder: Path) -> None:
    first = verified(run, saved, trust_folder, "--at", "2025-05-31T09:30:00Z")
    assert json.loads(first.out)["judged_at"] == "2025-05-31T09:30:00Z"
    assert verified(run, saved, trust_folder, "--at", json.loads(first.out)["judged_at"]) == first


def test_the_last_day_of_the_calendar_is_a_day(run: Run, saved: Path, trust_folder: Path) -> None:
    assert verified(run, saved, trust_folder, "--trust-as-of", "9999-12-31").code == 0


def test_a_file_that_is_not_there_is_told_in_the_language_of_the_desk(run: Run, tmp_path: Path) -> None:
    ending = run("--lang", "vi", "verify", tmp_path / "missing")
    assert ending.code == 7
    assert ending.err.startswith("error: Tệp hoặc thiết lập không dùng được (missing: ")
    assert "hint: Kiểm tra tệp được nêu tên" in ending.err
