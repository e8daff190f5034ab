"""The QR text: as printed, as scanners change it, and what it is not."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.vietnam.qr import CardQR, parse_card_qr
from chipid.vietnam.qr_scan import CardQRError, QRDeviation, QRField, QRProblem

FIELDS = ["001099000001", "012345678", "Nguyễn Văn A", "01011999", "Nam", "Số 1, Phường B, Quận D, Hà Nội", "01062023"]
SCAN = "|".join(FIELDS)


def changed(**by_place: str) -> str:
    """The scan with other fields: ``f4="Nữ"``."""
    return "|".join(by_place.get(f"f{place}", text) for place, text in enumerate(FIELDS))


def failure(scan: str | bytes) -> CardQRError:
    with pytest.raises(CardQRError) as caught:
        parse_card_qr(scan)
    return caught.value


def same(found: CardQR) -> bool:
    clean = parse_card_qr(SCAN)
    names = ("personal_number", "old_number", "full_name", "birth_date", "sex", "residence", "issue_date", "extra")
    return all(getattr(found, name) == getattr(clean, name) for name in names)


def test_the_card_of_2021_is_read() -> None:
    found = parse_card_qr(SCAN)
    assert found.personal_number.digits == FIELDS[0]
    assert (found.old_number, found.full_name, found.sex) == (FIELDS[1], FIELDS[2], "M")
    assert (found.birth_date.complete, found.issue_date) == (date(1999, 1, 1), date(2023, 6, 1))
    assert (found.residence, found.extra, found.deviations, found.text) == (FIELDS[5], (), (), SCAN)


def test_the_extra_fields_of_the_card_of_2024_are_kept_in_their_order() -> None:
    found = parse_card_qr(SCAN + "|||Nguyễn Văn B|Trần Thị C|")
    assert found.extra == ("", "", "Nguyễn Văn B", "Trần Thị C", "")
    assert found.deviations == (QRDeviation.EXTRA_FIELDS,)


@pytest.mark.parametrize(
    ("old", "expected"), [("", None), ("012345678", "012345678"), ("001099000009", "001099000009")]
)
def test_the_old_number_has_nine_or_twelve_digits_or_is_absent(old: str, expected: str | None) -> None:
    assert parse_card_qr(changed(f1=old)).old_number == expected


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n", "\t", " \r\n", "\x03", "\x04", "\x00", "\r\n\r\n"])
@pytest.mark.parametrize("beginning", ["", "\x02", " ", "\t", "\r\n"])
def test_the_keys_around_a_scan_are_no_part_of_it(beginning: str, ending: str) -> None:
    found = parse_card_qr(beginning + SCAN + ending)
    assert same(found)
    assert found.deviations == ()


@pytest.mark.parametrize(
    ("beginning", "deviations"),
    [
        ("\ufeff", (QRDeviation.BYTE_ORDER_MARK,)),
        ("ï»¿", (QRDeviation.BYTE_ORDER_MARK,)),
        ("]Q1", (QRDeviation.CODE_TYPE_ANNOUNCED,)),
        ("]Q2\\000026", (QRDeviation.CODE_TYPE_ANNOUNCED,)),
        ("]Q1\ufeff", (QRDeviation.BYTE_ORDER_MARK, QRDeviation.CODE_TYPE_ANNOUNCED)),
    ],
)
def test_what_scanners_announce_is_passed_over(beginning: str, deviations: tuple[QRDeviation, ...]) -> None:
    found = parse_card_qr(beginning + SCAN)
    assert same(found)
    assert found.deviations == deviations


@pytest.mark.parametrize("separator", list("¦｜│~^;#\\*$°§µ>\t\x1d\x1e\x1f"))
def test_the_separator_of_another_keyboard_layout_is_read(separator: str) -> None:
    found = parse_card_qr(SCAN.replace("|", separator) + "\r\n")
    assert same(found)
    assert found.deviations == (QRDeviation.SEPARATOR_SUBSTITUTED,)


@pytest.mark.parametrize("sign", ["/", "-", "."])
def test_dates_with_signs_are_read(sign: str) -> None:
    found = parse_card_qr(changed(f3=f"01{sign}01{sign}1999", f6=f"01{sign}06{sign}2023"))
    assert same(found)
    assert found.deviations == (QRDeviation.DATE_SEPARATED,)


@pytest.mark.parametrize("text", ["1960", "00001960"])
def test_a_year_alone_is_an_incomplete_date_of_birth(text: str) -> None:
    birth = parse_card_qr(changed(f3=text)).birth_date
    assert (birth.year, birth.month, birth.day, birth.complete) == (1960, None, None, None)


@pytest.mark.parametrize("code_page", ["cp1252", "cp1258", "latin-1"])
def test_utf_8_that_was_taken_for_a_code_page_is_read_again(code_page: str) -> None:
    def damage(octet: int) -> str:
        try:
            return bytes((octet,)).decode(code_page)
        except UnicodeDecodeError:
            return chr(octet)

    for name in ("Đặng Thị Ễ", "Tôn Nữ Ỷ Hà", "Nguyễn Văn Á"):
        scan = changed(f2=name, f4="Nữ", f5="Xã Hòa Ả, Hà")
        found = parse_card_qr("".join(map(damage, scan.encode())))
        assert (found.full_name, found.sex, found.residence) == (name, "F", "Xã Hòa Ả, Hà")
        assert found.deviations == (QRDeviation.ENCODING_REPAIRED,)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_composed_and_decomposed_letters_are_the_same(form: str) -> None:
    scan = unicodedata.normalize(form, changed(f4="Nữ"))  # type: ignore[arg-type]
    found = parse_card_qr(scan)
    assert (found.full_name, found.sex) == (FIELDS[2], "F")


@pytest.mark.parametrize("sex", ["Nữ", "nữ", "NỮ", "N?", "N\ufffd", "Nu", "N", "Nuwx", "Nư", "N\u01b0\u0303"])
def test_a_damaged_word_for_a_woman_is_still_one(sex: str) -> None:
    assert parse_card_qr(changed(f4=sex)).sex == "F"


@pytest.mark.parametrize("name", ["Nguy?n V?n A", "Nguy\ufffdn V\ufffdn A", "Nguy\x85n V\x83n A"])
def test_lost_letters_are_said_and_do_not_matter(name: str) -> None:
    found = parse_card_qr(changed(f2=name))
    assert found.full_name == name
    assert found.deviations == (QRDeviation.LETTERS_DAMAGED,)


def test_the_bytes_of_a_code_are_read_whatever_their_encoding() -> None:
    assert same(parse_card_qr(SCAN.encode()))
    found = parse_card_qr(changed(f2="Hà").encode("latin-1", errors="replace"))
    assert found.deviations == (QRDeviation.LETTERS_DAMAGED,)


@pytest.mark.parametrize(
    ("scan", "field", "column"),
    [
        (changed(f0="00109900000"), QRField.PERSONAL_NUMBER, 1),
        (changed(f0="0010990000011"), QRField.PERSONAL_NUMBER, 1),
        (changed(f0="00109900000O"), QRField.PERSONAL_NUMBER, 12),
        (changed(f0="  00109900000O"), QRField.PERSONAL_NUMBER, 14),
        (changed(f0="٠٠١٠٩٩٠٠٠٠٠١"), QRField.PERSONAL_NUMBER, 1),
        (changed(f1="1234"), QRField.OLD_NUMBER, 14),
        (changed(f1="01234567X"), QRField.OLD_NUMBER, 22),
        (changed(f2=""), QRField.FULL_NAME, 24),
        (changed(f2="A" * 121), QRField.FULL_NAME, 24),
        (changed(f3="32011999"), QRField.BIRTH_DATE, 37),
        (changed(f3="29021999"), QRField.BIRTH_DATE, 37),
        (changed(f3="1/1/1999"), QRField.BIRTH_DATE, 37),
        (changed(f3="01/01-1999"), QRField.BIRTH_DATE, 37),
        (changed(f3="01010999"), QRField.BIRTH_DATE, 37),
        (changed(f3=""), QRField.BIRTH_DATE, 37),
        (changed(f4="Khác"), QRField.SEX, 46),
        (changed(f4=""), QRField.SEX, 46),
        (changed(f4="N" + "?" * 20), QRField.SEX, 46),
        (changed(f5="A" * 401), QRField.RESIDENCE, 50),
        (changed(f6="00062023"), QRField.ISSUE_DATE, 81),
        (changed(f6="01061998"), QRField.ISSUE_DATE, 81),
        (changed(f6="0106202X"), QRField.ISSUE_DATE, 81),
    ],
)
def test_a_wrong_field_is_named_with_its_column(scan: str, field: QRField, column: int) -> None:
    error = failure(scan)
    assert (error.problem, error.field, error.column) == (QRProblem.FIELD_WRONG, field.value, column)
    assert error.message.startswith(f"QR code, column {column}, {field.called}: ")
    assert (error.code, error.exit_code) == ("access-key-invalid", 2)


@pytest.mark.parametrize(
    ("scan", "problem"),
    [
        ("", QRProblem.EMPTY),
        (" \r\n\t", QRProblem.EMPTY),
        ("]Q1\r\n", QRProblem.EMPTY),
        ("A" * 1025, QRProblem.TOO_LONG),
        (
            "00020101021138570010A00000072701270006970436011300110000000000208QRIBFTTA53037045802VN6304ABCD",
            QRProblem.BANK_CODE,
        ),
        ("00020101021138|0010A0000007270127", QRProblem.BANK_CODE),
        ("https://example.org/x?a=1|2", QRProblem.WEB_ADDRESS),
        ("HTTP://EXAMPLE.ORG", QRProblem.WEB_ADDRESS),
        ("www.example.org", QRProblem.WEB_ADDRESS),
        ("WIFI:T:WPA;S:desk;P:secret;;", QRProblem.WEB_ADDRESS),
        ("BEGIN:VCARD", QRProblem.WEB_ADDRESS),
        ("IDVNM0990000017001099000001<<8", QRProblem.MACHINE_READABLE_ZONE),
        ("IDVNM0990000017001099000001<<8\n9901018M3901016VNM<<<<<<<<<<<4", QRProblem.MACHINE_READABLE_ZONE),
        ("P<VNMNGUYEN<<VAN<A<<<<<", QRProblem.MACHINE_READABLE_ZONE),
        ('{"a": 1}', QRProblem.OTHER_CODE),
        ("hello|world", QRProblem.OTHER_CODE),
        ("|" * 10, QRProblem.OTHER_CODE),
        ("A1B2", QRProblem.OTHER_CODE),
        ("001099000001,012345678,A", QRProblem.OTHER_CODE),
        ("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", QRProblem.BINARY),
        (changed(f2="A\x00B"), QRProblem.BINARY),
        (changed(f2="A\ud800B"), QRProblem.BINARY),
        (b"\x89\x01\x02x", QRProblem.BINARY),
        (b"\x00\x01", QRProblem.EMPTY),
        (SCAN + "\r\n" + SCAN, QRProblem.FIELD_WRONG),
        (SCAN + "|" * 17 + ".", QRProblem.FIELD_WRONG),
    ],
)
def test_a_code_of_something_else_is_told_apart(scan: str | bytes, problem: QRProblem) -> None:
    assert failure(scan).problem is problem


def test_a_number_that_begins_like_a_payment_code_is_a_number() -> None:
    assert parse_card_qr(changed(f0="000201000001")).personal_number.digits == "000201000001"


def test_every_truncation_names_the_field_where_the_scan_ends() -> None:
    names = [name.value for name in QRField]
    for length in range(12, len(SCAN)):
        error = failure(SCAN[:length])
        field = names[SCAN[:length].count("|")]
        assert (error.problem, error.field) == (QRProblem.TRUNCATED, field)
        assert error.column is not None
        assert error.column <= length + 1


def outcome(scan: str | bytes) -> CardQR | CardQRError:
    """What becomes of any scan; every other exception goes on to the test."""
    try:
        return parse_card_qr(scan)
    except CardQRError as error:
        return error


@given(st.integers(0, len(SCAN) - 1), st.text(max_size=3), st.integers(0, 3))
def test_neither_a_message_nor_a_representation_repeats_what_was_scanned(place: int, new: str, skipped: int) -> None:
    text = repr(outcome(SCAN[:place] + new + SCAN[place + skipped :]))
    for part in ("099000", "012345", "Nguy", "Văn", "1999", "Phường", "2023"):
        assert part not in text


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200), st.text("0123456789|;/ \t", max_size=120)))
def test_any_scan_is_read_or_refused_by_name(scan: str | bytes) -> None:
    assert isinstance(outcome(scan), CardQR | CardQRError)


@given(st.sampled_from("¦｜~^;#\\*$°"), st.text("ABĐƯƠẠỄắ ,.-/", max_size=30))
def test_any_residence_is_read_with_any_separator(separator: str, residence: str) -> None:
    scan = changed(f5=residence).replace("|", separator)
    assert parse_card_qr(scan).residence == unicodedata.normalize("NFC", residence.strip(" "))
