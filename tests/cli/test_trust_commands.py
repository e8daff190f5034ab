"""What the owner of a trust store sees: the German list brought in, looked through, compared and taken out."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest

import cli
from chipid.asn1 import der, oids
from chipid.pki.certificate import parse_certificate
from chipid.trust import directory
from chipid.trust.store import TrustStore
from tests.cli.conftest import Ending, Run
from tests.support import issuing
from tests.support.ldif import attribute, entry
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
    (by_country,) = [line for line in lines if line.startswith("AD ")]
    assert sum(int(one.split()[1]) for one in by_country.split(", ")) == 588


@german_list.needed
def test_without_its_csca_the_german_list_is_refused(trust: Run, tmp_path: Path) -> None:
    ending = trust("import", LIST, "--store", tmp_path / "store", *OWNER)
    assert ending.code == 7
    assert "[trust-refused]" in ending.error
    assert not (tmp_path / "store").exists()


@german_list.needed
def test_the_audit_counts_and_tells_what_ends_when(trust: Run, imported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def expired(now: datetime) -> list[str]:
        monkeypatch.setattr(cli, "_now", lambda: now)
        ending = trust("audit", "--store", imported)
        assert ending.code == 1  # some State's last key is over on every day
        lines = ending.out.splitlines()
        assert lines[0] == "CSCA certificates: 588, countries: 112, document signers: 0"
        (missing,) = [line for line in lines if "112 in all" in line]
        assert "AD, AE, AG" in missing
        start = next((place for place, line in enumerate(lines) if "has expired" in line), len(lines)) + 1
        dated = [line.split()[0] for line in takewhile(lambda line: line.startswith("    "), lines[start:])]
        assert dated == sorted(dated)  # the earliest first
        return dated

    assert expired(german_list.NOW) == []  # of a fresh list nothing has ended
    later = german_list.NOW + timedelta(days=800)
    assert f"{german_list.NOW:%Y-%m-%d}" < expired(later)[0] < f"{later:%Y-%m-%d}"


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
    assert removed.out.startswith("removed: 588 certificates, 0 revocation lists, 1 other lists\n")
    assert "added: 588" in trust("diff", store, LIST).out
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
    assert "deviation list" in trust("list", *store).out


def test_a_directory_of_which_all_is_refused_ends_with_7_and_says_why(trust: Run, tmp_path: Path) -> None:
    signer = issuing.document_signer(issuing.csca("FR"), "FR")
    (tmp_path / "pkd.ldif").write_text(entry(attribute("userCertificate;binary", signer.raw)), encoding="utf-8")
    ending = trust("import", tmp_path / "pkd.ldif", "--store", tmp_path / "store", *OWNER)
    assert ending.code == 7
    assert f"refused: {signer.fingerprint[:16]} C=FR, O=Test, CN=DS 1: " in ending.out
    assert ending.error.startswith("error: pkd.ldif: everything in it was refused, 1 in all [trust-refused]")
    assert not (tmp_path / "store").exists()


def test_nothing_comes_in_if_a_file_is_refused(trust: Run, tmp_path: Path) -> None:
    cscas = {name: issuing.csca(name) for name in ("VN", "FR")}
    for name, one in cscas.items():
        (tmp_path / f"{name}.cer").write_bytes(one.raw)
    files = [tmp_path / f"{name}.cer" for name in cscas]
    ending = trust("import", *files, "--store", tmp_path / "store", *OWNER, "--approve", cscas["FR"].fingerprint)
    assert (ending.code, ending.out) == (7, "")
    assert ending.error.startswith(f"error: VN.cer: the certificate {cscas['VN'].fingerprint} (C=VN, ")
    assert not (tmp_path / "store").exists()


CSCA = issuing.csca("VN")
SIGNED = issuing.sign_list(issuing.list_content([CSCA.raw]), issuing.list_signer(CSCA, "VN"))


@pytest.fixture
def store(trust: Run, tmp_path: Path) -> Path:
    """A store of one State: its CSCA, a document signer, a revocation list and a master list."""
    files = {
        "csca.cer": CSCA.raw,
        "ds.cer": issuing.document_signer(CSCA, "VN").raw,
        "vn.crl": issuing.revoke(CSCA, [7, 8]),
        "vn.ml": SIGNED,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    arguments = ("--store", tmp_path / "store", *OWNER, "--approve", CSCA.fingerprint)
    assert trust("import", *(tmp_path / name for name in files), *arguments).code == 0
    return tmp_path / "store"


def test_a_fingerprint_that_fits_no_file_is_told(run: Run, store: Path, tmp_path: Path) -> None:
    import_it = ("import", tmp_path / "ds.cer", "--store", store, *OWNER)
    for language in ("en", "vi"):
        ending = run("--lang", language, "trust", *import_it, "--approve", "ab" * 32)
        assert ending.code == 7
        assert "[trust-approval]" in ending.error
        assert "ab" * 32 in ending.error


def test_every_command_answers_with_one_document_too(trust: Run, store: Path, tmp_path: Path) -> None:
    commands = {
        "list": ("list", "--store", store),
        "show": ("show", CSCA.fingerprint, "--store", store),
        "audit": ("audit", "--store", store, "--days", "1"),
        "diff": ("diff", store, tmp_path / "vn.ml"),
        "import": ("import", tmp_path / "vn.crl", "--store", store, *OWNER),
        "remove": ("remove", CSCA.fingerprint, "--store", store, *OWNER),
    }
    for name, arguments in commands.items():
        ending = trust(*arguments, "--json")
        assert (ending.code, ending.err) == (0, "")
        assert json.loads(ending.out)["schema"] == f"chipid.trust.{name}/1"


def test_an_import_for_programs_says_of_each_file_what_became_of_it(trust: Run, store: Path, tmp_path: Path) -> None:
    foreign = issuing.csca("FR")
    (tmp_path / "fr.cer").write_bytes(foreign.raw)
    ending = trust("import", tmp_path / "fr.cer", tmp_path / "vn.crl", "--store", store, *OWNER, "--json")
    assert ending.code == 7
    error = json.loads(ending.out)
    assert (error["schema"], error["code"], error["problem"]) == ("chipid.error/1", "trust-refused", "not-approved")
    assert error["fingerprint"] == foreign.fingerprint
    assert error["subject"] in ending.err
    (tmp_path / "pkd.ldif").write_text(
        entry(attribute("userCertificate;binary", issuing.document_signer(foreign, "FR").raw)), encoding="utf-8"
    )
    ending = trust("import", tmp_path / "pkd.ldif", "--store", store, *OWNER, "--json")
    assert ending.code == 7
    document = json.loads(ending.out)
    assert document["schema"] == "chipid.trust.import/1"
    assert document["error"]["problem"] == "issuer-unknown"
    assert len(document["files"][0]["refused"]) == 1
    (known,) = json.loads(trust("import", tmp_path / "vn.crl", "--store", store, *OWNER, "--json").out)["files"]
    assert known["known_lists"] == 1


def test_an_error_about_a_store_names_its_problem_for_programs(trust: Run, tmp_path: Path) -> None:
    document = json.loads(trust("list", "--store", tmp_path / "absent", "--json").out)
    assert document["schema"] == "chipid.error/1"
    assert (document["code"], document["problem"]) == ("trust-store", "no-store")
    assert document["folder"] == str(tmp_path / "absent")


@pytest.mark.parametrize(
    ("arguments", "code", "found"),
    [
        (["--days", "7"], 0, set()),
        (["--days", "60"], 1, {"crl-expires"}),
        (["--at", "2026-09-01", "--days", "7"], 1, {"crl-stale"}),
        (["--country", "vn", "--days", "7"], 0, set()),
        (["--country", "VN", "--country", "KP", "--days", "7"], 1, {"country-absent"}),
        (["--at", "2036-02-01"], 1, {"key-over", "crl-stale", "list-old"}),
    ],
)
def test_the_audit_ends_with_1_if_there_is_something_to_do(
    trust: Run, store: Path, arguments: list[str], code: int, found: set[str]
) -> None:
    ending = trust("audit", "--store", store, *arguments, "--json")
    assert ending.code == code
    findings = json.loads(ending.out)["findings"]
    assert {one["finding"] for one in findings if one["to_do"]} == found
    for one in findings:
        if one["fingerprint"] is not None:
            assert trust("show", one["fingerprint"], "--store", store).code == 0


def test_a_revocation_list_and_a_master_list_are_shown_with_what_they_say(trust: Run, store: Path) -> None:
    listing = json.loads(trust("list", "--store", store, "--json").out)
    (crl,), (listed,) = listing["crls"], listing["lists"]
    rows = shown(trust("show", crl["fingerprint"], "--store", store))
    assert rows["kind"] == "revocation list"
    assert rows["signer"].startswith(f"{CSCA.fingerprint}, C=VN")
    assert (rows["number"], rows["issued"], rows["next one"]) == ("1", "2026-05-22", "2026-07-21")
    assert rows["entries"] == "revoked: 2"
    rows = shown(trust("show", listed["fingerprint"], "--store", store))
    assert rows["kind"] == "master list"
    assert rows["signer"].startswith(f"{listed['signer']}, C=VN")
    assert rows["its CSCA"].startswith(f"{CSCA.fingerprint}, C=VN")
    assert (rows["signed"], rows["entries"]) == ("2026-05-28", "1")


def test_a_certificate_is_shown_with_its_key_and_for_how_long_that_signs(trust: Run, store: Path) -> None:
    rows = shown(trust("show", CSCA.fingerprint, "--store", store))
    assert rows["key"] == "EC, 256 bits, secp256r1"
    assert rows["signed with"] == "ECDSA-WITH-SHA256"
    assert rows["key signs"] == "2024-01-01 to 2036-01-01"
    assert rows["serial number"] == f"{CSCA.serial:x}"
    assert rows["key identifier"] == rows["issuer's key"] == CSCA.key.identifier.hex()
    assert "Nguyễn Văn A" in rows["from"]


def test_what_a_removal_would_take_is_told_before(trust: Run, store: Path) -> None:
    before = trust("list", "--store", store).out
    remove = ("remove", CSCA.fingerprint, "--store", store, *OWNER)
    ending = trust(*remove, "--dry-run")
    assert ending.code == 0
    assert ending.out.startswith("would be removed: 2 certificates, 1 revocation lists, 1 other lists\n")
    assert CSCA.fingerprint[:16] in ending.out
    assert trust("list", "--store", store).out == before
    assert json.loads(trust(*remove, "--dry-run", "--json").out)["dry_run"] is True
    assert trust(*remove).out == ending.out.replace("would be removed", "removed")


def shown(ending: Ending) -> dict[str, str]:
    """The rows of what was shown, by their labels."""
    width = ending.out.index(ending.out.split()[1])
    return {line[:width].strip(): line[width:] for line in ending.out.splitlines()}


def test_a_country_with_nothing_in_the_store_is_told_and_how_countries_are_written(trust: Run, store: Path) -> None:
    ending = trust("list", "--store", store, "--country", "VNM")
    assert ending.code == 0
    assert ending.out == "Nothing of VNM is in the store. A country has two letters, such as VN.\n"
    trust("remove", CSCA.fingerprint, "--store", store, *OWNER)
    assert trust("list", "--store", store).out == "The store is empty.\n"
