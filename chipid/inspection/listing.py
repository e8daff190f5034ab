"""Which files a reading asks for, and in what order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from apdu import status
from apdu.errors import ToolkitError
from chipid.evidence.evidence import FileOutcome
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import DATA_GROUPS, FileId

# Small groups first: a desk sees the name while the portrait still loads.
_LARGE_GROUPS: Final = (FileId.DG5, FileId.DG7, FileId.DG2, FileId.DG3, FileId.DG4)


def listed_groups(com: bytes | None, sod: bytes | None) -> frozenset[FileId]:
    """The groups that EF.COM or EF.SOD name; neither is believed, both are followed."""
    numbers: set[int] = set()
    try:
        if com is not None:
            numbers.update(parse_ef_com(com).data_groups)
    except ToolkitError:
        pass  # the judge reports a malformed EF.COM
    try:
        if sod is not None:
            numbers.update(parse_sod(sod).data_group_hashes)
    except ToolkitError:
        pass  # likewise
    return frozenset(group for group in DATA_GROUPS if group.dg_number in numbers)


def in_reading_order(groups: Iterable[FileId]) -> list[FileId]:
    """The groups by their identifiers, the large ones last."""
    return sorted(groups, key=lambda group: (group in _LARGE_GROUPS, group.fid))


def refusal_outcome(sw: int | None) -> FileOutcome:
    """What became of a file that the card answered with ``sw`` instead; None where what came was no such file."""
    return _REFUSALS.get(sw, FileOutcome.FAILED)


_REFUSALS: Final[dict[int | None, FileOutcome]] = {
    status.FILE_NOT_FOUND: FileOutcome.ABSENT,
    status.SECURITY_STATUS_NOT_SATISFIED: FileOutcome.DENIED,
}
