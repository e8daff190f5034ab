"""Deviation lists: what a state knows to be wrong with documents it has issued (ICAO Doc 9303-3 §5, -12 §9).

Entries are kept as they came, with the basics decoded: which documents, and what kind of deviation.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.asn1.times import decode_time
from chipid.pki.certificate import Certificate
from chipid.pki.cms import SignedData
from chipid.pki.master_list import parse_signed_list
from chipid.pki.names import Name, decode_text, parse_name

MAX_DEVIATION_LIST_BYTES: Final = 1 << 18
MAX_DEVIATIONS: Final = 512
MAX_DESCRIPTIONS: Final = 64
MAX_OBJECTS: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerReference:
    """Which document signer made the documents: by issuer and serial number, key identifier or digest."""

    issuer: Name | None = None
    serial: int | None = None
    ski: bytes | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedDocuments:
    """The documents concerned; what is None or empty restricts nothing."""

    document_type: str | None
    signer: SignerReference | None
    first_issued: datetime | None
    last_issued: datetime | None
    document_numbers: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One deviation: its kind as an object identifier, a text, and the parameters, undecoded."""

    kind: str
    text: str | None
    parameters: bytes | None = field(repr=False)
    national_use: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One entry of the list."""

    raw: bytes = field(repr=False)
    documents: AffectedDocuments
    descriptions: tuple[Description, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationList:
    """A signed list; ``digest_algorithm`` is what digests of certificates in it were made with."""

    signed: SignedData = field(repr=False)
    digest_algorithm: str | None
    deviations: tuple[Deviation, ...]

    @property
    def raw(self) -> bytes:
        return self.signed.raw

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the list in hexadecimal."""
        return hashlib.sha256(self.signed.raw).hexdigest()

    @property
    def signing_time(self) -> datetime | None:
        return self.signed.signer.signing_time

    def concerning(self, signer: Certificate) -> tuple[Deviation, ...]:
        """The entries for documents of this document signer, and those that name no signer."""
        return tuple(one for one in self.deviations if self._names(one.documents.signer, signer))

    def _names(self, reference: SignerReference | None, signer: Certificate) -> bool:
        if reference is None:
            return True
        if reference.ski is not None:
            return reference.ski == signer.ski
        if reference.digest is not None:
            name = {oids.SHA1: "sha1", oids.SHA224: "sha224", oids.SHA384: "sha384", oids.SHA512: "sha512"}
            algorithm = name.get(self.digest_algorithm or "", "sha256")
            return hashlib.new(algorithm, signer.raw, usedforsecurity=False).digest() == reference.digest
        issuer = reference.issuer
        return issuer is not None and reference.serial == signer.serial and issuer.matches(signer.issuer_name)


def parse_deviation_list(data: bytes) -> DeviationList:
    """Read a DeviationList in its CMS envelope; raises :class:`MalformedDataError`. No signature is verified."""
    signed = parse_signed_list(data, content_type=oids.ICAO_DEVIATION_LIST, max_bytes=MAX_DEVIATION_LIST_BYTES)
    tlv.check_nesting(signed.econtent, max_objects=MAX_OBJECTS)
    version, *optional = der.parse_sequence(signed.econtent) or (None,)
    if version is None or der.decode_integer(version) != 0 or not 1 <= len(optional) <= 2:
        raise MalformedDataError("a deviation list is not version 0 with a set of deviations")
    algorithm = der.expect(optional[0], der.SEQUENCE).children() if len(optional) == 2 else ()
    deviations = der.expect(optional[-1], der.SET).children()
    if len(deviations) > MAX_DEVIATIONS:
        raise MalformedDataError(f"a deviation list of {len(deviations)} entries")
    return DeviationList(
        signed=signed,
        digest_algorithm=der.oid_of(algorithm[0]) if algorithm else None,
        deviations=tuple(_parse_deviation(one) for one in deviations),
    )


def _parse_deviation(found: TLV) -> Deviation:
    parts = der.expect(found, der.SEQUENCE).children()
    if len(parts) != 2:
        raise MalformedDataError("a deviation does not have two elements")
    descriptions = der.expect(parts[1], der.SET).children()
    if len(descriptions) > MAX_DESCRIPTIONS:
        raise MalformedDataError(f"a deviation with {len(descriptions)} descriptions")
    return Deviation(
        raw=found.raw,
        documents=_parse_documents(der.expect(parts[0], der.SEQUENCE)),
        descriptions=tuple(_parse_description(one) for one in descriptions),
    )


def _parse_documents(found: TLV) -> AffectedDocuments:
    """The module has implicit tags, so that each field carries its own number and no other tag."""
    fields = found.children()
    kind, period, numbers = (tlv.find(fields, tag) for tag in (0x80, 0xA4, 0xA5))
    first, last = _parse_period(period)
    return AffectedDocuments(
        document_type=None if kind is None else kind.value.decode("latin-1"),
        signer=_parse_signer(fields),
        first_issued=first,
        last_issued=last,
        document_numbers=() if numbers is None else tuple(decode_text(one) for one in numbers.children()),
    )


def _parse_signer(fields: tuple[TLV, ...]) -> SignerReference | None:
    named, ski, digest = (tlv.find(fields, tag) for tag in (0xA1, 0x82, 0x83))
    if named is not None:
        parts = named.children()
        if len(parts) != 2:
            raise MalformedDataError("a document signer is not named by issuer and serial number")
        serial = int.from_bytes(der.expect(parts[1], der.INTEGER).value, "big", signed=True)
        return SignerReference(issuer=parse_name(parts[0].raw), serial=serial)
    if ski is not None:
        return SignerReference(ski=ski.value)
    return None if digest is None else SignerReference(digest=digest.value)


def _parse_period(found: TLV | None) -> tuple[datetime | None, datetime | None]:
    if found is None:
        return None, None
    ends = found.children()
    if len(ends) != 2:
        raise MalformedDataError("a period of issue does not have two ends")
    return decode_time(ends[0]), decode_time(ends[1])


def _parse_description(found: TLV) -> Description:
    fields = der.expect(found, der.SEQUENCE).children()
    kind = tlv.find(fields, der.OBJECT_IDENTIFIER)
    if kind is None:
        raise MalformedDataError("a deviation does not say its kind")
    text = fields[0] if fields[0] is not kind else None
    parameters, national = tlv.find(fields, 0xA0), tlv.find(fields, 0xA1)
    return Description(
        kind=der.oid_of(kind),
        text=None if text is None else decode_text(text),
        parameters=None if parameters is None else parameters.value,
        national_use=None if national is None else national.value,
    )
