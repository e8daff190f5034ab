"""ISO7816_A, B and C: selecting the application, Basic Access Control, secure messaging, reading files."""

from __future__ import annotations

from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.documents import issue, mrz_key, profile
from tests.reader_cases.inspection import STRICT_WITH_BAC, inspect


@reader_case("ISO7816_A_02", Demand.PASS)
def bac_document() -> Outcome:
    """Positive test with a document under Basic Access Control."""
    return inspect(issue(profile("bac-aa-rsa")), mrz_key(), policy=STRICT_WITH_BAC)
