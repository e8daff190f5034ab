"""One process of libeac for all tests that ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interop.libeac import LibEAC, missing
from tests.support.third_opinions import skip_or_fail


@pytest.fixture(scope="session")
def libeac() -> Iterator[LibEAC]:
    reason = missing()
    if reason is not None:
        skip_or_fail(reason)
    with LibEAC() as running:
        yield running
