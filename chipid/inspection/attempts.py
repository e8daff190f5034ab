"""Reading a card with several access keys that may be right, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from apdu.errors import ToolkitError
from apdu.session import Clock
from apdu.transport import Transport
from chipid.crypto.entropy import Entropy
from chipid.errors import AccessKeyError, KeyKindError, KeyProblem, WrongAccessKeyError, WrongPINError
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
    tries: int | None = None,
    deadline: float | None = None,
    progress: Progress = no_progress,
) -> Evidence:
    """Read a card with the first of ``keys`` that it accepts.

    Each key is tried once, after a reset, because one wrong try spoils the next on some chips; ``tries`` is how often
    the card may refuse one, None for every key. A key of a kind that the chip does not take is passed over. A wrong
    PIN, which the card counts, ends it. Raises :class:`WrongAccessKeyError` if none fits, and everything that
    :func:`chipid.inspection.reading.read_card` raises.
    """
    refusals: list[ToolkitError] = []
    passed_over: list[ToolkitError] = []
    for key in keys:
        if refusals or passed_over:
            transport.reset()
        try:
            return read_card(
                transport, key, plan, entropy=entropy, clock=clock, now=now, deadline=deadline, progress=progress
            )
        except WrongPINError:
            raise
        except WrongAccessKeyError as error:
            refusals.append(error)
        except KeyKindError as error:
            passed_over.append(error)
        if len(refusals) == tries:
            break
    raise next(iter(refusals + passed_over), AccessKeyError("there is no access key to try", problem=KeyProblem.EMPTY))
