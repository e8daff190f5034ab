"""EF.DIR: the applications of the chip (ICAO Doc 9303-10 §3.11.1, ISO/IEC 7816-4 §12.2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError

APPLICATION_TEMPLATE = 0x61
APPLICATION_IDENTIFIER = 0x4F
APPLICATION_LABEL = 0x50
MAX_AID_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One entry; ``label`` is what the card calls the application, in whatever character set."""

    aid: bytes
    label: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EFDir:
    raw: bytes = field(repr=False)
    applications: tuple[Application, ...]

    @property
    def aids(self) -> tuple[bytes, ...]:
        return tuple(one.aid for one in self.applications)


def parse_ef_dir(raw: bytes) -> EFDir:
    """Read EF.DIR: templates or bare identifiers, padding ignored. Raises :class:`MalformedDataError` children."""
    applications: list[Application] = []
    offset = 0
    while offset < len(raw) and raw[offset]:
        found, offset = tlv.parse_first(raw, offset)
        if found.tag == APPLICATION_IDENTIFIER:
            applications.append(_application(found.value, None))
        elif found.tag == APPLICATION_TEMPLATE:
            label = tlv.find(found.children(), APPLICATION_LABEL)
            aid = found.child(APPLICATION_IDENTIFIER).value
            applications.append(_application(aid, None if label is None else label.value))
        else:
            raise TLVError(f"EF.DIR holds data object {found.tag:X}")
        if len(applications) > tlv.MAX_OBJECTS:
            raise TLVError("EF.DIR has too many entries")
    if raw[offset:].strip(b"\x00"):
        raise TLVError("EF.DIR has data behind its padding")
    return EFDir(raw=raw, applications=tuple(applications))


def build_ef_dir(applications: Iterable[Application | bytes]) -> bytes:
    """Write one template for each application, given as an entry or by its AID alone."""
    out = b""
    for one in applications:
        entry = Application(aid=one) if isinstance(one, bytes) else one
        label = b"" if entry.label is None else tlv.encode(APPLICATION_LABEL, entry.label)
        out += tlv.encode(APPLICATION_TEMPLATE, tlv.encode(APPLICATION_IDENTIFIER, entry.aid), label)
    return out


def _application(aid: bytes, label: bytes | None) -> Application:
    if not 1 <= len(aid) <= MAX_AID_LENGTH:
        raise MalformedDataError(f"an application identifier of {len(aid)} bytes")
    return Application(aid=aid, label=label)
