"""Certificate extensions that eMRTD certificates carry (RFC 5280 §4.2, ICAO Doc 9303-12 Table 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.asn1.times import decode_time
from chipid.pki.names import decode_text

MAX_EXTENSIONS: Final = 64
MAX_PATH_LENGTH: Final = 2**31 - 1
MAX_KEY_IDENTIFIER_BYTES: Final = 64  # the longest hash value; RFC 5280 §4.2.1.2 has 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One extension, undecoded: ``value`` is what its OCTET STRING holds."""

    oid: str
    critical: bool
    value: bytes = field(repr=False)


class KeyUsage(Flag):
    """KeyUsage (RFC 5280 §4.2.1.3); the value of a member is its bit in the BIT STRING, read from the left."""

    DIGITAL_SIGNATURE = 1 << 15
    NON_REPUDIATION = 1 << 14
    KEY_ENCIPHERMENT = 1 << 13
    DATA_ENCIPHERMENT = 1 << 12
    KEY_AGREEMENT = 1 << 11
    KEY_CERT_SIGN = 1 << 10
    CRL_SIGN = 1 << 9
    ENCIPHER_ONLY = 1 << 8
    DECIPHER_ONLY = 1 << 7


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicConstraints:
    """Whether the key may issue certificates, and how many may follow below it."""

    is_issuer: bool
    path_length: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From and until when, each end perhaps open."""

    not_before: datetime | None
    not_after: datetime | None

    def includes(self, moment: datetime) -> bool:
        starts = self.not_before is None or self.not_before <= moment
        return starts and (self.not_after is None or moment <= self.not_after)


def parse_extensions(data: bytes) -> tuple[Extension, ...]:
    """Read Extensions; a repeated one is malformed (RFC 5280 §4.2)."""
    found = tuple(_parse_extension(one) for one in der.parse_sequence(data))
    if len(found) > MAX_EXTENSIONS or len({one.oid for one in found}) != len(found):
        raise MalformedDataError("a certificate has too many extensions or a repeated one")
    return found


def parse_basic_constraints(value: bytes) -> BasicConstraints:
    is_issuer, path_length = False, None
    for position, one in enumerate(der.parse_sequence(value)):
        if one.tag == der.BOOLEAN and position == 0:
            is_issuer = der.decode_boolean(one)
        elif path_length is None:
            path_length = der.decode_small(one, MAX_PATH_LENGTH)
        else:
            raise MalformedDataError("BasicConstraints has more than two elements")
    return BasicConstraints(is_issuer=is_issuer, path_length=path_length)


def parse_key_usage(value: bytes) -> KeyUsage:
    """Nine bits at most: what is not written is not allowed, so none at all allows nothing."""
    bits = tlv.parse_one(value, der.BIT_STRING).value
    if not 1 <= len(bits) <= 3 or bits[0] > (7 if len(bits) > 1 else 0):
        raise MalformedDataError("KeyUsage is no BIT STRING of nine bits")
    return KeyUsage(int.from_bytes(bits[1:].ljust(2, b"\x00"), "big") & 0xFF80)


def parse_subject_key_identifier(value: bytes) -> bytes:
    return _key_identifier(der.decode_octet_string(tlv.parse_one(value)))


def parse_authority_key_identifier(value: bytes) -> bytes | None:
    """The keyIdentifier field, None if only issuer and serial number are given."""
    found = tlv.find(der.parse_sequence(value), 0x80)
    return None if found is None else _key_identifier(found.value)


def _key_identifier(value: bytes) -> bytes:
    if len(value) > MAX_KEY_IDENTIFIER_BYTES:
        raise MalformedDataError(f"a key identifier of {len(value)} bytes")
    return value


def parse_private_key_usage_period(value: bytes) -> Period:
    """Context-specific GeneralizedTimes, at least one of them (RFC 3280 §4.2.1.4)."""
    objects = der.parse_sequence(value)
    ends = [tlv.find(objects, tag) for tag in (0x80, 0x81)]
    if ends == [None, None]:
        raise MalformedDataError("PrivateKeyUsagePeriod is empty")
    not_before, not_after = (None if end is None else _decode_untagged_time(end) for end in ends)
    return Period(not_before=not_before, not_after=not_after)


def parse_extended_key_usage(value: bytes) -> tuple[str, ...]:
    return tuple(der.oid_of(one) for one in der.parse_sequence(value))


def parse_document_types(value: bytes) -> tuple[str, ...]:
    """DocumentTypeList: version 0 and the document codes of the MRZ that may be signed (Doc 9303-12 §7.1.1.6)."""
    elements = der.parse_sequence(value)
    if len(elements) != 2 or der.decode_integer(elements[0]) != 0:
        raise MalformedDataError("DocumentTypeList is not version 0 and a set of types")
    return tuple(decode_text(one) for one in der.expect(elements[1], der.SET).children())


def _parse_extension(found: TLV) -> Extension:
    parts = der.expect(found, der.SEQUENCE).children()
    if not 2 <= len(parts) <= 3:
        raise MalformedDataError(f"an extension of {len(parts)} elements")
    critical = der.decode_boolean(parts[1]) if len(parts) == 3 else False
    return Extension(oid=der.oid_of(parts[0]), critical=critical, value=der.decode_octet_string(parts[-1]))


def _decode_untagged_time(found: TLV) -> datetime:
    return decode_time(tlv.parse_one(tlv.encode(der.GENERALIZED_TIME, found.value)))
