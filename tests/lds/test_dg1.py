import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.lds.dg1 import build_dg1, parse_dg1
from chipid.mrz.mrz import MRZFormat
from tests.support.hostile import assert_survives
from tests.support.vectors import VECTORS, example

BSI = (VECTORS / "bsi-tr03105-5" / "Datagroup1.bin").read_bytes()


def test_the_bsi_reference_file_is_read_and_written_again() -> None:
    mrz = parse_dg1(BSI).mrz
    assert (mrz.format, mrz.issuer, mrz.document_number) == (MRZFormat.TD3, "D", "C11T002JM")
    assert (mrz.primary_name, mrz.secondary_name) == ("MUSTERMANN", "ERIKA")
    assert (mrz.birth_date, mrz.sex, mrz.expiry_date) == ("960812", "F", "231031")
    assert all(digit.ok for digit in mrz.check_digits.values())
    assert build_dg1(mrz.text) == BSI


@pytest.mark.parametrize(("form", "length"), [("TD1", 90), ("TD2", 72), ("TD3", 88)])
def test_each_format_has_the_header_of_doc_9303_part_10(form: str, length: int) -> None:
    raw = build_dg1("I<UTO".ljust(length, "<"))
    assert raw[:5].hex().upper() == example("LDS_mapping_examples")[f"DG1_{form}_header"]
    assert parse_dg1(raw).mrz.format.name == form


@pytest.mark.parametrize("text", [b"", b"A" * 89, b"A" * 44 + b"\n" + b"A" * 44, "Đ".encode() * 45, b"a" * 90])
def test_another_content_is_malformed(text: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_dg1(tlv.encode(0x61, tlv.encode(0x5F1F, text)))


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_dg1, BSI)


def test_the_representation_shows_no_personal_data() -> None:
    assert "MUSTERMANN" not in repr(parse_dg1(BSI))
