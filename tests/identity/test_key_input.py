"""Access keys in every form in which people type or scan them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import AccessKeyError
from chipid.identity.key_input import MAX_INPUT, parse_access_key, parse_access_keys, parse_key_candidates
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.mrz.mrz import parse_mrz
from chipid.vietnam.key_candidates import KeyReason
from tests.scenarios import readings
from tests.support import vectors

CAN = AccessKey.from_can("000001")
ZONE = "IDVNM0990000017001099000001<<8\n9901018M3901016VNM<<<<<<<<<<<4\nNGUYEN<<VAN<A<<<<<<<<<<<<<<<<<"
FIELDS = AccessKey.from_mrz_fields("099000001", "990101", "390101")
QR = "001099000001|012345678|Nguyễn Văn A|01011999|Nam|Số 1, Phường B, Quận D, Hà Nội|01062023"


@pytest.mark.parametrize("typed", ["000001", " 000001\n", "000001\r\n", "000 001", "00 00 01", "000,001"])
def test_six_digits_are_a_card_access_number(typed: str) -> None:
    assert parse_access_key(typed) == CAN


@pytest.mark.parametrize(
    "typed", ["001099000001", "001 099 000 001", "001099 000001", "0010 9900 0001", "001;099;000;001", "001099000001\n"]
)
def test_twelve_digits_are_a_personal_number_which_ends_in_the_card_access_number(typed: str) -> None:
    assert parse_access_key(typed) == CAN


@pytest.mark.parametrize(
    "typed",
    [
        "099000001 990101 390101",
        "099000001,990101,390101",
        "099000001; 990101; 390101",
        "099000001\n990101\n390101\n",
        " 099000001\t990101  390101 ",
    ],
)
def test_three_fields_are_those_of_the_zone(typed: str) -> None:
    assert parse_access_key(typed) == FIELDS


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("PIN 111111", AccessKey.from_pin("111111")),
        ("pin:111111\n", AccessKey.from_pin("111111")),
        ("PIN=11 11 11", AccessKey.from_pin("111111")),
        ("PIN 1111 1111 1111", AccessKey.from_pin("111111111111")),
        ("PUK 2222222222", AccessKey.from_puk("2222222222")),
        ("CAN 000001", CAN),
        ("can000001", CAN),
    ],
)
def test_a_pin_or_puk_has_its_name_before_it(typed: str, key: AccessKey) -> None:
    (candidate,) = parse_key_candidates(typed)
    assert candidate.key == key
    assert (candidate.reason is KeyReason.CAN) is (key.kind is AccessKeyKind.CAN)


def test_empty_lines_separate_several_keys_and_the_first_of_a_kind_counts() -> None:
    pin = AccessKey.from_pin("111111")
    assert parse_access_keys(f"{ZONE}\r\n\r\n000001\n \n\nPIN 111111\n\nCAN 000002\n") == (FIELDS, CAN, pin)
    assert parse_access_keys("000001") == (CAN,)
    with pytest.raises(AccessKeyError):
        parse_access_keys(" \n\n")
    with pytest.raises(AccessKeyError):
        parse_access_keys("000001\n\n12345")


def test_a_document_number_may_have_letters_small_ones_too() -> None:
    assert parse_access_key("d23145890 740812 120415") == AccessKey.from_mrz_fields("D23145890", "740812", "120415")


@pytest.mark.parametrize(
    "typed", [ZONE, ZONE.lower(), ZONE.replace("\n", "\r\n"), ZONE.replace("\n", ""), f"\n{ZONE}\n"]
)
def test_the_zone_is_taken_whole_or_line_by_line(typed: str) -> None:
    assert parse_access_key(typed) == FIELDS


def test_the_zone_of_a_passport_is_taken() -> None:
    example = vectors.example("9303-11_D3_bac")
    typed = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C<3UTO6908061F9406236ZE184226B<<<<<14"
    assert parse_access_key(typed).k_seed.hex().upper() == example["Kseed"].upper()


def test_a_qr_code_gives_several_keys_the_likeliest_first() -> None:
    candidates = parse_key_candidates(QR)
    assert candidates[0].key == CAN
    assert candidates[0].reason is KeyReason.CAN
    assert FIELDS in [candidate.key for candidate in candidates[1:]]
    assert parse_access_key(QR) == CAN


def test_everything_else_gives_one_key() -> None:
    for typed in ("000001", "001099000001", ZONE, "099000001 990101 390101"):
        assert len(parse_key_candidates(typed)) == 1


VISA = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " \n ",
        "12345",
        "PIN",
        "PIN 123",
        "PIN 1234567890123",
        "CAN 12345",
        "PINE 123456",
        "PIN PUK 123456",
        "1234567",
        "00109900000",
        "0010990000011",
        "000 0001",
        "abcdef",
        "099000001 991301 390101",
        "099000001 990101 390132",
        "099!00001 990101 390101",
        "１２３４５６",
        "٠٠٠٠٠١",
        ZONE[:40],
        ZONE.replace("0990000017", "0990000018"),
        VISA,
        "0" * (MAX_INPUT + 1),
        QR[:40],
        "|||||||",
        "\x00\x1b[2J",
    ],
    ids=str,
)
def test_what_is_no_key_is_refused_and_not_repeated(typed: str) -> None:
    with pytest.raises(AccessKeyError) as caught:
        parse_access_key(typed)
    if len(typed.strip()) > 5 and typed != "|||||||":
        assert typed.strip() not in caught.value.message
    assert caught.value.exit_code == 2


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_key_or_refused(typed: str) -> None:
    try:
        key = parse_access_key(typed)
    except AccessKeyError:
        return
    assert key.kind in AccessKeyKind


@given(st.text(alphabet="0123456789<ABVP \n,;|", max_size=120))
def test_whatever_looks_like_a_zone_is_a_key_or_refused(typed: str) -> None:
    try:
        parse_access_key(typed)
    except AccessKeyError:
        return


def test_the_forms_of_one_card_open_it() -> None:
    card = readings.card("genuine")
    zone = parse_mrz(card.mrz)
    forms = (
        card.can,
        card.personal_number,
        "\n".join(zone.lines),
        f"{zone.document_number} {zone.birth_date} {zone.expiry_date}",
    )
    for form in forms:
        assert readings.read(card.transport(), parse_access_key(form)).access.protocol.value == "PACE"
