"""Certificate extensions, one by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError, ToolkitError
from chipid.pki import extensions
from chipid.pki.extensions import BasicConstraints, KeyUsage, Period

PARSERS: list[Callable[[bytes], Any]] = [
    extensions.parse_extensions,
    extensions.parse_basic_constraints,
    extensions.parse_key_usage,
    extensions.parse_subject_key_identifier,
    extensions.parse_authority_key_identifier,
    extensions.parse_private_key_usage_period,
    extensions.parse_extended_key_usage,
    extensions.parse_document_types,
]


@pytest.mark.parametrize(
    ("value", "usage"),
    [
        ("03020780", KeyUsage.DIGITAL_SIGNATURE),
        ("03020106", KeyUsage.KEY_CERT_SIGN | KeyUsage.CRL_SIGN),
        ("0303070080", KeyUsage.DECIPHER_ONLY),
        ("0303000080", KeyUsage.DECIPHER_ONLY),
        ("03020040", KeyUsage.NON_REPUDIATION),
        ("030100", KeyUsage(0)),
    ],
)
def test_key_usage_is_read_bit_by_bit(value: str, usage: KeyUsage) -> None:
    assert extensions.parse_key_usage(bytes.fromhex(value)) == usage


@pytest.mark.parametrize("value", ["0300", "030107", "03020880", "030500010203" + "04", "04020106", "0303"])
def test_other_bit_strings_are_no_key_usage(value: str) -> None:
    with pytest.raises(MalformedDataError):
        extensions.parse_key_usage(bytes.fromhex(value))


@pytest.mark.parametrize(
    ("value", "constraints"),
    [
        ("3000", BasicConstraints(is_issuer=False, path_length=None)),
        ("30030101ff", BasicConstraints(is_issuer=True, path_length=None)),
        ("30060101ff020100", BasicConstraints(is_issuer=True, path_length=0)),
        ("3003020100", BasicConstraints(is_issuer=False, path_length=0)),
        ("3006010100020103", BasicConstraints(is_issuer=False, path_length=3)),
    ],
)
def test_basic_constraints_have_defaults(value: str, constraints: BasicConstraints) -> None:
    assert extensions.parse_basic_constraints(bytes.fromhex(value)) == constraints


@pytest.mark.parametrize("value", ["", "3006020100020100", "30060201000101ff", "30030102ff"])
def test_other_sequences_are_no_basic_constraints(value: str) -> None:
    with pytest.raises(MalformedDataError):
        extensions.parse_basic_constraints(bytes.fromhex(value))


def test_key_identifiers_are_read() -> None:
    assert extensions.parse_subject_key_identifier(bytes.fromhex("0402abcd")) == b"\xab\xcd"
    assert extensions.parse_authority_key_identifier(bytes.fromhex("30048002abcd")) == b"\xab\xcd"
    assert extensions.parse_authority_key_identifier(bytes.fromhex("3003820107")) is None
    with pytest.raises(MalformedDataError):
        extensions.parse_authority_key_identifier(bytes.fromhex("300680010080" + "0100"))


def test_each_end_of_a_period_may_be_open() -> None:
    start, end = b"20240101000000Z", b"20250101000000Z"
    not_before = extensions.parse_private_key_usage_period(b"\x30\x11\x80\x0f" + start)
    not_after = extensions.parse_private_key_usage_period(b"\x30\x11\x81\x0f" + end)
    middle = datetime(2024, 6, 1, tzinfo=UTC)
    assert not_before == Period(not_before=datetime(2024, 1, 1, tzinfo=UTC), not_after=None)
    assert not_before.includes(middle)
    assert not not_before.includes(datetime(2023, 6, 1, tzinfo=UTC))
    assert not_after.includes(middle)
    assert not not_after.includes(datetime(2025, 6, 1, tzinfo=UTC))
    with pytest.raises(MalformedDataError):
        extensions.parse_private_key_usage_period(b"\x30\x00")


@pytest.mark.parametrize("value", ["3000", "3005020101" + "3100", "30050201003000", "30030201" + "00"])
def test_other_sequences_are_no_list_of_document_types(value: str) -> None:
    with pytest.raises(MalformedDataError):
        extensions.parse_document_types(bytes.fromhex(value))


@given(st.sampled_from(PARSERS), st.binary(max_size=40))
def test_any_bytes_give_a_value_or_a_toolkit_error(parse: Callable[[bytes], Any], data: bytes) -> None:
    for candidate in (data, b"\x30" + bytes((len(data),)) + data):
        try:
            parse(candidate)
        except ToolkitError:
            continue
