import hashlib
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from chipid.asn1 import der, oids
from chipid.pki.certificate import parse_certificate
from chipid.pki.deviation_kinds import DeviationKind
from chipid.pki.deviation_list import MAX_DEVIATION_LIST_BYTES, DeviationList, parse_deviation_list
from tests.support import issuing
from tests.support.hostile import assert_survives

DE = issuing.csca("DE")
SIGNER = issuing.list_signer(DE, "DE", form=issuing.DEVIATION_SIGNER)
DS = issuing.document_signer(DE, "DE")
KIND = oids.ICAO_DEVIATION_COM_INCONSISTENT


def description(text: str | None = "Country name is encoded otherwise") -> bytes:
    shown = b"" if text is None else tlv.encode(der.PRINTABLE_STRING, text.encode())
    return der.encode_sequence(shown, der.encode_oid(KIND), tlv.encode(0xA0, der.encode_integer(4)))


def deviation(*documents: bytes, descriptions: tuple[bytes, ...] = (description(),)) -> bytes:
    return der.encode_sequence(der.encode_sequence(*documents), der.encode_set(*descriptions))


def signed(*deviations: bytes, algorithm: bytes = b"") -> bytes:
    content = der.encode_sequence(der.encode_integer(0), algorithm, der.encode_set(*deviations))
    return issuing.sign_list(content, SIGNER, content_type=oids.ICAO_DEVIATION_LIST)


BY_ISSUER = tlv.encode(0xA1, DE.subject, der.encode_integer(DS.serial))
BY_KEY = tlv.encode(0x82, DS.key.identifier)
BY_DIGEST = tlv.encode(0x83, hashlib.sha256(DS.raw).digest())
PERIOD = tlv.encode(
    0xA4, tlv.encode(der.GENERALIZED_TIME, b"20180101000000Z"), tlv.encode(der.GENERALIZED_TIME, b"20180201000000Z")
)
NUMBERS = tlv.encode(0xA5, tlv.encode(der.PRINTABLE_STRING, b"C0000001"))
FULL = signed(deviation(tlv.encode(0x80, b"P<"), BY_ISSUER, PERIOD, NUMBERS))


def test_an_entry_says_which_documents_and_what_is_wrong_with_them() -> None:
    parsed = parse_deviation_list(FULL)
    assert parsed.raw == FULL
    (entry,) = parsed.deviations
    assert entry.documents.document_type == "P<"
    assert entry.documents.first_issued == datetime(2018, 1, 1, tzinfo=UTC)
    assert entry.documents.last_issued == datetime(2018, 2, 1, tzinfo=UTC)
    assert entry.documents.names_number("C0000001")
    assert not any(entry.documents.names_number(one) for one in ("C0000002", "C000000", "0000001", ""))
    (told,) = entry.descriptions
    assert (told.oid, told.text) == (oids.ICAO_DEVIATION_COM_INCONSISTENT, "Country name is encoded otherwise")
    assert told.kind is DeviationKind.COM_INCONSISTENT
    assert told.parameters == der.encode_integer(4)
    assert entry.raw in FULL


def test_document_numbers_are_not_shown() -> None:
    assert "C0000001" not in repr(parse_deviation_list(FULL))


@pytest.mark.parametrize("reference", [BY_ISSUER, BY_KEY, BY_DIGEST], ids=["issuer", "key", "digest"])
def test_a_document_signer_finds_the_entries_about_it(reference: bytes) -> None:
    parsed = parse_deviation_list(signed(deviation(reference)))
    other = issuing.document_signer(DE, "DE", "2")
    assert len(parsed.concerning(parse_certificate(DS.raw))) == 1
    assert parsed.concerning(parse_certificate(other.raw)) == ()


def test_digests_are_made_with_the_algorithm_of_the_list() -> None:
    digest = tlv.encode(0x83, hashlib.sha384(DS.raw).digest())
    algorithm = der.encode_sequence(der.encode_oid(oids.SHA384))
    parsed = parse_deviation_list(signed(deviation(digest), algorithm=algorithm))
    assert parsed.digest_algorithm == oids.SHA384
    assert len(parsed.concerning(parse_certificate(DS.raw))) == 1
    # Without one they are made with the hash function of the signature, which is SHA-256 here.
    assert parse_deviation_list(signed(deviation(digest))).concerning(parse_certificate(DS.raw)) == ()
    unknown = der.encode_sequence(der.encode_oid("1.2.3"))
    assert (
        parse_deviation_list(signed(deviation(digest), algorithm=unknown)).concerning(parse_certificate(DS.raw)) == ()
    )


def test_an_entry_without_a_signer_concerns_every_signer() -> None:
    parsed = parse_deviation_list(signed(deviation(PERIOD, descriptions=(description(None),))))
    (entry,) = parsed.concerning(parse_certificate(DS.raw))
    assert entry.descriptions[0].text is None


def parse_content(content: bytes) -> DeviationList:
    return parse_deviation_list(issuing.sign_list(content, SIGNER, content_type=oids.ICAO_DEVIATION_LIST))


VERSION_0 = der.encode_integer(0)
MALFORMED = {
    "nothing": b"",
    "an empty sequence": der.encode_sequence(),
    "no entries": der.encode_sequence(VERSION_0),
    "another version": der.encode_sequence(der.encode_integer(1), der.encode_set()),
    "an entry that is none": der.encode_sequence(VERSION_0, der.encode_set(der.encode_null())),
    "an empty entry": der.encode_sequence(VERSION_0, der.encode_set(der.encode_sequence())),
    "a deviation without its kind": der.encode_sequence(
        VERSION_0, der.encode_set(deviation(descriptions=(der.encode_sequence(),)))
    ),
    "600 entries": der.encode_sequence(VERSION_0, der.encode_set(*[deviation()] * 600)),
    "100,000 entries": der.encode_sequence(VERSION_0, tlv.encode(der.SET, b"\x30\x00" * 100_000)),
    "65 descriptions": der.encode_sequence(VERSION_0, der.encode_set(deviation(descriptions=(description(),) * 65))),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_other_content_is_malformed(name: str) -> None:
    with pytest.raises((MalformedDataError, TLVError)):
        parse_content(MALFORMED[name])


def test_a_list_of_as_many_numbers_as_the_longest_of_the_field_is_read() -> None:
    text = b"CA%07d"
    numbers = tlv.encode(0xA5, b"".join(b"\x13\x09" + text % number for number in range(346_275)))
    (entry,) = parse_deviation_list(signed(deviation(numbers))).deviations
    assert entry.documents.names_number("CA0000000")
    assert entry.documents.names_number("CA0346274")
    assert not entry.documents.names_number("CA0346275")
    assert not entry.documents.names_number("A0000000")


def test_no_list_however_long_holds_more_than_64_megabytes() -> None:
    for size in (MAX_DEVIATION_LIST_BYTES - 1000, MAX_DEVIATION_LIST_BYTES + 1000):
        numbers = tlv.encode(0xA5, b"\x13\x00" * (size // 2))
        data = signed(deviation(numbers))
        tracemalloc.start()
        with suppress(MalformedDataError):
            parse_deviation_list(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak + len(data) < 64 << 20
    with pytest.raises(MalformedDataError, match="bytes"):
        parse_deviation_list(data)


def test_a_period_may_have_fractions_of_a_second() -> None:
    ends = (tlv.encode(der.GENERALIZED_TIME, one) for one in (b"20171001000000Z", b"20180205235959.999Z"))
    (entry,) = parse_deviation_list(signed(deviation(tlv.encode(0xA4, *ends)))).deviations
    assert entry.documents.last_issued == datetime(2018, 2, 5, 23, 59, 59, tzinfo=UTC)


def test_a_master_list_is_no_deviation_list() -> None:
    with pytest.raises(MalformedDataError):
        parse_deviation_list(issuing.sign_list(issuing.list_content([DE.raw]), SIGNER))


def test_damaged_lists_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_deviation_list, FULL, step=2)
