"""The guides for the owner of a trust store: their commands, one after the other, do what they show."""

from __future__ import annotations

import io
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import cli
from chipid.pki.certificate import parse_certificate
from chipid.trust.audit import Finding
from tests.support import issuing
from tests.support.vectors import VECTORS

ROOT = Path(cli.__file__).parent
GUIDES = ("docs/trust-store.md", "docs/trust-store.vi.md")
OMITTED = "…"
ENDINGS = {"error:": 7, "UNDECIDED": 3, "CHƯA KẾT LUẬN": 3, "To do:": 1, "Cần làm:": 1}
CARDS = VECTORS / "trust" / "VN_CSCA_identity_card_2021.cer"
PASSPORTS = VECTORS / "trust" / "VN_CSCA_epassport_2022.cer"
CARDS_FINGERPRINT = parse_certificate(CARDS.read_bytes()).fingerprint


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the owner has got from others, on a day when the lists are fresh."""
    de, fr, nl = (issuing.csca(country) for country in ("DE", "FR", "NL"))
    lists = {"DE_ML.ml": (de, fr), "DE_ML_new.ml": (de, fr, nl)}
    for name, listed in lists.items():
        content = issuing.list_content([*(one.raw for one in listed), PASSPORTS.read_bytes()])
        (tmp_path / name).write_bytes(issuing.sign_list(content, issuing.list_signer(de, "DE")))
    (tmp_path / "DE_CSCA.cer").write_bytes(de.raw)
    (tmp_path / "FR_CSCA.cer").write_bytes(fr.raw)
    (tmp_path / "DE_signer.cer").write_bytes(issuing.document_signer(de, "DE").raw)
    (tmp_path / "DE.crl").write_bytes(issuing.revoke(de, [7]))
    shutil.copy(CARDS, tmp_path / "VN_CSCA_identity_card.cer")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_now", lambda: issuing.NOW)
    return tmp_path


def commands_of(guide: str) -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines that are shown below it."""
    text = (ROOT / guide).read_text(encoding="utf-8")
    for block in re.findall(r"^```console\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.rstrip("\n").split("\n")
            yield command, lines


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.usefixtures("desk")
def test_the_commands_of_a_guide_print_what_it_shows(
    guide: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, lines in commands_of(guide):
        words = [CARDS_FINGERPRINT if OMITTED in word else word for word in shlex.split(command)]
        place = words.index("chipid")
        monkeypatch.setattr("sys.stdin", io.StringIO(words[1] if place else ""))
        code = cli.run(words[place + 1 :])
        captured = capsys.readouterr()
        printed = iter([*captured.out.splitlines(), *captured.err.splitlines()])
        for line in lines:
            wanted = re.compile(".*".join(re.escape(part) for part in line.split(OMITTED)))
            assert any(wanted.fullmatch(one) for one in printed), f"{command}: {line}\n{captured.out}{captured.err}"
        expected = [code for begin, code in ENDINGS.items() if any(line.startswith(begin) for line in lines)]
        assert code == (expected or [0])[0], command


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_shows_every_command(guide: str) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    assert {one for one in cli.trust.commands if not re.search(rf"\bchipid (--lang vi )?trust {one}\b", text)} == set()


def test_the_guide_explains_every_finding_and_every_schema() -> None:
    text = (ROOT / GUIDES[0]).read_text(encoding="utf-8")
    assert [one.value for one in Finding if f"`{one.value}`" not in text] == []
    assert [one for one in cli.trust.commands if f"`chipid.trust.{one}/1`" not in text] == []


def test_no_document_holds_a_whole_fingerprint_that_somebody_could_copy() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        text = document.read_text(encoding="utf-8").replace(":", "")
        assert re.findall(r"[0-9a-f]{32}", text, re.IGNORECASE) == [], document.name
