"""The LDSSecurityObject: the hashes of the data groups that EF.SOD signs (ICAO Doc 9303-10 §4.6.2.3, Appendix D)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.crypto.digests import encode_digest_algorithm, parse_digest_algorithm
from chipid.lds.versions import decode_version, encode_version

MAX_DATA_GROUPS = 16
OLD_LDS_VERSIONS = frozenset(f"1.{minor}" for minor in range(8))


@dataclass(frozen=True, slots=True, kw_only=True)
class LDSSecurityObject:
    """``version`` 0 or 1; ``hash_algorithm`` as :mod:`hashlib` names it; the hashes by number, as they came.

    ``lds_version`` and ``unicode_version`` (``1.8``, ``4.0.0``) stand in version 1 alone.
    """

    raw: bytes = field(repr=False)
    version: int
    hash_algorithm: str
    hashes: tuple[tuple[int, bytes], ...]
    lds_version: str | None = None
    unicode_version: str | None = None

    @property
    def deviations(self) -> tuple[str, ...]:
        """The name of a version that does not fit the version info: 1 goes with LDS 1.8 and later, 0 with none."""
        has_info = self.lds_version is not None and self.lds_version not in OLD_LDS_VERSIONS
        fits = has_info if self.version else self.lds_version is None
        return () if fits else ("lds-object-version",)


def parse_lds_security_object(encoded: bytes) -> LDSSecurityObject:
    """Read the signed content of EF.SOD: 1 to 16 data groups, each once, each hash of the algorithm's length.

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for an unknown hash algorithm or version.
    The standard wants two groups at least; a chip with one is not refused for that. Version info is read where it
    stands: it is mandatory in version 1 and unknown to version 0, but nothing depends on it.
    """
    parts = der.parse_sequence(encoded)
    if not 3 <= len(parts) <= 4:
        raise MalformedDataError("an LDSSecurityObject has three or four elements")
    version = der.decode_integer(parts[0])
    if version not in (0, 1):
        raise MalformedDataError("an LDSSecurityObject has version 0 or 1")
    hash_algorithm = parse_digest_algorithm(der.expect(parts[1], der.SEQUENCE).raw)
    lds_version, unicode_version = _version_info(parts[3]) if len(parts) == 4 else (None, None)
    return LDSSecurityObject(
        raw=encoded,
        version=version,
        hash_algorithm=hash_algorithm,
        hashes=_hashes(parts[2], hash_algorithm),
        lds_version=lds_version,
        unicode_version=unicode_version,
    )


def _hashes(values: TLV, hash_algorithm: str) -> tuple[tuple[int, bytes], ...]:
    entries = der.expect(values, der.SEQUENCE).children()
    if not 1 <= len(entries) <= MAX_DATA_GROUPS:
        raise MalformedDataError(f"an LDSSecurityObject lists {len(entries)} data groups")
    hashes = tuple(_hash(entry, hashlib.new(hash_algorithm, usedforsecurity=False).digest_size) for entry in entries)
    if len(dict(hashes)) < len(hashes):
        raise MalformedDataError("an LDSSecurityObject lists a data group twice")
    return hashes


def _hash(entry: TLV, length: int) -> tuple[int, bytes]:
    parts = der.expect(entry, der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedDataError("the hash of a data group has a number and a value")
    number, value = der.decode_integer(parts[0]), der.decode_octet_string(parts[1])
    if not 1 <= number <= MAX_DATA_GROUPS or len(value) != length:
        raise MalformedDataError("the hash of a data group has an impossible number or length")
    return number, value


def _version_info(info: TLV) -> tuple[str, str]:
    parts: Sequence[TLV] = der.expect(info, der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedDataError("an LDSVersionInfo has two elements")
    lds, unicode = (der.expect(part, der.PRINTABLE_STRING).value for part in parts)
    return decode_version(lds, 2), decode_version(unicode, 3)


def build_lds_security_object(
    hash_algorithm: str,
    hashes: Mapping[int, bytes],
    *,
    version: int = 0,
    lds_version: str = "1.8",
    unicode_version: str = "4.0.0",
) -> bytes:
    """Write the object in DER, the groups in the order given; version info goes into version 1 alone."""
    strings = (encode_version(lds_version), encode_version(unicode_version))
    info = der.encode_sequence(*(tlv.encode(der.PRINTABLE_STRING, text) for text in strings))
    values = (
        der.encode_sequence(der.encode_integer(number), der.encode_octet_string(value))
        for number, value in hashes.items()
    )
    return der.encode_sequence(
        der.encode_integer(version),
        encode_digest_algorithm(hash_algorithm),
        der.encode_sequence(*values),
        info if version == 1 else b"",
    )
