"""DG15: the public key of Active Authentication (ICAO Doc 9303-10 §4.7.15)."""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu import tlv
from chipid.asn1 import der
from chipid.crypto.keys import PublicKey, encode_public_key, load_public_key

TAG = 0x6F


@dataclass(frozen=True, slots=True, kw_only=True)
class DG15:
    """The file and its SubjectPublicKeyInfo as it came."""

    raw: bytes = field(repr=False)
    spki: bytes = field(repr=False)

    @property
    def public_key(self) -> PublicKey:
        """The key itself. Raises :class:`ToolkitError` children if it is malformed or of an unknown kind."""
        return load_public_key(self.spki)


def parse_dg15(raw: bytes) -> DG15:
    """Read DG15; the key is loaded when it is asked for. Raises :class:`MalformedDataError` children."""
    value = tlv.parse_one(raw, TAG).value
    return DG15(raw=raw, spki=tlv.parse_one(value, der.SEQUENCE).raw)


def build_dg15(key: PublicKey) -> bytes:
    """Write DG15 around a key."""
    return tlv.encode(TAG, encode_public_key(key))
