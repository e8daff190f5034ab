"""What the owner of a trust store sees: the German list brought in, looked through, compared and taken out."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import cli
from chipid.asn1 import der, oids
from chipid.pki.certificate import parse_certificate
from chipid.trust import directory
from chipid.trust.store import TrustStore
from tests.cli.conftest import Ending, Run
from tests.support import issuing
from tests.trust import german_list

OWNER = ("--approved-by", "Nguyễn Văn A")
LIST = str(german_list.LIST)
PINNED = ("--pinned", str(german_list.CSCA))


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that the German list was brought into by the command."""
    store = tmp_path_factory.mktemp("german") / "store"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_now", lambda: german_list.NOW)
        assert cli.run(["trust", "import", LIST, "--store", str(store), *PINNED, *OWNER]) == 0
    return store


@pytest.fixture
def trust(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of the trust store on the day of the list."""
    monkeypatch.setattr(cli, "_now", lambda: german_list.NOW)

    def trust(*arguments: str | Path) -> Ending:
        return run("trust", *arguments)

    return trust


@german_list.needed
def test_the_german_list_is_imported_by_its_pinned_csca_and_its_certificates_are_counted(
    trust: Run, tmp_path: Path
) -> None:
    ending = trust("import", LIST, "--store", tmp_path / "store", *PINNED, *OWNER)
    assert ending.code == 0
    lines = [line.strip() for line in ending.out.splitlines()]
    assert lines[0] == german_list.LIST.name
    counts = {"375", "200", "1", "12"}
    assert {line.rpartition(": ")[2] for line in lines if line.rpartition(": ")[2] in counts} == counts
    vietnamese = trust("audit", "--store", tmp_path / "store")
    assert vietnamese.code == 0


@german_list.needed
def test_without_its_csca_the_german_list_is_refused(trust: Run, tmp_path: Path) -> None:
    ending = trust("import", LIST, "--store", tmp_path / "store", *OWNER)
    assert ending.code == 7
    assert "[trust-refused]" in ending.error
    assert not (tmp_path / "store").exists()


@german_list.needed
def test_the_audit_counts_and_tells_what_ends_when(trust: Run, imported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def findings(now: datetime) -> list[str]:
        monkeypatch.setattr(cli, "_now", lambda: now)
        lines = trust("audit", "--store", imported).out.splitlines()
        assert "588" in lines[0]
        assert "112" in lines[0]
        dated = [line[:10] for line in lines if line[:4].isdigit()]
        assert dated == sorted(dated)  # the earliest first
        return dated

    today = findings(german_list.NOW)
    assert today[0] > f"{german_list.NOW:%Y-%m-%d}"  # of a fresh list nothing has ended, and something will
    later = german_list.NOW + timedelta(days=800)
    assert findings(later)[0] < f"{later:%Y-%m-%d}" < findings(later)[-1]


@german_list.needed
def test_the_csca_of_vietnamese_passports_is_found_shown_and_usable_from_python(trust: Run, imported: Path) -> None:
    raw = (german_list.CSCA.parent / "VN_CSCA_epassport_2022.cer").read_bytes()
    certificate = parse_certificate(raw)
    assert certificate.fingerprint[:16] in trust("list", "--store", imported, "--country", "VN").out
    shown = trust("show", certificate.fingerprint[:20], "--store", imported).out
    assert certificate.fingerprint in shown
    assert "explicit-ec-parameters" in shown
    assert german_list.LIST.name in shown
    assert "Nguyễn Văn A" in shown
    # Alone, as a program may use it: its own explicit curve is the published one, and its key verifies.
    store = TrustStore.from_certificates([raw], source="VN_CSCA_epassport_2022.cer")
    assert [one.fingerprint for one in store.path(certificate)] == [certificate.fingerprint]
    assert TrustStore.from_directory(imported).find(certificate.fingerprint) is not None


@german_list.needed
def test_what_changed_between_a_store_and_a_list_is_told(trust: Run, imported: Path, tmp_path: Path) -> None:
    assert "unchanged: 588" in trust("diff", imported, LIST).out
    store = tmp_path / "store"
    shutil.copytree(imported, store)
    german = parse_certificate(german_list.CSCA.read_bytes()).fingerprint
    removed = trust("remove", german, "--store", store, *OWNER)
    assert removed.code == 0
    assert german[:16] in removed.out
    again = trust("diff", store, LIST).out
    assert f"+ {german[:16]}" in again or "added: 588" in again
    assert directory.load(store).generation == 2


def test_a_deviation_list_is_imported_and_listed(trust: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_now", lambda: issuing.NOW + timedelta(days=1))
    csca = issuing.csca("VN")
    signer = issuing.list_signer(csca, "VN", "DL", issuing.DEVIATION_SIGNER)
    description = der.encode_set(der.encode_sequence(der.encode_oid(oids.ICAO_DEVIATION_CHIP)))
    content = der.encode_sequence(
        der.encode_integer(0), der.encode_set(der.encode_sequence(der.encode_sequence(), description))
    )
    (tmp_path / "csca.cer").write_bytes(csca.raw)
    (tmp_path / "list.dl").write_bytes(issuing.sign_list(content, signer, content_type=oids.ICAO_DEVIATION_LIST))
    store = ("--store", tmp_path / "store")
    assert trust("import", tmp_path / "list.dl", *store, *OWNER).code == 7  # nobody trusts its State yet
    assert trust("import", tmp_path / "csca.cer", *store, *OWNER, "--approve", csca.fingerprint).code == 0
    assert trust("import", tmp_path / "list.dl", *store, *OWNER).code == 0
    assert "deviation-list" in trust("list", *store).out
