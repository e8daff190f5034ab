"""The table of chip test cases is what the tests find, and no case of the standards is forgotten."""

from __future__ import annotations

import pytest

from chipid.conformance.catalogue import CASES
from tests.conformance import published, table
from tests.conformance.left_out import left_out_identifiers, standard_identifiers


def test_the_documented_table_is_up_to_date() -> None:
    assert table.PATH.read_text(encoding="utf-8") == table.render(), "run: python -m tests.conformance.table"


def test_every_case_of_the_standards_is_run_or_left_out_with_a_reason() -> None:
    run = {case.id for case in CASES if not case.id.startswith("X_")}
    left_out = left_out_identifiers()
    assert len(left_out) == len(set(left_out))
    assert run & set(left_out) == set()
    assert standard_identifiers() - run - set(left_out) == set()
    assert run | set(left_out) <= standard_identifiers()


@pytest.mark.skipif(not published.PATH.is_file(), reason="the collection of published cases is not beside the clone")
def test_every_row_of_the_published_cases_is_run_or_left_out() -> None:
    known = {case.id for case in CASES} | set(left_out_identifiers())
    found = published.published_identifiers(published.PATH.read_text(encoding="utf-8"))
    assert len(found) > 450
    assert found - known == set()
