"""What a reading shall fetch and prove, and what it may fall back to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from chipid.errors import UnsupportedError
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.protocols.terminal_key import TerminalKey

# Fingerprints and irises open to Terminal Authentication only; without it they are not asked for.
LOCKED_GROUPS: Final = frozenset({FileId.DG3, FileId.DG4})


class BACUse(Enum):
    """When Basic Access Control may open a chip. It is never a silent choice: the evidence records it."""

    NEVER = "never"
    WITHOUT_PACE = "without-pace"  # only a chip that offers no PACE which we can run
    AFTER_PACE_FAILED = "after-pace-failed"  # also where PACE broke for a technical reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """A reading: which data groups, which proofs of the chip.

    ``data_groups`` of None means every group that the card lists and that this terminal may read. Proofs fetch the
    groups that hold their keys (DG14, DG15) besides. With ``terminal_key`` the terminal proves itself to a chip that
    has fingerprints or irises, for which the chip must have proven itself first; without one they stay closed.
    ``challenge`` is what Active Authentication has the chip sign, None to draw one.
    """

    data_groups: frozenset[FileId] | None = None
    chip_authentication: bool = True
    active_authentication: bool = True
    bac: BACUse = BACUse.WITHOUT_PACE
    terminal_key: TerminalKey | None = field(default=None, repr=False)
    challenge: bytes | None = field(default=None, repr=False)

    @property
    def proves_chip(self) -> bool:
        """True if Chip Authentication is to run: for its own sake, or for Terminal Authentication."""
        return self.chip_authentication or self.terminal_key is not None

    @property
    def wants_locked_groups(self) -> bool:
        """True if this plan fetches fingerprints or irises where the card has them and the terminal may read them."""
        return any(map(self.wants, LOCKED_GROUPS))

    def wants(self, group: FileId) -> bool:
        """True if this plan fetches ``group`` where the card has it."""
        if group is FileId.DG14 and self.proves_chip:
            return True
        if group is FileId.DG15 and self.active_authentication:
            return True
        return self.data_groups is None or group in self.data_groups


EVERYTHING = ReadingPlan()


def plan_for_groups(labels: Iterable[str]) -> ReadingPlan:
    """A reading of just these data groups, by their labels. Raises :class:`UnsupportedError` for anything else."""
    wanted = frozenset(FileId.by_label(label.strip().upper()) for label in labels)
    if not wanted or not wanted <= set(DATA_GROUPS):
        raise UnsupportedError("a reading takes data groups from DG1 to DG16")
    return ReadingPlan(data_groups=wanted)
