"""Numbers drawn from random bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto.entropy import random_below, system_entropy


def test_a_drawn_number_that_does_not_fit_is_drawn_again() -> None:
    draws = iter([b"\x00", b"\x07", b"\xf3"])
    assert random_below(7, lambda count: next(draws)) == 3


def test_a_source_of_zeros_is_recognised() -> None:
    with pytest.raises(ValueError, match="random source"):
        random_below(1 << 255, bytes)


@given(st.integers(min_value=2, max_value=2**130))
def test_a_drawn_number_is_in_its_range(limit: int) -> None:
    assert 1 <= random_below(limit, system_entropy) < limit
