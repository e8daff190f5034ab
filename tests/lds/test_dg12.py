import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.lds.dg12 import DocumentDetails, build_dg12, parse_dg12
from chipid.mrz.dates import PartialDate
from tests.support.hostile import assert_survives

DETAILS = DocumentDetails(
    issuing_authority="Bộ A",
    issue_date=PartialDate(year=2023, month=6, day=1),
    other_persons=("Nguyễn<<B",),
    endorsements="A",
    tax_and_exit="B",
    front_image=b"\xff\xd8\xff",
    rear_image=b"\xff\x4f\xff\x51",
    personalisation_time="20230601120000",
    personalisation_system="C",
)


def test_all_details_round_trip() -> None:
    dg12 = parse_dg12(build_dg12(DETAILS))
    found = DocumentDetails(**{name: getattr(dg12, name) for name in DocumentDetails.__dataclass_fields__})
    assert found == DETAILS
    assert dg12.unknown == ()


def test_the_tag_list_names_what_is_there() -> None:
    raw = build_dg12(DocumentDetails(issuing_authority="A", other_persons=("B",)))
    assert raw.hex() == "6c135c045f195f1a5f190141a007020101" + "5f1a0142"


@pytest.mark.parametrize("packed", [False, True], ids=["ASCII", "BCD"])
def test_dates_and_times_are_read_in_both_forms(packed: bool) -> None:
    issued, personalised = "20230601", "20230601120000"
    values = [bytes.fromhex(text) if packed else text.encode() for text in (issued, personalised)]
    dg12 = parse_dg12(tlv.encode(0x6C, tlv.encode(0x5F26, values[0]), tlv.encode(0x5F55, values[1])))
    assert dg12.issue_date == PartialDate(year=2023, month=6, day=1)
    assert dg12.personalisation_time == personalised


@pytest.mark.parametrize("value", [b"2023060112000", b"2023-06-01 12:", bytes.fromhex("2023060112000A")])
def test_a_broken_time_of_personalisation_is_malformed(value: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_dg12(tlv.encode(0x6C, tlv.encode(0x5F55, value)))


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_dg12, build_dg12(DETAILS))
