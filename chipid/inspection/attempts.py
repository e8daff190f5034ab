"""Reading a card with several access keys that may be right, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from apdu.session import Clock
from apdu.transport import Transport
from chipid.crypto.entropy import Entropy
from chipid.errors import AccessKeyError, WrongAccessKeyError
from chipid.evidence.evidence import Evidence
from chipid.inspection.plan import ReadingPlan
from chipid.inspection.progress import Progress, no_progress
from chipid.inspection.reading import read_card
from chipid.mrz.access_key import AccessKey


def read_with_candidates(
    transport: Transport,
    keys: Sequence[AccessKey],
    plan: ReadingPlan,
    *,
    entropy: Entropy,
    clock: Clock,
    now: Callable[[], datetime],
    deadline: float | None = None,
    progress: Progress = no_progress,
) -> Evidence:
    """Read a card with the first of ``keys`` that it accepts.

    Each key is tried once, after a reset, because one wrong try spoils the next on some chips. The caller decides
    how many keys the card may be asked. Raises :class:`WrongAccessKeyError` if none fits, and everything that
    :func:`chipid.inspection.reading.read_card` raises.
    """
    if not keys:
        raise AccessKeyError("there is no access key to try")
    for key in keys[:-1]:
        try:
            return read_card(
                transport, key, plan, entropy=entropy, clock=clock, now=now, deadline=deadline, progress=progress
            )
        except (WrongAccessKeyError, AccessKeyError):  # refused, or of a kind that does not open this chip
            transport.reset()
    return read_card(
        transport, keys[-1], plan, entropy=entropy, clock=clock, now=now, deadline=deadline, progress=progress
    )
