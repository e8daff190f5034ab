import pytest

from apdu.errors import MalformedDataError
from chipid.lds.ef_cvca import build_ef_cvca, parse_ef_cvca
from tests.support.hostile import assert_survives


@pytest.mark.parametrize("references", [("UTCVCA00002",), ("UTCVCA00002", "UTCVCA00001"), ("UTEXAMPLE9900002",) * 2])
def test_one_or_two_references_fill_36_bytes_and_come_back(references: tuple[str, ...]) -> None:
    raw = build_ef_cvca(*references)
    assert len(raw) == 36
    assert raw[:2] == bytes((0x42, len(references[0])))
    found = parse_ef_cvca(raw)
    assert (found.raw, found.references) == (raw, references)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(36),  # LDS_G_02: no trust point
        b"\x43" + build_ef_cvca("UTCVCA00001")[1:],  # LDS_G_01: another tag
        build_ef_cvca("UTCVCA00001")[:-1],
        build_ef_cvca("UTCVCA00001") + b"\x00",
        build_ef_cvca("UTCVCA00001")[:-1] + b"\x01",
        b"\x42\x10" + b"UTEXAMPLE990000142"[:16] + b"\x42\x20" + bytes(16),
    ],
)
def test_anything_else_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_ef_cvca(raw)


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_ef_cvca, build_ef_cvca("UTCVCA00002", "UTCVCA00001"))
