import base64
import io
import textwrap
import tracemalloc
from collections.abc import Iterator
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError, ToolkitError
from chipid.pki.ldif import LDIFEntry, PKDKind, PKDObject, read_ldif, read_pkd
from tests.support.ldif import DN, attribute, entry


def entries(text: str | bytes) -> list[LDIFEntry]:
    return list(read_ldif(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


def objects(text: str) -> list[PKDObject]:
    return list(read_pkd(io.BytesIO(text.encode())))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("width", [76, 20, 10_000])
def test_folded_binary_values_are_read_with_any_line_ending(newline: str, width: int) -> None:
    value = bytes(range(256)) * 3
    text = "version: 1" + newline + newline
    text += entry(attribute("userCertificate;binary", value, width=width, newline=newline), newline=newline)
    assert objects(text) == [PKDObject(kind=PKDKind.CERTIFICATE, dn=DN, data=value)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("userCertificate;binary", PKDKind.CERTIFICATE),
        ("usercertificate", PKDKind.CERTIFICATE),
        ("cACertificate;binary", PKDKind.CERTIFICATE),
        ("certificateRevocationList;binary", PKDKind.CRL),
        ("certificateRevocationList", PKDKind.CRL),
        ("pkdMasterListContent", PKDKind.MASTER_LIST),
        ("CscaMasterListData;binary", PKDKind.MASTER_LIST),
    ],
)
def test_every_name_that_the_directory_gave_its_attributes_is_known(name: str, kind: PKDKind) -> None:
    (found,) = objects(entry("sn: 1\n", attribute(name, b"\x30\x00"), "pkdVersion: 7\n"))
    assert (found.kind, found.data) == (kind, b"\x30\x00")


def test_base64_written_as_text_is_read_too() -> None:
    value = b"\x30\x82\x01\x00" + bytes(256)
    (found,) = objects(entry(f"userCertificate;binary: {base64.b64encode(value).decode()}\n"))
    assert found.data == value
    with pytest.raises(MalformedDataError):
        objects(entry("userCertificate;binary: MIIB!\n"))


def test_comments_and_their_continuations_are_passed_over() -> None:
    text = "# a comment\n that goes on\nversion: 1\n# another\n\n" + entry("# inside\n  of it\n", "sn: 5\n")
    assert [one.values for one in entries(text)] == [((("sn", b"5")),)]


def test_the_last_entry_needs_no_empty_line_and_several_are_no_entries() -> None:
    text = "\n\n\n" + entry("sn: 1\n") + "\n\n" + entry("sn: 2\n").rstrip("\n")
    assert [one.values[0][1] for one in entries(text)] == [b"1", b"2"]
    assert entries("") == []


def test_values_at_another_place_are_never_fetched() -> None:
    assert objects(entry("userCertificate;binary:< file:///etc/passwd\n")) == []


@pytest.mark.parametrize("change", ["delete", "modify", "modrdn"])
def test_changes_that_take_away_bring_nothing(change: str) -> None:
    value = attribute("userCertificate;binary", b"\x30\x00")
    assert objects(entry(f"changetype: {change}\n", "replace: userCertificate;binary\n", value, "-\n")) == []
    assert len(objects(entry("changetype: add\n", value))) == 1


def test_a_name_in_base64_is_decoded() -> None:
    text = attribute("dn", "cn=Đà Nẵng,c=VN".encode()) + "sn: 1\n"
    assert entries(text)[0].dn == "cn=Đà Nẵng,c=VN"


@pytest.mark.parametrize(
    "text",
    ["no colon\n", " continues nothing\n", "sn: 1\n\n", "dn:: !!!\n\n", ": value\n", "\n continued\n", "dn: x\n\n a\n"],
)
def test_other_text_is_malformed_and_the_line_is_named(text: str) -> None:
    with pytest.raises(MalformedDataError, match="line"):
        entries(text)


@given(st.binary(max_size=300))
def test_any_bytes_raise_only_errors_of_the_toolkit(data: bytes) -> None:
    try:
        for found in entries(data):
            repr(found)
    except ToolkitError:
        pass


class Endless(io.RawIOBase):
    """A file that never ends, made of one piece again and again."""

    def __init__(self, first: bytes, piece: bytes) -> None:
        self._first, self._piece = first, piece

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._first or self._piece * (len(buffer) // len(self._piece))
        self._first = b""
        buffer[: len(data)] = data
        return len(data)


@pytest.mark.parametrize(
    ("first", "piece"),
    [(b"dn: x\nsn: ", b"a" * 64), (b"dn: x\nsn: 1", b"\n a"), (b"dn: x\n", b"sn: 1\n"), (b"#", b"#" * 64)],
)
def test_a_file_that_never_ends_is_given_up_in_bounded_memory(first: bytes, piece: bytes) -> None:
    stream: BinaryIO = io.BufferedReader(Endless(first, piece), 1 << 16)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedDataError):
            _drain(read_ldif(stream))
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def _drain(found: Iterator[LDIFEntry]) -> None:
    for _ in found:
        pass


def test_the_example_reads_as_the_directory_writes_it() -> None:
    text = textwrap.dedent(
        """\
        version: 1

        dn: dc=data,dc=download,dc=pkd,dc=icao,dc=int
        dc: data
        objectClass: top
        objectClass: domain

        dn: o=crl,c=VN,dc=data,dc=download,dc=pkd,dc=icao,dc=int
        objectClass: cRLDistributionPoint
        certificateRevocationList;binary:: MA
         A=
        pkdVersion: 1150
        """
    )
    assert [(one.kind, one.data) for one in objects(text)] == [(PKDKind.CRL, b"\x30\x00")]
