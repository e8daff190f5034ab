import tracemalloc

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from chipid.asn1 import der, oids
from chipid.pki.master_list import MAX_LIST_CERTIFICATES, MAX_MASTER_LIST_BYTES, parse_master_list
from tests.support import issuing
from tests.support.hostile import assert_survives

DE = issuing.csca("DE")
VN = issuing.csca("VN")
SIGNER = issuing.list_signer(DE, "DE")
LIST = issuing.sign_list(issuing.list_content([DE.raw, VN.raw]), SIGNER)


def test_a_list_gives_its_certificates_as_they_came() -> None:
    parsed = parse_master_list(LIST)
    assert sorted(parsed.certificates) == sorted([DE.raw, VN.raw])
    assert parsed.raw == LIST
    assert parsed.signing_time is not None
    assert len(parsed.fingerprint) == 64


@pytest.mark.parametrize("content_type", [oids.ICAO_LDS_SECURITY_OBJECT, oids.ICAO_DEVIATION_LIST, oids.PKCS7_DATA])
def test_signed_content_of_another_type_is_no_master_list(content_type: str) -> None:
    with pytest.raises(MalformedDataError):
        parse_master_list(issuing.sign_list(issuing.list_content([DE.raw]), SIGNER, content_type=content_type))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        der.encode_sequence(der.encode_integer(1), der.encode_set(DE.raw)),
        der.encode_sequence(der.encode_set(DE.raw)),
        der.encode_sequence(der.encode_integer(0), der.encode_sequence(DE.raw)),
        der.encode_sequence(der.encode_integer(0), der.encode_set(der.encode_octet_string(DE.raw))),
        der.encode_sequence(der.encode_integer(0), der.encode_set(DE.raw), der.encode_null()),
        issuing.list_content([DE.raw]) + b"\x00",
        issuing.list_content([DE.raw])[:-1],
    ],
)
def test_content_of_another_shape_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_master_list(issuing.sign_list(content, SIGNER))


def test_content_that_nobody_signed_is_no_list() -> None:
    content = issuing.list_content([DE.raw])
    for unsigned in (content, issuing.envelope(content, oids.ICAO_CSCA_MASTER_LIST, [SIGNER.raw], [])):
        with pytest.raises(MalformedDataError):
            parse_master_list(unsigned)


def test_damaged_lists_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_master_list, LIST, step=3)


@pytest.mark.parametrize(
    "hostile",
    [
        issuing.list_content([DE.raw] * (MAX_LIST_CERTIFICATES + 1)),
        der.encode_sequence(der.encode_integer(0), tlv.encode(der.SET, b"\x30\x00" * 1_900_000)),
        der.encode_sequence(der.encode_integer(0), tlv.encode(der.SET, b"\x05\x00" * 1_900_000)),
    ],
)
def test_a_hostile_list_costs_little_memory(hostile: bytes) -> None:
    data = issuing.sign_list(hostile, SIGNER)
    assert len(data) <= MAX_MASTER_LIST_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(ToolkitError):
            parse_master_list(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


def test_too_much_data_or_too_many_certificates_beside_the_list_are_refused() -> None:
    content = issuing.list_content([DE.raw])
    for embedded in ([SIGNER.raw] * 9, [SIGNER.raw + bytes(40_000)]):
        with pytest.raises(MalformedDataError):
            parse_master_list(issuing.sign_list(content, SIGNER, embedded=embedded))
    with pytest.raises(MalformedDataError):
        parse_master_list(bytes(MAX_MASTER_LIST_BYTES + 1))
