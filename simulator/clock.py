"""A clock that simulated cards and links advance, so that slowness is tested without waiting."""

from __future__ import annotations


class SimulatedClock:
    """Seconds since it was made; give it to whoever wants a monotonic clock."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._seconds += seconds
