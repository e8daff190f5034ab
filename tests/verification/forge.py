"""Evidence with one thing changed, and an issuer of our own that signs whatever we want it to sign."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.times import encode_time
from chipid.evidence.evidence import Evidence, FileOutcome, FileRecord
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_sod import build_sod
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.trust.store import TrustStore
from chipid.verification.report import Check
from tests.pki import builders
from tests.pki.builders import Signer
from tests.scenarios import readings

CSCA = Signer(101, "Invented CSCA", "VN")
OTHER_CSCA = Signer(102, "Invented CSCA", "VN")
FOREIGN_CSCA = Signer(103, "Foreign CSCA", "UT")
SIGNER = Signer(104, "Invented Document Signer", "VN")
DIGITAL_SIGNATURE = bytes.fromhex("03020780")
SIGNED_AT = datetime(2024, 6, 1, tzinfo=UTC)
PROOFS = (Check.CHIP_AUTHENTICATION, Check.ACTIVE_AUTHENTICATION)

genuine = readings.evidence_of


def with_file(evidence: Evidence, file: FileId, content: bytes) -> Evidence:
    """The same evidence with other bytes in ``file``."""
    return with_record(evidence, FileRecord(file=file, outcome=FileOutcome.READ, content=content))


def with_record(evidence: Evidence, record: FileRecord) -> Evidence:
    others = tuple(one for one in evidence.files if one.file is not record.file)
    return replace(evidence, files=(*others, record))


def without_file(evidence: Evidence, *files: FileId) -> Evidence:
    """The same evidence of a reading that did not ask for ``files``."""
    return replace(evidence, files=tuple(one for one in evidence.files if one.file not in files))


def refused(evidence: Evidence, file: FileId, outcome: FileOutcome, sw: int | None = None) -> Evidence:
    return with_record(evidence, FileRecord(file=file, outcome=outcome, sw=sw))


def flipped(data: bytes, place: int, mask: int = 0x01) -> bytes:
    """``data`` with bits of one byte changed; a negative ``place`` counts from the end."""
    changed = bytearray(data)
    changed[place] ^= mask
    return bytes(changed)


def groups_of(evidence: Evidence) -> dict[int, bytes]:
    return {
        group.dg_number: record.content
        for group in DATA_GROUPS
        if group.dg_number is not None and (record := evidence.record(group)) is not None and record.content
    }


def between(first: datetime, last: datetime) -> bytes:
    """The validity of a certificate."""
    return der.encode_sequence(encode_time(first), encode_time(last))


LONG = between(datetime(2010, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))


def csca_certificate(signer: Signer = CSCA, *, validity: bytes = LONG, **changes: Any) -> bytes:
    return builders.build_certificate(signer, signer, validity=validity, **changes)


def signer_certificate(
    issuing: Signer = CSCA,
    holder: Signer = SIGNER,
    *,
    key_usage: bytes | None = DIGITAL_SIGNATURE,
    extensions: Sequence[bytes] = (),
    **changes: Any,
) -> bytes:
    usage = [] if key_usage is None else [builders.extension(oids.KEY_USAGE, key_usage, critical=True)]
    every = [*builders.key_identifiers(holder, issuing), *usage, *extensions]
    return builders.build_certificate(holder, issuing, extensions=every, **changes)


def sign_content(
    content: bytes,
    *,
    certificates: Sequence[bytes] | None = None,
    signer: Signer = SIGNER,
    issuing: Signer = CSCA,
    signed_at: datetime | None = SIGNED_AT,
    content_type: str = oids.ICAO_LDS_SECURITY_OBJECT,
) -> bytes:
    """EF.SOD around ``content``, with signed attributes."""
    attributes = builders.build_signed_attributes(content, content_type=content_type)
    if signed_at is not None:
        time = builders.attribute(oids.ATTRIBUTE_SIGNING_TIME, encode_time(signed_at))
        attributes = der.encode_set(*(one.raw for one in tlv.parse_one(attributes).children()), time)
    signed = builders.build_signed_data(
        content,
        signer.sign(attributes),
        certificates=[signer_certificate(issuing, signer)] if certificates is None else list(certificates),
        sid=builders.issuer_and_serial(issuing),
        attributes=attributes,
        content_type=content_type,
    )
    return build_sod(signed)


def sign_hashes(hashes: Mapping[int, bytes], *, hash_name: str = "sha256", **options: Any) -> bytes:
    """EF.SOD over hashes by the number of their group."""
    return sign_content(build_lds_security_object(hash_name, dict(sorted(hashes.items()))), **options)


def hashes_of(evidence: Evidence, hash_name: str = "sha256") -> dict[int, bytes]:
    """The hashes of the groups that were read, and invented ones for those that EF.COM lists besides."""
    com = parse_ef_com(evidence.content(FileId.COM) or b"")
    listed = {number: hashlib.new(hash_name, b"locked").digest() for number in com.data_groups}
    read = {number: hashlib.new(hash_name, content).digest() for number, content in groups_of(evidence).items()}
    return {**listed, **read}


def resigned(evidence: Evidence, *, hash_name: str = "sha256", **options: Any) -> Evidence:
    """The same evidence with an EF.SOD of our own issuer over its groups."""
    sod = sign_hashes(hashes_of(evidence, hash_name), hash_name=hash_name, **options)
    return with_file(evidence, FileId.SOD, sod)


def trusting(*signers: Signer) -> TrustStore:
    return TrustStore.from_certificates([csca_certificate(one) for one in signers or (CSCA,)], source="test")
