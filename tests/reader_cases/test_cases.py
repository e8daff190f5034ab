"""Every reader case has the outcome that it demands, and a genuine document is accepted after all of them."""

from __future__ import annotations

import pytest

from tests.reader_cases.case import Demand, Outcome, ReaderCase
from tests.reader_cases.catalogue import CASES, outcomes
from tests.reader_cases.documents import issue
from tests.reader_cases.inspection import inspect


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_inspection_ends_as_demanded(case: ReaderCase) -> None:
    assert case.complaint(outcomes(case.id)) == ""


def test_the_document_that_is_manipulated_is_accepted_without() -> None:
    outcome = inspect(issue())
    assert outcome.is_pass
    assert (outcome.checks, outcome.denied) == ((), ())


def test_a_case_is_not_content_with_another_finding_or_none() -> None:
    wrong = Outcome(verdict=None, error="malformed-tlv")
    case = ReaderCase(
        id="X_1", purpose="x", demand=Demand.FAIL, stated=True, found="protocol-violation", note="", run=lambda: ()
    )
    assert "should have been found" in case.complaint((wrong,))
    assert "fail was demanded" in case.complaint((inspect(issue()),))
    assert case.complaint(()) == "nothing was inspected"
