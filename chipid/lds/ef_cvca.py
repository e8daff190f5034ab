"""EF.CVCA: the trust points of the chip for Terminal Authentication (BSI TR-03110-3 §A.1.2.4).

Documents of the European Union have it; Doc 9303 knows only the references that PACE returns.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.pki.cv_reference import decode_reference, encode_reference

LENGTH = 36
REFERENCE = 0x42


@dataclass(frozen=True, slots=True, kw_only=True)
class EFCVCA:
    """``references`` names one or two keys of the CVCA, the newest first."""

    raw: bytes = field(repr=False)
    references: tuple[str, ...]


def parse_ef_cvca(raw: bytes) -> EFCVCA:
    """Read EF.CVCA: one or two references, then zeros up to 36 bytes. Raises :class:`MalformedDataError` children."""
    if len(raw) != LENGTH:
        raise MalformedDataError(f"EF.CVCA has {len(raw)} bytes, not {LENGTH}")
    references: list[str] = []
    offset = 0
    while offset < LENGTH and raw[offset] == REFERENCE:
        found, offset = tlv.parse_first(raw, offset)
        references.append(decode_reference(found.value))
    if not references or raw[offset:].strip(b"\x00"):
        raise MalformedDataError("EF.CVCA does not consist of references and zeros")
    return EFCVCA(raw=raw, references=tuple(references))


def build_ef_cvca(current: str, previous: str | None = None) -> bytes:
    """Write EF.CVCA for the current trust point and the one before it."""
    references = [current] if previous is None else [current, previous]
    return b"".join(tlv.encode(REFERENCE, encode_reference(one)) for one in references).ljust(LENGTH, b"\x00")
