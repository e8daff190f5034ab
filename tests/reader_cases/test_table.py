"""The table of reader cases is what the tests find, and no case of the standard is forgotten."""

from __future__ import annotations

from tests.reader_cases import table
from tests.reader_cases.catalogue import CASES, standard_identifiers
from tests.reader_cases.left_out import left_out_identifiers


def test_the_documented_table_is_up_to_date() -> None:
    assert table.PATH.read_text(encoding="utf-8") == table.render(), "run: python -m tests.reader_cases.table"


def test_every_case_of_the_standard_is_run_or_left_out_with_a_reason() -> None:
    handled = [case.id for case in CASES] + left_out_identifiers()
    assert len(handled) == len(set(handled))
    assert set(handled) == set(standard_identifiers())
    assert len(handled) == 330
