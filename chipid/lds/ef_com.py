"""EF.COM: versions and the list of data groups, unsigned (ICAO Doc 9303-10 §4.6.1).

Readers rely on EF.SOD for what is there; this file only says what to try to read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from apdu import tlv
from chipid.lds.files import FileId
from chipid.lds.versions import decode_version, encode_version

LDS_VERSION = 0x5F01
UNICODE_VERSION = 0x5F36
TAG_LIST = 0x5C
MAX_REMEMBERED_BYTES = 64
LDS_VERSIONS = frozenset({"1.7", "1.8"})
UNICODE_VERSIONS = frozenset({"4.0.0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class EFCom:
    """``lds_version`` is ``1.7``, ``unicode_version`` ``4.0.0``; ``data_groups`` keeps the order of the file.

    ``unknown_tags`` are listed bytes that name no data group.
    """

    raw: bytes = field(repr=False)
    lds_version: str
    unicode_version: str
    data_groups: tuple[int, ...]
    unknown_tags: bytes = b""

    @property
    def deviations(self) -> tuple[str, ...]:
        """Versions that no edition of the standard has, by name; what a later one brings cannot be known."""
        lds = () if self.lds_version in LDS_VERSIONS else ("com-lds-version",)
        return lds if self.unicode_version in UNICODE_VERSIONS else (*lds, "com-unicode-version")


def parse_ef_com(raw: bytes) -> EFCom:
    """Read EF.COM. Raises :class:`MalformedDataError` children. The cards of an issue have it in common."""
    return _remembered(raw) if len(raw) <= MAX_REMEMBERED_BYTES else _parse(raw)


def _parse(raw: bytes) -> EFCom:
    com = tlv.parse_one(raw, FileId.COM.tag)
    tags = com.child(TAG_LIST).value
    known = [found.dg_number for tag in tags if (found := FileId.by_data_group_tag(tag)) is not None]
    return EFCom(
        raw=raw,
        lds_version=decode_version(com.child(LDS_VERSION).value, 2),
        unicode_version=decode_version(com.child(UNICODE_VERSION).value, 3),
        data_groups=tuple(number for number in dict.fromkeys(known) if number is not None),
        unknown_tags=bytes(tag for tag in tags if FileId.by_data_group_tag(tag) is None),
    )


_remembered = lru_cache(maxsize=64)(_parse)


def build_ef_com(
    data_groups: Iterable[int], *, lds_version: str = "1.7", unicode_version: str = "4.0.0", unknown_tags: bytes = b""
) -> bytes:
    """Write EF.COM for the data groups in the order given; versions as in :class:`EFCom`."""
    tags = bytes(tag for number in data_groups if (tag := FileId.data_group(number).tag) is not None)
    return tlv.encode(
        FileId.COM.tag or 0,
        tlv.encode(LDS_VERSION, encode_version(lds_version)),
        tlv.encode(UNICODE_VERSION, encode_version(unicode_version)),
        tlv.encode(TAG_LIST, tags + unknown_tags),
    )
