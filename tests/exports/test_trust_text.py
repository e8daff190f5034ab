"""A trust store told to its owner, in both languages."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chipid.exports import trust_text
from chipid.messages.catalogue import Catalogue, Language, catalogue
from chipid.trust import operations
from chipid.trust.approval import Approval
from chipid.trust.audit import Finding
from chipid.trust.draft import Delivery, ImportReport, Refused
from chipid.trust.errors import Refusal
from chipid.trust.records import Basis, Ended, Ending, Lineage
from tests.support import issuing

VN, DE = issuing.csca("VN"), issuing.csca("DE")
LIST = issuing.sign_list(issuing.list_content([DE.raw, VN.raw]), issuing.list_signer(DE, "DE"))
OWNER = "Nguyễn Văn A"
ENGLISH, VIETNAMESE = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)
each_language = pytest.mark.parametrize("texts", [ENGLISH, VIETNAMESE], ids=["en", "vi"])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of two States with a master list and a revocation list."""
    files = {"germany.cer": DE.raw, "list.ml": LIST, "vietnam.crl": issuing.revoke(VN, [])}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
        approval = Approval(by=OWNER, certificates=[DE.fingerprint] if name == "germany.cer" else [])
        operations.import_files(tmp_path / "store", [tmp_path / name], approval, issuing.NOW)
    return tmp_path / "store"


def everything(store: Path, texts: Catalogue) -> str:
    """Every kind of line about the store."""
    later = issuing.NOW + timedelta(days=365 * 30)
    shown = [operations.show(store, one) for one in (VN.fingerprint, DE.fingerprint)]
    return "\n".join(
        [
            *trust_text.listing_lines(operations.list_store(store, country=None), texts),
            *trust_text.audit_lines(operations.audit(store, later), texts),
            *(line for one in shown for line in trust_text.shown_lines(one, texts)),
            *trust_text.difference_lines(operations.diff(store, store), texts),
            *trust_text.removal_lines(operations.remove(store, DE.fingerprint, by=OWNER, at=issuing.NOW), texts),
        ]
    )


@each_language
def test_every_line_is_in_the_language_of_the_owner(store: Path, texts: Catalogue) -> None:
    told = everything(store, texts)
    other = VIETNAMESE if texts is ENGLISH else ENGLISH
    for kind in ("finding", "basis", "lineage"):
        said = {one for one in texts.codes(kind) if texts.text(kind, one) in told}
        assert said
        assert not {one for one in texts.codes(kind) if other.text(kind, one) in told}
    assert not [name for line in told.splitlines() for _, name, _, _ in string.Formatter().parse(line) if name]


@each_language
def test_an_audit_says_what_has_expired_in_words(store: Path, texts: Catalogue) -> None:
    lines = list(trust_text.audit_lines(operations.audit(store, issuing.NOW + timedelta(days=365 * 30)), texts))
    assert any(texts.text("finding", Finding.CERTIFICATE_EXPIRED.value) in line for line in lines)
    assert any(texts.text("finding", Finding.CRL_STALE.value) in line for line in lines)


@each_language
@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_of_an_import_is_told_in_words_and_by_its_code(
    store: Path, texts: Catalogue, refusal: Refusal
) -> None:
    refused = Refused(fingerprint="ab" * 32, subject="C=UT", refusal=refusal, message="the reason")
    report = ImportReport(delivery=_delivery(), refused=(refused,), lineages=dict.fromkeys(Lineage, 1))
    lines = list(trust_text.report_lines(report, texts))
    assert texts.text("refusal", refusal.value) in lines[-1]
    assert lines[-1].endswith(f"[{refusal.value}]")
    assert "ab" * 8 in lines[-1]
    for lineage in Lineage:
        assert f"  {texts.text('lineage', lineage.value)}: 1" in lines


@each_language
def test_it_is_said_who_approved_a_certificate_and_which_list_vouches(store: Path, texts: Catalogue) -> None:
    own = "\n".join(trust_text.shown_lines(operations.show(store, DE.fingerprint), texts))
    assert texts.text("basis", Basis.OWNER.value) in own
    assert texts.text("trust", "approved-by").format(name=OWNER) in own
    listed = "\n".join(trust_text.shown_lines(operations.show(store, VN.fingerprint), texts))
    assert texts.text("basis", Basis.LIST.value) in listed


@each_language
@pytest.mark.parametrize("ending", Ending)
def test_of_what_the_store_held_before_it_is_said_until_when_and_why(
    store: Path, texts: Catalogue, ending: Ending
) -> None:
    shown = operations.show(store, DE.fingerprint)
    ended = Ended(until=issuing.NOW, ending=ending, ended_by="Trần Thị B", successor="ab" * 32)
    line = list(trust_text.shown_lines(replace(shown, ended=ended), texts))[-1]
    for part in ("2026-06-01", texts.text("ending", ending.value), "Trần Thị B", "ab" * 8):
        assert part in line


@each_language
def test_it_is_said_whether_a_thing_was_taken_out_or_wiped(store: Path, texts: Catalogue) -> None:
    for wipe, word in ((False, "removed"), (True, "wiped")):
        report = operations.remove(store, VN.fingerprint, by=OWNER, at=issuing.NOW, wipe=wipe)
        lines = list(trust_text.removal_lines(report, texts))
        assert lines[0].startswith(texts.text("trust", "removed").partition("{")[0])
        assert (texts.text("trust", "wiped") in lines) == (word == "wiped")
        assert any(VN.fingerprint[:16] in line for line in lines)


@each_language
def test_an_import_tells_what_its_list_no_longer_holds(store: Path, texts: Catalogue) -> None:
    record = operations.list_store(store).certificates[0]
    imports = operations.Imports(files=(ImportReport(delivery=_delivery(), withdrawn=(record,)),))
    lines = list(trust_text.import_lines(imports, texts))
    assert lines[0] == "file"
    assert lines[-2] == texts.text("trust", "no-longer-listed")
    assert record.fingerprint[:16] in lines[-1]


def _delivery() -> Delivery:
    return Delivery(file="file", file_sha256="00" * 32, approved_by=OWNER, at=issuing.NOW)


@each_language
def test_many_certificates_are_counted_by_country_and_many_refusals_by_reason(tmp_path: Path, texts: Catalogue) -> None:
    listed = [issuing.csca("VN" if number < 9 else "FR", str(number)) for number in range(15)]
    (tmp_path / "list.ml").write_bytes(
        issuing.sign_list(issuing.list_content([one.raw for one in listed]), issuing.list_signer(DE, "DE"))
    )
    (tmp_path / "de.cer").write_bytes(DE.raw)
    approval = Approval(by=OWNER, pinned=[tmp_path / "de.cer"])
    (report,) = operations.import_files(tmp_path / "store", [tmp_path / "list.ml"], approval, issuing.NOW).files
    lines = [line.strip() for line in trust_text.report_lines(report, texts)]
    assert "FR 6, VN 9" in lines
    assert not any(listed[0].fingerprint[:16] in line for line in lines)
    refused = tuple(
        Refused(fingerprint=f"{number:064x}", subject="C=UT", refusal=Refusal.ISSUER_UNKNOWN, message="")
        for number in range(11)
    )
    (first, *others) = trust_text.report_lines(ImportReport(delivery=_delivery(), refused=refused), texts)
    assert first == texts.text("trust", "certificates-added").format(added=0, known=0)
    assert len(others) == 1
    assert " 11: " in others[0]


@each_language
def test_the_columns_of_a_list_stand_below_each_other(store: Path, texts: Catalogue) -> None:
    heading, *rows = trust_text.listing_lines(operations.list_store(store), texts)
    places = [heading.index(texts.text("trust-row", column)) for column in ("country", "kind", "dates", "what")]
    assert [row[place - 2 : place] for row in rows for place in places] == ["  "] * len(rows) * len(places)
    assert [row[places[0] : places[0] + 2] for row in rows] == sorted(row[places[0] : places[0] + 2] for row in rows)


@each_language
def test_what_is_damaged_in_a_list_is_named_where_two_are_compared(tmp_path: Path, texts: Catalogue) -> None:
    for name, certificates in {"a": [VN.raw], "b": [VN.raw, b"\x30\x03\x02\x01\x00"]}.items():
        content = issuing.list_content(certificates)
        (tmp_path / name).write_bytes(issuing.sign_list(content, issuing.list_signer(DE, "DE")))
    lines = list(trust_text.difference_lines(operations.diff(tmp_path / "a", tmp_path / "b"), texts))
    assert lines[-1].startswith(texts.text("trust", "damaged").partition("{")[0])
