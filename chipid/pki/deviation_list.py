"""Deviation lists: what a state knows to be wrong with documents it has issued (ICAO Doc 9303-3 §7, -12 §9).

Entries are kept as they came, with the basics decoded: which documents, and what kind of deviation. A list may name
hundreds of thousands of documents by number; these stay encoded, and a number is looked up where it stands.
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
from chipid.asn1.times import decode_fractional_time
from chipid.crypto.digests import HASH_NAMES
from chipid.pki.certificate import Certificate, parse_serial
from chipid.pki.deviation_kinds import DeviationKind, kind_of, subject_of
from chipid.pki.names import Name, decode_text, parse_name
from chipid.pki.signed_list import SignedList, parse_signed_list

MAX_DEVIATION_LIST_BYTES: Final = 6 << 20  # the longest that is known names 346,275 documents in 3.8 MB
MAX_DEVIATIONS: Final = 512
MAX_DESCRIPTIONS: Final = 64
MAX_OBJECTS: Final = 4096
MAX_TEXT: Final = 1000
_NUMBERS: Final = 0xA5
_TEXT_TAGS: Final = (der.PRINTABLE_STRING, der.UTF8_STRING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerReference:
    """Which document signer made the documents: by issuer and serial number, key identifier or digest."""

    issuer: Name | None = None
    serial: int | None = None
    ski: bytes | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedDocuments:
    """The documents concerned, all conditions together; what is None restricts nothing.

    ``numbers`` are document numbers, one string type after the other.
    """

    document_type: str | None
    signer: SignerReference | None
    first_issued: datetime | None
    last_issued: datetime | None
    numbers: bytes | None = field(repr=False)

    def names_number(self, number: str) -> bool:
        """True if ``number`` is among :attr:`numbers`.

        The tag before a number cannot stand inside another: no such text has a control character.
        """
        numbers, text = self.numbers or b"", number.encode("ascii", "replace")
        return any(tlv.encode(tag, text) in numbers for tag in _TEXT_TAGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One deviation: its kind as an object identifier, a text, and the parameters, undecoded."""

    oid: str
    text: str | None
    parameters: bytes | None = field(repr=False)
    national_use: bytes | None = field(repr=False)

    @property
    def kind(self) -> DeviationKind:
        return kind_of(self.oid)

    @property
    def subject(self) -> str:
        """The file or field that is wrong, empty where none is named."""
        return subject_of(self.kind, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One entry of the list."""

    raw: bytes = field(repr=False)
    documents: AffectedDocuments
    descriptions: tuple[Description, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviationList(SignedList):
    """A signed list; ``digest_algorithm`` is what digests of certificates in it were made with.

    Where it is None they were made with the hash function of the list's signature (Doc 9303-3 §7.3.6).
    """

    digest_algorithm: str | None
    deviations: tuple[Deviation, ...]

    def concerning(self, signer: Certificate) -> tuple[Deviation, ...]:
        """The entries for documents of this document signer, and those that name no signer."""
        return tuple(one for one in self.deviations if self._names(one.documents.signer, signer))

    def _names(self, reference: SignerReference | None, signer: Certificate) -> bool:
        if reference is None:
            return True
        if reference.ski is not None:
            return reference.ski == signer.ski
        if reference.digest is not None:
            oid = self.digest_algorithm or self.signed.signer.digest_algorithm.oid
            name = HASH_NAMES.get(oid)
            found = b"" if name is None else hashlib.new(name, signer.raw, usedforsecurity=False).digest()
            return found == reference.digest
        issuer = reference.issuer
        return issuer is not None and reference.serial == signer.serial and issuer.matches(signer.issuer_name)


def parse_deviation_list(data: bytes) -> DeviationList:
    """Read a DeviationList in its CMS envelope; raises :class:`MalformedDataError`. No signature is verified."""
    signed = parse_signed_list(data, content_type=oids.ICAO_DEVIATION_LIST, max_bytes=MAX_DEVIATION_LIST_BYTES)
    tlv.check_nesting(signed.econtent, max_objects=MAX_OBJECTS, opaque=_NUMBERS)
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
    kind, period, numbers = (tlv.find(fields, tag) for tag in (0x80, 0xA4, _NUMBERS))
    first, last = _parse_period(period)
    return AffectedDocuments(
        document_type=None if kind is None else kind.value.decode("latin-1"),
        signer=_parse_signer(fields),
        first_issued=first,
        last_issued=last,
        numbers=None if numbers is None else numbers.value,
    )


def _parse_signer(fields: tuple[TLV, ...]) -> SignerReference | None:
    named, ski, digest = (tlv.find(fields, tag) for tag in (0xA1, 0x82, 0x83))
    if named is not None:
        parts = named.children()
        if len(parts) != 2:
            raise MalformedDataError("a document signer is not named by issuer and serial number")
        return SignerReference(issuer=parse_name(parts[0].raw), serial=parse_serial(parts[1]))
    if ski is not None:
        return SignerReference(ski=ski.value)
    return None if digest is None else SignerReference(digest=digest.value)


def _parse_period(found: TLV | None) -> tuple[datetime | None, datetime | None]:
    if found is None:
        return None, None
    ends = found.children()
    if len(ends) != 2:
        raise MalformedDataError("a period of issue does not have two ends")
    return decode_fractional_time(ends[0]), decode_fractional_time(ends[1])


def _parse_description(found: TLV) -> Description:
    fields = der.expect(found, der.SEQUENCE).children()
    kind = tlv.find(fields, der.OBJECT_IDENTIFIER)
    if kind is None:
        raise MalformedDataError("a deviation does not say its kind")
    text = fields[0] if fields[0] is not kind else None
    parameters, national = tlv.find(fields, 0xA0), tlv.find(fields, 0xA1)
    return Description(
        oid=der.oid_of(kind),
        text=None if text is None else decode_text(text)[:MAX_TEXT],
        parameters=None if parameters is None else parameters.value,
        national_use=None if national is None else national.value,
    )
