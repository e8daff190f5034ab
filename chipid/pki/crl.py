"""Certificate revocation lists of a CSCA (RFC 5280 §5, ICAO Doc 9303-12 §7.2).

One list speaks for a whole state: for all keys and names that its CSCA ever had. The entries are found in one linear
pass and decoded when they are asked for. A list that tells only a part (delta, partitioned, for others' certificates)
is refused: whoever is not on it would seem to be good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import AlgorithmIdentifier, parse_algorithm_identifier
from chipid.asn1.times import decode_time
from chipid.crypto.signatures import parse_signature_algorithm, verify_signature
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import Extension, KeyUsage, parse_authority_key_identifier, parse_extensions
from chipid.pki.names import Name, parse_name

MAX_CRL_BYTES: Final = 1 << 20
MAX_REVOKED: Final = 10_000
MAX_SERIAL_BYTES: Final = 40
MAX_NUMBER_BYTES: Final = 40  # RFC 5280 §5.2.3 has readers handle 20
MAX_EXTENSIONS_BYTES: Final = 16_384

_HARMLESS: Final = frozenset({oids.AUTHORITY_KEY_IDENTIFIER, oids.ISSUER_ALT_NAME, oids.CRL_NUMBER})


class RevocationReason(IntEnum):
    """CRLReason (RFC 5280 §5.3.1); an unknown or missing one counts as unspecified."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    ISSUER_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    ATTRIBUTE_AUTHORITY_COMPROMISE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A certificate was revoked; ``revoked_at`` is None where the list does not say it readably."""

    serial: int
    revoked_at: datetime | None
    reason: RevocationReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CRL:
    """A revocation list as it came; ``number`` and ``aki`` are its extensions, None where absent."""

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    signature_algorithm: AlgorithmIdentifier
    signature: bytes = field(repr=False)
    issuer_name: Name
    this_update: datetime
    next_update: datetime | None
    aki: bytes | None
    number: int | None
    deviations: tuple[str, ...]
    entries: Mapping[bytes, bytes] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the list in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def issuer(self) -> str:
        return str(self.issuer_name)

    @property
    def country(self) -> str:
        return self.issuer_name.country

    def find(self, serial: int) -> Revocation | None:
        """The entry of a certificate by its serial number, None if it is not listed.

        An entry that cannot be decoded is one all the same: its certificate is revoked.
        """
        entry = self.entries.get(_entry_key(serial))
        return None if entry is None else _decode_entry(serial, entry)

    def serials(self) -> Iterator[int]:
        """The serial numbers listed, as numbers without sign."""
        return (int.from_bytes(key, "big") for key in self.entries)


def parse_crl(data: bytes) -> CRL:
    """Read a CertificateList in DER; no signature is verified.

    Raises :class:`MalformedDataError`, and :class:`UnsupportedError` for a list that does not speak for the whole
    state or has a critical extension that is not known (RFC 5280 §5.2).
    """
    if len(data) > MAX_CRL_BYTES:
        raise MalformedDataError(f"a revocation list of {len(data)} bytes")
    parts = der.parse_sequence(data)
    if len(parts) != 3:
        raise MalformedDataError("a revocation list does not have three parts")
    body = _split_body(der.expect(parts[0], der.SEQUENCE))
    algorithm = parse_algorithm_identifier(parts[1].raw)
    extensions = {one.oid: one for one in _read_extensions(body.extensions)}
    number = extensions.get(oids.CRL_NUMBER)
    aki = extensions.get(oids.AUTHORITY_KEY_IDENTIFIER)
    return CRL(
        raw=data,
        tbs=parts[0].raw,
        signature_algorithm=algorithm,
        signature=der.decode_bit_string(parts[2]),
        issuer_name=parse_name(body.issuer.raw),
        this_update=decode_time(body.this_update),
        next_update=None if body.next_update is None else decode_time(body.next_update),
        aki=None if aki is None else parse_authority_key_identifier(aki.value),
        number=None if number is None else _decode_number(number),
        deviations=tuple(_deviations(body, algorithm, extensions)),
        entries=_scan_entries(b"" if body.revoked is None else body.revoked.value),
    )


def verify_crl(crl: CRL, issuer: Certificate) -> None:
    """Verify the signature of ``crl`` with the key of ``issuer``, which must be allowed to sign revocation lists.

    Raises :class:`SignatureError` if it is wrong, :class:`UnsupportedError` if it could not be checked.
    """
    if issuer.key_usage is not None and KeyUsage.CRL_SIGN not in issuer.key_usage:
        raise SignatureError("the key of this certificate may not sign revocation lists")
    if oids.KEY_USAGE in issuer.damaged_extensions:
        raise UnsupportedError("nobody can tell whether the key of this certificate may sign revocation lists")
    algorithm = parse_signature_algorithm(crl.signature_algorithm.raw, digest=None)
    key = issuer.public_key
    try:
        verify_signature(key, algorithm, crl.tbs, crl.signature)
    except MalformedDataError as error:
        raise SignatureError(error.message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """The fields of TBSCertList, undecoded."""

    version: TLV | None
    algorithm: TLV
    issuer: TLV
    this_update: TLV
    next_update: TLV | None
    revoked: TLV | None
    extensions: TLV | None


_TIMES: Final = (der.UTC_TIME, der.GENERALIZED_TIME)


def _split_body(tbs: TLV) -> _Body:
    fields = list(tbs.children())
    version = fields.pop(0) if fields and fields[0].tag == der.INTEGER else None
    if len(fields) < 3:
        raise MalformedDataError("the signed part of a revocation list is incomplete")
    algorithm, issuer, this_update, *rest = fields
    next_update = rest.pop(0) if rest and rest[0].tag in _TIMES else None
    revoked = rest.pop(0) if rest and rest[0].tag == der.SEQUENCE else None
    extensions = rest.pop(0) if rest and rest[0].tag == 0xA0 else None
    if rest:
        raise MalformedDataError("the signed part of a revocation list has a field that does not belong there")
    return _Body(
        version=version,
        algorithm=algorithm,
        issuer=issuer,
        this_update=this_update,
        next_update=next_update,
        revoked=revoked,
        extensions=extensions,
    )


def _read_extensions(found: TLV | None) -> tuple[Extension, ...]:
    if found is None:
        return ()
    if len(found.value) > MAX_EXTENSIONS_BYTES:
        raise MalformedDataError("the extensions of a revocation list are too long")
    extensions = parse_extensions(found.value)
    for one in extensions:
        if one.oid in (oids.DELTA_CRL_INDICATOR, oids.ISSUING_DISTRIBUTION_POINT):
            raise UnsupportedError("the revocation list tells only a part of what is revoked")
        if one.critical and one.oid not in _HARMLESS:
            raise UnsupportedError(f"the revocation list has the unknown critical extension {one.oid}")
    return extensions


def _deviations(body: _Body, algorithm: AlgorithmIdentifier, extensions: Mapping[str, Extension]) -> Iterator[str]:
    if body.version is None or body.version.value != b"\x01":
        yield "version-not-2"
    if body.algorithm.raw != algorithm.raw:
        yield "signature-algorithms-differ"
    if body.next_update is None:
        yield "next-update-missing"
    if oids.AUTHORITY_KEY_IDENTIFIER not in extensions:
        yield "aki-missing"
    if oids.CRL_NUMBER not in extensions:
        yield "crl-number-missing"


def _decode_number(extension: Extension) -> int:
    return der.decode_integer(tlv.parse_one(extension.value), max_bytes=MAX_NUMBER_BYTES)


def _scan_entries(data: bytes) -> dict[bytes, bytes]:
    """The entries by serial number. Keys are bytes: hostile numbers could all have one hash value."""
    found: dict[bytes, bytes] = {}
    offset = seen = 0
    while offset < len(data):
        tag, header, length = tlv.read_header(data, offset)
        start, end = offset + header, offset + header + length
        if tag != der.SEQUENCE or end > len(data) or seen == MAX_REVOKED:
            raise MalformedDataError("the entries of a revocation list are damaged or too many")
        tag, header, length = tlv.read_header(data, start)
        value = data[start + header : start + header + length]
        if tag != der.INTEGER or not 1 <= length <= MAX_SERIAL_BYTES or start + header + length > end:
            raise MalformedDataError("an entry of a revocation list has no serial number")
        found.setdefault(_entry_key(int.from_bytes(value, "big", signed=True)), data[offset:end])
        seen += 1
        offset = end
    return found


def _entry_key(serial: int) -> bytes:
    """Some write a number with the top bit set as positive in one place and as negative in the other."""
    length = (serial if serial >= 0 else ~serial).bit_length() // 8 + 1
    return serial.to_bytes(length, "big", signed=True).lstrip(b"\x00")


def _decode_entry(serial: int, entry: bytes) -> Revocation:
    revoked_at, reason = None, RevocationReason.UNSPECIFIED
    try:
        _, date, *rest = der.parse_sequence(entry)
        revoked_at = decode_time(date)
        for one in parse_extensions(rest[0].raw) if rest else ():
            if one.oid == oids.CRL_REASON:
                reason = RevocationReason(tlv.parse_one(one.value, 0x0A).value[0])
    except (MalformedDataError, ValueError, IndexError):
        pass  # it stays revoked, with what could be read
    return Revocation(serial=serial, revoked_at=revoked_at, reason=reason)
