"""PEM as people have it, and as somebody writes it who wants a reader to work."""

from __future__ import annotations

import base64

import pytest

from chipid.errors import TrustStoreError
from chipid.trust.files import MAX_BLOCKS, split_pem
from tests.support import issuing

VN = issuing.csca("VN").raw


def block(text: bytes, label: bytes = b"CERTIFICATE") -> bytes:
    return b"-----BEGIN " + label + b"-----" + text + b"-----END " + label + b"-----"


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b" ", b"\t", b"\n\n  \n", b"\x0b\x0c"])
def test_blanks_anywhere_in_a_block_do_not_count(between: bytes) -> None:
    text = base64.b64encode(VN)
    pieces = [text[start : start + 2] for start in range(0, len(text), 2)]
    data = block(between + between.join(pieces) + between)
    assert list(split_pem(data, "file")) == [("CERTIFICATE", VN)]


def test_blocks_of_several_kinds_stand_one_after_the_other() -> None:
    text = base64.encodebytes(VN)
    data = b"subject: somebody\n" + block(text) + b"\n\n" + block(text, b"X509 CRL")
    assert list(split_pem(data, "file")) == [("CERTIFICATE", VN), ("X509 CRL", VN)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (block(b"A"), "a PEM block is not Base64"),
        (block(b"MIIB*"), "a PEM block is not Base64"),
        (block(b"\xc2\xa0MIIB"), "a PEM block is not Base64"),
        (block(b"MIIB", b"PRIVATE KEY"), "neither"),
        (b"-----BEGIN CERTIFICATE-----MIIB", "a PEM block has no end"),
    ],
)
def test_a_damaged_block_is_refused_and_the_file_named(data: bytes, expected: str) -> None:
    with pytest.raises(TrustStoreError, match=f"file.*{expected}"):
        list(split_pem(data, "file"))


def test_a_file_of_more_blocks_than_a_store_may_have_is_refused() -> None:
    assert len(list(split_pem(block(b"MIIB") * MAX_BLOCKS, "file"))) == MAX_BLOCKS
    with pytest.raises(TrustStoreError, match="more than"):
        list(split_pem(block(b"MIIB") * (MAX_BLOCKS + 1), "file"))
