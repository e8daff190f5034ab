"""The seeded random source."""

from __future__ import annotations

from simulator.randomness import SeededEntropy


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert [SeededEntropy(b"a")(16) for _ in range(2)] == [SeededEntropy(b"a")(16)] * 2
    assert SeededEntropy(b"a")(16) != SeededEntropy(b"b")(16)


def test_draws_of_one_source_differ_and_have_the_length_asked_for() -> None:
    source = SeededEntropy(b"a")
    drawn = [source(32) for _ in range(100)]
    assert len(set(drawn)) == 100
    assert len(source(0)) == 0
    assert len(source(1000)) == 1000


def test_a_fork_is_moved_by_neither_its_parent_nor_its_sisters() -> None:
    first, second = SeededEntropy(b"a"), SeededEntropy(b"a")
    second(5)
    second.fork("other")(7)
    assert first.fork("x")(16) == second.fork("x")(16)
    assert first.fork("x")(16) != first.fork("y")(16)
