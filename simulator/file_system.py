"""Files of the chip: a master file, applications, and elementary files with identifiers and access rules.

ICAO Doc 9303-10 §3.9 to §3.11, ISO/IEC 7816-4 §7 (structures, control information).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apdu import tlv
from simulator.access_rules import AccessRule, Always

if TYPE_CHECKING:  # the memory of a chip knows the chip, and the chip its files
    from simulator.memory import Memory

MF_ID = 0x3F00
MIN_PARTIAL_AID = 5  # an application may be named by its registered provider alone
FCP_TEMPLATE = 0x62
FCI_TEMPLATE = 0x6F


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementaryFile:
    """A transparent file: identifier, short identifier (or none), access rule, content.

    ``live`` makes the content out of what the chip remembers; it is as long as ``content``.
    """

    fid: int
    sfi: int | None
    rule: AccessRule
    content: bytes = field(repr=False)
    live: Callable[[Memory], bytes] | None = field(default=None, repr=False)

    def read(self, memory: Memory) -> bytes:
        """The content at this moment."""
        return self.content if self.live is None else self.live(memory)

    def control_information(self, tag: int) -> bytes:
        """FCP or FCI template: size, descriptor of a transparent EF, identifier."""
        size = tlv.encode(0x80, len(self.content).to_bytes(2, "big"))
        return tlv.encode(tag, size, tlv.encode(0x82, b"\x01"), tlv.encode(0x83, self.fid.to_bytes(2, "big")))


class DedicatedFile:
    """The master file (no name) or an application (its AID), with the elementary files it holds.

    ``rule`` says when the chip tells which files exist: before that, a file that is missing is refused like
    one that is protected (ICAO Doc 9303-11 §4.3.2).
    """

    def __init__(self, *, aid: bytes | None, files: Iterable[ElementaryFile], rule: AccessRule | None = None) -> None:
        self.aid = aid
        self.rule = rule or Always()
        self._by_fid: dict[int, ElementaryFile] = {}
        self._by_sfi: dict[int, ElementaryFile] = {}
        for one in files:
            if one.fid in self._by_fid or one.sfi in self._by_sfi:
                raise ValueError(f"file {one.fid:04X} or its short identifier occurs twice")
            self._by_fid[one.fid] = one
            if one.sfi is not None:
                self._by_sfi[one.sfi] = one

    @property
    def files(self) -> tuple[ElementaryFile, ...]:
        return tuple(self._by_fid.values())

    def by_fid(self, fid: int) -> ElementaryFile | None:
        return self._by_fid.get(fid)

    def by_sfi(self, sfi: int) -> ElementaryFile | None:
        return self._by_sfi.get(sfi)

    def control_information(self, tag: int) -> bytes:
        """FCP or FCI template: descriptor of a DF, identifier or name."""
        name = tlv.encode(0x83, MF_ID.to_bytes(2, "big")) if self.aid is None else tlv.encode(0x84, self.aid)
        return tlv.encode(tag, tlv.encode(0x82, b"\x38"), name)


class FileSystem:
    """The master file and the applications beside it."""

    def __init__(self, *, master_file: DedicatedFile, applications: Iterable[DedicatedFile]) -> None:
        self.master_file = master_file
        self.applications = tuple(applications)

    def application(self, aid: bytes) -> DedicatedFile | None:
        """The application of that name, or the first whose name begins with it."""
        if len(aid) < MIN_PARTIAL_AID:
            return None
        return next((one for one in self.applications if one.aid is not None and one.aid.startswith(aid)), None)
