"""What a reading shall fetch and prove, and what it may fall back to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chipid.lds.files import FileId


class BACUse(Enum):
    """When Basic Access Control may open a chip. It is never a silent choice: the evidence records it."""

    NEVER = "never"
    WITHOUT_PACE = "without-pace"  # only a chip that offers no PACE which we can run
    AFTER_PACE_FAILED = "after-pace-failed"  # also where PACE broke for a technical reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPlan:
    """A reading: which data groups, which proofs of the chip.

    ``data_groups`` of None means every group that the card lists and that needs no Terminal Authentication.
    Proofs fetch the groups that hold their keys (DG14, DG15) besides.
    """

    data_groups: frozenset[FileId] | None = None
    chip_authentication: bool = True
    active_authentication: bool = True
    bac: BACUse = BACUse.WITHOUT_PACE

    def wants(self, group: FileId) -> bool:
        """True if this plan fetches ``group`` where the card has it."""
        if group is FileId.DG14 and self.chip_authentication:
            return True
        if group is FileId.DG15 and self.active_authentication:
            return True
        return self.data_groups is None or group in self.data_groups


EVERYTHING = ReadingPlan()
