"""The German master list and the CSCA of its signer; the list is too large to be a vector of this repository."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.vectors import VECTORS

LIST = Path(__file__).parents[3] / "shared" / "trust" / "DE_ML_2026-05-28.ml"
CSCA = VECTORS / "trust" / "DE_CSCA_04CD.cer"
NOW = datetime(2026, 6, 1, tzinfo=UTC)

needed = pytest.mark.skipif(not LIST.exists(), reason=f"{LIST.name} is not there")
