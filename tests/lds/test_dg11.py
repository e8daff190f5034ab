import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.lds.dg11 import DG11, PersonalDetails, build_dg11, parse_dg11
from chipid.mrz.dates import PartialDate
from tests.support.hostile import assert_survives
from tests.support.vectors import example

A5 = bytes.fromhex(example("LDS_mapping_examples")["DG11_A5"])
DETAILS = PersonalDetails(
    full_name="Nguyễn<<Văn<A",
    other_names=("Nguyễn<<B", "Nguyễn<<C"),
    personal_number="001099000001",
    birth_date=PartialDate(year=1999, month=1, day=None),
    birth_place="Xã A<Huyện B",
    address="Số 1<Phường C",
    telephone="0",
    profession="nghề A",
    title="A",
    summary="B",
    proof_of_citizenship=b"\xff\xd8\xff",
    other_documents="012345678",
    custody="C",
)


def details_of(dg11: DG11) -> PersonalDetails:
    return PersonalDetails(**{name: getattr(dg11, name) for name in PersonalDetails.__dataclass_fields__})


def test_the_example_of_doc_9303_part_10_is_read_and_written_again() -> None:
    dg11 = parse_dg11(A5)
    assert dg11.full_name == "SMITH<<JOHN<J"
    assert dg11.birth_place == "ANYTOWN<MN"
    assert dg11.address == "123 MAPLE RD<ANYTOWN<MN"
    assert dg11.telephone == "16125551212"
    assert dg11.profession == "TRAVEL<AGENT"
    assert (dg11.birth_date, dg11.other_names, dg11.unknown) == (None, (), ())
    # The example puts the place of birth before the address, as we do.
    assert build_dg11(details_of(dg11)) == A5


def test_all_details_round_trip() -> None:
    dg11 = parse_dg11(build_dg11(DETAILS))
    assert details_of(dg11) == DETAILS
    assert dg11.unknown == ()


@pytest.mark.parametrize("value", [b"19990101", bytes.fromhex("19990101")], ids=["ASCII", "BCD"])
def test_a_date_of_birth_is_read_in_both_forms(value: bytes) -> None:
    dg11 = parse_dg11(tlv.encode(0x6B, tlv.encode(0x5F2B, value)))
    assert dg11.birth_date == PartialDate(year=1999, month=1, day=1)


def test_empty_and_unknown_objects_are_tolerated() -> None:
    other = tlv.encode(0x5F43, b"\x01")
    nested = tlv.encode(0xA0, b"\x02\x01\x07", tlv.encode(0x5F0F, b"B"), tlv.encode(0x5F44, b"x"))
    dg11 = parse_dg11(tlv.encode(0x6B, tlv.encode(0x5F0E), other, nested, tlv.encode(0x5F0F, b"C")))
    assert dg11.full_name is None
    assert dg11.other_names == ("B", "C")
    assert [(one.tag, one.raw.hex()) for one in dg11.unknown] == [(0x5F43, "5f430101"), (0x5F44, "5f440178")]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        tlv.encode(0x6C),
        tlv.encode(0x6B, tlv.encode(0x5F0E, b"\xff")),
        tlv.encode(0x6B, tlv.encode(0x5F2B, b"19991332")),
        tlv.encode(0x6B, tlv.encode(0x5F0E, b"A"), tlv.encode(0x5F0E, b"B")),
    ],
)
def test_broken_files_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_dg11(raw)


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_dg11, A5)
    assert_survives(parse_dg11, build_dg11(DETAILS))


def test_the_representation_shows_no_personal_data() -> None:
    assert "Văn" not in repr(parse_dg11(build_dg11(DETAILS)))
