import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.asn1 import der
from chipid.lds.dg13 import (
    DG13,
    OID_UTF8,
    CitizenDetails,
    DG13Deviation,
    DG13Number,
    build_dg13,
    parse_dg13,
)
from tests.support.hostile import assert_survives

DUMMY = bytes.fromhex(
    "6d820185 30820181 020101 060628d316010008 31820172"
    "3011020101 130c303031303939303030303031"
    "3014020102 0c0f4e677579e1bb856e2056c4836e2041"
    "300f020103 130a30312f30312f31393939"
    "3008020104 0c034e616d"
    "300f020105 0c0a5669e1bb8774204e616d"
    "3009020106 0c044b696e68"
    "300b020107 0c064b68c3b46e67"
    "3020020108 0c1b58c3a320412c20487579e1bb876e20422c2048c3a0204ee1bb9969"
    "302d020109 0c2853e1bb9120312c205068c6b0e1bb9d6e6720432c205175e1baad6e20442c2048c3a0204ee1bb9969"
    "302b02010a 0c264ee1bb9174207275e1bb936920433a31636d2064c6b0e1bb9b69206de1baaf74207472c3a169"
    "300f02010b 130a30312f30362f32303233"
    "300f02010c 0c0a30312f30312f32303339"
    "302802010d 30110c0f4e677579e1bb856e2056c4836e2042 30100c0e5472e1baa76e205468e1bb8b2043"
    "301202010e 300d0c0b4cc3aa205468e1bb8b2044"
    "300e02010f 1309303132333435363738"
    "3015020110 131030323934303030303030303030303030"
)
PERSON = CitizenDetails(
    personal_number="001099000001",
    full_name="Nguyễn Văn A",
    birth_date="01/01/1999",
    sex="Nam",
    nationality="Việt Nam",
    ethnicity="Kinh",
    religion="Không",
    place_of_origin="Xã A, Huyện B, Hà Nội",
    residence="Số 1, Phường C, Quận D, Hà Nội",
    identifying_marks="Nốt ruồi C:1cm dưới mắt trái",
    issue_date="01/06/2023",
    expiry_date="01/01/2039",
    father="Nguyễn Văn B",
    mother="Trần Thị C",
    spouse="Lê Thị D",
    old_number="012345678",
    chip_extra_id="0294000000000000",
)


def details_of(dg13: DG13) -> CitizenDetails:
    return CitizenDetails(**{name: getattr(dg13, name) for name in CitizenDetails.__dataclass_fields__})


def entry(number: int, *values: bytes) -> bytes:
    return der.encode_sequence(der.encode_integer(number), *values)


def utf8(text: str) -> bytes:
    return tlv.encode(der.UTF8_STRING, text.encode())


def file(*entries: bytes) -> bytes:
    head = der.encode_integer(1) + der.encode_oid(OID_UTF8)
    return tlv.encode(0x6D, der.encode_sequence(head, tlv.encode(der.SET, *entries)))


def test_the_dummy_of_393_bytes_is_read_and_written_again() -> None:
    assert len(DUMMY) == 393
    dg13 = parse_dg13(DUMMY)
    assert details_of(dg13) == PERSON
    assert (dg13.version, dg13.oid, dg13.deviations, dg13.unknown) == (1, OID_UTF8, (), ())
    assert [one.number for one in dg13.entries] == list(DG13Number)
    assert dg13.raw == DUMMY
    assert build_dg13(PERSON) == DUMMY


def test_entries_are_found_by_number_in_any_order() -> None:
    dg13 = parse_dg13(DUMMY)
    turned = parse_dg13(file(*(one.raw for one in reversed(dg13.entries))))
    assert details_of(turned) == PERSON
    assert turned.deviations == ()


def test_the_form_without_version_and_oid_is_read() -> None:
    dg13 = parse_dg13(build_dg13(PERSON, header=False))
    assert details_of(dg13) == PERSON
    assert dg13.deviations == (DG13Deviation.NO_VERSION, DG13Deviation.NO_OID)


@pytest.mark.parametrize("outer", ["6d {set}", "6d {entries}", "6d {seq entries}", "6d {version seq}", "6d {oid set}"])
def test_further_shells_around_the_entries_are_read(outer: str) -> None:
    entries = [one.raw for one in parse_dg13(DUMMY).entries]
    content = {
        "6d {set}": tlv.encode(der.SET, *entries),
        "6d {entries}": b"".join(entries),
        "6d {seq entries}": der.encode_sequence(*entries),
        "6d {version seq}": der.encode_sequence(der.encode_integer(1), der.encode_sequence(*entries)),
        "6d {oid set}": der.encode_sequence(der.encode_oid(OID_UTF8), tlv.encode(der.SET, *entries)),
    }[outer]
    assert details_of(parse_dg13(tlv.encode(0x6D, content))) == PERSON


def test_parents_in_one_sequence_are_told_apart() -> None:
    dg13 = parse_dg13(build_dg13(PERSON, parents_in_one_sequence=True))
    assert details_of(dg13) == PERSON
    assert dg13.deviations == (DG13Deviation.PARENTS_IN_ONE_SEQUENCE,)


@pytest.mark.parametrize(
    "values",
    [
        (der.encode_sequence(), der.encode_sequence(utf8("Trần Thị C"))),
        (der.encode_sequence(utf8("")), der.encode_sequence(utf8("Trần Thị C"))),
        (der.encode_sequence(der.encode_null()), der.encode_sequence(utf8("Trần Thị C"))),
        (der.encode_sequence(utf8(" "), utf8("Trần Thị C")),),
        (der.encode_sequence(der.encode_sequence(), der.encode_sequence(utf8("Trần Thị C"))),),
        (utf8(""), utf8("Trần Thị C")),
    ],
)
def test_a_missing_father_does_not_shift_the_mother(values: tuple[bytes, ...]) -> None:
    dg13 = parse_dg13(file(entry(13, *values)))
    assert (dg13.father, dg13.mother) == (None, "Trần Thị C")


@pytest.mark.parametrize("in_one", [False, True])
def test_a_written_missing_father_keeps_his_place(in_one: bool) -> None:
    raw = build_dg13(CitizenDetails(mother="Trần Thị C"), parents_in_one_sequence=in_one)
    dg13 = parse_dg13(raw)
    assert (dg13.father, dg13.mother) == (None, "Trần Thị C")


@pytest.mark.parametrize("value", [b"", der.encode_sequence(), utf8(""), der.encode_null()])
def test_an_empty_spouse_is_none(value: bytes) -> None:
    dg13 = parse_dg13(file(entry(14, value)))
    assert dg13.spouse is None
    assert dg13.deviations == ()


def test_every_entry_is_optional() -> None:
    assert details_of(parse_dg13(file())) == CitizenDetails()
    assert build_dg13(CitizenDetails()) == file()


def test_unknown_entries_are_kept_and_reported() -> None:
    raw = entry(17, utf8("A"))
    dg13 = parse_dg13(file(raw, entry(2, utf8("Nguyễn Văn A"))))
    assert dg13.full_name == "Nguyễn Văn A"
    assert [(one.number, one.raw, one.texts) for one in dg13.unknown] == [(17, raw, ("A",))]
    assert dg13.deviations == (DG13Deviation.UNKNOWN_ENTRY,)


def test_of_a_repeated_entry_the_first_counts() -> None:
    dg13 = parse_dg13(file(entry(2, utf8("Nguyễn Văn A")), entry(2, utf8("Nguyễn Văn B"))))
    assert dg13.full_name == "Nguyễn Văn A"
    assert dg13.deviations == (DG13Deviation.REPEATED_ENTRY,)


@pytest.mark.parametrize("value", [tlv.encode(0x0C, b"\xff"), tlv.encode(0x03, b"\x00A"), tlv.encode(0x1E, b"\xd8")])
def test_an_unreadable_entry_does_not_hide_the_others(value: bytes) -> None:
    dg13 = parse_dg13(file(entry(2, value), entry(4, utf8("Nam"))))
    assert (dg13.full_name, dg13.sex) == (None, "Nam")
    assert dg13.deviations == (DG13Deviation.UNREADABLE_ENTRY,)


@pytest.mark.parametrize("tag", [0x0C, 0x12, 0x13, 0x16, 0x1A])
def test_every_kind_of_string_is_read_as_utf_8(tag: int) -> None:
    assert parse_dg13(file(entry(2, tlv.encode(tag, "Nguyễn Văn A".encode())))).full_name == "Nguyễn Văn A"


def test_decomposed_text_comes_in_normal_form_c_and_its_bytes_are_kept() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Văn A")
    raw = file(entry(2, utf8(decomposed)))
    dg13 = parse_dg13(raw)
    assert dg13.full_name == "Nguyễn Văn A"
    assert decomposed.encode() in dg13.entries[0].raw
    assert dg13.raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        DUMMY + b"\x00",
        tlv.encode(0x6C, DUMMY[4:]),
        file(der.encode_sequence()),
        file(der.encode_sequence(utf8("A"))),
        file(utf8("A")),
        file(entry(-1, utf8("A"))),
        file(entry(2**40, utf8("A"))),
        file(*[entry(20, utf8("A"))] * 65),
    ],
)
def test_another_structure_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_dg13(raw)


def test_nesting_is_bounded() -> None:
    value = utf8("A")
    for _ in range(200):
        value = der.encode_sequence(value)
    assert parse_dg13(file(entry(13, value))).deviations == (DG13Deviation.UNREADABLE_ENTRY,)


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_dg13, DUMMY)
    assert_survives(parse_dg13, build_dg13(PERSON, header=False, parents_in_one_sequence=True))


def test_the_representation_shows_no_personal_data() -> None:
    shown = repr(parse_dg13(DUMMY))
    assert not any(str(getattr(PERSON, name)) in shown for name in CitizenDetails.__dataclass_fields__)


texts = st.none() | st.text(min_size=1, max_size=80).map(lambda text: unicodedata.normalize("NFC", text))


@given(st.fixed_dictionaries(dict.fromkeys(CitizenDetails.__dataclass_fields__, texts)), st.booleans(), st.booleans())
def test_any_citizen_round_trips_in_every_form(values: dict[str, str | None], header: bool, in_one: bool) -> None:
    values = {name: text if text and text.strip() else None for name, text in values.items()}
    person = CitizenDetails(**values)
    assert details_of(parse_dg13(build_dg13(person, header=header, parents_in_one_sequence=in_one))) == person
