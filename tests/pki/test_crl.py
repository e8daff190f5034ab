from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError
from chipid.asn1 import der, oids
from chipid.crypto.keys import load_public_key
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki import crl as revocation_lists
from chipid.pki.certificate import parse_certificate
from chipid.pki.crl import MAX_REVOKED, RevocationReason, parse_crl, verify_crl
from tests.support import issuing
from tests.support.hostile import assert_survives

VN = issuing.csca("VN")
OTHER = issuing.csca("VN", "another key")
REVOKED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
CRL = issuing.revoke(VN, [17, (2**64 + 5, REVOKED_AT, 1)])


def test_a_list_says_who_is_revoked_since_when_and_why() -> None:
    crl = parse_crl(CRL)
    assert (crl.country, crl.number, crl.deviations) == ("VN", 1, ())
    assert crl.aki == VN.key.identifier
    assert crl.next_update is not None
    assert crl.next_update > crl.this_update
    found = crl.find(2**64 + 5)
    assert found is not None
    assert (found.revoked_at, found.reason) == (REVOKED_AT, RevocationReason.KEY_COMPROMISE)
    assert crl.find(18) is None
    assert sorted(crl.serials()) == [17, 2**64 + 5]


def test_the_signature_is_that_of_the_csca_and_of_no_other_key() -> None:
    crl = parse_crl(CRL)
    verify_crl(crl, parse_certificate(VN.raw))
    with pytest.raises(SignatureError):
        verify_crl(crl, parse_certificate(OTHER.raw))


def test_a_key_that_may_not_sign_lists_signs_none() -> None:
    for usage in (issuing.CRL_SIGN_ABSENT, issuing.DIGITAL_SIGNATURE):
        other = issuing.csca("VN", form=issuing.Form(key_usage=usage))
        with pytest.raises(SignatureError):
            verify_crl(parse_crl(issuing.revoke(other, [1])), parse_certificate(other.raw))


def test_a_key_of_damaged_usage_signs_none() -> None:
    other = issuing.csca("VN", form=issuing.Form(key_usage=b"\x03\x04\x01\x06\x00\x00"))
    with pytest.raises(UnsupportedError):
        verify_crl(parse_crl(issuing.revoke(other, [1])), parse_certificate(other.raw))


def test_a_list_without_entries_revokes_nobody() -> None:
    crl = parse_crl(issuing.revoke(VN, []))
    assert list(crl.serials()) == []
    assert crl.find(0) is None


def test_what_departs_from_the_profile_is_tolerated_by_name() -> None:
    crl = parse_crl(issuing.revoke(VN, [1], next_update=None, number=None))
    assert crl.deviations == ("next-update-missing", "crl-number-missing")


@pytest.mark.parametrize("oid", ["2.5.29.27", "2.5.29.28"])
@pytest.mark.parametrize("critical", [True, False])
def test_a_list_that_tells_only_a_part_is_refused(oid: str, critical: bool) -> None:
    extension = issuing.extension(oid, der.encode_integer(1), critical=critical)
    with pytest.raises(UnsupportedError):
        parse_crl(issuing.revoke(VN, [], extra=[extension]))


def test_an_unknown_extension_is_refused_only_if_it_is_critical() -> None:
    parse_crl(issuing.revoke(VN, [], extra=[issuing.extension("2.5.29.46", der.encode_null())]))
    with pytest.raises(UnsupportedError):
        parse_crl(issuing.revoke(VN, [], extra=[issuing.extension("2.5.29.46", der.encode_null(), critical=True)]))


@given(st.integers(min_value=-(2**159), max_value=2**160))
def test_every_serial_number_is_found_again(serial: int) -> None:
    assert _with_entry(der.encode_integer(serial)).find(serial) is not None


def test_a_serial_number_is_found_whichever_way_its_sign_is_written() -> None:
    assert _with_entry(b"\x02\x02\xf1\x02").find(0xF102) is not None
    assert _with_entry(b"\x02\x03\x00\xf1\x02").find(int.from_bytes(b"\xf1\x02", "big", signed=True)) is not None
    assert _with_entry(b"\x02\x04\x00\x00\xf1\x02").find(0xF102) is not None


@pytest.mark.parametrize("rest", [b"", der.encode_null(), b"\x17\x03ABC" + b"\x30\x00", b"\xff\xff"])
def test_an_entry_that_cannot_be_decoded_revokes_all_the_same(rest: bytes) -> None:
    found = _with_entry(der.encode_integer(5), rest).find(5)
    assert found is not None
    assert (found.revoked_at, found.reason) == (None, RevocationReason.UNSPECIFIED)


def _with_entry(serial: bytes, rest: bytes = b"\x17\x0d260101000000Z") -> revocation_lists.CRL:
    return parse_crl(_with_revoked(der.encode_sequence(serial, rest)))


def _with_revoked(entries: bytes) -> bytes:
    """The list with other entries; its signature is wrong then, which parsing does not look at."""
    body, algorithm, signature = der.parse_sequence(CRL)
    parts = [one.raw for one in body.children()]
    parts[5] = tlv.encode(der.SEQUENCE, entries)
    return der.encode_sequence(der.encode_sequence(*parts), algorithm.raw, signature.raw)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30\x00", CRL + b"\x00", VN.raw, _with_revoked(b"\x31\x00"), _with_revoked(b"\x30\x02\x05\x00")],
)
def test_other_data_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_crl(data)


def test_damaged_lists_raise_only_errors_of_the_toolkit() -> None:
    issuer = parse_certificate(VN.raw)

    def check(data: bytes) -> None:
        crl = parse_crl(data)
        crl.find(17)
        if data != CRL:
            with pytest.raises((SignatureError, UnsupportedError, TLVError)):
                verify_crl(crl, issuer)

    assert_survives(check, CRL)


@pytest.mark.parametrize(
    "entries",
    [
        b"".join(der.encode_sequence(der.encode_integer(n), b"\x17\x0d260101000000Z") for n in range(MAX_REVOKED)),
        # Numbers that have one hash value as integers.
        b"".join(der.encode_sequence(der.encode_integer(n * (2**61 - 1))) for n in range(1, MAX_REVOKED)),
    ],
)
def test_the_longest_list_is_read(entries: bytes) -> None:
    assert len(tuple(parse_crl(_with_revoked(entries)).serials())) in (MAX_REVOKED, MAX_REVOKED - 1)


def test_too_many_entries_are_refused() -> None:
    with pytest.raises(MalformedDataError):
        parse_crl(_with_revoked(der.encode_sequence(der.encode_integer(1)) * (MAX_REVOKED + 1)))


def test_a_list_names_its_algorithm_twice_and_must_not_differ() -> None:
    body, _, signature = der.parse_sequence(CRL)
    other = der.encode_sequence(der.encode_oid(oids.ECDSA_WITH_SHA384))
    crl = parse_crl(der.encode_sequence(body.raw, other, signature.raw))
    assert "signature-algorithms-differ" in crl.deviations
    assert load_public_key(VN.key.spki)
    with pytest.raises(SignatureError):
        verify_crl(crl, parse_certificate(VN.raw))


def test_times_are_kept_as_moments() -> None:
    update = datetime(2026, 1, 2, tzinfo=UTC)
    crl = parse_crl(issuing.revoke(VN, [], this_update=update, next_update=update + timedelta(days=30)))
    assert (crl.this_update, crl.next_update) == (update, update + timedelta(days=30))
