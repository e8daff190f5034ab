"""The catalogues are complete: whatever can be said has a text in every language."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import fields
from importlib import resources
from pathlib import Path
from string import Formatter

import pytest

import chipid.trust.errors
import cli
import reader.errors
import simulator.vpcd
from apdu.errors import ToolkitError
from chipid.errors import KeyProblem, StoreProblem, WrongAccessKeyError
from chipid.evidence.evidence import TerminalProblem
from chipid.identity.holder import Holder, Sex
from chipid.inspection.progress import Step
from chipid.messages.catalogue import Language, catalogue
from chipid.mrz.name_comparison import NameReason
from chipid.mrz.typed_lines import CorrectionKind
from chipid.pki.deviation_kinds import DeviationKind
from chipid.profiles.profile import FaceDemand
from chipid.trust.audit import Finding
from chipid.trust.errors import Refusal
from chipid.trust.records import Basis, Ending, Lineage, ListKind, Role
from chipid.verification.report import Check, Reason, Result, Verdict
from chipid.vietnam.key_candidates import KeyReason
from chipid.vietnam.qr_scan import QRDeviation, QRField, QRProblem

ROOT = Path(cli.__file__).parent
CODE = (ROOT / "cli.py", *(ROOT / "chipid").rglob("*.py"))
SPEAKERS = (cli, reader.errors, simulator.vpcd, chipid.trust.errors)  # imported so that their errors are in the tree


def all_errors(root: type[ToolkitError] = ToolkitError) -> set[type[ToolkitError]]:
    """Every class of the error tree that is loaded."""
    return {root}.union(*(all_errors(child) for child in root.__subclasses__()))


CODES = {
    "verdict": {verdict.value for verdict in Verdict},
    "advice": {"rejected-open", *(verdict.value for verdict in Verdict)},
    "result": {result.value for result in Result},
    "check": {check.label for check in Check},
    "reason": {reason.value for reason in Reason},
    "step": {step.label for step in Step},
    "field": {field.name.replace("_", "-") for field in fields(Holder)} - {"verdict"},
    "sex": {one.value for one in Sex},
    "face": {one.value for one in FaceDemand},
    "qr-problem": {one.value for one in QRProblem},
    "qr-field": {one.value for one in QRField},
    "qr-deviation": {one.value for one in QRDeviation},
    "key-problem": {one.value for one in KeyProblem},
    "key-reason": {one.value for one in KeyReason},
    "name-reason": {one.value for one in NameReason},
    "correction": {one.value for one in CorrectionKind},
    "known-deviation": {one.value for one in DeviationKind},
    "terminal-problem": {"refused", *(one.value for one in TerminalProblem)},
    "refusal": {one.value for one in Refusal},
    "refusal-hint": {one.value for one in Refusal},
    "store-hint": {one.value for one in StoreProblem},
    "finding": {one.value for one in Finding},
    "kind": {"crl", *(one.value for one in (*Role, *ListKind))},
    "lineage": {one.value for one in Lineage},
    "basis": {one.value for one in Basis},
    "ending": {one.value for one in Ending},
}
ALIKE = ("word", "trust", "trust-row", "subject", "fact", "fact-value", "remedy")
SUBJECTS = {"number-sex", "number-birth-year", "portrait-present", "expiry-by-law"}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_a_text_and_every_text_a_code(language: Language, kind: str) -> None:
    assert catalogue(language).codes(kind) == CODES[kind]


@pytest.mark.parametrize("kind", ["error", "hint"])
def test_every_error_has_a_vietnamese_text(kind: str) -> None:
    codes = {error.code for error in all_errors()}
    assert codes - catalogue(Language.VIETNAMESE).codes(kind) == set()


@pytest.mark.parametrize("kind", ALIKE)
def test_both_languages_have_the_same_words(kind: str) -> None:
    english, vietnamese = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)
    assert english.codes(kind) == vietnamese.codes(kind)
    for code in english.codes(kind):
        places = [
            {part[1] for part in Formatter().parse(one.text(kind, code))} - {None} for one in (english, vietnamese)
        ]
        assert places[0] == places[1]


def test_the_catalogue_has_no_text_that_nothing_asks_for() -> None:
    tables = {language: tomllib.loads(_source(language)) for language in Language}
    known = {*CODES, *ALIKE}
    assert set(tables[Language.ENGLISH]) == known
    assert set(tables[Language.VIETNAMESE]) == known | {"error", "hint", "store-problem"}
    assert catalogue(Language.VIETNAMESE).codes("store-problem") == CODES["store-hint"]
    assert catalogue(Language.ENGLISH).codes("subject") == SUBJECTS
    code = "\n".join(path.read_text(encoding="utf-8") for path in CODE)
    assert tables[Language.ENGLISH]["remedy"].keys() <= CODES["reason"]
    for kind in ("word", "trust", "trust-row", "fact"):
        unused = {one for one in tables[Language.ENGLISH][kind] if f'"{one}"' not in code and f"'{one}'" not in code}
        assert unused == set()


def test_hints_name_options_and_commands_that_there_are() -> None:
    options = {one for command in cli.trust.commands.values() for parameter in command.params for one in parameter.opts}
    for language in Language:
        texts = catalogue(language)
        for kind in ("refusal-hint", "store-hint"):
            told = " ".join(texts.text(kind, code) for code in texts.codes(kind))
            assert set(re.findall(r"--[a-z-]+", told)) <= options
            assert set(re.findall(r"chipid trust ([a-z]+)", told)) <= set(cli.trust.commands)


def test_vietnamese_is_written_in_one_normal_form_and_without_stray_blanks() -> None:
    for table in tomllib.loads(_source(Language.VIETNAMESE)).values():
        for text in table.values():
            assert text == unicodedata.normalize("NFC", text).strip()
            assert "  " not in text
            assert text


def _source(language: Language) -> str:
    return resources.files("chipid.messages").joinpath(f"{language.value}.toml").read_text(encoding="utf-8")


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert catalogue(Language.VIETNAMESE).text("reason", "no-such-reason") == "no-such-reason"


def test_an_error_is_told_in_the_language_of_the_desk() -> None:
    error = WrongAccessKeyError("the chip refused the access key (PACE)")
    assert catalogue(Language.ENGLISH).error(error) == error.message
    assert catalogue(Language.VIETNAMESE).error(error) == "Thẻ không nhận khóa mở thẻ"
    assert catalogue(Language.VIETNAMESE).hint(error) == "So số với trên thẻ và nhập lại. Nhập sai không khóa thẻ."
    assert catalogue(Language.ENGLISH).hint(error) == WrongAccessKeyError.hint


def test_codes_of_errors_are_unique_where_their_hints_differ() -> None:
    seen: dict[str, tuple[str, int]] = {}
    for error in all_errors():
        assert seen.setdefault(error.code, (error.hint, error.exit_code)) == (error.hint, error.exit_code), error
