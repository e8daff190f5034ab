"""LDS_H_17 to 47, 69 and 84 to 93: EF.SOD, its envelope and the object in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.lds.ef_com import build_ef_com
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.lds.versions import encode_version
from tests.pki import builders
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.damage import relengthened, retagged
from tests.reader_cases.inspection import inspect
from tests.reader_cases.iso_pace_mapping import mapping_document
from tests.reader_cases.signing import (
    MD5,
    MD5_WITH_RSA,
    Sealing,
    genuine_groups,
    hashes_of,
    inspect_sealed,
    inspect_sod,
    usual_issuer,
)

MALFORMED = "sod-signature/sod-malformed"
UNSUPPORTED = "sod-signature/unsupported"
WRONG = "sod-signature/signature-wrong"
REFUSED = "algorithms/deviation-refused"
LISTS_DIFFER = "com-against-sod/lists-differ"
SHA256 = encode_algorithm_identifier(oids.SHA256)


def inspect_object(
    *,
    version: bytes | None = None,
    algorithm: bytes = SHA256,
    entries: Mapping[int, bytes] | None = None,
    change: Callable[[dict[int, bytes]], dict[int, bytes]] = dict,
    rest: bytes = b"",
) -> Outcome:
    """Inspect a document whose LDSSecurityObject has other fields.

    ``change`` gives the encoded entries by the number of their group.
    """
    usual = hashes_of(genuine_groups()) if entries is None else entries
    encoded = {number: entry(number, value) for number, value in usual.items()}
    first = der.encode_integer(0) if version is None else version
    content = der.encode_sequence(first, algorithm, der.encode_sequence(*change(encoded).values()), rest)
    return inspect_sealed(Sealing(), content=content)


def entry(number: int, value: bytes) -> bytes:
    """A DataGroupHash."""
    return der.encode_sequence(der.encode_integer(number), der.encode_octet_string(value))


def version_info(lds: str) -> bytes:
    """An LDSVersionInfo."""
    texts = (encode_version(lds), encode_version("4.0.0"))
    return der.encode_sequence(*(tlv.encode(der.PRINTABLE_STRING, text) for text in texts))


@reader_case("LDS_H_17", Demand.FAIL, found=MALFORMED)
def another_tag() -> Outcome:
    """Tag 78 instead of 77."""
    return inspect_sod(retagged(Sealing().seal_groups(genuine_groups()), 0x78))


@reader_case("LDS_H_18", Demand.FAIL, found=MALFORMED)
def length_too_small() -> Outcome:
    """Length of tag 77 too small."""
    return inspect_sod(relengthened(Sealing().seal_groups(genuine_groups()), -1))


@reader_case("LDS_H_19", Demand.FAIL, found="sod-signature/file-unreadable")
def length_too_big() -> Outcome:
    """Length of tag 77 too big."""
    return inspect_sod(relengthened(Sealing().seal_groups(genuine_groups()), 1))


@reader_case("LDS_H_20", Demand.FAIL, found=REFUSED)
def data_version() -> Outcome:
    """SignedData of version 1."""
    return inspect_sealed(Sealing(data={"version": der.encode_integer(1)}))


@reader_case("LDS_H_21", Demand.FAIL, found=MALFORMED)
def no_data_version() -> Outcome:
    """SignedData without version."""
    return inspect_sealed(Sealing(data={"version": b""}))


@reader_case("LDS_H_22", Demand.FAIL, found=REFUSED)
def md5_among_the_digests() -> Outcome:
    """MD5 in the list of digest algorithms."""
    return inspect_sealed(Sealing(data={"digests": der.encode_set(MD5)}))


@reader_case("LDS_H_23", Demand.FAIL, found=MALFORMED)
def no_digests() -> Outcome:
    """No list of digest algorithms."""
    return inspect_sealed(Sealing(data={"digests": b""}))


@reader_case("LDS_H_24", Demand.FAIL, found=MALFORMED)
def another_content_type() -> Outcome:
    """Another content type than the LDS security object."""
    content = build_lds_security_object("sha256", hashes_of(genuine_groups()))
    return inspect_sod(Sealing().seal(content, oids.ICAO_CSCA_MASTER_LIST))


@reader_case("LDS_H_25", Demand.FAIL, found=MALFORMED)
def no_content_type() -> Outcome:
    """No content type."""
    content = build_lds_security_object("sha256", hashes_of(genuine_groups()))
    bare = der.encode_sequence(tlv.encode(0xA0, der.encode_octet_string(content)))
    return inspect_sealed(Sealing(data={"content": bare}))


@reader_case("LDS_H_26", Demand.FAIL, found=REFUSED)
def signer_version() -> Outcome:
    """SignerInfo of version 2."""
    return inspect_sealed(Sealing(info={"version": der.encode_integer(2)}))


@reader_case("LDS_H_27", Demand.FAIL, found=MALFORMED)
def no_signer_version() -> Outcome:
    """SignerInfo without version."""
    return inspect_sealed(Sealing(info={"version": b""}))


@reader_case(
    "LDS_H_28",
    Demand.FAIL,
    found=REFUSED,
    note="Signers err in how they call themselves: a certificate that comes alone in EF.SOD is taken all the same, "
    "which is a deviation, and its signature decides.",
)
def another_issuer_and_serial() -> Outcome:
    """SignerInfo of version 1 with issuer and serial number of nobody."""
    return inspect_sealed(Sealing(info={"sid": builders.issuer_and_serial(usual_issuer().csca, 9)}))


@reader_case("LDS_H_29", Demand.FAIL, found=REFUSED)
def another_key_identifier() -> Outcome:
    """SignerInfo of version 3 with the key identifier of nobody."""
    return inspect_sealed(Sealing(info={"version": der.encode_integer(3), "sid": tlv.encode(0x80, bytes(20))}))


@reader_case("LDS_H_30", Demand.FAIL, found=UNSUPPORTED)
def md5_of_the_content() -> Outcome:
    """MD5 as the digest algorithm of the signer."""
    return inspect_sealed(Sealing(info={"digest": MD5}))


@reader_case("LDS_H_31", Demand.FAIL, found=MALFORMED)
def no_digest_algorithm() -> Outcome:
    """No digest algorithm of the signer."""
    return inspect_sealed(Sealing(info={"digest": b""}))


@reader_case("LDS_H_32", Demand.FAIL, found="sod-signature/content-digest-wrong")
def wrong_digest() -> Outcome:
    """A signed digest that is not that of the content."""
    wrong = builders.attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, der.encode_octet_string(bytes(32)))
    return inspect_sealed(Sealing(signed={"digest": wrong}))


@reader_case("LDS_H_33", Demand.FAIL, found=WRONG)
def no_digest() -> Outcome:
    """No signed digest."""
    return inspect_sealed(Sealing(signed={"digest": b""}))


@reader_case("LDS_H_36", Demand.FAIL, found=UNSUPPORTED, stated=True)
def md5_with_rsa() -> Outcome:
    """A signature algorithm that is not allowed."""
    return inspect_sealed(Sealing(info={"algorithm": MD5_WITH_RSA}))


@reader_case("LDS_H_37", Demand.FAIL, found=WRONG)
def wrong_signature() -> Outcome:
    """A wrong signature."""
    return inspect_sealed(Sealing(info={"signature": der.encode_octet_string(bytes(256))}))


@reader_case("LDS_H_38", Demand.FAIL, found=MALFORMED)
def no_signature() -> Outcome:
    """No signature."""
    return inspect_sealed(Sealing(info={"signature": b""}))


@reader_case("LDS_H_39", Demand.FAIL, found=MALFORMED)
def object_version() -> Outcome:
    """An LDS security object of version 5."""
    return inspect_object(version=der.encode_integer(5))


@reader_case("LDS_H_40", Demand.FAIL, found=MALFORMED)
def no_object_version() -> Outcome:
    """An LDS security object without version."""
    return inspect_object(version=b"")


@reader_case("LDS_H_41", Demand.FAIL, found=UNSUPPORTED)
def md5_of_the_groups() -> Outcome:
    """MD5 for the hashes of the groups."""
    hashes = {
        number: hashlib.md5(content, usedforsecurity=False).digest() for number, content in genuine_groups().items()
    }
    return inspect_object(algorithm=MD5, entries=hashes)


@reader_case("LDS_H_42", Demand.FAIL, found=MALFORMED)
def no_object_algorithm() -> Outcome:
    """No algorithm for the hashes of the groups."""
    return inspect_object(algorithm=b"")


@reader_case("LDS_H_43", Demand.FAIL, found="group-hash/hash-wrong")
def wrong_hash() -> Outcome:
    """A wrong hash of DG2."""
    return inspect_object(entries={**hashes_of(genuine_groups()), 2: bytes(32)})


@reader_case("LDS_H_44", Demand.FAIL, found="group-hash/group-not-in-sod")
def no_hash_of_dg1() -> Outcome:
    """No hash of DG1."""
    return inspect_object(change=lambda entries: {number: one for number, one in entries.items() if number != 1})


@reader_case("LDS_H_45", Demand.FAIL, found=LISTS_DIFFER, stated=True)
def hash_of_dg10() -> Outcome:
    """A hash of DG10 besides, which is not there."""
    return inspect_object(entries=hashes_of({**genuine_groups(), 10: b"not there"}))


@reader_case("LDS_H_46", Demand.FAIL, found=MALFORMED, stated=True)
def impossible_number() -> Outcome:
    """A hash under the number 255 instead of that of DG1."""
    return inspect_object(change=lambda entries: {**entries, 1: _numbered(entries[1], der.encode_integer(0xFF))})


@reader_case("LDS_H_47", Demand.FAIL, found=MALFORMED, stated=True)
def no_number() -> Outcome:
    """A hash of DG2 without its number."""
    return inspect_object(change=lambda entries: {**entries, 2: _numbered(entries[2], b"")})


def _numbered(encoded: bytes, number: bytes) -> bytes:
    return der.encode_sequence(number, der.parse_sequence(encoded)[1].raw)


@reader_case(
    "LDS_H_69",
    Demand.FAIL,
    found="sod-signature/content-digest-wrong",
    stated=True,
    note="The wrong hash is in EF.SOD, whose signature does not cover it, and DG2 is damaged: the signature is found "
    "first, and the hash besides.",
)
def signature_before_hash() -> Outcome:
    """Another hash of DG2 in EF.SOD than was signed, and a DG2 whose last byte is switched."""
    groups = genuine_groups()
    damaged = groups[2][:-1] + bytes((groups[2][-1] ^ 0xFF,))
    digest = hashes_of(groups)[2]
    sod = Sealing().seal_groups(groups).replace(digest, bytes((digest[0] ^ 1,)) + digest[1:])
    outcome = inspect_sod(sod, files={FileId.DG2: damaged})
    return replace(outcome, checks=_present(outcome, "group-hash/hash-wrong"))


def _present(outcome: Outcome, other: str) -> tuple[str, ...]:
    """The findings if ``other`` is among them, and none if it is not."""
    return outcome.checks if other in outcome.checks else ()


@reader_case("LDS_H_84", Demand.FAIL, found=REFUSED, stated=True)
def version_3_by_serial() -> Outcome:
    """SignerInfo of version 3 with issuer and serial number."""
    return inspect_sealed(Sealing(info={"version": der.encode_integer(3)}))


@reader_case("LDS_H_85", Demand.FAIL, found=REFUSED, stated=True)
def version_1_by_key() -> Outcome:
    """SignerInfo of version 1 with a key identifier."""
    return inspect_sealed(Sealing(info={"sid": tlv.encode(0x80, usual_issuer().signer.ski)}))


@reader_case("LDS_H_86", Demand.PASS)
def lds_1_8() -> Outcome:
    """An LDS security object of version 1 with LDS version 1.8."""
    return inspect_object(version=der.encode_integer(1), rest=version_info("1.8"))


@reader_case("LDS_H_87", Demand.FAIL, found=REFUSED)
def lds_1_8_in_version_0() -> Outcome:
    """LDS version 1.8 in an LDS security object of version 0."""
    return inspect_object(version=der.encode_integer(0), rest=version_info("1.8"))


@reader_case("LDS_H_88", Demand.FAIL, found=REFUSED)
def lds_1_7_in_version_1() -> Outcome:
    """LDS version 1.7 in an LDS security object of version 1."""
    return inspect_object(version=der.encode_integer(1), rest=version_info("1.7"))


@reader_case("LDS_H_89", Demand.OPERATIONAL)
def lds_1_9() -> Outcome:
    """LDS version 1.9, which is still to come."""
    return inspect_object(version=der.encode_integer(1), rest=version_info("1.9"))


@reader_case("LDS_H_90", Demand.FAIL, found=LISTS_DIFFER, stated=True)
def more_than_com() -> Outcome:
    """A hash of DG4 in EF.SOD that EF.COM does not list."""
    return inspect_object(entries={**hashes_of(genuine_groups()), 4: b"\xff" * 32})


@reader_case("LDS_H_91", Demand.FAIL, found=LISTS_DIFFER, stated=True)
def less_than_com() -> Outcome:
    """No hash of DG2, which EF.COM lists."""
    return inspect_object(change=lambda entries: {number: one for number, one in entries.items() if number != 2})


@reader_case("LDS_H_92", Demand.FAIL, found=LISTS_DIFFER, stated=True)
def other_than_com() -> Outcome:
    """The hash of DG3 in place of that of DG2, where EF.COM lists DG2 alone."""
    groups = genuine_groups()
    listed = [number for number in groups if number != 3]
    sod = Sealing().seal_groups({number: content for number, content in groups.items() if number != 2})
    return inspect_sod(sod, files={FileId.COM: build_ef_com(listed)})


@reader_case(
    "LDS_H_93",
    Demand.FAIL,
    found="chip-authentication-mapping/signature-wrong",
    stated=True,
    note="EF.SOD has no checksum of EF.CardSecurity, which carries a signature of its own: that one is wrong here. It "
    "is read of documents that prove themselves within PACE.",
)
def unsigned_card_security() -> Outcome:
    """A wrong signature of EF.CardSecurity."""
    document = mapping_document()
    content = document.content(FileId.CARD_SECURITY)
    return inspect(document.with_files({FileId.CARD_SECURITY: content[:-1] + bytes((content[-1] ^ 1,))}))
