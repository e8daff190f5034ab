"""The catalogues are complete: whatever can be said has a text in every language."""

from __future__ import annotations

from dataclasses import fields

import pytest

import chipid.trust.errors
import cli
import reader.errors
import simulator.vpcd
from apdu.errors import ToolkitError
from chipid.errors import WrongAccessKeyError
from chipid.identity.holder import Holder
from chipid.inspection.progress import Step
from chipid.messages.catalogue import Language, catalogue
from chipid.verification.report import Check, Reason, Result, Verdict

SPEAKERS = (cli, reader.errors, simulator.vpcd, chipid.trust.errors)  # imported so that their errors are in the tree


def all_errors(root: type[ToolkitError] = ToolkitError) -> set[type[ToolkitError]]:
    """Every class of the error tree that is loaded."""
    return {root}.union(*(all_errors(child) for child in root.__subclasses__()))


CODES = {
    "verdict": {verdict.value for verdict in Verdict},
    "advice": {verdict.value for verdict in Verdict},
    "result": {result.value for result in Result},
    "check": {check.label for check in Check},
    "reason": {reason.value for reason in Reason},
    "step": {step.label for step in Step},
    "field": {field.name.replace("_", "-") for field in fields(Holder)} - {"verdict"},
}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_a_text_and_every_text_a_code(language: Language, kind: str) -> None:
    assert catalogue(language).codes(kind) == CODES[kind]


@pytest.mark.parametrize("kind", ["error", "hint"])
def test_every_error_has_a_vietnamese_text(kind: str) -> None:
    codes = {error.code for error in all_errors()}
    assert codes - catalogue(Language.VIETNAMESE).codes(kind) == set()


def test_both_languages_have_the_same_words() -> None:
    english, vietnamese = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)
    assert english.codes("word") == vietnamese.codes("word")


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
