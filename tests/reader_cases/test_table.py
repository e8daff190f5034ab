"""The table of reader cases is what the tests find, and no case of the standard is forgotten."""

from __future__ import annotations

import pytest

from tests.reader_cases import table
from tests.reader_cases.catalogue import CASES, STANDARD_COUNT, standard_identifiers
from tests.reader_cases.left_out import left_out_identifiers


def test_the_documented_table_is_up_to_date() -> None:
    assert table.PATH.read_text(encoding="utf-8") == table.render(), "run: python -m tests.reader_cases.table"


def test_every_case_of_the_standard_is_run_or_left_out_with_a_reason() -> None:
    handled = [case.id for case in CASES] + left_out_identifiers()
    assert len(handled) == len(set(handled))
    standard = standard_identifiers()
    if standard is None:
        pytest.skip("the list of the standard's cases is not beside the repository")
    assert len(standard) == len(set(standard)) == STANDARD_COUNT
    assert set(handled) <= set(standard)
