import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import ToolkitError
from chipid.errors import StoreProblem, TrustStoreError
from chipid.trust.manifest import Manifest, decode_manifest, encode_manifest
from chipid.trust.past_file import PastFile, decode_past, encode_past
from chipid.trust.record_codec import MAX_BUNDLES, Location
from chipid.trust.records import (
    Basis,
    CertificateRecord,
    Change,
    CRLRecord,
    Distrust,
    Ended,
    Ending,
    Lineage,
    ListKind,
    ListRecord,
    Provenance,
    Role,
)

AT = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
CAME = Provenance(
    file="Việt Nam.cer", file_sha256="ab" * 32, basis=Basis.OWNER, voucher=None, imported_at=AT, approved_by="A"
)
CERTIFICATE = CertificateRecord(
    fingerprint="01" * 32,
    role=Role.CSCA,
    country="VN",
    subject="C=VN, CN=CSCA",
    issuer="C=VN, CN=CSCA",
    serial="-1f",
    ski="0102",
    aki=None,
    key="02" * 32,
    not_before=AT,
    not_after=AT,
    lineage=Lineage.SELF_SIGNED,
    parent=None,
    deviations=("aki-missing",),
    provenance=(CAME, replace(CAME, basis=Basis.LIST, voucher="03" * 32)),
)
CRL = CRLRecord(
    fingerprint="04" * 32,
    country="VN",
    issuer="C=VN, CN=CSCA",
    number=None,
    this_update=AT,
    next_update=None,
    revoked=0,
    signer="01" * 32,
    provenance=(CAME,),
)
LIST = ListRecord(
    fingerprint="03" * 32,
    kind=ListKind.MASTER_LIST,
    country="DE",
    signer="05" * 32,
    signer_subject="C=DE",
    csca=None,
    csca_key=None,
    signing_time=AT,
    entries=1,
    provenance=(CAME,),
)
PLACE = Location(bundle=0, offset=0, length=10)
MANIFEST = Manifest(
    generation=3,
    past="08" * 32,
    bundles=("06" * 32,),
    certificates=((CERTIFICATE, PLACE), (replace(CERTIFICATE, fingerprint="07" * 32, lineage=None), PLACE)),
    crls=((CRL, PLACE),),
    lists=((LIST, PLACE),),
    distrusted=(Distrust(key="09" * 32, fingerprint="0a" * 32, removed_at=AT, approved_by="A"),),
)
TEXT = encode_manifest(MANIFEST)


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert decode_manifest(TEXT) == MANIFEST
    assert encode_manifest(decode_manifest(TEXT)) == TEXT
    assert "Việt Nam.cer" in TEXT.decode()


def altered(place: tuple[str | int, ...], value: object) -> bytes:
    """The manifest with another value at a place; None of the class Ellipsis takes the field away."""
    document = json.loads(TEXT)
    target: Any = document
    for step in place[:-1]:
        target = target[step]
    if value is ...:
        del target[place[-1]]
    else:
        target[place[-1]] = value
    return json.dumps(document).encode()


PLACES: list[tuple[str | int, ...]] = [
    ("generation",),
    ("bundles", 0),
    ("provenance", 0, "basis"),
    ("provenance", 0, "imported_at"),
    ("provenance", 0, "file_sha256"),
    ("provenance", 0, "file"),
    ("certificates", 0, "fingerprint"),
    ("certificates", 0, "role"),
    ("certificates", 0, "lineage"),
    ("certificates", 0, "serial"),
    ("certificates", 0, "not_after"),
    ("certificates", 0, "provenance"),
    ("certificates", 0, "deviations"),
    ("certificates", 0, "at"),
    ("crls", 0, "this_update"),
    ("crls", 0, "revoked"),
    ("crls", 0, "signer"),
    ("lists", 0, "kind"),
    ("lists", 0, "csca"),
    ("lists", 0, "entries"),
]


WRONG: list[object] = [..., 1.5, True, {}, [[]], [7], "x", "2026-01-01T00:00:00", [0, 0]]
HARMLESS = [  # any text is a file name, and a table may be shorter
    (("provenance", 0, "file"), "x"),
    (("provenance", 0, "file"), "2026-01-01T00:00:00"),
    (("bundles", 0), ...),
]


@pytest.mark.parametrize(
    ("place", "value"), [(place, value) for place in PLACES for value in WRONG if (place, value) not in HARMLESS]
)
def test_a_field_that_is_missing_or_of_another_type_is_refused(place: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(TrustStoreError):
        decode_manifest(altered(place, value))


@pytest.mark.parametrize("table", [None, "provenance", "certificates", "crls", "lists", "distrusted"])
def test_an_unknown_field_is_refused_and_named(table: str | None) -> None:
    with pytest.raises(TrustStoreError, match="more"):
        decode_manifest(altered(("more",) if table is None else (table, 0, "more"), 1))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("format",), "something else"),
        (("version",), 1),
        (("past",), "06"),
        (("certificates", 0, "provenance"), []),
        (("certificates", 0, "provenance"), [0, 0]),
        (("certificates", 0, "provenance"), [-1]),
        (("certificates", 0, "at"), [1, 0, 10]),
        (("certificates", 0, "at"), [0, -1, 10]),
        (("certificates", 0, "at"), [0, 0, 0]),
        (("certificates", 1, "fingerprint"), "01" * 32),
        (("certificates", 0, "fingerprint"), "AB" * 32),
        (("generation",), -1),
        (("distrusted", 0, "key"), "09"),
        (("certificates", 0, "not_after"), "0001-01-01T00:00:00+14:00"),  # before the calendar begins
        (("certificates", 0, "not_after"), "9999-12-31T23:59:59-14:00"),
        (("distrusted",), [{"key": "09" * 32, "fingerprint": "0a" * 32, "removed_at": "x", "approved_by": ""}]),
    ],
)
def test_what_does_not_fit_together_is_refused(place: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(TrustStoreError):
        decode_manifest(altered(place, value))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b"NaN",
        b"[" * 100_000,
        b"\xff\xfe",
        TEXT.replace(b'"generation": 3', b'"generation": 3, "generation": 4'),
        TEXT.replace(b'"generation": 3', b'"generation": NaN'),
    ],
)
def test_other_text_is_refused(text: bytes) -> None:
    with pytest.raises(TrustStoreError):
        decode_manifest(text)


@given(st.data())
def test_a_changed_byte_is_refused_or_read(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(TEXT) - 1))
    changed = TEXT[:place] + bytes([data.draw(st.integers(0, 255))]) + TEXT[place + 1 :]
    with contextlib.suppress(ToolkitError):
        decode_manifest(changed)


def test_a_key_is_distrusted_once() -> None:
    with pytest.raises(TrustStoreError, match="twice"):
        decode_manifest(altered(("distrusted",), json.loads(TEXT)["distrusted"] * 2))


def test_no_manifest_is_written_that_could_not_be_read() -> None:
    with pytest.raises(TrustStoreError, match="files") as caught:
        encode_manifest(replace(MANIFEST, bundles=("06" * 32,) * (MAX_BUNDLES + 1)))
    assert caught.value.problem is StoreProblem.FILES_FULL


# What the store held before

ENDED = Ended(until=AT, ending=Ending.REPLACED, ended_by="B", successor="04" * 32)
PAST = PastFile(
    bundles=("06" * 32,),
    entries=(
        (CERTIFICATE, PLACE, replace(ENDED, ending=Ending.ALTERED, successor=None)),
        (CERTIFICATE, PLACE, replace(ENDED, ending=Ending.REMOVED, successor=None)),
        (CRL, PLACE, ENDED),
        (LIST, PLACE, replace(ENDED, ending=Ending.REMOVED)),
    ),
    changes=(Change(generation=1, at=AT, approved_by="A"), Change(generation=2, at=AT, approved_by="B")),
)


def test_the_past_is_read_as_it_was_written() -> None:
    assert decode_past(encode_past(PAST)) == PAST
    rows = json.loads(encode_past(PAST))["crls"]
    assert [(row["until"], row["ending"], row["ended_by"]) for row in rows] == [
        ("2026-06-01T12:30:00+00:00", "replaced", "B")
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("until", "soon"), ("ending", "lost"), ("ended_by", 7), ("successor", "04"), ("at", [1, 0, 1]), ("more", 1)],
)
def test_a_past_with_another_value_is_refused(field: str, value: object) -> None:
    document = json.loads(encode_past(PAST))
    document["crls"][0][field] = value
    with pytest.raises(TrustStoreError):
        decode_past(json.dumps(document).encode())


@pytest.mark.parametrize(("field", "value"), [("at", "soon"), ("generation", "1"), ("approved_by", None), ("more", 1)])
def test_a_change_with_another_value_is_refused(field: str, value: object) -> None:
    document = json.loads(encode_past(PAST))
    document["changes"][0][field] = value
    with pytest.raises(TrustStoreError):
        decode_past(json.dumps(document).encode())


def test_a_past_of_another_version_is_refused() -> None:
    with pytest.raises(TrustStoreError, match="version"):
        decode_past(encode_past(PAST).replace(b'"version": 1', b'"version": 2'))


def test_the_past_is_bounded() -> None:
    with pytest.raises(TrustStoreError, match="wipe"):
        encode_past(replace(PAST, entries=PAST.entries * 50_001))


@given(st.data())
def test_a_changed_byte_of_the_past_is_refused_or_read(data: st.DataObject) -> None:
    text = encode_past(PAST)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + bytes([data.draw(st.integers(0, 255))]) + text[place + 1 :]
    with contextlib.suppress(ToolkitError):
        decode_past(changed)
