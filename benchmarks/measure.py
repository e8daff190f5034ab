"""Timing and memory for the benchmarks: medians of repeated runs in one process, printed against a bound."""

from __future__ import annotations

import functools
import gc
import statistics
import time
import tracemalloc
from collections.abc import Callable


def median_seconds(
    action: Callable[[], object], *, repeat: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The median time of ``action`` over ``repeat`` runs, after one run that warms up."""
    action()
    times = []
    for _ in range(repeat):
        start = clock()
        action()
        times.append(clock() - start)
    return statistics.median(times)


def peak_megabytes(action: Callable[[], object]) -> float:
    """The most memory that ``action`` holds at once, beyond what there was before."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1] / (1 << 20)
    finally:
        tracemalloc.stop()


def report(name: str, value: float, bound: float, unit: str) -> bool:
    """Print one line and tell whether the bound holds."""
    holds = value <= bound
    print(f"{'ok  ' if holds else 'OVER'}  {name}: {value:.3g} {unit} (bound {bound:g})")
    return holds


def forget_everything() -> None:
    """Empty every cache of the library, as at the start of a process."""
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and str(found.__module__).startswith("chipid"):  # noqa: SLF001
            found.cache_clear()
