"""The LDSSecurityObject: the hashes of the data groups that EF.SOD signs (ICAO Doc 9303-10 §4.6.2.3, Appendix D)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.crypto.digests import DIGEST_SIZES, encode_digest_algorithm, parse_digest_algorithm
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
    length = DIGEST_SIZES[hash_algorithm]
    hashes = _uniform_hashes(der.expect(values, der.SEQUENCE).value, length)
    if hashes is None:
        entries = values.children()
        if not 1 <= len(entries) <= MAX_DATA_GROUPS:
            raise MalformedDataError(f"an LDSSecurityObject lists {len(entries)} data groups")
        hashes = tuple(_hash(entry, length) for entry in entries)
    numbers = {number for number, _ in hashes}
    if len(numbers) < len(hashes) or min(numbers) < 1 or max(numbers) > MAX_DATA_GROUPS:
        raise MalformedDataError("an LDSSecurityObject lists a data group twice, or one that cannot be")
    return hashes


def _uniform_hashes(values: bytes, length: int) -> tuple[tuple[int, bytes], ...] | None:
    """The entries, where each has the one form that DER knows for a small number and a hash of ``length`` bytes.

    Then they are equally long and read in one go. None where one of them is written in another way.
    """
    layout, before_number, before_hash = _LAYOUTS[length]
    count, rest = divmod(len(values), layout.size)
    if rest or not 1 <= count <= MAX_DATA_GROUPS:
        return None
    entries = tuple(layout.iter_unpack(values))
    if any(start != before_number or middle != before_hash for start, _, middle, _ in entries):
        return None
    return tuple((number, value) for _, number, _, value in entries)


# SEQUENCE, INTEGER of one byte, OCTET STRING: how an entry is laid out, and what stands before number and hash.
_LAYOUTS = {
    length: (struct.Struct(f"=4sb2s{length}s"), bytes((0x30, length + 5, 0x02, 1)), bytes((0x04, length)))
    for length in DIGEST_SIZES.values()
}


def _hash(entry: TLV, length: int) -> tuple[int, bytes]:
    parts = der.expect(entry, der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedDataError("the hash of a data group has a number and a value")
    number, value = der.decode_integer(parts[0]), der.decode_octet_string(parts[1])
    if len(value) != length:
        raise MalformedDataError("the hash of a data group has an impossible length")
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
